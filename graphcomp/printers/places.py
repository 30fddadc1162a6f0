"""Where the vertices and labels of a layered network stand: nothing meets, all lines are straight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

from graphcomp.printers.picture import Vertex

Place: TypeAlias = tuple[float, float]

#: What a character and a line take, about, in points.
_CHARACTER, _LINE = 7.2, 17.0


def places(columns: Sequence[Sequence[Vertex]], longest: int, rankdir: str) -> list[list[Place]]:
    """The places of the vertices, in points: columns of the same height, evenly filled.

    Columns are so far apart, and so high, that labels have room where `share` puts them.

    Args:
        columns: the vertices, column by column.
        longest: the number of characters of the longest label.
        rankdir: the direction of the layout.
    """
    across = rankdir in {"LR", "RL"}
    vertices = [vertex for column in columns for vertex in column]
    width = _CHARACTER * max(len(line.text) for vertex in vertices for line in vertex.lines)
    size = (width + 24, _LINE * max(len(vertex.lines) for vertex in vertices) + 14)
    label = (_CHARACTER * longest + 8, _LINE)
    depth, breadth = (0, 1) if across else (1, 0)
    room = (size[depth] + label[depth]) / 2 + 10
    sizes = [len(column) for column in columns]
    extent = max((size[breadth] + 20) * most for most in sizes)
    distances = []
    for tails, heads in pairwise(sizes):
        parts, fanned = min(tails, heads) + 1, max(tails, heads)
        extent = max(extent, label[breadth] * parts * fanned)
        distances.append(room * max(parts, 2.2))
    along = list(accumulate(distances, initial=0.0))
    found = []
    for count, place in zip(sizes, along, strict=True):
        offsets = [extent * (k + 0.5) / count for k in range(count)]
        deep = along[-1] - place if rankdir in {"RL", "TB"} else place
        found.append([(deep, extent - y) if across else (y, deep) for y in offsets])
    return found


def share(tails: int, heads: int) -> float:
    """How much of its way a line has gone where its label stands.

    Lines from m vertices to n others, evenly placed at the same height: at one part in m + 1 of the
    way, those from one vertex have fanned out over its share of the height and no more. So no two
    labels meet there, nor, counted from the other end, at one part in n + 1. The larger part is it.

    >>> share(3, 5), share(5, 3)
    (0.25, 0.75)
    """
    return 1 / (tails + 1) if tails <= heads else 1 - 1 / (heads + 1)


def between(tail: Place, head: Place, part: float) -> Place:
    """A place on the way."""
    return tail[0] + (head[0] - tail[0]) * part, tail[1] + (head[1] - tail[1]) * part
