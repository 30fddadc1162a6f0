"""Spread, middle and normalised exponentials over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.functions.norms import axes_of, euclidean, real_node
from graphcomp.functions.quantiles import kept_shape, nth_smallest, rows_of
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.leaves import DIMENSION
from graphcomp.ops.normalising import LOG_SOFTMAX, LOGSUMEXP, SOFTMAX
from graphcomp.ops.powers import SQRT
from graphcomp.shape import Dim, combine, size_of


def _number(size: Dim, like: Node) -> Node | float:
    """A size as an operand."""
    if isinstance(size, int):
        return float(size)
    return apply(DIMENSION, size=size, dtype=like.dtype.name)


def _deviations(x: Node, axes: tuple[int, ...]) -> Node:
    return x - x.mean(axes, keepdims=True) if axes else x - x


def _freedom(x: Node, axes: tuple[int, ...], ddof: int) -> Node | float:
    """n - ddof, never negative where n is known, so that a division by it is NumPy's."""
    size = combine("-", size_of(x.shape[a] for a in axes), ddof)
    if isinstance(size, int) and size <= 0:
        return constant(np.asarray(0.0, x.dtype))
    return _number(size, x)


def var(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """The variance: the mean square of the deviations, divided by n - ddof.

    >>> import graphcomp as gc
    >>> gc.var(gc.array("v", 3))
    <node sum((v - sum(v, keepdims=True)/3)**2)/3 float64 ()>
    """
    node = real_node(x)
    axes = axes_of(node, axis, "var")
    squares = (_deviations(node, axes) ** 2).sum(axes, keepdims)
    return squares / _freedom(node, axes, ddof)


def std(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """The standard deviation, without overflow; the derivative is 0 where all are equal.

    >>> import graphcomp as gc
    >>> gc.std(gc.array("v", 4))
    <node norm(v - sum(v, keepdims=True)/4)/2 float64 ()>
    """
    node = real_node(x)
    axes = axes_of(node, axis, "std")
    spread = euclidean(_deviations(node, axes), axes, keepdims)
    count = _freedom(node, axes, ddof)
    return spread / (apply(SQRT, count) if isinstance(count, Node) else count**0.5)


def ptp(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The largest less the smallest entry; equal ones share the derivative.

    >>> import graphcomp as gc
    >>> gc.ptp(gc.array("v", "n"))
    <node max(v) - min(v) float64 ()>
    """
    node = constant(x)
    return node.max(axis, keepdims) - node.min(axis, keepdims)


def average(
    x: Operand, axis: Any = None, weights: Operand | None = None, keepdims: bool = False
) -> Node:
    """The mean, weighted if there are weights: of the shape of x, or of its one axis.

    >>> import graphcomp as gc
    >>> gc.average(gc.array("v", "n"), weights=gc.array("w", "n"))
    <node sum(v*w)/sum(w) float64 ()>
    """
    node = constant(x)
    if weights is None:
        return node.mean(axis, keepdims)
    heavy = constant(weights)
    axes = axes_of(node, axis, "average")
    if heavy.ndim == len(axes) < node.ndim:
        sizes = iter(heavy.shape)
        heavy = heavy.reshape(tuple(next(sizes) if i in axes else 1 for i in range(node.ndim)))
    heavy = heavy.broadcast_to(node.shape)
    return (node * heavy).sum(axis, keepdims) / heavy.sum(axis, keepdims)


def median(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The middle entry, or the mean of the two; entries equal to it share the derivative.

    >>> import graphcomp as gc
    >>> gc.median(gc.array("v", 5))
    <node nth_smallest(v, 0, 2) float64 ()>
    """
    node = real_node(x)
    axes = axes_of(node, axis, "median")
    rows = rows_of(node, axes)
    count = rows.shape[-1]
    low, high = combine("//", combine("-", count, 1), 2), combine("//", count, 2)
    result = nth_smallest(rows, low)
    if low != high:
        result = 0.5 * (result + nth_smallest(rows, high))
    return result.reshape(kept_shape(node.shape, axes)) if keepdims else result


def logsumexp(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """log(sum(exp(x))) without overflow; its derivative is the softmax.

    >>> import graphcomp as gc
    >>> gc.logsumexp(gc.array("v", "n"))
    <node logsumexp(v) float64 ()>
    """
    node = real_node(x)
    axes = axes_of(node, axis, "logsumexp")
    return apply(LOGSUMEXP, node, axes=axes, keepdims=bool(keepdims), rank=node.ndim)


def softmax(x: Operand, axis: Any = None) -> Node:
    """exp(x)/sum(exp(x)) over all axes, or along the given ones, without overflow.

    >>> import graphcomp as gc
    >>> gc.softmax(gc.array("A", "m n"), axis=1)
    <node softmax(A, axis=1) float64 (m, n)>
    """
    node = real_node(x)
    return apply(SOFTMAX, node, axes=axes_of(node, axis, "softmax"))


def log_softmax(x: Operand, axis: Any = None) -> Node:
    """log(softmax(x)), with all its digits where the softmax underflows.

    >>> import graphcomp as gc
    >>> gc.log_softmax(gc.array("A", "m n"), axis=1)
    <node log_softmax(A, axis=1) float64 (m, n)>
    """
    node = real_node(x)
    return apply(LOG_SOFTMAX, node, axes=axes_of(node, axis, "log_softmax"))
