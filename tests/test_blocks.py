"""Blocks of derivatives along a dimension: against the full Jacobian, and what has none is refused."""

import warnings

import numpy as np
import pytest

import graphcomp as gc
from graphcomp import functions as f
from graphcomp.check import check_module
from graphcomp.cli import main
from graphcomp.codegen import load
from graphcomp.graph import GraphData
from graphcomp.node import constant

SIZES = {"n": 4, "m": 3, "k": 2}
C = np.arange(6.0).reshape(2, 3) - 2.0

#: A function, and the shapes of its arguments.
CASES = {
    "columns": (lambda x, y: gc.stack([x[0] * y[1], gc.exp(x[1]) * y[0]]), "2 n", "3 n"),
    "rows": (lambda x, y: gc.stack([x[:, 0] * y[:, 1], y[:, 0] ** 2], axis=1), "n 2", "n 3"),
    "vector of columns": (lambda x, y: x[0] * gc.sin(y[2]), "2 n", "3 n"),
    "vector of rows": (lambda x, y: x[:, 0] * gc.sin(y[:, 2]), "n 2", "n 3"),
    "vectors": (lambda x, y: x * gc.tanh(y), "n", "n"),
    "rows from columns": (lambda x, y: (x * y).T, "2 n", "2 n"),
    "rows and columns": (lambda x, y: x * y.T, "n 2", "2 n"),
    "vector and matrix": (lambda x, y: x * y, "n", "2 n"),
    "matrix of columns": (lambda x, y: x[:, None] * y[None, :2], "2 n", "3 n"),
    "dimension in the middle": (lambda x, y: x * y, "2 n 3", "2 n 1"),
    "product with a matrix": (lambda x, y: C @ x + y, "3 n", "2 n"),
    "batch of rows": (lambda x, y: gc.tanh(x @ C) * y, "n 2", "n 3"),
    "softmax": (lambda x, y: f.softmax(x, axis=0) * y, "3 n", "n"),
    "norm": (lambda x, y: f.norm(x - y, axis=0), "3 n", "3 n"),
    "whole array read elsewhere": (lambda x, y: x * y.shape[-1] + y, "2 n", "2 n"),
    "size known later": (lambda x, y: gc.exp(x) * y, "m n", "m n"),
    "two sizes known later": (lambda x, y: (x.sum(axis=0) * y)[None], "m n", "k n"),
    "many rows": (lambda x, y: gc.sin(x) * y, "9 n", "9 n"),
    "more results than inputs": (lambda x, y: x * np.arange(5.0)[:, None] + y**2, "n", "n"),
    "more rows than inputs": (lambda x, y: (x * y)[:, None] * np.arange(1.0, 6), "n", "n"),
    "one argument only": (
        lambda x, y: gc.stack([x[0], x[0] * x[1]]) + 0 * y.shape[0],
        "2 n",
        "2 n",
    ),
    "itself": (lambda x, y: x, "2 n", "2 n"),
    "branches": (lambda x, y: gc.where(x > y, x**2 * y, gc.log(y**2)), "2 n", "2 n"),
    "named steps": (lambda x, y: gc.let("h", gc.let("g", x * y) ** 2)[::-1], "2 n", "2 n"),
    "parts joined": (lambda x, y: f.concatenate([x * y, y**3, x[:1]]), "2 n", "2 n"),
    "cumulative beside it": (lambda x, y: f.cumsum(x, axis=0) * y, "3 n", "n"),
}


def made(name):
    function, *shapes = CASES[name]
    x, y = gc.array("x", shapes[0]), gc.array("y", shapes[1])
    return gc.Graph([x, y], {"r": function(x, y)}, name="f")


def point(graph, rng):
    values = {}
    for node in graph.inputs:
        shape = [SIZES.get(str(dim), dim) for dim in node.shape]
        values[node.param("name")] = rng.uniform(0.5, 1.5, shape)
    return values


def place_of(node):
    return [str(dim) for dim in node.shape].index("n")


def from_jacobian(graph: GraphData, name: str, full: np.ndarray) -> np.ndarray:
    """The blocks in a full Jacobian, outside of which there is nothing."""
    (output,) = graph.outputs
    variable = dict(zip(graph.input_names, graph.inputs, strict=True))[name]
    mine, other = place_of(output), output.ndim + place_of(variable)
    outside = np.moveaxis(full.copy(), (mine, other), (0, 1))
    found = np.stack([outside[i, i] for i in range(SIZES["n"])])
    outside[np.arange(SIZES["n"]), np.arange(SIZES["n"])] = 0.0
    assert not outside.any()
    first = mine == other - output.ndim == 0 and output.ndim + variable.ndim > 2
    return found if first else np.moveaxis(found, 0, -1)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore::graphcomp.DerivativeWarning")
def test_blocks_are_those_of_the_jacobian(name, rng):
    graph = made(name)
    values = point(graph, rng)
    full = graph.jacobian().evaluate(values)
    symbolic = graph.blocks(along="n")
    found = symbolic.evaluate(values)
    value, blocks = graph.compile("blocks", along="n")(**values)
    np.testing.assert_allclose(value, graph.evaluate(values)["r"], rtol=1e-14)
    for x, block, node in zip(("x", "y"), blocks, symbolic.outputs, strict=True):
        expected = from_jacobian(graph, x, full[f"d_r_d_{x}"])
        assert tuple(SIZES.get(str(dim), dim) for dim in node.shape) == expected.shape
        np.testing.assert_allclose(found[f"d_r_d_{x}"], expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(block, expected, rtol=1e-12, atol=1e-14)


def test_many_columns_are_computed_in_pieces(rng):
    graph = made("columns")
    function = graph.compile("blocks")
    x, y = rng.normal(size=(2, 20_001)), rng.normal(size=(3, 20_001))
    value, (d_x, d_y) = function(x, y)
    np.testing.assert_array_equal(value, [x[0] * y[1], np.exp(x[1]) * y[0]])
    zero = np.zeros(20_001)
    np.testing.assert_allclose(d_x, [[y[1], zero], [zero, np.exp(x[1]) * y[0]]], rtol=1e-14)
    np.testing.assert_allclose(d_y, [[zero, x[0], zero], [np.exp(x[1]), zero, zero]], rtol=1e-14)


def test_no_columns():
    value, (d_x, d_y) = made("columns").compile("blocks")(np.zeros((2, 0)), np.zeros((3, 0)))
    assert (value.shape, d_x.shape, d_y.shape) == ((2, 0), (2, 2, 0), (2, 3, 0))


def test_a_row_that_is_not_read_does_not_spoil_the_others():
    """The derivative of one row is infinite; 0 times it would be NaN in the other's block."""
    x = gc.array("x", "2 n")
    graph = gc.Graph([x], {"r": gc.stack([gc.sqrt(x[0]), x[0] * x[1]])}, name="f")
    with np.errstate(divide="ignore"):
        _, block = graph.compile("blocks", wrt="x")(np.array([[0.0], [2.0]]))
    np.testing.assert_array_equal(block[:, :, 0], [[np.inf, 0.0], [2.0, 0.0]])


def test_several_outputs_come_as_the_function_returns_them(rng):
    def both(x, ys):
        return {"a": x * ys[0], "b": gc.stack([ys[1], x])}

    graph = gc.from_function(both, x="n", ys=["n", "n"])
    with pytest.warns(gc.DerivativeWarning) as found:
        graph.blocks()
    assert [str(warning.message) for warning in found] == [
        "a of graph 'both' does not depend on 'ys_1': its derivative is zero",
        "b of graph 'both' does not depend on 'ys_0': its derivative is zero",
    ]
    value, blocks = graph.compile("blocks", wrt=["ys"])(np.ones(3), [np.full(3, 2.0), np.zeros(3)])
    assert set(value) == set(blocks) == {"a", "b"}
    np.testing.assert_array_equal(blocks["a"][0][0], np.ones(3))
    np.testing.assert_array_equal(blocks["a"][0][1], np.zeros(3))
    np.testing.assert_array_equal(blocks["b"][0][1], [[1, 1, 1], [0, 0, 0]])


def test_by_a_step_and_in_single_precision(rng):
    x = gc.array("x", "2 n", "float32")
    graph = gc.Graph([x], {"r": gc.let("h", x * 2) ** 2}, name="f")
    values = rng.normal(size=(2, 3)).astype("float32")
    value, block = graph.compile("blocks", wrt="h")(values)
    assert value.dtype == block.dtype == np.float32
    np.testing.assert_allclose(block, np.eye(2)[:, :, None] * (4 * values), rtol=1e-6)


def test_what_others_read_may_be_mixed(rng):
    """Derivatives pass through `x` alone: the mean of `y` is a constant to them."""
    x, y = gc.array("x", "n"), gc.array("y", "n")
    graph = gc.Graph([x, y], {"r": x * y.mean()}, name="f")
    _, block = graph.compile("blocks", wrt="x")(np.ones(3), np.array([1.0, 2, 6]))
    np.testing.assert_array_equal(block, [3, 3, 3])


X, Y, S = gc.array("x", "2 n"), gc.array("y", "m n"), gc.array("s", "n n")
V = gc.array("v", "n")


@pytest.mark.parametrize(
    ("result", "step"),
    [
        (X * X.sum(), "sum"),
        (X - X.mean(axis=1, keepdims=True), "sum"),
        (V @ V * V, "v @ v"),
        (X[:, ::-1] * X, r"x\[:, ::-1\]"),
        (V[:, None] * V[None, :], r"v\[:, None\]\*v"),
        (f.cumsum(X, axis=1), "cumsum"),
        (f.softmax(X, axis=1), "softmax"),
        (f.sort(V), "sort"),
        ((X.T @ X)[0], "@ x"),
        (V[0] * V, r"v\[0\]"),
        (X.reshape((-1,)), "reshape"),
    ],
    ids=repr,
)
def test_a_step_that_mixes_places_is_named(result, step):
    inputs = [node for node in (X, V) if f"{node.param('name')}" in repr(result)]
    graph = gc.Graph(inputs[-1:], {"r": result}, name="f")
    with pytest.raises(
        gc.DerivativeError, match=f"blocks along n: .*{step}.* can mix entries at different places"
    ):
        graph.blocks(along="n")


@pytest.mark.parametrize(
    ("inputs", "result", "along", "message"),
    [
        ([Y, gc.array("z", "m n")], Y * 2, None, "share the dimensions m, n: say which, as in along='m'"),
        ([Y, gc.scalar("a")], Y * gc.scalar("a"), None, "share no named dimension: name others in wrt"),
        ([Y, gc.scalar("a")], Y * gc.scalar("a"), "n", r"'a' of shape \(\) has no axis of size n, not one"),
        ([S], S * 2, "n", r"'s' of shape \(n, n\) has 2 axes of size n, not one"),
        ([X], X * 2, "k", r"'x' of shape \(2, n\) has no axis of size k"),
        ([gc.array("q", "2 3")], gc.array("q", "2 3") * 2, None, "share no named dimension"),
    ],
)  # fmt: skip
def test_what_has_no_such_dimension_is_refused(inputs, result, along, message):
    graph = gc.Graph(inputs, {"r": result}, name="f")
    with pytest.raises(gc.ShapeError, match=message):
        graph.blocks(along=along)


def test_an_integer_output_is_refused():
    graph = gc.Graph([V], {"r": V > 0}, name="f")
    with pytest.raises(gc.DerivativeError, match="output 'r' is bool: it has no derivative"):
        graph.blocks()


def test_zeros_where_an_output_depends_on_nothing(rng):
    graph = gc.Graph([X, V], {"r": constant(1.0) * V}, name="f")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gc.DerivativeWarning)
        _, (d_x, d_v) = graph.compile("blocks")(np.ones((2, 3)), np.ones(3))
    np.testing.assert_array_equal(d_x, np.zeros((2, 3)))
    np.testing.assert_array_equal(d_v, np.ones(3))


def test_the_source_has_one_sweep_for_each_row_and_no_dense_jacobian():
    source = made("columns").compile("blocks").source
    assert "np.eye" not in source
    assert "for each place along the common dimension" in source.replace("\n    ", " ")
    assert source.count("_place(") == 3  # its definition, and one for each argument


@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_the_module_says_what_it_was_made_with(target):
    source = made("columns").source(["blocks"], target=target)
    assert '"functions": ["blocks"]' in source


LAYOUTS = ["columns", "rows", "rows and columns", "vector of rows", "vector and matrix"]


@pytest.mark.parametrize("name", LAYOUTS)
def test_modules_are_checked_by_their_blocks(name):
    report = check_module(load(made(name).source(["blocks"]), "f"))
    assert report.passed, report
    assert [row.argument for row in report.rows] == ["(value)", "x", "y"]


def test_a_check_finds_blocks_in_the_wrong_place():
    source = made("columns").source(["blocks"])
    wrong = source.replace("(1, 1): ", "(1, 0): ", 1)
    report = check_module(load(wrong, "f"))
    assert not report.passed


def test_the_command_line(tmp_path, capsys):
    model = tmp_path / "model.py"
    model.write_text("def f(x, y):\n    return x * y\n")
    common = ["compile", f"{model}:f", "--shape", "x=m:n,y=m:n", "--functions", "blocks"]
    assert main([*common, "--along", "n"]) == 0
    assert "def f_blocks(" in capsys.readouterr().out
    assert main(common) == 1
    assert "share the dimensions m, n: say which" in capsys.readouterr().err
