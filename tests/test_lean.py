"""Large graphs are built, differentiated and written in linear time, and leave nothing behind.

What is counted is work, not seconds: calls of functions, and nodes that are made.
"""

import gc as collector
import math
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

import graphcomp as gc
from graphcomp import node
from graphcomp.codegen import generate, load, once
from graphcomp.graph import GraphData
from graphcomp.node import Node, intern
from graphcomp.ops.leaves import LET
from graphcomp.rewrite import inside_fences
from graphcomp.rewrite.naming import FENCE


def chain(length: int) -> gc.Graph:
    x = y = gc.scalar("x")
    for i in range(length // 2):
        y = gc.sin(y) * (1.0 + 1e-6 * (i % 7))
    return gc.Graph([x], {"y": y}, name="chain")


def shared(length: int) -> gc.Graph:
    """Each step reads the last one, and one from further back."""
    x, a = gc.scalars("x a")
    steps = [x, a]
    for i in range(length):
        last, other = steps[-1], steps[-2 - i % max(1, min(20, len(steps) - 1))]
        kinds = (lambda: gc.sin(last), lambda: last * other, lambda: last + other)  # noqa: B023
        steps.append(kinds[i % 4]() if i % 4 < 3 else last / (1.5 + other * other))
    return gc.Graph([x, a], {"y": steps[-1]}, name="shared")


def named(length: int) -> gc.Graph:
    """Every step has the same name."""
    x = y = gc.scalar("x")
    for _ in range(length):
        y = gc.let("h", gc.sin(y))
    return gc.Graph([x], {"y": y}, name="named")


def nodes_made(work: Callable[[], object], patch: pytest.MonkeyPatch) -> int:
    """How many nodes come about that were not there before."""
    made = 0
    real = node._Reference

    def counted(*args: Any) -> Any:
        nonlocal made
        made += 1
        return real(*args)

    patch.setattr(node, "_Reference", counted)
    work()
    return made


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python something runs: a loop counts as often as it goes round."""
    count = 0

    def trace(_frame: Any, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


STAGES: dict[str, tuple[Callable[[Callable[[int], gc.Graph], int], Callable[[], object]], int]] = {
    "build": (lambda make, n: lambda: make(n), 130),
    "program": (lambda make, n: make(n).program, 160),
    "gradient": (lambda make, n: make(n).gradient, 350),
    "math": (lambda make, n: lambda: make(n).source(["value_and_grad"], target="math"), 2300),
    "numpy": (lambda make, n: lambda: make(n).source(["value_and_grad"]), 2400),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("make", [chain, shared, named])
def test_each_stage_takes_a_bounded_number_of_lines_a_step(
    make: Callable[[int], gc.Graph], stage: str
):
    prepare, bound = STAGES[stage]
    short, long = (lines_run(prepare(make, n)) for n in (800, 1600))
    assert long < 2.05 * short, "not linear"
    assert long / 1600 < bound


def test_few_nodes_are_made_on_the_way_to_the_source(monkeypatch):
    graph = shared(2000)
    made = nodes_made(lambda: graph.source(["value_and_grad"], target="math"), monkeypatch)
    assert made < 12 * 2000


def test_few_nodes_are_made_where_no_rule_looks_into_shared_steps(monkeypatch):
    """Their derivatives, and no node for the sake of the passes."""
    x, a = gc.scalars("x a")
    steps = [x, a]
    for i in range(700):
        steps.append(gc.sin(steps[-1]) * steps[-2] + steps[i // 2])
    graph = gc.Graph([x, a], {"y": steps[-1]})
    graph.source(["value_and_grad"], target="math")
    made = nodes_made(lambda: graph.source(["value_and_grad"], target="math"), monkeypatch)
    assert made <= 2 * 2100 + 10


@pytest.mark.parametrize("target", ["math", "numpy"])
@pytest.mark.parametrize("kind", ["value", "value_and_grad", "vjp", "jvp", "hvp"])
def test_writing_a_module_makes_no_cycles_of_nodes(target: str, kind: str):
    """So large graphs are gone when the module is there, and not when the collector gets to it."""
    graph = shared(200)
    collector.collect()
    collector.disable()
    try:
        before = sum(map(len, node._interned.values()))
        graph.source([kind], target=target)
        assert sum(map(len, node._interned.values())) == before
    finally:
        collector.enable()


def test_the_collector_is_left_as_it_was():
    graph = chain(10)
    for enabled in (True, False):
        (collector.enable if enabled else collector.disable)()
        try:
            graph.gradient()
            generate(graph)
            with pytest.raises(gc.GraphcompError):
                generate(graph, ["no such kind"])
            assert collector.isenabled() is enabled
        finally:
            collector.enable()


def test_threads_agree_on_nodes_that_come_and_go():
    """Every few bytecodes another thread: nodes die in one while another asks for the same."""
    interval = sys.getswitchinterval()
    results: list[list[Node]] = [[] for _ in range(6)]
    errors: list[Any] = []
    barrier = threading.Barrier(6)

    def build(found: list[Node]) -> None:
        z = gc.scalar("agreed")
        barrier.wait()
        for k in range(150):
            z = gc.sin(z * 1.5) + gc.cos(z)
            _ = gc.exp(z) * k  # gone at once
            found.append(z)

    hook, sys.unraisablehook = sys.unraisablehook, errors.append
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=build, args=(found,)) for found in results]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
        sys.unraisablehook = hook
    assert not errors
    assert all(len({id(one) for one in same}) == 1 for same in zip(*results, strict=True))


# ---------------------------------------------------------------- large functions, written once


def test_a_large_function_is_written_once_and_agrees_with_the_small_one(monkeypatch):
    graph = shared(200)
    twice = graph.source(["value_and_grad", "jvp", "vjp"], target="math")
    monkeypatch.setattr(once, "LARGE", 100)
    text = graph.source(["value_and_grad", "jvp", "vjp"], target="math")
    assert "def _shared_value_and_grad_limits(" in twice
    assert "def _shared_value_and_grad_steps(" in text
    assert "_shared_value_and_grad_limits" not in text
    assert "def _shared_vjp_limits(" in text  # a function that returns one is still written twice
    one, two = load(text, "one"), load(twice, "two")
    for x in (0.3, -2.0, 0.0, 1e308, math.inf):
        for name, extra in (("value_and_grad", ()), ("jvp", (1.0, 0.5))):
            called = f"shared_{name}"
            assert repr(getattr(one, called)(x, 0.7, *extra)) == repr(
                getattr(two, called)(x, 0.7, *extra)
            )


def test_names_of_passed_functions_give_way_to_the_users(monkeypatch):
    monkeypatch.setattr(once, "LARGE", 0)
    x, sin = gc.scalars("x sin")
    graph = gc.Graph([x, sin], {"cos": gc.sin(x) * gc.log(sin)})
    value, slopes = graph.compile("value_and_grad", target="math")(0.5, 2.0)
    assert value == math.sin(0.5) * math.log(2.0)
    assert slopes == (math.cos(0.5) * math.log(2.0), math.sin(0.5) / 2.0)
    assert graph.compile("value", target="math")(0.5, 0.0) == -math.inf


def test_a_quotient_that_can_be_by_zero_needs_no_exception(monkeypatch):
    monkeypatch.setattr(once, "LARGE", 0)
    x, y = gc.scalars("x y")
    text = gc.Graph([x, y], {"z": x / y}).source(["value"], target="math")
    assert "z = x / y if y else _div(x, y)" in text
    assert "try:\n        return _z_steps" not in text
    assert load(text, "z").z(-1.0, 0.0) == -math.inf


def test_double_signs_are_not_written():
    x, a = gc.scalars("x a")
    graph = GraphData([x, a], {"y": gc.exp(-(-a * x)) * gc.log(x)})
    text = generate(graph, ["value_and_grad"], target="math")
    assert "math.exp(" in text
    assert "--" not in text


def test_fences_stay_until_code_is_written_only_where_that_makes_no_difference():
    x, y = gc.scalars("x y")
    shared, fence = x * y, (("name", "_"),)
    fenced = intern(LET, (shared,), fence, FENCE)
    assert inside_fences([x, y, shared, fenced, gc.sin(fenced)]) == {fenced: shared}
    assert inside_fences([x, y, shared, fenced, gc.cos(shared)]) is None
    assert inside_fences([x, gc.let("h", x)]) is None
    assert inside_fences([x, y, shared, fenced, intern(LET, (fenced,), fence, FENCE)]) is None


def test_a_fenced_step_is_written_under_its_name():
    x, a = gc.scalars("x a")
    w = gc.sin(x) * a
    graph = gc.Graph([x, a], {"y": gc.exp(w * w) + gc.cos(w)})
    text = graph.source(["grad"], target="math")
    assert "w4_bar = " in text
    assert "w4_bar * " in text
    assert load(text, "y").y_grad(0.5, 2.0) == pytest.approx(graph.compile("grad")(0.5, 2.0))
