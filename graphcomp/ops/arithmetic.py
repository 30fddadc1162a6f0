"""Sums, products, quotients and powers."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from graphcomp.op import (
    ADDITIVE,
    LOWEST,
    MULTIPLICATIVE,
    UNARY,
    Form,
    Joins,
    Kind,
    Op,
    Spelling,
    broadcast_result,
    common_dtype,
    number_dtype,
)
from graphcomp.ops.spell import call, same

AWAY_FROM_ZERO = (0.4, 2.0)


ADD = Op(
    name="add",
    kind=Kind.LINEAR,
    why="sum rule: d(u + v) = du + dv",
    why_constant=("an added constant has derivative 0",) * 2,
    form=Form.SUM,
    arity=2,
    evaluate=np.add,
    numpy=(np.add,),
    shape=broadcast_result("add"),
    dtype=common_dtype,
    broadcasts=True,
    joins=Joins.PRODUCER_IF_CONSTANT,
    # a + (b - c) may lose its parentheses for people, not for a computer: rounding differs
    spell=same("{0} + {1}", ADDITIVE, (ADDITIVE, ADDITIVE))
    | dict.fromkeys(("numpy", "math"), Spelling("{0} + {1}", ADDITIVE, (ADDITIVE, ADDITIVE + 1))),
    formula=lambda x, y: x + y,
    transpose=lambda _index, ct, _x, _y: ct,
    domains=((-2.0, 2.0), (-2.0, 2.0)),
)

SUB = Op(
    name="subtract",
    kind=Kind.LINEAR,
    why="sum rule: d(u - v) = du - dv",
    why_constant=("an added constant has derivative 0",) * 2,
    form=Form.DIFFERENCE,
    arity=2,
    evaluate=np.subtract,
    numpy=(np.subtract,),
    shape=broadcast_result("subtract"),
    dtype=number_dtype("subtract"),
    broadcasts=True,
    joins=Joins.PRODUCER_IF_CONSTANT,
    spell=same("{0} - {1}", ADDITIVE, (ADDITIVE, ADDITIVE + 1)),
    formula=lambda x, y: x - y,
    transpose=lambda index, ct, _x, _y: -ct if index else ct,
    domains=((-2.0, 2.0), (-2.0, 2.0)),
)

NEG = Op(
    name="negative",
    kind=Kind.LINEAR,
    why="constant factor: d(-u) = -du",
    form=Form.NEGATION,
    evaluate=np.negative,
    numpy=(np.negative,),
    dtype=number_dtype("negative"),
    broadcasts=True,
    joins=Joins.PRODUCER,
    spell=same("-{0}", UNARY, (UNARY,)),
    formula=lambda x: -x,
    transpose=lambda _index, ct, _x: -ct,
)

MUL = Op(
    name="multiply",
    kind=Kind.MULTILINEAR,
    why="product rule: d(u*v) = v*du + u*dv",
    why_constant=("constant factor: d(c*u) = c*du",) * 2,
    form=Form.PRODUCT,
    arity=2,
    evaluate=np.multiply,
    numpy=(np.multiply,),
    shape=broadcast_result("multiply"),
    dtype=common_dtype,
    broadcasts=True,
    joins=Joins.PRODUCER_IF_CONSTANT,
    spell=same(
        "{0}*{1}",
        MULTIPLICATIVE,
        (MULTIPLICATIVE, MULTIPLICATIVE + 1),
        latex=r"{0}\,{1}",
        numpy="{0} * {1}",
        math="{0} * {1}",
    ),
    formula=lambda x, y: x * y,
    transpose=lambda index, ct, x, y: ct * x if index else ct * y,
    domains=((-2.0, 2.0), (-2.0, 2.0)),
)

DIV = Op(
    name="divide",
    kind=Kind.ELEMENTWISE,
    why="quotient rule: d(u/v) = du/v - (u/v)*dv/v",
    why_constant=("constant factor: d(u/c) = du/c", "chain rule: d(c/u)/du = -c/u**2"),
    form=Form.QUOTIENT,
    arity=2,
    evaluate=np.true_divide,
    numpy=(np.true_divide,),
    shape=broadcast_result("divide"),
    broadcasts=True,
    joins=Joins.PRODUCER_IF_CONSTANT,
    spell=same(
        "{0}/{1}",
        MULTIPLICATIVE,
        (MULTIPLICATIVE, MULTIPLICATIVE + 1),
        latex=r"\frac{{{0}}}{{{1}}}",
        numpy="{0} / {1}",
        math="{0} / {1}",
    )
    | {
        "limits": Spelling("_div({0}, {1})"),
        "once": Spelling(
            "{0} / {1} if {1} else _div({0}, {1})",
            LOWEST + 1,
            (MULTIPLICATIVE, MULTIPLICATIVE + 1),
        ),
    },
    formula=lambda x, y: x / y,
    # -(x/y)/y, never -x/y**2, which overflows where the quotient does not
    partials=(lambda _out, _x, y: y.apply(RECIPROCAL), lambda out, _x, y: -(out / y)),
    kink="x/0: signed infinity",
    domains=((-2.0, 2.0), AWAY_FROM_ZERO),
)

RECIPROCAL: Op = Op(
    name="reciprocal",
    kind=Kind.ELEMENTWISE,
    why="chain rule: d(1/u)/du = -1/u**2",
    form=Form.RECIPROCAL,
    evaluate=lambda x: np.true_divide(1, x),
    numpy=(np.reciprocal,),
    broadcasts=True,
    spell=same(
        "1/{0}",
        MULTIPLICATIVE,
        (MULTIPLICATIVE + 1,),
        latex=r"\frac{{1}}{{{0}}}",
        numpy="1.0 / {0}",
        math="1.0 / {0}",
    )
    | {
        "limits": Spelling("_div(1.0, {0})"),
        "once": Spelling("1.0 / {0} if {0} else _div(1.0, {0})", LOWEST + 1, (MULTIPLICATIVE + 1,)),
    },
    formula=lambda x: 1 / x,
    partials=(lambda out, _x: -(out * out),),
    kink="at 0: signed infinity",
    domains=(AWAY_FROM_ZERO,),
)


def _floor_margin(x: Any, y: Any) -> Any:
    ratio = np.true_divide(x, y)
    return np.abs(ratio - np.round(ratio)) * np.abs(y)


FLOOR_DIVIDE = Op(
    name="floor_divide",
    kind=Kind.DISCRETE,
    arity=2,
    evaluate=np.floor_divide,
    numpy=(np.floor_divide,),
    shape=broadcast_result("floor_divide"),
    dtype=number_dtype("floor_divide"),
    broadcasts=True,
    spell=same("{0}//{1}", MULTIPLICATIVE, (MULTIPLICATIVE, MULTIPLICATIVE + 1), numpy="{0} // {1}")
    | call(
        "floor_divide",
        latex=r"\left\lfloor {0} / {1} \right\rfloor",
        math="_floordiv({0}, {1})",
        arity=2,
    )
    | {
        "text": Spelling("{0}//{1}", MULTIPLICATIVE, (MULTIPLICATIVE, MULTIPLICATIVE + 1)),
        "numba": Spelling("_one_floor_divide({0}, {1})"),
    },
    formula=lambda x, y: sympy.floor(x / y),
    margin=_floor_margin,
    kink="derivative 0 everywhere",
    domains=((-2.0, 2.0), AWAY_FROM_ZERO),
)

MOD = Op(
    name="mod",
    kind=Kind.ELEMENTWISE,
    why="u mod v = u - v*floor(u/v), and floor is constant between its jumps",
    arity=2,
    evaluate=np.mod,
    numpy=(np.mod,),
    shape=broadcast_result("mod"),
    dtype=number_dtype("mod"),
    broadcasts=True,
    spell=same(
        "{0} % {1}",
        MULTIPLICATIVE,
        (MULTIPLICATIVE, MULTIPLICATIVE + 1),
        latex=r"{0} \mathbin{{\mathrm{{mod}}}} {1}",
    )
    | {"text": Spelling("{0} mod {1}", MULTIPLICATIVE, (MULTIPLICATIVE, MULTIPLICATIVE + 1))}
    | {"math": Spelling("_mod({0}, {1})")},
    formula=lambda x, y: x - y * sympy.floor(x / y),
    partials=(lambda _out, _x, _y: 1.0, lambda _out, x, y: -x.apply(FLOOR_DIVIDE, y)),
    margin=_floor_margin,
    analytic=False,
    kink="derivative 1 by x, also at the jumps",
    domains=((0.1, 2.0), AWAY_FROM_ZERO),
)
