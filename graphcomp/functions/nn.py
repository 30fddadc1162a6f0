"""Activations and losses of neural networks, stable for large logits, as ``gc.nn``."""

from __future__ import annotations

import math

import numpy as np

from graphcomp.errors import InputError, with_user_line
from graphcomp.functions.elementwise import relu, sigmoid, softplus
from graphcomp.functions.reductions import squared_loss
from graphcomp.functions.statistics import log_softmax, softmax
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import EQUAL, LOGICAL_AND, WHERE, bracket
from graphcomp.ops.transcendental import EXPM1
from graphcomp.shape import normal_axis


def leaky_relu(x: Operand, slope: float = 0.01) -> Node:
    """x above 0, slope*x below; the derivative at 0 is the slope.

    >>> import graphcomp as gc
    >>> gc.nn.leaky_relu(gc.scalar("x"), 0.1)
    <node where(x > 0, x, x*0.1) float64 ()>
    """
    node = constant(x)
    return apply(WHERE, node > 0.0, node, node * slope)


def elu(x: Operand, alpha: float = 1.0) -> Node:
    """x above 0, alpha*(exp(x) - 1) below.

    >>> import graphcomp as gc
    >>> gc.nn.elu(gc.scalar("x"))
    <node where(x > 0, x, expm1(x)) float64 ()>
    """
    node = constant(x)
    below = apply(EXPM1, node)
    return apply(WHERE, node > 0.0, node, below if alpha == 1 else alpha * below)


def silu(x: Operand) -> Node:
    """x*sigmoid(x).

    >>> import graphcomp as gc
    >>> gc.nn.silu(gc.scalar("x"))
    <node x*sigmoid(x) float64 ()>
    """
    node = constant(x)
    return node * sigmoid(node)


def gelu(x: Operand) -> Node:
    """x times the normal distribution function, in the common approximation by tanh.

    0.5*x*(1 + tanh(u)) with u = sqrt(2/pi)*(x + 0.044715*x**3), written as x*sigmoid(2*u), which
    keeps its digits for negative x.

    >>> import graphcomp as gc
    >>> gc.nn.gelu(gc.scalar("x")).shape
    ()
    """
    node = constant(x)
    inner = (2 * math.sqrt(2 / math.pi)) * (node * (1.0 + 0.044715 * node**2))
    return node * sigmoid(inner)


def mean_squared_error(prediction: Operand, target: Operand) -> Node:
    """The mean of the squared differences.

    >>> import graphcomp as gc
    >>> gc.nn.mean_squared_error(gc.array("p", "n"), gc.array("y", "n"))
    <node sum((p - y)**2)/n float64 ()>
    """
    return ((constant(prediction) - target) ** 2).mean()


def binary_cross_entropy_with_logits(logits: Operand, targets: Operand) -> Node:
    """The mean of -t*log(s) - (1 - t)*log(1 - s) with s = sigmoid(logits), for any logits.

    >>> import graphcomp as gc
    >>> gc.nn.binary_cross_entropy_with_logits(gc.scalar("z"), gc.scalar("t"))
    <node t*softplus(-z) + (1 - t)*softplus(z) float64 ()>
    """
    z, t = constant(logits), constant(targets)
    loss = t * softplus(-z) + (1.0 - t) * softplus(z)
    return loss.mean() if loss.ndim else loss


def softmax_cross_entropy_with_logits(logits: Operand, targets: Operand, axis: int = -1) -> Node:
    """The mean of -sum(t*log(softmax(logits))) over all rows, for any logits.

    The targets are probabilities in the shape of the logits, or integer classes without the axis.

    Raises:
        InputError: integer classes, and the number of classes is not known.

    >>> import graphcomp as gc
    >>> z, t = gc.array("z", "n 3"), gc.array("t", "n", "int64")
    >>> gc.nn.softmax_cross_entropy_with_logits(z, t).shape
    ()
    """
    z, t = constant(logits), constant(targets)
    along = normal_axis(axis, z.ndim, "softmax_cross_entropy_with_logits")
    if t.dtype.kind in "iu" and t.ndim == z.ndim - 1:
        count = z.shape[along]
        if not isinstance(count, int):
            msg = (
                f"softmax_cross_entropy_with_logits: integer classes need a number of classes, "
                f"not {count}: give the axis a number, or the targets as probabilities"
            )
            raise InputError(with_user_line(msg))
        classes = np.arange(count).reshape([-1 if a == along else 1 for a in range(z.ndim)])
        chosen = t.reshape((*t.shape[:along], 1, *t.shape[along:]))
        t = bracket(apply(EQUAL, chosen, classes), z)
    rows = log_softmax(z, axis=along)
    nothing = apply(LOGICAL_AND, apply(EQUAL, t, 0.0), apply(EQUAL, rows, -math.inf))
    loss = -(t * apply(WHERE, nothing, 0.0, rows)).sum(along)
    return loss.mean() if loss.ndim else loss


__all__ = [
    "binary_cross_entropy_with_logits",
    "elu",
    "gelu",
    "leaky_relu",
    "log_softmax",
    "mean_squared_error",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softmax_cross_entropy_with_logits",
    "softplus",
    "squared_loss",
]
