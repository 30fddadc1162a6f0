"""Elementwise ops as users would make them: the cases of their tests."""

import numpy as np
import sympy

import graphcomp as gc
from graphcomp.op import Sample
from tests.conformance.cases import Case

x, y, out = sympy.symbols("x y out")


def _stable(x, y):
    # the larger one in front
    top = np.maximum(x, y)
    return top + np.log1p(np.exp(-np.abs(x - y)))


def _one_line(x): return x * x * x  # fmt: skip


def _sinc_like(x):
    """Divided where that is possible."""
    safe = np.where(x == 0.0, 1.0, x)
    return np.where(x == 0.0, 1.0, np.sin(safe) / safe).astype(np.result_type(x))


CUSTOM = [
    gc.elementwise_op("t_bump", sympy.exp(-(x**2))),
    gc.elementwise_op("t_bump_out", sympy.exp(-(x**2)), partials=[-2 * x * out]),
    gc.elementwise_op("t_swish", lambda x, beta: x / (1 + sympy.exp(-beta * x))),
    gc.elementwise_op("t_hypot", sympy.sqrt(x**2 + y**2), domain=((0.5, 2), (0.5, 2))),
    gc.elementwise_op("t_ratio", x / y, args="y x", domain=((0.5, 2), (-1, 1))),
    gc.elementwise_op(
        "t_logaddexp",
        sympy.log(sympy.exp(x) + sympy.exp(y)),
        numpy=_stable,
        partials={
            "x": lambda _out, x, y: gc.sigmoid(x - y),
            y: 1 / (1 + sympy.exp(x - y)),
        },
    ),
    gc.elementwise_op("t_cube", x**3, numpy=_one_line, latex=r"\left({0}\right)^{{\star}}"),
    gc.elementwise_op("t_sinc", sympy.sin(x) / x, numpy=_sinc_like, domain=(0.5, 2)),
    gc.elementwise_op(
        "t_huber",
        sympy.Piecewise((x**2 / 2, abs(x) < 1), (abs(x) - sympy.Rational(1, 2), True)),
        kink="none in the first derivative",
    ),
    gc.elementwise_op("t_leaky", sympy.Max(x, x / 10)),
    gc.elementwise_op("t_log", sympy.log(x) * y, domain=((0.5, 3), (-1, 1))),
]

CASES = [
    Case(made.op, sample.shapes, sample.params)
    for made in CUSTOM
    for sample in (Sample(((3, 2),) * made.op.arity), Sample(((),) * made.op.arity))
]
