"""Naive formulas on arrays, in generated code: values and gradients against many digits, no warnings."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

import graphcomp as gc

mp = mpmath.mp

SCALES = (1e-8, 1.0, 30.0, 700.0, 1000.0, 1e6, 1e300)


class Case(NamedTuple):
    """A formula of a vector as it is written, and value and gradient by mpmath."""

    name: str
    f: Callable[[Any], Any]
    value: Callable[[list[Any]], Any]
    gradient: Callable[[list[Any]], list[Any]]


def softmax(z: list[Any]) -> list[Any]:
    top = max(z)
    parts = [mp.exp(v - top) for v in z]
    return [part / mp.fsum(parts) for part in parts]


def log_sum(z: list[Any]) -> Any:
    top = max(z)
    return top + mp.log(mp.fsum(mp.exp(v - top) for v in z))


def norm(z: list[Any]) -> Any:
    return mp.sqrt(mp.fsum(v * v for v in z))


def unit(z: list[Any]) -> list[Any]:
    length = norm(z)
    return [v / length if length else mp.mpf(0) for v in z]


def less_first(p: list[Any]) -> list[Any]:
    return [p[0] - 1, *p[1:]]


def first_of_softmax(z):
    e = gc.exp(z)
    return (e / gc.sum(e))[0]


def slope_of_first(z: list[Any]) -> list[Any]:
    p = softmax(z)
    rest = mp.fsum(p[1:])
    return [p[0] * rest, *(-p[0] * other for other in p[1:])]


CASES = [
    Case("log(sum(exp))", lambda z: gc.log(gc.sum(gc.exp(z))), log_sum, softmax),
    Case(
        "cross-entropy",
        lambda z: -gc.log(first_of_softmax(z)),
        lambda z: log_sum(z) - z[0],
        lambda z: less_first(softmax(z)),
    ),
    Case(
        "cross-entropy by logits",
        lambda z: gc.log(gc.sum(gc.exp(z))) - z[0],
        lambda z: log_sum(z) - z[0],
        lambda z: less_first(softmax(z)),
    ),
    Case("softmax", first_of_softmax, lambda z: softmax(z)[0], slope_of_first),
    Case("norm", lambda z: gc.sqrt(gc.sum(z**2)), norm, unit),
    Case("norm as a product", lambda z: gc.sqrt(z @ z), norm, unit),
    Case(
        "hypot",
        lambda z: gc.sqrt(z[0] ** 2 + z[1] ** 2),
        lambda z: norm(z[:2]),
        lambda z: [*unit(z[:2]), *(mp.mpf(0) for _ in z[2:])],
    ),
]


def points() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    found = [scale * rng.uniform(-1, 1, 4) for scale in SCALES]
    return [*found, np.array([1000.0, 1000.0, 1000.0, 0.0]), np.array([-800.0, 0.0, 800.0, 3.0])]


SMALL = np.array([3e-200, -4e-200, 0.0, 0.0])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values_to_twelve_digits_and_gradients_to_the_last_of_the_largest_entry(case: Case):
    z = gc.array("z", "n")
    function = gc.Graph([z], {"y": case.f(z)}).compile("value_and_grad", wrt="z")
    for at in [*points(), SMALL]:
        with mp.workdps(700):
            exact = [mp.mpf(float(v)) for v in at]
            value = case.value(exact)
            gradient = np.array([float(v) for v in case.gradient(exact)])
        with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
            warnings.simplefilter("error")
            found, rate = function(at)
        if 1e-300 < abs(value) < 1e308:
            # what is left of large logits has their rounding
            error = abs(mp.mpf(found) - value)
            room = 1e-12 * abs(value) + (4e-16 * np.abs(at).max() if "cross" in case.name else 0)
            assert error <= room, (at, found, mp.nstr(value, 17))
        np.testing.assert_allclose(rate, gradient, rtol=1e-12, atol=4e-16, err_msg=str(at))


@pytest.mark.parametrize("case", CASES[-3:], ids=lambda case: case.name)
def test_the_gradient_of_a_norm_at_zero_is_zero(case: Case):
    z = gc.array("z", "n")
    function = gc.Graph([z], {"y": case.f(z)}).compile("value_and_grad", wrt="z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, rate = function(np.zeros(3))
    assert value == 0.0
    np.testing.assert_array_equal(rate, np.zeros(3))


def test_the_slope_of_a_root_at_zero_is_its_limit():
    function = gc.Graph([gc.scalar("x")], {"y": gc.sqrt(gc.scalar("x"))}).compile(
        "value_and_grad", wrt="x", target="math"
    )
    assert function(0.0) == (0.0, np.inf)
