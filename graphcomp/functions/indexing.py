"""Entries looked up by indices, and put in order."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

import numpy as np

from graphcomp.errors import InputError, ShapeError, with_user_line
from graphcomp.functions.elementwise import maximum, minimum
from graphcomp.functions.filling import pad
from graphcomp.functions.shapes import located
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.gather import ARGSORT, SORT, TAKE_ALONG
from graphcomp.ops.leaves import CONSTANT
from graphcomp.shape import broadcast_shape

_KINDS = (None, "quicksort", "mergesort", "heapsort", "stable")


def take(x: Operand, indices: Any, axis: int | None = None) -> Node:
    """The entries at integer indices along an axis, or of all entries in one row.

    Where an index comes twice, the derivatives add up.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.take(gc.array("A", "m n"), gc.array("i", "k", "int64"), axis=1)
    <node A[:, i] float64 (m, k)>
    """
    node = constant(x)
    if axis is None:
        return node.reshape(-1)[constant(indices)]
    where = located(axis, node.ndim, "take")
    return node[(*(slice(None),) * where, constant(indices))]


def take_along_axis(x: Operand, indices: Operand, axis: int | None = -1) -> Node:
    """For each place the entry with the index that stands there, along an axis.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> A = gc.array("A", "m n")
    >>> f.take_along_axis(A, f.argsort(A, axis=0), axis=0).shape
    (m, n)
    """
    node, places = constant(x), constant(indices)
    if places.dtype.kind != "i":
        msg = f"take_along_axis: indices must be integers, not {places.dtype}"
        raise InputError(with_user_line(msg))
    if axis is None:
        return apply(TAKE_ALONG, node.reshape(-1), places, axes=(0,))
    where = located(axis, node.ndim, "take_along_axis")
    if places.ndim != node.ndim:
        msg = f"take_along_axis: {places.ndim} dimensions of indices for {node.ndim} of entries"
        raise ShapeError(with_user_line(msg))
    rows, others = ([*s.shape[:where], 1, *s.shape[where + 1 :]] for s in (node, places))
    try:
        full = broadcast_shape("take_along_axis", tuple(rows), tuple(others))
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    before, after = full[:where], full[where + 1 :]
    node = node.broadcast_to((*before, node.shape[where], *after))
    places = places.broadcast_to((*before, places.shape[where], *after))
    return apply(TAKE_ALONG, node, places, axes=(where,))


def argsort(x: Operand, axis: int | None = -1, kind: str | None = None) -> Node:
    """The places of the entries in ascending order; equal entries keep theirs.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.argsort(gc.array("v", "n"))
    <node argsort(v, axis=0) int64 (n,)>
    """
    node, where = _ordered(x, axis, kind, "argsort")
    return apply(ARGSORT, node, axes=(where,))


def sort(x: Operand, axis: int | None = -1, kind: str | None = None) -> Node:
    """The entries in ascending order; each takes its derivative with it, ties keep their order.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.sort(gc.array("v", "n"))
    <node sort(v, axis=0) float64 (n,)>
    """
    node, where = _ordered(x, axis, kind, "sort")
    return apply(SORT, node, axes=(where,))


def _ordered(x: Operand, axis: int | None, kind: str | None, name: str) -> tuple[Node, int]:
    node = constant(x)
    if kind not in _KINDS:
        msg = f"{name}: kind is one of {', '.join(map(str, _KINDS))}, not {kind!r}"
        raise InputError(with_user_line(msg))
    if axis is None:
        return node.reshape(-1), 0
    return node, located(axis, node.ndim, name)


def interp(x: Operand, xp: Operand, fp: Operand) -> Node:
    """Linear interpolation between the points (xp, fp), constant outside; xp is increasing.

    `xp` must be an array of numbers; `x` and `fp` may be symbolic. At a point of `xp` the slope is
    that of the piece to its right.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.interp(gc.array("x", "n"), [0.0, 1.0, 2.0], gc.array("y", 3)).shape
    (n,)
    """
    node, points, values = constant(x), constant(xp), constant(fp)
    if points.op is not CONSTANT or points.ndim != 1 or points.shape != values.shape:
        msg = "interp: xp must be a vector of numbers, as long as fp"
        raise ShapeError(with_user_line(msg))
    knots = points.param("value").array
    inside = minimum(maximum(node, float(knots[0])), float(knots[-1]))
    place = (inside.reshape((*node.shape, 1)) >= knots[1:-1]).astype("int64").sum(axis=-1)
    steps = constant(knots[1:] - knots[:-1])
    slopes = (values[1:] - values[:-1]) / steps
    return values[place] + slopes[place] * (inside - points[place])


def convolve(a: Operand, v: Operand, mode: str = "full") -> Node:
    """The discrete convolution of two vectors, of which one at least has a known length.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.convolve(gc.array("x", "n"), gc.array("w", 3), "valid").shape
    (n - 2,)
    """
    long, short = constant(a), constant(v)
    if long.ndim != 1 or short.ndim != 1 or mode not in {"full", "same", "valid"}:
        msg = "convolve: takes two vectors, and the mode 'full', 'same' or 'valid'"
        raise InputError(with_user_line(msg))
    if not isinstance(short.shape[0], int) or (
        isinstance(long.shape[0], int) and long.shape[0] < short.shape[0]
    ):
        long, short = short, long
    count, length = short.shape[0], long.shape[0]
    if not isinstance(count, int) or 0 in {count, length}:
        msg = f"convolve: one length must be a number, and none 0: {length} and {count}"
        raise ShapeError(with_user_line(msg))
    padded = pad(long, count - 1)
    if isinstance(length, int):
        places = np.arange(length + count - 1)[:, None] + np.arange(count)[::-1]
        full = padded[places] @ short
    else:
        ends = [j - count + 1 or None for j in range(count)]
        full = reduce(add, (short[count - 1 - j] * padded[slice(j, ends[j])] for j in range(count)))
    if mode == "full" or count == 1:
        return full
    first, cut = (count - 1, count - 1) if mode == "valid" else ((count - 1) // 2, count // 2)
    return full[slice(first, -cut)]
