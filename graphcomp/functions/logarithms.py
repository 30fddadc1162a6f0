"""Exponentials, logarithms and roots beyond the common ones, and inverse hyperbolic functions."""

from __future__ import annotations

import math

from graphcomp import node as _node
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.hyperbolic import ARCCOSH, ARCSINH, ARCTANH, CBRT, SINC
from graphcomp.ops.logarithms import EXP2, LOG2, LOG10, LOGADDEXP, LOGADDEXP2, LOGIT, XLOGY


def exp2(x: Operand) -> Node:
    """2**x.

    >>> import graphcomp as gc
    >>> gc.exp2(gc.scalar("x"))
    <node exp2(x) float64 ()>
    """
    return apply(EXP2, x)


def log2(x: Operand) -> Node:
    """The logarithm to base 2; at 0 the value is -inf and the derivative inf.

    >>> import graphcomp as gc
    >>> gc.log2(gc.scalar("x"))
    <node log2(x) float64 ()>
    """
    return apply(LOG2, x)


def log10(x: Operand) -> Node:
    """The logarithm to base 10; at 0 the value is -inf and the derivative inf.

    >>> import graphcomp as gc
    >>> gc.log10(gc.scalar("x"))
    <node log10(x) float64 ()>
    """
    return apply(LOG10, x)


def logaddexp(x: Operand, y: Operand) -> Node:
    """log(exp(x) + exp(y)), without overflow; two equal infinities share the derivative.

    >>> import graphcomp as gc
    >>> gc.logaddexp(*gc.scalars("x y"))
    <node logaddexp(x, y) float64 ()>
    """
    return apply(LOGADDEXP, x, y)


def logaddexp2(x: Operand, y: Operand) -> Node:
    """log2(2**x + 2**y), without overflow; two equal infinities share the derivative.

    >>> import graphcomp as gc
    >>> gc.logaddexp2(*gc.scalars("x y"))
    <node logaddexp2(x, y) float64 ()>
    """
    return apply(LOGADDEXP2, x, y)


def logit(x: Operand) -> Node:
    """log(x/(1 - x)), the inverse of the sigmoid; infinite at 0 and 1.

    >>> import graphcomp as gc
    >>> gc.logit(gc.scalar("p"))
    <node logit(p) float64 ()>
    """
    return apply(LOGIT, x)


def xlogy(x: Operand, y: Operand) -> Node:
    """x*log(y), and 0 at x = 0 also where log(y) is infinite.

    >>> import graphcomp as gc
    >>> gc.xlogy(*gc.scalars("x y"))
    <node xlogy(x, y) float64 ()>
    """
    return apply(XLOGY, x, y)


def cbrt(x: Operand) -> Node:
    """The cube root, negative for negative x; the derivative at 0 is inf.

    >>> import graphcomp as gc
    >>> gc.cbrt(gc.scalar("x"))
    <node cbrt(x) float64 ()>
    """
    return apply(CBRT, x)


def float_power(x: Operand, exponent: Operand) -> Node:
    """x ** exponent in double precision, whatever the dtypes are.

    >>> import graphcomp as gc
    >>> gc.float_power(gc.scalar("n", "int64"), 2).dtype
    dtype('float64')
    """
    base, power = (
        operand if isinstance(operand, (int, float)) else constant(operand).astype("float64")
        for operand in (x, exponent)
    )
    if isinstance(base, (int, float)):
        base = float(base)
    return _node.power(base, power)


def arcsinh(x: Operand) -> Node:
    """The inverse hyperbolic sine.

    >>> import graphcomp as gc
    >>> gc.arcsinh(gc.scalar("x"))
    <node arcsinh(x) float64 ()>
    """
    return apply(ARCSINH, x)


def arccosh(x: Operand) -> Node:
    """The inverse hyperbolic cosine; the derivative at 1 is inf.

    >>> import graphcomp as gc
    >>> gc.arccosh(gc.scalar("x"))
    <node arccosh(x) float64 ()>
    """
    return apply(ARCCOSH, x)


def arctanh(x: Operand) -> Node:
    """The inverse hyperbolic tangent; infinite at -1 and 1.

    >>> import graphcomp as gc
    >>> gc.arctanh(gc.scalar("x"))
    <node arctanh(x) float64 ()>
    """
    return apply(ARCTANH, x)


def sinc(x: Operand) -> Node:
    """sin(pi x)/(pi x), 1 at 0; derivatives of all orders are accurate near 0 too.

    >>> import graphcomp as gc
    >>> gc.sinc(gc.scalar("x"))
    <node sinc(x) float64 ()>
    """
    return apply(SINC, x, order=0)


def deg2rad(x: Operand) -> Node:
    """Degrees as radians.

    >>> import graphcomp as gc
    >>> gc.deg2rad(gc.scalar("x"))
    <node x*0.017453292519943295 float64 ()>
    """
    return constant(x) * (math.pi / 180)


def rad2deg(x: Operand) -> Node:
    """Radians as degrees.

    >>> import graphcomp as gc
    >>> gc.rad2deg(gc.scalar("x"))
    <node x*57.29577951308232 float64 ()>
    """
    return constant(x) * (180 / math.pi)
