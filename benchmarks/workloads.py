"""Generated gradients against what an expert writes by hand, value and all gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import graphcomp as gc
from benchmarks.timing import interleaved

Pair = tuple[Callable[[], Any], Callable[[], Any]]


def sigmoid() -> Pair:
    """1/(1 + exp(-a*x)) on Python floats."""

    def by_hand(x: float, a: float) -> tuple[float, tuple[float, float]]:
        y = 1.0 / (1.0 + math.exp(-a * x))
        slope = y * (1.0 - y)
        return y, (a * slope, x * slope)

    generated = gc.from_string("y(x, a) = 1/(1+exp(-a*x))").compile("value_and_grad", target="math")
    return lambda: generated(1.0, 2.0), lambda: by_hand(1.0, 2.0)


def mlp(n: int, k: int, m: int) -> Pair:
    """The loss of a two-layer network, by both weights."""

    def loss(x: Any, y: Any, W1: Any, W2: Any) -> Any:
        r = W2 @ np.maximum(W1 @ x, 0) - y
        return 0.5 * np.sum(r**2)

    def by_hand(x: Any, y: Any, W1: Any, W2: Any) -> Any:
        z = W1.dot(x)
        h = np.maximum(z, 0.0)
        r = W2.dot(h)
        r -= y
        h_bar = r.dot(W2)
        h_bar *= z > 0.0
        return 0.5 * float(r.dot(r)), (np.outer(h_bar, x), np.outer(r, h))

    rng = np.random.default_rng(0)
    arguments = [rng.standard_normal(s) for s in ((n,), (m,), (k, n), (m, k))]
    graph = gc.from_function(loss, x="n", y="m", W1="k n", W2="m k")
    generated = graph.compile("value_and_grad", wrt=("W1", "W2"))
    return lambda: generated(*arguments), lambda: by_hand(*arguments)


def chain(n: int) -> Pair:
    """sum(tanh(a*x + b)*exp(-x**2)), by x."""

    def value(x: Any, a: float, b: float) -> Any:
        return np.sum(np.tanh(a * x + b) * np.exp(-(x**2)))

    def by_hand(x: Any, a: float, b: float) -> Any:
        t = np.tanh(a * x + b)
        e = np.exp(-(x * x))
        p = t * e
        slope = (1.0 - t * t) * e * a
        slope -= 2.0 * x * p
        return float(np.add.reduce(p)), slope

    x = np.random.default_rng(0).standard_normal(n)
    generated = gc.from_function(value, x="n").compile("value_and_grad", wrt="x")
    return lambda: generated(x, 0.7, 0.1), lambda: by_hand(x, 0.7, 0.1)


WORKLOADS: dict[str, Callable[[], Pair]] = {
    "sigmoid, Python floats": sigmoid,
    "MLP 11-16-1": lambda: mlp(11, 16, 1),
    "MLP 784-512-10": lambda: mlp(784, 512, 10),
    "elementwise, n = 1,000": lambda: chain(1_000),
    "elementwise, n = 100,000": lambda: chain(100_000),
}


def main() -> None:
    """Print the table: microseconds a call, medians of interleaved rounds, and the ratio."""
    print("Value and gradient, microseconds a call")
    print(f"{'workload':<28}{'generated':>11}{'by hand':>11}{'ratio':>8}")
    for name, make in WORKLOADS.items():
        generated, by_hand = make()
        times = interleaved({"generated": generated, "hand": by_hand})
        ours, theirs = times["generated"].median, times["hand"].median
        print(f"{name:<28}{ours * 1e6:>11.2f}{theirs * 1e6:>11.2f}{ours / theirs:>8.2f}")


if __name__ == "__main__":
    main()
