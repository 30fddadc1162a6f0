"""Grading: seeded mistakes in hand derivations are found, named, and told apart from what follows."""

from typing import NamedTuple

import numpy as np
import pytest

import graphcomp as gc
from examples import e6_named_derivatives, e7_gradient_step
from graphcomp.grading import Mistake, Verdict


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
    Seeded("E3", "x_bar = W1 @ z_bar", Mistake.FAILED),
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
    Seeded("batch", "r_bar = r/n", Mistake.DIFFERENT),
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
