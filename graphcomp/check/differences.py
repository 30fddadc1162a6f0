"""Derivatives of functions of one number, from their values, with an estimate of the error.

Central differences at three steps, extrapolated to step 0 (Richardson 1911). The step starts where
rounding and truncation are about equal for a well-scaled function, and goes down from there as long
as the two extrapolations that it gives are apart: functions vary on every scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Function = Callable[[float], float]

EPSILON = 2.0**-52
LEVELS = 6


@dataclass(frozen=True, slots=True)
class Slope:
    """A derivative from differences.

    Attributes:
        value: the derivative.
        error: an estimate of its error, inf where the function is not finite nearby.
        step: the largest step used.
    """

    value: float
    error: float
    step: float


def steps(scale: float, epsilon: float = EPSILON) -> Iterator[float]:
    """Steps to try, for an argument of this size and values of this precision."""
    first = epsilon**0.25 * scale
    return (first / 16.0**level for level in range(LEVELS))


def slope(f: Function, step: float, noise: float) -> Slope:
    """The derivative of f at 0 with a given step.

    Args:
        f: the function.
        step: the largest step.
        noise: the rounding error of a value of f.

    >>> from math import exp
    >>> found = slope(exp, 1e-4, 1e-16)
    >>> abs(found.value - 1) < found.error < 1e-10
    True
    """
    central = []
    for part in (1.0, 0.5, 0.25):
        ahead, behind = f(part * step), f(-part * step)
        central.append((ahead - behind) / (2 * part * step))
    if not all(map(math.isfinite, central)):
        return Slope(math.nan, math.inf, step)
    coarse, middle, fine = central
    first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    return Slope(second, abs(second - first) + 8 * noise / step, step)


def has_corner(f: Function, step: float, tolerance: float) -> bool:
    """Whether the derivatives of f from the left and from the right differ at 0.

    The difference of the one-sided slopes shrinks with the step where f is smooth.

    >>> has_corner(abs, 1e-5, 1e-8), has_corner(lambda t: t * t, 1e-5, 1e-8)
    (True, False)
    """
    middle = f(0.0)

    def gap(h: float) -> float:
        return (f(h) - middle) / h - (middle - f(-h)) / h

    wide, narrow = gap(step), gap(step / 4)
    return abs(narrow) > tolerance and abs(narrow) > 0.7 * abs(wide)


def has_jump(f: Function, step: float, tolerance: float) -> bool:
    """Whether f jumps at 0: its change across 0 does not shrink with the step.

    >>> from math import copysign
    >>> has_jump(lambda t: copysign(1, t), 1e-5, 1e-8), has_jump(lambda t: t, 1e-5, 1e-8)
    (True, False)
    """
    wide, narrow = (abs(f(h) - f(-h)) for h in (step, step / 4))
    return narrow > tolerance and narrow > 0.7 * wide
