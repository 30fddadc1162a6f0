"""Checking derivatives of graphs: right ones pass, wrong ones fail, kinks are called kinks."""

import json
import math

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.check import CheckReport, Verdict, check_graph
from graphcomp.check.differences import slope, steps
from graphcomp.errors import DTypeError, InputError, NamingError
from graphcomp.graph import GraphData
from graphcomp.node import apply
from graphcomp.op import Kind, Op
from tests.conformance.cases import SMOOTH, Case, cases


def verdicts(report: CheckReport, argument: str) -> dict[str, str]:
    return {row.method: row.verdict.value for row in report.rows if row.argument == argument}


def mlp2(n="n", m="m", k="k") -> GraphData:
    x, W1, W2 = gc.array("x", n), gc.array("W1", (m, n)), gc.array("W2", (k, m))
    return GraphData([x, W1, W2], {"y": W2 @ gc.let("h", gc.relu(W1 @ x))}, name="mlp2")


# ---------------------------------------------------------------- right derivatives


def test_every_argument_of_a_network_passes_at_full_size():
    rng = np.random.default_rng(0)
    m, n, k = 5, 40, 10
    point = {"x": rng.normal(size=n), "W1": rng.normal(size=(m, n)), "W2": rng.normal(size=(k, m))}
    report = check_graph(mlp2(), point)
    assert report.passed
    methods = {"central differences", "complex step", "reverse against forward"}
    for name, value in point.items():
        assert verdicts(report, name) == dict.fromkeys(methods, "pass")
        compared = {row.method: row.compared for row in report.rows if row.argument == name}
        assert compared["central differences"] == value.size
    worst = {row.method: row.difference for row in report.rows}
    assert worst["central differences"] < 1e-8
    assert worst["complex step"] < 1e-13


@cases(SMOOTH)
def test_every_op_passes(case: Case):
    report = check_graph(case.graph(), case.values(33))
    assert report.passed, report
    assert {row.verdict for row in report.rows} == {Verdict.PASS}
    stepped = any(row.method == "complex step" for row in report.rows)
    assert stepped == (case.op.analytic or case.op.name == "astype")


def test_large_arguments_are_moved_along_random_directions():
    x = gc.array("x", 3000)
    report = check_graph(GraphData([x], {"s": gc.sum(gc.sin(x) * gc.max(x))}))
    assert report.passed
    assert report.rows[0].compared < 300


def test_float32_is_checked_at_its_own_precision():
    x = gc.array("x", "n", "float32")
    report = check_graph(GraphData([x], {"s": gc.sum(gc.exp(x) * gc.max(x))}))
    assert report.passed
    assert 1e-10 < report.rows[0].difference < 1e-5


def test_steps_can_be_checked_too():
    report = check_graph(mlp2(), wrt=["h", "W1"])
    assert report.passed
    assert {row.argument for row in report.rows} == {"h", "W1"}


def test_several_outputs_may_be_the_same_or_no_numbers():
    x = gc.array("x", 3)
    outputs = {"a": gc.exp(x), "b": gc.exp(x), "c": x > 0, "d": x}
    assert check_graph(GraphData([x], outputs)).passed


def test_a_function_varies_on_its_own_scale():
    x = gc.scalar("x")
    for f, at in [
        (gc.log(x), 1e-9),
        (gc.sin(1e5 * x), 0.3),
        (gc.exp(x) + 1e9, 1.0),
        (1e-30 * gc.tanh(x), 0.2),
        (gc.sqrt(x), 1e12),
        (x * x, 1e-8),
    ]:
        report = check_graph(GraphData([x], {"y": f}), {"x": at})
        assert report.passed, report


# ---------------------------------------------------------------- wrong derivatives


def broken(name: str, partial, evaluate=np.sin, **options) -> Op:
    return Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        evaluate=evaluate,
        broadcasts=True,
        partials=(partial,),
        spell={},
        **options,
    )


WRONG = {
    "sign": broken("sign_lost", lambda out, x: -gc.cos(x)),
    "factor": broken("factor", lambda out, x: 1.0001 * gc.cos(x)),
    "zero": broken("zero", None),
    "offset": broken("offset", lambda out, x: gc.cos(x) + 1e-5),
    "nan": broken("nan", lambda out, x: gc.log(x * 0 - 1) * gc.cos(x)),
}


@pytest.mark.parametrize("op", WRONG.values(), ids=WRONG)
@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
def test_a_wrong_derivative_fails(op: Op):
    x, y = gc.array("x", 3), gc.array("y", 3)
    graph = GraphData([x, y], {"s": gc.sum(apply(op, x) * y) + gc.sum(x)})
    report = check_graph(graph, {"x": [0.3, -1.1, 0.8], "y": [1.0, 2.0, -1.5]})
    assert not report.passed
    assert verdicts(report, "x")["central differences"] == "fail"
    assert verdicts(report, "x")["complex step"] == "fail"
    assert set(verdicts(report, "y").values()) == {"pass"}
    (row,) = (r for r in report.rows if r.argument == "x" and r.method == "central differences")
    assert not row.difference <= row.tolerance
    if op is WRONG["sign"]:
        assert row.notes[0] == "entry [0] is 0.0446635, should be 1.95534"
    assert "wrong: the derivative by x" in str(report)


def test_one_wrong_entry_among_many_fails_and_is_named():
    def transpose(index, ct, x):
        mask = np.ones((20, 10))
        mask[7, 3] = 1.01
        return ct * mask

    op = Op(name="leaky", kind=Kind.LINEAR, evaluate=lambda x: x * 1.0, transpose=transpose)
    x = gc.array("x", (20, 10))
    report = check_graph(GraphData([x], {"s": gc.sum(apply(op, x) ** 2)}))
    row = report.rows[0]
    assert row.verdict is Verdict.FAIL
    assert row.notes == (row.notes[0],)
    assert row.notes[0].startswith("entry [7, 3] is ")
    assert verdicts(report, "x")["reverse against forward"] == "fail"


def test_modes_that_disagree_fail_even_where_reverse_mode_is_right():
    op = Op(
        name="affine",
        kind=Kind.LINEAR,
        evaluate=lambda x: x + 1.0,
        transpose=lambda index, ct, x: ct,
    )
    x = gc.array("x", 3)
    report = check_graph(GraphData([x], {"y": apply(op, x)}))
    found = verdicts(report, "x")
    assert found["central differences"] == "pass"
    assert found["reverse against forward"] == "fail"
    assert not report.passed


# ---------------------------------------------------------------- kinks and edges


def test_a_unit_at_its_kink_is_named_with_the_entries_that_it_affects():
    point = {"x": [1.0, 1.0], "W1": [[1.0, 2.0], [1.0, -1.0]], "W2": np.ones((2, 2))}
    report = check_graph(mlp2(), point)
    differences = {row.argument: row for row in report.rows if row.method == "central differences"}
    assert differences["x"].verdict is Verdict.KINK
    assert differences["x"].compared == 0
    assert differences["W1"].verdict is Verdict.KINK
    assert differences["W1"].compared == 2  # the row of the other unit
    assert differences["W2"].verdict is Verdict.PASS
    (note,) = differences["W1"].notes
    assert note == (
        "relu(W1 @ x) in step h is at its kink in [1]; not compared: entry [1, 0], entry [1, 1]"
    )
    assert set(verdicts(report, "x").values()) == {"kink", "pass"}
    assert report.passed
    assert "fail" not in str(report)


@pytest.mark.parametrize(
    ("f", "at"),
    [
        (gc.absolute, 0.0),
        (gc.relu, 1e-13),
        (lambda x: gc.maximum(x, 2 * x), 0.0),
        (lambda x: gc.where(x > 1, x, 1.0), 1.0),
        (lambda x: gc.floor(x) * x, 3.0),
        (lambda x: x % 0.5, 1.5),
        (lambda x: gc.hypot(x, 0.0 * x), 0.0),
        (lambda x: gc.max(gc.stack([x, -x])), 0.0),
    ],
    ids=["abs", "relu, nearly", "maximum", "where", "floor", "mod", "hypot", "max"],
)
def test_kinks_are_recognised(f, at):
    x = gc.scalar("x")
    report = check_graph(GraphData([x], {"y": f(x)}), {"x": at})
    assert report.rows[0].verdict is Verdict.KINK, report
    assert "is at its kink" in str(report)


def test_beside_a_kink_the_step_gets_smaller():
    x = gc.scalar("x")
    for at in (1e-3, 1e-5, -1e-7):
        report = check_graph(GraphData([x], {"y": gc.relu(x) + x * x}), {"x": at})
        assert report.rows[0].verdict is Verdict.PASS, report


def test_a_wrong_derivative_beside_a_kink_still_fails():
    leaky = broken(
        "badly",
        lambda out, x: 0.5 * (x >= 0).astype("float64"),
        lambda x: np.maximum(x, 0),
        margin=np.abs,
    )
    x = gc.array("x", 3)
    report = check_graph(GraphData([x], {"y": apply(leaky, x)}), {"x": [0.0, 1.0, -1.0]})
    row = report.rows[0]
    assert row.verdict is Verdict.FAIL
    assert row.compared == 2
    assert row.notes[0].startswith("entry [1] is ")
    assert row.notes[1] == "badly is at its kink in [0]; not compared: entry [0]"


def test_the_edge_of_a_domain_is_unclear():
    x = gc.scalar("x")
    report = check_graph(GraphData([x], {"y": gc.sqrt(x)}), {"x": 0.0})
    assert report.rows[0].verdict is Verdict.UNCLEAR
    assert not report.passed
    assert "undecided" in str(report)


# ---------------------------------------------------------------- points


def test_points_are_drawn_where_the_function_is_finite_and_always_the_same():
    x, a, v = gc.scalar("x"), gc.scalar("a"), gc.array("v", "n")
    y = gc.log(a) * gc.sqrt(x - 1) + gc.arcsin(gc.max(v) / 3) + gc.sum(gc.log1p(v))
    graph = GraphData([x, a, v], {"y": y})
    first, again, other = (check_graph(graph, seed=s) for s in (3, 3, 4))
    assert first.passed
    assert first.to_json() == again.to_json() != other.to_json()
    assert first.point["x"] > 1


def test_dimensions_get_distinct_sizes_that_fit():
    x, y = gc.array("x", "n"), gc.array("y", "2*n+m")
    report = check_graph(GraphData([x, y, gc.array("z", "m")], {"s": gc.sum(x) * gc.sum(y)}))
    sizes = {name: value.shape[0] for name, value in report.point.items()}
    assert sizes["y"] == 2 * sizes["x"] + sizes["z"]
    assert sizes["x"] != sizes["z"]
    assert "n = " in report.where


def test_missing_values_are_drawn_in_the_shapes_of_those_given():
    report = check_graph(mlp2(), {"W1": np.ones((3, 7))})
    assert report.point["x"].shape == (7,)
    assert report.point["W2"].shape[1] == 3


def test_what_can_not_be_checked_is_said():
    x, n = gc.scalar("x"), gc.scalar("n", "int64")
    with pytest.raises(InputError, match="no real output"):
        check_graph(GraphData([x], {"c": x > 0}))
    with pytest.raises(InputError, match="found no point where the function is finite; give"):
        check_graph(GraphData([x], {"y": gc.sqrt(-1 - x * x)}))
    with pytest.raises(DTypeError, match="convert to float"):
        check_graph(GraphData([x, n], {"y": x * n}), wrt="n")
    with pytest.raises(NamingError, match="no input, step or output 'z'"):
        check_graph(GraphData([x], {"y": x}), wrt="z")
    with pytest.raises(InputError, match="no input 'z'"):
        check_graph(GraphData([x], {"y": x}), {"z": 1.0})


# ---------------------------------------------------------------- reports


def test_a_report_is_a_table_and_json():
    report = check_graph(mlp2())
    lines = str(report).splitlines()
    assert lines[0].startswith("check of mlp2, at a random point (seed 0), n = ")
    starts = {line.index("pass") for line in lines[2:-1]}
    assert len(starts) == 1, "columns are aligned"
    data = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert data["passed"] is True
    assert len(data["rows"]) == len(report.rows) == 9
    assert data["rows"][0]["method"] == "central differences"
    kinked = check_graph(GraphData([gc.scalar("x")], {"y": gc.relu(gc.scalar("x"))}), {"x": 0.0})
    assert (
        json.loads(json.dumps(kinked.to_json(), allow_nan=False))["rows"][0]["difference"] is None
    )


def test_slopes_know_their_error():
    functions = [(math.exp, 1.0), (math.sin, 1.0), (lambda t: math.sin(1e4 * t), 1e4)]
    for f, exact in functions:
        found = [slope(f, step, 1e-16) for step in steps(1.0)]
        best = min(found, key=lambda s: s.error)
        assert abs(best.value - exact) <= best.error < 1e-6 * exact
