"""The page computes what the reference interpreter computes, and prints what the traces print."""

import json
import subprocess
from typing import Any

import numpy as np
import pytest
import sympy

import graphcomp as gc
from graphcomp import ops
from graphcomp.derivation import derive
from graphcomp.evaluate import bind, evaluate
from graphcomp.explorer.page import SCRIPTS, asset, script_text
from graphcomp.explorer.ported import PORTED
from graphcomp.graph import GraphData
from graphcomp.node import apply
from graphcomp.op import Kind
from graphcomp.printers.notation import UNICODE
from tests.conformance.cases import CASES, Case
from tests.explorer_node import NODE, Task, javascript, needs_node, run_all

pytestmark = needs_node

EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.7, 700.0, -800.0, 1e-300, np.inf, -np.inf, np.nan)


def task_of(graph: GraphData, point: dict[str, Any]) -> tuple[Task, list[np.ndarray[Any, Any]]]:
    arrays, sizes = bind(graph.inputs, point)
    values = evaluate(graph.nodes, arrays, sizes)
    return Task(graph.outputs, arrays, sizes), [values[node] for node in graph.outputs]


def compare(names: list[str], graphs: list[GraphData], points: list[Any], rtol: float) -> None:
    pairs = [task_of(graph, point) for graph, point in zip(graphs, points, strict=True)]
    found = run_all([task for task, _ in pairs])
    for name, got, (_, expected) in zip(names, found, pairs, strict=True):
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(
                one, other.astype(float), rtol=rtol, atol=rtol * 1e-2, err_msg=name
            )
            assert one.shape == other.shape, name


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-12), ("float32", 2e-5)])
def test_every_ported_op_agrees_with_its_reference_implementation(dtype: str, rtol: float) -> None:
    cases = [case for case in CASES if case.op in PORTED.values()]
    assert {case.op.name for case in cases} >= {
        op.name for op in PORTED.values() if op.kind is not Kind.LEAF
    }
    compare(
        [str(case) for case in cases],
        [case.graph(dtype) for case in cases],
        [case.values(3, dtype) for case in cases],
        rtol,
    )


def edge_case(case: Case) -> tuple[GraphData, dict[str, Any]]:
    """The op at all combinations of edges, as vectors."""
    grid = np.meshgrid(*[np.array(EDGES)] * len(case.shapes), indexing="ij")
    flat = [axis.ravel() for axis in grid]
    inputs = [gc.array(f"x{i}", "n") for i in range(len(flat))]
    graph = GraphData(inputs, {"y": apply(case.op, *inputs, **case.params)})
    return graph, {f"x{i}": values for i, values in enumerate(flat)}


def test_functions_of_numbers_agree_at_the_edges_too() -> None:
    """Signed zeros, infinities, NaN, overflow: for pure functions of floats."""
    cases = {
        case.op.name: case
        for case in CASES
        if case.op in PORTED.values()
        and case.op.broadcasts
        and case.op.spelling("numpy", len(case.shapes), tuple(case.params.items())) is not None
        and not any(isinstance(case.domain(i), str) for i in range(len(case.shapes)))
    }
    assert len(cases) > 50
    made = [edge_case(case) for case in cases.values()]
    compare(list(cases), [graph for graph, _ in made], [point for _, point in made], 1e-12)


def random_graph(seed: int) -> GraphData:
    """A graph of vectors, matrices and numbers, smooth where it is drawn."""
    rng = np.random.default_rng(seed)
    x, W, s = gc.array("x", 3), gc.array("W", (3, 3)), gc.scalar("s")
    pool = [x, gc.tanh(W @ x), x * s]
    unary = [gc.sin, gc.exp, gc.sigmoid, gc.softplus, gc.relu, np.tanh, abs, np.arctan]
    for _ in range(6):
        a, b = (pool[int(i)] for i in rng.integers(len(pool), size=2))
        choice = int(rng.integers(5))
        f = unary[int(rng.integers(len(unary)))]
        pool.append(
            [
                lambda a=a, b=b: a * b,
                lambda a=a, b=b: a / (2 + b * b),
                lambda a=a, b=b: W.T @ (a - b),
                lambda a=a, b=b: gc.maximum(a, 0.3 * b),
                lambda a=a, f=f: f(0.5 * a),
            ][choice]()
        )
    total = gc.sum(pool[-1] * pool[-2]) + gc.max(pool[-3]) + gc.let("h", pool[-1])[0]
    return GraphData([x, W, s], {"y": total, "z": pool[-1]})


def test_derivations_of_random_graphs_agree_number_by_number() -> None:
    """Steps, tangents, adjoints, partials and contributions of the same derivations."""
    names, tasks, expected = [], [], []
    for seed in range(30):
        graph = random_graph(seed)
        rng = np.random.default_rng(seed)
        at = {"x": rng.normal(size=3), "W": rng.normal(size=(3, 3)), "s": rng.normal()}
        found = derive(graph, "both", at=at, seed={"x": [1.0, 0, 0], "y": 1.0})
        arrays, sizes = bind(graph.inputs, at)
        roots = []
        for sweep in (*found.forward, *found.reverse):
            arrays |= {s.node: s.value for s in sweep.seeds if s.node is not None}  # type: ignore[misc]
            for row in sweep.rows:
                if row.derivative is not None:
                    roots.append(row.derivative.node)
                    roots += [t.value for t in row.derivative.terms]
                    roots += [t.partial for t in row.derivative.terms if t.partial is not None]
        roots += [step.node for step in found.program.steps]
        values = evaluate(roots, arrays, sizes)
        names.append(f"seed {seed}")
        tasks.append(Task(roots, arrays, sizes))
        expected.append([values[root] for root in roots])
    for name, got, wanted in zip(names, run_all(tasks), expected, strict=True):
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(
                one, other.astype(float), rtol=1e-9, atol=1e-12, err_msg=name
            )


def test_ops_of_users_are_computed_by_what_they_consist_of() -> None:
    t = sympy.Symbol("t")
    bump = gc.elementwise_op("explorer_bump", sympy.exp(-(t**2)) + sympy.cos(t))
    x = gc.array("x", "n")
    graph = gc.Graph(
        [x], {"y": bump(x), "slope": gc.Graph([x], {"s": gc.sum(bump(x))}).gradient().outputs[0]}
    )
    task, _ = task_of(graph, {"x": [0.5, -2.0]})
    assert task.made.missing == ()
    compare(["bump"], [graph], [{"x": [0.5, -2.0]}], 1e-12)


# ---------------------------------------------------------------- completeness


def test_the_table_in_javascript_has_just_the_ops_that_are_listed() -> None:
    assert sorted(javascript("[...OPS.keys()]", None)) == sorted(PORTED)


def test_what_is_not_ported_is_known() -> None:
    """A new op is ported, or a decision: the page then shows fixed numbers."""
    missing = {op.name for op in ops.ALL} - set(PORTED) - {"input"}
    assert missing == {
        *("erf", "erfc", "gammaln", "polygamma", "sinc", "recurrence", "nth_smallest"),
        *("inv", "solve", "pinv", "det", "cofactor", "logdet", "det_sign", "cholesky"),
        *("eigenvalues", "eigenvectors", "orthogonal_factor", "triangular_factor"),
        *("singular_values", "left_singular_vectors", "right_singular_vectors"),
        *("gather", "scatter_add", "take_along_axis", "add_along_axis", "argsort", "sort"),
        *("banded", "place"),  # of generated code alone
    }


# ---------------------------------------------------------------- texts


def test_numbers_are_printed_as_in_the_traces() -> None:
    rng = np.random.default_rng(0)
    arrays = [np.asarray(value) for value in (0.0, 1.0, -2.0, 1e9, 123456789.0, 1e-5, 0.1, 2.5e10)]
    arrays += [np.asarray(value) for value in (np.inf, -np.inf, np.nan, 999999.5, 0.00012345675)]
    arrays += [
        np.asarray(10.0**p * x) for p, x in zip(range(-12, 18), rng.normal(size=30), strict=True)
    ]
    shapes = [(1,), (3,), (5,), (9,), (20,), (2, 2), (3, 2), (5, 3), (2, 12), (2, 2, 2), (5, 2, 3)]
    arrays += [rng.normal(size=shape) * 10.0 ** rng.integers(-3, 5) for shape in shapes]
    data = [
        {"shape": a.shape, "data": [str(x).replace("inf", "Infinity") for x in a.ravel().tolist()]}
        for a in arrays
    ]
    shown = javascript("value.map((one) => numberText(decoded(one)))", data)
    assert shown == [UNICODE.number(a) for a in arrays]


def test_numbers_are_read_as_people_write_them() -> None:
    texts = [
        "1",
        " -0.5",
        "\u22122",
        "1e-3",
        ".5",
        "0,25",
        "",
        "abc",
        "1 2",
        "0x10",
        "Infinity",
        "--1",
    ]
    found = javascript("value.map((text) => String(parsedNumber(text)))", texts)
    assert found == ["1", "-0.5", "-2", "0.001", "0.5", "0.25", *["NaN"] * 6]
    lists = ["1 2; 3", "[0.5, \u22121]", "1 x", ""]
    assert javascript("value.map(parsedNumbers)", lists) == [[1, 2, 3], [0.5, -1], None, None]


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_sound_javascript(name: str, tmp_path: Any) -> None:
    path = tmp_path / name
    path.write_text('"use strict";\n' + asset(name), encoding="utf-8")
    assert NODE is not None
    done = subprocess.run([NODE, "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_whole_script_is_sound_and_evaluates_no_text(tmp_path: Any) -> None:
    path = tmp_path / "all.js"
    path.write_text(script_text(), encoding="utf-8")
    assert NODE is not None
    done = subprocess.run([NODE, "--check", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for forbidden in ("eval(", "Function(", "innerHTML", "outerHTML", "document.write", "import("):
        assert forbidden not in script_text(), forbidden


def test_an_op_that_is_not_in_the_table_does_not_run() -> None:
    listed = [{"op": "constructor", "dtype": "float64", "shape": []}]
    expression = (
        "(() => { try { run(value, new Map()); return ''; } catch (e) { return e.message; } })()"
    )
    assert "no such op" in javascript(expression, listed)
    assert json.dumps(javascript("OPS.has('toString')", None)) == "false"
