"""Matrices with few diagonals: taken apart into vectors, and put together again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from graphcomp.node import Node, apply, number
from graphcomp.ops.leaves import IDENTITY
from graphcomp.ops.shaping import BROADCAST, GETITEM, SCATTER, WHOLE, Slice
from graphcomp.ops.triangular import BANDED, DIAGONAL, known_length
from graphcomp.shape import Dim, Shape, combine, known_equal

#: The diagonals of a matrix by their offsets: vectors, or a number all along.
Bands = Mapping[int, Node]

#: The ops whose results have few diagonals.
SOURCES = (IDENTITY, BANDED)


def bands_of(node: Node) -> Bands | None:
    """The diagonals of a matrix that has few."""
    if node.op is IDENTITY:
        return {0: number(1, node.dtype)}
    if node.op is BANDED:
        return dict(zip(node.param("offsets"), node.args, strict=True))
    return None


def banded(bands: Bands, shape: Shape, like: Node) -> Node | None:
    """The matrix with these diagonals, in the dtype of another; None where it cannot be made."""
    if any(v.dtype != like.dtype for v in bands.values()):
        return None
    offsets = tuple(sorted(bands, key=lambda k: (abs(k), k < 0)))
    if not offsets:
        return number(0, like.dtype).broadcast_to(shape)
    lines = [_plain(bands[k]) for k in offsets]
    if offsets == (0,) and lines[0].constant == 1 and known_equal(shape[0], shape[1]):
        return apply(IDENTITY, size=shape[0], dtype=like.dtype.name)
    return apply(BANDED, *lines, offsets=offsets, shape=shape)


def length_of(matrix: Node, offset: int) -> Dim | None:
    """How long a diagonal is, where that is known."""
    return known_length(matrix.shape[0], matrix.shape[1], offset)


def _plain(line: Node) -> Node:
    """A diagonal; of one number all along it, the number."""
    spread = line.op is BROADCAST and line.args[0].shape == ()
    return line.args[0] if spread else line


def mapped(node: Node, bands: Bands, function: Callable[[int, Node], Node]) -> Node | None:
    """The matrix with each diagonal changed."""
    return banded({k: function(k, v) for k, v in bands.items()}, node.shape, node)


def line_of(matrix: Node, offset: int) -> Node:
    """A diagonal of a matrix of any form."""
    if matrix.op is BROADCAST and matrix.args[0].shape == ():
        return matrix.args[0]
    return apply(DIAGONAL, matrix, offset=offset)


# ---------------------------------------------------------------- parts of vectors


def first_entry(offset: int) -> tuple[int, int]:
    """Row and column of the first entry of a diagonal."""
    return max(-offset, 0), max(offset, 0)


def _range(start: Dim, length: Dim, whole: Dim) -> Slice | None:
    """The slice of so many entries, as short as it can be written."""
    if isinstance(start, int) and start < 0:
        return None
    rest = combine("-", combine("-", whole, length), start)
    if rest == 0:
        from_end = isinstance(length, int) and not isinstance(start, int)
        return ("slice", -length if from_end else start or None, None, 1)
    stop = -rest if isinstance(rest, int) and rest > 0 else combine("+", start, length)
    return ("slice", start or None, stop, 1)


def taken(vector: Node, start: Dim, length: Dim, axis: int = 0) -> Node | None:
    """So many entries along an axis; of a number, the number."""
    if vector.shape == ():
        return vector
    part = _range(start, length, vector.shape[axis])
    if part is None or part == WHOLE:
        return vector if part else None
    return apply(GETITEM, vector, index=_at(axis, part, vector.ndim))


def placed_along(vector: Node, start: Dim, whole: Dim, axis: int = 0) -> Node | None:
    """Zeros along an axis, with a vector from an entry on."""
    part = _range(start, vector.shape[axis], whole)
    if part is None or part == WHOLE:
        return vector if part else None
    shape = (*vector.shape[:axis], whole, *vector.shape[axis + 1 :])
    return apply(SCATTER, vector, index=_at(axis, part, vector.ndim), shape=shape)


def _at(axis: int, part: Slice, rank: int) -> tuple[Slice, ...]:
    return tuple(part if i == axis else WHOLE for i in range(rank))


def corner_of(node: Node, shape: Shape) -> tuple[Dim, int] | None:
    """Where a slice of a matrix of that shape begins: the row, and the row minus the column.

    None where steps are not 1, or that difference is not known.
    """
    index = node.param("index")
    if len(index) != 2 or not all(isinstance(part, tuple) and part[3] == 1 for part in index):
        return None
    starts: list[Dim] = []
    for (_, start, _, _), size in zip(index, shape, strict=True):
        first: Dim = 0 if start is None else start
        negative = isinstance(first, int) and first < 0
        starts.append(combine("+", size, first) if negative else first)
    row, column = starts
    below = combine("-", row, column)
    return (row, below) if isinstance(below, int) else None
