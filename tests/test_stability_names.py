"""Formulas in named steps: results are as good as without names, and only lost ones change the steps."""

import warnings

import mpmath
import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen.module import generate
from graphcomp.node import Node
from graphcomp.rewrite import Report, stabilize
from graphcomp.traversal import topological
from tests.test_rewrite_stability import ARRAYS, CASES, IDS, LOGITS, Case, F, close, representable

mp = mpmath.mp


def named(node: Node) -> Node:
    """The same with a name on every step."""
    memo: dict[Node, Node] = {}
    for part in topological([node]):
        args = tuple(memo[arg] for arg in part.args)
        built = part.rebuild(args) if args else part
        memo[part] = gc.let(f"s{len(memo)}", built) if args and part is not node else built
    return memo[node]


@pytest.mark.parametrize("target", ["numpy", "math"])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_value_and_derivative_in_named_steps(case: Case, target: str):
    x = gc.scalar("x")
    graph = gc.Graph([x], {"y": named(case.f(x))})
    function = graph.compile("value_and_grad", wrt="x", target=target)
    with mp.workdps(800), np.errstate(over="ignore"):  # steps that stay may overflow on the way
        for point in case.points:
            at = mp.mpf(point)
            value, derivative = case.value(at), case.derivative(at)
            if representable(value, derivative):
                found, rate = function(point)
                assert close(found, value), (point, found, mp.nstr(value, 17))
                assert close(rate, derivative), (point, rate, mp.nstr(derivative, 17))


@pytest.mark.parametrize(
    ("rule", "f", "expected"), ARRAYS, ids=[f"{row[0]}-{i}" for i, row in enumerate(ARRAYS)]
)
def test_arrays_in_named_steps(rule: str, f: F, expected: Node):
    z = gc.array("z", "n k")
    found, unnamed = (
        gc.Graph([z], {"y": node}).compile("value")(LOGITS[[0, 1, 3]])
        for node in (named(f(z)), f(z))
    )
    np.testing.assert_allclose(found, unnamed, rtol=1e-13)


SOFTMAX = "e = exp(z); s = sum(e); p = e/s"


def softmax() -> gc.Graph:
    return gc.from_string(SOFTMAX, shapes={"z": "n"})


def test_a_softmax_in_named_steps_takes_large_logits():
    graph = softmax()
    function = graph.compile("value")
    rate = graph.compile("vjp", wrt="z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(function(np.array([1000.0, 999.0, -1000.0])), P_LARGE)
        p, vjp = rate(np.array([1000.0, 999.0, -1000.0]))
        np.testing.assert_allclose(p, P_LARGE)
        np.testing.assert_allclose(vjp(np.array([1.0, 0.0, 0.0])), SLOPE_LARGE, atol=1e-300)


@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_a_softmax_in_named_steps_says_that_it_was_rewritten(target: str):
    source = generate(softmax(), ["value"], target=target)
    assert "np.exp(z)" not in source
    assert "softmax: exp(x)/sum(exp(x)), without overflow" in source
    assert "    e = exp(z)  " in source  # the steps as they were written, in the docstring


FIRST = 1 / (1 + np.exp(-1.0))
P_LARGE = np.array([FIRST, 1 - FIRST, 0.0])
SLOPE_LARGE = FIRST * (1 - FIRST) * np.array([1.0, -1.0, 0.0])


def test_a_step_that_is_a_result_too_is_computed_and_may_overflow():
    z = gc.array("z", "n")
    e = gc.let("e", gc.exp(z))
    both = gc.Graph([z], {"e": e, "p": e / gc.let("s", gc.sum(e))})
    with np.errstate(over="ignore"):
        large, p = both.compile("value")(np.array([1000.0, 999.0, -1000.0]))
    assert np.isinf(large[0])
    np.testing.assert_allclose(p, P_LARGE)
    source = generate(both, ["value"])
    assert "    e = np.exp(z)\n" in source


def test_derivatives_by_a_named_step_are_by_that_step():
    graph = softmax()
    z = np.array([0.5, 0.25, -1.0])
    e = np.exp(z)
    _, vjp = graph.compile("vjp", wrt="e")(z)
    weights = np.array([1.0, 2.0, 3.0])
    s = e.sum()
    np.testing.assert_allclose(vjp(weights), weights / s - (weights * e).sum() / s**2)
    loss = gc.from_string("e = exp(z); w = 1 + e; y = log(w)")
    found = loss.compile("derivatives")(0.5)
    assert found["d_y_d_w"] == pytest.approx(1 / (1 + np.exp(0.5)))
    assert found["d_y_d_e"] == pytest.approx(1 / (1 + np.exp(0.5)))
    assert found["d_y_d_z"] == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_cross_entropy_of_a_traced_function_with_large_logits():
    def loss(z, y):
        e = np.exp(z)
        p = e / e.sum(axis=1, keepdims=True)
        logs = np.log(p)
        return -(y * logs).sum()

    graph = gc.from_function(loss, z="n k", y="n k")
    z, y = np.array([[1000.0, 0.0], [-1000.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradient = graph.compile("value_and_grad", wrt="z")(z, y)
    assert value == 2001.0
    np.testing.assert_allclose(gradient, [[1.0, -1.0], [-1.0, 1.0]])


X = gc.scalar("x")
Z = gc.array("z", "n k")


def let(node: Node) -> Node:
    return gc.let("w", node)


@pytest.mark.parametrize(
    "kept",
    [
        1 / let(1 + gc.exp(-X)),  # 1/inf is 0, as it must be
        3 / let(1 + gc.exp(-X)),
        gc.log(let(gc.exp(Z - Z.max(axis=1, keepdims=True)).sum(axis=1))),
        gc.log(let(2 + gc.exp(X))),
        let(gc.exp(X)) - let(gc.exp(-X)),
    ],
    ids=repr,
)
def test_steps_stay_that_lose_nothing(kept: Node):
    report = Report()
    assert stabilize([kept], report) == [kept]
    assert report.total == 0


def shifted(z: Node) -> Node:
    return gc.let("shifted", z - gc.let("m", z.max(axis=1, keepdims=True)))


def test_steps_of_a_user_who_took_the_maximum_stay():
    z = shifted(Z)
    e = gc.let("e", gc.exp(z))
    total = gc.let("s", e.sum(axis=1, keepdims=True))
    roots = [e / total, z - gc.let("l", gc.log(total))]
    assert stabilize(roots) == roots
    assert stabilize([gc.log(gc.let("p", roots[0]))]) == [gc.log_softmax(Z, axis=1)]  # log(0)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_second_run_changes_nothing(case: Case):
    once = stabilize([named(case.f(X))])
    report = Report()
    assert stabilize(once, report) == once
    assert report.total == 0


def test_what_is_saved_is_made_of_the_steps_that_there_are():
    h = gc.let("h", gc.sin(X) * 3.0)
    (found,) = stabilize([gc.log(gc.let("w", 1 + gc.let("e", gc.exp(h))))])
    assert found is gc.softplus(h)


def test_names_that_are_kept_are_not_looked_through():
    e = gc.let("e", gc.exp(X))
    y = gc.log(gc.let("w", 1 + e))
    assert stabilize([y], kept=["e"]) == [gc.log1p(e)]
    assert stabilize([y], kept=["w"]) == stabilize([y], kept=None) == [y]
    assert stabilize([y]) == [gc.softplus(X)]
