"""Functions that keep the memory of their temporaries in a dict of the caller's."""

import inspect
import re
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphcomp as gc
from graphcomp.check import check_module
from graphcomp.codegen import compile_function, generate, load, write_module
from graphcomp.codegen.module import build_module
from graphcomp.codegen.runtime import _scratch
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from tests.conformance.cases import CASES, SMOOTH
from tests.generated import agree, cut_small, flat
from tests.networks import network
from tests.test_codegen_module import network as plain_network
from tests.test_codegen_module import point
from tests.test_codegen_random import graphs, values
from tests.test_codegen_rows import MIXTURE, chain, mixture, mixture_point
from tests.test_codegen_style import softmax


@pytest.fixture
def small_blocks(monkeypatch):
    """Every run of steps is cut, however short, into blocks of a few rows."""
    cut_small(monkeypatch)


def module_of(graph, kinds, **options) -> Any:
    made = build_module(graph, kinds, **options)
    return load(made.source, graph.name, stored=made.stored)


def bits(results) -> list[bytes]:
    return [np.asarray(value).tobytes() for value in results]


def arrays_in(workspace) -> list[Any]:
    """The arrays of a workspace, those of its threads too."""
    return [
        array
        for value in workspace.values()
        for array in (arrays_in(value) if isinstance(value, dict) else [value])
    ]


class Kind:
    """A function of a module, its results as a list; of a vjp those of the way back too."""

    def __init__(self, module, graph, kind, at) -> None:
        self.function = getattr(module, graph.name if kind == "value" else f"{graph.name}_{kind}")
        self.kind = kind
        self.arguments = [a.structure.build(at[n] for n in a.leaves) for a in graph.arguments]
        reals = [all(node.is_real for node in a.nodes) for a in graph.arguments]
        pairs = zip(self.arguments, reals, strict=True)
        self.tangents = [argument for argument, real in pairs if real]

    def __call__(self, **workspace) -> list[Any]:
        twice = self.tangents if self.kind in {"jvp", "hvp"} else []
        found = self.function(*self.arguments, *twice, **workspace)
        if self.kind != "vjp":
            return flat(found)
        value, vjp = found
        seeds = [np.ones_like(each) for each in flat(value) if np.asarray(each).dtype.kind == "f"]
        return flat(value) + flat(vjp(*seeds))


def same_with_a_workspace(graph, at, kinds, **options) -> dict[str, Any]:
    """Every function gives the same bits without, with a new and with a used workspace."""
    plain = module_of(graph, kinds, **options)
    module = module_of(graph, kinds, workspace=True, **options)
    workspace: dict[str, Any] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for kind in kinds:
            expected = bits(Kind(plain, graph, kind, at)())
            function = Kind(module, graph, kind, at)
            assert bits(function()) == expected, kind
            first = function(workspace=workspace)
            assert bits(first) == expected, kind
            assert bits(function(workspace=workspace)) == expected, kind
            assert bits(first) == expected, "a result changed in the next call"
            for result in first:
                for array in arrays_in(workspace):
                    assert not np.shares_memory(result, array)
    return workspace


# ---------------------------------------------------------------- the same bits


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_op(case):
    kinds = ("value", "vjp", "jvp") if case in SMOOTH else ("value",)
    same_with_a_workspace(case.graph(), case.values(), kinds)


@given(graphs(), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_random_graphs(pair, m, n, seed):
    scalar, both = pair
    at = values(scalar, m, n, seed)
    same_with_a_workspace(scalar, at, ("value_and_grad", "vjp", "hvp"))
    same_with_a_workspace(both, at, ("value", "vjp", "jvp"))


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("threads", [1, 3])
@given(pair=graphs())
def test_random_graphs_in_blocks(threads, pair):
    for graph in pair:
        at = values(graph, 5, 7, 0)
        same_with_a_workspace(graph, at, ("value", "vjp", "jvp"), threads=threads)


@given(graphs())
def test_the_interpreter_agrees(pair):
    scalar, both = pair
    at = values(scalar, 3, 2, 0)
    agree(scalar, at, kinds=("value_and_grad", "hvp"), rtol=1e-9, workspace=True)
    agree(both, at, kinds=("value", "vjp"), rtol=1e-9, workspace=True)


@pytest.mark.parametrize("threads", [1, 2])
def test_large_arrays(threads):
    rng = np.random.default_rng(0)
    at = {"x": rng.standard_normal(50_001), "a": 0.7, "b": 0.1}
    kinds = ("value", "value_and_grad", "vjp", "jvp", "hvp")
    graph = gc.from_function(chain, x="n")
    workspace = same_with_a_workspace(graph, at, kinds, threads=threads)
    assert "block.w1" in (workspace if threads == 1 else workspace["thread graphcomp_0"])
    graph = gc.from_function(mixture, **MIXTURE)
    same_with_a_workspace(graph, mixture_point(3000, 25, 10), kinds[1:3], threads=threads)


def test_arrays_of_every_layout():
    A = gc.array("A", "m n")
    graph = GraphData([A], {"y": (gc.exp(A) @ A.T).sum(), "z": gc.tanh(A) * A})
    base = np.random.default_rng(0).normal(size=(4, 6))
    for array in (base[::2, ::-1], np.asfortranarray(base), base.T, base[:0]):
        agree(graph, {"A": array}, kinds=["value", "vjp"], workspace=True)


def test_choices_and_conditions():
    A, x = gc.array("A", "m n"), gc.array("x", "n", "float32")
    y = gc.where(x < A, gc.sin(A), 2.0 * x)
    graph = GraphData([A, x], {"y": (y * gc.relu(A)).sum(), "k": (A > 0) & (x > A)})
    at = {"A": np.linspace(-1, 1, 6).reshape(2, 3), "x": np.array([0, 0.1, np.nan], np.float32)}
    same_with_a_workspace(graph, at, ("value", "vjp"))
    source = generate(graph, workspace=True)
    assert re.search(r"= _choice\(t\d, w\d, t\d, out=_scratch\(", source)
    assert "np.bool_)" in source


# ---------------------------------------------------------------- what is kept, and what is not


def test_results_of_earlier_calls_stay():
    compute = compile_function(plain_network(), "value_and_grad", workspace=True)
    workspace: dict[str, Any] = {}
    points = [point(3, 4, 2, seed) for seed in range(4)]
    found = [compute(**at, workspace=workspace) for at in points]
    for at, result in zip(points, found, strict=True):
        assert bits(flat(result)) == bits(flat(compute(**at)))


def test_a_way_back_keeps_what_it_needs():
    graph = gc.from_function(chain, x="n")
    both = (
        graph.compile("vjp", "x", workspace=True),
        compile_function(plain_network(), "vjp", workspace=True),
    )
    for compute in both:
        rng = np.random.default_rng(0)
        workspace: dict[str, Any] = {}
        names = list(inspect.signature(compute).parameters)[:-1]
        shapes = {"x": (40_000,), "a": (), "b": (), "y": (2,), "W1": (4, 40_000), "W2": (2, 4)}
        points = [[rng.standard_normal(shapes[name]) for name in names] for _ in range(2)]
        first = compute(*points[0], workspace=workspace)[1]
        expected = bits(flat(first(1.0)))
        second = compute(*points[1], workspace=workspace)[1]
        assert bits(flat(first(1.0))) == expected
        assert bits(flat(second(1.0))) != expected
        before = {name: id(array) for name, array in workspace.items()}
        first(1.0)
        assert {name: id(array) for name, array in workspace.items()} == before


def peak_of(function, *arguments, **more) -> int:
    tracemalloc.start()
    kept = function(*arguments, **more)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return peak


def test_a_second_call_allocates_its_results_alone():
    compute = network(3).compile("value_and_grad", "Ws", workspace=True)
    rng = np.random.default_rng(0)
    b, n, h, k = 400, 30, 200, 10
    Ws = [rng.standard_normal(shape) for shape in ((h, n), (h, h), (k, h))]
    arguments = rng.standard_normal((b, n)), rng.standard_normal((b, k)), Ws
    workspace: dict[str, Any] = {}
    first = peak_of(compute, *arguments, workspace=workspace)
    second = peak_of(compute, *arguments, workspace=workspace)
    results = sum(W.nbytes for W in Ws)
    assert second < results + 20_000
    assert first > results + 2 * b * h * 8
    assert peak_of(compute, *arguments) > results + 2 * b * h * 8


def test_a_second_call_over_blocks_allocates_its_results_alone():
    def smooth(x, y):
        r = gc.sin(x) * gc.exp(-x * x) + y
        return np.sum(r * r * gc.cos(y))

    compute = gc.from_function(smooth, x="n", y="n").compile("value_and_grad", workspace=True)
    x, y = np.random.default_rng(0).standard_normal((2, 300_000))
    workspace: dict[str, Any] = {}
    compute(x, y, workspace=workspace)
    block = 1 << 19  # bytes of a block: two of its arrays are results, in fresh memory
    assert peak_of(compute, x, y, workspace=workspace) < 2 * x.nbytes + block
    assert sum(array.nbytes for array in arrays_in(workspace)) < 2 * block


def test_temporaries_of_whole_arrays_between_regions_are_kept():
    graph = gc.Graph(softmax().inputs, {"loss": softmax().outputs[0]}, name="loss")
    compute = graph.compile("value_and_grad", "W", workspace=True)
    rng = np.random.default_rng(0)
    X, W, Y = (rng.uniform(size=shape) for shape in ((40_000, 4), (4, 6), (40_000, 6)))
    workspace: dict[str, Any] = {}
    compute(X, W, Y, workspace=workspace)
    assert {"z", "rows.z_bar"} < workspace.keys()
    assert peak_of(compute, X, W, Y, workspace=workspace) < Y.nbytes < peak_of(compute, X, W, Y)


def test_one_workspace_serves_every_size_and_function():
    module = module_of(plain_network(), ("value", "value_and_grad", "vjp", "hvp"), workspace=True)
    workspace: dict[str, Any] = {}
    largest: list[Any] = []
    for sizes in ((3, 4, 2), (30, 40, 20), (1, 1, 1), (0, 3, 2), (7, 40, 3), (30, 40, 20)):
        at = point(*sizes)
        for kind in ("value", "value_and_grad", "hvp"):
            function = Kind(module, plain_network(), kind, at)
            assert bits(function(workspace=workspace)) == bits(function())
        largest = largest or (arrays_in(workspace) if sizes == (30, 40, 20) else [])
    assert all(a is b for a, b in zip(arrays_in(workspace), largest, strict=True))


def test_scratch_is_replaced_where_it_does_not_fit():
    workspace: dict[str, Any] = {}
    first = _scratch(workspace, "w1", (3, 4))
    assert _scratch(workspace, "w1", (3, 4)) is first
    smaller = _scratch(workspace, "w1", (2, 5))
    assert np.shares_memory(smaller, first)
    assert smaller.flags.c_contiguous
    assert _scratch(workspace, "w1", (3, 4)) is first
    assert not np.shares_memory(_scratch(workspace, "w2", (3, 4)), first)
    larger = _scratch(workspace, "w1", (13,))
    assert not np.shares_memory(larger, first)
    assert _scratch(workspace, "w1", (13,), np.float32).dtype == np.float32
    assert not np.shares_memory(_scratch(None, "w1", (13,)), larger)


def test_memory_that_nothing_reads_any_more_is_used_again():
    def layers(x, A):
        for _ in range(20):
            x = np.maximum(A @ x, 0.0) + x[::-1]
        return x

    graph = gc.from_function(layers, x="n", A="n n")
    at = {"x": np.ones(3), "A": np.eye(3)}
    workspace = same_with_a_workspace(graph, at, ("value",))
    assert 0 < len(workspace) < 5


def test_threads_with_workspaces_of_their_own():
    compute = network(3).compile("value_and_grad", "Ws", workspace=True)
    rng = np.random.default_rng(0)
    Ws = [rng.standard_normal(shape) for shape in ((30, 20), (30, 30), (5, 30))]
    points = [(rng.standard_normal((50, 20)), rng.standard_normal((50, 5)), Ws) for _ in range(6)]
    expected = [bits(flat(compute(*at))) for at in points]

    def often(at):
        workspace: dict[str, Any] = {}
        return [bits(flat(compute(*at, workspace=workspace))) for _ in range(50)]

    with ThreadPoolExecutor(6) as pool:
        for found, wanted in zip(pool.map(often, points), expected, strict=True):
            assert all(result == wanted for result in found)


# ---------------------------------------------------------------- the interface


def test_the_module_says_so():
    module = module_of(plain_network(), ("value",), workspace=True)
    assert module.SIGNATURE["workspace"] is True
    assert "target numpy; workspace" in module.__doc__
    parameter = inspect.signature(module.loss).parameters["workspace"]
    assert (parameter.kind, parameter.default) == (parameter.KEYWORD_ONLY, None)
    assert "workspace" not in generate(plain_network())


def test_targets_that_have_none():
    graph = gc.from_string("y = x*x")
    for target in ("math", "numba"):
        with pytest.raises(InputError, match="workspace=True is for target 'numpy'; for"):
            generate(graph, target=target, workspace=True)


def test_an_argument_may_have_its_name():
    x = gc.array("workspace", "n")
    graph = GraphData([x], {"y": gc.sum(gc.exp(gc.sin(x)) * gc.cos(x))})
    assert "workspace is called workspace_2 here." in generate(graph, workspace=True)
    agree(graph, {"workspace": np.ones(3)}, workspace=True)


def test_the_flat_function_hands_it_on(tmp_path):
    compute = compile_function(plain_network(), "value_and_grad_flat", workspace=True)
    workspace: dict[str, Any] = {}
    value, _ = compute(np.ones(25), n=3, k=2, m=4, workspace=workspace)
    assert value == compute(np.ones(25), n=3, k=2, m=4)[0]
    assert workspace
    kinds = ["value", "vjp", "jvp", "hvp", "value_and_grad_flat"]
    path = write_module(plain_network(), tmp_path / "loss_all.py", kinds, workspace=True)
    assert check_module(path).passed
