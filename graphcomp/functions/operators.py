"""Python's operators as functions, with NumPy's names. Shapes: any, the result is their broadcast."""

from __future__ import annotations

from typing import Any

from graphcomp.errors import InputError, with_user_line
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.arithmetic import ADD, DIV, FLOOR_DIVIDE, MOD, MUL, NEG, SUB
from graphcomp.ops.comparison import GREATER, GREATER_EQUAL, LESS, LESS_EQUAL


def add(x: Operand, y: Operand) -> Node:
    """x + y.

    >>> import graphcomp as gc
    >>> gc.add(*gc.scalars("x y"))
    <node x + y float64 ()>
    """
    return apply(ADD, x, y)


def subtract(x: Operand, y: Operand) -> Node:
    """x - y.

    >>> import graphcomp as gc
    >>> gc.subtract(*gc.scalars("x y"))
    <node x - y float64 ()>
    """
    return apply(SUB, x, y)


def multiply(x: Operand, y: Operand) -> Node:
    """x*y, entry by entry.

    >>> import graphcomp as gc
    >>> gc.multiply(*gc.scalars("x y"))
    <node x*y float64 ()>
    """
    return apply(MUL, x, y)


def divide(x: Operand, y: Operand) -> Node:
    """x/y; at y = 0 a signed infinity, or NaN.

    >>> import graphcomp as gc
    >>> gc.divide(*gc.scalars("x y"))
    <node x/y float64 ()>
    """
    return apply(DIV, x, y)


def negative(x: Operand) -> Node:
    """-x.

    >>> import graphcomp as gc
    >>> gc.negative(gc.scalar("x"))
    <node -x float64 ()>
    """
    return apply(NEG, x)


def positive(x: Operand) -> Node:
    """x itself.

    >>> import graphcomp as gc
    >>> gc.positive(gc.scalar("x"))
    <node x float64 ()>
    """
    return constant(x)


def mod(x: Operand, y: Operand) -> Node:
    """What is left of x after whole steps of y, with the sign of y, as ``%``; `fmod` has that of x.

    >>> import graphcomp as gc
    >>> gc.mod(*gc.scalars("x y"))
    <node x mod y float64 ()>
    """
    return apply(MOD, x, y)


def remainder(x: Operand, y: Operand) -> Node:
    """The same as `mod`.

    >>> import graphcomp as gc
    >>> gc.remainder(gc.scalar("x"), 2)
    <node x mod 2 float64 ()>
    """
    return apply(MOD, x, y)


def floor_divide(x: Operand, y: Operand) -> Node:
    """The largest integer that is at most x/y, as ``//``; the derivative is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.floor_divide(*gc.scalars("x y"))
    <node x//y float64 ()>
    """
    return apply(FLOOR_DIVIDE, x, y)


def greater(x: Operand, y: Operand) -> Node:
    """True where x > y.

    >>> import graphcomp as gc
    >>> gc.greater(*gc.scalars("x y"))
    <node x > y bool ()>
    """
    return apply(GREATER, x, y)


def greater_equal(x: Operand, y: Operand) -> Node:
    """True where x >= y.

    >>> import graphcomp as gc
    >>> gc.greater_equal(*gc.scalars("x y"))
    <node x ≥ y bool ()>
    """
    return apply(GREATER_EQUAL, x, y)


def less(x: Operand, y: Operand) -> Node:
    """True where x < y.

    >>> import graphcomp as gc
    >>> gc.less(*gc.scalars("x y"))
    <node x < y bool ()>
    """
    return apply(LESS, x, y)


def less_equal(x: Operand, y: Operand) -> Node:
    """True where x <= y.

    >>> import graphcomp as gc
    >>> gc.less_equal(*gc.scalars("x y"))
    <node x ≤ y bool ()>
    """
    return apply(LESS_EQUAL, x, y)


def astype(x: Any, dtype: Any) -> Node:
    """The same values in another dtype; derivatives pass between float dtypes.

    Raises:
        DTypeError: a dtype that is not supported.

    >>> import graphcomp as gc
    >>> gc.astype(gc.scalar("x"), "float32").dtype
    dtype('float32')
    """
    return constant(x).astype(dtype)


def real(x: Operand) -> Node:
    """x itself: there are no complex numbers here.

    >>> import graphcomp as gc
    >>> gc.real(gc.scalar("x"))
    <node x float64 ()>
    """
    return constant(x)


def bits_of_conditions(name: str, x: Operand, y: Operand) -> tuple[Node, Node]:
    """Two conditions, for which ``&`` and ``|`` mean "and" and "or"."""
    nodes = constant(x), constant(y)
    if any(node.dtype.kind != "b" for node in nodes):
        kinds = " and ".join(str(node.dtype) for node in nodes)
        msg = f"{name}: takes conditions, not {kinds}; write (x > 0) & (y > 0) with parentheses"
        raise InputError(with_user_line(msg))
    return nodes
