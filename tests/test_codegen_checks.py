"""Modules without checks: they compute the same, of arguments that are right."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphcomp as gc
from graphcomp.check import check_module
from graphcomp.codegen import generate, load
from graphcomp.graph import GraphData
from tests.conformance.cases import CASES, SMOOTH
from tests.generated import agree
from tests.networks import Layer, network
from tests.test_codegen_module import ALL, point
from tests.test_codegen_module import network as plain_network
from tests.test_codegen_numba import stand_in
from tests.test_codegen_random import graphs, values

CHECKING = re.compile(r"\b_(as_array|as_scalar|checked|misfit|shown|number|whole|items|entries)\b")


def nested(params, x):
    """A function of structures of which it does not use everything."""
    h = np.tanh(params["pair"][0].W @ x)
    return {"h": h, "sums": (np.sum(h), [np.sum(params["weights"][1]) * params["scale"]])}


SHAPES = {
    "pair": [Layer("m n", "m"), Layer("m", "m")],
    "weights": ("m n", "k m"),
    "scale": "",
    "none": [],
}


@pytest.mark.parametrize("target", ["numpy", "math", "numba"])
def test_nothing_of_the_checks_is_left(target):
    x, a = gc.scalars("x a")
    graph = GraphData([x, a], {"y": gc.exp(x) / a})
    assert CHECKING.search(generate(graph, ALL, target=target))
    source = generate(graph, ALL, target=target, checks=False)
    assert not CHECKING.search(source)
    assert " ".join(source.split()).count("Arguments are not checked.") == len(ALL)


def test_nothing_of_them_is_left_for_arrays_and_structures():
    layered = gc.from_function(nested, params=SHAPES, x="n")
    for graph in (plain_network(), network(3), layered):
        kinds = ["value", "vjp", "jvp"]
        assert not CHECKING.search(generate(graph, kinds, checks=False))
    flat = generate(plain_network(), ["value_and_grad_flat"], checks=False)
    assert not CHECKING.search(flat)


def test_the_module_says_so():
    source = generate(plain_network(), checks=False)
    module = load(source, "loss")
    assert module.SIGNATURE["checks"] is False
    assert "target numpy; no checks" in " ".join(source.split())
    assert "taken as they are, without checks" in str(module.__doc__)
    assert "checks" not in load(generate(plain_network()), "loss").SIGNATURE


@pytest.mark.parametrize("sizes", [(3, 4, 2), (1, 1, 1), (0, 3, 2)])
def test_dimensions_are_still_taken_from_the_arguments(sizes):
    agree(plain_network(), point(*sizes), checks=False)


def test_computed_dimensions():
    x, A = gc.array("x", "2*n"), gc.array("A", "n 3")
    graph = GraphData([x, A], {"y": x.reshape((2, -1)) @ A})
    agree(graph, {"x": np.arange(8.0), "A": np.ones((4, 3))}, checks=False)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_op(case):
    kinds = ("value", "vjp", "jvp") if case in SMOOTH else ("value",)
    agree(case.graph(), case.values(), kinds=kinds, rtol=1e-10, checks=False)


def test_structures_are_taken_apart_where_they_are_used():
    graph = gc.from_function(nested, params=SHAPES, x="n")
    rng = np.random.default_rng(0)
    sizes = {"m": 3, "n": 2, "k": 4}
    at = {
        node.param("name"): rng.uniform(-1, 1, [sizes[str(dim)] for dim in node.shape])
        for node in graph.inputs
    }
    source = agree(graph, at, kinds=("value", "vjp", "jvp", "jacobian"), checks=False)
    assert 'params_scale = params["scale"]' in source
    assert 'params["none"]' not in source


def test_numbers_have_the_dtype_that_the_graph_says():
    x, s = gc.array("x", "n", "float32"), gc.scalar("s")
    graph = GraphData([x, s], {"y": x * s, "z": 1.0 / s})
    module = load(generate(graph, checks=False), "y")
    function = vars(module)[graph.name]
    with np.errstate(divide="ignore"):
        y, z = function(np.ones(2, np.float32), 0.0)
    assert (y.dtype, z) == (np.float64, np.inf)


def test_float32_and_whole_numbers():
    x, s = gc.array("x", "n", "float32"), gc.scalar("s", "float32")
    k = gc.scalar("k", "int64")
    graph = GraphData([x, s, k], {"y": gc.tanh(x * s) / s, "z": k * k})
    at = {"x": np.ones(3, np.float32), "s": np.float32(0.5), "k": np.asarray(3)}
    agree(graph, at, ["x", "s"], kinds=("value", "vjp", "jvp"), checks=False)


@given(graphs(), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_random_graphs(pair, m, n, seed):
    scalar, both = pair
    at = values(scalar, m, n, seed)
    agree(scalar, at, kinds=["value_and_grad", "vjp", "hvp"], rtol=1e-9, checks=False)
    agree(both, at, kinds=["value", "jvp"], rtol=1e-9, checks=False)


@given(graphs(scalar_inputs=True), st.integers(0, 3))
def test_random_graphs_of_scalars(pair, seed):
    scalar, both = pair
    at = values(scalar, 1, 1, seed)
    agree(scalar, at, target="math", rtol=1e-9, checks=False)
    agree(both, at, kinds=["value", "vjp", "jvp"], target="math", rtol=1e-9, checks=False)


def test_numba(monkeypatch):
    stand_in(monkeypatch)
    at = point(3, 4, 2)
    kinds = ("value_and_grad", "vjp")
    agree(plain_network(), at, kinds=kinds, target="numba", rtol=1e-9, checks=False)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_such_a_module_can_be_checked_itself(tmp_path, dtype):
    x, W = gc.array("x", "n", dtype), gc.array("W", "m n", dtype)
    graph = gc.Graph([x, W], {"loss": gc.sum(gc.tanh(W @ x))}, name="loss")
    kinds = [*ALL, "value_and_grad_flat"]
    path = graph.write(tmp_path / "loss_all.py", kinds, checks=False)
    assert check_module(path).passed
