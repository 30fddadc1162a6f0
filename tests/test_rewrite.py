"""Rewrites keep values, reach their normal form, and never cross what must not change."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import graphcomp as gc
from graphcomp.evaluate import evaluate
from graphcomp.graph import GraphData
from graphcomp.rewrite import simplify, simplify_graph

X, Y = gc.scalars("x y")
V = gc.array("v", "n")
NEGATED = -X


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (X * 1, X),
        (1 * X, X),
        (X + 0, X),
        (X - 0, X),
        (X / 1, X),
        (NEGATED * -1, X),
        (0 - NEGATED, X),
        (0.5 * (2 * X), X),
        (2 * (3 * X), 6 * X),
        (X * (2 * Y), 2 * (X * Y)),
        ((-X) * Y, -(X * Y)),
        ((-X) * (-Y), X * Y),
        (X * X, X**2),
        ((-X) * X, -(X**2)),
        (X * (1 / Y), X / Y),
        (X + (-Y), X - Y),
        (X - (-Y), X + Y),
        (-(X - Y), Y - X),
        (X + X, 2 * X),
        (X**1, X),
        ((-X) ** 2, X**2),
        (gc.constant(2.0) * 3.0 * X, 6.0 * X),
        ((2 * V).sum(), 2 * V.sum()),
        (V.reshape((1, "n")).reshape("n"), V),
    ],
)
def test_normal_forms(before, after):
    assert simplify([before]) == [after]


@pytest.mark.parametrize(
    "kept",
    [
        0 * gc.log(X),  # NaN at a negative x
        (X * Y) / Y,  # NaN at y = 0
        gc.sqrt(X**2),  # the absolute value
        1e200 * (1e200 * X),  # finite at a small x
        gc.constant(1.0) / 0.0 * X,
        gc.let("h", X * 1),  # what the user wrote is what is shown
    ],
)
def test_values_at_the_edges_are_not_simplified_away(kept):
    (result,) = simplify([kept])
    for x in (-2.0, 0.0, 1e-300, 3.0, np.inf, np.nan):
        arrays = {X: np.asarray(x), Y: np.asarray(0.0)}
        np.testing.assert_equal(
            evaluate([result], arrays, {})[result], evaluate([kept], arrays, {})[kept]
        )


def expressions() -> st.SearchStrategy[gc.Node]:
    leaves = st.sampled_from([X, Y]) | st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0]).map(
        gc.constant
    )
    two = ["__add__", "__sub__", "__mul__", "__truediv__"]
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda a, b, op: getattr(a, op)(b), inner, inner, st.sampled_from(two))
            | st.builds(lambda a: -a, inner)
            | st.builds(gc.square, inner)
            | st.builds(lambda a: 1 / a, inner)
        ),
        max_leaves=12,
    )


@settings(max_examples=300)
@given(expressions(), st.sampled_from([-1.5, -0.3, 0.7, 2.0]), st.sampled_from([-0.8, 0.4, 3.0]))
def test_random_expressions_keep_their_values_and_reach_a_fixed_point(node, x, y):
    (result,) = simplify([node])
    arrays = {X: np.asarray(x), Y: np.asarray(y)}
    expected = evaluate([node], arrays, {})[node]
    found = evaluate([result], arrays, {})[result]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    assert simplify([result]) == [result]


def test_a_long_chain_is_rewritten_in_linear_time_without_recursion():
    y = X
    for _ in range(50_000):
        y = 2.0 * (gc.sin(y) * 0.5)
    (result,) = simplify([y])
    assert result.op is gc.sin(X).op


def test_names_of_derivatives_survive():
    h = gc.exp(X)
    graph = simplify_graph(GraphData([X], {"y": h * 1}, hints={h * 1: "h_bar"}))
    assert graph.hints == {h: "h_bar"}
