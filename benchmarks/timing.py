"""Interleaved timing: all candidates in turn, round after round, so that a drifting machine drifts for all."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Budget:
    """How long to measure: seconds a sample at least, rounds, and seconds for all rounds."""

    sample: float = 0.04
    least_rounds: int = 5
    most_rounds: int = 15
    seconds: float = 30.0


QUICK = Budget(sample=0.005, least_rounds=3, most_rounds=3, seconds=1.0)


@dataclass(frozen=True)
class Timing:
    """Seconds a call: the median over the rounds, and the best."""

    median: float
    best: float


def interleaved(candidates: Mapping[str, Callable[[], Any]], budget: Budget) -> dict[str, Timing]:
    """Time each candidate in every round, the order reversed from round to round.

    How often a sample repeats its call, and how many rounds there are, follows from a first run.
    """
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    collecting = gc.isenabled()
    gc.disable()
    try:
        repeats, cost = {}, 0.0
        for name, call in candidates.items():
            repeats[name], seconds = _repeats(call, budget.sample)
            cost += seconds
        rounds = round(min(max(budget.seconds / cost, budget.least_rounds), budget.most_rounds))
        for number in range(rounds):
            order = list(candidates) if number % 2 else list(candidates)[::-1]
            for name in order:
                gc.collect()
                candidates[name]()  # caches and branch predictors know it again
                samples[name].append(_time(candidates[name], repeats[name]))
    finally:
        if collecting:
            gc.enable()
    return {name: Timing(statistics.median(times), min(times)) for name, times in samples.items()}


def _repeats(call: Callable[[], Any], target: float) -> tuple[int, float]:
    """How many calls make a sample, and the seconds that it takes with its warming up."""
    count = 1
    while (each := _time(call, count)) * count < target / 10:
        count *= 10
    repeats = max(1, round(target / each))
    return repeats, (repeats + 1) * each


def _time(call: Callable[[], Any], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count
