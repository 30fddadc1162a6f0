"""From a graph to a picture: which vertices and arrows there are, and what each of them says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from graphcomp.ad import Wrt
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.printers.arrange import Arrangement, affordable, arrange, columns_of, depth_of, spans
from graphcomp.printers.arrows import Pairs, arrows_of, handed_over
from graphcomp.printers.captions import Captions, cut
from graphcomp.printers.collapse import Place, View, view
from graphcomp.printers.facts import Facts, facts_of
from graphcomp.printers.formula import UNICODE
from graphcomp.printers.headings import about_view, heading, legend
from graphcomp.printers.palette import Ink, Look
from graphcomp.printers.picture import DIRECTIONS, MOST_TOLD, Line, Picture, Vertex

#: Larger programs are collapsed, unless `max_nodes` says otherwise.
MAX_NODES = 60
#: Of larger programs equal blocks are drawn once, likewise.
MOST_WHOLE = 30
#: Whatever `max_nodes` says: Graphviz is slow beyond, above all with labels on edges back and forth.
MOST_NODES, MOST_NODES_LABELLED = 1000, 200
_MOST_EDGES, _MOST_EDGES_LABELLED = 1500, 300
#: Graphs with longer paths are drawn from top to bottom: a page is longer than it is wide.
MOST_ACROSS = 12
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
    max_nodes: int | None = None,
    expand: Collection[str] = (),
    collapse: Collection[str] = (),
    repeats: bool | None = None,
    rankdir: str | None = None,
) -> Picture:
    """The picture of a graph: what all formats show.

    Args:
        graph: the graph.
        mode: None for the graph with local partials on its edges, "forward" for values and
            tangents, "reverse" for values and adjoints.
        at: a value for every input, to show numbers.
        wrt: inputs or named steps to differentiate by; all real inputs by default. Inputs left out
            are drawn as constants.
        seed: by name, tangents of inputs (forward) or cotangents of outputs (reverse): numbers,
            arrays, or unit entries such as "E21"; by default one sweep for each output (reverse),
            or for the first input (forward).
        steps: how the graph is cut into steps: "grouped", "named" or "primitive".
        letter: of numbered steps; None to go by names alone.
        parameters: names of inputs that are drawn as parameters.
        title: instead of the formula; several lines are possible.
        max_nodes: a larger graph is drawn with equal blocks once, then with its scopes folded, then
            cut in the middle; 60 by default, and equal blocks are drawn once in graphs of more
            than 30.
        expand: scopes ("encoder/layer1") that stay open.
        collapse: scopes that are folded in any case.
        repeats: whether equal blocks in a row, such as layers, are drawn once: always, never, or
            (None) if the graph is too large otherwise.
        rankdir: the direction of the layout: "LR", "TB", "RL" or "BT"; from left to right by
            default, long graphs from top to bottom.

    Raises:
        InputError: an option has no meaning, or the point is not complete.
        DerivativeError: there is nothing to differentiate.

    >>> import graphcomp as gc
    >>> x = y = gc.scalar("x")
    >>> for _ in range(10_000):
    ...     y = gc.sin(y)
    >>> picture = compose(GraphData([x], {"y": y}))
    >>> [vertex.name for vertex in picture.vertices]
    ['w1', 'w2', 'w10001']
    >>> picture.messages
    ('10,001 nodes drawn as 3: a block that comes 9,999 times is drawn once',)
    """
    if rankdir is not None and rankdir not in DIRECTIONS:
        raise InputError(f"rankdir must be one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
    whole = MOST_WHOLE if max_nodes is None else max_nodes
    max_nodes = MAX_NODES if max_nodes is None else max_nodes
    if not isinstance(max_nodes, int) or isinstance(max_nodes, bool) or max_nodes < 3:
        raise InputError(f"max_nodes must be an int of at least 3, not {max_nodes!r}")
    facts = facts_of(graph, mode=mode, at=at, wrt=wrt, seed=seed, steps=steps, letter=letter)
    looks = _looks(facts, parameters, constants=mode is not None or wrt is not None)
    shown, pairs, again = _view(facts, looks, (whole, max_nodes), expand, collapse, repeats)
    lengths = spans(shown, pairs)
    layout = arrange(facts, shown, pairs, looks) if facts.matrix else Arrangement()
    inside = {n for n, look in looks.items() if look in {Look.PARAMETER, Look.CONSTANT}}
    captions = Captions(facts, shapes_inside=inside | set(layout.beside))
    vertices = _vertices(captions, shown, looks, layout)
    arrows = arrows_of(facts, captions, shown, pairs, layout)
    afforded = affordable(arrows, lengths)
    above = legend(captions, afforded)
    if afforded != arrows:
        above.append(Line("arrows without a label have it in their tooltip", Ink.MUTED))
    messages = about_view(shown, max_nodes)
    above += [Line(message, Ink.MUTED) for message in messages]
    if shown.blocks and (facts.values or mode is not None):
        above.append(Line("a repeated block shows its first copy", Ink.MUTED))
    long = rankdir is None and depth_of(shown, pairs) > MOST_ACROSS
    columns = columns_of(shown, pairs) if long else []
    column = {name: i for i, names in enumerate(columns) for name in names}
    drawn = [
        replace(arrow, loose=column.get(arrow.tail) != column.get(arrow.head)) for arrow in afforded
    ]
    return Picture(
        graph.name,
        heading(facts) if title is None else str(title),
        tuple(above),
        tuple(vertices),
        (*drawn, *handed_over(again)),
        facts.matrix,
        mode,
        rankdir or ("TB" if long else "LR"),
        tuple(messages),
        (tuple(names[0] for names in columns),) if len(columns) > 1 else (),
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


def _view(
    facts: Facts,
    looks: Mapping[str, Look],
    sizes: tuple[int, int],
    expand: Collection[str],
    collapse: Collection[str],
    repeats: bool | None,
) -> tuple[View, Pairs, Pairs]:
    """What fits: as many nodes as were asked for, within what Graphviz can lay out in seconds."""
    follows = {name for name, look in looks.items() if look in {Look.PARAMETER, Look.CONSTANT}}
    kinds = {
        step.name: (looks[step.name], str(step.node.shape), step.node.dtype)
        for step in facts.program.inputs
    }
    labelled = facts.mode == "reverse" and not facts.matrix
    most = MOST_NODES_LABELLED if labelled else MOST_NODES
    edges = _MOST_EDGES_LABELLED if labelled else _MOST_EDGES
    whole, limit = sizes[0], min(sizes[1], most)
    while True:
        shown = view(
            facts.program,
            limit,
            expand=expand,
            collapse=collapse,
            repeats=repeats,
            whole=min(whole, limit),
            most=most,
            follows=follows,
            kinds=kinds,
        )
        pairs, again = _pairs(facts, shown)
        if limit <= 8 or (len(pairs) <= edges and sum(spans(shown, pairs).values()) <= _MOST_REACH):
            return shown, pairs, again
        limit, most = limit // 2, limit // 2


def _pairs(facts: Facts, shown: View) -> tuple[Pairs, Pairs]:
    """The steps behind every edge between two places, and those from one copy to another."""
    order = {step.name: i for i, step in enumerate(facts.program.steps)}
    pairs: Pairs = {}
    again: Pairs = {}
    for step in facts.program.steps:
        head = shown.place_of[step.name].name
        for operand in sorted(step.operands, key=order.__getitem__):
            tail = shown.place_of[operand].name
            carried = shown.carried(operand, step.name)
            if tail != head or (carried and shown.place_of[operand].step):
                ends = (facts.program.by_name[operand], step)
                (again if carried else pairs).setdefault((tail, head), []).append(ends)
    inputs = facts.program.inputs
    leaves = {step.name for step in inputs}
    return pairs, {pair: ends for pair, ends in again.items() if pair[0] not in leaves}


# ---------------------------------------------------------------- vertices


def _vertices(
    captions: Captions, shown: View, looks: Mapping[str, Look], layout: Arrangement
) -> list[Vertex]:
    vertices: list[Vertex] = []
    for place in shown.places:
        step = place.step
        if step is not None:
            look = looks[step.name]
            lines = (*captions.vertex(step, look), *_copies(place))
            tooltip = captions.headline(step)
            if step.node.shape:
                tooltip += f"   {captions.shape(step)}"
        else:
            look = Look.REST if place.omitted else Look.GROUP
            lines = _summary(place, looks)
            tooltip = "/".join(place.folded or ()) or lines[0].text
        beside, main = layout.beside.get(place.name), place.name in layout.main
        final = any(step.outputs for step in place.steps)
        if final and step is None:
            lines = (*lines, *_outputs(captions, place))
        vertices.append(Vertex(place.name, look, lines, place.scope, tooltip, beside, main, final))
    return vertices


def _copies(place: Place) -> tuple[Line, ...]:
    """Which steps a step stands for that repeat it: ``× 12: w₂, w₃, …, w₁₃``."""
    if len(place.steps) == 1:
        return ()
    names = [UNICODE.symbol(step.name) for step in (*place.steps[:2], place.steps[-1])]
    return (
        Line(
            f"× {len(place.steps):,}: {', '.join(names[:2])}, …, {names[2]}", Ink.MUTED, small=True
        ),
    )


def _outputs(captions: Captions, place: Place) -> list[Line]:
    """The outputs within a folded scope, with their values."""
    found = [step for step in place.steps if step.outputs]
    lines = []
    for step in found[:MOST_TOLD]:
        names = [*map(UNICODE.symbol, step.outputs), UNICODE.symbol(step.name)]
        text = " = ".join(dict.fromkeys(names))
        value = captions.facts.value(step)
        lines.append(Line(f"output {text}", bold=True))
        if value:
            lines.append(Line(cut(f"= {value}"), Ink.VALUE))
    if len(found) > MOST_TOLD:
        lines.append(Line(f"and {len(found) - MOST_TOLD} more outputs", Ink.MUTED, small=True))
    return lines


def _summary(place: Place, looks: Mapping[str, Look]) -> tuple[Line, ...]:
    """What a vertex says that stands for many steps."""
    if place.omitted or place.folded is None:
        return (Line(f"… {len(place.steps):,} more {'steps' if len(place.steps) > 1 else 'step'}"),)
    found = [looks[step.name] for step in place.each]
    counts = {
        "op": sum(step.label is None for step in place.each),
        "param": found.count(Look.PARAMETER),
        "input": found.count(Look.INPUT),
        "constant": sum(looks[s.name] is Look.CONSTANT and s.label is not None for s in place.each),
    }
    text = " · ".join(f"{n} {what}{'s' if n > 1 else ''}" for what, n in counts.items() if n)
    return (Line(place.folded[-1], bold=True), Line(text, Ink.MUTED, small=True))
