"""A derivation by hand of the network of `e6_named_derivatives`, with a mistake in it.

``graphcomp grade`` finds it:

    graphcomp grade examples/e6_model.txt examples/answers_e6.py --shape x=,W0=3,W1=3:3,W2=3

Each function is a line: its name says which derivative it is, its arguments are inputs and steps
of the model, and derivatives that were found before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]


def d_loss_d_y_predicted(y_predicted: float, y_observed: float) -> float:
    """The derivative of the square."""
    return 2.0 * (y_predicted - y_observed)


def d_loss_d_W2(d_loss_d_y_predicted: float, h1: Array) -> Array:
    """The inner product is linear in each factor."""
    return d_loss_d_y_predicted * h1


def d_loss_d_h1(d_loss_d_y_predicted: float, W2: Array) -> Array:
    """The other factor."""
    return d_loss_d_y_predicted * W2


def d_loss_d_r1(d_loss_d_h1: Array, r1: Array) -> Array:
    """Where relu is flat, nothing passes."""
    return d_loss_d_h1 * (r1 > 0)


def d_loss_d_W1(d_loss_d_r1: Array, h0: Array) -> Array:
    """An outer product."""
    return np.outer(d_loss_d_r1, h0)


def d_loss_d_h0(d_loss_d_r1: Array, W1: Array) -> Array:
    """The matrix that went forward comes back, but this is not its transpose."""
    return W1 @ d_loss_d_r1


def d_loss_d_r0(d_loss_d_h0: Array, r0: Array) -> Array:
    """The first mask."""
    return d_loss_d_h0 * (r0 > 0)


def d_loss_d_W0(d_loss_d_r0: Array, x: float) -> Array:
    """The input scales every row."""
    return x * d_loss_d_r0
