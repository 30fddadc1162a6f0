"""Cuts, steps and their derivatives: what every printer and the generator read."""

from __future__ import annotations

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.errors import InputError
from graphcomp.evaluate import evaluate
from graphcomp.graph import GraphData
from graphcomp.program import Role, adjoint_steps, build_program, seed_inputs, tangent_steps
from graphcomp.program.cuts import POLICIES, cut_nodes


def sigmoid(*, named: bool) -> GraphData:
    x, a = gc.scalars("x a")
    if not named:
        return GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))})
    w3 = gc.let("w3", -x * a)
    w4 = gc.let("w4", 1 + gc.exp(w3))
    return GraphData([x, a], {"y": gc.let("y", 1 / w4)})


def mlp_loss() -> GraphData:
    W1, W2 = gc.array("W1", "k n"), gc.array("W2", "m k")
    x, y = gc.array("x", "n"), gc.array("y", "m")
    z = gc.let("z", W1 @ x)
    h = gc.let("h", gc.relu(z))
    p = gc.let("p", W2 @ h)
    r = gc.let("r", p - y)
    return GraphData([W1, W2, x, y], {"L": gc.let("L", 0.5 * (r**2).sum())})


def edges(graph: GraphData, **options: str) -> list[tuple[str, str]]:
    program = build_program(graph, **options)
    program.check()
    return [(operand, step.name) for step in program.steps for operand in step.operands]


@pytest.mark.parametrize("named", [False, True], ids=["expression", "named"])
def test_the_sigmoid_has_five_steps_and_four_edges(named):
    graph = sigmoid(named=named)
    assert [step.name for step in build_program(graph).steps] == ["w1", "w2", "w3", "w4", "w5"]
    assert sorted(edges(graph)) == [("w1", "w3"), ("w2", "w3"), ("w3", "w4"), ("w4", "w5")]


def test_steps_go_by_name_where_the_user_named_them():
    program = build_program(mlp_loss())
    assert [step.name for step in program.steps] == ["W1", "W2", "x", "y", "z", "h", "p", "r", "L"]
    assert program.outputs == {"L": "L"}
    assert not program.numbered


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (lambda x, y: 2 * x - 3 * y, 1),  # factors of inputs join the step that uses them
        (lambda x, y: gc.exp(-x) + y, 2),
        (lambda x, y: -(x * y) + 1, 1),  # negation and the added constant join the product
        (lambda x, y: (x * y) / 2, 1),
        (lambda x, y: 2 / (x * y), 2),  # a divided constant is a division
        (lambda x, y: gc.sin(x) * gc.sin(x) + y, 3),  # used twice: a step of its own
        (lambda x, y: gc.where(x > 0, x, y), 1),  # a condition joins
        (lambda x, y: (1 + gc.exp(x)) * (1 + gc.exp(x)), 2),
    ],
)
def test_grouped_steps_hold_one_essential_operation(text, count):
    x, y = gc.scalars("x y")
    graph = GraphData([x, y], {"f": text(x, y)})
    computing = [step for step in build_program(graph).steps if step.label is None]
    assert len(computing) == count


def test_a_sum_of_squares_is_one_step():
    v = gc.array("v", "n")
    graph = GraphData([v], {"f": 0.5 * (v**2).sum()})
    assert len(build_program(graph).steps) == 2


def test_named_cuts_at_names_and_outputs_alone():
    program = build_program(sigmoid(named=True), "named")
    assert len(program.steps) == 5
    assert len(build_program(sigmoid(named=False), "named").steps) == 3


def test_primitive_cuts_everywhere():
    names = [step.node.op.name for step in build_program(sigmoid(named=False), "primitive").steps]
    assert names == ["input", "input", "negative", "multiply", "exp", "add", "reciprocal"]


def test_an_unknown_policy_is_refused():
    with pytest.raises(InputError, match="grouped, named, primitive, shared"):
        cut_nodes(sigmoid(named=True), "all")


@pytest.mark.parametrize("policy", POLICIES)
def test_every_cut_gives_the_same_derivatives(policy):
    graph = mlp_loss()
    rng = np.random.default_rng(1)
    arrays = dict(
        zip(
            graph.inputs,
            [rng.standard_normal(s) for s in ((3, 2), (2, 3), (2,), (2,))],
            strict=True,
        )
    )
    sizes = {"n": 2, "k": 3, "m": 2}
    program = build_program(graph, policy)
    program.check()
    seeds = seed_inputs(program, ["L"], Role.ADJOINT)
    steps = {step.name: step for step in adjoint_steps(program, seeds, ["W1"])}
    values = evaluate(
        [steps["W1"].node, *(t.value for s in steps.values() for t in s.terms)],
        arrays | {seeds["L"]: np.asarray(1.0)},
        sizes,
    )
    W1, W2, x, y = arrays.values()
    residual = W2 @ np.maximum(W1 @ x, 0) - y
    expected = np.outer((W2.T @ residual) * (W1 @ x > 0), x)
    np.testing.assert_allclose(values[steps["W1"].node], expected, rtol=1e-13)
    for step in steps.values():  # the parts that are shown add up to the whole
        np.testing.assert_allclose(
            sum(values[term.value] for term in step.terms), values[step.node], rtol=1e-13
        )


def test_adjoints_know_where_each_contribution_came_from():
    x1, x2 = gc.scalars("x1 x2")
    program = build_program(GraphData([x1, x2], {"y": x1 * x2 + gc.sin(x1)}), letter="v")
    steps = {
        s.name: s
        for s in adjoint_steps(program, seed_inputs(program, ["y"], Role.ADJOINT), ["x1", "x2"])
    }
    assert list(steps) == ["v5", "v4", "v3", "v2", "v1"]
    assert [term.via for term in steps["v1"].terms] == ["v3", "v4"]
    assert steps["v1"].terms[0].partial is x2
    assert steps["v1"].terms[1].partial is gc.cos(x1)
    assert steps["v5"].is_seed


def test_tangents_follow_the_seeded_inputs_alone():
    program = build_program(sigmoid(named=False))
    steps = tangent_steps(program, seed_inputs(program, ["x"], Role.TANGENT))
    assert [step.name for step in steps] == ["w1", "w3", "w4", "w5"]


def test_a_long_chain_is_cut_without_recursion():
    x = gc.scalar("x")
    y = x
    for _ in range(20_000):
        y = gc.sin(y)
    program = build_program(GraphData([x], {"y": y}))
    program.check()
    assert len(program.steps) == 20_001


def test_one_output_may_be_an_input_and_two_may_be_one_step():
    x = gc.scalar("x")
    y = gc.exp(x)
    program = build_program(GraphData([x], {"a": x, "b": y, "c": y}))
    assert program.outputs == {"a": "w1", "b": "w2", "c": "w2"}


def test_two_inputs_of_one_name_are_told_apart():
    with gc.scope("layer1"):
        inner = gc.scalar("x")
    with pytest.raises(InputError, match="another shape, dtype or scope"):
        GraphData([gc.scalar("x")], {"y": inner * 2})


def test_a_graph_without_real_inputs_has_nothing_to_differentiate_by():
    with pytest.raises(gc.DerivativeError, match="no real input"):
        gc.from_string("y = 1").gradient()
