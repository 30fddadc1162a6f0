"""The names of steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from graphcomp.graph import GraphData
from graphcomp.names import FreshNames, check_name
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.program.cuts import cut_nodes


class NamedSteps(NamedTuple):
    """What the steps of a graph are called, without what each of them consists of.

    Attributes:
        graph: the graph.
        nodes: what each step computes, inputs first, in order of execution.
        names: by node.
        numbered: whether inputs are steps under a number (w1 = x), or go by their own names.
        letter: of the numbered steps.
    """

    graph: GraphData
    nodes: Sequence[Node]
    names: Mapping[Node, str]
    numbered: bool
    letter: str


def name_steps(graph: GraphData, steps: str = "grouped", letter: str | None = "w") -> NamedSteps:
    """Cut a graph into steps and name them, as `build_program` does.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> list(name_steps(GraphData([x, a], {"y": gc.exp(-a * x)})).names.values())
    ['w1', 'w2', 'w3', 'w4']
    """
    cut = cut_nodes(graph, steps)
    initial = check_name(letter or "w", "letter")
    numbered = letter is not None and steps != "shared" and _is_numbered(graph, cut, initial)
    names = _numbered_names(cut, initial) if numbered else _own_names(graph, cut, initial)
    return NamedSteps(graph, cut, names, numbered, initial)


def _is_numbered(graph: GraphData, cut: Sequence[Node], letter: str) -> bool:
    """Whether inputs are scalars and named steps are outputs, or are named as their number."""
    outputs = set(graph.outputs)
    return not any(node.shape for node in graph.inputs) and all(
        node in outputs or node.param("name") == f"{letter}{i + 1}"
        for i, node in enumerate(cut)
        if node.op.form is Form.NAMED
    )


def _numbered_names(cut: Sequence[Node], letter: str) -> dict[Node, str]:
    return {node: f"{letter}{i + 1}" for i, node in enumerate(cut)}


def _own_names(graph: GraphData, cut: Sequence[Node], letter: str) -> dict[Node, str]:
    names: dict[Node, str] = dict(zip(graph.inputs, graph.input_names, strict=True))
    given = FreshNames(graph.input_names)
    wanted: dict[Node, str] = {}
    for node in cut:
        if node.op.form is Form.NAMED:
            wanted[node] = node.param("name")
        elif node in graph.hints:
            wanted[node] = graph.hints[node]
    for name, node in zip(graph.output_names, graph.outputs, strict=True):
        wanted.setdefault(node, name)
    for node, name in wanted.items():
        if node not in names:
            names[node] = given.give(name)
    number = 0
    for node in cut:
        if node not in names:
            number += 1
            while f"{letter}{number}" in given.taken:
                number += 1
            names[node] = f"{letter}{number}"
    return names
