"""Rounding, signs and remainders of each entry, and questions about it."""

from __future__ import annotations

from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import LOGICAL_XOR, WHERE
from graphcomp.ops.piecewise import ABS
from graphcomp.ops.rounding import FMOD, ISFINITE, ISINF, ISNAN, RINT, SIGNBIT, TRUNC


def rint(x: Operand) -> Node:
    """The nearest integer, the even one of two; the derivative is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.rint(gc.scalar("x"))
    <node rint(x) float64 ()>
    """
    return apply(RINT, x)


def round(x: Operand, decimals: int = 0) -> Node:
    """Rounded to so many decimals, halves to even; the derivative is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.round(gc.scalar("x"), 2)
    <node rint(x*100)/100 float64 ()>
    """
    node = constant(x)
    if not node.is_real:
        return node
    if decimals == 0:
        return apply(RINT, node)
    if decimals < 0:
        return apply(RINT, node / 10.0**-decimals) * 10.0**-decimals
    return apply(RINT, node * 10.0**decimals) / 10.0**decimals


def trunc(x: Operand) -> Node:
    """The integer next to x towards 0; the derivative is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.trunc(gc.scalar("x"))
    <node trunc(x) float64 ()>
    """
    return apply(TRUNC, x)


def fabs(x: Operand) -> Node:
    """The absolute value as a float; the derivative at 0 is 0.

    >>> import graphcomp as gc
    >>> gc.fabs(gc.scalar("x"))
    <node |x| float64 ()>
    """
    node = constant(x)
    return apply(ABS, node if node.is_real else node.astype("float64"))


def fmod(x: Operand, y: Operand) -> Node:
    """What is left of x after whole steps of y, with the sign of x.

    >>> import graphcomp as gc
    >>> gc.fmod(*gc.scalars("x y"))
    <node fmod(x, y) float64 ()>
    """
    return apply(FMOD, x, y)


def copysign(x: Operand, y: Operand) -> Node:
    """The absolute value of x with the sign of y; the derivative at x = 0 is 0.

    >>> import graphcomp as gc
    >>> gc.copysign(*gc.scalars("x y"))
    <node where(signbit(y), -|x|, |x|) float64 ()>
    """
    size = fabs(x)
    return apply(WHERE, apply(SIGNBIT, y), -size, size)


def signbit(x: Operand) -> Node:
    """True where x is negative, also for -0.

    >>> import graphcomp as gc
    >>> gc.signbit(gc.scalar("x"))
    <node signbit(x) bool ()>
    """
    return apply(SIGNBIT, x)


def isnan(x: Operand) -> Node:
    """True where x is not a number.

    >>> import graphcomp as gc
    >>> gc.isnan(gc.scalar("x"))
    <node isnan(x) bool ()>
    """
    return apply(ISNAN, x)


def isinf(x: Operand) -> Node:
    """True where x is infinite.

    >>> import graphcomp as gc
    >>> gc.isinf(gc.scalar("x"))
    <node isinf(x) bool ()>
    """
    return apply(ISINF, x)


def isfinite(x: Operand) -> Node:
    """True where x is neither infinite nor NaN.

    >>> import graphcomp as gc
    >>> gc.isfinite(gc.scalar("x"))
    <node isfinite(x) bool ()>
    """
    return apply(ISFINITE, x)


def logical_xor(x: Operand, y: Operand) -> Node:
    """True where just one condition is true.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.logical_xor(x > 0, y > 0)
    <node xor(x > 0, y > 0) bool ()>
    """
    return apply(LOGICAL_XOR, x, y)
