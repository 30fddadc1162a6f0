"""Calls of this package's functions that NumPy does not have."""

from __future__ import annotations

from typing import Any

import numpy as np

import graphcomp as gc

_ONE: list[Any] = [((3,), lambda f, x: f(x))]
_TWO: list[Any] = [(((3,), (3,)), lambda f, x, y: f(x, y))]
_LABELS = np.array([2, 0])

OWN_CALLS: dict[Any, Any] = {
    gc.squared_loss: _TWO,
    gc.nn.leaky_relu: _ONE,
    gc.nn.elu: _ONE,
    gc.nn.silu: _ONE,
    gc.nn.gelu: _ONE,
    gc.nn.mean_squared_error: _TWO,
    gc.nn.binary_cross_entropy_with_logits: _TWO,
    gc.nn.softmax_cross_entropy_with_logits: [
        (((2, 4), (2, 4)), lambda f, x, y: f(x, y)),
        ((2, 4), lambda f, x: f(x, _LABELS)),
    ],
    gc.numpy.array: [(((), ()), lambda f, x, y: f([[x, 1.0], [0, y]]))],
    gc.numpy.asarray: [((3,), lambda f, x: f(x))],
    gc.numpy.full: [((), lambda f, x: f((2, 3), x))],
    gc.numpy.zeros: [((3,), lambda f, x: f(3) + x)],
    gc.numpy.ones: [((3,), lambda f, x: f(3) * x)],
    gc.numpy.eye: [((3,), lambda f, x: f(3) @ x)],
}
