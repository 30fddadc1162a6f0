"""Every op through generated code: values and derivatives against the reference interpreter."""

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.graph import GraphData, input_node
from graphcomp.node import apply
from tests.conformance.cases import BROADCASTING, CASES, SMOOTH, Case, cases, weighted
from tests.generated import agree


@cases(CASES)
def test_value_and_derivatives(case: Case):
    kinds = None if case in SMOOTH else ("value",)
    agree(case.graph(), case.values(), kinds=kinds)


@cases(SMOOTH)
def test_gradient_and_second_order(case: Case):
    scalar, _ = weighted(case.graph())
    agree(scalar, case.values(), rtol=1e-10)


@cases(SMOOTH)
def test_float32(case: Case):
    agree(case.graph("float32"), case.values(real="float32"), kinds=("value", "vjp", "jvp"))


@cases([case for case in SMOOTH if case.op.draw is None])
def test_integers_where_floats_are_expected(case: Case):
    graph = case.graph()
    values = {
        name: np.ones(value.shape, np.int64) if value.dtype.kind == "f" else value
        for name, value in case.values().items()
    }
    agree(graph, values, kinds=("value",))


@cases([case for case in SMOOTH if not any(case.shapes) and not case.graph().outputs[0].shape])
def test_target_math(case: Case):
    agree(case.graph(), case.values(), target="math")


@pytest.mark.parametrize("op", BROADCASTING, ids=lambda op: op.name)
def test_broadcasting(op):
    shapes = [(3, 1), (2,), ()][: op.arity]
    case = Case(op, tuple(shapes), {})
    inputs = [
        input_node(name, shape, dtype)
        for name, shape, dtype in zip(case.names, case.shapes, case.dtypes(), strict=True)
    ]
    graph = GraphData(inputs, {"y": apply(op, *inputs)})
    agree(
        graph, case.values(), kinds=None if case.real and graph.outputs[0].is_real else ("value",)
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: gc.relu(-gc.mean(x)) + 0.0 * gc.sum(y),
        lambda x, y: -gc.sum(gc.relu(x) / y),
        lambda x, y: gc.sum(gc.exp(-(gc.relu(x) / y))),
        lambda x, y: -gc.sum(abs(x) * gc.relu(x) / y),
        lambda x, y: -gc.sum(gc.where(x > 0, 1.0, 0.0) / y * gc.sin(x)),
    ],
)
def test_a_minus_sign_belongs_to_the_number_that_a_condition_stands_for(function):
    graph = gc.from_function(function, shapes={"x": "n", "y": "n"})
    values = {"x": np.array([1.5, -2.0, 0.5]), "y": np.array([2.0, 3.0, -4.0])}
    agree(graph, values, kinds=("value", "value_and_grad", "vjp", "jvp"))
    agree(graph, {"x": -values["x"], "y": values["y"]}, kinds=("value_and_grad",))
