"""NumPy's functions of arrays on nodes: values, and derivatives of both modes."""

import math
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen.buffers import renamed_piece
from graphcomp.codegen.pieces import Piece
from graphcomp.errors import GraphcompError
from graphcomp.graph import GraphData
from tests.conformance.array_calls import ENTRIES
from tests.conformance.cases import cotangents, run, tangent
from tests.conformance.entries import Entry
from tests.conformance.numerics import close, difference
from tests.conformance.own_calls import OWN_CALLS

ROWS = np.array([0, 2])


def label(entry: Entry) -> str:
    name = entry.function.__name__ if entry.function is not None else "key"
    return name + "-".join(map(str, entry.shapes)).replace(" ", "")


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_values_are_numpys_and_derivatives_of_both_modes_agree_with_differences(entry: Entry):
    rng = np.random.default_rng(3)
    names = [f"x{i}" for i in range(len(entry.shapes))]
    values = {n: rng.uniform(0.5, 2, s) for n, s in zip(names, entry.shapes, strict=True)}
    inputs = [gc.array(name, value.shape) for name, value in values.items()]
    graph = GraphData(inputs, {"y": entry.call(entry.function, *inputs)})

    def reference(point: Any) -> Any:
        return np.asarray(entry.call(entry.function, *(point[name] for name in names)))

    expected = reference(values)
    assert graph.outputs[0].shape == expected.shape
    assert graph.outputs[0].dtype == expected.dtype
    assert close(run(graph, values)["y"], expected, 1e-13)
    if not graph.outputs[0].is_real:
        return
    directions = {n: rng.uniform(-1, 1, value.shape) for n, value in values.items()}
    image = tangent(graph, values, directions)
    assert close(image, difference(reference, values, directions))
    ct = np.asarray(rng.uniform(-1, 1, image.shape))
    pulled = cotangents(graph, values, ct, names)
    moved = sum(np.sum(pulled[name] * directions[name]) for name in names)
    assert moved == pytest.approx(np.sum(ct * image), rel=1e-11, abs=1e-11)


OWN = [(function, *case) for function, listed in OWN_CALLS.items() for case in listed]


@pytest.mark.parametrize(
    ("function", "shapes", "call"), OWN, ids=lambda v: getattr(v, "__name__", "")
)
def test_derivatives_of_functions_of_the_package_agree_with_differences_of_their_values(
    function: Any, shapes: Any, call: Any
):
    many = shapes if shapes and isinstance(shapes[0], tuple) else (shapes,)
    rng = np.random.default_rng(5)
    values = {f"x{i}": np.asarray(rng.uniform(0.2, 0.8, s)) for i, s in enumerate(many)}
    inputs = [gc.array(name, value.shape) for name, value in values.items()]
    graph = GraphData(inputs, {"y": call(function, *inputs)})
    directions = {n: np.asarray(rng.uniform(-1, 1, v.shape)) for n, v in values.items()}
    image = tangent(graph, values, directions)
    assert close(image, difference(lambda point: run(graph, point)["y"], values, directions))
    ct = np.asarray(rng.uniform(-1, 1, image.shape))
    pulled = cotangents(graph, values, ct, list(values))
    moved = sum(np.sum(pulled[name] * directions[name]) for name in values)
    assert moved == pytest.approx(np.sum(ct * image), rel=1e-11, abs=1e-11)


# ---------------------------------------------------------------- indices that are nodes, x.at


def check(graph: GraphData, values: Any, expected: Any, names: list[str]) -> None:
    """The value, and reverse mode against forward mode."""
    found = run(graph, values)["y"]
    assert np.array_equal(found, expected)
    rng = np.random.default_rng(4)
    directions = {name: rng.uniform(-1, 1, values[name].shape) for name in names}
    image = tangent(graph, values, directions)
    ct = np.asarray(rng.uniform(-1, 1, image.shape))
    pulled = cotangents(graph, values, ct, names)
    moved = sum(np.sum(pulled[name] * directions[name]) for name in names)
    assert moved == pytest.approx(np.sum(ct * image), rel=1e-12, abs=1e-13)


def test_an_index_may_be_a_node():
    x, i, j = gc.array("x", "m n"), gc.array("i", "k", "int64"), gc.array("j", (), "int64")
    values = {"x": np.arange(12.0).reshape(4, 3), "i": np.array([0, 2, 2]), "j": np.array(1)}
    a, at, one = values["x"], values["i"], 1
    for node, expected in [
        (x[i], a[at]),
        (x[:, i], a[:, at]),
        (x[i, i], a[at, at]),
        (x[j], a[one]),
        (x[i, j], a[at, one]),
        (x[1:, i][0], a[1:, at][0]),
        (gc.functions.take(x, i, axis=1), a[:, at]),
    ]:
        check(GraphData([x, i, j], {"y": node}), values, expected, ["x"])


UPDATES: dict[str, tuple[Any, tuple[int, ...]]] = {
    "number": (1, (2,)),
    "slice": ((slice(None), 0), (3,)),
    "array": (ROWS, (2, 2)),
    "pairs": ((ROWS, np.array([1, 0])), (2,)),
    "column": ((slice(None), np.array([1])), (3, 1)),
    "mask": (np.array([[True, False], [False, False], [True, True]]), (3,)),
    "steps": (slice(None, None, 2), (2, 2)),
}


@pytest.mark.parametrize("name", UPDATES)
def test_updates_of_entries(name: str):
    key, shape = UPDATES[name]
    x, v = gc.array("x", (3, 2)), gc.array("v", shape)
    values = {
        "x": np.arange(6.0).reshape(3, 2) + 1,
        "v": np.arange(np.prod(shape)).reshape(shape) + 0.5,
    }
    for method, change in {
        "set": lambda old, new: new,
        "add": lambda old, new: old + new,
        "multiply": lambda old, new: old * new,
    }.items():
        expected = values["x"].copy()
        expected[key] = change(expected[key], values["v"])
        node = getattr(x.at[key], method)(v)
        check(GraphData([x, v], {"y": node}), values, expected, ["x", "v"])
    expected = values["x"].copy()
    expected[key] = 7
    check(GraphData([x], {"y": x.at[key].set(7)}), {"x": values["x"]}, expected, ["x"])


def test_updates_of_an_entry_that_is_selected_twice():
    x, v = gc.array("x", 3), gc.array("v", 4)
    at = np.array([0, 2, 2, -1])
    values = {"x": np.ones(3), "v": np.arange(4.0)}
    expected = values["x"].copy()
    np.add.at(expected, at, values["v"])
    check(GraphData([x, v], {"y": x.at[at].add(v)}), values, expected, ["x", "v"])
    with pytest.raises(GraphcompError, match="selected twice"):
        x.at[at].set(v)


def test_a_symbolic_mask_updates_but_does_not_select():
    x = gc.array("x", 3)
    values = {"x": np.array([-1.0, 2, -3])}
    check(GraphData([x], {"y": x.at[x < 0].set(0.0)}), values, [0.0, 2, 0], ["x"])
    check(GraphData([x], {"y": x.at[x < 0].multiply(2)}), values, [-2.0, 2, -6], ["x"])
    check(GraphData([x], {"y": x.at[x < 0].add(x)}), values, [-2.0, 2, -6], ["x"])
    with pytest.raises(GraphcompError, match="where"):
        x[x < 0]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ([0, 3], "index 3 is out of range"),
        ([-4], "index -4 is out of range"),
        (np.array([0.5]), "integers or booleans"),
        (np.array([True, False]), "mask of shape"),
        (([0], [0]), "2 indices"),
    ],
)
def test_indices_that_do_not_fit_are_refused_when_the_graph_is_built(key: Any, message: str):
    with pytest.raises(GraphcompError, match=message):
        gc.array("x", 3)[key]


# ---------------------------------------------------------------- dimensions as numbers


def test_named_dimensions_are_numbers_in_arithmetic():
    x = gc.array("x", "m n")
    m, n = x.shape
    a = np.random.default_rng(1).uniform(0.5, 2, (3, 4))
    for node, expected in {
        np.sum(x) / m: a.sum() / 3,
        n * x: 4 * a,
        x + n: a + 4,
        m - x: 3 - a,
        1 / n * x: a / 4,
        x / (m * n + 1): a / 13,
        x * n**0.5: a * 2,
        x**m: a**3,
        np.maximum(x, n): np.maximum(a, 4),
        np.divide(x, m): a / 3,
    }.items():
        assert close(run(GraphData([x], {"y": node}), {"x": a})["y"], np.asarray(expected), 1e-15)
    single = gc.array("x", "n", "float32")
    assert (single / single.shape[0]).dtype == np.float32


def test_renaming_variables_leaves_the_letters_of_einsum_alone():
    piece = Piece('np.einsum("i,ij->j", i, A)', 40, (), np.dtype(float), frozenset({"i", "A"}))
    assert renamed_piece(piece, {"i": "k"}).text == 'np.einsum("i,ij->j", k, A)'


def test_methods_are_the_functions():
    x = gc.array("x", (3, 1, 3))
    assert x.ravel() is x.flatten() is np.ravel(x)
    assert x.copy() is x
    assert x.swapaxes(0, 1) is np.swapaxes(x, 0, 1)
    assert x.squeeze() is np.squeeze(x)
    assert x.diagonal(axis2=2) is np.diagonal(x, axis2=2)
    assert x.trace(0, 0, 2) is np.trace(x, 0, 0, 2)
    assert x.repeat(2, 0) is np.repeat(x, 2, axis=0)
    assert x.take([0, 1], 2) is np.take(x, [0, 1], axis=2)
    assert x.argsort() is np.argsort(x)
    assert x.std(0, ddof=1) is np.std(x, 0, ddof=1)
    assert x.var(keepdims=True) is np.var(x, keepdims=True)
    assert x.argmax(2) is np.argmax(x, 2)
    assert x.argmin(keepdims=True) is np.argmin(x, keepdims=True)
    assert (x > 0).all(0) is np.all(x > 0, 0)
    assert (x > 0).any() is np.any(x > 0)
    assert x.cumsum(0) is np.cumsum(x, 0)
    assert x.cumprod() is np.cumprod(x)
    assert x.clip(0, 1) is x.clip(min=0, max=1) is np.clip(x, 0, 1)
    assert x.round(2) is np.round(x, 2)
    assert x.real is x
    assert x.flat is np.ravel(x)


def test_pythons_functions_are_numpys():
    x, y = gc.scalars("x y")
    assert round(x) is np.round(x)
    assert round(x, 2) is np.round(x, 2)
    assert math.floor(x) is np.floor(x)
    assert math.ceil(x) is np.ceil(x)
    assert math.trunc(x) is np.trunc(x)
    assert divmod(x, 2) == (x // 2, x % 2)
    assert divmod(2, x) == (2 // x, 2 % x)
    assert +x is x is abs(x).args[0]
    assert divmod(x, y) == np.divmod(x, y)


def test_signs_between_conditions_mean_and_or_not():
    x = gc.array("x", 5)
    values = {"x": np.arange(5.0)}
    low, high, mask = x > 1, x < 3, np.arange(5) == 2
    on = [np.arange(5) > 1, np.arange(5) < 3]
    for node, expected in [
        (low & high, on[0] & on[1]),
        (low | high, on[0] | on[1]),
        (low ^ high, on[0] ^ on[1]),
        (~low, ~on[0]),
        (mask & low, mask & on[0]),
        (low | mask, on[0] | mask),
        (True ^ low, ~on[0]),
        (True & low, on[0]),
        (False | low, on[0]),
    ]:
        assert np.array_equal(run(GraphData([x], {"y": node}), values)["y"], expected)


def test_reductions_that_pass_over_nan_where_nothing_is_left():
    x = gc.array("x", (2, 2))
    values = {"x": np.array([[np.nan, np.nan], [1.0, np.nan]])}
    for function in (np.nanmax, np.nanmin, np.nanmean, np.nanstd):
        node = function(x, axis=1)
        found = run(GraphData([x], {"y": node}), values)["y"]
        assert np.isnan(found[0])
        assert found[1] == (0.0 if function is np.nanstd else 1.0)


def test_new_functions_take_named_dimensions():
    x, y = gc.array("x", "m n"), gc.array("y", "n")
    a, b = np.random.default_rng(8).uniform(0.5, 2, (3, 4)), np.arange(1.0, 5)
    functions: list[Any] = [
        lambda x, y: np.nanstd(x, axis=1),
        lambda x, y: np.nanmax(x, axis=0),
        lambda x, y: np.linalg.norm(x @ x.T, 2),
        lambda x, y: np.linalg.norm(x @ x.T, "nuc"),
        np.vecdot,
        np.trapezoid,
        np.append,
        lambda x, y: np.block([[x], [np.reshape(y, (1, -1))]]),
        lambda x, y: np.polyval([1, 2, 3], x),
        lambda x, y: np.vander(y, 3),
        lambda x, y: np.ediff1d(x),
        lambda x, y: np.linspace(x, y, 3),
        lambda x, y: np.mean(x, axis=1, where=x > 1),
        np.add.outer,
        lambda x, y: np.dot(y, np.stack([x.T, x.T])),
        lambda x, y: np.isclose(x, y, atol=0.5) * x,
    ]
    for function in functions:
        graph = GraphData([x, y], {"z": function(x, y)})
        assert close(run(graph, {"x": a, "y": b})["z"], np.asarray(function(a, b)), 1e-13)
