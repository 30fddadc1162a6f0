"""How building, differentiating, printing and compiling grow with the length of a chain."""

from __future__ import annotations

import time

import graphcomp as gc
from benchmarks.report import table

LENGTHS = (50_000, 100_000, 200_000)
QUICK = (5_000, 10_000)


def measure(length: int) -> dict[str, float]:
    """Seconds for each stage on a chain of `length` scalar steps."""
    seconds = {}
    start = time.perf_counter()
    x = gc.scalar("x")
    y = x
    for i in range(length // 2):
        y = gc.sin(y) * (1.0 + 1e-6 * (i % 7))
    graph = gc.Graph([x], {"y": y}, name="chain")
    seconds["build"] = time.perf_counter() - start

    start = time.perf_counter()
    graph.gradient()
    seconds["reverse"] = time.perf_counter() - start

    start = time.perf_counter()
    graph.program("primitive").check()
    seconds["program"] = time.perf_counter() - start

    start = time.perf_counter()
    str(graph.derivation("reverse", at={"x": 0.5}))
    seconds["trace"] = time.perf_counter() - start

    start = time.perf_counter()
    function = graph.compile("value_and_grad", target="math")
    seconds["compile"] = time.perf_counter() - start

    start = time.perf_counter()
    function(0.5)
    seconds["call"] = time.perf_counter() - start
    return seconds


def report(results: dict[int, dict[str, float]]) -> str:
    """The table: seconds for each stage, by length."""
    stages = next(iter(results.values()))
    lines = [
        [f"{length:,}", *(f"{value:.2f}" for value in seconds.values())]
        for length, seconds in results.items()
    ]
    return table(["steps", *stages], lines)
