"""How much memory a gradient takes on top of its arguments, results included."""

from __future__ import annotations

import tracemalloc
from functools import partial

from benchmarks.agreement import flatten
from benchmarks.case import Call, Case
from benchmarks.measure import say
from benchmarks.peers.graphcomp import build
from benchmarks.report import number, table
from benchmarks.workloads import elementwise, network

CASES = (
    partial(elementwise.make, 10_000_000),
    partial(network.make, (784, 512, 256, 10), 256),
)
QUICK = (
    partial(elementwise.make, 100_000),
    partial(network.make, (11, 16, 10, 3), 32),
)
COLUMNS = ("results", "expert", "graphcomp")


def peak(call: Call) -> int:
    """The most bytes that Python and NumPy hold during a call, beyond what they held before."""
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def measure(case: Case) -> dict[str, int]:
    """Bytes of the results alone, and the peaks."""
    say(f"memory: {case.name}")
    expert = case.by_expert()
    size = sum(array.nbytes for array in flatten(expert()))
    return dict(zip(COLUMNS, (size, peak(expert), peak(build(case)["graphcomp"])), strict=True))


def report(results: dict[str, dict[str, int]]) -> str:
    """The table, in MiB."""
    lines = []
    for name, sizes in results.items():
        ratio = number(sizes["graphcomp"] / sizes["expert"])
        lines.append([name, *(number(sizes[column] / 2**20) for column in COLUMNS), ratio])
    return table(["MiB at the peak", *COLUMNS, "÷ expert"], lines)
