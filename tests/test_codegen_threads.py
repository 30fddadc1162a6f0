"""Blocks of rows on several threads: the same bits as on one, and no surprises."""

import inspect
import os
import re
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given

import graphcomp as gc
from graphcomp.codegen import generate, load, threads_runtime
from graphcomp.errors import InputError
from tests.generated import agree, call, cut_small, flat
from tests.test_codegen_random import graphs, values
from tests.test_codegen_rows import (
    MIXTURE,
    chain,
    mixture,
    mixture_point,
    regression,
    softmax_by_columns,
)

COUNTS = (2, 3, 8)


@pytest.fixture
def small_blocks(monkeypatch):
    """Every run of steps is cut, however short, into blocks of a few rows."""
    cut_small(monkeypatch)


def module_of(graph, kinds=("value",), **options):
    return load(generate(graph, kinds, **options), graph.name)


def bits(results):
    return [np.asarray(value).tobytes() for value in results]


def results_of(graph, at, kinds, **options):
    """What the functions of a module give, as bits."""
    module = module_of(graph, ["value", *kinds], **options)
    arguments = [a.structure.build(at[name] for name in a.leaves) for a in graph.arguments]
    seeds = [np.ones_like(value) for value in flat(getattr(module, graph.name)(*arguments))]
    more = {"vjp": seeds, "jvp": arguments, "hvp": arguments}
    found = []
    for kind in kinds:
        function = getattr(module, graph.name if kind == "value" else f"{graph.name}_{kind}")
        found += bits(call(function, kind, arguments, more.get(kind, [])))
    return found


# ---------------------------------------------------------------- the same bits


def chain_point(n):
    return {"x": np.random.default_rng(0).standard_normal(n), "a": 0.7, "b": 0.1}


@pytest.mark.parametrize("threads", COUNTS)
def test_a_chain_of_steps(threads):
    graph = gc.from_function(chain, x="n")
    kinds = ("value", "value_and_grad", "vjp", "jvp", "hvp")
    at = chain_point(100_003)
    assert results_of(graph, at, kinds, threads=threads) == results_of(graph, at, kinds)


@pytest.mark.parametrize("threads", COUNTS)
def test_a_mixture_of_gaussians(threads):
    graph = gc.from_function(mixture, **MIXTURE)
    at = mixture_point(3000, 25, 10)
    kinds = ("value_and_grad", "vjp")
    assert results_of(graph, at, kinds, threads=threads) == results_of(graph, at, kinds)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("threads", COUNTS)
def test_products_and_blocks_of_columns(threads):
    rng = np.random.default_rng(3)
    fitted = gc.from_function(regression, X="n d", y="n", w="d")
    at = {"X": rng.standard_normal((17, 3)), "y": rng.uniform(size=17), "w": np.ones(3), "b": 0.3}
    kinds = ("value", "value_and_grad", "vjp")
    assert results_of(fitted, at, kinds, threads=threads) == results_of(fitted, at, kinds)
    columns = gc.from_function(softmax_by_columns, Z="c b", Y="c b")
    at = {"Z": rng.standard_normal((3, 31)), "Y": rng.uniform(size=(3, 31))}
    assert results_of(columns, at, kinds, threads=threads) == results_of(columns, at, kinds)
    source = agree(columns, at, kinds=kinds, rtol=1e-10, threads=threads)
    assert "Z[:, i:j]" in source
    assert "def block(i: int)" in source


@pytest.mark.usefixtures("small_blocks")
@given(graphs())
def test_random_graphs(pair):
    for graph in pair:
        at = values(graph, 5, 7, 0)
        kinds = ("value", "vjp", "jvp")
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            assert results_of(graph, at, kinds, threads=3) == results_of(graph, at, kinds)


def test_the_text_differs_in_the_number_alone():
    graph = gc.from_function(chain, x="n")
    two, five = generate(graph, threads=2), generate(graph, threads=5)
    assert "_THREADS = 2\n" in two
    said = five.replace("_THREADS = 5", "_THREADS = 2").replace("threads 5", "threads 2")
    assert said.replace('"threads": 5', '"threads": 2') == two


# ---------------------------------------------------------------- when there are threads


def test_one_block_is_computed_by_the_caller(monkeypatch):
    module = module_of(gc.from_function(chain, x="n"), threads=2)

    def none(process):
        raise AssertionError(process)

    monkeypatch.setattr(module, "_pool", none)
    module.chain(np.ones(500), 0.7, 0.1)
    with pytest.raises(AssertionError, match=str(os.getpid())):
        module.chain(np.ones(50_000), 0.7, 0.1)


def test_a_module_without_blocks_has_no_threads():
    x = gc.array("x", "n")
    plain = gc.Graph([x], {"y": gc.exp(x)})
    assert "Thread" not in generate(plain, threads=4)
    assert "threads 4" in generate(plain, threads=4)
    assert "Thread" not in generate(gc.from_function(chain, x="n"), threads=1)
    assert "Thread" not in generate(gc.from_function(chain, x="n"))


def test_no_threads_are_made_before_they_are_needed():
    module = module_of(gc.from_function(chain, x="n"), threads=2)
    assert module._pool.cache_info().currsize == 0
    module.chain(np.ones(50_000), 0.7, 0.1)
    module.chain(np.ones(50_000), 0.7, 0.1)
    assert module._pool.cache_info().currsize == 1


def test_the_module_says_how_many():
    module = module_of(gc.from_function(chain, x="n"), threads=6)
    assert module.SIGNATURE["threads"] == 6
    assert "target numpy; threads 6" in str(module.__doc__)
    assert "threads" not in module_of(gc.from_function(chain, x="n")).SIGNATURE


@pytest.mark.parametrize("threads", [0, -1, 2.0, True, "2"])
def test_numbers_that_are_none(threads):
    with pytest.raises(InputError, match="threads must be a whole number from 1 on, not"):
        generate(gc.from_function(chain, x="n"), threads=threads)


def test_targets_that_have_no_blocks():
    with pytest.raises(InputError, match=r"threads=2 is for target 'numpy'.*say parallel=True"):
        generate(gc.from_function(chain, x="n"), target="numba", threads=2)
    with pytest.raises(InputError, match="for target 'math', it has no arrays"):
        generate(gc.from_string("y = x*x"), target="math", threads=2)
    generate(gc.from_string("y = x*x"), target="math", threads=1)


@pytest.mark.usefixtures("small_blocks")
def test_names_that_the_threads_need():
    nodes = [gc.array(name, "n") for name in ("os", "wait", "block", "part", "map", "deque")]
    total = sum((gc.sum(gc.exp(gc.sin(node)) * gc.cos(node)) for node in nodes), gc.constant(0.0))
    graph = gc.Graph(nodes, {"cache": total}, name="threading")
    at = {node.param("name"): np.linspace(0, 1, 30) + i for i, node in enumerate(nodes)}
    assert "os is called os_2 here." in agree(graph, at, rtol=1e-10, threads=2)


# ---------------------------------------------------------------- errors, and calls at one time


def test_the_state_of_errors_is_that_of_the_caller():
    x = gc.array("x", "n")
    y = gc.log(gc.sin(x) * x + gc.exp(gc.square(x))) / x
    function = gc.Graph([x], {"y": y}).compile("value", threads=2)
    zeros = np.zeros(100_000)
    with np.errstate(invalid="ignore", divide="ignore"):
        assert np.isnan(function(zeros)).all()
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError, match="invalid value"):
        function(zeros)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        function(zeros)


def test_an_error_in_a_block_reaches_the_caller_as_it_is(monkeypatch):
    module = module_of(gc.from_function(chain, x="n"), threads=2)
    error = KeyError("a block")
    right = module._chain_block
    rows = int(re.findall(r"range\(0, n, (\d+)\)", inspect.getsource(module))[0])

    def wrong(a, x, b):
        if x[0] == 3 * rows:
            raise error
        return right(a, x, b)

    monkeypatch.setattr(module, "_chain_block", wrong)
    x = np.arange(30.0 * rows)
    with pytest.raises(KeyError) as caught:
        module.chain(x, 0.7, 0.1)
    assert caught.value is error
    monkeypatch.setattr(module, "_chain_block", right)
    assert np.isfinite(module.chain(x, 0.7, 0.1))


def test_after_an_error_nothing_goes_on():
    running, finished = set(), set()

    def block(start):
        if start == 0:
            raise ValueError(start)
        running.add(start)
        threading.Event().wait(0.05)
        finished.add(start)

    with pytest.raises(ValueError, match="0"):
        list(threads_runtime._in_order(block, range(100)))
    assert running == finished
    assert len(running) < 6


def test_few_results_are_there_at_one_time():
    made: list[int] = []

    def block(start: int) -> int:
        made.append(start)
        return start

    limit = 2 * threads_runtime._THREADS + 1
    for taken, start in enumerate(threads_runtime._in_order(block, range(200))):
        assert start == taken
        assert len(made) <= taken + limit


def test_calls_from_several_threads_at_one_time():
    module = module_of(gc.from_function(chain, x="n"), ("value_and_grad",), threads=2)
    points = [np.random.default_rng(i).standard_normal(60_000) for i in range(6)]

    def compute(x):
        return bits(flat(module.chain_value_and_grad(x, 0.7, 0.1)))

    expected = [compute(x) for x in points]
    with ThreadPoolExecutor(6) as pool:
        for _ in range(4):
            assert list(pool.map(compute, points)) == expected


@pytest.mark.parametrize("other", [False, True])
def test_calls_from_its_own_threads_do_not_wait_for_each_other(other):
    graph = gc.from_function(chain, x="n")
    module = module_of(graph, threads=2)
    called = module_of(graph, threads=2) if other else module
    x = np.linspace(0, 1, 60_000)
    expected = module.chain(x, 0.7, 0.1)
    pool = module._pool(os.getpid())
    futures = [pool.submit(called.chain, x, 0.7, 0.1) for _ in range(8)]
    assert [future.result(timeout=60) for future in futures] == [expected] * 8


FORK = """
import os, signal, sys, warnings
import numpy as np
sys.path.insert(0, sys.argv[1])
import chained
x = np.linspace(0, 1, 100_000)
expected = chained.chain(x, 0.7, 0.1)
warnings.simplefilter("ignore")
child = os.fork()
if child == 0:
    signal.alarm(60)
    os._exit(0 if chained.chain(x, 0.7, 0.1) == expected else 1)
status = os.waitpid(child, 0)[1]
assert chained.chain(x, 0.7, 0.1) == expected
print(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_makes_threads_of_its_own(tmp_path):
    gc.from_function(chain, x="n").write(tmp_path / "chained.py", ["value"], threads=2)
    command = [sys.executable, "-c", FORK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "0"
