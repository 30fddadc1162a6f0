"""Reductions that pass over NaN, whose derivative there is 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.functions.cumulative import cumprod, cumsum
from graphcomp.functions.norms import axes_of, euclidean, real_node
from graphcomp.functions.searching import all as all_hold
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import LOGICAL_NOT, WHERE, bracket
from graphcomp.ops.powers import SQRT
from graphcomp.ops.rounding import ISNAN


def _instead(x: Operand, value: float) -> Node:
    """x with a number for NaN."""
    node = constant(x)
    return apply(WHERE, apply(ISNAN, node), value, node) if node.is_real else node


def nansum(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The sum of the entries that are numbers.

    >>> import graphcomp as gc
    >>> gc.nansum(gc.array("v", "n"))
    <node sum(where(isnan(v), 0, v)) float64 ()>
    """
    return _instead(x, 0.0).sum(axis, keepdims)


def nanprod(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The product of the entries that are numbers.

    >>> import graphcomp as gc
    >>> gc.nanprod(gc.array("v", "n"))
    <node prod(where(isnan(v), 1, v), axis=0) float64 ()>
    """
    return _instead(x, 1.0).prod(axis, keepdims)


def nancumsum(x: Operand, axis: int | None = None) -> Node:
    """The running sum, in which NaN counts as 0.

    >>> import graphcomp as gc
    >>> gc.nancumsum(gc.array("v", "n"))
    <node cumsum(where(isnan(v), 0, v), axis=0) float64 (n,)>
    """
    return cumsum(_instead(x, 0.0), axis)


def nancumprod(x: Operand, axis: int | None = None) -> Node:
    """The running product, in which NaN counts as 1.

    >>> import graphcomp as gc
    >>> gc.nancumprod(gc.array("v", "n"))
    <node cumprod(where(isnan(v), 1, v), axis=0) float64 (n,)>
    """
    return cumprod(_instead(x, 1.0), axis)


def nanmax(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The largest entry that is a number, NaN if there is none; equal ones share the derivative.

    >>> import graphcomp as gc
    >>> gc.nanmax(gc.array("v", "n")).shape
    ()
    """
    return _or_nan(x, _instead(x, -np.inf).max(axis, keepdims), axis, keepdims)


def nanmin(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The smallest entry that is a number, NaN if there is none; equal ones share the derivative.

    >>> import graphcomp as gc
    >>> gc.nanmin(gc.array("v", "n")).shape
    ()
    """
    return _or_nan(x, _instead(x, np.inf).min(axis, keepdims), axis, keepdims)


def _or_nan(x: Operand, found: Node, axis: Any, keepdims: bool) -> Node:
    if not found.is_real:
        return found
    return apply(WHERE, all_hold(apply(ISNAN, x), axis, keepdims), np.nan, found)


def _count(x: Node, axis: Any, keepdims: bool) -> Node:
    """How many entries are numbers."""
    numbers: Node = bracket(apply(LOGICAL_NOT, apply(ISNAN, x)), x)
    return numbers.sum(axis, keepdims)


def nanmean(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The mean of the entries that are numbers; NaN if there are none.

    >>> import graphcomp as gc
    >>> gc.nanmean(gc.array("v", "n")).shape
    ()
    """
    node = real_node(x)
    return nansum(node, axis, keepdims) / _count(node, axis, keepdims)


def _deviations(x: Node, axis: Any) -> Node:
    """How far from their mean the entries are that are numbers, 0 for the others."""
    return apply(WHERE, apply(ISNAN, x), 0.0, _instead(x, 0.0) - nanmean(x, axis, keepdims=True))


def nanvar(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """The variance of the entries that are numbers.

    >>> import graphcomp as gc
    >>> gc.nanvar(gc.array("A", "m n"), axis=0).shape
    (n,)
    """
    node = real_node(x)
    squares = (_deviations(node, axis) ** 2).sum(axis, keepdims)
    return squares / (_count(node, axis, keepdims) - float(ddof))


def nanstd(x: Operand, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Node:
    """The standard deviation of the entries that are numbers; the derivative is 0 where all are equal.

    >>> import graphcomp as gc
    >>> gc.nanstd(gc.array("A", "m n"), axis=0).shape
    (n,)
    """
    node = real_node(x)
    spread = euclidean(_deviations(node, axis), axes_of(node, axis, "nanstd"), keepdims)
    return spread / apply(SQRT, _count(node, axis, keepdims) - float(ddof))
