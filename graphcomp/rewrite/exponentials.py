"""Rules for exponentials, logarithms and cosines that cancel, and for normalised exponentials."""

from __future__ import annotations

from graphcomp.node import Node, apply
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, RECIPROCAL, SUB
from graphcomp.ops.gather import GATHER, TAKE_ALONG
from graphcomp.ops.leaves import LET
from graphcomp.ops.logarithms import LOG1MEXP
from graphcomp.ops.normalising import LOG_SOFTMAX, LOGSUMEXP, SOFTMAX
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.reductions import MAX, SUM
from graphcomp.ops.shaping import BROADCAST, GETITEM, RESHAPE, TRANSPOSE
from graphcomp.ops.transcendental import COS, EXP, EXPM1, LOG, LOG1P, SIN
from graphcomp.rewrite.patterns import (
    Axes,
    added_to_one,
    below_maximum,
    divides_exponentials,
    exchanged,
    factors,
    inside,
    negated,
    spread,
    taken_from_one,
    takes_no_maximum,
)
from graphcomp.rewrite.rules import rule

#: Ops that only move entries about, and how many of them in a row are looked through.
MOVES = {GETITEM, RESHAPE, TRANSPOSE, BROADCAST, GATHER, TAKE_ALONG}
LONGEST = 4


@rule(
    SUB,
    ADD,
    before="exp(x) - 1",
    after="expm1(x)",
    why="without cancellation",
    needs=(EXP,),
    lost=True,
)
def expm1(node: Node) -> Node | None:
    """By definition; 1 - exp(x) is -expm1(x)."""
    left, right = node.args
    if left.constant is right.constant is None:
        return None
    if node.op is ADD:
        for one, other in ((left, right), (right, left)):
            x = inside(EXP, other) if one.constant == -1 else None
            if x is not None and x.dtype == node.dtype:
                return apply(EXPM1, x)
        return None
    sign, other = (1, left) if right.constant == 1 else (-1, right)
    x = inside(EXP, other) if 1 in {left.constant, right.constant} else None
    if x is None or x.dtype != node.dtype:
        return None
    return apply(EXPM1, x) if sign > 0 else -apply(EXPM1, x)


@rule(
    LOG,
    before="log(1 + x)",
    after="log1p(x)",
    why="without cancellation",
    needs=(LOG,),
    below=(ADD,),
    lost=True,
)
def log1p(node: Node) -> Node | None:
    """By definition; with a difference, of -x."""
    (arg,) = node.args
    x = added_to_one(arg)
    if x is not None:
        return apply(LOG1P, x)
    x = taken_from_one(arg)
    return None if x is None else apply(LOG1P, negated(x))


@rule(
    LOG, LOG1P, before="log(1 - exp(x))", after="log1mexp(x)", why="without cancellation", lost=True
)
def log1mexp(node: Node) -> Node | None:
    """log(-expm1(x)) near 0, log1p(-e^x) below -log(2): each has its digits there (Maechler 2012)."""
    (arg,) = node.args
    if arg.op is not NEG:
        return None
    x = inside(EXPM1 if node.op is LOG else EXP, arg.args[0])
    return None if x is None else apply(LOG1MEXP, x)


@rule(LOG, LOG1P, before="log(exp(x))", after="x", why="without overflow", lost=True)
def log_of_exp(node: Node) -> Node | None:
    """By definition, for all x. Not so exp(log(x)), which is NaN for x < 0."""
    return inside(EXP if node.op is LOG else EXPM1, node.args[0])


@rule(
    SUB,
    ADD,
    before="1 - cos(x)",
    after="2*sin(x/2)**2",
    why="without cancellation",
    needs=(COS,),
    lost=True,
)
def one_minus_cos(node: Node) -> Node | None:
    """cos(x) = cos^2(x/2) - sin^2(x/2) = 1 - 2 sin^2(x/2); x/2 is exact."""
    left, right = node.args
    if left.constant is right.constant is None:
        return None
    if node.op is ADD:
        found = {left.constant: right, right.constant: left}.get(-1)
        sign = -2.0
    else:
        found = right if left.constant == 1 else left if right.constant == 1 else None
        sign = 2.0 if left.constant == 1 else -2.0
    x = None if found is None else inside(COS, found)
    if x is None or x.dtype != node.dtype:
        return None
    return sign * apply(SQUARE, apply(SIN, 0.5 * x))


@rule(RECIPROCAL, before="1/exp(x)", after="exp(-x)", why="without overflow", lost=True)
def reciprocal_of_exp(node: Node) -> Node | None:
    """By definition. Its derivative as written, -exp(x)/exp(x)**2, overflows where it is 0."""
    x = inside(EXP, node.args[0])
    return None if x is None else apply(EXP, negated(x))


@rule(DIV, before="a/exp(x)", after="a*exp(-x)", why="without overflow", lost=True)
def quotient_by_exp(node: Node) -> Node | None:
    """By definition; exp(y)/exp(x) is exp(y - x), whose rounded argument costs 1e-13 at most."""
    above, below = node.args
    x = inside(EXP, below)
    if x is None or x.dtype != node.dtype or above.dtype != node.dtype:
        return None
    y = inside(EXP, above)
    if y is not None and y.dtype == x.dtype:
        return apply(EXP, y - x)
    return apply(EXP, negated(x)) if above.constant == 1 else above * apply(EXP, negated(x))


def _sum_of_exps(node: Node) -> Node | None:
    """x of sum(exp(x), axes), unless the user took the maximum from x: then nothing overflows."""
    if node.op is not SUM or not node.is_real:
        return None
    return inside(EXP, node.args[0])


def _unshifted(x: Node, axes: Axes) -> Node:
    """x without the maximum that was taken from it: what is normalised does not depend on it."""
    found = below_maximum(x, axes)
    return x if found is None else found


@rule(LOG, before="log(sum(exp(x)))", after="logsumexp(x)", why="without overflow", lost=True)
def logsumexp(node: Node) -> Node | None:
    """With m = max(x): log(sum(e^m e^(x - m))) = m + log(sum(e^(x - m))), and the sum is 1 or more.

    Where the maximum is taken from x already, as it stands.
    """
    (total,) = node.args
    x = _sum_of_exps(total)
    if x is None or below_maximum(_named(x), total.param("axes")) is not None:
        return None
    return apply(LOGSUMEXP, x, **dict(total.params))


def _named(node: Node) -> Node:
    return node.args[0] if node.op is LET else node


@rule(
    ADD,
    before="max(x) + log(sum(exp(x - max(x))))",
    after="logsumexp(x)",
    why="whose derivative is softmax(x)",
    needs=(EXP, LOGSUMEXP),
)
def shifted_logsumexp(node: Node) -> Node | None:
    """As for `logsumexp`; the derivative by the maximum, which cancels, is not computed."""
    for largest, log in (node.args, node.args[::-1]):
        total = log.args[0] if log.op is LOG else log
        shifted = _sum_of_exps(total)
        if log.op is not LOG or shifted is None:
            continue
        axes: Axes = total.param("axes")
        x = below_maximum(shifted, axes)
        inner = largest.args[0] if largest.op is RESHAPE else largest
        if (
            x is not None
            and inner.op is MAX
            and inner.args[0] is x
            and inner.param("axes") == axes
            and largest.shape == log.shape == node.shape
        ):
            return apply(LOGSUMEXP, x, **dict(total.params))
    return None


@rule(
    DIV,
    before="exp(x)/sum(exp(x))",
    after="softmax(x)",
    why="without overflow",
    lost=divides_exponentials,
)
def softmax(node: Node) -> Node | None:
    """Both multiplied by e^-max(x); a maximum that was taken from x does not matter."""
    above, below = node.args
    x = inside(EXP, above)
    found = spread(below, SUM)
    if x is None or found is None or found[0] is not above:
        return None
    return apply(SOFTMAX, _unshifted(x, found[1]), axes=found[1])


@rule(
    MUL,
    before="exp(x)*(1/sum(exp(x)))",
    after="softmax(x)",
    why="without overflow",
    needs=(EXP,),
    lost=divides_exponentials,
    below=(MUL,),
)
def softmax_by_reciprocal(node: Node) -> Node | None:
    """As `softmax`: the derivative of log(sum(exp(x))) as written."""
    parts, odd = factors(node)
    for above in parts:
        x = inside(EXP, above)
        for below in parts if x is not None else ():
            inverse = below.args[0] if below.op is BROADCAST else below
            if x is None or inverse.op is not RECIPROCAL or above.shape != below.shape:
                continue
            found = spread(inverse.args[0].broadcast_to(below.shape), SUM)
            if found is not None and found[0] is above:
                new = apply(SOFTMAX, _unshifted(x, found[1]), axes=found[1])
                return exchanged(parts, [above, below], new, odd)
    return None


@rule(
    SUB,
    before="x - log(sum(exp(x)))",
    after="log_softmax(x)",
    why="without overflow",
    needs=(EXP, LOGSUMEXP),
    lost=takes_no_maximum,
)
def log_softmax(node: Node) -> Node | None:
    """The logarithm of exp(x)/sum(exp(x))."""
    x, normaliser = node.args
    found = spread(normaliser, LOGSUMEXP)
    if found is None:
        found = _spread_log(normaliser)
    if found is None or found[0] is not x:
        return None
    return apply(LOG_SOFTMAX, _unshifted(x, found[1]), axes=found[1])


def _spread_log(node: Node) -> tuple[Node, Axes] | None:
    """x and axes of log(sum(exp(x))), spread back, which stays as it is where x has no overflow."""
    log = node.args[0] if node.op is BROADCAST else node
    if log.op is not LOG:
        return None
    found = spread(log.args[0].broadcast_to(node.shape), SUM)
    x = None if found is None else inside(EXP, found[0])
    return None if x is None or found is None else (x, found[1])


@rule(
    LOG,
    before="log(softmax(x))",
    after="log_softmax(x)",
    why="without underflow",
    lost=True,
)
def log_of_softmax(node: Node) -> Node | None:
    """By definition; the logarithm of some entries is some entries of the logarithm."""
    moves: list[Node] = []
    inner = node.args[0]
    while inner.op in MOVES and len(moves) < LONGEST:
        moves.append(inner)
        inner = inner.args[0]
    if inner.op is not SOFTMAX or not inner.args[0].is_real:
        return None
    result = apply(LOG_SOFTMAX, inner.args[0], axes=inner.param("axes"))
    for move in reversed(moves):
        result = move.rebuild((result, *move.args[1:]))
    return result


@rule(EXP, before="exp(log_softmax(x))", after="softmax(x)")
def exp_of_log_softmax(node: Node) -> Node | None:
    """By definition."""
    (arg,) = node.args
    if arg.op is not LOG_SOFTMAX:
        return None
    return apply(SOFTMAX, arg.args[0], axes=arg.param("axes"))


@rule(
    ADD,
    before="x + -log(sum(exp(x)))",
    after="log_softmax(x)",
    why="without overflow",
    needs=(EXP, LOGSUMEXP),
    lost=takes_no_maximum,
)
def added_log_softmax(node: Node) -> Node | None:
    """As `log_softmax`."""
    for x, other in (node.args, node.args[::-1]):
        inner = other.args[0] if other.op is BROADCAST else other
        if inner.op is NEG:
            result = log_softmax.apply(x - negated(other))
            if result is not None:
                return result
    return None


RULES = (
    log1mexp,
    log_of_exp,
    log_of_softmax,
    logsumexp,
    log1p,
    expm1,
    one_minus_cos,
    reciprocal_of_exp,
    softmax,
    softmax_by_reciprocal,
    quotient_by_exp,
    shifted_logsumexp,
    log_softmax,
    added_log_softmax,
    exp_of_log_softmax,
)
