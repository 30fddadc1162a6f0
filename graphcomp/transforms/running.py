"""Transformed functions: compiled for numbers, substituted inside a function that is traced."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphcomp import codegen
from graphcomp.errors import DerivativeWarning, InputError, ShapeError
from graphcomp.graph import GraphData, input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node, constant
from graphcomp.rewrite import substitute
from graphcomp.shape import format_shape
from graphcomp.transforms.arguments import Call, Wrt, collect, title_of
from graphcomp.transforms.cache import Cache
from graphcomp.transforms.derivatives import Kind
from graphcomp.transforms.tracing import Traced, trace
from graphcomp.trees import Structure, flatten


@dataclass(frozen=True, slots=True)
class Compiled:
    """A generated function for one signature.

    Attributes:
        traced: what it was made of.
        function: takes the arrays among the arguments, then seeds.
        structure: of its results, without auxiliary ones.
    """

    traced: Traced
    function: codegen.CompiledFunction
    structure: Structure


class Transformed:
    """A function that computes derivatives of another one; it is traced and compiled when called.

    Attributes:
        source: the generated source that the last call with numbers ran; empty before it.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        kind: Kind,
        wrt: Wrt,
        *,
        has_aux: bool = False,
        cache: Cache[Compiled] | None = None,
    ) -> None:
        check_callable(function, kind.name)
        self._function, self._kind, self._wrt, self._has_aux = function, kind, wrt, has_aux
        self._cache: Cache[Compiled] = Cache() if cache is None else cache
        self.source = ""
        functools.update_wrapper(self, function, updated=())
        self.__name__ = f"{title_of(function)}_{kind.name}"
        self.__doc__ = f"The {kind.name} of {title_of(function)}."

    def __repr__(self) -> str:
        return f"<{self._kind.name} of {title_of(self._function)}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The derivatives, for these arguments."""
        args, seeds = self._split(args)
        call = collect(self._function, args, kwargs, self._wrt)
        given = self._seeds(call, seeds)
        return self.run(call, given)

    def source_for(self, *args: Any, **kwargs: Any) -> str:
        """The generated source for arguments of these shapes, dtypes and fixed values.

        Raises:
            InputError: the function uses nodes of a graph that is being built around it.
        """
        args, _ = self._split(args)
        call = collect(self._function, args, kwargs, self._wrt)
        entry = self._compiled(call)
        if not isinstance(entry, Compiled):
            msg = f"{title_of(self._function)} is being traced: it has no source of its own"
            raise InputError(msg)
        return entry.function.source

    def run(self, call: Call, seeds: Sequence[Any]) -> Any:
        """The derivatives, for arguments and seeds that are taken apart."""
        symbolic = call.symbolic or any(isinstance(seed, Node) for seed in seeds)
        entry = self._trace(call) if symbolic else self._compiled(call)
        if isinstance(entry, Traced):
            return self._substituted(entry, call.values, seeds)
        self.source = entry.function.source
        result = entry.function(*call.values, *seeds)
        leaves, _ = flatten(result)
        return self._arranged(entry.traced, entry.structure, leaves)

    def _split(self, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any]:
        if not self._kind.seeded or self._wrt.every:
            return args, None
        if len(args) < 2:
            msg = f"{self.__name__} takes the arguments of {title_of(self._function)}, then the vector"
            raise InputError(msg)
        return args[:-1], args[-1]

    def _seeds(self, call: Call, seeds: Any) -> list[Any]:
        if not self._kind.seeded:
            return []
        return matching(seeds, call.wrt_structure, f"the vector of {self.__name__}")

    def _trace(self, call: Call) -> Traced:
        traced = trace(self._function, call, has_aux=self._has_aux, title=title_of(self._function))
        if self._kind.scalar:
            traced.scalar(self._kind.name)
        traced.warn()
        return traced

    def _compiled(self, call: Call) -> Compiled | Traced:
        """The function for a signature; the traced one, if that depends on nodes around it."""
        if call.symbolic:
            return self._trace(call)
        found = self._cache.get(call.key)
        if found is not None:
            return found
        traced = self._trace(call)
        if traced.captures:
            return traced
        entry = compiled(traced, self._kind)
        self._cache.put(call.key, entry)
        return entry

    def _substituted(self, traced: Traced, values: Sequence[Any], seeds: Sequence[Any]) -> Any:
        variables = traced.variables if self._kind.seeded else []
        lifted = [
            like(seed, node, traced.labels[place])
            for seed, node, place in zip(seeds, variables, traced.wrt, strict=False)
        ]
        outputs = [*self._kind.build(traced, lifted).values(), *traced.extras.values()]
        leaves = substitute(outputs, arguments_of(traced, values, lifted))
        return self._arranged(traced, self._kind.arrange(traced), leaves)

    def _arranged(self, traced: Traced, structure: Structure, leaves: Sequence[Any]) -> Any:
        """The results; beside auxiliary ones as JAX does: (grad, aux), ((value, aux), grad)."""
        count = len(leaves) - len(traced.extras)
        result = structure.build(leaves[:count])
        if traced.aux_structure is None:
            return result
        aux = traced.with_aux(leaves[count:])
        if self._kind.name == "value_and_grad":
            return (result[0], aux), result[1]
        return (*result, aux) if self._kind.name == "jvp" else (result, aux)


def check_callable(function: object, needs: str) -> None:
    """Raise an error that names the transform, if this is no function."""
    if not callable(function):
        msg = f"{needs} needs a function, not {function!r:.60}"
        raise InputError(msg)


def arguments_of(
    traced: Traced, values: Sequence[Any], keep: Sequence[Node] = ()
) -> dict[Node, Node]:
    """The arguments of a call in place of the inputs; `keep` stands for itself."""
    mapping = {node: node for node in keep}
    for node, value in zip(traced.inputs, values, strict=True):
        mapping[node] = value if isinstance(value, Node) else constant(value)
    return mapping


def compiled(traced: Traced, kind: Kind) -> Compiled:
    """The generated function of a transform."""
    plain = traced.plain()
    graph = plain.graph
    if kind.generated is not None and not plain.extras:
        wrt = [graph.input_names[place] for place in plain.wrt]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DerivativeWarning)  # said already, at the user's line
            function = codegen.compile_function(graph, kind.generated, wrt)
        return Compiled(traced, function, kind.arrange(traced))
    seeds = dots(plain) if kind.seeded else []
    results = kind.build(plain, seeds)
    for name, node in plain.extras.items():
        results[fresh_name(name, results)] = node
    derived = GraphData([*graph.inputs, *seeds], results, f"{traced.title}_{kind.name}")
    return Compiled(traced, codegen.compile_function(derived, "value"), kind.arrange(traced))


def dots(traced: Traced) -> list[Node]:
    """An input for the tangent of each variable."""
    taken = set(traced.graph.input_names)
    seeds = []
    for node, place in zip(traced.variables, traced.wrt, strict=True):
        name = fresh_name(f"{traced.labels[place]}_dot", taken)
        taken.add(name)
        seeds.append(input_node(name, node.shape, node.dtype))
    return seeds


def matching(value: Any, structure: Structure, what: str) -> list[Any]:
    """The leaves of a value that must have a structure.

    Raises:
        InputError: it has another one.
    """
    leaves, found = flatten(value)
    if found != structure:
        msg = f"{what} must be arranged as {structure}, not as {found}"
        raise InputError(msg)
    return leaves


def like(value: Any, node: Node, label: str) -> Node:
    """A tangent or cotangent as a node, of the shape and dtype of what it belongs to.

    Raises:
        ShapeError: it has another shape.
    """
    seed = value if isinstance(value, Node) else constant(value)
    if seed.shape != node.shape:
        shapes = f"{format_shape(seed.shape)}, expected {format_shape(node.shape)}"
        msg = f"the tangent or cotangent of {label!r} has shape {shapes}"
        raise ShapeError(msg)
    return seed.astype(node.dtype)
