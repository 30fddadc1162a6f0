"""The table of special values through generated code: NumPy and plain Python floats.

At a kink, at a pole, at infinity, generated code gives what the interpreter gives, and raises no
exception; NumPy's warnings are NumPy's.
"""

import math
import warnings

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen import once
from graphcomp.errors import DerivativeWarning
from tests.test_special_values import TABLE, F, same

ROWS = pytest.mark.parametrize(
    ("f", "at", "value", "partials"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)


@ROWS
@pytest.mark.parametrize("kind", ["vjp", "jvp"])
@pytest.mark.parametrize("target", ["numpy", "math"])
def test_generated_code_gives_the_special_value(
    f: F, at: tuple[float, ...], value: float, partials: tuple[float, ...], kind: str, target: str
):
    inputs = [gc.scalar(f"x{i}") for i in range(len(at))]
    graph = gc.Graph(inputs, {"y": f(*inputs)})
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", DerivativeWarning)
        found, slopes = DERIVATIVES[kind](graph, at, target)
    assert same(found, value)
    for mine, expected in zip(slopes, partials, strict=True):
        assert same(mine, expected), slopes


@ROWS
def test_a_function_that_is_written_once_gives_the_special_value(
    f: F, at: tuple[float, ...], value: float, partials: tuple[float, ...], monkeypatch
):
    """Large functions take the functions that may raise as arguments; here every function does."""
    monkeypatch.setattr(once, "LARGE", 0)
    inputs = [gc.scalar(f"x{i}") for i in range(len(at))]
    graph = gc.Graph(inputs, {"y": f(*inputs)})
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", DerivativeWarning)
        found, slopes = by_jvp(graph, at, "math")
        grad = graph.compile("value_and_grad", target="math")(*at)
    assert same(found, value)
    assert same(grad[0], value)
    for mine, also, expected in zip(slopes, grad[1], partials, strict=True):
        assert same(mine, expected), slopes
        assert same(also, expected), grad


def by_vjp(graph: gc.Graph, at: tuple[float, ...], target: str) -> tuple[float, list[float]]:
    value, vjp = graph.compile("vjp", target=target)(*at)
    return value, list(vjp(1.0))


def by_jvp(graph: gc.Graph, at: tuple[float, ...], target: str) -> tuple[float, list[float]]:
    """By one argument at a time: along all of them a tangent of 0 may meet an infinite slope."""
    found = [graph.compile("jvp", name, target=target)(*at, 1.0) for name in graph.input_names]
    return found[0][0], [slope for _, slope in found]


DERIVATIVES = {"vjp": by_vjp, "jvp": by_jvp}


def test_arrays_of_special_values_are_what_scalars_are():
    """One array that holds all points of a function of one argument: branches per entry."""
    points = np.array(
        [-math.inf, -1000.0, -1.0, -0.0, 0.0, 1e-300, 1.0, 1000.0, math.inf, math.nan]
    )
    x, s = gc.array("x", "n"), gc.scalar("s")
    for f in (
        gc.relu, gc.absolute, gc.sigmoid, gc.softplus, gc.tanh, gc.sqrt, gc.exp, gc.expm1,
        lambda x: gc.where(x > 0, gc.log(x), x), lambda x: gc.maximum(x, 0.5), lambda x: x**3,
        lambda x: gc.minimum(x, -x), lambda x: gc.hypot(x, 1.0),
    ):  # fmt: skip
        array = gc.Graph([x], {"y": f(x)}).compile("vjp")
        scalar = gc.Graph([s], {"y": f(s)}).compile("vjp")
        with np.errstate(all="ignore"):
            value, vjp = array(points)
            slope = vjp(np.ones(len(points)))[0]
            for i, point in enumerate(points.tolist()):
                one, pull = scalar(point)
                np.testing.assert_array_equal(value[i], one)
                np.testing.assert_allclose(slope[i], pull(1.0)[0], rtol=1e-15)
