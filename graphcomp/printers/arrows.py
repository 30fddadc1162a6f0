"""The arrows of a drawing: what flows along every edge, forwards and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from graphcomp.printers.arrange import Arrangement
from graphcomp.printers.captions import Captions
from graphcomp.printers.collapse import View
from graphcomp.printers.facts import Facts
from graphcomp.printers.palette import Ink
from graphcomp.printers.picture import Arrow, Line
from graphcomp.program import Step

#: The steps behind an edge: each pair is an earlier step and a later one that reads it.
Ends: TypeAlias = list[tuple[Step, Step]]
Pairs: TypeAlias = dict[tuple[str, str], Ends]


def arrows_of(
    facts: Facts,
    captions: Captions,
    shown: View,
    pairs: Mapping[tuple[str, str], Ends],
    layout: Arrangement,
) -> list[Arrow]:
    """The arrows of every edge: with a partial, or a tangent, or with an adjoint that flows back."""
    arrows: list[Arrow] = []
    for (tail, head), ends in pairs.items():
        earlier, later = ends[0]
        single = shown.place_of[earlier.name].step and shown.place_of[later.name].step
        if facts.mode == "forward":
            arrow = _tangent(facts, captions, tail, head, ends)
        elif single and facts.mode is None:
            arrow = _partial(facts, captions, tail, head, ends)
        else:
            arrow = Arrow(tail, head, tooltip=f"{tail} to {head}")
        if facts.matrix:
            arrow = _with_shape(arrow, captions, ends)
        arrows.append(replace(arrow, main=layout.follows(tail, head)))
        if facts.mode == "reverse" and not facts.matrix:
            arrows.extend(_adjoint(facts, captions, tail, head, ends))
    return arrows


def _partial(facts: Facts, captions: Captions, tail: str, head: str, ends: Ends) -> Arrow:
    earlier, later = ends[0]
    flow = facts.flow(earlier.name, later.name)
    lines = captions.partial(*flow) if flow is not None else ()
    tooltip = f"{tail} to {head}"
    if lines:
        tooltip = f"{captions.formulas.derivative(later.name, earlier.name)} = {lines[0].text}"
    return Arrow(tail, head, lines=lines, tooltip=tooltip)


def _tangent(facts: Facts, captions: Captions, tail: str, head: str, ends: Ends) -> Arrow:
    found = (facts.flow(later.name, earlier.name) for earlier, later in ends)
    flows = [flow for flow in found if flow is not None]
    if not flows:
        return Arrow(tail, head, tooltip=f"{tail} to {head}")
    single = tail in facts.program.by_name and head in facts.program.by_name
    lines = captions.factor(*flows[0]) if single else ()
    return Arrow(tail, head, Ink.TANGENT, lines, f"{tail} to {head}")


def _adjoint(facts: Facts, captions: Captions, tail: str, head: str, ends: Ends) -> list[Arrow]:
    found = (facts.flow(earlier.name, later.name) for earlier, later in ends)
    flows = [flow for flow in found if flow is not None]
    if not flows:
        return []
    single = tail in facts.slopes and head in facts.program.by_name
    lines = captions.contribution(*flows[0]) if single else ()
    return [Arrow(tail, head, Ink.ADJOINT, lines, f"adjoint {head} to {tail}")]


def _with_shape(arrow: Arrow, captions: Captions, ends: Ends) -> Arrow:
    """The shape of what flows, unless the vertex that it comes from says it."""
    shapes = {captions.shape(earlier) for earlier, _ in ends}
    said = {earlier.name for earlier, _ in ends} <= captions.shapes_inside
    shape = shapes.pop() if len(shapes) == 1 and not said else ""
    if not shape:
        return arrow
    return replace(arrow, lines=(*arrow.lines, Line(shape, Ink.VALUE, small=True)))


def handed_over(again: Pairs) -> list[Arrow]:
    """The arrows from one copy of a block to the next."""
    line = Line("next", Ink.MUTED)
    told = "what one copy of the block hands over to the next"
    return [Arrow(*pair, Ink.MUTED, (line,), told, again=True) for pair in again]
