"""Code that goes over blocks of rows: what may be cut, and that blocks give what the whole gives."""

import itertools
import re
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import graphcomp as gc
from graphcomp import ops
from graphcomp.codegen import generate, load, memory, regions
from graphcomp.op import SUMMED, Op
from tests.conformance.cases import CASES, Case, run
from tests.generated import agree, cut_small
from tests.test_codegen_random import graphs


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Every run of steps is cut, however short, into blocks of a few rows."""
    cut_small(monkeypatch)


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


@given(graphs())
def test_random_graphs_in_blocks_with_the_rows_last(pair):
    rng = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "_lines_are_short", lambda _region: True)
        for graph in pair:
            values = {
                node.param("name"): rng.uniform(
                    -2, 2, [{"n": 7, "m": 5}[str(d)] for d in node.shape]
                )
                for node in graph.inputs
            }
            agree(graph, values, rtol=1e-10)


LAST = "the last axis inside"


SHORT_LINES: dict[str, Any] = {
    "distances": (
        lambda x, y: np.sum(np.sqrt(1.0 + np.sum((x[:, None, :] - y) ** 2, axis=2))),
        {"x": "n d", "y": "m d"},
    ),
    "kernel": (
        lambda x, y: np.sum(np.log(np.sum(np.exp(-np.abs(x[:, None, :] - y).sum(axis=2)), axis=1))),
        {"x": "n d", "y": "m d"},
    ),
    "products": (
        lambda x, A: np.sum(np.sin(np.einsum("kij,nj->nki", A, x)) ** 2, axis=(1, 2)),
        {"x": "n d", "A": "k d d"},
    ),
    "forms": (
        lambda x, A: np.sum(np.tanh(np.einsum("nj,kij,ni->nk", x, A, x))),
        {"x": "n d", "A": "k d d"},
    ),
    "largest": (
        lambda x, y: np.sum(np.max(x[:, None, :] * y + np.cos(y), axis=2)[:, None, :] ** 2),
        {"x": "n d", "y": "m d"},
    ),
    "cumulative": (
        lambda x, y: np.mean(np.cumsum(np.exp(x[:, None, :] - y), axis=2) ** 2),
        {"x": "n d", "y": "m d"},
    ),
}


@pytest.mark.parametrize(("function", "shapes"), SHORT_LINES.values(), ids=SHORT_LINES)
def test_parts_with_short_last_axes(function, shapes):
    rng = np.random.default_rng(3)
    sizes = {"n": 11, "m": 3, "d": 2, "k": 4}
    values = {
        name: rng.uniform(-1, 1, [sizes[d] for d in dims.split()]) for name, dims in shapes.items()
    }
    graph = gc.from_function(function, shapes=shapes)
    for last in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not last:
                patch.setattr(regions, "_lines_are_short", lambda _region: False)
            agree(graph, values, rtol=1e-10)
            agree(graph, {k: np.asfortranarray(v) for k, v in values.items()}, rtol=1e-10)


ADDED: dict[str, Any] = {
    "two": lambda x, u: np.sum(np.sin(x[1:] * x[:-1]) + np.cos(x[1:])),
    "stencil": lambda x, u: np.sum(np.sin(x[2:] - 2.0 * x[1:-1] + x[:-2]) ** 2 * np.exp(x[1:-1])),
    "apart": lambda x, u: np.sum(np.tanh(x[::2])) * np.sum(np.tanh(x[1:]) * np.exp(x[1:])),
    "and more": lambda x, u: np.sum(np.sin(x[3:]) * np.exp(x[3:])) + x[0],
    "square": lambda x, u: np.sum(np.exp(u[1:, 1:] * u[:-1, :-1]) + np.sin(u[1:, :-1])),
    "whole": lambda x, u: np.sum(np.exp(u[:, 1:] - u[:, :-1]) * np.sin(x[:, None])),
    "no block": lambda x, u: np.sum(np.exp(x[1:] - x[:-1])) * np.exp(u[1:, 0] - u[:-1, 0]) * x[1:],
}


@pytest.mark.parametrize("function", ADDED.values(), ids=ADDED)
@pytest.mark.parametrize("size", [9, 3])
def test_results_that_are_added_to_parts_of_an_array(function, size, request):
    rng = np.random.default_rng(5)
    graph = gc.from_function(function, shapes={"x": "n", "u": "n m"})
    values = {"x": rng.uniform(-1, 1, size), "u": rng.uniform(-1, 1, (size, 4))}
    source = agree(graph, values, rtol=1e-11)
    added = re.search(r"^    v\d+ \+= ", source, re.MULTILINE) is not None
    assert added != any(name in request.node.name for name in ("whole", "no block"))


@pytest.mark.parametrize("workspace", [False, True])
def test_parts_that_overlap_are_added_in_one_order_however_memory_is_planned(
    workspace: bool, monkeypatch: pytest.MonkeyPatch
):
    """A sum of three numbers depends on their order."""
    graph = gc.from_function(
        lambda x: np.sum(np.exp(x[2:]) * np.sin(x[1:-1]) + np.cos(x[:-2] * x[2:]) * x[1:-1]),
        shapes={"x": "n"},
        name="f",
    )
    plain = graph.compile("grad", wrt="x")
    monkeypatch.setattr(memory, "WORTH", -10.0)  # another order of statements is always taken
    other = graph.compile("grad", wrt="x", workspace=workspace)
    assert plain.source != other.source
    added = [re.findall(r"^    (v\d+) \+= ", f.source, re.MULTILINE) for f in (plain, other)]
    assert added[0] == added[1]
    assert len(added[0]) == 3
    x = np.random.default_rng(0).uniform(-1, 1, 41)
    assert plain(x).tobytes() == other(x).tobytes()


def test_what_is_added_to_parts_of_an_array_is_never_there_as_a_whole(real_sizes):
    graph = gc.from_function(
        lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2 + np.exp(x[:-1])), shapes={"x": "n"}
    )
    gradient = load(generate(graph, "value_and_grad"), "m")
    x = np.linspace(-1.0, 1.0, 2_000_000)
    tracemalloc.start()
    next(iter(vars(gradient)[name] for name in gradient.__all__))(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.2 * x.nbytes


def run_along(x, a, b):
    """Steps with a sum, and a result for each entry."""
    t = np.tanh(a * x + b)
    return np.sum(t * np.exp(-(x**2)) + np.sin(x) * np.log1p(x**2))


def test_what_a_block_gives_is_written_where_it_belongs():
    graph = gc.from_function(run_along, shapes={"x": "n"})
    values = {"x": np.linspace(-2.0, 2.0, 40), "a": 0.7, "b": 0.1}
    agree(graph, values, rtol=1e-11)
    source = generate(graph, "value_and_grad", wrt="x")
    block = source.split("def _run_along_value_and_grad_block")[1].split("def ")[0]
    assert "out: Any = None" in block
    assert "d_run_along_d_x = np.add(" in block
    assert "out=out)" in block
    rows = source.split("def _run_along_value_and_grad_rows")[1].split("def ")[0]
    assert "d_run_along_d_x[i:j])" in rows
    assert "d_run_along_d_x[i:j] =" not in rows


def test_a_result_that_the_block_reads_again_is_written_where_it_belongs_too():
    x = gc.array("x", "n")
    y = gc.exp(gc.sin(x)) * gc.cos(x)
    graph = gc.Graph([x], {"y": y, "total": gc.sum(y * y) + gc.sum(gc.tanh(y))}, name="f")
    source = agree(graph, {"x": np.linspace(0.0, 1.0, 40)}, kinds=("value", "vjp", "jvp"))
    assert re.search(r"^    y = np\.multiply\(.*, out=(out|y_out)\)", source, re.MULTILINE)


def test_one_block_holds_few_arrays_at_once(real_sizes):
    """Six tiles of scratch are what people write by hand."""
    graph = gc.from_function(run_along, shapes={"x": "n"})
    gradient = load(generate(graph, "value_and_grad", wrt="x"), "m").run_along_value_and_grad
    x = np.linspace(-2.0, 2.0, 1_000_000)
    tracemalloc.start()
    gradient(x, 0.7, 0.1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < x.nbytes + 6 * 10_000 * 8


def test_signs_are_not_written_over_what_they_are_of():
    """NumPy takes a branch for each entry then."""
    graph = gc.from_function(
        lambda x: np.sum(np.abs(np.exp(x) - 1.0) * np.cos(x)), shapes={"x": "n"}, name="f"
    )
    source = agree(graph, {"x": np.linspace(-1.0, 1.0, 41)}, rtol=1e-11)
    for name, out in re.findall(r"np\.sign\((\w+), out=(\w+)\)", source):
        assert name != out
    assert "np.sign(" in source


def test_blocks_are_so_short_that_no_inner_product_starts_threads(real_sizes):
    graph = gc.from_function(lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2), shapes={"x": "n"})
    source = generate(graph, "value_and_grad")
    assert ".dot(" in source
    (rows,) = re.findall(r"range\(0, n - 1, (\d+)\)", source)
    assert int(rows) <= 10_000


def test_the_rows_are_last_where_other_axes_would_be_short_lines(real_sizes):
    distances = gc.from_function(
        lambda x, y: np.sum(np.sqrt(1.0 + np.sum((x[:, None, :] - y) ** 2, axis=2))),
        shapes={"x": "n d", "y": "m d"},
    )
    assert LAST in generate(distances, "value_and_grad")
    forms = gc.from_function(
        lambda x, m, A: np.sum(
            gc.logsumexp(-np.sum(np.einsum("kij,nkj->nki", A, x[:, None] - m) ** 2, 2), axis=1)
        ),
        shapes={"x": "n d", "m": "k d", "A": "k d d"},
    )
    assert LAST in generate(forms, "value_and_grad", wrt="A")
    flat = gc.from_function(
        lambda x: np.sum(np.sin(x) * np.exp(x) + np.cos(x)), shapes={"x": "n d"}
    )
    source = generate(flat, "value_and_grad")
    assert "A block of rows." in source
    assert LAST not in source


def test_blocks_with_the_rows_last_write_over_the_same_memory(real_sizes):
    """What a loop over blocks holds does not grow with the number of blocks."""
    graph = gc.from_function(mixture, shapes=MIXTURE)
    gradient = load(generate(graph, "grad", wrt=["means", "scales"]), "m").mixture_grad

    def peak(n):
        point = mixture_point(n, 8, 4)
        gradient(**point)
        tracemalloc.start()
        gradient(**point)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(40_000) < 1.1 * peak(20_000)


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
