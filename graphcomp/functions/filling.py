"""Padding, diagonals and triangles, and arrays like others."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.errors import InputError, ShapeError, with_user_line
from graphcomp.functions.arrays import concatenate
from graphcomp.functions.products import diagonal
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.triangular import FROM_DIAGONAL, TRIL, TRIU
from graphcomp.shape import combine, parse_shape

_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def pad(x: Operand, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Node:
    """With more entries before and after, along each axis.

    Args:
        x: the array.
        pad_width: so many everywhere, ``(before, after)``, or one such pair for each axis.
        mode: "constant", "edge", "reflect", "symmetric" or "wrap".
        constant_values: what is put there in the mode "constant"; one number.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.pad(gc.array("v", "n"), (1, 2)).shape
    (n + 3,)
    """
    node = constant(x)
    if mode not in _MODES:
        msg = f"pad: mode is one of {', '.join(_MODES)}, not {mode!r}"
        raise InputError(with_user_line(msg))
    try:
        widths = np.broadcast_to(np.asarray(pad_width, dtype=object), (node.ndim, 2)).tolist()
    except ValueError:
        msg = f"pad: {pad_width!r} is no pair of widths for each of {node.ndim} axes"
        raise ShapeError(with_user_line(msg)) from None
    filler = _as(constant_values, node.dtype)
    if filler.ndim:
        msg = "pad: constant_values must be one number here"
        raise InputError(with_user_line(msg))
    for axis, (before, after) in enumerate(widths):
        if not all(isinstance(width, int) and width >= 0 for width in (before, after)):
            msg = f"pad: widths are ints, 0 or more, not {before!r} and {after!r}"
            raise InputError(with_user_line(msg))
        first = _margin(node, axis, before, mode, filler, start=True)
        last = _margin(node, axis, after, mode, filler, start=False)
        parts = [part for part in (first, node, last) if part is not None]
        node = concatenate(parts, axis) if len(parts) > 1 else node
    return node


def _margin(
    node: Node, axis: int, width: int, mode: str, filler: Node, *, start: bool
) -> Node | None:
    """What comes before the first entry along an axis, or after the last."""
    if not width:
        return None
    size = node.shape[axis]
    shape = (*node.shape[:axis], width, *node.shape[axis + 1 :])
    if mode == "constant":
        return filler.broadcast_to(shape)
    whole = (slice(None),) * axis
    if mode == "edge":
        return node[(*whole, slice(0, 1) if start else slice(-1, None))].broadcast_to(shape)
    skipped = 1 if mode == "reflect" else 0
    if isinstance(size, int) and width + skipped > size:
        msg = f"pad: mode {mode!r} needs more than {size} entries for a margin of {width}"
        raise ShapeError(with_user_line(msg))
    if mode == "wrap":
        return node[(*whole, slice(-width, None) if start else slice(None, width))]
    if start:
        part = node[(*whole, slice(skipped, width + skipped))]
    else:
        part = node[(*whole, slice(-width - skipped, -skipped or None))]
    return part[(*whole, slice(None, None, -1))]


def diag(x: Operand, k: int = 0) -> Node:
    """The matrix with a vector on its k-th diagonal; of a matrix, its k-th diagonal.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.diag(gc.array("v", "n")), f.diag(gc.array("A", "n n"))
    (<node diag(v) float64 (n, n)>, <node diagonal(A) float64 (n,)>)
    """
    node = constant(x)
    if node.ndim == 2:
        return diagonal(node, k)
    if node.ndim != 1:
        msg = f"diag: needs a vector or a matrix, not {node.ndim} dimensions"
        raise ShapeError(with_user_line(msg))
    size = combine("+", node.shape[0], abs(int(k)))
    return apply(FROM_DIAGONAL, node, offset=int(k), shape=(size, size))


def diagflat(x: Operand, k: int = 0) -> Node:
    """The matrix with all entries of an array on its k-th diagonal.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.diagflat(gc.array("A", (2, 2))).shape
    (4, 4)
    """
    return diag(constant(x).reshape(-1), k)


def tril(x: Operand, k: int = 0) -> Node:
    """Zeros above the k-th diagonal.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.tril(gc.array("A", "n n"))
    <node tril(A) float64 (n, n)>
    """
    return apply(TRIL, x, k=int(k))


def triu(x: Operand, k: int = 0) -> Node:
    """Zeros below the k-th diagonal.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.triu(gc.array("A", "n n"), 1)
    <node triu(A, 1) float64 (n, n)>
    """
    return apply(TRIU, x, k=int(k))


def zeros_like(x: Operand, dtype: Any = None, shape: Any = None) -> Node:
    """Zeros in the shape and dtype of an array, or in others.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.zeros_like(gc.array("A", "m n"))
    <node 0 float64 (m, n)>
    """
    return full_like(x, 0, dtype, shape)


def ones_like(x: Operand, dtype: Any = None, shape: Any = None) -> Node:
    """Ones in the shape and dtype of an array, or in others.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.ones_like(gc.array("v", "n"))
    <node 1 float64 (n,)>
    """
    return full_like(x, 1, dtype, shape)


def full_like(x: Operand, fill_value: Operand, dtype: Any = None, shape: Any = None) -> Node:
    """One value in the shape and dtype of an array, or in others.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.full_like(gc.array("v", "n"), 2.5)
    <node 2.5 float64 (n,)>
    """
    node = constant(x)
    value = _as(fill_value, node.dtype if dtype is None else dtype)
    return value.broadcast_to(node.shape if shape is None else parse_shape(shape))


def copy(x: Operand) -> Node:
    """The array itself: nodes never change, so a copy is the same.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> x = gc.array("x", "n")
    >>> f.copy(x) is x
    True
    """
    return constant(x)


def _as(value: Operand, dtype: Any) -> Node:
    """A value in a dtype; a number at once."""
    return value.astype(dtype) if isinstance(value, Node) else constant(value, dtype)
