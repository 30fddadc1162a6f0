"""Functions with kinks: relu, absolute value, sign, maximum, minimum, rounding.

At a kink both modes give the minimum-norm subgradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from graphcomp.op import (
    Joins,
    Kind,
    Op,
    Operand,
    Rule,
    Spelling,
    broadcast_result,
    common_dtype,
    first_dtype,
    number_dtype,
)
from graphcomp.ops.comparison import EQUAL, bracket
from graphcomp.ops.spell import call

SIGN = Op(
    name="sign",
    kind=Kind.DISCRETE,
    evaluate=np.sign,
    numpy=(np.sign,),
    dtype=number_dtype("sign"),
    broadcasts=True,
    apart=True,
    spell=call("sign", math="_sign({0})", latex=r"\operatorname{{sgn}}\left({0}\right)"),
    formula=sympy.sign,
    margin=np.abs,
    kink="derivative 0 everywhere",
)

ABS = Op(
    name="absolute",
    kind=Kind.ELEMENTWISE,
    why="chain rule: d abs = sign",
    evaluate=np.abs,
    numpy=(np.absolute,),
    dtype=first_dtype,
    broadcasts=True,
    spell=call("abs", math="abs({0})", latex=r"\left|{0}\right|") | {"text": Spelling("|{0}|")},
    formula=lambda x: sympy.Abs(x),
    partials=(lambda _out, x: x.apply(SIGN),),
    margin=np.abs,
    analytic=False,
    kink="0 at 0",
)

RELU = Op(
    name="relu",
    kind=Kind.ELEMENTWISE,
    why="chain rule: d relu = 1 where its argument is positive, else 0",
    evaluate=lambda x: np.maximum(x, 0),
    dtype=number_dtype("relu"),
    broadcasts=True,
    spell=call("relu", numpy="np.maximum({0}, 0.0)", math="max({0}, 0.0)"),
    formula=lambda x: sympy.Max(x, 0),
    partials=(lambda _out, x: bracket(x > 0.0, x),),
    margin=np.abs,
    kink="0 at 0",
)


def _extremum_partial(mine: Operand, other: Operand, ahead: Operand) -> Operand:
    """1 where `mine` is ahead; at a tie 1/2, or 0 if `other` is a literal constant."""
    won = bracket(ahead, mine)
    if other.is_constant:
        return won
    return won + 0.5 * bracket(mine.apply(EQUAL, other), mine)


def _extremum(
    name: str, ufunc: Rule, formula: Rule, partials: tuple[Rule, Rule], *, why: str
) -> Op:
    short = name[:3]
    return Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        why=why,
        arity=2,
        evaluate=ufunc,
        numpy=(ufunc,),
        shape=broadcast_result(name),
        dtype=common_dtype,
        broadcasts=True,
        spell=call(short, numpy=f"np.{name}({{0}}, {{1}})", math=f"_{short}({{0}}, {{1}})", arity=2)
        | {"latex": Spelling(rf"\{short}\left({{0}}, {{1}}\right)")},
        formula=formula,
        partials=partials,
        margin=lambda x, y: np.abs(np.subtract(x, y)),
        kink="1/2 each at a tie; 0 against a literal constant",
        domains=((-2.0, 2.0), (-2.0, 2.0)),
    )


MAXIMUM = _extremum(
    "maximum",
    np.maximum,
    sympy.Max,
    (
        lambda _out, x, y: _extremum_partial(x, y, x > y),
        lambda _out, x, y: _extremum_partial(y, x, y > x),
    ),
    why="the larger argument passes its derivative on; at a tie each does by half",
)
MINIMUM = _extremum(
    "minimum",
    np.minimum,
    sympy.Min,
    (
        lambda _out, x, y: _extremum_partial(x, y, x < y),
        lambda _out, x, y: _extremum_partial(y, x, y < x),
    ),
    why="the smaller argument passes its derivative on; at a tie each does by half",
)


def _to_integer(x: Any) -> Any:
    return np.abs(x - np.round(x))


def _rounding(name: str, ufunc: Rule, math: str, latex: str, formula: Rule, margin: Rule) -> Op:
    return Op(
        name=name,
        kind=Kind.DISCRETE,
        evaluate=ufunc,
        numpy=(ufunc,),
        dtype=first_dtype,
        broadcasts=True,
        joins=Joins.NOTHING,
        spell=call(name, math=math, latex=latex),
        formula=formula,
        margin=margin,
        kink="derivative 0 everywhere",
    )


FLOOR = _rounding(
    "floor", np.floor, "_floor({0})", r"\left\lfloor {0} \right\rfloor", sympy.floor, _to_integer
)
CEIL = _rounding(
    "ceil", np.ceil, "_ceil({0})", r"\left\lceil {0} \right\rceil", sympy.ceiling, _to_integer
)
