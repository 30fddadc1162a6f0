"""Functions of each entry; arrays broadcast as in NumPy. Shapes: any, the result is their broadcast.

The derivative of each is that of its op record; where it does not exist, both modes give the
minimum-norm subgradient.
"""

from __future__ import annotations

from graphcomp import node as _node
from graphcomp.node import Node, Operand, apply
from graphcomp.ops.arithmetic import RECIPROCAL
from graphcomp.ops.comparison import EQUAL, LOGICAL_AND, LOGICAL_NOT, LOGICAL_OR, NOT_EQUAL, WHERE
from graphcomp.ops.piecewise import ABS, CEIL, FLOOR, MAXIMUM, MINIMUM, RELU, SIGN
from graphcomp.ops.powers import ARCCOS, ARCSIN, SQRT, SQUARE
from graphcomp.ops.transcendental import (
    ARCTAN,
    ARCTAN2,
    COS,
    COSH,
    EXP,
    EXPM1,
    HYPOT,
    LOG,
    LOG1P,
    SIGMOID,
    SIN,
    SINH,
    SOFTPLUS,
    TAN,
    TANH,
)


def exp(x: Operand) -> Node:
    """The exponential function.

    >>> import graphcomp as gc
    >>> gc.exp(gc.scalar("x"))
    <node exp(x) float64 ()>
    """
    return apply(EXP, x)


def expm1(x: Operand) -> Node:
    """exp(x) - 1, accurate near 0.

    >>> import graphcomp as gc
    >>> gc.expm1(gc.scalar("x"))
    <node expm1(x) float64 ()>
    """
    return apply(EXPM1, x)


def log(x: Operand) -> Node:
    """The natural logarithm; at 0 the value is -inf and the derivative inf.

    >>> import graphcomp as gc
    >>> gc.log(gc.scalar("x"))
    <node log(x) float64 ()>
    """
    return apply(LOG, x)


def log1p(x: Operand) -> Node:
    """log(1 + x), accurate near 0.

    >>> import graphcomp as gc
    >>> gc.log1p(gc.scalar("x"))
    <node log1p(x) float64 ()>
    """
    return apply(LOG1P, x)


def sin(x: Operand) -> Node:
    """The sine of an angle in radians.

    >>> import graphcomp as gc
    >>> gc.sin(gc.scalar("x"))
    <node sin(x) float64 ()>
    """
    return apply(SIN, x)


def cos(x: Operand) -> Node:
    """The cosine of an angle in radians.

    >>> import graphcomp as gc
    >>> gc.cos(gc.scalar("x"))
    <node cos(x) float64 ()>
    """
    return apply(COS, x)


def tan(x: Operand) -> Node:
    """The tangent of an angle in radians.

    >>> import graphcomp as gc
    >>> gc.tan(gc.scalar("x"))
    <node tan(x) float64 ()>
    """
    return apply(TAN, x)


def sinh(x: Operand) -> Node:
    """The hyperbolic sine.

    >>> import graphcomp as gc
    >>> gc.sinh(gc.scalar("x"))
    <node sinh(x) float64 ()>
    """
    return apply(SINH, x)


def cosh(x: Operand) -> Node:
    """The hyperbolic cosine.

    >>> import graphcomp as gc
    >>> gc.cosh(gc.scalar("x"))
    <node cosh(x) float64 ()>
    """
    return apply(COSH, x)


def tanh(x: Operand) -> Node:
    """The hyperbolic tangent.

    >>> import graphcomp as gc
    >>> gc.tanh(gc.scalar("x"))
    <node tanh(x) float64 ()>
    """
    return apply(TANH, x)


def arctan(x: Operand) -> Node:
    """The inverse tangent, in radians.

    >>> import graphcomp as gc
    >>> gc.arctan(gc.scalar("x"))
    <node arctan(x) float64 ()>
    """
    return apply(ARCTAN, x)


def sigmoid(x: Operand) -> Node:
    """1/(1 + exp(-x)), without overflow at any x.

    >>> import graphcomp as gc
    >>> gc.sigmoid(gc.scalar("x"))
    <node sigmoid(x) float64 ()>
    """
    return apply(SIGMOID, x)


def softplus(x: Operand) -> Node:
    """log(1 + exp(x)), without overflow at any x.

    >>> import graphcomp as gc
    >>> gc.softplus(gc.scalar("x"))
    <node softplus(x) float64 ()>
    """
    return apply(SOFTPLUS, x)


def sqrt(x: Operand) -> Node:
    """The square root; the derivative at 0 is inf.

    >>> import graphcomp as gc
    >>> gc.sqrt(gc.scalar("x"))
    <node sqrt(x) float64 ()>
    """
    return apply(SQRT, x)


def square(x: Operand) -> Node:
    """x*x.

    >>> import graphcomp as gc
    >>> gc.square(gc.scalar("x"))
    <node x**2 float64 ()>
    """
    return apply(SQUARE, x)


def arcsin(x: Operand) -> Node:
    """The inverse sine, in radians; the derivative at -1 and 1 is inf.

    >>> import graphcomp as gc
    >>> gc.arcsin(gc.scalar("x"))
    <node arcsin(x) float64 ()>
    """
    return apply(ARCSIN, x)


def arccos(x: Operand) -> Node:
    """The inverse cosine, in radians; the derivative at -1 and 1 is -inf.

    >>> import graphcomp as gc
    >>> gc.arccos(gc.scalar("x"))
    <node arccos(x) float64 ()>
    """
    return apply(ARCCOS, x)


def reciprocal(x: Operand) -> Node:
    """1/x; signed infinity at 0.

    >>> import graphcomp as gc
    >>> gc.reciprocal(gc.scalar("x"))
    <node 1/x float64 ()>
    """
    return apply(RECIPROCAL, x)


def relu(x: Operand) -> Node:
    """max(x, 0); the derivative at 0 is 0.

    >>> import graphcomp as gc
    >>> gc.relu(gc.scalar("x"))
    <node relu(x) float64 ()>
    """
    return apply(RELU, x)


def absolute(x: Operand) -> Node:
    """The absolute value; the derivative at 0 is 0.

    >>> import graphcomp as gc
    >>> gc.absolute(gc.scalar("x"))
    <node |x| float64 ()>
    """
    return apply(ABS, x)


def sign(x: Operand) -> Node:
    """-1, 0 or 1; the derivative is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.sign(gc.scalar("x"))
    <node sign(x) float64 ()>
    """
    return apply(SIGN, x)


def floor(x: Operand) -> Node:
    """The largest integer not above x; the derivative is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.floor(gc.scalar("x"))
    <node floor(x) float64 ()>
    """
    return apply(FLOOR, x)


def ceil(x: Operand) -> Node:
    """The smallest integer not below x; the derivative is 0 everywhere.

    >>> import graphcomp as gc
    >>> gc.ceil(gc.scalar("x"))
    <node ceil(x) float64 ()>
    """
    return apply(CEIL, x)


def logical_not(x: Operand) -> Node:
    """True where the condition is false.

    >>> import graphcomp as gc
    >>> gc.logical_not(gc.scalar("x") > 0)
    <node not(x > 0) bool ()>
    """
    return apply(LOGICAL_NOT, x)


def maximum(x: Operand, y: Operand) -> Node:
    """The larger of two; at a tie the derivative is 1/2 each, 0 against a literal constant.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.maximum(x, y)
    <node max(x, y) float64 ()>
    """
    return apply(MAXIMUM, x, y)


def minimum(x: Operand, y: Operand) -> Node:
    """The smaller of two; at a tie the derivative is 1/2 each, 0 against a literal constant.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.minimum(x, y)
    <node min(x, y) float64 ()>
    """
    return apply(MINIMUM, x, y)


def arctan2(y: Operand, x: Operand) -> Node:
    """The angle of the point (y, x), in radians, arguments in NumPy's order.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.arctan2(x, y)
    <node arctan2(x, y) float64 ()>
    """
    return apply(ARCTAN2, y, x)


def hypot(x: Operand, y: Operand) -> Node:
    """sqrt(x**2 + y**2) without overflow; the derivative at the origin is 0.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.hypot(x, y)
    <node hypot(x, y) float64 ()>
    """
    return apply(HYPOT, x, y)


def equal(x: Operand, y: Operand) -> Node:
    """True where x equals y (`==` on nodes is identity).

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.equal(x, y)
    <node x = y bool ()>
    """
    return apply(EQUAL, x, y)


def not_equal(x: Operand, y: Operand) -> Node:
    """True where x differs from y.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.not_equal(x, y)
    <node x ≠ y bool ()>
    """
    return apply(NOT_EQUAL, x, y)


def logical_and(x: Operand, y: Operand) -> Node:
    """True where both conditions are true.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.logical_and(x > 0, y > 0)
    <node and(x > 0, y > 0) bool ()>
    """
    return apply(LOGICAL_AND, x, y)


def logical_or(x: Operand, y: Operand) -> Node:
    """True where at least one condition is true.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.logical_or(x > 0, y > 0)
    <node or(x > 0, y > 0) bool ()>
    """
    return apply(LOGICAL_OR, x, y)


def power(x: Operand, exponent: Operand) -> Node:
    """x ** exponent. A constant exponent is differentiated exactly, also at 0.

    With respect to a varying exponent the derivative is NaN for x < 0, and 0 at x = 0.

    >>> import graphcomp as gc
    >>> gc.power(gc.scalar("x"), 3)
    <node x**3 float64 ()>
    """
    return _node.power(x, exponent)


def where(condition: Operand, x: Operand, y: Operand) -> Node:
    """x where the condition holds, else y; the branch not taken contributes exactly 0.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> gc.where(x > 0, x, 0.1 * x)
    <node where(x > 0, x, 0.1*x) float64 ()>
    """
    return apply(WHERE, condition, x, y)
