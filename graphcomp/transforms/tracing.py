"""A function run on symbolic arguments of its own, as a graph with structured results."""

from __future__ import annotations

import itertools
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from graphcomp.errors import DerivativeError, DerivativeWarning, GraphcompError, InputError
from graphcomp.frontends.local_names import call_and_watch, with_names
from graphcomp.frontends.outputs import output_name
from graphcomp.graph import GraphData, input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node, constant, is_input
from graphcomp.op import Kind
from graphcomp.ops.leaves import DIMENSION
from graphcomp.rewrite import stabilize, stabilize_graph, substitute
from graphcomp.shape import format_shape
from graphcomp.transforms.arguments import Call
from graphcomp.traversal import topological
from graphcomp.trees import Structure, flatten

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Traced:
    """A function as a graph.

    Attributes:
        title: what the function is called.
        labels: what its inputs are called.
        graph: the inputs of the call, then nodes that the function took from elsewhere, which are
            inputs of a graph that is being built around this one; outputs are the values, then
            auxiliary ones.
        own: how many of the inputs are arguments of the call.
        wrt: the inputs to differentiate by, and `wrt_structure` their arrangement.
        values: how many outputs are values, and `structure` their arrangement.
        aux: auxiliary results, with None for those that are outputs; `aux_structure` arranges them.
    """

    title: str
    labels: tuple[str, ...]
    graph: GraphData
    own: int
    wrt: tuple[int, ...]
    wrt_structure: Structure
    values: int
    structure: Structure
    aux: tuple[Any, ...] = ()
    aux_structure: Structure | None = None

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The arguments of the call."""
        return self.graph.inputs[: self.own]

    @property
    def captures(self) -> bool:
        """Whether it takes inputs, or named dimensions, of a graph around it."""
        return len(self.graph.inputs) > self.own or any(
            node.op is DIMENSION or not all(isinstance(size, int) for size in node.shape)
            for node in self.graph.nodes
        )

    @property
    def variables(self) -> list[Node]:
        """The inputs to differentiate by."""
        return [self.graph.inputs[i] for i in self.wrt]

    @property
    def results(self) -> dict[str, Node]:
        """The values, without auxiliary ones."""
        return dict(list(self._outputs.items())[: self.values])

    @property
    def extras(self) -> dict[str, Node]:
        """The auxiliary results that are computed."""
        return dict(list(self._outputs.items())[self.values :])

    @property
    def _outputs(self) -> dict[str, Node]:
        return dict(zip(self.graph.output_names, self.graph.outputs, strict=True))

    def with_aux(self, extras: Sequence[Any]) -> Any:
        """The auxiliary results, as the function arranged them."""
        assert self.aux_structure is not None
        found = iter(extras)
        return self.aux_structure.build(
            [next(found) if leaf is None else _copied(leaf) for leaf in self.aux]
        )

    def scalar(self, needs: str) -> tuple[str, Node]:
        """The one value, which must be a real scalar.

        Raises:
            DerivativeError: it is not; the message names the function and the shape.
        """
        if self.structure.kind is not None:
            msg = f"{self.title} returns {self.structure}: {needs} needs one real scalar (and has_aux=True for others)"
            raise DerivativeError(msg)
        name, node = next(iter(self.results.items()))
        if node.shape != () or not node.is_real:
            kind = f"shape {format_shape(node.shape)}" if node.is_real else f"dtype {node.dtype}"
            msg = f"{self.title} returns {kind}: {needs} needs a real scalar; use jacobian, or vjp"
            raise DerivativeError(msg)
        return name, node

    def warn(self) -> None:
        """Say which derivatives are zero since no value depends on the argument."""
        needed = {node for node in self.results.values() if node.is_real}
        for node in reversed(topological(needed)):
            if node in needed and node.op.kind is not Kind.DISCRETE:
                needed.update(arg for arg in node.args if arg.is_real)
        for place in self.wrt:
            if self.graph.inputs[place] not in needed:
                msg = f"{self.title} does not depend on {self.labels[place]!r}: its derivative is zero"
                warnings.warn(msg, DerivativeWarning, stacklevel=_user_level())

    def plain(self) -> Traced:
        """With inputs that go by their own names, for a graph that stands alone."""
        inputs = [
            input_node(label, node.shape, node.dtype)
            for label, node in zip(self.labels, self.inputs, strict=True)
        ]
        names = self.graph.output_names
        outputs = substitute(self.graph.outputs, dict(zip(self.inputs, inputs, strict=True)))
        graph = GraphData(inputs, dict(zip(names, outputs, strict=True)), self.title)
        return replace(self, graph=graph)


def _copied(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _user_level() -> int:
    """The stack level, seen from the caller, of the innermost line outside this package."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001  (the only way to the caller's line)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level


def trace(function: Callable[..., Any], call: Call, *, has_aux: bool, title: str) -> Traced:
    """The function as a graph, for arguments of the shapes and dtypes of a call.

    Its inputs are new nodes each time, so that they are nobody else's in nested transforms.

    Raises:
        InputError: it returns something that is no number and no array.
        TracingError: it uses a value as a number; the message names its line.
    """
    number = next(_numbers)
    shown = [label for label, traced in zip(call.labels, call.traced, strict=True) if traced]
    inputs = [
        input_node(f"{label}_{number}", value.shape, value.dtype, scope=f"transform{number}")
        for label, value in zip(shown, call.values, strict=True)
    ]
    left = iter(inputs)
    leaves = [
        next(left) if traced else leaf
        for traced, leaf in zip(call.traced, call.leaves, strict=True)
    ]
    args, kwargs = call.structure.build(leaves)
    result, variables = call_and_watch(function, args, kwargs)
    found: list[Any] = []
    structure = None
    if has_aux:
        if not isinstance(result, tuple) or len(result) != 2:
            msg = f"{title}: with has_aux=True it must return (value, aux), not {type(result).__name__}"
            raise InputError(msg)
        result, extra = result
        found, structure = flatten(extra)
    values, arrangement = flatten(result)
    outputs = _labelled([formula(value, title) for value in values], shown, title)
    if not outputs:
        msg = f"{title} returns nothing to differentiate; is a return missing?"
        raise InputError(msg)
    count = len(outputs)
    for leaf in found:
        if isinstance(leaf, Node):
            outputs[fresh_name("aux", {*outputs, *shown})] = leaf
    reserved = {*shown, *outputs, *(node.param("name") for node in inputs)}
    nodes = list(outputs.values())
    if not call.symbolic:  # inside another function, the steps are that one's to name
        nodes, variables = _stable(nodes, variables)
        nodes = with_names(nodes, variables, reserved)
    graph = _graph(inputs, dict(zip(outputs, nodes, strict=True)), title)
    places = [i for i, traced in enumerate(call.traced) if traced]
    return Traced(
        title,
        tuple(shown),
        graph,
        len(inputs),
        tuple(places.index(place) for place in call.wrt),
        call.wrt_structure,
        count,
        arrangement,
        tuple(None if isinstance(leaf, Node) else leaf for leaf in found),
        structure,
    )


def _graph(inputs: Sequence[Node], outputs: Mapping[str, Node], title: str) -> GraphData:
    """The graph, stabilised, with inputs of graphs around it listed behind its own."""
    own = set(inputs)
    others: dict[Node, None] = {}
    for node in topological(outputs.values()):
        if is_input(node) and node not in own:
            others[node] = None
    return stabilize_graph(GraphData([*inputs, *others], outputs, title))


def _stable(
    nodes: Sequence[Node], variables: Mapping[str, object]
) -> tuple[list[Node], dict[str, object]]:
    """The nodes in a stable form, before names divide formulas; and what variables are in that form.

    ``e = exp(-x); s = 1/(1 + e)`` is a sigmoid too. No trace shows the steps of a transform.
    """
    held = {name: value for name, value in variables.items() if isinstance(value, Node)}
    found = stabilize([*nodes, *held.values()])
    return found[: len(nodes)], dict(zip(held, found[len(nodes) :], strict=True))


def _labelled(nodes: Sequence[Node], taken: Sequence[str], title: str) -> dict[str, Node]:
    label = output_name(None if title in taken else title, taken)
    if len(nodes) == 1:
        return {label: nodes[0]}
    return {f"{label}_{i + 1}": node for i, node in enumerate(nodes)}


def formula(value: object, title: str) -> Node:
    """What a function returns, as a node.

    Raises:
        InputError: it is no number, no array and no node.
    """
    if isinstance(value, (Node, bool, int, float, np.number, np.bool_, np.ndarray)):
        try:
            return constant(value)
        except GraphcompError as error:
            msg = f"{title} returns {type(value).__name__}: {error}"
            raise InputError(msg) from None
    msg = f"{title} returns {type(value).__name__} {value!r:.60}, which is no formula"
    raise InputError(msg)
