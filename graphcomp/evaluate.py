"""The reference interpreter: every node's value with plain NumPy, as directly as possible.

Slow and obviously right; generated code is tested against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import sympy

from graphcomp.errors import DTypeError, InputError, ShapeError
from graphcomp.node import Node, is_input
from graphcomp.op import Params
from graphcomp.shape import dimension_names, format_shape, resolve_dimension
from graphcomp.traversal import topological

Array: TypeAlias = np.ndarray[Any, Any]


#: Stands for the size of an axis in a binding's formula.
SIZE = sympy.Symbol("size", integer=True, nonnegative=True)


@dataclass(frozen=True, slots=True)
class Binding:
    """Where the size of a named dimension comes from: `formula` of the size of one axis."""

    dim: str
    argument: str
    axis: int
    formula: sympy.Expr

    def solve(self, size: int) -> int | None:
        """The dimension, when the axis has this size; None if that is no integer."""
        value = self.formula.subs(SIZE, size)
        return int(value) if value.is_Integer else None


def bindings(inputs: Sequence[Node]) -> tuple[Binding, ...]:
    """How to find every named dimension from the arguments.

    From an axis of just that size if there is one, else by solving a linear one such as 2*n.

    Raises:
        ShapeError: a dimension that no axis determines.
    """
    found: dict[str, Binding] = {}
    axes = [
        (node.param("name"), axis, dim) for node in inputs for axis, dim in enumerate(node.shape)
    ]
    for argument, axis, dim in axes:
        if not isinstance(dim, int) and dim.is_Symbol:
            found.setdefault(dim.name, Binding(dim.name, argument, axis, SIZE))
    names = dimension_names(node.shape for node in inputs)
    for _ in names:
        for argument, axis, dim in axes:
            if isinstance(dim, int):
                continue
            unknown = [s for s in dim.free_symbols if s.name not in found]
            if len(unknown) == 1 and len(dim.free_symbols) == 1:
                solutions = sympy.solve(sympy.Eq(dim, SIZE), unknown[0])
                if len(solutions) == 1:
                    name = unknown[0].name
                    found[name] = Binding(name, argument, axis, solutions[0])
    for name in names:
        if name not in found:
            msg = f"dimension {name!r} can't be found from the arguments: give an argument an axis of just that size"
            raise ShapeError(msg)
    return tuple(found[name] for name in names)


def bind(
    inputs: Sequence[Node], values: Mapping[str, Any]
) -> tuple[dict[Node, Array], dict[str, int]]:
    """The arrays for the inputs, checked and converted, and the sizes of the named dimensions.

    Raises:
        InputError: an argument is missing or unknown.
        DTypeError: an argument is complex, or no number.
        ShapeError: names the argument, its shape, and the dimension that disagrees.
    """
    names = [node.param("name") for node in inputs]
    for name in values:
        if name not in names:
            msg = f"there is no input {name!r}; the inputs are {', '.join(names) or 'none'}"
            raise InputError(msg)
    arrays: dict[Node, Array] = {}
    for node, name in zip(inputs, names, strict=True):
        if name not in values:
            msg = f"no value for input {name!r} {format_shape(node.shape)}; give {', '.join(names)}"
            raise InputError(msg)
        arrays[node] = as_array(name, values[name], node)
    sizes: dict[str, int] = {}
    by_name = dict(zip(names, inputs, strict=True))
    origin: dict[str, str] = {}
    for binding in bindings(inputs):
        size = arrays[by_name[binding.argument]].shape[binding.axis]
        number = binding.solve(size)
        if number is None:
            node = by_name[binding.argument]
            msg = f"{binding.argument}: axis {binding.axis} has size {size}, which is not {node.shape[binding.axis]}"
            raise ShapeError(msg)
        sizes[binding.dim] = number
        origin[binding.dim] = binding.argument
    for node, array in arrays.items():
        expected = tuple(resolve_dimension(dim, sizes) for dim in node.shape)
        if expected != array.shape:
            name = node.param("name")
            axis = next(
                i for i, (e, a) in enumerate(zip(expected, array.shape, strict=True)) if e != a
            )
            dim = node.shape[axis]
            where = (
                ""
                if isinstance(dim, int)
                else f" ({dim} is {expected[axis]}, from {_origin(dim, origin)})"
            )
            msg = (
                f"{name} has shape {array.shape}, expected {format_shape(node.shape)}: "
                f"axis {axis} is {array.shape[axis]}, not {dim}{where}"
            )
            raise ShapeError(msg)
    return arrays, sizes


def _origin(dim: sympy.Expr, origin: Mapping[str, str]) -> str:
    """The arguments that the symbols of a dimension were bound by."""
    return ", ".join(dict.fromkeys(origin[s.name] for s in sorted(dim.free_symbols, key=str)))


def as_array(name: str, value: object, node: Node) -> Array:
    """An argument as an array of the node's dtype and rank."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        msg = f"{name}: not an array: {error}"
        raise DTypeError(msg) from None
    if array.dtype.kind not in "bif" or not np.can_cast(array.dtype, node.dtype, "same_kind"):
        msg = f"{name}: expected {node.dtype}, got {array.dtype}"
        raise DTypeError(msg)
    if array.ndim != node.ndim:
        msg = f"{name} has shape {array.shape}, expected {format_shape(node.shape)}: {node.ndim} dimensions"
        raise ShapeError(msg)
    return array.astype(node.dtype, copy=False)


def evaluate(
    outputs: Iterable[Node], arrays: Mapping[Node, Array], sizes: Mapping[str, int]
) -> dict[Node, Array]:
    """The value of every node that the outputs depend on, floating-point warnings off.

    `arrays` holds the inputs, and may hold any other node whose value is already known.
    """
    values: dict[Node, Array] = dict(arrays)
    with np.errstate(all="ignore"):
        for node in topological(outputs, stop=values.__contains__):
            if node in values:
                continue
            if is_input(node):
                msg = f"no value for input {node.param('name')!r}"
                raise InputError(msg)
            args = [values[arg] for arg in node.args]
            params = resolve_params(node.params, sizes) if node.params else {}
            result = node.op.evaluate(*args, **params)
            values[node] = np.asarray(result, node.dtype)
    return values


def resolve_params(params: Params, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The parameters with numbers for named dimensions."""
    return {name: _resolve(value, sizes) for name, value in params}


def _resolve(value: Any, sizes: Mapping[str, int]) -> Any:
    if isinstance(value, sympy.Expr):
        return resolve_dimension(value, sizes)
    if isinstance(value, tuple):
        return tuple(_resolve(item, sizes) for item in value)
    return value
