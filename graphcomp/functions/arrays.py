"""Products of arrays, and functions that move entries around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphcomp import node as _node
from graphcomp.errors import ShapeError, with_user_line
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.contraction import OUTER
from graphcomp.ops.shaping import CONCATENATE
from graphcomp.shape import normal_axis


def matmul(a: Operand, b: Operand) -> Node:
    """The matrix product: (m, n) @ (n, p), vectors and stacks of matrices as in NumPy.

    Raises:
        ShapeError: the inner dimensions are not known to be equal.

    >>> import graphcomp as gc
    >>> gc.matmul(gc.array("A", "m n"), gc.array("x", "n"))
    <node A @ x float64 (m,)>
    """
    return _node.matmul(a, b)


def dot(a: Operand, b: Operand) -> Node:
    """The inner product of two vectors (n,), the matrix product of matrices, a*b with a scalar.

    In general the sum over the last axis of `a` and the last but one of `b`.

    >>> import graphcomp as gc
    >>> gc.dot(gc.array("u", "n"), gc.array("v", "n"))
    <node u @ v float64 ()>
    """
    left, right = constant(a), constant(b)
    if left.ndim == 0 or right.ndim == 0:
        return left * right
    if right.ndim > 2:
        *rest, inner, last = range(right.ndim)
        columns = right.transpose((inner, *rest, last))
        flat = columns.reshape((right.shape[inner], -1))
        return _node.matmul(left, flat).reshape((*left.shape[:-1], *columns.shape[1:]))
    return _node.matmul(left, right)


def outer(a: Operand, b: Operand) -> Node:
    """The outer product of two vectors: (m,) and (n,) give (m, n); other shapes are flattened.

    >>> import graphcomp as gc
    >>> gc.outer(gc.array("u", "m"), gc.array("v", "n"))
    <node outer(u, v) float64 (m, n)>
    """
    return apply(OUTER, constant(a).reshape(-1), constant(b).reshape(-1))


def transpose(x: Operand, axes: Sequence[int] | None = None) -> Node:
    """The axes in the given order, in reverse by default.

    >>> import graphcomp as gc
    >>> gc.transpose(gc.array("A", "m n"))
    <node Aᵀ float64 (n, m)>
    """
    return constant(x).transpose(axes)


def reshape(x: Operand, shape: Any) -> Node:
    """The same entries, row by row, in another shape; one dimension may be -1.

    >>> import graphcomp as gc
    >>> gc.reshape(gc.array("A", "m n"), -1)
    <node reshape(A, (m*n,)) float64 (m*n,)>
    """
    return constant(x).reshape(shape)


def broadcast_to(x: Operand, shape: Any) -> Node:
    """Broadcast to a shape, as NumPy does; the derivative sums over the new entries.

    >>> import graphcomp as gc
    >>> gc.broadcast_to(gc.array("b", "n"), "m n")
    <node b float64 (m, n)>
    """
    return constant(x).broadcast_to(shape)


def concatenate(arrays: Sequence[Operand], axis: int = 0) -> Node:
    """Joined along an existing axis; all other dimensions must be equal.

    >>> import graphcomp as gc
    >>> gc.concatenate([gc.array("u", "m"), gc.array("v", "n")])
    <node concatenate([u, v]) float64 (m + n,)>
    """
    nodes = [constant(value) for value in arrays]
    if not nodes:
        msg = "concatenate: needs at least one array"
        raise ShapeError(with_user_line(msg))
    try:
        where = normal_axis(axis, nodes[0].ndim, "concatenate")
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    return apply(CONCATENATE, *nodes, axis=where)


def stack(arrays: Sequence[Operand], axis: int = 0) -> Node:
    """Joined along a new axis; all shapes must be equal.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.stack([x, y]).shape
    (2,)
    """
    nodes = [constant(value) for value in arrays]
    if not nodes:
        msg = "stack: needs at least one array"
        raise ShapeError(with_user_line(msg))
    where = normal_axis(axis, nodes[0].ndim + 1, "stack")
    return concatenate(
        [node.reshape((*node.shape[:where], 1, *node.shape[where:])) for node in nodes], where
    )
