"""The squared loss of a network with one hidden layer on one sample, by all arguments."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case


def model(xp: Any) -> Any:
    """The loss, as its user writes it."""

    def loss(x: Any, y: Any, W1: Any, W2: Any) -> Any:
        h = xp.relu(W1 @ x)
        r = W2 @ h - y
        return 0.5 * xp.sum(r**2)

    return loss


def expert(x: Any, y: Any, W1: Any, W2: Any) -> Any:
    """`dot` and outer products by broadcasting: the cheapest spellings at this size."""
    z = W1.dot(x)
    h = np.maximum(z, 0.0)
    r = W2.dot(h)
    r -= y
    h_bar = r.dot(W2)
    h_bar *= z > 0.0
    gradients = (h_bar.dot(W1), -r, h_bar[:, None] * x, r[:, None] * h)
    return 0.5 * float(r.dot(r)), gradients


def make(n: int, m: int, k: int) -> Case:
    """At random weights."""
    rng = np.random.default_rng(0)
    arguments = {
        "x": rng.standard_normal(n),
        "y": rng.standard_normal(k),
        "W1": rng.standard_normal((m, n)),
        "W2": rng.standard_normal((k, m)),
    }
    return Case(
        name=f"MLP {n}-{m}-{k}, one sample",
        model=model,
        arguments=arguments,
        shapes={"x": "n", "y": "k", "W1": "m n", "W2": "k m"},
        wrt=("x", "y", "W1", "W2"),
        expert=expert,
    )


CASES = (partial(make, 11, 16, 1),)
TINY = (partial(make, 3, 4, 2),)
