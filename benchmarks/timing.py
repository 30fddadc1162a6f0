"""Interleaved timing: all candidates in turn, round after round, so that a drifting machine drifts for all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

TARGET_SECONDS = 0.05


@dataclass(frozen=True)
class Timing:
    """Seconds a call: the median over the rounds, and the best."""

    median: float
    best: float


def interleaved(candidates: Mapping[str, Callable[[], Any]], rounds: int = 15) -> dict[str, Timing]:
    """Time each candidate in every round, the order reversed from round to round."""
    repeats = {name: _repeats(call) for name, call in candidates.items()}
    samples: dict[str, list[float]] = {name: [] for name in candidates}
    for number in range(rounds):
        order = list(candidates) if number % 2 else list(candidates)[::-1]
        for name in order:
            samples[name].append(_time(candidates[name], repeats[name]))
    return {name: Timing(statistics.median(times), min(times)) for name, times in samples.items()}


def _repeats(call: Callable[[], Any]) -> int:
    count = 1
    while (elapsed := _time(call, count) * count) < TARGET_SECONDS / 10:
        count *= 10
    return max(1, round(count * TARGET_SECONDS / max(elapsed, 1e-9)))


def _time(call: Callable[[], Any], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - start) / count
