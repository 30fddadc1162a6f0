"""Rules of arithmetic that save time in code, but would surprise a reader of a trace."""

from __future__ import annotations

import math

from graphcomp.node import Node, apply, constant, intern
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, RECIPROCAL, SUB
from graphcomp.ops.comparison import BRACKET, LOGICAL_NOT, WHERE
from graphcomp.ops.contraction import MATMUL, OUTER, VDOT
from graphcomp.ops.leaves import DIMENSION, LET
from graphcomp.ops.piecewise import MAXIMUM, RELU
from graphcomp.ops.powers import POWER, SQRT, SQUARE
from graphcomp.ops.reductions import SUM
from graphcomp.ops.shaping import BROADCAST
from graphcomp.ops.transcendental import COS, SIN
from graphcomp.rewrite.algebra import scaled, sound, split
from graphcomp.rewrite.naming import unfenced
from graphcomp.rewrite.rules import rule

#: Up to here a power is faster as products, and has an error of a few units in the last place.
LARGEST = 8
_TURNS = frozenset({SIN, COS})


@rule(POWER, before="x**n", after="x*x*...*x")
def power_as_products(node: Node) -> Node | None:
    """For whole n up to 8, by squaring, of 1/x for negative n: each product rounds once.

    Nothing overflows on the way that does not overflow in the end. x**0.5 is sqrt(x), as in NumPy;
    not so x**-0.5, which differs from 1/sqrt(x) in the sign at -0.
    """
    x, n = node.args[0], node.param("exponent")
    if not x.is_real or x.dtype != node.dtype:
        return None
    if n == 0.5:
        return apply(SQRT, x)
    if not math.isfinite(n) or n != int(n) or (not 2 < abs(n) <= LARGEST and n != -2):
        return None
    base, left = (x, int(n)) if n > 0 else (apply(RECIPROCAL, x), -int(n))
    result: Node | None = None
    while left:
        if left % 2:
            result = base if result is None else base * result
        left //= 2
        base = apply(SQUARE, base) if left else base
    return result


@rule(DIV, before="x/2**k", after="2**-k*x")
def division_by_power_of_two(node: Node) -> Node | None:
    """Exact: only the exponent changes. Division by other numbers rounds differently, and stays."""
    x, number = node.args[0], node.args[1].constant
    if number is None or x.dtype != node.dtype or x.constant is not None:
        return None
    fraction, exponent = math.frexp(number)
    if abs(fraction) != 0.5 or abs(exponent) > 100:
        return None
    factor, rest = split(x)
    inverse = 1.0 / number
    return scaled(inverse * factor, rest) if sound(inverse * factor, factor) else None


@rule(ADD, SUB, before="a*x + b*x", after="(a + b)*x")
def like_terms(node: Node) -> Node | None:
    """For numbers a and b of one sign: nothing cancels, so inf stays inf, and one rounding less.

    Not for expressions a and b: (a + b)*x can overflow where a*x + b*x does not.
    """
    (a, x), (b, y) = split(node.args[0]), split(node.args[1])
    if node.op is SUB:
        b = -b
    if x is not y or x.dtype != node.dtype or x.constant is not None or a * b <= 0:
        return None
    return scaled(a + b, x) if sound(a + b, a, b) else None


@rule(ADD, SUB, before="c*x + c*y, c*x - c*y", after="c*(x + y), c*(x - y)")
def number_out_of_terms(node: Node) -> Node | None:
    """For a number c of 1 or more, or -1 or less: what overflows inside would outside, too."""
    (a, x), (b, y) = split(node.args[0]), split(node.args[1])
    if node.op is SUB:
        b = -b
    if abs(a) != abs(b) or not 1 < abs(a) < math.inf or not x.dtype == y.dtype == node.dtype:
        return None
    if x.constant is not None or y.constant is not None:
        return None
    return scaled(a, intern(ADD if a == b else SUB, (x, y)))


@rule(MATMUL, VDOT, OUTER, before="(c*A) @ B", after="c*(A @ B)")
def number_out_of_product(node: Node) -> Node | None:
    """For numbers and signs, which then meet those outside."""
    if not node.is_real:
        return None
    (a, x), (b, y) = (split(arg) for arg in node.args)
    if a == b == 1 or x.dtype != node.dtype or y.dtype != node.dtype or not sound(a * b, a, b):
        return None
    return scaled(a * b, intern(node.op, (x, y), node.params))


@rule(NEG, before="-(w*x) with a step w = -u", after="u*x")
def sign_of_step(node: Node) -> Node | None:
    """Both signs go; where nothing else reads w, it goes too, and u is computed in its place."""
    (product,) = node.args
    if product.op is not MUL:
        return None
    for step, other in (product.args, product.args[::-1]):
        inner = unfenced(step)
        if inner is not step and inner.op is NEG and inner.dtype == node.dtype:
            return intern(LET, inner.args, step.params, step.scope) * other
    return None


@rule(SUM, before="sum(x/c)", after="sum(x)/c")
def number_out_of_sum(node: Node) -> Node | None:
    """For a size c, as in a mean: one division instead of many."""
    (quotient,) = node.args
    if quotient.op is not DIV or quotient.args[0].dtype != node.dtype:
        return None
    x, below = quotient.args
    number = below.args[0] if below.op is BROADCAST else below
    if number.op is not DIMENSION:
        return None
    return apply(SUM, x, **dict(node.params)) / number


@rule(
    ADD,
    SUB,
    before="x/c - y/c, (1/c)*x - (1/c)*y",
    after="(x - y)/c, (1/c)*(x - y)",
    needs=(DIMENSION,),
    below=(MUL, DIV),
)
def size_out_of_difference(node: Node) -> Node | None:
    """For a size c: one pass less over an array. c is finite and no less than 1."""
    (x, a), (y, b) = map(_by_size, node.args)
    if a is None or a is not b or x.dtype != node.dtype or y.dtype != node.dtype:
        return None
    inner = intern(node.op, (x, y))
    return inner * a if node.args[0].op is MUL else inner / a


def _by_size(node: Node) -> tuple[Node, Node | None]:
    """x and c of x/c, x and 1/c of (1/c)*x; for a size c."""
    if node.op is DIV and _spread(node.args[1]).op is DIMENSION:
        return node.args[0], node.args[1]
    for x, factor in (node.args, node.args[::-1]) if node.op is MUL else ():
        inner = _spread(factor)
        if inner.op is RECIPROCAL and inner.args[0].op is DIMENSION:
            return x, factor
    return node, None


def _spread(node: Node) -> Node:
    """What is broadcast."""
    return node.args[0] if node.op is BROADCAST else node


@rule(MUL, before="[c]*1.0", after="[c]")
def condition_as_mask(node: Node) -> Node | None:
    """A condition times 1 is 1 or 0."""
    for condition, one in (node.args, node.args[::-1]):
        if condition.dtype.kind == "b" and one.constant == 1 and node.is_real:
            return apply(BRACKET, condition, dtype=node.dtype.name)
    return None


@rule(WHERE, before="where(c, 1, 0)", after="[c]")
def choice_as_mask(node: Node) -> Node | None:
    """By definition of the bracket; where(c, 0, 1) is [not c]."""
    condition, a, b = node.args
    if not node.is_real or {a.constant, b.constant} != {0, 1} or _minus_zero(a, b):
        return None
    chosen = condition if a.constant == 1 else apply(LOGICAL_NOT, condition)
    return apply(BRACKET, chosen, dtype=node.dtype.name)


def _minus_zero(*nodes: Node) -> bool:
    return any(n.constant == 0 and math.copysign(1, n.constant or 0.0) < 0 for n in nodes)


@rule(WHERE, before="where(c, a, a)", after="a")
def same_branches(node: Node) -> Node | None:
    """Whatever c is."""
    _, a, b = node.args
    return a if a is b and a.dtype == node.dtype else None


@rule(WHERE, before="where(c, where(c, a, b), d)", after="where(c, a, d)")
def choice_in_choice(node: Node) -> Node | None:
    """The inner condition is decided; in the other branch likewise; where(not c, a, b) turns round."""
    condition, a, b = node.args
    if condition.op is LOGICAL_NOT and condition.args[0].dtype.kind == "b":
        return apply(WHERE, condition.args[0], b, a)
    if a.op is WHERE and a.args[0] is condition and a.args[1].dtype == node.dtype:
        return apply(WHERE, condition, a.args[1], b)
    if b.op is WHERE and b.args[0] is condition and b.args[2].dtype == node.dtype:
        return apply(WHERE, condition, a, b.args[2])
    return None


@rule(MUL, before="[c]*[c]", after="[c]")
def mask_of_mask(node: Node) -> Node | None:
    """1*1 is 1, 0*0 is 0."""
    a, b = node.args
    return a if a is b and a.op is BRACKET else None


@rule(SQUARE, before="[c]**2", after="[c]")
def squared_mask(node: Node) -> Node | None:
    """1*1 is 1, 0*0 is 0."""
    return node.args[0] if node.args[0].op is BRACKET else None


@rule(MUL, before="sin(x/2)*cos(x/2)", after="sin(x)/2", needs=(SIN,))
def double_angle(node: Node) -> Node | None:
    """sin(x) = 2 sin(x/2) cos(x/2); also of a*sin(x/2)*cos(x/2), as in the slope of 2*sin(x/2)**2."""
    if _TURNS.isdisjoint((node.args[0].op, node.args[1].op)):
        return None
    for product, other in (node.args, node.args[::-1]):
        if other.op not in _TURNS or other.args[0].op is not MUL:
            continue
        inner = product.args if product.op is MUL else (product,)
        for i, one in enumerate(inner):
            x = _doubled(one, other)
            if x is not None and x.dtype == node.dtype == one.dtype:
                whole = 0.5 * apply(SIN, x)
                return whole if len(inner) == 1 else inner[1 - i] * whole
    return None


def _doubled(one: Node, other: Node) -> Node | None:
    """x of sin(x/2) and cos(x/2), in either order."""
    if one.op not in _TURNS or one.op is other.op or one.args[0] is not other.args[0]:
        return None
    factor, x = split(one.args[0])
    return x if factor == 0.5 else None


@rule(RELU, before="relu(i) of integers", after="max(i, 0)")
def relu_of_integers(node: Node) -> Node | None:
    """By definition; relu itself is written with 0.0, which NumPy takes faster beside floats."""
    (x,) = node.args
    return None if node.is_real else apply(MAXIMUM, x, constant(0, node.dtype))


RULES = (
    power_as_products,
    division_by_power_of_two,
    like_terms,
    number_out_of_terms,
    number_out_of_product,
    sign_of_step,
    number_out_of_sum,
    size_out_of_difference,
    condition_as_mask,
    choice_as_mask,
    same_branches,
    choice_in_choice,
    mask_of_mask,
    squared_mask,
    double_angle,
    relu_of_integers,
)
