"""Rules for derivatives of steps that the user named: they look through names.

The value of a named step is computed as it was written, overflow and all. Its derivative is ours:
as the product of what the chain rule gives it would be 0 times infinity where the step saturates.
So these rules are for derivatives alone, and the steps that they read stay.
"""

from __future__ import annotations

from graphcomp.node import Node, apply
from graphcomp.ops.arithmetic import ADD, DIV, MUL, RECIPROCAL, SUB
from graphcomp.ops.leaves import LET
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.shaping import BROADCAST
from graphcomp.ops.slopes import SECH2, SIGMOID_SLOPE
from graphcomp.ops.transcendental import EXP, SIGMOID, TANH
from graphcomp.rewrite.logistic import CURVED
from graphcomp.rewrite.naming import FENCE
from graphcomp.rewrite.patterns import exchanged, factors, negated, opposite, taken_from_one
from graphcomp.rewrite.rules import rule


def bare(node: Node) -> Node:
    """The node without the names on it."""
    while node.op is LET:
        node = node.args[0]
    return node


def _factors(node: Node) -> tuple[list[Node], bool]:
    """The factors, with those inside of what has a name for the sake of order only."""
    found, odd = factors(node, through=lambda part: part.op is LET and part.scope == FENCE)
    parts: list[Node] = []
    for part in found:
        if part.op is DIV and _one_plus_exp(part.args[1]) is not None:
            above, sign = factors(part.args[0])
            parts += [*above, apply(RECIPROCAL, part.args[1])]
            odd ^= sign
        else:
            parts.append(part)
    return parts, odd


def _exponent(node: Node) -> Node | None:
    """x of exp(x), named or not."""
    inner = bare(node)
    return inner.args[0] if inner.op is EXP and inner.args[0].is_real else None


def _one_plus_exp(node: Node) -> Node | None:
    """x of 1 + exp(x), named or not, in part or as a whole."""
    inner = bare(node)
    if inner.op is not ADD or not inner.is_real:
        return None
    for one, other in (inner.args, inner.args[::-1]):
        if one.constant == 1:
            return _exponent(other)
    return None


def _inverse(node: Node) -> Node | None:
    """x of y = 1/(1 + exp(x)), named or not: y goes to 0 as exp(x) goes to infinity."""
    inner = bare(node)
    if inner.op is RECIPROCAL or (inner.op is DIV and inner.args[0].constant == 1):
        return _one_plus_exp(inner.args[-1])
    if inner.op is SIGMOID:
        return negated(inner.args[0])
    return None


@rule(
    MUL,
    before="y**2*exp(x) with y = 1/(1 + exp(x))",
    after="sigmoid'(x)",
    why="without 0*inf",
    needs=(EXP,),
    below=(MUL, DIV, ADD, SQUARE),
)
def slope_of_inverse(node: Node) -> Node | None:
    """y e^x = 1 - y = sigmoid(x), and y = sigmoid(-x). A factor y alone gives y e^x = sigmoid(x)."""
    parts, odd = _factors(node)
    for tail in parts:
        x = _exponent(tail)
        if x is None:
            continue
        squares = [p for p in parts if p.op is SQUARE and _inverse(p.args[0]) is x]
        single = [p for p in parts if _inverse(p) is x]
        if squares:
            return exchanged(parts, [tail, squares[0]], apply(SIGMOID_SLOPE, x), odd)
        if len(single) > 1:
            return exchanged(parts, [tail, *single[:2]], apply(SIGMOID_SLOPE, x), odd)
        if single:
            return exchanged(parts, [tail, single[0]], apply(SIGMOID, x), odd)
    return None


@rule(
    DIV,
    before="a*exp(x)/w with w = 1 + exp(x)",
    after="a*sigmoid(x)",
    why="without inf/inf",
    needs=(EXP,),
    below=(MUL, DIV, ADD),
)
def share_of_sum(node: Node) -> Node | None:
    """e^x/(1 + e^x) = 1/(1 + e^-x)."""
    above, below = node.args
    x = _one_plus_exp(below.args[0] if below.op is BROADCAST else below)
    if x is None or x.shape != node.shape:
        return None
    parts, odd = _factors(above)
    for part in parts:
        if _exponent(part) is x:
            return exchanged(parts, [part], apply(SIGMOID, x), odd)
    return None


@rule(
    MUL,
    before="s*(1 - s) with s = sigmoid(x)",
    after="sigmoid'(x)",
    why="without cancellation",
    needs=(EXP, SIGMOID),
    below=(MUL, DIV, ADD),
)
def slope_of_sigmoid(node: Node) -> Node | None:
    """e^-|x|/(1 + e^-|x|)^2; s(1 - s) has an error of 1e-16/(1 - s)."""
    parts, odd = _factors(node)
    for part in parts:
        base = taken_from_one(part)
        x = None if base is None else _sigmoid_of(base)
        for other in parts:
            if x is not None and other is not part and _sigmoid_of(other) is x:
                return exchanged(parts, [part, other], apply(SIGMOID_SLOPE, x), odd)
    return None


def _sigmoid_of(node: Node) -> Node | None:
    inner = bare(node)
    if inner.op is SIGMOID and inner.args[0].is_real:
        return inner.args[0]
    x = _inverse(node)
    return None if x is None else negated(x)


@rule(
    DIV,
    before="a*sigmoid'(x)/s with s = sigmoid(x)",
    after="a*sigmoid(-x)",
    why="without 0/0",
    needs=(EXP, SIGMOID, SIGMOID_SLOPE),
    below=(MUL, DIV, ADD),
)
def slope_by_sigmoid(node: Node) -> Node | None:
    """The slope is s(x) s(-x): the derivative of log(s), for a step s that has a name."""
    above, below = node.args
    y = _sigmoid_of(below.args[0] if below.op is BROADCAST else below)
    if y is None or y.shape != node.shape:
        return None
    parts, odd = _factors(above)
    for part in parts:
        x = part.args[0] if part.op is SIGMOID_SLOPE else None
        if x is not None and (x is y or opposite(x, y)):  # the slope is even
            return exchanged(parts, [part], apply(SIGMOID, negated(y)), odd)
    return None


@rule(
    SUB,
    before="1 - t**2 with t = tanh(x)",
    after="sech2(x)",
    why="without cancellation",
    needs=CURVED,
    below=(SQUARE,),
)
def slope_of_tanh(node: Node) -> Node | None:
    """4 e^-2|x|/(1 + e^-2|x|)^2; 1 - t^2 has an error of 1e-16/(1 - t^2)."""
    square = taken_from_one(node)
    if square is None:
        return None
    if square.op is SQUARE or (square.op is MUL and square.args[0] is square.args[1]):
        base = square.args[0]
    else:
        return None
    inner = bare(base)
    return apply(SECH2, inner.args[0]) if inner.op is TANH and inner.args[0].is_real else None


RULES = (slope_of_sigmoid, slope_of_inverse, share_of_sum, slope_by_sigmoid, slope_of_tanh)
