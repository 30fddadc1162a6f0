"""Norms of vectors and of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.errors import GraphcompError, InputError, with_user_line
from graphcomp.functions.factors import svdvals
from graphcomp.functions.quantiles import kept_shape
from graphcomp.functions.shapes import moveaxis
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import EQUAL, WHERE, bracket
from graphcomp.ops.leaves import STOP_GRADIENT
from graphcomp.ops.normalising import NORM
from graphcomp.ops.piecewise import ABS
from graphcomp.shape import normal_axes


def real_node(x: Operand) -> Node:
    """The operand as a node with a floating dtype."""
    node = constant(x)
    return node if node.is_real else node.astype("float64")


def axes_of(x: Node, axis: Any, name: str) -> tuple[int, ...]:
    """Axes counted from the front; an error names the user's line."""
    try:
        return normal_axes(axis, x.ndim, name)
    except GraphcompError as error:
        raise type(error)(with_user_line(str(error))) from None


def _squeezed(x: Node, axes: tuple[int, ...]) -> Node:
    return x.reshape(tuple(dim for axis, dim in enumerate(x.shape) if axis not in axes))


def euclidean(x: Node, axes: tuple[int, ...], keepdims: bool) -> Node:
    """The root of the sum of squares over axes, without overflow."""
    if not axes:
        return apply(ABS, x)
    return apply(NORM, x, axes=axes, keepdims=bool(keepdims), rank=x.ndim)


def norm(x: Operand, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Node:
    """A norm: of all entries, or of the vectors or matrices along one or two axes.

    Vectors: ord 2 (default), 1, inf, -inf, 0 or any p. Matrices: "fro" (default), "nuc", 1, -1,
    2, -2, inf, -inf.
    The 2-norm neither overflows nor vanishes at 1e200 or 1e-200, and its derivative at 0 is 0.

    Raises:
        InputError: ord is another one.

    >>> import graphcomp as gc
    >>> gc.norm(gc.array("v", "n"))
    <node norm(v) float64 ()>
    """
    node = real_node(x)
    axes = axes_of(node, axis, "norm")
    if ord is None or (axis is None and node.ndim <= 1 and ord == 2):
        return euclidean(node, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(node, ord, axes, keepdims)
    if len(axes) == 2 and ord == "fro":
        return euclidean(node, axes, keepdims)
    if len(axes) == 2 and ord in {1, -1, np.inf, -np.inf}:
        first, second = axis if isinstance(axis, (tuple, list)) else axes
        rows, columns = first % node.ndim, second % node.ndim
        inner, outer = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = apply(ABS, node).sum(inner, keepdims=True)
        result = sums.max(outer, keepdims=True) if ord > 0 else sums.min(outer, keepdims=True)
        return result if keepdims else _squeezed(result, axes)
    if len(axes) == 2 and (ord in {2, -2} or ord == "nuc"):
        values = svdvals(moveaxis(node, axes, (-2, -1)))
        result = values.sum(-1) if ord == "nuc" else values.max(-1) if ord > 0 else values.min(-1)
        return result.reshape(kept_shape(node.shape, axes)) if keepdims else result
    kind = {1: "a vector", 2: "a matrix"}.get(len(axes), f"{len(axes)} axes")
    known = "a number for a vector; 'fro', 'nuc', 1, -1, 2, -2, inf or -inf for a matrix"
    msg = f"norm: no norm {ord!r} of {kind}; use {known}"
    raise InputError(with_user_line(msg))


def _vector_norm(x: Node, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Node:
    if isinstance(ord, bool) or not isinstance(ord, (int, float, np.number)):
        msg = f"norm: no norm {ord!r} of a vector; use a number"
        raise InputError(with_user_line(msg))
    if ord == 2:
        return euclidean(x, axes, keepdims)
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


def vector_norm(x: Operand, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Node:
    """The norm of the vector of all entries, or of those along one or several axes.

    Raises:
        InputError: ord is no number.

    >>> import graphcomp as gc
    >>> gc.vector_norm(gc.array("A", "m n"))
    <node norm(A) float64 ()>
    """
    node = real_node(x)
    return _vector_norm(node, ord, axes_of(node, axis, "vector_norm"), keepdims)


def matrix_norm(x: Operand, keepdims: bool = False, ord: Any = "fro") -> Node:
    """The norm of the matrices that the last two axes span; ord as in `norm`.

    Raises:
        InputError: ord is another one.

    >>> import graphcomp as gc
    >>> gc.matrix_norm(gc.array("A", "k m n"), ord=1).shape
    (k,)
    """
    return norm(x, ord, (-2, -1), keepdims)
