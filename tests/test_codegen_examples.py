"""The worked examples through generated code, with their numbers."""

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen import compile_function, generate, load
from graphcomp.graph import GraphData


def relu_net():
    x, W1, W2 = gc.array("x", "n"), gc.array("W1", "m n"), gc.array("W2", "k m")
    return x, W1, W2, W2 @ gc.relu(W1 @ x)


@pytest.mark.parametrize("target", ["numpy", "math"])
@pytest.mark.parametrize("named", [False, True])
def test_sigmoid(target, named):
    x, a = gc.scalars("x a")
    if named:
        w3 = gc.let("w3", -x * a)
        w4 = gc.let("w4", 1 + gc.exp(w3))
        y = gc.let("y", 1 / w4)
    else:
        y = 1 / (1 + gc.exp(-a * x))
    graph = GraphData([x, a], {"y": y}, name="sigmoid")
    value, (dx, da) = compile_function(graph, "value_and_grad", target=target)(1, 2)
    assert value == pytest.approx(0.8807970779778823, rel=1e-15)
    assert dx == pytest.approx(0.209987170807013, rel=1e-14)
    assert da == pytest.approx(0.1049935854035065, rel=1e-14)
    tangent = compile_function(graph, "jvp", target=target)(1.0, 2.0, 1.0, 0.0)
    assert tangent == pytest.approx((value, dx))


@pytest.mark.parametrize("target", ["numpy", "math"])
def test_product_and_sine(target):
    x1, x2 = gc.scalars("x1 x2")
    graph = GraphData([x1, x2], {"y": x1 * x2 + gc.sin(x1)})
    value, (d1, d2) = compile_function(graph, "value_and_grad", target=target)(2.0, 5.0)
    assert value == pytest.approx(10 + np.sin(2))
    assert d1 == pytest.approx(5 + np.cos(2))
    assert d2 == 2.0


def test_vjp_of_dot():
    W, x = gc.array("W", "m n"), gc.array("x", "n")
    dot = compile_function(GraphData([W, x], {"y": W @ x}, name="dot"), "vjp")
    matrix, vector, u = np.arange(6.0).reshape(2, 3), np.array([1.0, -1, 2]), np.array([3.0, -2])
    value, vjp = dot(matrix, vector)
    assert np.array_equal(value, matrix @ vector)
    for_W, for_x = vjp(u)
    assert np.array_equal(for_W, np.outer(u, vector))
    assert np.array_equal(for_x, matrix.T @ u)


def test_vjp_of_relu():
    x = gc.array("x", "n")
    relu = compile_function(GraphData([x], {"y": gc.relu(x)}, name="relu"), "vjp", wrt="x")
    value, vjp = relu([1, -9])
    assert value.tolist() == [1, 0]
    assert vjp([-2, 1]).tolist() == [-2, 0]
    u = np.linspace(-5, 2, 40)
    pulled = relu(np.linspace(-2, 2, 40))[1](u)
    assert np.array_equal(pulled[:20], np.zeros(20))
    assert np.array_equal(pulled[20:], u[20:])


def test_vjp_of_squared_loss():
    p, y = gc.array("y_pred", "n"), gc.array("y", "n")
    loss = compile_function(GraphData([p, y], {"loss": gc.squared_loss(p, y)}), "vjp")
    value, vjp = loss([6, 5], [0, 4])
    assert value == 18.5
    assert [part.tolist() for part in vjp(4)] == [[24, 4], [-24, -4]]


def test_two_layer_network():
    x, W1, W2, out = relu_net()
    mlp2 = compile_function(GraphData([x, W1, W2], {"mlp2": out}), "vjp")
    value, vjp = mlp2([1, 1], [[1, 2], [1, -1]], np.ones((2, 2)))
    assert value.tolist() == [3, 3]
    expected = [[-4, -8], [[-4, -4], [0, 0]], [[0, 0], [-12, 0]]]
    assert [part.tolist() for part in vjp([0, -4])] == expected
    assert [part.tolist() for part in vjp([0, -4])] == expected
    assert mlp2([1, 2], [[6, 8], [3, 5]], [[1, 8], [6, 0]])[0].tolist() == [126, 132]


def test_loss_of_the_network():
    x, W1, W2, out = relu_net()
    y = gc.array("y", "k")
    graph = GraphData([x, y, W1, W2], {"loss": gc.squared_loss(out, y)})
    point = ([1, 0], [1, 0], [[1, 2], [4, 1]], [[1, 2], [0, -3]])
    value, gradient = compile_function(graph, "value_and_grad")(*point)
    assert value == 104
    assert [part.tolist() for part in gradient] == [
        [216, 68],
        [-8, 12],
        [[8, 0], [52, 0]],
        [[8, 32], [-12, -48]],
    ]
    assert compile_function(graph, "grad", wrt="W1")(*point).tolist() == [[8, 0], [52, 0]]


def test_named_derivatives():
    x, y_observed = gc.scalars("x y_observed")
    W0, W1, W2 = gc.array("W0", 3), gc.array("W1", "3 3"), gc.array("W2", 3)
    r0 = gc.let("r0", x * W0)
    h0 = gc.let("h0", gc.relu(r0))
    r1 = gc.let("r1", W1 @ h0)
    h1 = gc.let("h1", gc.relu(r1))
    predicted = gc.let("y_predicted", W2 @ h1)
    graph = GraphData([x, y_observed, W0, W1, W2], {"loss": (predicted - y_observed) ** 2})
    derivatives = compile_function(graph, "derivatives")
    found = derivatives(10, 180, [1, 2, 3], [[3, 4, 5], [-5, 4, 3], [3, 4, 1]], [1, 3, -3])
    assert found["d_loss_d_y_predicted"] == 40
    for name, expected in {
        "W2": [10400, 4800, 5600],
        "h1": [40, 120, -120],
        "r1": [40, 120, -120],
        "W1": [[400, 800, 1200], [1200, 2400, 3600], [-1200, -2400, -3600]],
        "h0": [-840, 160, 440],
        "r0": [-840, 160, 440],
        "W0": [-8400, 1600, 4400],
    }.items():
        assert found[f"d_loss_d_{name}"].tolist() == expected, name
    assert "d_loss_d_r1" in derivatives.source


def test_one_gradient_step():
    inputs, target = gc.array("inputs", 3), gc.scalar("y")
    Wh, Wo = gc.array("Wh", "2 3"), gc.array("Wo", 3)
    h = gc.let("h", gc.sigmoid(Wh @ inputs))
    h3 = gc.let("h3", gc.tanh(Wo @ gc.concatenate([np.ones(1), h])))
    graph = GraphData([inputs, target, Wh, Wo], {"loss": 0.5 * (target - h3) ** 2})
    module = load(generate(graph, ["value", "value_and_grad"], ["Wh", "Wo"]), "step")
    hidden = np.array([[0.1, 0.1, 0.8], [0.1, 0.4, 0.6]])
    out = np.array([0.1, 0.3, 0.9])
    loss, (d_hidden, d_out) = module.loss_value_and_grad(np.ones(3), 0.5, hidden, out)
    assert loss == pytest.approx(0.03361733, abs=5e-9)
    assert d_out == pytest.approx([0.10980398, 0.08027314, 0.08238155], abs=5e-9)
    assert d_hidden == pytest.approx(np.outer([0.00647663, 0.01851656], np.ones(3)), abs=5e-9)
    after = module.loss(np.ones(3), 0.5, hidden - d_hidden, out - d_out)
    assert after == pytest.approx(0.00952129, abs=5e-9)
