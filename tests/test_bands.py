"""Derivatives of functions of neighbours: a few diagonals are computed, and nothing else."""

from functools import cache

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen.functions import plan, with_steps
from graphcomp.codegen.plans import Request
from graphcomp.node import apply
from graphcomp.ops.triangular import BANDED, known_length
from graphcomp.program import name_steps
from graphcomp.rewrite import Roots, run_passes
from graphcomp.shape import parse_shape
from graphcomp.traversal import topological

#: Functions to a number, and whether their Hessian is made of diagonals alone.
LOSSES = {
    "entry by entry": (lambda x: (np.exp(x) * np.sin(x)).sum(), True),
    "squares": (lambda x: (x**2).sum(), True),
    "quotient": (lambda x: (x[1:] / (1 + x[:-1] ** 2)).sum(), True),
    "neighbours": (lambda x: np.sin(x[1:] * x[:-1]).sum(), True),
    "rosenbrock": (lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(), True),
    "second neighbours": (lambda x: (np.exp(x[2:] * x[:-2]) + x[1:-1] ** 3).sum(), True),
    "fifth and third": (lambda x: (x[5:] ** 2 * x[3:-2]).sum(), True),
    "choice": (lambda x: np.where(x[1:] > x[:-1], x[1:] ** 2 * x[:-1], x[:-1] ** 3).sum(), True),
    "kink": (lambda x: (np.maximum(x, 0) ** 3).sum(), True),
    "sum beside": (lambda x: (x * np.sum(x[1:] ** 2)).sum(), False),
    "function of a sum": (lambda x: (x**2).sum() ** 2 + (x[1:] * x[:-1]).sum(), False),
    "norm": (lambda x: np.sqrt((x**2).sum() + 1), False),
    "backwards": (lambda x: (x[::-1] * x**2).sum(), False),
    "every other": (lambda x: (x[::2] ** 3).sum(), False),
    "cumulative": (lambda x: (np.cumsum(x) ** 3).sum(), False),
    "softmax": (lambda x: np.log(np.exp(x).sum()), False),
}

#: The same for vectors and their Jacobian.
VECTORS = {
    "entry by entry": (lambda x: np.tanh(x) * x, True),
    "difference": (lambda x: x[1:] - x[:-1], True),
    "shorter": (lambda x: x[2:] * x[:-2] + x[1:-1], True),
    "centred": (lambda x: np.exp(x[2:-1]), True),
    "divided": (lambda x: x[3:] / 2, True),
    "joined": (lambda x: np.concatenate([x[1:] ** 2, x]), False),
    "total taken off": (lambda x: (x - x.sum()) ** 2, False),
}


#: The lengths from which on no slice is shorter than it is said to be.
SMALLEST = {
    "second neighbours": 2,
    "fifth and third": 5,
    "shorter": 2,
    "centred": 3,
    "divided": 3,
}

#: Shorter than this, dimensions such as n - 3 would be negative where arrays are made.
NONE = {"fifth and third": 2, "joined": 1}


def pairs(functions):
    return [(name, n) for name in functions for n in range(NONE.get(name, 0), 10)]


@cache
def compiled(name: str, kind: str):
    """The graph of a case, that of its derivative, and its compiled function."""
    graph = traced((LOSSES if kind == "hessian" else VECTORS)[name][0])
    return getattr(graph, kind)("x"), graph.compile(kind, wrt="x")


def interpreted(graph: gc.Graph, x: np.ndarray) -> np.ndarray:
    return graph.evaluate(x=x)[graph.output_names[0]]


def traced(function, dtype="float64"):
    x = gc.array("x", "n", dtype)
    return gc.Graph([x], {"y": function(x)}, name="f")


def matrices(graph: gc.Graph, kind: str) -> list[str]:
    """The ops of nodes with two axes, when all passes have run."""
    request = Request(with_steps(name_steps(graph)), graph, "x", "f", None, "")
    results = tuple(plan(kind, request).outputs.values())
    roots, _ = run_passes(Roots(results))
    return [node.op.name for node in topological(roots.results) if node.ndim > 1]


@pytest.mark.parametrize(("name", "n"), pairs(LOSSES))
def test_hessians_are_those_of_the_interpreter(name, n, rng):
    derived, function = compiled(name, "hessian")
    x = rng.normal(size=n)
    expected = interpreted(derived, x) if n >= SMALLEST.get(name, 1) else np.zeros((n, n))
    result = function(x)
    assert result.shape == (n, n)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("name", "n"), pairs(VECTORS))
def test_jacobians_are_those_of_the_interpreter(name, n, rng):
    derived, function = compiled(name, "jacobian")
    x = rng.normal(size=n)
    shape = (len(VECTORS[name][0](x)), n)
    expected = interpreted(derived, x) if n >= SMALLEST.get(name, 1) else np.zeros(shape)
    result = function(x)
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [name for name, (_, all_bands) in LOSSES.items() if all_bands])
def test_a_hessian_is_filled_once_and_nothing_else_has_two_axes(name):
    assert matrices(traced(LOSSES[name][0]), "hessian") == ["banded"]


@pytest.mark.parametrize("name", [name for name, (_, all_bands) in VECTORS.items() if all_bands])
def test_a_jacobian_is_filled_once_and_nothing_else_has_two_axes(name):
    assert matrices(traced(VECTORS[name][0]), "jacobian") == ["banded"]


def test_a_large_matrix():
    x = np.linspace(0.0, 1.0, 3_000)
    graph = traced(lambda x: (x[1:] - x[:-1] ** 2) ** 2)
    jacobian = graph.compile("jacobian", wrt="x")(x)
    assert jacobian.shape == (2_999, 3_000)
    main, upper = np.diagonal(jacobian), np.diagonal(jacobian, 1)
    r = x[1:] - x[:-1] ** 2
    np.testing.assert_allclose(main, -4 * r * x[:-1], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(upper, 2 * r, rtol=1e-12, atol=1e-15)


def test_very_many_diagonals(rng):
    x = gc.array("x", "n")
    total = gc.constant(0.0)
    for k in range(1, 45):
        total = total + (x[k:] ** 2 * x[:-k]).sum()
    graph = gc.Graph([x], {"y": total}, name="f")
    values = rng.normal(size=50)
    expected = interpreted(graph.hessian("x"), values)
    result = graph.compile("hessian", wrt="x")(values)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


def test_single_precision_stays():
    x = np.linspace(0.1, 1, 6, dtype="float32")
    graph = traced(lambda x: (x[1:] ** 2 * x[:-1] + 3 * x[1:] ** 2).sum(), "float32")
    result = graph.compile("hessian", wrt="x")(x)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, interpreted(graph.hessian("x"), x), rtol=1e-5)
    one = traced(lambda x: 3 * x[1:], "float32").compile("jacobian", wrt="x")(x)
    assert one.dtype == np.float32


def test_blocks_of_several_variables(rng):
    x, y = gc.array("x", "n"), gc.array("y", "n")
    graph = gc.Graph([x, y], {"s": (gc.sin(x * y)[1:] * y[:-1]).sum()}, name="f")
    values = {"x": rng.normal(size=6), "y": rng.normal(size=6)}
    expected = graph.hessian().evaluate(values)
    blocks = graph.compile("hessian")(**values)
    names = iter(graph.hessian().output_names)
    for row in blocks:
        for block in row:
            np.testing.assert_allclose(block, expected[next(names)], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("shape", ["m n", "n 2 m", "3 2"])
def test_arrays_with_several_axes(shape, rng):
    x = gc.array("x", shape)
    values = rng.normal(size=[{"m": 2, "n": 3}.get(str(dim), dim) for dim in x.shape])
    graph = gc.Graph([x], {"y": (gc.exp(x) * x + gc.where(x > 0, x**2, 0.0)).sum()}, name="f")
    function = graph.compile("hessian", wrt="x")
    expected = interpreted(graph.hessian("x"), values)
    np.testing.assert_allclose(function(values), expected, rtol=1e-12, atol=1e-13)
    assert matrices(graph, "hessian").count("banded") == 1
    assert "np.eye" not in function.source


def test_beside_the_diagonals_nothing_is_computed():
    """Infinities of one entry do not make the zeros of others NaN, as 0*inf would."""
    x = np.array([0.0, 1.0, 2.0])
    graph = traced(lambda x: np.log(x) * 2)
    with np.errstate(divide="ignore"):
        result = graph.compile("jacobian", wrt="x")(x)
    np.testing.assert_array_equal(result, [[np.inf, 0, 0], [0, 2, 0], [0, 0, 1]])


def test_products_with_matrices_scale_rows_and_columns(rng):
    x, a = gc.array("x", "n"), gc.array("A", "m n")
    graph = gc.Graph([x, a], {"y": a[:, 1:] @ gc.tanh(x[:-1])}, name="f")
    values = {"x": rng.normal(size=5), "A": rng.normal(size=(3, 5))}
    expected = graph.jacobian("x").evaluate(values)["d_y_d_x"]
    function = graph.compile("jacobian", wrt="x")
    np.testing.assert_allclose(function(**values), expected, rtol=1e-12, atol=1e-14)
    assert "np.eye" not in function.source


def test_the_generated_lines():
    source = traced(LOSSES["rosenbrock"][0]).compile("hessian", wrt="x").source
    assert source.endswith(
        """\
    t3 = _scatter(200.0, (slice(1, None, 1),), (n,)) + t2
    d2_y_d_x_d_x: Array = _banded({0: t3, 1: t1, -1: t1}, (n, n))
    return d2_y_d_x_d_x
"""
    )


@pytest.mark.parametrize(
    ("rows", "columns", "offset", "length"),
    [
        ("n", "n", 0, "n"),
        ("n", "n", -2, "n-2"),
        ("n-1", "n", 0, "n-1"),
        ("n-1", "n", 1, "n-1"),
        ("n-1", "n", 2, "n-2"),
        ("n", "n-3", -3, "n-3"),
        ("n", "n-3", 1, "n-4"),
        ("n+m", "n", 0, "n"),
        ("3", "2", -2, "1"),
        ("3", "2", 2, "0"),
    ],
)
def test_the_length_of_a_diagonal(rows, columns, offset, length):
    (down, across, expected) = parse_shape((rows, columns, length))
    assert known_length(down, across, offset) == expected


def test_a_length_that_depends_on_sizes_is_not_guessed():
    (m, n) = parse_shape("m n")
    assert known_length(m, n, 0) is None
    with pytest.raises(gc.ShapeError, match="depends on sizes that are not known"):
        gc.diagonal(gc.array("A", "m n"))


def test_a_line_of_another_length_is_refused():
    with pytest.raises(gc.ShapeError, match="banded: \\(3,\\) has not the length 2"):
        apply(BANDED, gc.array("v", 3), offsets=(1,), shape=(3, 3))
