"""Rounding to whole numbers, the parts of a number, and questions about single entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from graphcomp.op import Kind, Op, Rule, Spelling, bool_dtype, broadcast_result, first_dtype
from graphcomp.op import number_dtype as _number_dtype
from graphcomp.ops.arithmetic import AWAY_FROM_ZERO
from graphcomp.ops.spell import call


def _to_half(x: Any) -> Any:
    return np.abs(x - np.floor(x) - 0.5)


def _to_integer(x: Any) -> Any:
    return np.abs(x - np.round(x))


def _half_to_even(x: Any) -> Any:
    half = sympy.Rational(1, 2)
    return sympy.floor(x + half) - sympy.Piecewise((1, sympy.Eq(sympy.Mod(x, 2), half)), (0, True))


RINT = Op(
    name="rint",
    kind=Kind.DISCRETE,
    evaluate=np.rint,
    numpy=(np.rint,),
    broadcasts=True,
    spell=call("rint", math="_rint({0})", latex=r"\left\lfloor {0} \right\rceil"),
    formula=_half_to_even,
    margin=_to_half,
    kink="derivative 0 everywhere; halves go to the even neighbour",
)

TRUNC = Op(
    name="trunc",
    kind=Kind.DISCRETE,
    evaluate=np.trunc,
    numpy=(np.trunc,),
    dtype=first_dtype,
    broadcasts=True,
    spell=call("trunc", math="_trunc({0})"),
    formula=lambda x: sympy.sign(x) * sympy.floor(sympy.Abs(x)),
    margin=_to_integer,
    kink="derivative 0 everywhere",
)


def _fmod_margin(x: Any, y: Any) -> Any:
    ratio = np.true_divide(x, y)
    return np.abs(ratio - np.round(ratio)) * np.abs(y)


FMOD = Op(
    name="fmod",
    kind=Kind.ELEMENTWISE,
    why="fmod(u, v) = u - v*trunc(u/v), and trunc is constant between its jumps",
    arity=2,
    evaluate=np.fmod,
    numpy=(np.fmod,),
    shape=broadcast_result("fmod"),
    dtype=_number_dtype("fmod"),
    broadcasts=True,
    spell=call("fmod", arity=2) | {"numba": Spelling("_one_fmod({0}, {1})")},
    formula=lambda x, y: x - y * sympy.sign(x / y) * sympy.floor(sympy.Abs(x / y)),
    # the whole number of steps that NumPy has taken away; trunc(x/y) may differ by a rounding
    partials=(lambda _out, _x, _y: 1.0, lambda out, x, y: ((out - x) / y).apply(RINT)),
    margin=_fmod_margin,
    analytic=False,
    kink="derivative 1 by x, also at the jumps",
    domains=((-2.0, 2.0), AWAY_FROM_ZERO),
)


def _question(name: str, ufunc: Rule, math: str) -> Op:
    spelling = Spelling(math)
    return Op(
        name=name,
        kind=Kind.DISCRETE,
        evaluate=ufunc,
        numpy=(ufunc,),
        dtype=bool_dtype,
        broadcasts=True,
        spell=call(name) | {"math": spelling, "limits": spelling},
        kink="a condition: no derivative passes",
    )


ISNAN = _question("isnan", np.isnan, "math.isnan({0})")
ISINF = _question("isinf", np.isinf, "math.isinf({0})")
ISFINITE = _question("isfinite", np.isfinite, "math.isfinite({0})")
SIGNBIT = _question("signbit", np.signbit, "(math.copysign(1.0, {0}) < 0.0)")
