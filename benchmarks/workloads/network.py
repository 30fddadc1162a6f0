"""A classifier with two hidden layers, softmax and cross-entropy over a batch, by all weights."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks.case import Case

NO_BROADCASTING = {"casadi": "no broadcasting of a bias over a batch"}


def model(xp: Any) -> Any:
    """The mean loss, as its user writes it."""

    def loss(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any) -> Any:
        h1 = xp.relu(X @ W1 + b1)
        h2 = xp.relu(h1 @ W2 + b2)
        z = h2 @ W3 + b3
        return xp.mean(xp.logsumexp(z, axis=1) - xp.sum(Y * z, axis=1))

    return loss


def expert(X: Any, Y: Any, W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any) -> Any:
    """In place around BLAS; transposes stay views, and a sign is never stored.

    relu is positive exactly where its argument is, so that the activations serve as masks.
    """
    batch = len(X)
    h1 = X.dot(W1)
    h1 += b1
    np.maximum(h1, 0.0, out=h1)
    h2 = h1.dot(W2)
    h2 += b2
    np.maximum(h2, 0.0, out=h2)
    z = h2.dot(W3)
    z += b3
    z -= z.max(axis=1, keepdims=True)
    correct = np.vdot(Y, z)
    np.exp(z, z)
    sums = np.add.reduce(z, 1, keepdims=True)
    value = (float(np.add.reduce(np.log(sums), None)) - float(correct)) / batch
    sums *= batch
    z /= sums
    z -= Y * (1.0 / batch)
    ones = np.ones(batch)
    W3_bar, b3_bar = h2.T.dot(z), ones.dot(z)
    h2_bar = z.dot(W3.T)
    h2_bar *= h2 > 0.0
    W2_bar, b2_bar = h1.T.dot(h2_bar), ones.dot(h2_bar)
    h1_bar = h2_bar.dot(W2.T)
    h1_bar *= h1 > 0.0
    return value, (X.T.dot(h1_bar), ones.dot(h1_bar), W2_bar, b2_bar, W3_bar, b3_bar)


def make(sizes: tuple[int, int, int, int], batch: int) -> Case:
    """At random weights; the classes as rows of 0 and 1."""
    rng = np.random.default_rng(0)
    arguments = {
        "X": rng.standard_normal((batch, sizes[0])),
        "Y": np.eye(sizes[3])[rng.integers(sizes[3], size=batch)],
    }
    for i, (n, m) in enumerate(pairwise(sizes), start=1):
        arguments[f"W{i}"] = rng.standard_normal((n, m)) / np.sqrt(n)
        arguments[f"b{i}"] = 0.1 * rng.standard_normal(m)
    return Case(
        name=f"MLP {'-'.join(map(str, sizes))}, batch {batch}",
        model=model,
        arguments=arguments,
        shapes={
            "X": "n a",
            "Y": "n d",
            "W1": "a b",
            "b1": "b",
            "W2": "b c",
            "b2": "c",
            "W3": "c d",
            "b3": "d",
        },
        wrt=("W1", "b1", "W2", "b2", "W3", "b3"),
        expert=expert,
        left_out=NO_BROADCASTING,
    )


CASES = (partial(make, (11, 16, 10, 3), 32), partial(make, (784, 512, 256, 10), 256))
TINY = (partial(make, (4, 5, 3, 2), 6),)
