"""Products of stacks of vectors and matrices, which the last axes hold."""

from __future__ import annotations

from graphcomp.functions.products import diagonal, einsum, trace
from graphcomp.functions.shapes import moveaxis
from graphcomp.node import Node, Operand, constant


def vecdot(a: Operand, b: Operand, axis: int = -1) -> Node:
    """The inner products of the vectors along an axis; the others broadcast.

    >>> import graphcomp as gc
    >>> gc.vecdot(gc.array("A", "m n"), gc.array("v", "n")).shape
    (m,)
    """
    left, right = constant(a), constant(b)
    if axis != -1:
        left, right = moveaxis(left, axis, -1), moveaxis(right, axis, -1)
    if left.ndim == right.ndim == 1:
        return left @ right
    return einsum("...i,...i->...", left, right)


def matvec(a: Operand, x: Operand) -> Node:
    """The products of matrices (..., m, n) with vectors (..., n).

    >>> import graphcomp as gc
    >>> gc.matvec(gc.array("A", "m n"), gc.array("x", "k n")).shape
    (k, m)
    """
    left, right = constant(a), constant(x)
    if left.ndim == 2 and right.ndim == 1:
        return left @ right
    return einsum("...ij,...j->...i", left, right)


def vecmat(x: Operand, a: Operand) -> Node:
    """The products of vectors (..., m) with matrices (..., m, n).

    >>> import graphcomp as gc
    >>> gc.vecmat(gc.array("x", "m"), gc.array("A", "m n")).shape
    (n,)
    """
    left, right = constant(x), constant(a)
    if left.ndim == 1 and right.ndim == 2:
        return left @ right
    return einsum("...i,...ij->...j", left, right)


def matrix_transpose(x: Operand) -> Node:
    """The last two axes exchanged.

    >>> import graphcomp as gc
    >>> gc.matrix_transpose(gc.array("A", "k m n")).shape
    (k, n, m)
    """
    return moveaxis(x, -1, -2)


def matrix_trace(x: Operand, offset: int = 0) -> Node:
    """The sum over a diagonal of the matrices that the last two axes span.

    >>> import graphcomp as gc
    >>> matrix_trace(gc.array("A", "k n n")).shape
    (k,)
    """
    return trace(x, offset, -2, -1)


def matrix_diagonal(x: Operand, offset: int = 0) -> Node:
    """A diagonal of the matrices that the last two axes span.

    >>> import graphcomp as gc
    >>> matrix_diagonal(gc.array("A", "k n n")).shape
    (k, n)
    """
    return diagonal(x, offset, -2, -1)
