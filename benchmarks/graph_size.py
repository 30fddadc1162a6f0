"""Large scalar graphs: from a Python loop that builds one to its gradient, and a call after that.

Every peer runs in a process of its own, as some need more time or memory than there is:
``python -m benchmarks.graph_size jax 1000`` prints what one of them takes.
"""

from __future__ import annotations

import importlib
import json
import math
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from benchmarks.agreement import RELATIVE, difference
from benchmarks.case import LeftOut
from benchmarks.measure import say
from benchmarks.peers import PEERS, builder
from benchmarks.report import number, table

STEPS = (100, 1_000, 10_000, 100_000)
OURS_ALONE = (1_000_000,)
QUICK = (300,)
POINT = (0.3, 0.7, 1.1)
MEMORY = 8 * 2**30
WITHOUT = ("graphcomp_numba", "numba")  # no way from a Python loop to a graph of their own

Gradient: TypeAlias = Callable[..., Sequence[float]]


def graph_of(inputs: Sequence[Any], steps: int, sin: Callable[[Any], Any]) -> Any:
    """Sines, products and sums in turn; a product uses an older sine again, a sum an input."""
    draw = random.Random(0)
    sines = list(inputs)
    y = inputs[0]
    for i in range(steps):
        if i % 3 == 0:
            y = sin(y)
            sines.append(y)
        elif i % 3 == 1:
            y = y * sines[draw.randrange(max(0, len(sines) - 100), len(sines))]
        else:
            y = y + inputs[draw.randrange(len(inputs))]
    return y


class Dual:
    """A number and its derivative in one direction: the reference, independent of all peers."""

    __slots__ = ("slope", "value")

    def __init__(self, value: float, slope: float) -> None:
        self.value, self.slope = value, slope

    def __add__(self, other: Dual) -> Dual:
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other: Dual) -> Dual:
        slope = self.slope * other.value + self.value * other.slope
        return Dual(self.value * other.value, slope)

    def sin(self) -> Dual:
        """The sine."""
        return Dual(math.sin(self.value), math.cos(self.value) * self.slope)


def reference(steps: int) -> list[float]:
    """The gradient at `POINT`, by a forward pass for each input."""
    slopes = []
    for chosen in range(len(POINT)):
        duals = [Dual(value, float(i == chosen)) for i, value in enumerate(POINT)]
        slopes.append(graph_of(duals, steps, Dual.sin).slope)
    return slopes


def run(peer: str, steps: int) -> dict[str, float]:
    """Seconds to the first gradient, and seconds a call afterwards, in this process."""
    make: Callable[[int], Gradient] = importlib.import_module(
        f"benchmarks.scalar_graphs.{peer}"
    ).gradient
    start = time.perf_counter()
    gradient = make(steps)
    found = [float(value) for value in gradient(*POINT)]
    ready = time.perf_counter() - start
    error = difference(found, reference(steps))
    if not error <= RELATIVE:
        msg = f"wrong: differs from the reference by {error:.1e}"
        raise LeftOut(msg)
    count = max(1, min(1000, round(0.02 / _once(gradient))))
    samples = []
    for _ in range(7):
        begin = time.perf_counter()
        for _ in range(count):
            gradient(*POINT)
        samples.append((time.perf_counter() - begin) / count)
    return {"ready": ready, "call": statistics.median(samples)}


def _once(gradient: Gradient) -> float:
    start = time.perf_counter()
    gradient(*POINT)
    return time.perf_counter() - start


def measure(
    peers: Iterable[str], sizes: Sequence[int], ours_alone: Sequence[int], limit: float
) -> dict[str, dict[str, Any]]:
    """By size and peer: the result of `run` in a process of its own, or a note."""
    results: dict[str, dict[str, Any]] = {}
    chosen = [peer for peer in peers if peer not in WITHOUT]
    given_up: set[str] = set()
    for steps in (*sizes, *ours_alone):
        row = results.setdefault(f"{steps:,}", {})
        for peer in chosen:
            if peer != "graphcomp" and (steps in ours_alone or peer in given_up):
                continue
            say(f"graph size: {steps:,} steps, {peer}")
            row[peer] = _in_process(peer, steps, limit)
            if isinstance(row[peer], str):
                given_up.add(peer)
    return results


def _in_process(peer: str, steps: int, limit: float) -> dict[str, float] | str:
    try:
        builder(peer)
    except LeftOut as reason:
        return str(reason)
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.graph_size", peer, str(steps)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {limit:g} s"
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return f"failed: {last[0]}"[:120]
    seconds: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


def report(results: Mapping[str, Mapping[str, Any]]) -> str:
    """Two tables, and notes."""
    peers = list(dict.fromkeys(peer for row in results.values() for peer in row))
    parts = []
    for key, unit, scale in (("ready", "s to the first gradient", 1.0), ("call", "µs a call", 1e6)):
        lines = []
        for steps, row in results.items():
            cells = (row.get(peer) for peer in peers)
            texts = (number(c[key] * scale) if isinstance(c, dict) else "–" for c in cells)
            lines.append([steps, *texts])
        parts.append(table([f"steps: {unit}", *(PEERS[peer][1][0] for peer in peers)], lines))
    notes = [
        f"- {PEERS[peer][1][0]}: {result} ({steps} steps; larger ones not tried)"
        for steps, row in results.items()
        for peer, result in row.items()
        if isinstance(result, str)
    ]
    return "\n\n".join([*parts, "\n".join(notes)]).rstrip()


def main() -> None:
    """One peer, one size, within bounds of memory; the result as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.setrecursionlimit(10**6)
    peer, steps = sys.argv[1:]
    print(json.dumps(run(peer, int(steps))))


if __name__ == "__main__":
    main()
