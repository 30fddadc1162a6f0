"""Siblings are computed together: nothing else changes, and fewer calls are left."""

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.node import Node
from graphcomp.rewrite import LARGEST, Report, stacked, stacking
from graphcomp.rewrite.long_sums import long_sums
from graphcomp.rewrite.siblings import in_turns, is_stackable
from graphcomp.rewrite.stack_ops import TOTAL
from graphcomp.rewrite.stacks import Stacks
from graphcomp.traversal import topological

STEPS = 24


def cells(weights: Any, start: Any, sequence: Any) -> Any:
    """A loop with gates, unrolled, and a loss at each of its steps."""
    state = start
    total: Any = 0.0
    for t in range(STEPS):
        x = sequence[t]
        opened = gc.sigmoid(x * weights[0] + state * weights[1])
        change = gc.tanh(x * weights[2] + state * weights[3])
        state = opened * state + (1.0 - opened) * change
        y = state * weights[4]
        total = total + gc.sum(y - gc.log(1.0 + gc.sum(gc.exp(y))))
    return total


def separate(weights: Any, start: Any, sequence: Any) -> Any:
    """The same formula for each of many rows, added up with different weights."""
    total: Any = 0.0
    for t in range(STEPS):
        y = gc.tanh(sequence[t] * weights[t % 5] + start)
        scaled = y / (1.0 + gc.sum(y * y))
        total = total + (1.0 + t) * gc.sum(scaled * gc.exp(-scaled))
    return total


def crossed(weights: Any, start: Any, sequence: Any) -> Any:
    """Steps that need others of their kind, in no order."""
    parts = [start, weights[0], *(gc.exp(-(sequence[t] ** 2)) for t in range(STEPS))]
    for t in range(2 * STEPS):
        a, b = parts[(7 * t + 3) % len(parts)], parts[(5 * t + 1) % len(parts)]
        parts.append((gc.sin(a) * b + gc.tanh(b)) / (2.0 + gc.sum(a * a)))
    total = parts[0] * weights[1]
    for part in parts[1:]:
        total = total + part * weights[1]
    return gc.sum(total)


MODELS = {"cells": cells, "separate": separate, "crossed": crossed}
Model = Callable[[Any, Any, Any], Any]


def traced(model: Model, dtype: str = "float64") -> gc.Graph:
    weights = gc.array("weights", "5 n", dtype=dtype)
    start = gc.array("start", "n", dtype=dtype)
    sequence = gc.array("sequence", f"{STEPS} n", dtype=dtype)
    return gc.Graph(
        [weights, start, sequence], {"loss": model(weights, start, sequence)}, name="model"
    )


def operands(n: int, dtype: str = "float64") -> list[Any]:
    rng = np.random.default_rng(n)
    shapes = ((5, n), (n,), (STEPS, n))
    return [rng.uniform(-1, 1, shape).astype(dtype) for shape in shapes]


def calls(source: str) -> int:
    """How many operations the last function of a module has."""
    kinds = (ast.Call, ast.BinOp, ast.AugAssign)
    function = ast.parse(source).body[-1]
    return sum(isinstance(node, kinds) for node in ast.walk(function))


def leaves(result: Any) -> list[Any]:
    """The arrays of a result."""
    if isinstance(result, tuple):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> Callable[[gc.Graph, str], Any]:
    """Compiles without stacks."""

    def compiled(graph: gc.Graph, kind: str) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(stacking, "FEWEST", 10**9)
            return graph.compile(kind)

    return compiled


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("n", [0, 1, 3, 14])
def test_values_and_gradients_stay(model: Model, n: int, apart: Any):
    graph = traced(model)
    together, one_by_one = graph.compile("value_and_grad"), apart(graph, "value_and_grad")
    assert calls(together.source) < 0.85 * calls(one_by_one.source)
    found, wanted = together(*operands(n)), one_by_one(*operands(n))
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-13, atol=1e-13)
    for a, b in zip(found[1], wanted[1], strict=True):
        assert a.shape == b.shape
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kind", ["value_and_grad", "vjp", "jvp"])
@pytest.mark.parametrize("options", [{}, {"workspace": True}, {"checks": False}], ids=str)
def test_large_arrays_are_computed_step_by_step(kind: str, options: Any, apart: Any):
    graph, n = traced(crossed), LARGEST + 1
    together, one_by_one = graph.compile(kind, **options), apart(graph, kind)
    assert f"if n > {LARGEST}:" in together.source
    arrays = operands(n) + (operands(n) if kind == "jvp" else [])
    kept: dict[str, Any] = {}
    found = together(*arrays, **({"workspace": kept} if "workspace" in options else {}))
    assert bool(kept) is ("workspace" in options)
    wanted = one_by_one(*arrays)
    if kind == "vjp":
        found, wanted = found[1](2.0), one_by_one(*arrays)[1](2.0)
    for a, b in zip(leaves(found), leaves(wanted), strict=True):
        np.testing.assert_array_equal(a, b)


def test_no_version_for_large_arrays_is_written_where_sizes_are_known():
    x = gc.array("x", (150, 5))
    gates = [gc.tanh(gc.exp(x[i])) * gc.sum(x[i]) for i in range(150)]
    source = gc.Graph([x], {"y": gc.stack(gates)}, name="f").source(["value"])
    assert ".take(" in source or "x.sum(axis=1)" in source
    assert "_large" not in source


def test_arguments_may_lie_in_memory_in_any_way_and_are_left_alone():
    compiled = traced(cells).compile("value_and_grad")
    given = operands(6)
    turned = [np.asfortranarray(given[0]), np.repeat(given[1], 2)[::2], given[2][:, ::-1][:, ::-1]]
    before = [x.copy() for x in turned]
    for a, b in zip(compiled(*turned)[1], compiled(*given)[1], strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(turned, before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_single_precision_stays_single(apart: Any):
    graph = traced(cells, "float32")
    found = graph.compile("value_and_grad")(*operands(5, "float32"))[1]
    wanted = apart(graph, "value_and_grad")(*operands(5, "float32"))[1]
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_what_needs_a_cotangent_waits_for_it():
    graph = traced(cells)
    arrays = operands(4)
    value, pull = graph.compile("vjp")(*arrays)
    _, gradients = graph.compile("value_and_grad")(*arrays)
    assert np.ndim(value) == 0
    for a, b in zip(pull(2.0), gradients, strict=True):
        np.testing.assert_allclose(a, 2.0 * b, rtol=1e-13, atol=1e-14)
    for a, b in zip(pull(1.0), gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


def test_directions_and_workspaces_work_too(apart: Any):
    graph = traced(cells)
    arrays, tangents = operands(4), operands(5)
    tangents = [x[..., :4] for x in tangents]
    found, wanted = (f(*arrays, *tangents) for f in (graph.compile("jvp"), apart(graph, "jvp")))
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    kept: dict[str, Any] = {}
    compiled = graph.compile("value_and_grad", workspace=True)
    for _ in range(2):
        for a, b in zip(
            compiled(*arrays, workspace=kept)[1],
            graph.compile("value_and_grad")(*arrays)[1],
            strict=True,
        ):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)


def test_short_functions_stay_as_people_write_them():
    x = gc.array("x", "3 n")
    source = gc.Graph([x], {"y": gc.tanh(x[0]) * gc.tanh(x[1]) * gc.tanh(x[2])}).source(["value"])
    assert "np.array" not in source


def test_arrays_known_to_be_large_are_not_copied():
    x = gc.array("x", (150, 5000))
    assert not stacked([gc.tanh(gc.exp(x[i])) for i in range(150)], [])


def test_the_report_says_what_was_stacked():
    x = gc.array("x", "150 n")
    report = Report()
    assert stacked([gc.tanh(gc.exp(x[i])) for i in range(150)], [], report=report)
    assert report.lines() == ["stacking: exp 1, tanh 1"]


def test_explain_says_what_was_stacked():
    graph = traced(cells)
    lines = graph.explain(["value_and_grad"]).splitlines()
    (line,) = [line for line in lines if line.startswith("  stacking")]
    assert "multiply" in line
    assert not any("stacking" in line for line in graph.explain(target="numba").splitlines())


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_turns_hold_every_node_once_behind_all_that_it_needs(model: Model):
    graph = traced(model)
    order = topological([*graph.outputs, *graph.gradient().outputs])
    early = set(topological(graph.outputs))
    turns = in_turns(order, early)
    assert sorted(map(id, order)) == sorted(id(node) for turn in turns for node in turn)
    done: set[Node] = set()
    for turn in turns:
        assert all(arg in done for node in turn for arg in node.args)
        assert len({(node.op, node.params, node.shape, node in early) for node in turn}) == 1
        done.update(turn)
    assert any(len(turn) > STEPS // 2 for turn in turns)


def filled(numbers: list[int]) -> Node:
    x = gc.array("x", "6 n")
    return Stacks().filled([x[i] for i in numbers])


@pytest.mark.parametrize(
    ("numbers", "source"),
    [
        (range(6), "x"),
        ([1, 2, 3], "x[1:4]"),
        ([0, 2, 4], "x[0:5:2]"),
        ([3, 2, 1], "x[3:0:-1]"),
        ([2, 1, 0], "x[2::-1]"),
        ([0, 0, 3], "x.take(C1, 0)"),
    ],
)
def test_rows_of_one_array_are_a_slice_of_it_if_that_does(numbers: list[int], source: str):
    graph = gc.Graph([gc.array("x", "6 n")], {"y": filled(list(numbers)) + 1.0}, name="f")
    compiled = graph.compile("value")
    assert f" = {source} + _1" in compiled.source
    x = np.arange(12.0).reshape(6, 2)
    np.testing.assert_array_equal(compiled(x), x[list(numbers)] + 1)


def test_parts_of_parts_are_rows_of_the_whole():
    x = gc.array("x", "2 3 n")
    rows = Stacks().filled([x[1][0], x[0, 2], x[1, 1], x[0][1]])
    found = gc.Graph([x], {"y": rows}).compile("value")(np.arange(12.0).reshape(2, 3, 2))
    np.testing.assert_array_equal(found, [[6, 7], [4, 5], [8, 9], [2, 3]])


def test_long_sums_are_one_op_and_parts_that_others_read_stay():
    x = gc.array("x", "20 n")
    rows = [gc.exp(x[i]) for i in range(20)]
    part = sum(rows[1:10], start=rows[0])
    total = sum(rows[10:], start=part)

    def terms(nodes: list[Node], node: Node) -> int:
        found = long_sums(nodes, ())[node]
        return len(found.args) if found.op is TOTAL else 0

    assert terms([total], total) == 20
    assert terms([total, part], total) == 11
    assert terms([total, part], part) == 10
    short = rows[0] + rows[1] + rows[2]
    assert terms([short], short) == 0


def test_sums_of_what_cannot_be_stacked_stay_sums():
    x = gc.array("x", "20 m")
    a = gc.array("A", "n m")
    total = a @ x[0]
    for i in range(1, 20):
        total = total + a @ x[i]
    assert long_sums([total], ())[total] is total


def test_numbers_of_other_dtypes_are_not_put_into_stacks():
    s = gc.scalar("s", dtype="float32")
    x = gc.array("x", "n", dtype="float32")
    assert is_stackable(gc.exp(x))
    assert not is_stackable(topological([x * s])[-1])
