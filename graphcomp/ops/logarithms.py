"""Exponentials and logarithms to other bases, and of sums: exp2, log2, log10, logaddexp."""

from __future__ import annotations

import math

import numpy as np
import sympy

from graphcomp.op import (
    ADDITIVE,
    ATOM,
    EXPONENT,
    Kind,
    Op,
    Operand,
    Rule,
    Spell,
    Spelling,
    broadcast_result,
)
from graphcomp.ops.comparison import EQUAL, LOGICAL_AND, WHERE
from graphcomp.ops.numpy_runtime import _log1mexp, _logit, _sigmoid_difference, _xlogy
from graphcomp.ops.spell import call
from graphcomp.ops.transcendental import EXP, EXPM1, LOG

LN2 = math.log(2)
LOG2_E = 1 / math.log(2)
LOG10_E = math.log10(math.e)


def _elementwise(
    name: str,
    evaluate: Rule,
    formula: Rule,
    spell: dict[str, Spell],
    partials: tuple[Rule, ...],
    *,
    why: str,
    domains: tuple[tuple[float, float], ...] = ((-2.0, 2.0),),
    kink: str = "",
    analytic: bool = False,
) -> Op:
    return Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        why=why,
        arity=len(partials),
        evaluate=evaluate,
        numpy=(evaluate,) if isinstance(evaluate, np.ufunc) else (),
        shape=broadcast_result(name),
        broadcasts=True,
        spell=spell,
        formula=formula,
        partials=partials,
        domains=domains,
        kink=kink,
        analytic=analytic,
    )


EXP2 = _elementwise(
    "exp2",
    np.exp2,
    lambda x: 2**x,
    call("exp2")
    | {
        "latex": Spelling("2^{{{0}}}", EXPONENT),
        "mathml": Spelling("<msup><mn>2</mn><mrow>{0}</mrow></msup>", EXPONENT),
    },
    (lambda out, _x: LN2 * out,),
    analytic=True,
    why="chain rule: d exp2 = log(2)*exp2",
)
LOG2 = _elementwise(
    "log2",
    np.log2,
    lambda x: sympy.log(x, 2),
    call("log2", latex=r"\log_2\left({0}\right)"),
    (lambda _out, x: LOG2_E / x,),
    domains=((0.4, 2.0),),
    kink="at 0: value -inf, derivative inf",
    analytic=True,
    why="chain rule: d log2(u)/du = 1/(u*log(2))",
)
LOG10 = _elementwise(
    "log10",
    np.log10,
    lambda x: sympy.log(x, 10),
    call("log10", latex=r"\log_{{10}}\left({0}\right)"),
    (lambda _out, x: LOG10_E / x,),
    domains=((0.4, 2.0),),
    kink="at 0: value -inf, derivative inf",
    analytic=True,
    why="chain rule: d log10(u)/du = 1/(u*log(10))",
)

#: 1 / (1 + exp(y - x)): the slope of logaddexp, 1/2 where both are the same infinity.
SIGMOID_DIFFERENCE: Op = _elementwise(
    "sigmoid_difference",
    _sigmoid_difference,
    lambda x, y: 1 / (1 + sympy.exp(y - x)),
    call("_sigmoid_difference", arity=2)
    | {
        "text": Spelling("sigmoid({0} - {1})", ATOM, (ADDITIVE, ADDITIVE + 1)),
        "latex": Spelling(r"\sigma\left({0} - {1}\right)", ATOM, (ADDITIVE, ADDITIVE + 1)),
        "numpy": Spelling("_sigmoid_difference({0}, {1})"),
        "math": Spelling("_sigmoid_difference({0}, {1})"),
        "limits": Spelling("_sigmoid_difference({0}, {1})"),
        "numba": Spelling("_one_sigmoid_difference({0}, {1})"),
    },
    # both factors keep their digits, where out * (1 - out) cancels
    (
        lambda out, x, y: out * y.apply(SIGMOID_DIFFERENCE, x),
        lambda out, x, y: -(out * y.apply(SIGMOID_DIFFERENCE, x)),
    ),
    domains=((-2.0, 2.0), (-2.0, 2.0)),
    kink="1/2 where both are the same infinity",
    why="chain rule: d sigmoid = sigmoid*(1 - sigmoid)",
)
LOGADDEXP = _elementwise(
    "logaddexp",
    np.logaddexp,
    lambda x, y: sympy.log(sympy.exp(x) + sympy.exp(y)),
    call("logaddexp", math="_logaddexp({0}, {1})", arity=2)
    | {"latex": Spelling(r"\ln\left(e^{{{0}}} + e^{{{1}}}\right)")},
    (
        lambda _out, x, y: x.apply(SIGMOID_DIFFERENCE, y),
        lambda _out, x, y: y.apply(SIGMOID_DIFFERENCE, x),
    ),
    domains=((-2.0, 2.0), (-2.0, 2.0)),
    kink="1/2 each where both are the same infinity",
    why="each argument counts by its share of exp(u) + exp(v)",
)
LOGADDEXP2 = _elementwise(
    "logaddexp2",
    np.logaddexp2,
    lambda x, y: sympy.log(2**x + 2**y, 2),
    call("logaddexp2", math="_logaddexp2({0}, {1})", arity=2)
    | {"latex": Spelling(r"\log_2\left(2^{{{0}}} + 2^{{{1}}}\right)")},
    (
        lambda _out, x, y: (LN2 * x).apply(SIGMOID_DIFFERENCE, LN2 * y),
        lambda _out, x, y: (LN2 * y).apply(SIGMOID_DIFFERENCE, LN2 * x),
    ),
    domains=((-2.0, 2.0), (-2.0, 2.0)),
    kink="1/2 each where both are the same infinity",
    why="each argument counts by its share of 2**u + 2**v",
)
LOGIT = _elementwise(
    "logit",
    _logit,
    lambda x: sympy.log(x / (1 - x)),
    call("logit", numpy="_logit({0})", math="_logit({0})") | {"numba": Spelling("_one_logit({0})")},
    (lambda _out, x: 1.0 / (x * (1.0 - x)),),
    domains=((0.1, 0.9),),
    kink="at 0 and 1: value signed infinity, derivative inf",
    analytic=True,
    why="chain rule: d logit(u)/du = 1/(u*(1 - u))",
)

LOG1MEXP = _elementwise(
    "log1mexp",
    _log1mexp,
    lambda x: sympy.log(1 - sympy.exp(x)),
    call("log1mexp", numpy="_log1mexp({0})", math="_log1mexp({0})")
    | {
        "latex": Spelling(r"\ln\left(1 - e^{{{0}}}\right)"),
        "numba": Spelling("_one_log1mexp({0})"),
    },
    (lambda _out, x: x.apply(EXP) / x.apply(EXPM1),),
    domains=((-2.0, -0.2),),
    kink="at 0: value and derivative -inf",
    analytic=True,
    why="chain rule: d log(1 - exp(u))/du = exp(u)/(exp(u) - 1)",
)


def _xlogy_by_y(_out: Operand, x: Operand, y: Operand) -> Operand:
    """x/y, and 0 where both are 0."""
    both = x.apply(EQUAL, 0.0).apply(LOGICAL_AND, y.apply(EQUAL, 0.0))
    return both.apply(WHERE, 0.0, x / both.apply(WHERE, 1.0, y))


XLOGY = _elementwise(
    "xlogy",
    _xlogy,
    lambda x, y: x * sympy.log(y),
    call("xlogy", numpy="_xlogy({0}, {1})", math="_xlogy({0}, {1})", arity=2)
    | {
        "latex": Spelling(r"{0}\,\ln\left({1}\right)", 20, (20,)),
        "numba": Spelling("_one_xlogy({0}, {1})"),
    },
    (lambda _out, _x, y: y.apply(LOG), _xlogy_by_y),
    domains=((-2.0, 2.0), (0.4, 2.0)),
    kink="0 at x = 0 for every y; by y: 0 at x = y = 0",
    analytic=True,
    why="product rule: d(u*log(v)) = log(v)*du + (u/v)*dv",
)
