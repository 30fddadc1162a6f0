"""What each transform computes, as nodes: the same for numbers and inside a traced function."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphcomp import ad
from graphcomp.ad.build import ones_like, zeros_like
from graphcomp.errors import DerivativeWarning
from graphcomp.graph import GraphData
from graphcomp.names import fresh_name
from graphcomp.node import Node
from graphcomp.transforms.tracing import Traced
from graphcomp.traversal import topological
from graphcomp.trees import Structure, tuple_of

Outputs = dict[str, Node]


@dataclass(frozen=True, slots=True)
class Kind:
    """A transform.

    Attributes:
        name: ends the name of the generated function.
        build: the nodes that it computes, from a traced function and seeds.
        arrange: their structure.
        seeded: whether it takes a tangent for each variable.
        generated: the kind of generated function that computes the same.
        scalar: whether it needs a scalar.
    """

    name: str
    build: Callable[[Traced, Sequence[Node]], Outputs]
    arrange: Callable[[Traced], Structure]
    seeded: bool = False
    generated: str | None = None
    scalar: bool = False


def _names(traced: Traced, prefix: str, suffix: str = "") -> list[str]:
    return [f"{prefix}{traced.labels[place]}{suffix}" for place in traced.wrt]


def _slopes(traced: Traced, needs: str) -> tuple[str, Node, list[Node]]:
    """The scalar value and its gradient by all variables."""
    name, node = traced.scalar(needs)
    variables = traced.variables
    blocks = ad.primitive_blocks(topological([node]))
    found = ad.reverse(blocks, {node: ones_like(node)}, set(variables))
    return name, node, [found[v].value if v in found else zeros_like(v) for v in variables]


def _tangents(traced: Traced, nodes: Sequence[Node], seeds: Sequence[Node]) -> list[Node]:
    blocks = ad.primitive_blocks(topological(nodes))
    found = ad.forward(blocks, dict(zip(traced.variables, seeds, strict=True)))
    return [found[node].value if node in found else zeros_like(node) for node in nodes]


def _grad(traced: Traced, _seeds: Sequence[Node]) -> Outputs:
    name, _, slopes = _slopes(traced, "grad")
    return dict(zip(_names(traced, f"d_{name}_d_"), slopes, strict=True))


def _value_and_grad(traced: Traced, _seeds: Sequence[Node]) -> Outputs:
    name, node, slopes = _slopes(traced, "value_and_grad")
    return _joined({name: node}, _names(traced, f"d_{name}_d_"), slopes)


def _jvp(traced: Traced, seeds: Sequence[Node]) -> Outputs:
    results = traced.results
    tangents = _tangents(traced, list(results.values()), seeds)
    return _joined(results, [f"{name}_dot" for name in results], tangents)


def _hvp(traced: Traced, seeds: Sequence[Node]) -> Outputs:
    _, _, slopes = _slopes(traced, "hvp")
    return _joined({}, _names(traced, "hvp_"), _tangents(traced, slopes, seeds))


def pulled_back(traced: Traced, seeds: Sequence[Node]) -> Outputs:
    """The cotangents of the variables, from one seed for each real value."""
    cotangents: dict[Node, Node] = {}
    real = [node for node in traced.results.values() if node.is_real]
    for node, seed in zip(real, seeds, strict=True):
        cotangents[node] = cotangents[node] + seed if node in cotangents else seed
    blocks = ad.primitive_blocks(topological(real))
    found = ad.reverse(blocks, cotangents, set(traced.variables))
    bars = [found[v].value if v in found else zeros_like(v) for v in traced.variables]
    return _joined({}, _names(traced, "", "_bar"), bars)


def pushed_forward(traced: Traced, seeds: Sequence[Node]) -> Outputs:
    """The tangents of the values."""
    results = traced.results
    tangents = _tangents(traced, list(results.values()), seeds)
    return _joined({}, [f"{name}_dot" for name in results], tangents)


def _hessian(traced: Traced, _seeds: Sequence[Node]) -> Outputs:
    return _blocks(traced, ad.hessian)


def jacobian(mode: str) -> Kind:
    """The Jacobian, by a mode."""

    def build(traced: Traced, _seeds: Sequence[Node]) -> Outputs:
        return _blocks(traced, lambda graph, wrt: ad.jacobian(graph, wrt, mode))

    generated = "jacobian" if mode == "auto" else None
    return Kind("jacobian", build, lambda t: t.structure.nest(t.wrt_structure), generated=generated)


def _blocks(traced: Traced, derive: Callable[[GraphData, Any], GraphData]) -> Outputs:
    inputs = traced.graph.inputs
    graph = GraphData(inputs, traced.results, traced.title)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)  # said already, by the user's names
        derived = derive(graph, [traced.graph.input_names[i] for i in traced.wrt])
    return dict(zip(derived.output_names, derived.outputs, strict=True))


def _joined(first: Outputs, names: Sequence[str], nodes: Sequence[Node]) -> Outputs:
    outputs = dict(first)
    for name, node in zip(names, nodes, strict=True):
        outputs[fresh_name(name, outputs)] = node
    return outputs


def _by_variable(traced: Traced) -> Structure:
    return traced.wrt_structure


GRAD = Kind("grad", _grad, _by_variable, generated="grad", scalar=True)
VALUE_AND_GRAD = Kind(
    "value_and_grad",
    _value_and_grad,
    lambda t: tuple_of((t.structure, t.wrt_structure)),
    generated="value_and_grad",
    scalar=True,
)
JVP = Kind(
    "jvp", _jvp, lambda t: tuple_of((t.structure, t.structure)), seeded=True, generated="jvp"
)
HVP = Kind("hvp", _hvp, _by_variable, seeded=True, generated="hvp", scalar=True)
HESSIAN = Kind(
    "hessian",
    _hessian,
    lambda t: t.wrt_structure.nest(t.wrt_structure),
    generated="hessian",
    scalar=True,
)
