"""Running sums and products, differences and slopes along an axis."""

from __future__ import annotations

from typing import Any

from graphcomp.errors import GraphcompError, InputError, with_user_line
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.cumulative import CUMPROD, CUMSUM
from graphcomp.ops.shaping import CONCATENATE
from graphcomp.shape import normal_axes, normal_axis


def _axis(x: Node, axis: Any, name: str) -> int:
    try:
        return normal_axis(axis, x.ndim, name)
    except GraphcompError as error:
        raise type(error)(with_user_line(str(error))) from None


def _flat(x: Node, axis: Any, name: str) -> tuple[Node, int]:
    """All entries in a row, if there is no axis."""
    return (x.reshape(-1), 0) if axis is None else (x, _axis(x, axis, name))


def cumsum(x: Operand, axis: int | None = None) -> Node:
    """The running sum along an axis, or over all entries row by row.

    >>> import graphcomp as gc
    >>> gc.cumsum(gc.array("v", "n"))
    <node cumsum(v, axis=0) float64 (n,)>
    """
    node, along = _flat(constant(x), axis, "cumsum")
    return apply(CUMSUM, node, axis=along, reverse=False)


def cumprod(x: Operand, axis: int | None = None) -> Node:
    """The running product along an axis; its derivative is exact at zeros.

    >>> import graphcomp as gc
    >>> gc.cumprod(gc.array("v", "n"))
    <node cumprod(v, axis=0) float64 (n,)>
    """
    node, along = _flat(constant(x), axis, "cumprod")
    return apply(CUMPROD, node, axis=along, before=False)


def diff(x: Operand, n: int = 1, axis: int = -1) -> Node:
    """The differences of neighbours along an axis, taken n times.

    Raises:
        InputError: n is negative.

    >>> import graphcomp as gc
    >>> gc.diff(gc.array("v", "n"))
    <node v[1:] - v[:-1] float64 (n - 1,)>
    """
    node = constant(x)
    along = _axis(node, axis, "diff")
    if n < 0:
        msg = f"diff: n is {n}, not 0 or more"
        raise InputError(with_user_line(msg))
    for _ in range(n):
        node = _piece(node, along, slice(1, None)) - _piece(node, along, slice(None, -1))
    return node


def _piece(x: Node, axis: int, part: slice) -> Node:
    return x[(*[slice(None)] * axis, part)]


def gradient(
    f: Operand, *spacing: float, axis: Any = None, edge_order: int = 1
) -> Node | list[Node]:
    """The slopes of samples at equal distances: central inside, one-sided at both ends.

    As in NumPy a list with one array an axis, or the array if there is one axis. The distances
    are numbers: none, one for all, or one an axis.

    Raises:
        InputError: distances that are arrays, or an edge_order that is not 1 or 2.

    >>> import graphcomp as gc
    >>> gc.gradient(gc.array("v", 5), 0.1).shape
    (5,)
    """
    node = constant(f)
    try:
        axes = (
            [normal_axis(a, node.ndim, "gradient") for a in axis]
            if isinstance(axis, (tuple, list))
            else list(normal_axes(axis, node.ndim, "gradient"))
        )
    except GraphcompError as error:
        raise type(error)(with_user_line(str(error))) from None
    steps = list(spacing) * (len(axes) if len(spacing) == 1 else 1) or [1.0] * len(axes)
    if len(steps) != len(axes) or not all(isinstance(h, (int, float)) for h in steps):
        msg = "gradient: distances must be numbers: none, one for all, or one an axis"
        raise InputError(with_user_line(msg))
    if edge_order not in {1, 2}:
        msg = f"gradient: edge_order is {edge_order}, not 1 or 2"
        raise InputError(with_user_line(msg))
    found = [_slopes(node, a, h, edge_order) for a, h in zip(axes, steps, strict=True)]
    return found[0] if len(found) == 1 else found


def _slopes(f: Node, axis: int, step: float, edge_order: int) -> Node:
    def at(start: int | None, stop: int | None) -> Node:
        return _piece(f, axis, slice(start, stop))

    inside = (at(2, None) - at(None, -2)) / (2.0 * step)
    if edge_order == 1:
        first, last = at(1, 2) - at(0, 1), at(-1, None) - at(-2, -1)
    else:
        first = 2.0 * at(1, 2) - 1.5 * at(0, 1) - 0.5 * at(2, 3)
        last = 1.5 * at(-1, None) - 2.0 * at(-2, -1) + 0.5 * at(-3, -2)
    return apply(CONCATENATE, first / step, inside, last / step, axis=axis)
