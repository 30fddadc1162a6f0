"""Powers: squares, roots, constant and varying exponents."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy

from graphcomp.errors import DTypeError
from graphcomp.op import (
    EXPONENT,
    MULTIPLICATIVE,
    DType,
    Form,
    Joins,
    Kind,
    Op,
    Operand,
    Sample,
    Spelling,
    broadcast_result,
    float_dtype,
    number_dtype,
)
from graphcomp.ops.arithmetic import AWAY_FROM_ZERO, RECIPROCAL
from graphcomp.ops.comparison import EQUAL, WHERE
from graphcomp.ops.spell import call, same
from graphcomp.ops.transcendental import LOG

SQUARE = Op(
    name="square",
    kind=Kind.ELEMENTWISE,
    why="power rule: d(u**2)/du = 2*u",
    form=Form.POWER,
    evaluate=np.square,
    numpy=(np.square,),
    dtype=number_dtype("square"),
    broadcasts=True,
    joins=Joins.REDUCTION,
    spell=same("{0}**2", EXPONENT, (EXPONENT + 1,), latex="{{{0}}}^{{2}}", math="{0} * {0}")
    | {"numpy": Spelling("np.square({0})")}
    | dict.fromkeys(
        ("math", "numba"), Spelling("{0} * {0}", MULTIPLICATIVE, (MULTIPLICATIVE + 1,))
    ),
    formula=lambda x: x**2,
    partials=(lambda _out, x: 2.0 * x,),
)


SQRT = Op(
    name="sqrt",
    kind=Kind.ELEMENTWISE,
    why="chain rule: d sqrt = 1/(2*sqrt)",
    evaluate=np.sqrt,
    numpy=(np.sqrt,),
    broadcasts=True,
    spell=call("sqrt", latex=r"\sqrt{{{0}}}") | {"mathml": Spelling("<msqrt>{0}</msqrt>")},
    formula=sympy.sqrt,
    partials=(lambda out, _x: 0.5 / out,),
    kink="at 0: infinity",
    domains=(AWAY_FROM_ZERO,),
)


def _power_dtype(dtype: DType, exponent: float) -> DType:
    number_dtype("power")(dtype)
    if dtype.kind in "iu" and isinstance(exponent, int):
        if exponent < 0:
            msg = "power: integers to a negative power are not defined; convert the base to float"
            raise DTypeError(msg)
        return dtype
    return float_dtype(dtype)


def _power_partial(_out: Operand, x: Operand, exponent: float) -> Operand | float:
    if exponent in {0, 1}:
        return float(exponent)
    if exponent == 2:
        return 2.0 * x
    return exponent * x.apply(POWER, exponent=exponent - 1)


def _power_spell(dialect: str) -> Callable[..., Spelling]:
    def rule(_count: int, exponent: float) -> Spelling:
        if dialect == "latex":
            return Spelling(f"{{{{{{0}}}}}}^{{{{{exponent!r}}}}}", EXPONENT, (EXPONENT + 1,))
        if dialect == "math":
            return Spelling(f"_pow({{0}}, {float(exponent)!r})")
        shown = f"({exponent!r})" if exponent < 0 and dialect == "text" else repr(exponent)
        return Spelling(f"{{0}}**{shown}", EXPONENT, (EXPONENT + 1,))

    return rule


POWER: Op = Op(
    name="power",
    kind=Kind.ELEMENTWISE,
    why="power rule: the exponent comes down, and drops by one",
    form=Form.POWER,
    evaluate=lambda x, exponent: x**exponent,
    dtype=_power_dtype,
    broadcasts=True,
    spell={dialect: _power_spell(dialect) for dialect in ("text", "latex", "numpy", "math")},
    formula=lambda x, exponent: x ** sympy.sympify(exponent),
    partials=(_power_partial,),
    kink="x**n, n constant: n*x**(n-1), and 0 for n = 0; 0**n, n < 0: infinity",
    domains=(AWAY_FROM_ZERO,),
    samples=tuple(Sample(((3, 2),), {"exponent": n}) for n in (1, 3, -2, 2.5, 0.5)),
)


def _varying_power_by_exponent(out: Operand, x: Operand, _y: Operand) -> Operand:
    """out * log(x), and 0 where x is 0 (the limit for y > 0)."""
    at_zero = x.apply(EQUAL, 0.0)
    safe = at_zero.apply(WHERE, 1.0, x)
    return out * safe.apply(LOG)


VARYING_POWER: Op = Op(
    name="varying_power",
    kind=Kind.ELEMENTWISE,
    why="d(u**v) = v*u**(v - 1)*du + u**v*log(u)*dv",
    form=Form.POWER,
    arity=2,
    evaluate=np.power,
    numpy=(np.power,),
    shape=broadcast_result("power"),
    broadcasts=True,
    spell=same("{0}**{1}", EXPONENT, (EXPONENT + 1, EXPONENT), latex="{{{0}}}^{{{1}}}")
    | {"math": Spelling("_pow({0}, {1})")},
    formula=lambda x, y: x**y,
    partials=(
        lambda _out, x, y: y.apply(EQUAL, 0.0).apply(
            WHERE, 0.0, y * x.apply(VARYING_POWER, y - 1.0)
        ),
        _varying_power_by_exponent,
    ),
    kink="by y: 0 at x = 0, y > 0; NaN for x < 0, never mixed into the derivative by x",
    domains=(AWAY_FROM_ZERO, (-2.0, 2.0)),
)


def _arc_partial(_out: Operand, x: Operand) -> Operand:
    """1/sqrt(1 - x**2), with the difference factored so that it keeps its digits near 1."""
    return ((1.0 - x) * (1.0 + x)).apply(SQRT).apply(RECIPROCAL)


ARCSIN = Op(
    name="arcsin",
    kind=Kind.ELEMENTWISE,
    why="chain rule: d arcsin(u)/du = 1/sqrt(1 - u**2)",
    evaluate=np.arcsin,
    numpy=(np.arcsin,),
    broadcasts=True,
    spell=call("arcsin", math="math.asin({0})", latex=r"\arcsin\left({0}\right)"),
    formula=sympy.asin,
    partials=(_arc_partial,),
    kink="at -1 and 1: infinity",
    domains=((-0.9, 0.9),),
)
ARCCOS = Op(
    name="arccos",
    kind=Kind.ELEMENTWISE,
    why="chain rule: d arccos(u)/du = -1/sqrt(1 - u**2)",
    evaluate=np.arccos,
    numpy=(np.arccos,),
    broadcasts=True,
    spell=call("arccos", math="math.acos({0})", latex=r"\arccos\left({0}\right)"),
    formula=sympy.acos,
    partials=(lambda out, x: -_arc_partial(out, x),),
    kink="at -1 and 1: -infinity",
    domains=((-0.9, 0.9),),
)
