"""Every op: forward mode against numbers, reverse against forward, second order, Jacobians.

Forward mode is compared with differences too, as a rule that is wrong in the same way in both modes
passes every comparison of one mode with the other.
"""

from functools import partial, reduce
from operator import add

import numpy as np
import pytest

from graphcomp import ad
from graphcomp.graph import GraphData, input_node
from graphcomp.op import Kind
from tests.conformance.cases import (
    SMOOTH,
    Case,
    cases,
    cotangents,
    run,
    tangent,
    weighted,
)
from tests.conformance.numerics import close, complex_step, difference


@cases(SMOOTH)
def test_forward_mode_agrees_with_differences(case: Case):
    values, directions = case.values(), case.directions()
    expected = difference(lambda v: case.result(dict(v)), values, directions)
    assert close(tangent(case.graph(), values, directions), expected)


@cases(SMOOTH)
def test_forward_mode_by_one_argument_agrees_with_differences(case: Case):
    values = case.values(3)
    for name, direction in case.directions(4).items():
        expected = difference(lambda v: case.result(dict(v)), values, {name: direction})
        assert close(tangent(case.graph(), values, {name: direction}), expected), name


@cases(SMOOTH)
def test_forward_mode_agrees_with_the_complex_step_just_where_the_record_says_so(case: Case):
    values, directions = case.values(5), case.directions(6)
    stepped = complex_step(lambda v: case.result(dict(v)), values, directions)
    exact = tangent(case.graph(), values, directions)
    agrees = stepped is not None and close(stepped, exact, 1e-13)
    assert agrees == case.op.analytic


@cases(SMOOTH)
def test_reverse_mode_is_the_transpose_of_forward_mode(case: Case):
    graph, values, directions = case.graph(), case.values(7), case.directions(8)
    image = tangent(graph, values, directions)
    ct = np.asarray(np.random.default_rng(9).uniform(-1, 1, image.shape))
    pulled = cotangents(graph, values, ct, case.real)
    forward = np.sum(ct * image)
    reverse = sum(np.sum(pulled[name] * directions[name]) for name in case.real)
    assert reverse == pytest.approx(forward, rel=1e-11, abs=1e-12)
    for name in case.real:
        assert pulled[name].shape == values[name].shape


@cases(SMOOTH)
def test_jacobians_of_both_modes_are_equal_and_agree_with_differences(case: Case):
    graph, values = case.graph(), case.values(10)
    forward = run(ad.jacobian(graph, mode="forward"), values)
    reverse = run(ad.jacobian(graph, mode="reverse"), values)
    for name in case.real:
        jacobian = forward[f"d_y_d_{name}"]
        assert close(reverse[f"d_y_d_{name}"], jacobian, 1e-12)
        columns = jacobian.reshape((-1, values[name].size))
        for i in range(values[name].size):
            unit = np.zeros(values[name].size)
            unit[i] = 1
            direction = {name: unit.reshape(values[name].shape)}
            expected = difference(lambda v: case.result(dict(v)), values, direction)
            assert close(columns[:, i], expected.ravel()), (name, i)


@cases(SMOOTH)
def test_second_order_forward_over_reverse_agrees_with_differences_of_the_gradient(case: Case):
    scalar, _ = weighted(case.graph())
    values, directions = case.values(11), case.directions(12)
    gradient = ad.gradient(scalar, case.real)
    vectors = {f"v_{name}": direction for name, direction in directions.items()}
    products = run(ad.hvp(scalar, case.real), values | vectors)
    for name, slope in zip(case.real, gradient.outputs, strict=True):
        one = GraphData(gradient.inputs, {"y": slope})
        expected = difference(partial(value, one), values, directions)
        assert close(products[f"hvp_{name}"], expected, 1e-7), name


@cases(SMOOTH)
@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
def test_second_order_reverse_over_reverse_agrees_with_forward_over_reverse(case: Case):
    scalar, _ = weighted(case.graph())
    values, directions = case.values(13), case.directions(14)
    vectors = {f"v_{name}": direction for name, direction in directions.items()}
    expected = run(ad.hvp(scalar, case.real), values | vectors)
    gradient = ad.gradient(scalar, case.real)
    inputs = {name: input_node(f"v_{name}", graph_shape(case, name)) for name in case.real}
    slopes = [
        (inputs[name] * output).sum()
        for name, output in zip(case.real, gradient.outputs, strict=True)
    ]
    along = GraphData([*scalar.inputs, *inputs.values()], {"s": reduce(add, slopes)})
    found = run(ad.gradient(along, case.real), values | vectors)
    for name in case.real:
        assert close(found[f"d_s_d_{name}"], expected[f"hvp_{name}"], 1e-11), name


@cases([case for case in SMOOTH if case.op.kind is Kind.LINEAR])
def test_linear_ops_are_jointly_linear(case: Case):
    """Affine is not linear, and neither is linear in each argument: f(au + bv) = a f(u) + b f(v)."""
    u, v = case.values(15), case.values(16)
    fixed = {name: value for name, value in u.items() if name not in case.real}
    mix = {name: 2.5 * u[name] - 1.5 * v[name] for name in case.real}
    zero = {name: np.zeros_like(u[name]) for name in case.real}
    images = [case.result(in_order(case, point | fixed)) for point in (u, v, mix, zero)]
    assert close(images[2], 2.5 * images[0] - 1.5 * images[1], 1e-14)
    assert not np.any(images[3])


@cases([case for case in SMOOTH if case.op.kind is Kind.MULTILINEAR])
def test_multilinear_ops_are_linear_in_each_argument(case: Case):
    u, v = case.values(17), case.values(18)
    for name in case.real:
        points = [u | {name: value} for value in (u[name], v[name], 2.5 * u[name] - 1.5 * v[name])]
        first, second, mix = (case.result(point) for point in points)
        assert close(mix, 2.5 * first - 1.5 * second, 1e-14), name


@cases([case for case in SMOOTH if case.op.kind is Kind.ELEMENTWISE])
def test_entries_do_not_mix(case: Case):
    """An elementwise op's Jacobian is diagonal; that is what `broadcasts` promises the passes."""
    assert case.op.pointwise
    values, directions = case.values(19), case.directions(20)
    if not case.shapes[0]:
        return
    whole = tangent(case.graph(), values, directions)
    for name in case.real:
        directions[name] = directions[name].copy()
        directions[name][0] = 0
    changed = tangent(case.graph(), values, directions)
    assert not np.any(changed[0])
    assert np.array_equal(changed[1:], whole[1:])


def value(graph: GraphData, values):
    return run(graph, values)["y"]


def graph_shape(case: Case, name: str) -> tuple[object, ...]:
    return case.shapes[case.names.index(name)]


def in_order(case: Case, values):
    return {name: values[name] for name in case.names}
