"""1/(1 + exp(-a*x)) on Python floats, by both arguments."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from benchmarks.case import Case


def model(xp: Any) -> Any:
    """The function, as its user writes it."""

    def sigmoid(x: Any, a: Any) -> Any:
        return 1.0 / (1.0 + xp.exp(-a * x))

    return sigmoid


def expert(x: float, a: float) -> tuple[float, tuple[float, float]]:
    """One exponential; both derivatives share y*(1 - y)."""
    y = 1.0 / (1.0 + math.exp(-a * x))
    slope = y * (1.0 - y)
    return y, (a * slope, x * slope)


def make(*, checks: bool = True) -> Case:
    """At x = 1, a = 2; of graphcomp, with arguments checked or, like the expert's, not."""
    return Case(
        name=f"sigmoid, Python floats{'' if checks else ', not checked'}",
        model=model,
        arguments={"x": 1.0, "a": 2.0},
        shapes={},
        wrt=("x", "a"),
        expert=expert,
        scalar=True,
        checks=checks,
        by_hand={"numba": expert},
    )


CASES = (make, partial(make, checks=False))
TINY = (make,)
