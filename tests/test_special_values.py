"""Values and derivatives at the edges: kinks, ties, poles, saturation, large and tiny numbers.

Where a derivative exists, that; where it does not, the minimum-norm subgradient; at the edge of a
domain the limit. The same in forward and in reverse mode.
"""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy

import graphcomp as gc
from graphcomp import ad
from graphcomp.graph import GraphData
from tests.conformance.cases import run

inf, nan = float("inf"), float("nan")
F = Callable[..., Any]


def slopes(f: F, *at: float) -> tuple[float, list[float]]:
    """The value and the partials at a point, checked to be the same in both modes."""
    inputs = [gc.scalar(f"x{i}") for i in range(len(at))]
    graph = GraphData(inputs, {"y": f(*inputs)})
    values = dict(zip(graph.input_names, at, strict=True))
    reverse = run(ad.pullback(graph), values | {"y_bar": 1.0})
    found = [float(reverse[f"{name}_bar"]) for name in graph.input_names]
    for name, slope in zip(graph.input_names, found, strict=True):
        forward = float(run(ad.pushforward(graph, name), values | {f"{name}_dot": 1.0})["y_dot"])
        assert forward == slope or (np.isnan(forward) and np.isnan(slope)), (name, forward, slope)
    return float(run(graph, values)["y"]), found


def same(found: float, expected: float) -> bool:
    """Equal, with one rounding or two of a difference, and NaN equal to itself; inf by sign."""
    if np.isnan(expected) or np.isinf(expected):
        return np.array_equal(found, expected, equal_nan=True)
    return found == pytest.approx(expected, rel=1e-15, abs=0)


#: name, function, point, value, partials
TABLE: list[tuple[str, F, tuple[float, ...], float, tuple[float, ...]]] = [
    # kinks and ties
    ("relu", gc.relu, (0.0,), 0.0, (0.0,)),
    ("relu at -0", gc.relu, (-0.0,), 0.0, (0.0,)),
    ("maximum with a number", lambda x: gc.maximum(x, 0), (0.0,), 0.0, (0.0,)),
    ("maximum with a number first", lambda x: gc.maximum(2.0, x), (2.0,), 2.0, (0.0,)),
    ("minimum with a number", lambda x: gc.minimum(x, 1.5), (1.5,), 1.5, (0.0,)),
    ("maximum", gc.maximum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", gc.minimum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum of inf", gc.maximum, (inf, inf), inf, (0.5, 0.5)),
    ("maximum of itself", lambda x: gc.maximum(x, x), (2.0,), 2.0, (1.0,)),
    ("clip at the bound", lambda x: gc.minimum(gc.maximum(x, -1), 1), (1.0,), 1.0, (0.0,)),
    ("absolute", gc.absolute, (0.0,), 0.0, (0.0,)),
    ("absolute at -0", gc.absolute, (-0.0,), 0.0, (0.0,)),
    ("sign", gc.sign, (0.0,), 0.0, (0.0,)),
    ("floor", gc.floor, (2.0,), 2.0, (0.0,)),
    ("ceil", gc.ceil, (2.0,), 2.0, (0.0,)),
    ("mod at a jump", lambda x, y: x % y, (2.0, 1.0), 0.0, (1.0, -2.0)),
    ("hypot", gc.hypot, (0.0, 0.0), 0.0, (0.0, 0.0)),
    # powers
    ("x**0", lambda x: x**0, (0.0,), 1.0, (0.0,)),
    ("x**0 at inf", lambda x: x**0, (inf,), 1.0, (0.0,)),
    ("x**1", lambda x: x**1, (0.0,), 0.0, (1.0,)),
    ("x**2", lambda x: x**2, (0.0,), 0.0, (0.0,)),
    ("x**3", lambda x: x**3, (0.0,), 0.0, (0.0,)),
    ("x**3 at -2", lambda x: x**3, (-2.0,), -8.0, (12.0,)),
    ("x**-1", lambda x: x**-1, (0.0,), inf, (-inf,)),
    ("x**-2", lambda x: x**-2, (-0.5,), 4.0, (16.0,)),
    ("x**0.5", lambda x: x**0.5, (0.0,), 0.0, (inf,)),
    ("x**1.5", lambda x: x**1.5, (0.0,), 0.0, (0.0,)),
    ("x**y at 0", gc.power, (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("x**y at 0, 1", gc.power, (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("x**y at 0, 0.5", gc.power, (0.0, 0.5), 0.0, (inf, 0.0)),
    ("x**y at 0, 0", gc.power, (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("x**y, x < 0", gc.power, (-2.0, 3.0), -8.0, (12.0, nan)),
    ("2**y", lambda y: 2**y, (3.0,), 8.0, (8 * np.log(2),)),
    # the edge of a domain
    ("sqrt", gc.sqrt, (0.0,), 0.0, (inf,)),
    ("sqrt below", gc.sqrt, (-1.0,), nan, (nan,)),
    ("log", gc.log, (0.0,), -inf, (inf,)),
    ("log1p", gc.log1p, (-1.0,), -inf, (inf,)),
    ("reciprocal", gc.reciprocal, (0.0,), inf, (-inf,)),
    ("reciprocal at -0", gc.reciprocal, (-0.0,), -inf, (-inf,)),
    ("divide by 0", lambda x, y: x / y, (3.0, 0.0), inf, (inf, -inf)),
    ("divide by -0", lambda x, y: x / y, (3.0, -0.0), -inf, (-inf, -inf)),
    ("arcsin", gc.arcsin, (1.0,), np.pi / 2, (inf,)),
    ("arccos", gc.arccos, (-1.0,), np.pi, (-inf,)),
    # saturation and overflow
    ("exp", gc.exp, (1000.0,), inf, (inf,)),
    ("exp at -1000", gc.exp, (-1000.0,), 0.0, (0.0,)),
    ("expm1 at -1000", gc.expm1, (-1000.0,), -1.0, (0.0,)),
    ("tanh", gc.tanh, (1000.0,), 1.0, (0.0,)),
    ("tanh at -1000", gc.tanh, (-1000.0,), -1.0, (0.0,)),
    ("sigmoid", gc.sigmoid, (1000.0,), 1.0, (0.0,)),
    ("sigmoid at -1000", gc.sigmoid, (-1000.0,), 0.0, (0.0,)),
    ("sigmoid at -inf", gc.sigmoid, (-inf,), 0.0, (0.0,)),
    ("softplus", gc.softplus, (1000.0,), 1000.0, (1.0,)),
    ("softplus at -1000", gc.softplus, (-1000.0,), 0.0, (0.0,)),
    ("softplus at inf", gc.softplus, (inf,), inf, (1.0,)),
    ("arctan", gc.arctan, (1e300,), np.pi / 2, (0.0,)),
    ("arctan at inf", gc.arctan, (-inf,), -np.pi / 2, (0.0,)),
    ("hypot of large", gc.hypot, (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("hypot of tiny", gc.hypot, (3e-200, 4e-200), 5e-200, (0.6, 0.8)),
    ("arctan2 of large", gc.arctan2, (1e200, 1e200), np.pi / 4, (5e-201, -5e-201)),
    ("arctan2 of tiny", gc.arctan2, (1e-200, 1e-200), np.pi / 4, (5e199, -5e199)),
    ("quotient of large", lambda x, y: x / y, (1e200, 1e200), 1.0, (1e-200, -1e-200)),
    ("quotient of tiny", lambda x, y: x / y, (1e-200, 1e-200), 1.0, (1e200, -1e200)),
    # logarithms of sums
    ("logaddexp of large", gc.logaddexp, (1000.0, -1000.0), 1000.0, (1.0, 0.0)),
    ("logaddexp of -inf", gc.logaddexp, (-inf, -inf), -inf, (0.5, 0.5)),
    ("logaddexp beside -inf", gc.logaddexp, (-inf, 2.0), 2.0, (0.0, 1.0)),
    ("logaddexp of inf", gc.logaddexp, (inf, inf), inf, (0.5, 0.5)),
    ("logaddexp2 of -inf", gc.logaddexp2, (-inf, -inf), -inf, (0.5, 0.5)),
    ("logit", gc.logit, (0.0,), -inf, (inf,)),
    ("logit at 1/2", gc.logit, (0.5,), 0.0, (4.0,)),
    ("xlogy", gc.xlogy, (0.0, 0.0), 0.0, (-inf, 0.0)),
    ("xlogy of 0", gc.xlogy, (0.0, 3.0), 0.0, (np.log(3), 0.0)),
    ("xlogy of NaN", gc.xlogy, (0.0, nan), nan, (nan, nan)),
    ("log2", gc.log2, (0.0,), -inf, (inf,)),
    ("log10", gc.log10, (1000.0,), 3.0, (np.log10(np.e) / 1000,)),
    ("exp2", gc.exp2, (-2000.0,), 0.0, (0.0,)),
    ("erf", gc.erf, (inf,), 1.0, (0.0,)),
    ("erfc of large", gc.erfc, (30.0,), 0.0, (0.0,)),
    ("gammaln at a pole", gc.gammaln, (0.0,), inf, (-inf,)),
    ("gammaln of inf", gc.gammaln, (inf,), inf, (inf,)),
    # inverse hyperbolic functions
    ("arcsinh of large", gc.arcsinh, (1e200,), float(np.arcsinh(1e200)), (1e-200,)),
    ("arccosh", gc.arccosh, (1.0,), 0.0, (inf,)),
    ("arccosh of large", gc.arccosh, (1e200,), float(np.arccosh(1e200)), (1e-200,)),
    ("arctanh", gc.arctanh, (-1.0,), -inf, (inf,)),
    ("cbrt", gc.cbrt, (0.0,), 0.0, (inf,)),
    ("cbrt below", gc.cbrt, (-8.0,), -2.0, (1 / 12,)),
    ("sinc", gc.sinc, (0.0,), 1.0, (0.0,)),
    # rounding, choices
    ("rint of a half", gc.rint, (2.5,), 2.0, (0.0,)),
    ("round", lambda x: gc.round(x, 1), (0.25,), 0.2, (0.0,)),
    ("fmod at a jump", gc.fmod, (-3.0, 1.5), -0.0, (1.0, 2.0)),
    ("copysign", gc.copysign, (0.0, -2.0), -0.0, (0.0, 0.0)),
    ("copysign of a sign", gc.copysign, (3.0, -0.0), -3.0, (-1.0, 0.0)),
    ("clip", lambda x: gc.clip(x, -1, 1), (-1.0,), -1.0, (0.0,)),
    ("fmax of NaN", gc.fmax, (nan, 2.0), 2.0, (0.0, 1.0)),
    ("fmin of NaN", gc.fmin, (2.0, nan), 2.0, (1.0, 0.0)),
    ("fmax", gc.fmax, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("heaviside", gc.heaviside, (0.0, 0.25), 0.25, (0.0, 1.0)),
    ("nan_to_num", gc.nan_to_num, (nan,), 0.0, (0.0,)),
    ("nan_to_num at -inf", gc.nan_to_num, (-inf,), float(np.finfo(float).min), (0.0,)),
    # the branch taken, alone
    ("where log", lambda x: gc.where(x > 0, gc.log(x), 0), (0.0,), 0.0, (0.0,)),
    ("where log, other way", lambda x: gc.where(x <= 0, 0, gc.log(x)), (0.0,), 0.0, (0.0,)),
    ("where sqrt", lambda x: gc.where(x > 0, gc.sqrt(x), x), (0.0,), 0.0, (1.0,)),
    ("where x log x", lambda x: gc.where(x > 0, x * gc.log(x), 0), (0.0,), 0.0, (0.0,)),
    (
        "where of a chain",
        lambda x: gc.where(x > 0, gc.sin(2 * gc.sqrt(x) + 1), x),
        (0.0,),
        0.0,
        (1.0,),
    ),
    ("where 1/x", lambda x: gc.where(x > 0, 1 / x, x), (0.0,), 0.0, (1.0,)),
    ("where below the root", lambda x: gc.sqrt(gc.where(x > 0, x, 0)), (-1.0,), 0.0, (0.0,)),
    ("where exp", lambda x: gc.where(x < 1, gc.exp(x), x), (1000.0,), 1000.0, (1.0,)),
    ("where NaN", lambda x: gc.where(x > 0, gc.log(x), x * x), (-3.0,), 9.0, (-6.0,)),
    ("where power", lambda x, y: gc.where(x > 0, x**y, y), (-1.0, 0.5), 0.5, (0.0, 1.0)),
]


@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
@pytest.mark.parametrize(
    ("f", "at", "value", "partials"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_special_value(f: F, at: tuple[float, ...], value: float, partials: tuple[float, ...]):
    found, slope = slopes(f, *at)
    assert same(found, value), found
    for mine, expected in zip(slope, partials, strict=True):
        assert same(mine, expected), slope


# ---------------------------------------------------------------- arrays


def array_slopes(f: F, at: Any, ct: Any = 1.0) -> tuple[Any, Any]:
    """Value and vector-Jacobian product, checked against the Jacobian of forward mode."""
    point = np.asarray(at, float)
    x = gc.array("x", point.shape)
    graph = GraphData([x], {"y": f(x)})
    value = run(graph, {"x": point})["y"]
    bar = np.broadcast_to(np.asarray(ct, float), value.shape)
    pulled = run(ad.pullback(graph), {"x": point, "y_bar": bar})["x_bar"]
    jacobian = run(ad.jacobian(graph, mode="forward"), {"x": point})["d_y_d_x"]
    reverse = run(ad.jacobian(graph, mode="reverse"), {"x": point})["d_y_d_x"]
    assert np.array_equal(jacobian, reverse, equal_nan=True)
    assert np.allclose(np.tensordot(bar, jacobian, bar.ndim), pulled, rtol=1e-14, equal_nan=True)
    return value.tolist(), pulled.tolist()


def test_extremes_share_the_derivative_among_equal_entries():
    assert array_slopes(gc.max, [2, 5, 5, 1]) == (5, [0, 0.5, 0.5, 0])
    assert array_slopes(gc.min, [1, 1, 1, 4]) == (1, [1 / 3, 1 / 3, 1 / 3, 0])
    assert array_slopes(gc.max, [-inf, -inf]) == (-inf, [0.5, 0.5])
    rows = array_slopes(lambda x: gc.max(x, axis=1), [[3, 3], [1, 2]], [10, 7])
    assert rows == ([3, 2], [[5, 5], [0, 7]])


def test_an_infinite_slope_behind_the_smaller_entry_contributes_nothing():
    """max(5, sqrt(x)) at 0 is 5 nearby, so its derivative is 0, though that of sqrt is inf."""
    x = gc.scalar("x")
    graph = GraphData([x], {"y": gc.max(gc.stack([gc.sqrt(x), x + 5]))})
    assert run(ad.gradient(graph), {"x": 0.0})["d_y_d_x"] == 1
    assert run(ad.pushforward(graph), {"x": 0.0, "x_dot": 1.0})["y_dot"] == 1


def test_products_with_zeros_are_exact():
    assert array_slopes(gc.prod, [2, 0, 3]) == (0, [0, 6, 0])
    assert array_slopes(gc.prod, [0, 0, 3]) == (0, [0, 0, 0])
    assert array_slopes(gc.prod, [4]) == (4, [1])
    x = gc.array("x", 3)
    hessian = ad.hessian(GraphData([x], {"y": gc.prod(x)}))
    found = run(hessian, {"x": np.array([0.0, 0.0, 3.0])})["d2_y_d_x_d_x"]
    assert found.tolist() == [[0, 3, 0], [3, 0, 0], [0, 0, 0]]


def test_logsumexp_with_infinitely_small_entries():
    def logsumexp(x):
        top = gc.stop_gradient(gc.max(x))
        return top + gc.log(gc.sum(gc.exp(x - top)))

    value, slope = array_slopes(logsumexp, [-inf, 0, 0])
    assert value == np.log(2)
    assert slope == [0, 0.5, 0.5]
    assert array_slopes(logsumexp, [1000, -1000]) == (1000, [1, 0])


def test_masks_hold_under_sums_and_shapes():
    """A sum, a broadcast, a shape between the choice and the pole do not let an inf through."""

    def scalar_choice(x):
        return gc.where(gc.sum(x) > 0, gc.sum(gc.log(x)), 0)

    assert array_slopes(scalar_choice, [0.0, 0.0]) == (0, [0, 0])

    def choice_of_rows(x):
        return gc.where(x > 0, gc.log(x), 0).reshape((2, 2)).sum(axis=0)

    assert array_slopes(choice_of_rows, [0, 1, 2, 0], [1, 10])[1] == [0, 10, 0.5, 0]


def test_second_derivatives_at_edges():
    def second(f: F, at: float) -> float:
        x = gc.scalar("x")
        return float(run(ad.hessian(GraphData([x], {"y": f(x)})), {"x": at})["d2_y_d_x_d_x"])

    assert second(lambda x: x**2, 0.0) == 2
    assert second(lambda x: x**3, 0.0) == 0
    assert second(gc.relu, 0.0) == 0
    assert second(gc.sqrt, 0.0) == -inf
    assert second(gc.softplus, -1000.0) == 0
    assert second(lambda x: gc.where(x > 0, gc.sqrt(x), x * x), 0.0) == 2


@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
def test_second_derivatives_of_constant_slopes_are_zero_everywhere():
    x = gc.scalar("x")
    for f in (lambda x: x**1, lambda x: x**0, gc.relu, gc.absolute):
        hessian = ad.hessian(GraphData([x], {"y": f(x)}))
        assert run(hessian, {"x": 0.0})["d2_y_d_x_d_x"] == 0


# ---------------------------------------------------------------- accuracy

s = sympy.Symbol("s", real=True)
#: function, formula, points, relative error allowed in the derivative
ACCURACY: list[tuple[F, Any, list[float], float]] = [
    (gc.expm1, sympy.exp(s) - 1, [-50.0, -1e-20, 1e-20, 30.0], 4e-16),
    (gc.log1p, sympy.log(1 + s), [-1 + 1e-15, 1e-20, 1e20], 4e-16),
    (gc.arcsin, sympy.asin(s), [1 - 1e-15, -1 + 1e-12, 1e-9], 4e-16),
    (gc.arccos, sympy.acos(s), [1 - 1e-15, -1 + 1e-12, 1e-9], 4e-16),
    (gc.arctan, sympy.atan(s), [1e-9, 1e8, -1e15], 4e-16),
    (gc.tanh, sympy.tanh(s), [-0.5, 1e-10, 3.0], 1e-13),
    (gc.sigmoid, 1 / (1 + sympy.exp(-s)), [-700.0, -40.0, 1e-10, 3.0], 4e-15),
    (gc.softplus, sympy.log(1 + sympy.exp(s)), [-700.0, -40.0, 1e-10, 40.0], 4e-15),
    (gc.arcsinh, sympy.asinh(s), [1e-9, -1e8, 1e150], 4e-16),
    (gc.arccosh, sympy.acosh(s), [1 + 1e-12, 1e8, 1e150], 1e-15),
    (gc.arctanh, sympy.atanh(s), [1 - 1e-15, 1e-9, -0.5], 1e-15),
    (gc.logit, sympy.log(s / (1 - s)), [1e-300, 0.4999999, 0.7, 1 - 1e-15], 1e-15),
    (gc.erf, sympy.erf(s), [-3.0, 0.46875, 1e-20, 0.7], 2e-15),
    (gc.erfc, sympy.erfc(s), [-3.0, 0.47, 4.0, 4.1], 5e-15),
    (gc.gammaln, sympy.loggamma(s), [1e-20, 0.6, 1.0001, 3.9, 11.0, 1e10], 1e-15),
    (lambda x: x**2.5, s ** sympy.Rational(5, 2), [1e-100, 1e100], 4e-16),
    (lambda x: 3 / x, 3 / s, [1e-150, 1e150], 4e-16),
]


@pytest.mark.parametrize(
    ("f", "formula", "points", "allowed"), ACCURACY, ids=[str(row[1]) for row in ACCURACY]
)
def test_derivative_is_accurate_to_the_last_digits(f: F, formula, points, allowed: float):
    derivative = sympy.lambdify(s, sympy.diff(formula, s), "mpmath")
    function = sympy.lambdify(s, formula, "mpmath")
    for at in points:
        value, (slope,) = slopes(f, at)
        with mpmath.workdps(400):
            exact_value, exact = float(function(mpmath.mpf(at))), float(derivative(mpmath.mpf(at)))
        assert value == pytest.approx(exact_value, rel=4e-16, abs=0), at
        assert slope == pytest.approx(exact, rel=allowed, abs=0), at
