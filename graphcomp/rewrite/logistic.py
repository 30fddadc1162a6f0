"""Rules for the sigmoid, softplus and tanh written with exponentials, which overflow."""

from __future__ import annotations

from graphcomp.node import Node, apply
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, RECIPROCAL, SUB
from graphcomp.ops.logarithms import LOGADDEXP
from graphcomp.ops.powers import POWER, SQUARE
from graphcomp.ops.shaping import BROADCAST
from graphcomp.ops.slopes import SECH2, SIGMOID_SLOPE
from graphcomp.ops.transcendental import (
    COSH,
    EXP,
    EXPM1,
    LOG,
    LOG1P,
    SIGMOID,
    SINH,
    SOFTPLUS,
    TANH,
)
from graphcomp.rewrite.patterns import (
    added_to_one,
    divides_exponentials,
    exchanged,
    factors,
    inside,
    negated,
    opposite,
    squared,
    taken_from_one,
)
from graphcomp.rewrite.rules import rule


def one_plus_exp(node: Node) -> Node | None:
    """x of 1 + exp(x)."""
    other = added_to_one(node)
    return None if other is None else inside(EXP, other)


#: Where none of these is, no sigmoid, no exponential and no hyperbolic function comes about.
CURVED = (EXP, EXPM1, SIGMOID, TANH, SINH, COSH)


@rule(
    LOG,
    LOG1P,
    before="log(1 + exp(x))",
    after="softplus(x)",
    why="without overflow or cancellation",
    lost=True,
    needs=CURVED,
    below=(ADD,),
)
def softplus(node: Node) -> Node | None:
    """log(1 + e^x) = max(x, 0) + log1p(e^-|x|), by taking e^x out of the sum where x > 0."""
    (arg,) = node.args
    x = one_plus_exp(arg) if node.op is LOG else inside(EXP, arg)
    return None if x is None else apply(SOFTPLUS, x)


@rule(
    LOG,
    before="log(exp(x) + exp(y))",
    after="logaddexp(x, y)",
    why="without overflow",
    needs=CURVED,
    below=(ADD,),
    lost=True,
)
def log_of_two_exps(node: Node) -> Node | None:
    """log(e^x + e^y) = max(x, y) + log1p(e^-|x - y|)."""
    (arg,) = node.args
    if arg.op is not ADD:
        return None
    x, y = (inside(EXP, part) for part in arg.args)
    return None if x is None or y is None or x.dtype != y.dtype else apply(LOGADDEXP, x, y)


@rule(
    RECIPROCAL,
    before="1/(1 + exp(-x))",
    after="sigmoid(x)",
    why="without overflow",
    needs=CURVED,
    below=(ADD,),
)
def sigmoid(node: Node) -> Node | None:
    """By definition; the op takes the exponential of negative numbers only."""
    x = one_plus_exp(node.args[0])
    return None if x is None else apply(SIGMOID, negated(x))


@rule(
    DIV,
    before="a/(1 + exp(-x))",
    after="a*sigmoid(x)",
    why="without overflow",
    lost=divides_exponentials,
    needs=CURVED,
    below=(ADD,),
)
def quotient_sigmoid(node: Node) -> Node | None:
    """By definition; exp(x)/(1 + exp(x)) = 1/(1 + exp(-x)), both sides multiplied by exp(-x)."""
    above, below = node.args
    inner = below.args[0] if below.op is BROADCAST else below
    x = one_plus_exp(inner)
    if x is None or above.dtype != node.dtype or x.dtype != node.dtype:
        return None
    x = x.broadcast_to(node.shape)
    if inside(EXP, above) is x:
        return apply(SIGMOID, x)
    factor = apply(SIGMOID, negated(x))
    return factor if above.constant == 1 else above * factor


@rule(
    DIV,
    before="exp(x)/(1 + exp(x))**2",
    after="sigmoid'(x)",
    why="without overflow",
    needs=CURVED,
    below=(ADD, SQUARE),
    lost=True,
)
def quotient_slope(node: Node) -> Node | None:
    """s(x) s(-x) with s the sigmoid: e^x/(1 + e^x) times 1/(1 + e^x); even, so e^-x may stand there."""
    above, below = node.args
    base = squared(below)
    x = None if base is None else one_plus_exp(base)
    if x is None:
        return None
    top = inside(EXP, above)
    return apply(SIGMOID_SLOPE, x) if top is not None and top is x else None


@rule(
    SUB,
    before="1 - sigmoid(x)",
    after="sigmoid(-x)",
    why="without cancellation",
    needs=CURVED,
    lost=True,
)
def reflected_sigmoid(node: Node) -> Node | None:
    """1 - 1/(1 + e^-x) = e^-x/(1 + e^-x) = 1/(1 + e^x)."""
    other = taken_from_one(node)
    x = None if other is None else inside(SIGMOID, other)
    return None if x is None else apply(SIGMOID, negated(x))


@rule(
    MUL,
    before="sigmoid(x)*(1 - sigmoid(x))",
    after="sigmoid'(x)",
    why="without cancellation",
    needs=CURVED,
    lost=True,
)
def sigmoid_slope(node: Node) -> Node | None:
    """1 - sigmoid(x) is sigmoid(-x) here already; e^-|x|/(1 + e^-|x|)^2 is the product."""
    x, y = (inside(SIGMOID, part) for part in node.args)
    if x is None or y is None or x.dtype != y.dtype or not opposite(x, y):
        return None
    return apply(SIGMOID_SLOPE, y if negated(y) is x and y.op is not NEG else x)


@rule(
    MUL,
    before="sigmoid(-x)**2*exp(x)",
    after="sigmoid'(x)",
    why="without overflow",
    needs=(EXP,),
    lost=True,
    below=(MUL, SQUARE),
)
def sigmoid_times_tail(node: Node) -> Node | None:
    """s(-x) e^x = s(x), and s(-x) s(x) is the slope: the derivative of 1/(1 + e^x) as written."""
    parts, odd = factors(node)
    for tail in parts:
        y = inside(EXP, tail)
        if y is None or y.dtype != node.dtype:
            continue
        squares = [p for p in parts if (b := squared(p)) is not None and _mirrored(b, y)]
        single = [p for p in parts if _mirrored(p, y)]
        if squares:
            return exchanged(parts, [tail, squares[0]], apply(SIGMOID_SLOPE, y), odd)
        if len(single) > 1:
            return exchanged(parts, [tail, *single[:2]], apply(SIGMOID_SLOPE, y), odd)
        if single:
            return exchanged(parts, [tail, single[0]], apply(SIGMOID, y), odd)
    return None


def _mirrored(node: Node, y: Node) -> bool:
    x = inside(SIGMOID, node)
    return x is not None and x.dtype == y.dtype and opposite(x, y)


@rule(LOG, before="log(sigmoid(x))", after="-softplus(-x)", why="without underflow", lost=True)
def log_of_sigmoid(node: Node) -> Node | None:
    """log(1/(1 + e^-x)) = -log(1 + e^-x)."""
    x = inside(SIGMOID, node.args[0])
    return None if x is None else -apply(SOFTPLUS, negated(x))


@rule(
    ADD,
    SUB,
    before="1 + tanh(x)",
    after="2*sigmoid(2*x)",
    why="without cancellation",
    needs=CURVED,
    lost=True,
    below=(ADD,),
)
def one_plus_tanh(node: Node) -> Node | None:
    """1 + (e^x - e^-x)/(e^x + e^-x) = 2/(1 + e^-2x); 1 - tanh(x) is this at -x."""
    other = added_to_one(node) if node.op is ADD else taken_from_one(node)
    x = None if other is None else inside(TANH, other)
    if x is None:
        return None
    return 2.0 * apply(SIGMOID, 2.0 * (x if node.op is ADD else negated(x)))


@rule(
    SUB,
    before="1 - tanh(x)**2",
    after="sech2(x)",
    why="without cancellation",
    needs=CURVED,
    lost=True,
    below=(SQUARE,),
)
def tanh_slope(node: Node) -> Node | None:
    """1 - sinh^2/cosh^2 = 1/cosh^2 = 4 e^-2|x|/(1 + e^-2|x|)^2."""
    other = taken_from_one(node)
    base = None if other is None else squared(other)
    x = None if base is None else inside(TANH, base)
    return None if x is None else apply(SECH2, x)


@rule(
    RECIPROCAL,
    SQUARE,
    POWER,
    before="1/cosh(x)**2",
    after="sech2(x)",
    why="without overflow",
    needs=CURVED,
    lost=True,
    below=(SQUARE,),
)
def inverse_square_of_cosh(node: Node) -> Node | None:
    """By definition; cosh overflows at 711."""
    (arg,) = node.args
    if node.op is POWER:
        x = inside(COSH, arg) if node.param("exponent") == -2 else None
    elif node.op is SQUARE:
        x = inside(COSH, arg.args[0]) if arg.op is RECIPROCAL else None
    else:
        base = squared(arg)
        x = None if base is None else inside(COSH, base)
    return None if x is None else apply(SECH2, x)


@rule(DIV, before="sinh(x)/cosh(x)", after="tanh(x)", why="without overflow", lost=True)
def sinh_by_cosh(node: Node) -> Node | None:
    """By definition."""
    x, y = inside(SINH, node.args[0]), inside(COSH, node.args[1])
    return apply(TANH, x) if x is not None and x is y else None


@rule(
    DIV,
    before="(exp(x) - exp(-x))/(exp(x) + exp(-x))",
    after="tanh(x)",
    why="without overflow or cancellation",
    lost=True,
    needs=CURVED,
    below=(ADD,),
)
def tanh_by_exps(node: Node) -> Node | None:
    """By definition."""
    above, below = node.args
    if above.op is not SUB or below.op is not ADD:
        return None
    x, y = (inside(EXP, part) for part in above.args)
    if x is None or y is None or not opposite(x, y):
        return None
    same = set(below.args) == set(above.args)
    return apply(TANH, x) if same else None


@rule(
    DIV,
    before="(exp(x) - 1)/(exp(x) + 1)",
    after="tanh(x/2)",
    why="without overflow",
    lost=True,
    needs=CURVED,
    below=(ADD,),
)
def tanh_by_expm1(node: Node) -> Node | None:
    """Both multiplied by e^(-x/2): sinh(x/2)/cosh(x/2)."""
    above, below = node.args
    x, y = one_plus_exp(below), inside(EXPM1, above)
    sign = 1.0
    if y is None and above.op is NEG:
        y, sign = inside(EXPM1, above.args[0]), -1.0
    if x is None or x is not y:
        return None
    half = apply(TANH, 0.5 * x)
    return half if sign > 0 else -half


@rule(
    MUL,
    DIV,
    before="(exp(x) - exp(-x))/2",
    after="sinh(x)",
    why="without cancellation",
    needs=CURVED,
    lost=True,
    below=(ADD,),
)
def sinh_by_exps(node: Node) -> Node | None:
    """By definition; cosh for the sum. The difference has no digits near 0."""
    halved = _halved(node)
    if halved is None or halved.op not in {ADD, SUB}:
        return None
    x, y = (inside(EXP, part) for part in halved.args)
    if x is None or y is None or not opposite(x, y):
        return None
    return apply(SINH if halved.op is SUB else COSH, x)


def _halved(node: Node) -> Node | None:
    """x of 0.5*x or x/2."""
    left, right = node.args
    if node.op is DIV:
        return left if right.constant == 2 else None
    return right if left.constant == 0.5 else left if right.constant == 0.5 else None


RULES = (
    softplus,
    log_of_two_exps,
    sigmoid,
    tanh_by_exps,
    tanh_by_expm1,
    sinh_by_exps,
    sinh_by_cosh,
    quotient_slope,
    quotient_sigmoid,
    reflected_sigmoid,
    sigmoid_slope,
    sigmoid_times_tail,
    log_of_sigmoid,
    one_plus_tanh,
    tanh_slope,
    inverse_square_of_cosh,
)
