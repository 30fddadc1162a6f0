"""A chain of elementwise operations over n entries, summed, and its gradient."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case

TILE = 8192


def model(xp: Any) -> Any:
    """The sum, as its user writes it."""

    def total(x: Any, a: Any, b: Any) -> Any:
        return xp.sum(xp.tanh(a * x + b) * xp.exp(-(x**2)) + xp.sin(x) * xp.log1p(x**2))

    return total


def expert(x: Any, a: float, b: float) -> Any:
    """In tiles that stay in cache, with scratch that is used again; only the result is new."""
    n = len(x)
    gradient = np.empty(n)
    scratch = np.empty((6, min(TILE, n)))
    value = 0.0
    for start in range(0, n, TILE):
        entries = x[start : start + TILE]
        slope = gradient[start : start + TILE]
        square, e, t, s, logarithm, product = scratch[:, : len(entries)]
        np.multiply(entries, entries, square)
        np.negative(square, e)
        np.exp(e, e)
        np.multiply(entries, a, t)
        t += b
        np.tanh(t, t)
        np.sin(entries, s)
        np.log1p(square, logarithm)
        value += t.dot(e) + s.dot(logarithm)
        # e*(a*(1 - t**2) - 2*x*t) + cos(x)*log1p(x**2) + 2*x*sin(x)/(1 + x**2)
        np.multiply(t, t, product)
        product *= -a
        product += a
        t *= entries
        t *= 2.0
        product -= t
        product *= e
        np.cos(entries, slope)
        slope *= logarithm
        slope += product
        s *= entries
        s *= 2.0
        square += 1.0
        s /= square
        slope += s
    return float(value), gradient


def loop(x: Any, a: float, b: float) -> Any:
    """One pass, as a compiler of loops likes it."""
    gradient = np.empty(len(x))
    value = 0.0
    for i in range(len(x)):
        u = x[i]
        e, t = math.exp(-u * u), math.tanh(a * u + b)
        s, c, logarithm = math.sin(u), math.cos(u), math.log1p(u * u)
        value += t * e + s * logarithm
        gradient[i] = e * (a * (1.0 - t * t) - 2.0 * u * t)
        gradient[i] += c * logarithm + 2.0 * u * s / (1.0 + u * u)
    return value, gradient


def make(n: int) -> Case:
    """At random entries, by x alone."""
    return Case(
        name=f"elementwise chain, n = {n:,}",
        model=model,
        arguments={"x": np.random.default_rng(0).standard_normal(n), "a": 0.7, "b": 0.1},
        shapes={"x": "n"},
        wrt=("x",),
        expert=expert,
        by_hand={"numba": loop},
    )


CASES = tuple(partial(make, n) for n in (1_000, 100_000, 10_000_000))
TINY = (partial(make, 5), partial(make, 2 * TILE + 3))
