"""Checking generated modules: from a file, by what the module says of itself, without graphcomp's graph."""

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.check import CheckReport, Verdict, check_module
from graphcomp.codegen import generate, load
from graphcomp.errors import InputError
from graphcomp.graph import GraphData

FIRST = ["vjp", "jvp", "jacobian"]
GRADIENTS = ["grad", "value_and_grad", "derivatives"]
SECOND = ["hvp", "hessian"]


def loss() -> GraphData:
    W1, W2 = gc.array("W1", "m n"), gc.array("W2", "k m")
    x, y = gc.array("x", "n"), gc.array("y", "k")
    h = gc.let("h", gc.relu(W1 @ x))
    return GraphData([x, y, W1, W2], {"loss": gc.squared_loss(W2 @ h, y)}, name="loss")


def module(graph: GraphData, kinds, **options) -> ModuleType:
    return load(generate(graph, kinds, **options), graph.name)


def found(report: CheckReport) -> dict[tuple[str, str], Verdict]:
    return {(row.argument, row.method.split()[0]): row.verdict for row in report.rows}


def test_every_kind_of_derivative_passes_by_every_argument():
    kinds = [*FIRST, *GRADIENTS, *SECOND]
    report = check_module(module(loss(), ["value", *kinds]))
    assert report.passed, report
    names = ("x", "y", "W1", "W2")
    expected = {(name, kind): Verdict.PASS for name in names for kind in kinds}
    expected |= {("(value)", kind): Verdict.PASS for kind in ("vjp", "jvp", "value_and_grad")}
    assert found(report) == expected
    assert "every derivative agrees" in str(report)
    assert json.loads(json.dumps(report.to_json(), allow_nan=False))["passed"] is True


@pytest.mark.parametrize("wrt", ["W1", ["W2"], ["W2", "x"]])
def test_results_are_arranged_as_wrt_is(wrt):
    report = check_module(module(loss(), ["value", *FIRST, *GRADIENTS, *SECOND], wrt=wrt))
    assert report.passed, report
    names = {wrt} if isinstance(wrt, str) else set(wrt)
    assert {row.argument for row in report.rows} == {"(value)", *names}


def test_scalar_functions_in_plain_python():
    x, a = gc.scalars("x a")
    graph = GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x)), "z": gc.log(x) * a}, name="pair")
    report = check_module(module(graph, ["value", *FIRST], target="math"))
    assert report.passed, report
    assert report.point["x"] > 0


def test_float32_and_several_outputs():
    x, n = gc.array("x", "n", "float32"), gc.scalar("n", "int64")
    outputs = {"s": gc.sum(gc.exp(x) * n), "v": gc.tanh(x), "c": x > 0}
    graph = GraphData([x, n], outputs, name="mixed")
    report = check_module(module(graph, ["value", "vjp", "jvp"]))
    assert report.passed, report


def test_steps_are_said_to_be_skipped():
    report = check_module(module(loss(), ["value", "vjp", "derivatives"], wrt=["W2", "h"]))
    assert report.passed
    assert found(report)["h", "none"] is Verdict.SKIPPED
    assert "not compared: h" in str(report)


def test_second_order_without_a_gradient_to_compare_with():
    x = gc.array("x", 3)
    graph = GraphData([x], {"s": gc.sum(gc.sin(x)) * gc.prod(x)}, name="s")
    assert check_module(module(graph, ["value", "hvp"])).passed


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("grad", "np.cos(", "-np.cos("),
        ("vjp", "np.cos(", "1.001 * np.cos("),
        ("jvp", "np.cos(", "np.sin("),
        ("jacobian", "np.cos(", "2 * np.cos("),
        ("hvp", "np.sin(", "1.01 * np.sin("),
        ("hessian", "np.sin(", "1.01 * np.sin("),
    ],
)
def test_a_module_with_a_wrong_derivative_fails(kind: str, right: str, wrong: str):
    x = gc.array("x", "n")
    graph = GraphData([x], {"s": gc.sum(gc.sin(x))}, name="s")
    source = generate(graph, ["value", kind])
    head, body = source.split(f"def s_{kind}(")
    assert right in body
    report = check_module(load(head + f"def s_{kind}(" + body.replace(right, wrong), "s"))
    assert not report.passed
    assert found(report)["x", kind] is Verdict.FAIL, report


def test_a_value_that_differs_between_functions_fails():
    x = gc.scalar("x")
    source = generate(GraphData([x], {"y": gc.sin(x)}, name="y"), ["value", "value_and_grad"])
    head, body = source.split("def y_value_and_grad(")
    changed = head + "def y_value_and_grad(" + body.replace("np.sin(x)", "np.sin(x) + 1e-3")
    report = check_module(load(changed, "y"))
    assert found(report)["(value)", "value_and_grad"] is Verdict.FAIL


def test_corners_and_jumps_are_kinks():
    x = gc.array("x", 2)
    graph = GraphData([x], {"s": gc.sum(gc.relu(x) * x[::-1])}, name="s")
    report = check_module(module(graph, ["value", "vjp", "hvp"]), {"x": [0.0, 2.0]})
    assert found(report)["x", "vjp"] is Verdict.KINK
    assert found(report)["x", "hvp"] is Verdict.KINK
    (row,) = (row for row in report.rows if row.method.startswith("vjp against diff"))
    assert row.notes == ("the function has a corner here; not compared: entry [0]",)
    assert row.compared == 1
    assert report.passed
    beside = check_module(module(graph, ["value", "vjp"]), {"x": [1e-4, 2.0]})
    assert found(beside)["x", "vjp"] is Verdict.PASS


def test_a_file_is_checked_as_it_is_and_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "loss_grad.py"
    path.write_text(generate(loss(), ["value", "vjp"]))
    assert check_module(path).passed
    assert check_module(str(path), seed=5).to_json() != check_module(path).to_json()
    assert list(tmp_path.iterdir()) == [path]


def test_a_foreign_file_is_refused_before_it_runs(tmp_path: Path):
    path = tmp_path / "foreign.py"
    path.write_text("raise SystemExit('this ran')")
    with pytest.raises(InputError, match="no module that graphcomp generated: it has no SIGNATURE"):
        check_module(path)
    path.write_text("def broken(:")
    with pytest.raises(InputError, match="is no Python module"):
        check_module(path)
    with pytest.raises(InputError, match="can't read"):
        check_module(tmp_path / "missing.py")


def test_a_module_without_derivatives_or_values_is_refused():
    with pytest.raises(InputError, match="has no derivatives to check, only value"):
        check_module(module(loss(), ["value"]))
    with pytest.raises(InputError, match="no function that gives its values: generate 'value' too"):
        check_module(module(loss(), ["grad"]))


def test_the_point_is_that_of_the_caller():
    point = {name: np.ones(shape) for name, shape in [("x", 3), ("y", 2), ("W1", (4, 3))]}
    report = check_module(module(loss(), ["value", "vjp"]), point)
    assert report.point["W2"].shape == (2, 4)
    assert np.array_equal(report.point["W1"], point["W1"])
