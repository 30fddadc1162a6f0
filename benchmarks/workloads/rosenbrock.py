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


# Arrays without axes: NumPy takes them in faster than Python's floats.
ONE, TWO, TWO_HUNDRED = np.array(1.0), np.array(2.0), np.array(200.0)


def expert(x: Any) -> Any:
    """In place, in tiles that stay in cache; neighbouring tiles share one variable."""
    steps = len(x) - 1
    gradient = np.empty(steps + 1)
    gradient[0] = 0.0
    if steps <= TILE:
        return float(_tile(x, gradient, np.empty(steps), np.empty(steps))), gradient
    total = 0.0
    u, rest = np.empty((2, TILE))
    for start in range(0, steps, TILE):
        stop = min(start + TILE, steps)
        part = slice(start, stop + 1)
        total += _tile(x[part], gradient[part], u[: stop - start], rest[: stop - start])
    return float(total), gradient


def _tile(x: Any, gradient: Any, u: Any, rest: Any) -> Any:
    """The value of a piece; its gradient is added at the first place, and written at others."""
    left, slope, after = x[:-1], gradient[:-1], gradient[1:]
    np.multiply(left, left, u)
    np.subtract(x[1:], u, u)  # u = x[i+1] - x[i]**2
    np.subtract(left, ONE, rest)
    value = 100.0 * u.dot(u) + rest.dot(rest)
    np.multiply(u, TWO_HUNDRED, after)
    np.multiply(after, left, u)
    np.subtract(rest, u, rest)
    np.multiply(rest, TWO, rest)
    np.add(slope, rest, slope)
    return value


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
