"""Where the picture of a page has its boxes and arrows: Graphviz lays out, the page draws.

The numbers in the boxes change while somebody edits the inputs, so a box gets the room that they may
take, and the page fills it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import graphviz

from graphcomp.printers.notation import width
from graphcomp.printers.render import coordinates

#: In points: a character, a line, and the space around the text of a box.
CHARACTER, LINE, MARGIN = 7.6, 18.0, 12.0
#: The same for the texts at arrows.
SMALL, SMALL_LINE = 6.9, 15.0

#: Longer definitions stand in the table alone, longer partials nowhere but in the explanation.
LONGEST_DEFINITION, LONGEST_PARTIAL = 26, 16
#: The room for the text of a number, and of an array, in a box.
NUMBER, ARRAY = 12, 24


class Arrow(NamedTuple):
    """An edge, and the widest text that stands at it; 0 columns for none."""

    tail: str
    head: str
    columns: int


@dataclass(frozen=True, slots=True)
class Box:
    """The room that a step takes: so many columns of text in so many lines."""

    name: str
    columns: int
    lines: int


def scene(boxes: Sequence[Box], arrows: Sequence[Arrow], rankdir: str) -> dict[str, Any]:
    """The picture as coordinates, from the upper left corner.

    Args:
        boxes: what there is to show.
        arrows: from earlier to later boxes.
        rankdir: "LR" or "TB".

    Raises:
        OutputError: there is no Graphviz, or it can't lay this out.

    >>> found = scene([Box("a", 8, 2), Box("b", 8, 2)], [Arrow("a", "b", 0)], "LR")
    >>> [box["name"] for box in found["boxes"]], found["arrows"][0]["path"][:1]
    (['a', 'b'], 'M')
    """
    dot = graphviz.Digraph("scene")
    dot.attr("graph", rankdir=rankdir, nodesep="0.3", ranksep="0.45", pad="0.1", splines="spline")
    dot.attr("node", shape="box", fixedsize="true", label="")
    dot.attr("edge", fontname="Courier", fontsize="11", arrowsize="0.8")
    ids = {box.name: f"n{i}" for i, box in enumerate(boxes)}
    for box in boxes:
        size = (box.columns * CHARACTER + 2 * MARGIN, box.lines * LINE + MARGIN)
        dot.node(ids[box.name], width=f"{size[0] / 72:.4f}", height=f"{size[1] / 72:.4f}")
    for arrow in arrows:
        dot.edge(ids[arrow.tail], ids[arrow.head], **_room(arrow))
    found = coordinates(str(dot.source))
    _, _, right, top = (float(part) for part in found["bb"].split(","))
    placed = {one["name"]: one for one in found.get("objects", ())}
    names = {one["_gvid"]: name for name, one in placed.items()}
    edges = {(names[one["tail"]], names[one["head"]]): one for one in found.get("edges", ())}
    return {
        "width": right,
        "height": top,
        "room": {"character": CHARACTER, "line": LINE, "margin": MARGIN},
        "boxes": [_placed(box.name, placed[ids[box.name]], top) for box in boxes],
        "arrows": [
            {"tail": arrow.tail, "head": arrow.head} | _arrow(one, top)
            for arrow in arrows
            for one in [edges[ids[arrow.tail], ids[arrow.head]]]
        ],
    }


def _room(arrow: Arrow) -> dict[str, str]:
    """An invisible label: two lines of the width that the text may have."""
    if not arrow.columns:
        return {}
    table = (
        '<<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR><TD '
        f'FIXEDSIZE="TRUE" WIDTH="{arrow.columns * SMALL + 8:.0f}" '
        f'HEIGHT="{2 * SMALL_LINE + 4:.0f}"></TD></TR></TABLE>>'
    )
    return {"label": table}


def _placed(name: str, placed: Mapping[str, Any], top: float) -> dict[str, Any]:
    x, y = (float(part) for part in placed["pos"].split(","))
    size = (72 * float(placed["width"]), 72 * float(placed["height"]))
    return {
        "name": name,
        "x": round(x, 1),
        "y": round(top - y, 1),
        "width": round(size[0], 1),
        "height": round(size[1], 1),
    }


def _arrow(edge: Mapping[str, Any], top: float) -> dict[str, Any]:
    """The curve as an SVG path, with its ends: the point of the arrow, and where it comes from."""
    end, *rest = edge["pos"].removeprefix("e,").split()
    tip = _point(end, top)
    first, *curve = [_point(part, top) for part in rest]
    path = f"M{_text(first)}C{' '.join(map(_text, curve))}L{_text(tip)}"
    made: dict[str, Any] = {"path": path, "start": [first, curve[0]], "end": [curve[-1], tip]}
    if "lp" in edge:
        made["label"] = _point(edge["lp"], top)
    return made


def _point(text: str, top: float) -> list[float]:
    x, y = (float(part) for part in text.split(","))
    return [round(x, 1), round(top - y, 1)]


def _text(point: Sequence[float]) -> str:
    return f"{point[0]:g},{point[1]:g}"


# ---------------------------------------------------------------- the picture


def scenes(
    primal: Sequence[Mapping[str, Any]],
    sweeps: Sequence[Mapping[str, Any]],
    numbers: Sequence[str],
) -> dict[str, Any]:
    """The picture for wide pages and for narrow ones.

    Args:
        primal: the primal rows of the page.
        sweeps: its sweeps; their partials stand at the arrows.
        numbers: the values of the primal rows as texts.
    """
    partials: dict[tuple[str, str], str] = {}
    for one in sweeps:
        for row in one["rows"]:
            for term in row["terms"]:
                if term["factor"] is not None and len(term["partial"]) <= LONGEST_PARTIAL:
                    pair = (row["step"], term["via"])
                    partials.setdefault(pair, term["partial"])
                    partials.setdefault(pair[::-1], term["partial"])
    boxes = [_room_for(row, text) for row, text in zip(primal, numbers, strict=True)]
    arrows = [
        Arrow(operand, row["step"], max(NUMBER - 2, width(text)) if text else 0)
        for row in primal
        for operand in dict.fromkeys(row["operands"])
        for text in [partials.get((operand, row["step"]), "")]
    ]
    return {way: scene(boxes, arrows, way) for way in ("LR", "TB")}


def _room_for(row: Mapping[str, Any], number: str) -> Box:
    label = f"{row['symbol']} = {row['definition']}" if row["definition"] else row["symbol"]
    wide = width(label) if width(label) <= LONGEST_DEFINITION else 0
    entries = math.prod(row["shape"])
    room = min(max(NUMBER, width(number) + 1, 5 * entries + 3), ARRAY) if row["shape"] else NUMBER
    return Box(row["step"], max(wide, width(row["symbol"]) + 3 + room), 3)
