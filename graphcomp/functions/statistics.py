"""Spread, middle, norms and normalised exponentials over axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.errors import GraphcompError, InputError, with_user_line
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import EQUAL, WHERE, bracket
from graphcomp.ops.leaves import DIMENSION, STOP_GRADIENT
from graphcomp.ops.normalising import LOG_SOFTMAX, LOGSUMEXP, NORM, SOFTMAX
from graphcomp.ops.piecewise import ABS
from graphcomp.ops.powers import SQRT
from graphcomp.ops.rounding import ISNAN
from graphcomp.ops.searching import NTH_SMALLEST
from graphcomp.shape import Dim, combine, normal_axes, size_of


def _real(x: Operand) -> Node:
    node = constant(x)
    return node if node.is_real else node.astype("float64")


def _axes(x: Node, axis: Any, name: str) -> tuple[int, ...]:
    try:
        return normal_axes(axis, x.ndim, name)
    except GraphcompError as error:
        raise type(error)(with_user_line(str(error))) from None


def _number(size: Dim, like: Node) -> Node | float:
    """A size as an operand."""
    if isinstance(size, int):
        return float(size)
    return apply(DIMENSION, size=size, dtype=like.dtype.name)


def _squeezed(x: Node, axes: tuple[int, ...]) -> Node:
    return x.reshape(tuple(dim for axis, dim in enumerate(x.shape) if axis not in axes))


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
    node = _real(x)
    axes = _axes(node, axis, "var")
    squares = (_deviations(node, axes) ** 2).sum(axes, keepdims)
    return squares / _freedom(node, axes, ddof)


def std(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """The standard deviation, without overflow; the derivative is 0 where all are equal.

    >>> import graphcomp as gc
    >>> gc.std(gc.array("v", 4))
    <node norm(v - sum(v, keepdims=True)/4)/2 float64 ()>
    """
    node = _real(x)
    axes = _axes(node, axis, "std")
    spread = _norm(_deviations(node, axes), axes, keepdims)
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
    axes = _axes(node, axis, "average")
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
    node = _real(x)
    axes = _axes(node, axis, "median")
    rest = tuple(a for a in range(node.ndim) if a not in axes)
    count = size_of(node.shape[a] for a in axes)
    rows = node.transpose((*rest, *axes)).reshape((*(node.shape[a] for a in rest), count))
    low, high = combine("//", combine("-", count, 1), 2), combine("//", count, 2)
    result = apply(NTH_SMALLEST, rows, axis=len(rest), index=low)
    if low != high:
        result = 0.5 * (result + apply(NTH_SMALLEST, rows, axis=len(rest), index=high))
    if not keepdims:
        return result
    return result.reshape(tuple(1 if a in axes else dim for a, dim in enumerate(node.shape)))


def nansum(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The sum of the entries that are numbers.

    >>> import graphcomp as gc
    >>> gc.nansum(gc.array("v", "n"))
    <node sum(where(isnan(v), 0, v)) float64 ()>
    """
    node = constant(x)
    if not node.is_real:
        return node.sum(axis, keepdims)
    return apply(WHERE, apply(ISNAN, node), 0.0, node).sum(axis, keepdims)


def nanmean(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The mean of the entries that are numbers; NaN if there are none.

    >>> import graphcomp as gc
    >>> gc.nanmean(gc.array("v", "n")).shape
    ()
    """
    node = _real(x)
    numbers: Node = bracket(apply(EQUAL, node, node), node)
    return nansum(node, axis, keepdims) / numbers.sum(axis, keepdims)


def logsumexp(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """log(sum(exp(x))) without overflow; its derivative is the softmax.

    >>> import graphcomp as gc
    >>> gc.logsumexp(gc.array("v", "n"))
    <node logsumexp(v) float64 ()>
    """
    node = _real(x)
    axes = _axes(node, axis, "logsumexp")
    return apply(LOGSUMEXP, node, axes=axes, keepdims=bool(keepdims), rank=node.ndim)


def softmax(x: Operand, axis: Any = None) -> Node:
    """exp(x)/sum(exp(x)) over all axes, or along the given ones, without overflow.

    >>> import graphcomp as gc
    >>> gc.softmax(gc.array("A", "m n"), axis=1)
    <node softmax(A, axis=1) float64 (m, n)>
    """
    node = _real(x)
    return apply(SOFTMAX, node, axes=_axes(node, axis, "softmax"))


def log_softmax(x: Operand, axis: Any = None) -> Node:
    """log(softmax(x)), with all its digits where the softmax underflows.

    >>> import graphcomp as gc
    >>> gc.log_softmax(gc.array("A", "m n"), axis=1)
    <node log_softmax(A, axis=1) float64 (m, n)>
    """
    node = _real(x)
    return apply(LOG_SOFTMAX, node, axes=_axes(node, axis, "log_softmax"))


def _norm(x: Node, axes: tuple[int, ...], keepdims: bool) -> Node:
    if not axes:
        return apply(ABS, x)
    return apply(NORM, x, axes=axes, keepdims=bool(keepdims), rank=x.ndim)


def norm(x: Operand, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    """A norm: of all entries, or of the vectors or matrices along one or two axes.

    Vectors: ord 2 (default), 1, inf, -inf, 0 or any p. Matrices: "fro" (default), 1, -1, inf, -inf.
    The 2-norm neither overflows nor vanishes at 1e200 or 1e-200, and its derivative at 0 is 0.

    Raises:
        InputError: ord is another one.

    >>> import graphcomp as gc
    >>> gc.norm(gc.array("v", "n"))
    <node norm(v) float64 ()>
    """
    node = _real(x)
    axes = _axes(node, axis, "norm")
    if ord is None or (axis is None and node.ndim <= 1 and ord == 2):
        return _norm(node, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(node, ord, axes, keepdims)
    if len(axes) == 2 and ord == "fro":
        return _norm(node, axes, keepdims)
    if len(axes) == 2 and ord in {1, -1, np.inf, -np.inf}:
        first, second = axis if isinstance(axis, (tuple, list)) else axes
        rows, columns = first % node.ndim, second % node.ndim
        inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = apply(ABS, node).sum(inner, keepdims=True)
        result = sums.max(outer, keepdims=True) if ord > 0 else sums.min(outer, keepdims=True)
        return result if keepdims else _squeezed(result, axes)
    kind = {1: "a vector", 2: "a matrix"}.get(len(axes), f"{len(axes)} axes")
    known = "a number for a vector; 'fro', 1, -1, inf or -inf for a matrix"
    msg = f"norm: no norm {ord!r} of {kind}; use {known}"
    raise InputError(with_user_line(msg))


def _vector_norm(x: Node, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Node:
    if isinstance(ord, bool) or not isinstance(ord, (int, float, np.number)):
        msg = f"norm: no norm {ord!r} of a vector; use a number"
        raise InputError(with_user_line(msg))
    if ord == 2:
        return _norm(x, axes, keepdims)
    size = apply(ABS, x)
    if ord == 1:
        return size.sum(axes, keepdims)
    if np.isinf(ord):
        return size.max(axes, keepdims) if ord > 0 else size.min(axes, keepdims)
    if ord == 0:
        entries: Node = bracket(size > 0.0, x)
        return entries.sum(axes, keepdims)
    # entries relative to the largest, which is as good as a constant: the norm scales with it
    top = size.max(axes, keepdims=True).apply(STOP_GRADIENT)
    scale = apply(WHERE, apply(EQUAL, top, 0.0), 1.0, top)
    total = ((size / scale) ** float(ord)).sum(axes, keepdims=True)
    zero = apply(EQUAL, total, 0.0)
    root = apply(WHERE, zero, 0.0, apply(WHERE, zero, 1.0, total) ** (1.0 / float(ord)))
    result = scale * root
    return result if keepdims else _squeezed(result, axes)
