"""Code that goes over blocks of rows: what may be cut, and that blocks give what the whole gives."""

import itertools
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given

import graphcomp as gc
from graphcomp import ops
from graphcomp.codegen import generate, kernels, load, regions
from graphcomp.op import SUMMED, Op
from tests.conformance.cases import CASES, Case, run
from tests.generated import agree
from tests.test_codegen_random import graphs


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Every run of steps is cut, however short, into blocks of a few rows."""
    monkeypatch.setattr(regions, "FEWEST", 1)
    monkeypatch.setattr(regions, "SMALLEST", 0)
    monkeypatch.setattr(regions, "SMALLEST_DIMENSION", 2)
    monkeypatch.setattr(kernels, "ENTRIES", 6)
    monkeypatch.setattr(kernels, "ENTRIES_OF_PRODUCTS", 12)
    monkeypatch.setattr(kernels, "FEWEST_ENTRIES", 1)


def test_an_argument_may_have_the_name_of_what_goes_over_the_blocks():
    x = gc.array("range", "n")
    graph = gc.Graph([x], {"y": gc.sum(gc.exp(gc.sin(x)) * gc.cos(x))})
    source = agree(graph, {"range": np.linspace(0.0, 1.0, 40)})
    assert " in range(0, n, " in source


# ---------------------------------------------------------------- what the records say


@pytest.mark.parametrize(
    "op", [op for op in ops.ALL if op.along is not None], ids=lambda op: op.name
)
def test_blocks_of_the_arguments_give_the_result_or_its_blocks(op: Op):
    """For every way to cut the arguments that the rule of the record allows."""
    allowed = [way for case in CASES if case.op is op for way in ways_to_cut(case)]
    assert allowed
    for case, cuts, joined in allowed:
        values = case.values()
        blocks = [block(case, values, cuts, joined, side) for side in (0, 1)]
        found = sum(blocks) if joined == SUMMED else np.concatenate(blocks, joined)
        np.testing.assert_allclose(found, case.result(values), rtol=1e-12, atol=1e-12)


def ways_to_cut(case: Case):
    """The axes along which the arguments can be cut, and along which the blocks join."""
    for cuts in itertools.product(*[(None, *range(len(shape))) for shape in case.shapes]):
        sizes = {s[axis] for s, axis in zip(case.shapes, cuts, strict=True) if axis is not None}
        if len(sizes) == 1 and min(sizes) > 1:
            assert case.op.along is not None
            joined = case.op.along(cuts, case.shapes, **case.params)
            if joined is not None:
                yield case, cuts, joined


def block(case: Case, values, cuts, joined, side):
    """The op on the first entry along the cut, or on the others."""
    params = dict(case.params)
    args = [
        array if axis is None else np.split(array, [1], axis)[side]
        for array, axis in zip(values.values(), cuts, strict=True)
    ]
    if "shape" in params:
        (length,) = {a.shape[axis] for a, axis in zip(args, cuts, strict=True) if axis is not None}
        shape = params["shape"]
        params["shape"] = (*shape[:joined], length, *shape[joined + 1 :])
    return np.asarray(case.op.evaluate(*args, **params))


# ---------------------------------------------------------------- whole functions


@given(graphs())
def test_random_graphs_in_blocks(pair):
    rng = np.random.default_rng(0)
    for graph in pair:
        values = {
            node.param("name"): rng.uniform(-2, 2, [{"n": 7, "m": 5}[str(d)] for d in node.shape])
            for node in graph.inputs
        }
        agree(graph, values, rtol=1e-10)


def mixture(x, log_weights, means, scales):
    """The log-likelihood of points under Gaussians with diagonal covariances."""
    z = (x[:, None, :] - means) * scales
    exponents = log_weights - 0.5 * np.sum(z**2, axis=2) + np.sum(np.log(scales), axis=1)
    top = np.max(exponents, axis=1, keepdims=True)
    return np.sum(np.log(np.sum(np.exp(exponents - top), axis=1)) + top[:, 0])


MIXTURE = {"x": "n d", "log_weights": "k", "means": "k d", "scales": "k d"}


def mixture_point(n, k, d):
    rng = np.random.default_rng(1)
    return {
        "x": rng.standard_normal((n, d)),
        "log_weights": rng.standard_normal(k),
        "means": rng.standard_normal((k, d)),
        "scales": rng.uniform(0.5, 2, (k, d)),
    }


@pytest.mark.parametrize(
    "sizes", [(5, 3, 2), (1, 1, 1), (0, 3, 2), (4, 0, 2), (4, 3, 0), (9, 2, 4)]
)
def test_a_mixture_of_gaussians(sizes):
    if sizes[1] == 0:
        pytest.skip("the largest of no entries is not defined")
    agree(
        gc.from_function(mixture, **MIXTURE), mixture_point(*sizes), kinds=("value", "vjp", "jvp")
    )


def regression(X, y, w, b):
    z = X @ w + b
    return np.mean(np.logaddexp(0.0, z) - y * z) + 0.1 * np.sum(w**2)


@pytest.mark.parametrize("rows", [0, 1, 5, 17])
def test_a_regression(rows):
    rng = np.random.default_rng(2)
    graph = gc.from_function(regression, X="n d", y="n", w="d")
    values = {
        "X": rng.standard_normal((rows, 3)),
        "y": rng.uniform(size=rows),
        "w": rng.standard_normal(3),
        "b": np.float64(0.3),
    }
    if rows:
        source = agree(graph, values, rtol=1e-10)
        assert "for i in range(0, n, " in source
        agree(graph, values, kinds=("value_and_grad",))


def softmax_by_columns(Z, Y):
    top = np.max(Z, axis=0)
    return -np.sum(Y * (Z - top - np.log(np.sum(np.exp(Z - top), axis=0))))


def test_an_axis_that_does_not_lead_is_cut_where_the_leading_one_can_not():
    graph = gc.from_function(softmax_by_columns, Z="c b", Y="c b")
    rng = np.random.default_rng(3)
    values = {"Z": rng.standard_normal((3, 8)), "Y": rng.uniform(size=(3, 8))}
    source = agree(graph, values, kinds=("value_and_grad", "vjp"), rtol=1e-10)
    assert re.search(r"Z\[:, i:j\]", source)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_are_kept(dtype):
    graph = gc.from_function(
        lambda x, a: {"y": np.tanh(a * x) * np.exp(-x), "s": np.sum(np.sin(x) * x * a)},
        x="n",
        dtype=dtype,
        name="f",
    )
    rng = np.random.default_rng(4)
    values = {"x": rng.standard_normal(11).astype(dtype), "a": np.asarray(0.7, dtype)}
    agree(graph, values, kinds=("value", "vjp", "jvp"))


def test_arrays_in_any_layout_serve_as_they_are():
    graph = gc.from_function(mixture, **MIXTURE)
    module = load(generate(graph, ("value_and_grad",)), "mixture")
    point = mixture_point(8, 3, 4)
    expected = module.mixture_value_and_grad(*point.values())
    strided = {name: np.repeat(a, 2, axis=-1)[..., ::2] for name, a in point.items()}
    fortran = {name: np.asfortranarray(a) for name, a in point.items()}
    for other in (strided, fortran):
        value, gradient = module.mixture_value_and_grad(*other.values())
        assert value == pytest.approx(expected[0], rel=1e-12)
        for mine, theirs in zip(gradient, expected[1], strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)


# ---------------------------------------------------------------- when it is done


def chain(x, a, b):
    return np.sum(np.tanh(a * x + b) * np.exp(-(x**2)) + np.sin(x) * np.log1p(x**2))


@pytest.fixture
def real_sizes(small_blocks, monkeypatch):
    monkeypatch.undo()


def test_a_short_run_is_left_as_it_is(real_sizes):
    graph = gc.from_function(lambda x, y: 0.5 * np.sum((x - y) ** 2), x="n", y="n", name="loss")
    assert "_rows" not in generate(graph, ("value_and_grad",))


def test_arrays_known_to_be_small_are_left_as_they_are(real_sizes):
    assert "_rows" not in generate(gc.from_function(chain, x="100"), ("value_and_grad",))
    assert "_rows" in generate(gc.from_function(chain, x="1000000"), ("value_and_grad",))


def test_what_has_very_many_results_is_left_as_it_is(real_sizes):
    x = gc.array("x", "n")
    for count, cut in ((20, True), (120, False)):
        waves = [gc.tanh(gc.sin(x * (i + 1.0)) + 1.0) * 0.5 for i in range(count)]
        graph = gc.Graph([x], {f"y{i}": wave for i, wave in enumerate(waves)})
        assert ("_rows" in generate(graph, ("value",))) is cut


def test_products_of_matrices_are_left_in_one_piece(real_sizes):
    def model(X, W1, W2):
        return np.sum(np.tanh(X @ W1) @ W2)

    graph = gc.from_function(model, X="b i", W1="i h", W2="h o")
    assert "_rows" not in generate(graph, ("value_and_grad",))


def test_value_and_derivative_go_over_the_rows_once(real_sizes):
    source = generate(gc.from_function(chain, x="n"), ("value_and_grad",), "x")
    assert source.count("for i in range") == 1


def test_what_is_summed_at_once_is_never_there_as_a_whole(real_sizes):
    n, k, d = 2000, 30, 20
    graph = gc.from_function(mixture, **MIXTURE)
    function = graph.compile("value_and_grad")
    point = mixture_point(n, k, d)
    function(*point.values())
    tracemalloc.start()
    function(*point.values())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * k * d * 8 / 3


def test_the_interpreter_agrees_on_many_rows(real_sizes):
    graph = gc.from_function(chain, x="n")
    x = np.random.default_rng(5).standard_normal(30_001)
    values = {"x": x, "a": np.asarray(0.7), "b": np.asarray(0.1)}
    value, gradient = graph.compile("value_and_grad", wrt="x")(*values.values())
    assert value == pytest.approx(run(graph, values)["chain"].item(), rel=1e-12)
    one = graph.compile("grad", wrt="x")
    for i in (0, 7_167, 7_168, 30_000):
        assert gradient[i] == pytest.approx(one(x[i : i + 1], 0.7, 0.1)[0], rel=1e-13)
