"""Derivatives keep their digits over the whole range: both modes, interpreter and generated code.

Exact values come from 120 digits, so that nothing cancels there. The slopes of the sigmoid and of
tanh are for generated code alone: a trace shows s*(1 - s), and the interpreter computes what it
shows.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

import graphcomp as gc
from graphcomp import ad
from graphcomp.graph import GraphData
from tests.conformance.cases import run

mp = mpmath.mp
F = Callable[..., Any]
WIDE = (1e-300, 1e-150, 1e-8, 0.5, 1.0, 30.0, 1e8, 1e150, 1e300)
SIGNED = (*WIDE, *(-x for x in WIDE))
EXPONENTS = (1e-300, 1e-8, 0.5, 1.0, 30.0, 300.0, -1e-300, -1e-8, -0.5, -1.0, -30.0, -300.0, -800.0)
NEAR_ONE = (1e-300, 1e-8, 0.5, 1 - 1e-3, 1 - 1e-9, 1 - 2.0**-53)
ABOVE_ONE = (1 + 2.0**-52, 1 + 1e-9, 1.5, 30.0, 1e8, 1e150, 1e300)


class Case(NamedTuple):
    """A function of one number, its exact derivative, and where to look."""

    name: str
    f: F
    slope: F
    points: tuple[float, ...]
    interpreted: bool = True


def sigmoid(x):
    return 1 / (1 + mp.exp(-x))


CASES = [
    Case("expm1", gc.expm1, mp.exp, EXPONENTS),
    Case("exp", gc.exp, mp.exp, EXPONENTS),
    Case("reciprocal", lambda x: 1 / x, lambda x: -1 / x**2, (1e-150, 1e-8, -30.0, 1e150)),
    Case("division", lambda x: 3 / x, lambda x: -3 / x**2, (1e-150, 1e-8, -30.0, 1e150)),
    Case(
        "division of large",
        lambda x: 1e200 / x,
        lambda x: -mp.mpf(1e200) / x**2,
        (1e200, -1e250, 1e100),
    ),
    Case("arcsin", gc.arcsin, lambda x: 1 / mp.sqrt(1 - x * x), NEAR_ONE),
    Case("arccos", gc.arccos, lambda x: -1 / mp.sqrt(1 - x * x), NEAR_ONE),
    Case("arccosh", gc.arccosh, lambda x: 1 / mp.sqrt(x * x - 1), ABOVE_ONE),
    Case("arctanh", gc.arctanh, lambda x: 1 / (1 - x * x), NEAR_ONE),
    Case("arcsinh", gc.arcsinh, lambda x: 1 / mp.sqrt(x * x + 1), SIGNED),
    Case("arctan2 by y", lambda y: gc.arctan2(y, 2 * y), lambda y: mp.mpf(0), (1e-200, 1.0, 1e200)),
    Case(
        "arctan2",
        lambda y: gc.arctan2(y, 3.0),
        lambda y: 3 / (y * y + 9),
        (1e-200, -1.0, 1e8, 1e150),
    ),
    Case("hypot", lambda x: gc.hypot(x, 2 * x), lambda x: mp.sqrt(5) * mp.sign(x), SIGNED),
    Case("hypot beside", lambda x: gc.hypot(x, 1.0), lambda x: x / mp.sqrt(x * x + 1), SIGNED),
    Case("softplus", gc.softplus, sigmoid, (*EXPONENTS, 800.0)),
    Case("log1p", gc.log1p, lambda x: 1 / (1 + x), tuple(x for x in SIGNED if x > -1)),
    Case("logaddexp", lambda x: gc.logaddexp(x, 0.0), sigmoid, (*EXPONENTS, 800.0)),
    Case("xlogy", lambda x: gc.xlogy(x, 3.0), lambda x: mp.log(3), (0.0, *SIGNED)),
    Case("sinh", gc.sinh, mp.cosh, EXPONENTS[:-1]),
    Case("sigmoid", gc.sigmoid, lambda x: sigmoid(x) * sigmoid(-x), EXPONENTS, False),
    Case("tanh", gc.tanh, lambda x: 4 * sigmoid(2 * x) * sigmoid(-2 * x), EXPONENTS, False),
    Case(
        "silu",
        gc.nn.silu,
        lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
        (1e-8, 0.5, 30.0, 300.0),
        False,
    ),
]
IDS = [case.name for case in CASES]


def close(found: float, expected: Any) -> bool:
    if abs(expected) < 1e-290:
        return abs(found) < 2e-290
    return bool(abs(mp.mpf(float(found)) - expected) <= mp.mpf("1e-12") * abs(expected))


def exact(case: Case, point: float) -> Any:
    with mp.workdps(400):
        return case.slope(mp.mpf(point))


@pytest.mark.parametrize("target", ["numpy", "math"])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_generated_code_in_both_modes(case: Case, target: str):
    x = gc.scalar("x")
    graph = gc.Graph([x], {"y": case.f(x)})
    grad, jvp = (graph.compile(kind, wrt="x", target=target) for kind in ("grad", "jvp"))
    for point in case.points:
        expected = exact(case, point)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found, (_, tangent) = grad(point), jvp(point, 1.0)
        assert close(found, expected), (point, found, mp.nstr(expected, 17))
        assert close(tangent, expected), (point, tangent, mp.nstr(expected, 17))


@pytest.mark.parametrize("case", [c for c in CASES if c.interpreted], ids=lambda c: c.name)
def test_interpreter_in_both_modes(case: Case):
    x = gc.scalar("x")
    graph = GraphData([x], {"y": case.f(x)})
    pushed, pulled = ad.pushforward(graph), ad.pullback(graph)
    for point in case.points:
        expected = exact(case, point)
        forward = run(pushed, {"x": point, "x_dot": 1.0})["y_dot"]
        reverse = run(pulled, {"x": point, "y_bar": 1.0})["x_bar"]
        assert close(float(forward), expected), (point, forward)
        assert close(float(reverse), expected), (point, reverse)


# ---------------------------------------------------------------- arrays

Z = gc.array("z", "n")


def gradient(f: F, at: Any, how: str) -> Any:
    graph = gc.Graph([Z], {"y": f(Z)})
    values: Mapping[str, Any] = {"z": np.asarray(at, float)}
    if how == "generated":
        return graph.compile("grad", wrt="z")(values["z"])
    return run(ad.gradient(graph), values)["d_y_d_z"]


both = pytest.mark.parametrize("how", ["generated", "interpreted"])


@both
@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (gc.prod, [2.0, 0.0, 3.0], [0.0, 6.0, 0.0]),
        (gc.prod, [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]),
        (gc.logsumexp, [-np.inf, 0.0, 0.0], [0.0, 0.5, 0.5]),
        (gc.logsumexp, [1000.0, 1000.0, -1000.0], [0.5, 0.5, 0.0]),
        (gc.norm, [3e200, 4e200, 0.0], [0.6, 0.8, 0.0]),
        (gc.norm, [3e-200, 4e-200, 0.0], [0.6, 0.8, 0.0]),
        (gc.norm, [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        (lambda z: gc.log_softmax(z)[0], [-800.0, 0.0, 0.0], [1.0, -0.5, -0.5]),
        (lambda z: gc.log_softmax(z)[0], [800.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
        (lambda z: gc.softmax(z)[0], [1e300, 0.0, 0.0], [0.0, 0.0, 0.0]),
    ],
)
def test_arrays(f: F, at: Any, expected: Any, how: str):
    np.testing.assert_allclose(gradient(f, at, how), expected, rtol=1e-12, atol=1e-300)


@both
@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda z: gc.xlogy(z, z).sum(), [0.0, 1.0, 1e300], [-np.inf, 1.0, 1 + np.log(1e300)]),
        (lambda z: gc.where(z > 0, gc.log(z), 0.0).sum(), [2.0, -1.0, 4.0], [0.5, 0.0, 0.25]),
    ],
)
def test_arrays_at_which_numpy_warns(f: F, at: Any, expected: Any, how: str):
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(gradient(f, at, how), expected, rtol=1e-12)
