"""The derivatives of the sigmoid and of tanh as functions of their own.

In terms of the function they are s*(1 - s) and 1 - t**2, as traces show them; but where s and t are
nearly 1, no digits are left in the difference. The generator puts these in their place.
"""

from __future__ import annotations

import sympy

from graphcomp.op import Kind, Op, Operand, Rule, Spelling, Ways
from graphcomp.ops import sigmoid_parts as _parts
from graphcomp.ops.numpy_runtime import _sech2, _sigmoid_slope
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.spell import call
from graphcomp.ops.transcendental import TANH, sigmoid_by_tail, small_exp


def _slope(
    name: str,
    evaluate: Rule,
    formula: Rule,
    partial: Rule,
    *,
    text: str,
    latex: str,
    why: str,
    analytic: bool = False,
    shared: dict[str, Rule] | None = None,
) -> Op:
    return Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        why=why,
        evaluate=evaluate,
        broadcasts=True,
        spell=call(name, numpy=f"_{name}({{0}})", math=f"_{name}({{0}})", latex=latex)
        | {"text": Spelling(text), "numba": Spelling(f"_one_{name}({{0}})")},
        formula=formula,
        partials=(partial,),
        analytic=analytic,
        shared=shared or {},
    )


def _sigmoid_slope_partial(out: Operand, x: Operand) -> Operand:
    """out * (1 - 2*sigmoid(x)), without the difference."""
    return -(out * (0.5 * x).apply(TANH))


def _by_small(x: Operand) -> Ways:
    small = small_exp(x)
    return [(small / (1.0 + small).apply(SQUARE), {"small": small})]


def _by_tail(x: Operand) -> Ways:
    """By exp(-x) and the sigmoid, or, as the slope is even, by those of -x."""
    ways = []
    for each in (x, -x):
        sigmoid, tail = sigmoid_by_tail(each)
        ways.append((each.apply(_parts.SLOPE_BY, tail, sigmoid), {"tail": tail}))
    return ways


SIGMOID_SLOPE = _slope(
    "sigmoid_slope",
    _sigmoid_slope,
    lambda x: 1 / (4 * sympy.cosh(x / 2) ** 2),
    _sigmoid_slope_partial,
    text="sigmoid'({0})",
    why="chain rule: d s'(u)/du = s'(u)*(1 - 2*s(u)), s = sigmoid",
    latex=r"\sigma'\left({0}\right)",
    shared={"numpy": _by_small, "math": _by_tail},
)
SECH2 = _slope(
    "sech2",
    _sech2,
    lambda x: 1 / sympy.cosh(x) ** 2,
    lambda out, x: -2.0 * (out * x.apply(TANH)),
    text="sech2({0})",
    analytic=True,
    why="chain rule: d sech(u)**2/du = -2*sech(u)**2*tanh(u)",
    latex=r"\operatorname{{sech}}^2\left({0}\right)",
)
