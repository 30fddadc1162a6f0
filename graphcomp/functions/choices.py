"""Choices entry by entry: bounds, the larger number beside NaN, cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from graphcomp.errors import InputError, with_user_line
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import EQUAL, WHERE
from graphcomp.ops.piecewise import MAXIMUM, MINIMUM, SIGN
from graphcomp.ops.rounding import ISNAN

#: Several conditions or choices; functions of them are not for expression text.
Operands: TypeAlias = Sequence[Operand]


def clip(x: Operand, low: Operand | None = None, high: Operand | None = None) -> Node:
    """x, but at least `low` and at most `high`; the derivative at a constant bound is 0.

    >>> import graphcomp as gc
    >>> gc.clip(gc.scalar("x"), -1, 1)
    <node min(max(x, -1), 1) float64 ()>
    """
    result = constant(x)
    if low is not None:
        result = apply(MAXIMUM, result, low)
    return result if high is None else apply(MINIMUM, result, high)


def fmax(x: Operand, y: Operand) -> Node:
    """The larger of two, or the one that is a number; ties as in `maximum`.

    >>> import graphcomp as gc
    >>> gc.fmax(*gc.scalars("x y"))
    <node where(isnan(x), y, where(isnan(y), x, max(x, y))) float64 ()>
    """
    return _number_of(x, y, apply(MAXIMUM, x, y))


def fmin(x: Operand, y: Operand) -> Node:
    """The smaller of two, or the one that is a number; ties as in `minimum`.

    >>> import graphcomp as gc
    >>> gc.fmin(*gc.scalars("x y"))
    <node where(isnan(x), y, where(isnan(y), x, min(x, y))) float64 ()>
    """
    return _number_of(x, y, apply(MINIMUM, x, y))


def _number_of(x: Operand, y: Operand, both: Node) -> Node:
    if not both.is_real:
        return both
    return apply(WHERE, apply(ISNAN, x), y, apply(WHERE, apply(ISNAN, y), x, both))


def heaviside(x: Operand, middle: Operand) -> Node:
    """0 below 0, 1 above, `middle` at 0; the derivative by x is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.heaviside(gc.scalar("x"), 0.5)
    <node where(x = 0, 0.5, 0.5*(sign(x) + 1)) float64 ()>
    """
    node = constant(x)
    node = node if node.is_real else node.astype("float64")
    return apply(WHERE, apply(EQUAL, node, 0.0), middle, 0.5 * (apply(SIGN, node) + 1.0))


def nan_to_num(
    x: Operand, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Node:
    """x with numbers for NaN and the infinities; the derivative is 0 there.

    >>> import graphcomp as gc
    >>> gc.nan_to_num(gc.scalar("x"), posinf=9, neginf=-9)
    <node where(isnan(x), 0, where(x = inf, 9, where(x = -inf, -9, x))) float64 ()>
    """
    node = constant(x)
    if not node.is_real:
        return node
    limits = np.finfo(node.dtype)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    result = apply(WHERE, apply(EQUAL, node, -np.inf), low, node)
    result = apply(WHERE, apply(EQUAL, node, np.inf), high, result)
    return apply(WHERE, apply(ISNAN, node), nan, result)


def select(conditions: Operands, choices: Operands, default: Operand = 0.0) -> Node:
    """The choice of the first condition that holds, else the default.

    Raises:
        InputError: not as many choices as conditions.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> gc.select([x < 0, x < 1], [0, x], 1)
    <node where(x < 0, 0, where(x < 1, x, 1)) float64 ()>
    """
    if len(conditions) != len(choices) or not conditions:
        msg = f"select: {len(conditions)} conditions and {len(choices)} choices"
        raise InputError(with_user_line(msg))
    result = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        result = apply(WHERE, condition, choice, result)
    return constant(result)


def piecewise(
    x: Any,
    conditions: Operands,
    pieces: Sequence[Callable[..., Any] | Operand],
    *args: Any,
    **settings: Any,
) -> Node:
    """Functions of x, or numbers, by condition: the last that holds counts, as in NumPy.

    One piece more than conditions is for where none holds, which else is 0. Functions take the
    whole of x, not the chosen entries alone.

    Raises:
        InputError: neither as many pieces as conditions, nor one more.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> gc.piecewise(x, [x < 0, x >= 0], [lambda x: -x, lambda x: x * x])
    <node where(x ≥ 0, x*x, where(x < 0, -x, 0)) float64 ()>
    """
    node = constant(x)
    listed = list(conditions)
    if len(pieces) - len(listed) not in {0, 1}:
        msg = f"piecewise: {len(listed)} conditions and {len(pieces)} pieces"
        raise InputError(with_user_line(msg))
    values = [p(node, *args, **settings) if callable(p) else p for p in pieces]
    result = values.pop() if len(values) > len(listed) else 0.0
    for condition, value in zip(listed, values, strict=True):
        result = apply(WHERE, condition, value, result)
    found = constant(result)
    return found if found.dtype == node.dtype else found.astype(node.dtype)
