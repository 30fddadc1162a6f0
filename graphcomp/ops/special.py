"""The error function, the logarithm of the gamma function and its derivatives, without SciPy."""

from __future__ import annotations

import math
from collections.abc import Callable

import sympy

from graphcomp.op import Kind, Op, Operand, Rule, Sample, Spelling
from graphcomp.ops.numpy_runtime import _erf, _erfc, _gammaln, _polygamma
from graphcomp.ops.spell import call
from graphcomp.ops.transcendental import EXP

TWO_BY_ROOT_PI = 2 / math.sqrt(math.pi)


def _bell(x: Operand) -> Operand:
    return TWO_BY_ROOT_PI * (-(x * x)).apply(EXP)


def _function(
    name: str,
    evaluate: Rule,
    formula: Rule,
    partial: Rule,
    math: str,
    *,
    why: str,
    domain: tuple[float, float] = (-2.0, 2.0),
    kink: str = "",
) -> Op:
    return Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        why=why,
        evaluate=evaluate,
        broadcasts=True,
        spell=call(name, numpy=f"_{name}({{0}})", math=math) | {"numba": Spelling(math)},
        formula=formula,
        partials=(partial,),
        analytic=False,
        domains=(domain,),
        kink=kink,
    )


ERF = _function(
    "erf",
    _erf,
    sympy.erf,
    lambda _out, x: _bell(x),
    "math.erf({0})",
    why="chain rule: d erf(u)/du = 2/sqrt(pi)*exp(-u**2)",
)
ERFC = _function(
    "erfc",
    _erfc,
    sympy.erfc,
    lambda _out, x: -_bell(x),
    "math.erfc({0})",
    why="chain rule: d erfc(u)/du = -2/sqrt(pi)*exp(-u**2)",
)
GAMMALN = _function(
    "gammaln",
    _gammaln,
    sympy.loggamma,
    lambda _out, x: x.apply(POLYGAMMA, order=0),
    "math.lgamma({0})",
    domain=(0.4, 4.0),
    kink="at 0 and the negative integers: infinity",
    why="chain rule: d gammaln = digamma",
)


def _polygamma_spell(dialect: str) -> Callable[..., Spelling]:
    def rule(_count: int, *, order: int) -> Spelling:
        if dialect in {"numpy", "math"}:
            return Spelling(f"_polygamma({{0}}, {order})")
        if dialect == "latex":
            return Spelling(
                rf"\psi^{{{{({order})}}}}\left({{0}}\right)" if order else r"\psi\left({0}\right)"
            )
        return Spelling(f"polygamma({order}, {{0}})" if order else "digamma({0})")

    return rule


#: The derivative of the given order of the digamma function, that of the logarithm of gamma.
POLYGAMMA: Op = Op(
    name="polygamma",
    kind=Kind.ELEMENTWISE,
    why="chain rule: d polygamma(n) = polygamma(n + 1)",
    evaluate=lambda x, order: _polygamma(x, order),
    broadcasts=True,
    spell={d: _polygamma_spell(d) for d in ("text", "latex", "numpy", "math")},
    formula=lambda x, order: sympy.polygamma(order, x),
    partials=(lambda _out, x, order: x.apply(POLYGAMMA, order=order + 1),),
    analytic=False,
    domains=((0.4, 4.0),),
    kink="at 0 and the negative integers: infinity, by the sign of the limit from above",
    samples=(
        *(Sample(((3, 2),), {"order": order}) for order in (0, 1, 2)),
        Sample(((),), {"order": 0}),
    ),
)
