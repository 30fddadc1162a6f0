"""Closed forms: in the words of a textbook, proved, and found in bounded time."""

import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings

import graphcomp as gc
from graphcomp.derivation import closed as search
from graphcomp.derivation import derive
from graphcomp.derivation.deadline import TooLate, within
from graphcomp.evaluate import evaluate
from graphcomp.graph import GraphData
from graphcomp.printers.formula import UNICODE, Formulas
from tests.test_codegen_random import graphs

x, y, z, a, b = gc.scalars("x y z a b")

ALGEBRA, CHECKED = "algebra", "checked at 50 points"

#: A function f, by what it is differentiated, the form, and how it is known to be right.
FORMS = [
    (1 / (1 + gc.exp(-a * x)), "x", "a·f·(1 − f)", ALGEBRA),
    (1 / (1 + gc.exp(-a * x)), "a", "x·f·(1 − f)", ALGEBRA),
    (gc.tanh(x), "x", "1 − f²", ALGEBRA),
    (gc.tanh(a * x + b), "a", "x·(1 − f²)", ALGEBRA),
    (gc.exp(x), "x", "f", ALGEBRA),
    (gc.exp(-x * x / 2), "x", "−x·f", ALGEBRA),
    (gc.exp(gc.exp(x)), "x", "f·exp(x)", ALGEBRA),
    (a * gc.exp(-((x - b) ** 2)), "x", "2·f·(b − x)", ALGEBRA),
    (gc.sqrt(x), "x", "1/(2·f)", ALGEBRA),
    (x**0.5, "x", "1/(2·f)", ALGEBRA),
    (gc.sqrt(x * x + y * y), "y", "y/f", ALGEBRA),
    (gc.sqrt(1 - x * x), "x", "−x/f", ALGEBRA),
    (gc.sqrt(gc.exp(x)), "x", "f/2", ALGEBRA),
    (gc.sqrt(x) ** 2, "x", "1", ALGEBRA),
    (x * gc.sqrt(x), "x", "3·sqrt(x)/2", ALGEBRA),
    (gc.cbrt(x), "x", "1/(3·f²)", ALGEBRA),
    (gc.hypot(x, y), "x", "x/f", CHECKED),
    (gc.log(x * y), "x", "1/x", ALGEBRA),
    (gc.log(x / y), "y", "−1/y", ALGEBRA),
    (gc.log(gc.log(x)), "x", "1/(x·log(x))", ALGEBRA),
    (x * gc.log(x), "x", "1 + log(x)", ALGEBRA),
    (gc.log(gc.exp(x) + gc.exp(y)), "x", "exp(x)/(exp(x) + exp(y))", ALGEBRA),
    (gc.exp(x) / (gc.exp(x) + gc.exp(y)), "x", "f·(1 − f)", ALGEBRA),
    (gc.exp(x) / (gc.exp(x) + gc.exp(y)), "y", "−f·(1 − f)", ALGEBRA),
    (gc.softplus(x), "x", "sigmoid(x)", ALGEBRA),
    (gc.sigmoid(x), "x", "f·(1 − f)", ALGEBRA),
    (x**y, "x", "y·f/x", CHECKED),
    (x**y, "y", "f·log(x)", CHECKED),
    (x**2.5, "x", "5·x^1.5/2", ALGEBRA),
    (x**-1.5, "x", "−3/(2·x^2.5)", ALGEBRA),
    (x * y * z, "y", "x·z", ALGEBRA),
    (x / y, "y", "−f/y", ALGEBRA),
    (x / (x + y), "x", "y/(x + y)²", ALGEBRA),
    (1 / (1 + x * x), "x", "−2·x·f²", ALGEBRA),
    (gc.sin(x), "x", "cos(x)", ALGEBRA),
    (gc.tan(x), "x", "1 + f²", ALGEBRA),
    (gc.sin(x) / gc.cos(x), "x", "1/cos(x)²", ALGEBRA),
    (gc.sin(x) ** 2 + gc.cos(x) ** 2, "x", "0", ALGEBRA),
    (gc.cos(x) / (1 + gc.sin(x)), "x", "−1/(1 + sin(x))", ALGEBRA),
    (gc.sin(x) * gc.cos(x), "x", "1 − 2·sin(x)²", ALGEBRA),
    (gc.sinh(x) / gc.cosh(x), "x", "1/cosh(x)²", ALGEBRA),
    (gc.cosh(x) ** 2 - gc.sinh(x) ** 2, "x", "0", ALGEBRA),
    ((gc.exp(x) - gc.exp(-x)) / (gc.exp(x) + gc.exp(-x)), "x", "1 − f²", ALGEBRA),
    ((gc.exp(x) + gc.exp(-x)) / 2, "x", "(exp(x) − exp(−x))/2", ALGEBRA),
    ((1 - gc.exp(-x)) / (1 + gc.exp(-x)), "x", "(1 − f²)/2", ALGEBRA),
    (x * gc.exp(-x), "x", "exp(−x)·(1 − x)", ALGEBRA),
    (gc.arctan(x), "x", "1/(1 + x²)", ALGEBRA),
    (gc.arcsin(x), "x", "1/sqrt(1 − x²)", ALGEBRA),
    (gc.arctan2(y, x), "y", "x/hypot(y, x)²", ALGEBRA),
    (gc.erf(x), "x", "1.1283791671·exp(−x²)", ALGEBRA),
    (gc.relu(x), "x", "[x > 0]", ALGEBRA),
    (abs(x), "x", "sign(x)", ALGEBRA),
    (gc.maximum(x, y), "x", "[x > y]", CHECKED),
]


def graph_of(node):
    used = set(GraphData([x, y, z, a, b], {"f": node}).nodes)
    return GraphData([i for i in (x, y, z, a, b) if i in used], {"f": node})


@pytest.mark.parametrize(
    ("node", "by", "expected", "proof"), FORMS, ids=[f"{e} by {by}" for _, by, e, _ in FORMS]
)
def test_forms(node, by, expected, proof):
    found = derive(graph_of(node), "reverse")
    form = found.closed_form("f", by)
    assert form is not None
    names = {n: UNICODE.symbol(name) for n, name in form.names.items()}
    assert Formulas(found.program).expression(form.node, names) == expected
    (data,) = [c for c in found.to_json()["closed"] if c["by"] == by]
    assert data["proof"] == proof


def test_a_form_that_was_only_checked_says_so():
    x, y = gc.scalars("x y")
    graph = gc.Graph([x, y], {"f": x**y})
    full = graph.derivation("reverse", at={"x": 2.0, "y": 3.0}).text(width=120)
    assert "f·log(x) = 5.54518   closed form checked at 50 points" in full
    brief = graph.derivation("reverse").text(width=120, detail="brief")
    assert "∂f/∂x = y·f/x (checked at 50 points)" in brief
    proved = gc.Graph([x], {"f": gc.tanh(x)}).derivation("both").text(width=120)
    assert "checked" not in proved


def test_a_wrong_form_is_not_shown(monkeypatch):
    """The proof does not rest on the search: a form that is not equal is thrown away."""
    monkeypatch.setattr(search._Search, "_candidates", lambda _self, adjoint: [2.0 * adjoint])
    assert derive(graph_of(gc.tanh(x) * y), "reverse").closed == ()


@settings(max_examples=25)
@given(made=graphs(scalar_inputs=True))
def test_forms_of_random_graphs_are_equal_to_the_adjoint(made):
    graph, _ = made
    started = time.thread_time()
    found = derive(graph, "reverse")
    assert time.thread_time() - started < 2 * search.SECONDS
    rng = np.random.default_rng(3)
    for form in found.closed:
        slope = gc.Graph(graph.inputs, {"y": graph.outputs[0]}).gradient(wrt=form.by)
        for _ in range(5):
            at = {node: rng.uniform(-1, 1, ()) for node in graph.inputs}
            values = evaluate(graph.outputs, at, {})
            leaves = {
                node: values[graph.find(name)]
                for node, name in form.names.items()
                if node not in graph.inputs
            }
            expected = evaluate(slope.outputs, at, {})[slope.outputs[0]]
            actual = evaluate([form.node], {**at, **leaves}, {})[form.node]
            np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-9)


# ---------------------------------------------------------------- bounded time


def test_time_is_bounded_from_inside():
    with pytest.raises(TooLate), within(0.05):
        while True:
            len(str(1))
    assert sys.getprofile() is None


def test_what_is_done_in_time_is_not_disturbed():
    with within(5):
        assert sum(map(int, "123")) == 6
    assert sys.getprofile() is None


def test_a_profiler_that_is_there_stays():
    def profiler(*_event):
        return None

    sys.setprofile(profiler)
    try:
        with within(0.0):
            [str(i) for i in range(1000)]
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)


def test_when_time_is_up_there_are_fewer_forms_and_no_error(monkeypatch):
    monkeypatch.setattr(search, "SECONDS", 0.0)
    found = derive(graph_of(gc.exp(x) / (gc.exp(x) + gc.exp(y))), "reverse")
    assert found.closed == ()
    assert found.reverse[0].rows
