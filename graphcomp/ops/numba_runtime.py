"""Functions of single entries that some ops need where loops are compiled.

Generated modules for the target "numba" compile a copy of the source of those that they use, so each
needs nothing but `np` and stands alone. There, as in NumPy, no function of floats raises.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: Functions that add to a sum; they may do so in any order.
SUMS = ("_plus", "_plus_product")


def _plus(total: Any, term: Any) -> Any:
    """A sum and one more term."""
    return total + term


def _plus_product(total: Any, a: Any, b: Any) -> Any:
    """A sum and one more product."""
    return total + a * b


def _one_sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) without overflow: exp is only ever taken of -abs(x)."""
    small = np.exp(-abs(x))
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


def _one_softplus(x: Any) -> Any:
    """log(1 + exp(x)) without overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-abs(x)))


def _one_sigmoid_difference(x: Any, y: Any) -> Any:
    """1 / (1 + exp(y - x)); 1/2 where both are the same infinity."""
    return _one_sigmoid(0.0 if x == y else x - y)


def _one_logit(x: Any) -> Any:
    """log(x / (1 - x)), accurate near 1/2 too; signed infinity at 0 and 1."""
    far = 2.0 * (x - 0.5)
    if abs(far) < 0.5:
        return np.log1p(far) - np.log1p(-far)
    return np.log(x) - np.log1p(-x)


def _one_log1mexp(x: Any) -> Any:
    """log(1 - exp(x)) for x <= 0, near 0 by expm1, below by log1p."""
    if x > -0.6931471805599453:
        return np.log(-np.expm1(x))
    return np.log1p(-np.exp(x))


def _one_sigmoid_slope(x: Any) -> Any:
    """The derivative of the sigmoid, with digits where the sigmoid is nearly 0 or 1."""
    small = np.exp(-abs(x))
    return small / ((1.0 + small) * (1.0 + small))


def _one_sech2(x: Any) -> Any:
    """The derivative of tanh, with digits where tanh is nearly -1 or 1."""
    small = np.exp(-2.0 * abs(x))
    return 4.0 * small / ((1.0 + small) * (1.0 + small))


def _one_xlogy(x: Any, y: Any) -> Any:
    """x * log(y), and 0 at x = 0 unless y is NaN."""
    return x * 0.0 if x == 0.0 and not np.isnan(y) else x * np.log(y)


def _one_fmod(x: Any, y: Any) -> Any:
    """What is left of x after whole steps of y, with the sign of x."""
    rest = np.mod(abs(x), abs(y))
    return -rest if x < 0 else rest


def _one_floor_divide(x: Any, y: Any) -> Any:
    """The floor of x / y, from what is left over; so the quotient is never rounded."""
    if y == 0:
        return np.floor_divide(x, y)
    rest = _one_fmod(x, y)
    whole = np.floor_divide(x - rest, y)
    if abs(x - rest - whole * y) > abs(y) / 2:
        whole += 1
    return whole - 1 if rest != 0 and (rest < 0) != (y < 0) else whole
