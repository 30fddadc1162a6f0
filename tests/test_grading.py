"""Grading: seeded mistakes in hand derivations are found, named, and told apart from what follows."""

from typing import Any, NamedTuple

import numpy as np
import pytest

import graphcomp as gc
from examples import e6_named_derivatives, e7_gradient_step
from graphcomp.grading import GradeReport, Mistake, Verdict


def loss(x, y, W1, W2):
    z = W1 @ x
    h = np.maximum(z, 0)
    p = W2 @ h
    r = p - y
    return 0.5 * np.sum(r**2)


def batch(X, W, b, y):
    z = X @ W + b
    h = np.tanh(z)
    r = h - y
    return np.sum(r**2)


SIGMOID = gc.from_string("y(x, a) = 1/(1 + exp(-a*x))", name="sigmoid")
FAN_OUT = gc.from_string("y(x1, x2) = x1*x2 + sin(x1)", name="fan_out")
RATIO = gc.from_string("n = x1*x2; d = x1 + x2**2; y = n/d", name="ratio")
MODELS = {
    "E1": SIGMOID,
    "E2": FAN_OUT,
    "E3": gc.from_function(loss, x="n", y="k", W1="m n", W2="k m"),
    "E6": e6_named_derivatives.graph(),
    "E7": e7_gradient_step.graph(),
    "batch": gc.from_function(batch, X="n d", W="d k", b="k", y="n k"),
    "ratio": RATIO,
}

#: Correct derivations, as people write them.
CORRECT = {
    "E1": """
        w3 = -w1*w2
        w4 = 1 + exp(w3)
        w5 = 1/w4
        w5_bar = 1
        w4_bar = w5_bar*(-1/w4**2)
        w3_bar = w4_bar*exp(w3)
        w1_bar = w3_bar*(-w2)
        w2_bar = w3_bar*(-w1)
        w1_dot = 1
        w2_dot = 0
        w3_dot = -(w1_dot*w2 + w1*w2_dot)
        w4_dot = w3_dot*exp(w3)
        w5_dot = -w4_dot/w4**2
        """,
    "E2": """
        w3 = w1*w2
        w4 = sin(w1)
        w5 = w3 + w4
        w5_bar = 1
        w4_bar = w5_bar
        w3_bar = w5_bar
        w2_bar = w3_bar*w1
        w1_bar = w3_bar*w2 + w4_bar*cos(w1)
        """,
    "E3": """
        r_bar = r
        p_bar = r_bar
        y_bar = -r_bar
        W2_bar = outer(p_bar, h)
        h_bar = W2.T @ p_bar
        z_bar = h_bar*(z > 0)
        W1_bar = outer(z_bar, x)
        x_bar = W1.T @ z_bar
        """,
    "E6": """
        d_loss_d_y_predicted = 2*(y_predicted - y_observed)
        d_loss_d_W2 = d_loss_d_y_predicted*h1
        d_loss_d_h1 = d_loss_d_y_predicted*W2
        d_loss_d_r1 = d_loss_d_h1*(r1 > 0)
        d_loss_d_W1 = outer(d_loss_d_r1, h0)
        d_loss_d_h0 = W1.T @ d_loss_d_r1
        d_loss_d_r0 = d_loss_d_h0*(r0 > 0)
        d_loss_d_W0 = x*d_loss_d_r0
        """,
    "E7": """
        delta3 = (h3 - y)*(1 - h3**2)
        dWo = delta3*units
        delta = delta3*Wo[1:3]*h*(1 - h)
        dWh = outer(delta, v)
        """,
    "batch": """
        r_bar = 2*r
        h_bar = r_bar
        z_bar = h_bar*(1 - h**2)
        b_bar = sum(z_bar, axis=0)
        W_bar = X.T @ z_bar
        X_bar = z_bar @ W.T
        y_bar = -r_bar
        """,
    "ratio": """
        d_y_d_n = 1/d
        d_y_d_d = -n/d**2
        d_y_d_x1 = d_y_d_n*x2 + d_y_d_d
        d_y_d_x2 = d_y_d_n*x1 + d_y_d_d*2*x2
        """,
}


class Seeded(NamedTuple):
    """A mistake: the model, the line as it is wrong, what it is called, and a word of the message."""

    model: str
    line: str
    mistake: Mistake
    says: str = ""


SEEDED = [
    # the sigmoid by hand
    Seeded("E1", "w3 = w1*w2", Mistake.SIGN),
    Seeded("E1", "w4 = 1 - exp(w3)", Mistake.SIGN, "1 + exp(w3)"),
    Seeded("E1", "w4 = exp(w3)", Mistake.MISSING_TERM, "1"),
    Seeded("E1", "w5 = w4", Mistake.INVERTED),
    Seeded("E1", "w4_bar = w5_bar/w4**2", Mistake.RECIPROCAL_SIGN, "minus"),
    Seeded("E1", "w4_bar = -w5_bar/w4", Mistake.EXPONENT),
    Seeded("E1", "w4_bar = -w5_bar/w4**3", Mistake.EXPONENT),
    Seeded("E1", "w3_bar = w4_bar", Mistake.MISSING_PARTIAL, "chain rule"),
    Seeded("E1", "w3_bar = exp(w3)", Mistake.MISSING_ADJOINT, "w4_bar"),
    Seeded("E1", "w3_bar = w4_bar*w4", Mistake.VALUE_FOR_DERIVATIVE, "derivative"),
    Seeded("E1", "w3_bar = w4_bar*exp(w2)", Mistake.WRONG_POINT, "w3"),
    Seeded("E1", "w3_bar = w4_bar/exp(w3)", Mistake.INVERTED),
    Seeded("E1", "w3_bar = w5_bar*exp(w3)", Mistake.WRONG_ADJOINT, "w4_bar"),
    Seeded("E1", "w3_bar = w4_bar*w5_bar*exp(w3)**2", Mistake.FACTOR_SQUARED),
    Seeded("E1", "w1_bar = w3_bar*w2", Mistake.SIGN),
    Seeded("E1", "w1_bar = w3_bar*(-w1)", Mistake.PRODUCT_RULE, "w2"),
    Seeded("E1", "w1_bar = -w3_bar", Mistake.MISSING_FACTOR, "w2"),
    Seeded("E1", "w2_bar = 2*w3_bar*(-w1)", Mistake.EXTRA_FACTOR, "2"),
    Seeded("E1", "w3_dot = w1_dot*w2", Mistake.SIGN),
    Seeded("E1", "w4_dot = exp(w3)", Mistake.MISSING_ADJOINT, "w3_dot"),
    Seeded("E1", "w5_dot = w4_dot/w4**2", Mistake.RECIPROCAL_SIGN),
    # fan-out
    Seeded("E2", "w1_bar = w3_bar*w2", Mistake.MISSING_TERM, "w4"),
    Seeded("E2", "w1_bar = w4_bar*cos(w1)", Mistake.MISSING_TERM, "w3"),
    Seeded("E2", "w1_bar = w3_bar*w2 - w4_bar*cos(w1)", Mistake.SIGN, "through w4"),
    Seeded("E2", "w1_bar = w3_bar*w2 + 2*w4_bar*cos(w1)", Mistake.EXTRA_TERM, "twice"),
    Seeded("E2", "w1_bar = w3_bar*w2 + w4_bar*sin(w1)", Mistake.VALUE_FOR_DERIVATIVE),
    Seeded("E2", "w1_bar = w3_bar*w2 + w4_bar*cos(w2)", Mistake.WRONG_POINT, "w1"),
    Seeded("E2", "w1_bar = w3_bar*w1 + w4_bar*cos(w1)", Mistake.PRODUCT_RULE),
    Seeded("E2", "w2_bar = w3_bar*w1 + w1", Mistake.EXTRA_FACTOR),
    Seeded("E2", "w4_bar = w5_bar + w4", Mistake.EXTRA_TERM, "w4"),
    # vectors
    Seeded("E3", "W2_bar = outer(h, p_bar)", Mistake.OUTER_SWAPPED, "outer product"),
    Seeded("E3", "h_bar = p_bar", Mistake.WRONG_SHAPE, "(4,)"),
    Seeded("E3", "z_bar = h_bar", Mistake.MISSING_MASK, "z > 0"),
    Seeded("E3", "z_bar = h_bar*h", Mistake.VALUE_FOR_DERIVATIVE),
    Seeded("E3", "z_bar = h_bar*(z < 0)", Mistake.WRONG_MASK),
    Seeded("E3", "z_bar = h_bar*(z >= 0)", Mistake.MASK_AT_KINK, "strict"),
    Seeded("E3", "y_bar = r_bar", Mistake.SIGN),
    Seeded("E3", "r_bar = 2*r", Mistake.EXTRA_FACTOR, "2"),
    Seeded("E3", "x_bar = W1 @ z_bar", Mistake.FORWARD_FOR_REVERSE, "W1 must be transposed"),
    Seeded("E3", "h_bar = W2 @ p_bar", Mistake.FORWARD_FOR_REVERSE, "transpose"),
    Seeded("E3", "W2_bar = h*p_bar", Mistake.MATRIX_PRODUCT, "outer product of p_bar and h"),
    Seeded("E3", "z_bar = h_bar*p", Mistake.WRONG_SHAPE, "(m,), that of z"),
    # the named derivatives
    Seeded("E6", "d_loss_d_y_predicted = y_predicted - y_observed", Mistake.MISSING_FACTOR, "2"),
    Seeded("E6", "d_loss_d_y_predicted = 2*(y_observed - y_predicted)", Mistake.SIGN),
    Seeded("E6", "d_loss_d_r1 = d_loss_d_h1*(r0 > 0)", Mistake.WRONG_MASK, "r1"),
    Seeded("E6", "d_loss_d_W1 = outer(h0, d_loss_d_r1)", Mistake.OUTER_SWAPPED),
    Seeded("E6", "d_loss_d_W1 = outer(d_loss_d_h1, h0)", Mistake.WRONG_ADJOINT, "d_loss_d_r1"),
    Seeded("E6", "d_loss_d_W1 = outer(d_loss_d_r1, r0)", Mistake.WRONG_STEP, "h0"),
    Seeded("E6", "d_loss_d_W1 = outer(d_loss_d_r1, W2)", Mistake.WRONG_STEP, "h0"),
    Seeded("E6", "d_loss_d_h0 = W1 @ d_loss_d_r1", Mistake.FORWARD_FOR_REVERSE, "transpose"),
    Seeded("E6", "d_loss_d_h0 = sum(W1*d_loss_d_r1)", Mistake.WRONG_SHAPE, "(3,)"),
    Seeded("E6", "d_loss_d_W0 = d_loss_d_r0", Mistake.MISSING_FACTOR, "x"),
    Seeded("E6", "d_loss_d_W0 = x*d_loss_d_h0", Mistake.WRONG_ADJOINT),
    # the gradient step
    Seeded("E7", "delta3 = (h3 - y)*(1 - h3)", Mistake.EXPONENT, "h3**2"),
    Seeded("E7", "delta3 = (y - h3)*(1 - h3**2)", Mistake.SIGN),
    Seeded("E7", "delta3 = h3 - y", Mistake.MISSING_PARTIAL),
    Seeded("E7", "dWo = delta3*v", Mistake.WRONG_STEP, "units"),
    # batches
    Seeded("batch", "b_bar = z_bar", Mistake.MISSING_SUM, "axis 0"),
    Seeded("batch", "b_bar = sum(z_bar, axis=1)", Mistake.WRONG_AXIS, "axis 0"),
    Seeded("batch", "b_bar = mean(z_bar, axis=0)", Mistake.MEAN_FOR_SUM),
    Seeded("batch", "b_bar = sum(z_bar)", Mistake.EXTRA_SUM),
    Seeded("batch", "z_bar = h_bar*(1 - z**2)", Mistake.WRONG_STEP, "h"),
    Seeded("batch", "z_bar = h_bar*(1 + h**2)", Mistake.SIGN),
    Seeded("batch", "W_bar = z_bar.T @ X", Mistake.TRANSPOSED),
    Seeded("batch", "X_bar = W @ z_bar.T", Mistake.TRANSPOSED),
    Seeded("batch", "r_bar = r/n", Mistake.MEAN_FOR_SUM, "0.5 times"),
    # product and quotient rule
    Seeded("ratio", "d_y_d_d = n/d**2", Mistake.SIGN),
    Seeded("ratio", "d_y_d_d = -1/d**2", Mistake.QUOTIENT_RULE, "n"),
    Seeded("ratio", "d_y_d_d = -n/d", Mistake.QUOTIENT_RULE),
    Seeded("ratio", "d_y_d_n = 1/d**2", Mistake.FACTOR_SQUARED),
    Seeded("ratio", "d_y_d_x2 = d_y_d_n*x1 + d_y_d_d*x2", Mistake.MISSING_FACTOR, "2"),
    Seeded("ratio", "d_y_d_x2 = d_y_d_n*x2 + d_y_d_d*2*x2", Mistake.PRODUCT_RULE),
    Seeded("ratio", "d_y_d_x1 = d_y_d_n*x2", Mistake.MISSING_TERM, "d"),
]


def with_mistake(seeded: Seeded) -> str:
    """The correct derivation with the one line replaced."""
    name = seeded.line.partition("=")[0].strip()
    lines = [line.strip() for line in CORRECT[seeded.model].strip().splitlines()]
    changed = [seeded.line if line.partition("=")[0].strip() == name else line for line in lines]
    assert changed != lines
    return "\n".join(changed)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("model", CORRECT)
def test_a_correct_derivation_passes(model: str, seed: int) -> None:
    report = gc.grade(MODELS[model], CORRECT[model], seed=seed)
    assert report.passed, str(report)


@pytest.mark.parametrize("seeded", SEEDED, ids=lambda s: f"{s.model}: {s.line}")
def test_a_seeded_mistake_is_named(seeded: Seeded) -> None:
    report = gc.grade(MODELS[seeded.model], with_mistake(seeded))
    first = report.first_wrong
    assert first is not None, str(report)
    assert (first.name, first.mistake) == (seeded.line.partition("=")[0].strip(), seeded.mistake), (
        str(report)
    )
    assert seeded.says in first.message
    others = {line.verdict for line in report.lines if line is not first}
    assert others <= {Verdict.RIGHT, Verdict.FOLLOWS, Verdict.OWN}, str(report)
    assert not report.passed


# ---------------------------------------------------------------- earlier mistakes and later lines


def test_what_is_wrong_only_because_of_an_earlier_line_is_told_apart() -> None:
    report = gc.grade(
        SIGMOID,
        """
        w5_bar = 1
        w4_bar = 1/w4**2
        w3_bar = w4_bar*exp(w3)
        w2_bar = w3_bar*(-w2)
        w1_bar = w3_bar*w2
        """,
    )
    found = {line.name: (line.verdict, line.because) for line in report.lines}
    assert found["w4_bar"] == (Verdict.WRONG, "")
    assert found["w3_bar"] == (Verdict.FOLLOWS, "w4_bar")
    assert found["w2_bar"] == (Verdict.WRONG, "")  # a new mistake
    assert found["w1_bar"] == (Verdict.CANCELS, "w4_bar")  # two wrong signs
    assert report.first_wrong is not None
    assert report.first_wrong.name == "w4_bar"


def test_a_wrong_step_of_the_learners_own_is_blamed_not_the_line_that_uses_it() -> None:
    text = """
    delta3 = (h3 - y)*(1 - h3**2)
    delta = delta3*Wo[1:3]*h
    dWh = outer(delta, v)
    dWo = delta3*units
    """
    report = gc.grade(MODELS["E7"], text)
    verdicts = {line.name: line.verdict for line in report.lines}
    assert verdicts == {
        "delta3": Verdict.OWN,
        "delta": Verdict.WRONG,
        "dWh": Verdict.FOLLOWS,
        "dWo": Verdict.RIGHT,
    }
    assert report.first_wrong is not None
    assert "1 - h" in report.first_wrong.message


def test_the_first_of_two_own_steps_is_blamed_for_both() -> None:
    text = """
    delta3 = (h3 - y)*(1 - h3)
    delta = delta3*Wo[1:3]*h*(1 - h)
    dWh = outer(delta, v)
    dWo = delta3*units
    """
    report = gc.grade(MODELS["E7"], text)
    assert [line.name for line in report.lines if line.verdict is Verdict.WRONG] == ["delta3"]
    assert {line.verdict for line in report.lines[2:]} == {Verdict.FOLLOWS}


def test_a_derivative_computed_from_scratch_shows_where_its_mistake_is() -> None:
    answers = {"d_loss_d_W0": "x*((W1.T @ (2*(y_predicted - y_observed)*W2))*(r0 > 0))"}
    report = gc.grade(MODELS["E6"], answers)
    (line,) = report.lines
    assert line.mistake is Mistake.MISSING_MASK
    assert "d_loss_d_r1" in line.message


# ---------------------------------------------------------------- spellings

ACCENTED = """
# on paper
w₃ = −w₁·w₂
w̄₅ = ȳ
w̄₄ = −w̄₅/w₄²      # the reciprocal
w̄3 = w̄4*exp(w3)
w̄₁ = w̄₃·(−w₂)
∂y/∂a = −w̄₃·w₁
ẇ₁ = ẋ
ẇ₂ = ȧ
ẇ₃ = −(ẇ₁·w₂ + w₁·ẇ₂)
"""


def test_lines_are_read_as_they_are_written_on_paper() -> None:
    report = gc.grade(SIGMOID, ACCENTED)
    assert [line.verdict for line in report.lines[:-4]] == [Verdict.RIGHT] * 5
    assert all(line.verdict is Verdict.RIGHT for line in report.lines[-3:])


@pytest.mark.parametrize("name", ["dx", "d_x", "grad_x", "x_grad", "delta_x", "x_bar", "d_y_d_x"])
def test_a_gradient_has_many_names(name: str) -> None:
    assert gc.grade(SIGMOID, {name: "a*y*(1 - y)"}).passed


def test_a_bracket_may_go_over_several_lines() -> None:
    assert gc.grade(FAN_OUT, "dx1 = (x2\n    + cos(x1))\ndx2 = x1").passed


def test_a_derivative_of_one_step_by_another_is_a_line_too() -> None:
    text = "d_w5_d_w4 = -1/w4**2\nd_w4_d_w3 = exp(w3)\nd_w3_d_x = -a"
    assert gc.grade(SIGMOID, text).passed


def test_a_jacobian_has_the_shape_of_both() -> None:
    model = gc.from_string("y = W @ x", shapes={"W": "3 2", "x": "2"})
    assert gc.grade(model, "d_y_d_x = W").passed
    wrong = gc.grade(model, "d_y_d_x = W.T").lines[0]
    assert wrong.mistake is Mistake.TRANSPOSED


def test_a_vector_has_its_seed_by_name() -> None:
    model = gc.from_string("y = W @ x", shapes={"W": "3 2", "x": "2"})
    assert gc.grade(model, "x_bar = W.T @ y_bar\nW_bar = outer(y_bar, x)").passed
    wrong = gc.grade(model, "W_bar = outer(x, y_bar)").first_wrong
    assert wrong is not None
    assert wrong.mistake is Mistake.OUTER_SWAPPED


def test_steps_have_the_letter_that_the_learner_uses() -> None:
    assert gc.grade(FAN_OUT, "v5_bar = 1; v3_bar = v5_bar; v2_bar = v3_bar*v1", letter="v").passed


# ---------------------------------------------------------------- functions


def d_loss_d_y_predicted(y_predicted, y_observed):
    return 2 * (y_predicted - y_observed)


def d_loss_d_h1(d_loss_d_y_predicted, W2):
    return d_loss_d_y_predicted * W2


def d_loss_d_r1(d_loss_d_h1, r1):
    d_loss_d_h1 *= r1 > 0  # in place: the values of others must not change
    return d_loss_d_h1


def d_loss_d_W1(d_loss_d_r1, h0):
    return np.outer(d_loss_d_r1, h0)


def d_loss_d_h0(d_loss_d_r1, W1):
    return W1.T @ d_loss_d_r1


def test_functions_named_like_derivatives_are_graded() -> None:
    answers = [d_loss_d_y_predicted, d_loss_d_h1, d_loss_d_r1, d_loss_d_W1, d_loss_d_h0]
    report = gc.grade(MODELS["E6"], answers)
    assert report.passed, str(report)
    assert report.unanswered == ("x", "W0", "W2", "y_observed")


def squared_loss(y_pred, y):
    r = y_pred - y
    return 0.5 * np.sum(r**2), lambda u: (u * r, -u * r)


def squared_loss_wrong(y_pred, y):
    r = y_pred - y
    return 0.5 * np.sum(r**2), lambda u: (r, -u * r)


def mlp2(x, W1, W2):
    z = W1 @ x
    h = np.maximum(z, 0)

    def vjp(u):
        h_bar = W2.T @ u
        z_bar = h_bar * (z > 0)
        return W1.T @ z_bar, np.outer(z_bar, x), np.outer(u, h)

    return W2 @ h, vjp


def mlp2_mask(x, W1, W2):
    value, vjp = mlp2(x, W1, W2)

    def wrong(u):
        return W1.T @ (W2.T @ u), np.outer(W2.T @ u, x), vjp(u)[2]

    return value, wrong


def mlp2_mask_as_value(x, W1, W2):
    mask = 1.0 * (W1 @ x > 0)
    return W2 @ mask, mlp2(x, W1, W2)[1]


HALF_SQUARES = gc.from_string(
    "r = y_pred - y; loss = 0.5*sum(r**2)", shapes={"y_pred": "k", "y": "k"}
)
MLP2 = gc.from_string(
    "z = W1 @ x; h = relu(z); out = W2 @ h", shapes={"x": "n", "W1": "m n", "W2": "k m"}
)


def test_functions_that_return_value_and_vjp_are_graded() -> None:
    assert gc.grade(HALF_SQUARES, squared_loss).passed
    report = gc.grade(MLP2, mlp2)
    assert [line.name for line in report.lines] == ["out", "x_bar", "W1_bar", "W2_bar"]
    assert report.passed


def test_a_forgotten_cotangent_is_found_in_a_vjp() -> None:
    first = gc.grade(HALF_SQUARES, squared_loss_wrong).first_wrong
    assert first is not None
    assert first.name == "y_pred_bar"
    assert first.mistake in {Mistake.MISSING_FACTOR, Mistake.MISSING_ADJOINT}
    assert "loss_bar" in first.message


def test_a_forgotten_mask_inside_a_vjp_is_located() -> None:
    report = gc.grade(MLP2, mlp2_mask)
    wrong = [line for line in report.lines if line.verdict is Verdict.WRONG]
    assert [line.name for line in wrong] == ["x_bar", "W1_bar"]
    assert {line.mistake for line in wrong} == {Mistake.MISSING_MASK}
    assert "z_bar" in wrong[0].message


def test_the_mask_as_the_value_of_relu_is_a_wrong_value() -> None:
    first = gc.grade(MLP2, mlp2_mask_as_value).first_wrong
    assert first is not None
    assert first.name == "out"


# ---------------------------------------------------------------- what can't be graded


def raising(**functions: Any) -> GradeReport:
    """The report of one function under the name of a derivative."""
    ((name, function),) = functions.items()
    function.__name__ = name
    return gc.grade(MODELS["E6"], function)


def only_line(report: GradeReport) -> str:
    (line,) = report.lines
    assert line.verdict is Verdict.WRONG
    assert line.mistake is Mistake.FAILED
    return line.message


def test_a_function_that_fails_is_a_wrong_line() -> None:
    message = only_line(raising(d_loss_d_W1=lambda h0, W2: h0[:2] @ W2))
    assert "raises ValueError in test_grading.py:" in message
    assert "returns nothing" in only_line(raising(d_loss_d_W1=lambda h0: None))
    assert "no array" in only_line(raising(d_loss_d_W1=lambda h0: "text"))
    assert "did you mean 'h0'" in only_line(raising(d_loss_d_W1=lambda h00: h00))


def test_a_vjp_that_is_none_is_a_wrong_line() -> None:
    report = gc.grade(HALF_SQUARES, lambda y_pred, y: y_pred)
    assert all("(value, vjp)" in line.message for line in report.lines)
    short = gc.grade(HALF_SQUARES, lambda y_pred, y: (0.0, lambda u: (u,)))
    assert "1 cotangents" in short.lines[1].message


def test_an_interrupt_is_no_wrong_answer() -> None:
    def d_loss_d_W1():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gc.grade(MODELS["E6"], d_loss_d_W1)


def test_a_line_that_can_not_be_read_does_not_hide_the_others() -> None:
    report = gc.grade(SIGMOID, "w5_bar = 1\nw4_bar = w5_bar*(-1/w4^2)\nw3_bar = w4_bar*exp(w3)")
    assert [line.verdict for line in report.lines] == [
        Verdict.RIGHT,
        Verdict.WRONG,
        Verdict.RIGHT,
    ]
    assert "line 2" in report.lines[1].message
    assert "**" in report.lines[1].message
    assert report.lines[1].correct == "w4_bar = w5_bar*(-1/w4**2)"


@pytest.mark.parametrize(
    ("line", "mistake", "says"),
    [
        ("d_y_d_xx = 1", Mistake.UNKNOWN, "did you mean 'd_y_d_x'"),
        ("w9_bar = 1", Mistake.UNKNOWN, "A step of your own"),
        ("w3_bar = w4_bar*exp(w33)", Mistake.FAILED, "did you mean 'w3'"),
        ("w3_bar = w4_bar*ex(w3)", Mistake.FAILED, "unknown function"),
        ("w3_bar\n", Mistake.FAILED, "NAME = FORMULA"),
        ("w3_bar = w4_bar*exp(w3", Mistake.FAILED, "never closed"),
        ("w3_bar = 1/(w3 - w3)", Mistake.NOT_FINITE, "not finite"),
        ("w3_bar = __import__('os')", Mistake.FAILED, ""),
        ("w5_bar = 1; w5_bar = 1", Mistake.REPEATED, "before"),
    ],
)
def test_a_line_without_a_value_says_why(line: str, mistake: Mistake, says: str) -> None:
    report = gc.grade(SIGMOID, line)
    wrong = report.lines[-1]
    assert wrong.mistake is mistake
    assert says in wrong.message
    assert not report.passed


def test_text_is_never_executed(tmp_path: Any) -> None:
    victim = tmp_path / "touched"
    text = f"w3_bar = (lambda: open({str(victim)!r}, 'w'))()"
    assert not gc.grade(SIGMOID, text).passed
    assert not victim.exists()


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        (3, "answers are text"),
        ({"dx": 3}, "dict of answers"),
        ("no_such_file.txt", "no such file"),
        ("# nothing\n", "no line to grade"),
        ([], "no function"),
        (lambda p, q, r: p, "value, vjp"),
    ],
)
def test_answers_of_no_kind_are_refused(answers: Any, says: str) -> None:
    with pytest.raises(gc.GraphcompError, match=says):
        gc.grade(SIGMOID, answers)


def test_options_without_a_meaning_are_refused() -> None:
    with pytest.raises(gc.GraphcompError, match="tolerance"):
        gc.grade(SIGMOID, "dx = 1", tolerance=2.0)
    with pytest.raises(gc.GraphcompError, match="did you mean"):
        gc.grade(FAN_OUT, "dx1 = 1", wrt=["x11"])
    with pytest.raises(gc.GraphcompError, match="a graph has its own"):
        gc.grade(SIGMOID, "dx = 1", shapes={"x": "n"})
    with pytest.raises(gc.GraphcompError, match="a model is"):
        gc.grade(3, "dx = 1")  # type: ignore[arg-type]
    with pytest.raises(gc.GraphcompError, match="no real output"):
        gc.grade(gc.from_string("x > a"), "dx = 1")


# ---------------------------------------------------------------- points and reports


def test_what_was_asked_for_must_be_there() -> None:
    report = gc.grade(SIGMOID, {"dx": "a*y*(1 - y)"}, wrt=["x", "a"])
    assert not report.passed
    assert report.missing == ("a",)
    assert "missing: a" in str(report)
    assert gc.grade(SIGMOID, {"dx": "a*y*(1 - y)"}).unanswered == ("a",)


def test_values_are_those_at_the_given_point() -> None:
    report = gc.grade(SIGMOID, "w5_bar = 1\nw4_bar = 1/w4**2", at={"x": 1.0, "a": 2.0})
    first = report.first_wrong
    assert first is not None
    assert first.expected == pytest.approx(-0.775803, rel=1e-5)
    assert first.found == pytest.approx(0.775803, rel=1e-5)
    assert "at x = 1, a = 2" in str(report)


def test_a_given_point_on_a_kink_is_said_and_decides_by_the_convention() -> None:
    model = gc.from_string("h = relu(x); y = h**2 + 3*h")
    at = {"x": 0.0}
    assert gc.grade(model, "d_y_d_x = d_y_d_h*(x > 0)", at=at).passed
    report = gc.grade(model, "d_y_d_x = d_y_d_h*where(x < 0, 0, 1)", at=at)
    assert "on a kink" in report.notes[0]
    assert report.lines[0].mistake is Mistake.MASK_AT_KINK


def test_rounded_numbers_pass_with_a_larger_tolerance() -> None:
    text = "d_y_d_x = 0.3333*a"
    model = gc.from_string("y = x*a/3")
    assert not gc.grade(model, text).passed
    assert gc.grade(model, text, tolerance=1e-3).passed


def test_a_float32_model_allows_for_its_rounding() -> None:
    x = gc.array("x", "n", dtype="float32")
    model = gc.Graph([x], {"y": gc.sum(gc.exp(x) ** 2)})
    assert gc.grade(model, "x_bar = 2*exp(2*x)").passed


def test_the_same_seed_gives_the_same_report() -> None:
    text = with_mistake(SEEDED[5])
    assert str(gc.grade(SIGMOID, text, seed=7)) == str(gc.grade(SIGMOID, text, seed=7))
    assert str(gc.grade(SIGMOID, text, seed=7)) != str(gc.grade(SIGMOID, text, seed=8))


def test_a_report_is_plain_data_too() -> None:
    report = gc.grade(SIGMOID, "w5_bar = 1\nw4_bar = 1/w4**2", at={"x": 1.0, "a": 2.0})
    data = report.to_json()
    assert data["passed"] is False
    assert data["first_wrong"] == "w4_bar"
    assert data["lines"][1]["mistake"] == "sign of 1/x"
    assert data["lines"][1]["correct"] == "w4_bar = w5_bar*(-1/w4**2)"
    assert data["points"][0] == {"x": 1.0, "a": 2.0}


def test_an_unknown_derivative_does_not_make_later_lines_wrong() -> None:
    model = gc.from_string(
        "p = W @ x; loss = 0.5*sum((p - y)**2)", shapes={"W": "k n", "x": "n", "y": "k"}
    )
    report = gc.grade(model, "r_bar = p - y\np_bar = r_bar\ny_bar = r_bar")
    assert [line.mistake for line in report.lines] == [Mistake.UNKNOWN, None, Mistake.SIGN]
    own = gc.grade(model, "r = p - y\nr_bar = r\np_bar = r_bar\ny_bar = -r_bar")
    assert own.passed


def test_points_lie_on_both_sides_of_a_condition() -> None:
    model = gc.from_string("y = 3*relu(x)")
    for seed in range(5):
        assert gc.grade(model, "dx = 3*(x > 0)", seed=seed).passed
        assert not gc.grade(model, "dx = 3", seed=seed).passed
        assert not gc.grade(gc.from_string("y = abs(x)"), "dx = 1", seed=seed).passed


def test_a_model_that_can_not_be_drawn_is_graded_at_the_given_point() -> None:
    model = gc.from_string("y = sqrt(x - 1000)*a")
    with pytest.raises(gc.GraphcompError, match="no point"):
        gc.grade(model, "da = sqrt(x - 1000)")
    report = gc.grade(model, "da = sqrt(x - 1000)", at={"x": 1001.0, "a": 2.0})
    assert report.passed
    assert report.where == "at the given point"


def test_several_outputs_have_seeds_of_their_own() -> None:
    x, a = gc.scalars("x a")
    model = gc.Graph([x, a], {"p": x * a, "q": gc.sin(x)})
    assert gc.grade(model, "x_bar = p_bar*a + q_bar*cos(x)\nd_p_d_x = a\nd_q_d_x = cos(x)").passed
    report = gc.grade(model, "x_bar = p_bar*a")
    assert report.lines[0].mistake is Mistake.MISSING_TERM
    assert gc.grade(model, "d_q_d_x = cos(a)").lines[0].verdict is Verdict.WRONG


def test_integers_have_no_derivative_and_may_be_read() -> None:
    k = gc.scalar("k", "int64")
    x = gc.scalar("x")
    model = gc.Graph([x, k], {"y": x * k})
    assert gc.grade(model, "d_y_d_x = k").passed
    assert gc.grade(model, "d_y_d_k = x").lines[0].mistake is Mistake.UNKNOWN


def test_a_value_behind_a_formula_is_compared_at_a_given_point() -> None:
    text = "w3 = -w1*w2 = -2\nw4 = 1 + exp(w3) = 1.14\nw5 = 1/w4 = .8808  # y\nw5_bar = 1\n"
    text += "w4_bar = -w5_bar/w4**2 = -7.76e-1\nw3_bar = w4_bar*exp(w3) = -0.15"
    report = gc.grade(SIGMOID, text, at={"x": 1.0, "a": 2.0})
    assert [line.verdict for line in report.lines] == [*[Verdict.RIGHT] * 5, Verdict.WRONG]
    assert report.lines[-1].mistake is Mistake.ARITHMETIC
    assert "-0.104994, not -0.15" in report.lines[-1].message
    elsewhere = gc.grade(SIGMOID, text)
    assert elsewhere.passed
    assert "not compared" in elsewhere.notes[0]


def logistic(X, w, b, t):
    z = X @ w + b
    p = 1 / (1 + np.exp(-z))
    return -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))


LOGISTIC = gc.from_function(logistic, X="n d", w="d", t="n")


def test_closed_forms_pass_and_numpy_may_be_named() -> None:
    text = "z_bar = (p - t)/n\nw_bar = X.T @ z_bar\nb_bar = np.sum(z_bar)\nd_X = np.outer(z_bar, w)"
    assert gc.grade(LOGISTIC, text).passed


def test_mistakes_in_a_closed_form_are_named() -> None:
    text = "z_bar = (p - t)/n\nw_bar = X @ z_bar\nb_bar = mean(z_bar)"
    report = gc.grade(LOGISTIC, text)
    assert [line.mistake for line in report.lines] == [
        None,
        Mistake.FORWARD_FOR_REVERSE,
        Mistake.MEAN_FOR_SUM,
    ]
    assert gc.grade(LOGISTIC, "z_bar = p - t").lines[0].mistake is Mistake.SUM_FOR_MEAN
    assert gc.grade(LOGISTIC, "z_bar = (t - p)/n").lines[0].mistake is Mistake.SIGN


def test_a_long_chain_is_graded() -> None:
    x = gc.scalar("x")
    y = x
    for _ in range(150):
        y = gc.sin(y) + 0.1 * x
    report = gc.grade(gc.Graph([x], {"y": y}), "w150_bar = w151_bar*sin(w149)\nw1_bar = 3*x")
    assert [line.verdict for line in report.lines] == [Verdict.WRONG] * 2
