"""Where entries are, and how many hold: indices, conditions and counts, without derivatives."""

from __future__ import annotations

from typing import Any

from graphcomp.errors import GraphcompError, with_user_line
from graphcomp.functions.cumulative import _flat
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.op import Op
from graphcomp.ops.searching import ALL, ANY, ARGMAX, ARGMIN, COUNT_NONZERO
from graphcomp.shape import normal_axes


def argmax(x: Operand, axis: int | None = None, keepdims: bool = False) -> Node:
    """The index of the largest entry, the first of equal ones; it has no derivative.

    >>> import graphcomp as gc
    >>> gc.argmax(gc.array("v", "n"))
    <node argmax(v, axis=0) int64 ()>
    """
    return _place(ARGMAX, x, axis, keepdims)


def argmin(x: Operand, axis: int | None = None, keepdims: bool = False) -> Node:
    """The index of the smallest entry, the first of equal ones; it has no derivative.

    >>> import graphcomp as gc
    >>> gc.argmin(gc.array("v", "n"))
    <node argmin(v, axis=0) int64 ()>
    """
    return _place(ARGMIN, x, axis, keepdims)


def _place(op: Op, x: Operand, axis: int | None, keepdims: bool) -> Node:
    whole = constant(x)
    node, along = _flat(whole, axis, op.name)
    result = apply(op, node, axis=along)
    if not keepdims:
        return result
    kept = {along} if axis is not None else set(range(whole.ndim))
    return result.reshape(tuple(1 if i in kept else dim for i, dim in enumerate(whole.shape)))


def all(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """Whether all entries hold, over all axes or the given ones.

    >>> import graphcomp as gc
    >>> gc.all(gc.array("v", "n") > 0)
    <node all(v > 0) bool ()>
    """
    return _over(ALL, x, axis, keepdims)


def any(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """Whether at least one entry holds, over all axes or the given ones.

    >>> import graphcomp as gc
    >>> gc.any(gc.array("v", "n") > 0)
    <node any(v > 0) bool ()>
    """
    return _over(ANY, x, axis, keepdims)


def count_nonzero(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """How many entries are not 0, or hold.

    >>> import graphcomp as gc
    >>> gc.count_nonzero(gc.array("v", "n") > 0)
    <node count_nonzero(v > 0) int64 ()>
    """
    return _over(COUNT_NONZERO, x, axis, keepdims)


def _over(op: Op, x: Operand, axis: Any, keepdims: bool) -> Node:
    node = constant(x)
    try:
        axes = normal_axes(axis, node.ndim, op.name)
    except GraphcompError as error:
        raise type(error)(with_user_line(str(error))) from None
    return apply(op, node, axes=axes, keepdims=bool(keepdims), rank=node.ndim)
