"""Entries by their rank: quantiles, and what the median is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from graphcomp.errors import GraphcompError, InputError, with_user_line
from graphcomp.functions.arrays import stack
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.searching import NTH_SMALLEST
from graphcomp.shape import Dim, Shape, normal_axes, size_of


def rows_of(x: Node, axes: tuple[int, ...]) -> Node:
    """The entries along some axes as rows, along a new last axis."""
    rest = tuple(a for a in range(x.ndim) if a not in axes)
    count = size_of(x.shape[a] for a in axes)
    return x.transpose((*rest, *axes)).reshape((*(x.shape[a] for a in rest), count))


def nth_smallest(rows: Node, index: Dim) -> Node:
    """The entry of each row that `index` others come before."""
    return apply(NTH_SMALLEST, rows, axis=rows.ndim - 1, index=index)


def kept_shape(shape: Shape, axes: tuple[int, ...]) -> Shape:
    """The shape of a reduction over axes that keeps them, with size 1."""
    return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))


def quantile(
    x: Operand, q: float | Operand | Sequence[Any], axis: Any = None, keepdims: bool = False
) -> Node:
    """The entries below which the parts `q` of all lie, between neighbours by a straight line.

    Equal entries share the derivative. As in NumPy, an array of parts gives new first axes.

    Args:
        x: any shape, with known sizes along the axes.
        q: a number between 0 and 1, or an array of such numbers.
        axis: one, several, or all.
        keepdims: whether the axes stay, with size 1.

    Raises:
        InputError: a part is not between 0 and 1, or symbolic; or a size is not known.

    >>> import graphcomp as gc
    >>> gc.quantile(gc.array("v", 5), 0.25)
    <node nth_smallest(v, 0, 1) float64 ()>
    """
    node = constant(x)
    node = node if node.is_real else node.astype("float64")
    if isinstance(q, Node):
        msg = "quantile: q must be numbers that are known now"
        raise InputError(with_user_line(msg))
    parts = np.asarray(q, dtype=float)
    if not parts.size or not np.all((parts >= 0) & (parts <= 1)):
        msg = f"quantile: q must be between 0 and 1 (percentile: 0 and 100), not {q!r}"
        raise InputError(with_user_line(msg))
    try:
        axes = normal_axes(axis, node.ndim, "quantile")
    except GraphcompError as error:
        raise type(error)(with_user_line(str(error))) from None
    rows = rows_of(node, axes)
    if not isinstance(rows.shape[-1], int) or rows.shape[-1] < 1:
        msg = f"quantile: needs a known number of entries, not {rows.shape[-1]}; see also median"
        raise InputError(with_user_line(msg))
    found = [_at(rows, part, rows.shape[-1]) for part in parts.reshape(-1)]
    shape = kept_shape(node.shape, axes) if keepdims else rows.shape[:-1]
    return stack(found).reshape((*parts.shape, *shape)) if parts.ndim else found[0].reshape(shape)


def _at(rows: Node, part: float, count: int) -> Node:
    place = part * (count - 1)
    low = min(math.floor(place), count - 1)
    rest = place - low
    lower = nth_smallest(rows, low)
    return lower if not rest else (1.0 - rest) * lower + rest * nth_smallest(rows, low + 1)


def percentile(
    x: Operand, q: float | Operand | Sequence[Any], axis: Any = None, keepdims: bool = False
) -> Node:
    """The quantiles by percent: `q` is between 0 and 100.

    Raises:
        InputError: as `quantile`.

    >>> import graphcomp as gc
    >>> gc.percentile(gc.array("v", 5), 50)
    <node nth_smallest(v, 0, 2) float64 ()>
    """
    parts = q if isinstance(q, Node) else np.asarray(q, dtype=float) / 100
    return quantile(x, parts, axis, keepdims)
