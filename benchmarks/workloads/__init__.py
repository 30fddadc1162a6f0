"""The models: each file writes one as its user would, and as an expert derives it by hand."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.case import Case
from benchmarks.workloads import (
    bundle,
    elementwise,
    logistic,
    lstm,
    mixture,
    network,
    rosenbrock,
    second_order,
    sigmoid,
    small_network,
)

MODULES = {
    "sigmoid": sigmoid,
    "rosenbrock": rosenbrock,
    "small_network": small_network,
    "network": network,
    "logistic": logistic,
    "elementwise": elementwise,
    "mixture": mixture,
    "bundle": bundle,
    "lstm": lstm,
    "second_order": second_order,
}

CASES: dict[str, tuple[Callable[[], Case], ...]] = {
    name: module.CASES for name, module in MODULES.items()
}
TINY: dict[str, tuple[Callable[[], Case], ...]] = {
    name: module.TINY for name, module in MODULES.items()
}
