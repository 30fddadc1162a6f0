"""From a graph to a picture: which vertices and arrows there are, and what each of them says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from graphcomp.ad import Wrt
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.printers.arrange import Arrangement, affordable, arrange, spans
from graphcomp.printers.captions import Captions
from graphcomp.printers.collapse import Place, View, view
from graphcomp.printers.facts import Facts, facts_of
from graphcomp.printers.headings import heading, legend
from graphcomp.printers.palette import Ink, Look
from graphcomp.printers.picture import Arrow, Line, Picture, Vertex
from graphcomp.program import Step

#: The steps behind an edge: each pair is an earlier step and a later one that reads it.
Ends: TypeAlias = list[tuple[Step, Step]]

#: Larger programs are collapsed, unless `max_nodes` says otherwise.
MAX_NODES = 60
#: Whatever `max_nodes` says: Graphviz is slow beyond, above all with labels on edges back and forth.
MOST_NODES, MOST_NODES_LABELLED = 1000, 200
_MOST_EDGES, _MOST_EDGES_LABELLED = 1500, 300
#: How many ranks all edges may reach over.
_MOST_REACH = 6000


def compose(
    graph: GraphData,
    *,
    mode: str | None = None,
    at: Mapping[str, Any] | None = None,
    wrt: Wrt = None,
    seed: Mapping[str, Any] | None = None,
    steps: str = "grouped",
    letter: str | None = "w",
    parameters: Collection[str] = (),
    title: str | None = None,
    max_nodes: int = MAX_NODES,
    expand: Collection[str] = (),
) -> Picture:
    """The picture of a graph; the arguments are those of `dot_source`."""
    if not isinstance(max_nodes, int) or isinstance(max_nodes, bool) or max_nodes < 3:
        raise InputError(f"max_nodes must be an int of at least 3, not {max_nodes!r}")
    facts = facts_of(graph, mode=mode, at=at, wrt=wrt, seed=seed, steps=steps, letter=letter)
    looks = _looks(facts, parameters, constants=mode is not None or wrt is not None)
    follows = {name for name, look in looks.items() if look in {Look.PARAMETER, Look.CONSTANT}}
    shown = _view(facts, max_nodes, expand, follows)
    pairs = _pairs(facts, shown)
    layout = arrange(facts, shown, pairs, looks) if facts.matrix else Arrangement()
    inside = {n for n, look in looks.items() if look in {Look.PARAMETER, Look.CONSTANT}}
    captions = Captions(facts, shapes_inside=inside | set(layout.beside))
    vertices = _vertices(captions, shown, looks, layout)
    arrows = _arrows(facts, captions, shown, pairs, layout)
    afforded = affordable(arrows, spans(shown, pairs))
    above = legend(captions, afforded)
    if afforded != arrows:
        above.append(Line("arrows without a label have it in their tooltip", Ink.MUTED))
    if len(shown.places) < shown.total:
        above.append(Line(_about_collapse(shown, max_nodes), Ink.MUTED))
    return Picture(
        graph.name,
        heading(facts) if title is None else str(title),
        tuple(above),
        tuple(vertices),
        tuple(afforded),
        facts.matrix,
        mode,
    )


def _looks(facts: Facts, parameters: Collection[str], *, constants: bool) -> dict[str, Look]:
    names = facts.program.graph.input_names
    given = (parameters,) if isinstance(parameters, str) else parameters
    chosen = set()
    for name in given:
        argument = facts.program.graph.argument(name)
        chosen |= {name} if argument is None else set(argument.leaves)
    for name in sorted(chosen - set(names)):
        raise InputError(
            f"parameters: there is no input {name!r}; the inputs are {', '.join(names)}"
        )
    looks: dict[str, Look] = {}
    for step in facts.program.steps:
        if step.outputs:
            look = Look.OUTPUT
        elif step.label is None:
            look = Look.OPERATION if step.operands else Look.CONSTANT
        elif constants and step.name not in facts.wrt:
            look = Look.CONSTANT
        else:
            look = Look.PARAMETER if step.label in chosen else Look.INPUT
        looks[step.name] = look
    return looks


def _view(facts: Facts, max_nodes: int, expand: Collection[str], follows: Collection[str]) -> View:
    """What fits: as many nodes as were asked for, within what Graphviz can lay out in seconds."""
    labelled = facts.mode == "reverse" and not facts.matrix
    most = MOST_NODES_LABELLED if labelled else MOST_NODES
    edges = _MOST_EDGES_LABELLED if labelled else _MOST_EDGES
    limit = min(max_nodes, most)
    while True:
        shown = view(facts.program, limit, expand=expand, most=most, follows=follows)
        pairs = _pairs(facts, shown)
        if limit <= 8 or (len(pairs) <= edges and sum(spans(shown, pairs).values()) <= _MOST_REACH):
            return shown
        limit, most = limit // 2, limit // 2


def _pairs(facts: Facts, shown: View) -> dict[tuple[str, str], Ends]:
    """The steps behind every edge between two places."""
    order = {step.name: i for i, step in enumerate(facts.program.steps)}
    pairs: dict[tuple[str, str], Ends] = {}
    for step in facts.program.steps:
        head = shown.place_of[step.name].name
        for operand in sorted(step.operands, key=order.__getitem__):
            tail = shown.place_of[operand].name
            if tail != head:
                ends = (facts.program.by_name[operand], step)
                pairs.setdefault((tail, head), []).append(ends)
    return pairs


# ---------------------------------------------------------------- vertices


def _vertices(
    captions: Captions, shown: View, looks: Mapping[str, Look], layout: Arrangement
) -> list[Vertex]:
    vertices: list[Vertex] = []
    for place in shown.places:
        step = place.step
        if step is not None:
            look = looks[step.name]
            lines = captions.vertex(step, look)
            tooltip = captions.headline(step)
            if step.node.shape:
                tooltip += f"   {captions.shape(step)}"
        else:
            look = Look.REST if place.omitted else Look.GROUP
            lines = _summary(place, looks)
            tooltip = "/".join(place.folded or ()) or lines[0].text
        beside, main = layout.beside.get(place.name), place.name in layout.main
        vertices.append(Vertex(place.name, look, lines, place.scope, tooltip, beside, main))
    return vertices


def _summary(place: Place, looks: Mapping[str, Look]) -> tuple[Line, ...]:
    """What a vertex says that stands for many steps."""
    if place.omitted or place.folded is None:
        return (Line(f"… {len(place.steps):,} more {'steps' if len(place.steps) > 1 else 'step'}"),)
    found = [looks[step.name] for step in place.steps]
    counts = {
        "op": sum(step.label is None for step in place.steps),
        "param": found.count(Look.PARAMETER),
        "input": found.count(Look.INPUT),
        "constant": sum(
            looks[s.name] is Look.CONSTANT and s.label is not None for s in place.steps
        ),
    }
    text = " · ".join(f"{n} {what}{'s' if n > 1 else ''}" for what, n in counts.items() if n)
    return (Line(place.folded[-1], bold=True), Line(text, Ink.MUTED, small=True))


# ---------------------------------------------------------------- arrows


def _arrows(
    facts: Facts,
    captions: Captions,
    shown: View,
    pairs: Mapping[tuple[str, str], Ends],
    layout: Arrangement,
) -> list[Arrow]:
    arrows: list[Arrow] = []
    for (tail, head), ends in pairs.items():
        earlier, later = ends[0]
        single = shown.place_of[earlier.name].step and shown.place_of[later.name].step
        if facts.mode == "forward":
            arrow = _tangent(facts, captions, tail, head, ends)
        elif single and facts.mode is None:
            arrow = _partial(facts, captions, tail, head)
        else:
            arrow = Arrow(tail, head, tooltip=f"{tail} to {head}")
        if facts.matrix:
            arrow = _with_shape(arrow, captions, ends)
        arrows.append(replace(arrow, main=layout.follows(tail, head)))
        if facts.mode == "reverse" and not facts.matrix:
            arrows.extend(_adjoint(facts, captions, tail, head, ends))
    return arrows


def _partial(facts: Facts, captions: Captions, tail: str, head: str) -> Arrow:
    flow = facts.flow(tail, head)
    lines = captions.partial(*flow) if flow is not None else ()
    tooltip = f"{tail} to {head}"
    if lines:
        tooltip = f"{captions.formulas.derivative(head, tail)} = {lines[0].text}"
    return Arrow(tail, head, lines=lines, tooltip=tooltip)


def _tangent(facts: Facts, captions: Captions, tail: str, head: str, ends: Ends) -> Arrow:
    found = (facts.flow(later.name, earlier.name) for earlier, later in ends)
    flows = [flow for flow in found if flow is not None]
    if not flows:
        return Arrow(tail, head, tooltip=f"{tail} to {head}")
    single = len(flows) == 1 and tail in facts.program.by_name and head in facts.program.by_name
    lines = captions.factor(*flows[0]) if single else ()
    return Arrow(tail, head, Ink.TANGENT, lines, f"{tail} to {head}")


def _adjoint(facts: Facts, captions: Captions, tail: str, head: str, ends: Ends) -> list[Arrow]:
    found = (facts.flow(earlier.name, later.name) for earlier, later in ends)
    flows = [flow for flow in found if flow is not None]
    if not flows:
        return []
    single = tail in facts.slopes and head in facts.program.by_name
    lines = captions.contribution(*flows[0]) if single and len(flows) == 1 else ()
    return [Arrow(tail, head, Ink.ADJOINT, lines, f"adjoint {head} to {tail}")]


def _with_shape(arrow: Arrow, captions: Captions, ends: Ends) -> Arrow:
    """The shape of what flows, unless the vertex that it comes from says it."""
    shapes = {captions.shape(earlier) for earlier, _ in ends}
    said = {earlier.name for earlier, _ in ends} <= captions.shapes_inside
    shape = shapes.pop() if len(shapes) == 1 and not said else ""
    if not shape:
        return arrow
    return replace(arrow, lines=(*arrow.lines, Line(shape, Ink.VALUE, small=True)))


def _about_collapse(shown: View, max_nodes: int) -> str:
    text = f"{shown.total:,} nodes drawn as {len(shown.places)} (max_nodes={max_nodes})"
    folded = shown.folded
    return f'{text}; pass expand=["{folded[-1]}"] to open a scope' if folded else text
