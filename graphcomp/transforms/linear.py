"""vjp and linearize: the value now, and the linear map for as many vectors as wanted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphcomp import codegen
from graphcomp.errors import DerivativeError, DerivativeWarning
from graphcomp.graph import GraphData, input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node, is_input
from graphcomp.rewrite import substitute
from graphcomp.transforms.arguments import Call, Wrt, collect, title_of
from graphcomp.transforms.cache import cache_of
from graphcomp.transforms.derivatives import Outputs, pulled_back, pushed_forward
from graphcomp.transforms.running import arguments_of, check_callable, dots, like, matching
from graphcomp.transforms.tracing import Traced, trace
from graphcomp.traversal import topological
from graphcomp.trees import Structure, tuple_of


class LinearMap:
    """A derivative at one point, to be applied to vectors; the work for the value is done.

    Attributes:
        source: the generated source that it runs; empty inside a function that is being traced.
    """

    def __init__(
        self,
        apply: Callable[[list[Any]], list[Any]],
        taken: Sequence[Structure],
        given: Structure,
        source: str,
        name: str,
    ) -> None:
        self._apply, self._taken, self._given, self._name = apply, taken, given, name
        self.source = source

    def __repr__(self) -> str:
        return f"<{self._name}>"

    def __call__(self, *vectors: Any) -> Any:
        """The result, arranged as what it belongs to."""
        leaves = matching(vectors, tuple_of(self._taken), f"what {self._name} is given")
        return self._given.build(self._apply(leaves))


@dataclass(frozen=True, slots=True)
class Halves:
    """What is compiled for one signature: the values, and a map that remembers what it needs.

    Attributes:
        traced: the function, for vectors that are nodes.
        start: from the arguments to the values, and the map on leaves.
        source: of both.
    """

    traced: Traced
    start: Callable[..., tuple[list[Any], Callable[..., list[Any]]]]
    source: str


def vjp(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value, and the map from a cotangent of it to those of all arguments.

    The function is traced once a signature, as by `grad`, for as long as it lives.

    Args:
        function: of arrays, or of lists, tuples and dicts of arrays.
        *primals: the arguments.
        has_aux: the function returns (value, aux), and aux is passed on.

    Returns:
        ``(value, vjp_fn)``, with aux behind them. ``vjp_fn(cotangent)`` gives a tuple with one entry
        an argument.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> value, pull = gc.vjp(lambda x, y: x * np.sin(y), 2.0, 0.0)
    >>> value, pull(1.0)
    (0.0, (0.0, 2.0))
    """
    return _linear("vjp", function, primals, has_aux)


def linearize(function: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value, and the map from tangents of all arguments to the tangent of the value.

    The function is traced once a signature, as by `grad`, for as long as it lives.

    Args:
        function: of arrays, or of lists, tuples and dicts of arrays.
        *primals: the arguments.
        has_aux: the function returns (value, aux), and aux is passed on.

    Returns:
        ``(value, jvp_fn)``, with aux behind them. ``jvp_fn(*tangents)`` computes no value again.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> value, push = gc.linearize(lambda x, y: x * np.exp(y), 3.0, 0.0)
    >>> value, push(1.0, 0.0), push(0.0, 1.0)
    (3.0, 1.0, 3.0)
    """
    return _linear("linearize", function, primals, has_aux)


def _linear(kind: str, function: Callable[..., Any], primals: Sequence[Any], has_aux: bool) -> Any:
    check_callable(function, kind)
    call = collect(function, primals, {}, Wrt(every=True))
    cache = cache_of(function)
    key = (kind, has_aux, call.key)
    halves: Halves | None = None if call.symbolic else cache.get(key)
    if halves is None:
        traced = trace(function, call, has_aux=has_aux, title=title_of(function))
        if not any(node.is_real for node in traced.results.values()):
            msg = f"{traced.title} returns no real numbers: there is nothing to differentiate"
            raise DerivativeError(msg)
        traced.warn()
        if call.symbolic or traced.captures:
            return _symbolic(kind, traced, call)
        halves = (_vjp_halves if kind == "vjp" else _linearize_halves)(traced)
        cache.put(key, halves)
    traced = halves.traced
    values, run = halves.start(*call.values)

    def apply(vectors: list[Any]) -> list[Any]:
        if any(isinstance(vector, Node) for vector in vectors):
            return _apply_to_nodes(kind, traced, call, vectors)
        return run(*(_needed(vectors, traced) if kind == "vjp" else vectors))

    return _results(kind, traced, values, apply, halves.source)


def _symbolic(kind: str, traced: Traced, call: Call) -> Any:
    leaves = substitute(traced.graph.outputs, arguments_of(traced, call.values))
    return _results(
        kind, traced, leaves, lambda vectors: _apply_to_nodes(kind, traced, call, vectors), ""
    )


def _apply_to_nodes(kind: str, traced: Traced, call: Call, vectors: list[Any]) -> list[Any]:
    if kind == "vjp":
        pairs = zip(_needed(vectors, traced), _real(traced.results).items(), strict=True)
        seeds = [like(vector, node, name) for vector, (name, node) in pairs]
        outputs = pulled_back(traced, seeds)
    else:
        places = zip(vectors, traced.variables, traced.wrt, strict=True)
        seeds = [like(vector, node, traced.labels[i]) for vector, node, i in places]
        outputs = pushed_forward(traced, seeds)
    found: list[Any] = substitute(list(outputs.values()), arguments_of(traced, call.values, seeds))
    return found


def _needed(vectors: Sequence[Any], traced: Traced) -> list[Any]:
    """The cotangents of the real values; the others have none, whatever is given for them."""
    pairs = zip(vectors, traced.results.values(), strict=True)
    return [vector for vector, node in pairs if node.is_real]


def _real(outputs: Outputs) -> Outputs:
    return {name: node for name, node in outputs.items() if node.is_real}


def _results(
    kind: str, traced: Traced, leaves: Sequence[Any], apply: Callable[..., Any], source: str
) -> Any:
    pull = kind == "vjp"
    taken = [traced.structure] if pull else traced.wrt_structure.parts
    given = traced.wrt_structure if pull else traced.structure
    name = f"the {'vjp' if pull else 'jvp'} function of {traced.title}"
    value = traced.structure.build(leaves[: traced.values])
    linear = LinearMap(apply, taken, given, source, name)
    if traced.aux_structure is None:
        return value, linear
    return value, linear, traced.with_aux(leaves[traced.values :])


# ---------------------------------------------------------------- compiled


def _vjp_halves(traced: Traced) -> Halves:
    """The generated vjp; auxiliary results get cotangents of zero."""
    plain = traced.plain()
    graph = plain.graph
    wrt = [graph.input_names[place] for place in plain.wrt]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)  # said already, at the user's line
        function = codegen.compile_function(graph, "vjp", wrt)
    single = len(graph.outputs) == 1
    extras = [
        np.zeros(tuple(int(size) for size in node.shape)) for node in _real(plain.extras).values()
    ]

    def start(*values: Any) -> tuple[list[Any], Callable[..., list[Any]]]:
        found, pull = function(*values)
        return [found] if single else list(found), lambda *seeds: list(pull(*seeds, *extras))

    return Halves(traced, start, function.source)


def _linearize_halves(traced: Traced) -> Halves:
    """Two generated functions: the values with all that the tangents need of them, and the tangents."""
    plain = traced.plain()
    seeds = dots(plain)
    tangents = pushed_forward(plain, seeds)
    order = topological(tangents.values())
    late = set(seeds)
    for node in order:
        if not late.isdisjoint(node.args):
            late.add(node)
    kept: dict[Node, Node] = {}
    taken = {node.param("name") for node in seeds}
    for node in order:
        if node in late:
            for arg in node.args:
                if arg not in late and arg not in kept and not _is_fixed(arg):
                    own = arg.param("name") if is_input(arg) else f"r{len(kept) + 1}"
                    name = fresh_name(own, taken)
                    taken.add(name)
                    kept[arg] = input_node(name, arg.shape, arg.dtype)
    outputs = dict(zip(plain.graph.output_names, plain.graph.outputs, strict=True))
    count = len(outputs)
    for node, remembered in kept.items():
        outputs[fresh_name(remembered.param("name"), {*outputs, *plain.labels})] = node
    moved = substitute(list(tangents.values()), {**kept, **{seed: seed for seed in seeds}})
    first = _several(GraphData(plain.inputs, outputs, f"{plain.title}_linearize"))
    second = _several(
        GraphData(
            [*kept.values(), *seeds],
            dict(zip(tangents, moved, strict=True)),
            f"{plain.title}_tangent",
        )
    )

    def start(*values: Any) -> tuple[list[Any], Callable[..., list[Any]]]:
        found = first[0](*values)
        rest = found[count:]
        return found[:count], lambda *vectors: second[0](*rest, *vectors)

    return Halves(traced, start, f"{first[1]}\n\n{second[1]}")


def _is_fixed(node: Node) -> bool:
    return node.is_constant or (not node.args and not is_input(node))


def _several(graph: GraphData) -> tuple[Callable[..., list[Any]], str]:
    """The generated function of a graph, its results in a list."""
    function = codegen.compile_function(graph, "value")
    single = len(graph.outputs) == 1

    def run(*values: Any) -> list[Any]:
        found = function(*values)
        return [found] if single else list(found)

    return run, function.source


__all__ = ["LinearMap", "linearize", "vjp"]
