"""The exercises that students do by hand, through the public interface, with the right numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from examples import (
    e1_sigmoid,
    e2_fan_out,
    e3_vjps,
    e4_check,
    e6_named_derivatives,
    e7_gradient_step,
)

Y, DY_DX, DY_DA = 0.8807970779778823, 0.209987170807013, 0.1049935854035065


def command(*arguments: str, cwd=None) -> str:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "graphcomp", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


# ---------------------------------------------------------------- the sigmoid


@pytest.mark.parametrize("make", [e1_sigmoid.named_steps, e1_sigmoid.bare_expression])
class TestSigmoid:
    def test_has_exactly_five_nodes_and_four_edges(self, make):
        program = make().program()
        assert [step.name for step in program.steps] == ["w1", "w2", "w3", "w4", "w5"]
        edges = {(operand, step.name) for step in program.steps for operand in step.operands}
        assert edges == {("w1", "w3"), ("w2", "w3"), ("w3", "w4"), ("w4", "w5")}

    @pytest.mark.parametrize("target", ["numpy", "math"])
    def test_value_and_gradient(self, make, target):
        value, gradient = make().compile("value_and_grad", target=target)(1.0, 2.0)
        assert value == pytest.approx(Y, rel=1e-15)
        assert gradient == pytest.approx((DY_DX, DY_DA), rel=1e-14)

    def test_forward_mode_with_a_seed(self, make):
        tangents = make().pushforward().evaluate(x=1, a=2, x_dot=1, a_dot=0)
        assert tangents["y_dot"] == pytest.approx(DY_DX, rel=1e-14)

    def test_reverse_mode_gives_both_at_once(self, make):
        cotangents = make().pullback().evaluate(x=1, a=2, y_bar=1)
        assert cotangents["x_bar"] == pytest.approx(DY_DX, rel=1e-14)
        assert cotangents["a_bar"] == pytest.approx(DY_DA, rel=1e-14)

    def test_the_trace_says_what_each_mode_costs(self, make):
        trace = str(make().derivation("both", at=e1_sigmoid.AT))
        assert "a·y·(1 − y)" in trace
        assert "x·y·(1 − y)" in trace
        assert re.search(r"forward.*2 passes", trace)
        assert re.search(r"reverse.*1 pass\b", trace)


def test_the_sigmoid_from_the_command_line(tmp_path):
    expression = "y(x, a) = 1/(1+exp(-a*x))"
    trace = command("trace", expression, "--mode", "both", "--at", "x=1,a=2")
    assert "w̄₁ = w̄₃·(−w₂)     = 0.209987   dx" in trace
    command("draw", expression, "-o", "s.svg", "--mode", "reverse", "--at", "x=1,a=2", cwd=tmp_path)
    assert (tmp_path / "s.svg").read_text(encoding="utf-8").count('class="node') == 5
    command("compile", expression, "-o", "s_grad.py", "--name", "sigmoid", cwd=tmp_path)
    code = "import s_grad, json; print(json.dumps(s_grad.sigmoid_value_and_grad(1.0, 2.0)))"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    value, gradient = json.loads(shown.stdout)
    assert [value, *gradient] == pytest.approx([Y, DY_DX, DY_DA], rel=1e-14)
    assert "pass" in command("check", "s_grad.py", cwd=tmp_path)


# ---------------------------------------------------------------- fan-out


def test_fan_out_adds_two_contributions():
    graph = e2_fan_out.graph()
    assert len(graph.program().steps) == 5
    gradient = graph.compile("grad")(2.0, 5.0)
    assert gradient == pytest.approx((5 + np.cos(2.0), 2.0), rel=1e-15)
    assert graph.compile("value")(1.5, -0.7) == pytest.approx(-0.05250501339594538, rel=1e-14)
    trace = str(graph.derivation("reverse", at=e2_fan_out.AT, letter="v"))
    assert "v̄₁ = v̄₃·v₂ + v̄₄·cos(v₁)  = 4.58385  Σ 2 uses" in trace


def test_fan_out_from_the_command_line():
    trace = command(
        "trace", "x1*x2 + sin(x1)", "--mode", "both", "--at", "x1=2,x2=5", "--letter", "v"
    )
    assert "fan-out: v₁ feeds v₃ and v₄" in trace


# ---------------------------------------------------------------- value, vjp = f(...)


def vjp_of(name: str, *arguments, u):
    value, vjp = e3_vjps.GRAPHS[name].compile("vjp")(*arguments)
    first = vjp(u)
    for again, once in zip(vjp(u), first, strict=True):  # may be called many times
        np.testing.assert_array_equal(again, once)
    return value, first


def check_arrays(found, *expected):
    for array, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(array, wanted, rtol=1e-15, atol=0)


def test_vjp_of_a_product():
    W, x, u = (
        np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        np.array([1.0, -1.0]),
        np.array([1.0, 2.0, 3.0]),
    )
    value, (dW, dx) = vjp_of("dot", W, x, u=u)
    check_arrays((value, dW, dx), W @ x, np.outer(u, x), W.T @ u)


def test_vjp_of_relu():
    graph = e3_vjps.GRAPHS["relu"]
    value, vjp = graph.compile("vjp", wrt="x")([1.0, -9.0])
    check_arrays((value, vjp([-2.0, 1.0])), [1, 0], [-2, 0])
    x, u = np.linspace(-2, 2, 40), np.linspace(-5, 2, 40)
    _, vjp = graph.compile("vjp", wrt="x")(x)
    check_arrays((vjp(u),), np.where(np.arange(40) < 20, 0, u))


def test_vjp_of_the_squared_loss():
    value, gradients = vjp_of("squared_loss", [6.0, 5.0], [0.0, 4.0], u=4.0)
    assert value == 18.5
    check_arrays(gradients, [24, 4], [-24, -4])


def test_vjp_of_the_two_layer_network_at_its_kink():
    value, gradients = vjp_of(
        "mlp2", [1.0, 1.0], [[1.0, 2.0], [1.0, -1.0]], np.ones((2, 2)), u=[0.0, -4.0]
    )
    check_arrays((value,), [3, 3])
    check_arrays(gradients, [-4, -8], [[-4, -4], [0, 0]], [[0, 0], [-12, 0]])


def test_value_of_the_two_layer_network():
    value = e3_vjps.GRAPHS["mlp2"].compile("value")(
        [1.0, 2.0], [[6.0, 8.0], [3.0, 5.0]], [[1.0, 8.0], [6.0, 0.0]]
    )
    check_arrays((value,), [126, 132])


def test_gradients_of_the_loss():
    point = ([1.0, 0.0], [1.0, 0.0], [[1.0, 2.0], [4.0, 1.0]], [[1.0, 2.0], [0.0, -3.0]])
    value, gradients = vjp_of("loss", *point, u=1.0)
    assert value == 104
    check_arrays(gradients, [216, 68], [-8, 12], [[8, 0], [52, 0]], [[8, 32], [-12, -48]])


# ---------------------------------------------------------------- checking


def test_every_argument_passes_the_check():
    report = e3_vjps.GRAPHS["mlp2"].check(e4_check.point())
    assert report.passed
    shown = str(report)
    for name in ("x", "W1", "W2"):
        assert re.search(rf"^{name}\b.*pass", shown, re.MULTILINE), shown


def test_a_point_on_a_kink_is_neither_pass_nor_fail():
    point = {"x": [1.0, 1.0], "W1": [[1.0, 2.0], [1.0, -1.0]], "W2": np.ones((2, 2))}
    shown = str(e3_vjps.GRAPHS["mlp2"].check(point))
    assert "kink" in shown
    assert "fail" not in shown


# ---------------------------------------------------------------- named derivatives


EXPECTED: dict[str, Any] = {
    "d_loss_d_y_predicted": 40,
    "d_loss_d_W2": [10400, 4800, 5600],
    "d_loss_d_h1": [40, 120, -120],
    "d_loss_d_r1": [40, 120, -120],
    "d_loss_d_W1": [[400, 800, 1200], [1200, 2400, 3600], [-1200, -2400, -3600]],
    "d_loss_d_h0": [-840, 160, 440],
    "d_loss_d_r0": [-840, 160, 440],
    "d_loss_d_W0": [-8400, 1600, 4400],
}


def test_derivatives_by_every_step_by_name():
    graph = e6_named_derivatives.graph()
    found = graph.compile("derivatives", wrt=e6_named_derivatives.WANTED)(**e6_named_derivatives.AT)
    assert list(found) == list(EXPECTED)
    for name, value in EXPECTED.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-15)
    steps = graph.evaluate(e6_named_derivatives.AT)
    np.testing.assert_array_equal(steps["h1"], [260, 120, 140])
    assert steps["y_predicted"] == 200
    assert steps["loss"] == 400


def test_named_derivatives_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    at = {
        n: torch.tensor(v, dtype=torch.float64, requires_grad=True)
        for n, v in e6_named_derivatives.AT.items()
    }
    h0 = torch.relu(at["x"] * at["W0"])
    h1 = torch.relu(at["W1"] @ h0)
    ((at["W2"] @ h1 - at["y_observed"]) ** 2).backward()
    for name in ("W0", "W1", "W2"):
        np.testing.assert_allclose(at[name].grad.numpy(), EXPECTED[f"d_loss_d_{name}"], rtol=1e-14)


# ---------------------------------------------------------------- a gradient step


def test_one_gradient_step_makes_the_prediction_better():
    network = e7_gradient_step.graph()
    steps = network.evaluate(e7_gradient_step.point())
    np.testing.assert_allclose(steps["h"], [0.7310585786300049, 0.7502601055951177], rtol=1e-15)
    assert steps["a3"] == pytest.approx(0.9945516686246074, rel=1e-15)
    value_and_grad = network.compile("value_and_grad", wrt=("Wh", "Wo"))
    before, (d_hidden, d_output) = value_and_grad(**e7_gradient_step.point())
    assert before == pytest.approx(0.033617333648091226, rel=1e-14)
    rows = [[0.006476632057881494] * 3, [0.018516563291228024] * 3]
    np.testing.assert_allclose(d_hidden, rows, rtol=1e-13)
    np.testing.assert_allclose(
        d_output, [0.10980398376814687, 0.08027314430145359, 0.08238154845665446], rtol=1e-13
    )
    moved = e7_gradient_step.point(
        e7_gradient_step.HIDDEN_WEIGHTS - d_hidden, e7_gradient_step.OUTPUT_WEIGHTS - d_output
    )
    after = network.evaluate(moved)
    assert after["h3"] == pytest.approx(0.6379948275583573, rel=1e-13)
    assert after["loss"] == pytest.approx(0.00952128621643039, rel=1e-12)
    assert value_and_grad(**moved)[0] < before


def test_the_gradient_step_from_the_command_line(tmp_path):
    model = tmp_path / "network.txt"
    model.write_text(
        "a = Wh @ v; h = sigmoid(a); a3 = Wo @ concatenate([b, h]); h3 = tanh(a3); loss = 0.5*(y - h3)**2"
    )
    at = "Wh=[[0.1,0.1,0.8],[0.1,0.4,0.6]],v=[1,1,1],b=[1],Wo=[0.1,0.3,0.9],y=0.5"
    trace = command(
        "trace",
        str(model),
        "--shape",
        "Wh=2:3,v=3,b=1,Wo=3",
        "--mode",
        "reverse",
        "--at",
        at,
        "--wrt",
        "Wh,Wo",
    )
    assert "0.0336173" in trace
    command(
        "draw",
        str(model),
        "--shape",
        "Wh=2:3,v=3,b=1,Wo=3",
        "-o",
        str(tmp_path / "n.png"),
        "--mode",
        "reverse",
        "--at",
        at,
    )
    assert (tmp_path / "n.png").read_bytes().startswith(b"\x89PNG")


def test_the_examples_run_as_scripts(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for example in (
        e1_sigmoid,
        e2_fan_out,
        e3_vjps,
        e4_check,
        e6_named_derivatives,
        e7_gradient_step,
    ):
        example.main()
    assert "0.03361733 before, 0.00952129 after" in capsys.readouterr().out
    assert isinstance(e1_sigmoid.bare_expression(), gc.Graph)
