"""Rosenbrock's function of n variables and its gradient."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case

TILE = 8192


def model(xp: Any) -> Any:
    """The function, as its user writes it."""

    def rosenbrock(x: Any) -> Any:
        return xp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    return rosenbrock


def expert(x: Any) -> Any:
    """In place, in tiles that stay in cache; neighbouring tiles share one variable."""
    n = len(x)
    gradient = np.empty(n)
    gradient[0] = 0.0
    scratch = np.empty(min(TILE, n - 1))
    total = 0.0
    for start in range(0, n - 1, TILE):
        stop = min(start + TILE, n - 1)
        left, right = x[start:stop], x[start + 1 : stop + 1]
        slope, after = gradient[start:stop], gradient[start + 1 : stop + 1]
        u = scratch[: stop - start]
        np.multiply(left, left, u)
        np.subtract(right, u, u)  # u = x[i+1] - x[i]**2
        total += 100.0 * u.dot(u)
        np.multiply(u, 200.0, after)
        u *= left
        u *= -400.0
        slope += u
        np.subtract(left, 1.0, u)
        total += u.dot(u)
        u *= 2.0
        slope += u
    return float(total), gradient


def loop(x: Any) -> Any:
    """One pass, as a compiler of loops likes it."""
    n = len(x)
    gradient = np.zeros(n)
    total = 0.0
    for i in range(n - 1):
        u = x[i + 1] - x[i] * x[i]
        rest = x[i] - 1.0
        total += 100.0 * u * u + rest * rest
        gradient[i] += 2.0 * rest - 400.0 * x[i] * u
        gradient[i + 1] = 200.0 * u
    return total, gradient


def make(n: int) -> Case:
    """At a random point."""
    return Case(
        name=f"Rosenbrock, n = {n:,}",
        model=model,
        arguments={"x": np.random.default_rng(0).standard_normal(n)},
        shapes={"x": "n"},
        wrt=("x",),
        expert=expert,
        by_hand={"numba": loop},
    )


CASES = tuple(partial(make, n) for n in (10, 1_000, 1_000_000))
TINY = (partial(make, 5), partial(make, 2 * TILE + 3))
