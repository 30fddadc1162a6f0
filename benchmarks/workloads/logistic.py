"""Logistic regression with a ridge penalty, by weights and bias."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case

TILE_ENTRIES = 65_536  # of the data: 512 KiB, which stay in cache between the two products


def model(xp: Any) -> Any:
    """The mean loss, as its user writes it."""

    def loss(X: Any, y: Any, w: Any, b: Any) -> Any:
        z = X @ w + b
        return xp.mean(xp.softplus(z) - y * z) + 0.5 * xp.sum(w**2)

    return loss


def expert(X: Any, y: Any, w: Any, b: float) -> Any:
    """One exponential an entry, and each tile of the data is read from memory once."""
    n, d = X.shape
    tile = max(1, TILE_ENTRIES // d)
    total, b_bar = 0.0, 0.0
    w_bar = np.zeros(d)
    for start in range(0, n, tile):
        rows, labels = X[start : start + tile], y[start : start + tile]
        z = rows.dot(w)
        z += b
        total -= labels.dot(z)
        e = np.abs(z)
        np.negative(e, e)
        np.exp(e, e)
        total += np.add.reduce(np.log1p(e)) + np.add.reduce(np.maximum(z, 0.0))
        p = np.where(z > 0.0, 1.0, e)  # sigmoid(z), without overflow
        e += 1.0
        p /= e
        p -= labels
        b_bar += np.add.reduce(p)
        w_bar += p.dot(rows)
    w_bar /= n
    w_bar += w
    return float(total / n + 0.5 * w.dot(w)), (w_bar, float(b_bar / n))


def make(n: int, d: int) -> Case:
    """On random data."""
    rng = np.random.default_rng(0)
    arguments = {
        "X": rng.standard_normal((n, d)),
        "y": rng.integers(2, size=n).astype(float),
        "w": rng.standard_normal(d) / np.sqrt(d),
        "b": 0.1,
    }
    return Case(
        name=f"logistic regression, {n:,} x {d}",
        model=model,
        arguments=arguments,
        shapes={"X": "n d", "y": "n", "w": "d"},
        wrt=("w", "b"),
        expert=expert,
    )


CASES = (partial(make, 1_000, 20), partial(make, 100_000, 50))
TINY = (partial(make, 7, 3), partial(make, 3_000, 50))
