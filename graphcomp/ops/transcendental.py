"""Exponentials, logarithms, trigonometric and hyperbolic functions.

Partials are written in the form that keeps accuracy and saves work: in terms of the op's own output
(exp, tanh), or factored; the tests prove each equal to what SymPy derives from the formula.
"""

from __future__ import annotations

import numpy as np
import sympy

from graphcomp.op import (
    ATOM,
    EXPONENT,
    MULTIPLICATIVE,
    UNARY,
    Kind,
    Op,
    Operand,
    Rule,
    Spell,
    Spelling,
    Ways,
    broadcast_result,
)
from graphcomp.ops import sigmoid_parts as _parts
from graphcomp.ops.arithmetic import RECIPROCAL
from graphcomp.ops.comparison import EQUAL, WHERE
from graphcomp.ops.numpy_runtime import _sigmoid, _softplus
from graphcomp.ops.piecewise import ABS, MAXIMUM, SIGN
from graphcomp.ops.spell import call

WIDE = (-2.0, 2.0)
POSITIVE = (0.4, 2.0)
UNIT = (-0.9, 0.9)


def _function(
    name: str,
    ufunc: Rule,
    formula: Rule,
    spell: dict[str, Spell] | None = None,
    *,
    why: str,
    partial: Rule | None = None,
    domain: tuple[float, float] = WIDE,
    kink: str = "",
    analytic: bool = True,
    shared: dict[str, Rule] | None = None,
) -> Op:
    return Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        why=why,
        evaluate=ufunc,
        numpy=(ufunc,) if isinstance(ufunc, np.ufunc) else (),
        broadcasts=True,
        spell=spell if spell is not None else call(name, latex=rf"\{name}\left({{0}}\right)"),
        formula=formula,
        partials=(partial,) if partial is not None else None,
        domains=(domain,),
        kink=kink,
        analytic=analytic,
        shared=shared or {},
    )


EXP = _function(
    "exp",
    np.exp,
    sympy.exp,
    call("exp")
    | {
        "latex": Spelling("e^{{{0}}}", EXPONENT),
        "mathml": Spelling("<msup><mi>e</mi><mrow>{0}</mrow></msup>", EXPONENT),
    },
    partial=lambda out, _x: out,
    why="chain rule: d exp = exp",
)
EXPM1 = _function(
    "expm1",
    np.expm1,
    lambda x: sympy.exp(x) - 1,
    call("expm1"),
    partial=lambda _out, x: x.apply(EXP),  # out + 1 has no digits left at x = -50,
    why="chain rule: d expm1 = exp",
)
LOG = _function(
    "log",
    np.log,
    sympy.log,
    call("log", latex=r"\ln\left({0}\right)"),
    partial=lambda _out, x: x.apply(RECIPROCAL),
    domain=POSITIVE,
    kink="at 0: value -inf, derivative inf",
    why="chain rule: d log(u)/du = 1/u",
)
LOG1P = _function(
    "log1p",
    np.log1p,
    lambda x: sympy.log(1 + x),
    call("log1p"),
    partial=lambda _out, x: (1.0 + x).apply(RECIPROCAL),
    domain=(-0.6, 2.0),
    kink="at -1: value -inf, derivative inf",
    why="chain rule: d log1p(u)/du = 1/(1 + u)",
)
SIN: Op = _function(
    "sin",
    np.sin,
    sympy.sin,
    partial=lambda _out, x: x.apply(COS),
    why="chain rule: d sin = cos",
)
COS: Op = _function(
    "cos",
    np.cos,
    sympy.cos,
    partial=lambda _out, x: -x.apply(SIN),
    why="chain rule: d cos = -sin",
)
TAN = _function(
    "tan",
    np.tan,
    sympy.tan,
    partial=lambda out, _x: 1.0 + out * out,
    domain=(-1.0, 1.0),
    why="chain rule: d tan = 1 + tan**2",
)
SINH: Op = _function(
    "sinh",
    np.sinh,
    sympy.sinh,
    partial=lambda _out, x: x.apply(COSH),
    why="chain rule: d sinh = cosh",
)
COSH: Op = _function(
    "cosh",
    np.cosh,
    sympy.cosh,
    partial=lambda _out, x: x.apply(SINH),
    why="chain rule: d cosh = sinh",
)
TANH = _function(
    "tanh",
    np.tanh,
    sympy.tanh,
    partial=lambda out, _x: 1.0 - out * out,
    why="chain rule: d tanh = 1 - tanh**2",
)
ARCTAN = _function(
    "arctan",
    np.arctan,
    sympy.atan,
    call("arctan", math="math.atan({0})", latex=r"\arctan\left({0}\right)"),
    partial=lambda _out, x: (1.0 + x * x).apply(RECIPROCAL),
    why="chain rule: d arctan(u)/du = 1/(1 + u**2)",
)


def _safe_ratio(part: Operand, whole: Operand) -> Operand:
    """part/whole, and 0 where the whole is 0: the minimum-norm subgradient of a norm."""
    zero = whole.apply(EQUAL, 0.0)
    return zero.apply(WHERE, 0.0, part / zero.apply(WHERE, 1.0, whole))


HYPOT = Op(
    name="hypot",
    kind=Kind.ELEMENTWISE,
    why="h = hypot(u, v) has h**2 = u**2 + v**2, so dh = (u*du + v*dv)/h",
    arity=2,
    evaluate=np.hypot,
    numpy=(np.hypot,),
    shape=broadcast_result("hypot"),
    broadcasts=True,
    spell=call("hypot", arity=2) | {"latex": Spelling(r"\sqrt{{{0}^2 + {1}^2}}", ATOM, (ATOM,))},
    formula=lambda x, y: sympy.sqrt(x**2 + y**2),
    partials=(lambda out, x, _y: _safe_ratio(x, out), lambda out, _x, y: _safe_ratio(y, out)),
    margin=np.hypot,
    analytic=False,
    kink="0 at the origin",
    domains=(POSITIVE, WIDE),
)
ARCTAN2 = Op(
    name="arctan2",
    kind=Kind.ELEMENTWISE,
    why="the angle of (v, u): d arctan2(u, v) = (v*du - u*dv)/(u**2 + v**2)",
    arity=2,
    evaluate=np.arctan2,
    numpy=(np.arctan2,),
    shape=broadcast_result("arctan2"),
    broadcasts=True,
    spell=call(
        "arctan2",
        math="math.atan2({0}, {1})",
        latex=r"\operatorname{{atan2}}\left({0}, {1}\right)",
        arity=2,
    ),
    formula=sympy.atan2,
    # without y**2 + x**2, which overflows at 1e200 and underflows at 1e-200
    partials=(
        lambda _out, y, x: (x / y.apply(HYPOT, x)) / y.apply(HYPOT, x),
        lambda _out, y, x: -((y / y.apply(HYPOT, x)) / y.apply(HYPOT, x)),
    ),
    kink="undefined (NaN) at the origin",
    analytic=False,
    domains=(POSITIVE, WIDE),
)


def small_exp(x: Operand) -> Operand:
    """exp(-|x|), which does not overflow."""
    return (-x.apply(ABS)).apply(EXP)


def _sigmoid_ways(x: Operand) -> Ways:
    """1/(1 + exp(-x)) or exp(x)/(1 + exp(x)): the numerator is the larger of exp(-|x|) and sign(x)."""
    small = small_exp(x)
    above = small.apply(MAXIMUM, x.apply(SIGN))
    return [(above / (1.0 + small), {"small": small})]


def sigmoid_by_tail(x: Operand) -> tuple[Operand, Operand]:
    """The sigmoid of a float by exp(-x), and that."""
    tail = (-x).apply(EXP)
    return x.apply(_parts.SIGMOID_BY, tail), tail


def _sigmoid_by_tail_ways(x: Operand) -> Ways:
    sigmoid, tail = sigmoid_by_tail(x)
    return [(sigmoid, {"tail": tail})]


def _softplus_ways(x: Operand) -> Ways:
    small = small_exp(x)
    return [(x.apply(MAXIMUM, 0.0) + small.apply(LOG1P), {"small": small})]


SIGMOID = _function(
    "sigmoid",
    _sigmoid,
    lambda x: 1 / (1 + sympy.exp(-x)),
    call("sigmoid", numpy="_sigmoid({0})", math="_sigmoid({0})", latex=r"\sigma\left({0}\right)")
    | {
        "math": Spelling("1.0 / (1.0 + math.exp(-{0}))", MULTIPLICATIVE, (UNARY,)),
        "once": Spelling("1.0 / (1.0 + _exp(-{0}))", MULTIPLICATIVE, (UNARY,)),
        "numba": Spelling("_one_sigmoid({0})"),
    },
    partial=lambda out, _x: out * (1.0 - out),
    analytic=False,
    why="chain rule: d sigmoid = sigmoid*(1 - sigmoid)",
    shared={"numpy": _sigmoid_ways, "math": _sigmoid_by_tail_ways},
)
SOFTPLUS = _function(
    "softplus",
    _softplus,
    lambda x: sympy.log(1 + sympy.exp(x)),
    call("softplus", numpy="_softplus({0})", math="_softplus({0})")
    | {"numba": Spelling("_one_softplus({0})")},
    partial=lambda _out, x: x.apply(SIGMOID),
    analytic=False,
    why="chain rule: d softplus = sigmoid",
    shared={"numpy": _softplus_ways},
)
