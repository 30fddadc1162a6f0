"""Graphs from ordinary NumPy functions, run once on symbolic arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from graphcomp.errors import GraphcompError, InputError, NamingError
from graphcomp.frontends.arguments import bind_shapes
from graphcomp.frontends.local_names import call_and_watch, with_names
from graphcomp.frontends.outputs import output_name
from graphcomp.graph import G, GraphData
from graphcomp.names import check_name, fresh_name, identifier
from graphcomp.node import Node, constant
from graphcomp.ops.leaves import LET
from graphcomp.trees import flatten


def from_function(
    function: Callable[..., Any],
    /,
    *,
    name: str | None = None,
    shapes: Mapping[str, Any] | None = None,
    dtype: Any = "float64",
    graph_class: type[G] = GraphData,  # type: ignore[assignment]
    **more: Any,
) -> G:
    """The graph of a function that computes with NumPy or with this package.

    The function is run once, on symbolic arguments. Its local variables become named steps.

    Args:
        function: plain Python; ``if`` and ``while`` on values can't be followed, `where` can.
        name: of the graph; the function's own by default.
        shapes: of the arguments, as `more`; for parameters that are called as these options.
        dtype: of the arguments that are no example arrays.
        graph_class: the class of the result.
        **more: a shape for each argument that is no scalar: text ("m n"), an int, a tuple of
            dimensions, or an example array; a list, a dict or a named tuple of these, or of such
            structures, for an argument that is so arranged: the graph keeps the structure. A
            parameter with a default and no shape keeps its default.

    Raises:
        InputError: the shapes do not belong to the function, or it returns no formula.
        TracingError: it uses a value as a number; the message names its line.
        ShapeError: shapes do not fit together; the message names its line.

    >>> def loss(x, y, W):
    ...     r = W @ x - y
    ...     return 0.5 * np.sum(r**2)
    >>> graph = from_function(loss, x="n", y="m", W="m n")
    >>> graph.input_names, graph.step_names, graph.output_names
    (('x', 'y', 'W'), ('r',), ('loss',))
    """
    title = check_name(name, "graph name") if name is not None else _title(function)
    arguments = bind_shapes(function, {**(shapes or {}), **more}, dtype)
    result, variables = call_and_watch(function, arguments.positional, arguments.keyword)
    parts: dict[str, Node] = {}
    for key, node in _parts(result, "", title or "the function"):
        parts[fresh_name(key, parts)] = node
    if not parts:
        msg = f"{title or 'the function'} returns an empty {type(result).__name__}; there is no output"
        raise InputError(msg)
    inputs = {node.param("name") for node in arguments.inputs} | arguments.structures.keys()
    keys = set(map(str, result)) if isinstance(result, Mapping) else None
    wanted = _wanted(parts, inputs, title, name is not None, keys)
    # a step must not be called as an output that is something else
    clashes = {label for label, node in wanted.items() if variables.get(label) is not node}
    outputs = with_names(list(wanted.values()), variables, inputs | clashes)
    return graph_class(
        arguments.inputs,
        _named(wanted, outputs, isinstance(result, Mapping)),
        title,
        arguments=arguments.structures,
        results=flatten(result)[1],
    )


def _title(function: Callable[..., Any]) -> str | None:
    """The function's name, if that can name a graph."""
    try:
        return check_name(getattr(function, "__name__", None))
    except NamingError:
        return None


def _wanted(
    parts: Mapping[str, Node],
    inputs: set[str],
    title: str | None,
    given: bool,
    keys: set[str] | None,
) -> dict[str, Node]:
    """The outputs by the names that they have unless a local variable names them."""
    if keys is not None:
        named: dict[str, Node] = {}
        for key, node in parts.items():
            inner = set() if key in keys else inputs  # names made up here are not those of inputs
            named[fresh_name(identifier(key), {*named, *inner})] = node
        return named
    usable = title if given or title not in inputs else None
    label = output_name(usable, inputs)
    return {f"{label}_{key}" if key else label: node for key, node in parts.items()}


def _parts(result: object, key: str, title: str) -> Iterator[tuple[str, Node]]:
    """The nodes of a result, each with its place in the structure: "", "1", "loss", "1_loss"."""
    prefix = f"{key}_" if key else ""
    if isinstance(result, Mapping):
        for entry, value in result.items():
            yield from _parts(value, f"{prefix}{entry}", title)
    elif isinstance(result, tuple) and hasattr(result, "_fields"):
        for entry, value in zip(result._fields, result, strict=True):
            yield from _parts(value, f"{prefix}{entry}", title)
    elif isinstance(result, (tuple, list)):
        for i, value in enumerate(result):
            yield from _parts(value, f"{prefix}{i + 1}", title)
    else:
        yield key, _formula(result, title)


def _formula(value: object, title: str) -> Node:
    if isinstance(value, (Node, bool, int, float, np.number, np.bool_, np.ndarray)):
        try:
            return constant(value)
        except GraphcompError as error:
            msg = f"{title} returns {type(value).__name__}: {error}"
            raise InputError(msg) from None
    if value is None:
        msg = f"{title} returns nothing; is a return missing?"
        raise InputError(msg)
    msg = f"{title} returns {type(value).__name__} {value!r:.60}, which is no formula"
    raise InputError(msg)


def _named(wanted: Mapping[str, Node], outputs: list[Node], keyed: bool) -> dict[str, Node]:
    """The outputs by the names of their steps where they have one, unless a dict named them."""
    named: dict[str, Node] = {}
    for label, node in zip(wanted, outputs, strict=True):
        own = node.param("name") if node.op is LET and not keyed else label
        named[fresh_name(label, named) if own in named else own] = node
    return named
