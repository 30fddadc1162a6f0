"""The inverse hyperbolic functions, the cube root and sin(pi x)/(pi x)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from graphcomp.op import Kind, Op, Operand, Rule, Sample, Spelling
from graphcomp.ops.arithmetic import AWAY_FROM_ZERO, RECIPROCAL
from graphcomp.ops.numpy_runtime import _sinc
from graphcomp.ops.powers import SQRT
from graphcomp.ops.spell import call
from graphcomp.ops.transcendental import HYPOT


def _function(
    name: str,
    ufunc: np.ufunc,
    formula: Rule,
    partial: Rule,
    math: str,
    *,
    why: str,
    domain: tuple[float, float],
    kink: str = "",
    analytic: bool = True,
) -> Op:
    return Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        why=why,
        evaluate=ufunc,
        numpy=(ufunc,),
        broadcasts=True,
        spell=call(name, math=math),
        formula=formula,
        partials=(partial,),
        domains=(domain,),
        kink=kink,
        analytic=analytic,
    )


ARCSINH = _function(
    "arcsinh",
    np.arcsinh,
    sympy.asinh,
    lambda _out, x: x.apply(HYPOT, 1.0).apply(RECIPROCAL),  # x*x overflows at 1e200
    "math.asinh({0})",
    domain=(-2.0, 2.0),
    why="chain rule: d arcsinh(u)/du = 1/sqrt(1 + u**2)",
)


def _arccosh_partial(_out: Operand, x: Operand) -> Operand:
    """1/sqrt(x**2 - 1), with digits near 1, and without overflow."""
    return ((x - 1.0).apply(SQRT) * (x + 1.0).apply(SQRT)).apply(RECIPROCAL)


ARCCOSH = _function(
    "arccosh",
    np.arccosh,
    sympy.acosh,
    _arccosh_partial,
    "math.acosh({0})",
    domain=(1.3, 3.0),
    kink="at 1: infinity",
    why="chain rule: d arccosh(u)/du = 1/sqrt(u**2 - 1)",
)
ARCTANH = _function(
    "arctanh",
    np.arctanh,
    sympy.atanh,
    lambda _out, x: ((1.0 - x) * (1.0 + x)).apply(RECIPROCAL),
    "math.atanh({0})",
    domain=(-0.8, 0.8),
    kink="at -1 and 1: value signed infinity, derivative inf",
    why="chain rule: d arctanh(u)/du = 1/(1 - u**2)",
)
CBRT = _function(
    "cbrt",
    np.cbrt,
    lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3),
    lambda out, _x: 1.0 / (3.0 * (out * out)),
    "math.cbrt({0})",
    domain=AWAY_FROM_ZERO,
    kink="at 0: infinity",
    analytic=False,
    why="chain rule: d cbrt = 1/(3*cbrt**2)",
)


def _sinc_formula(x: Any, *, order: int) -> Any:
    at = sympy.Dummy("at", real=True)
    return sympy.diff(sympy.sin(sympy.pi * at) / (sympy.pi * at), at, order).subs(at, x)


def _sinc_spell(dialect: str) -> Callable[..., Spelling]:
    def rule(_count: int, *, order: int) -> Spelling:
        if dialect == "numpy" and not order:
            return Spelling("np.sinc({0})")
        if dialect in {"numpy", "math"}:
            return Spelling(f"_sinc({{0}}, {order})")
        name = r"\operatorname{{sinc}}" if dialect == "latex" else "sinc"
        marks = "'" * order if order <= 3 else f"^{{{{({order})}}}}"
        return Spelling(f"{name}{marks}({{0}})")

    return rule


#: The derivative of the given order of sin(pi x)/(pi x); quotients of it cancel near 0.
SINC: Op = Op(
    name="sinc",
    kind=Kind.ELEMENTWISE,
    why="chain rule: the derivative of sinc is a function of its own",
    evaluate=lambda x, order: _sinc(x, order),
    broadcasts=True,
    spell={dialect: _sinc_spell(dialect) for dialect in ("text", "latex", "numpy", "math")},
    formula=_sinc_formula,
    partials=(lambda _out, x, order: x.apply(SINC, order=order + 1),),
    domains=((-2.0, 2.0),),
    samples=tuple(Sample(((3, 2),), {"order": order}) for order in (0, 1, 2)),
)
