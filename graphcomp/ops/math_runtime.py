"""Functions on Python floats that give the limit at the edge of a domain where `math` raises.

Infinities instead of `OverflowError` and `ZeroDivisionError`, NaN instead of `ValueError`, and NaN
in, NaN out: as NumPy has it. Generated modules for the target "math" carry a copy of the source of
those that they use, so each needs nothing but `math` and stands alone.
"""

from __future__ import annotations

import math


def _div(x: float, y: float) -> float:
    """x / y; the signed infinity at y = 0, and NaN for 0 / 0."""
    if y != 0.0:
        return x / y
    if x == 0.0 or math.isnan(x):
        return math.nan
    return math.copysign(math.inf, x) * math.copysign(1.0, y)


def _floordiv(x: float, y: float) -> float:
    """The floor of x / y."""
    if y != 0.0 and math.isfinite(x):
        return x // y
    return math.nan if math.isinf(x) else _div(x, y)


def _mod(x: float, y: float) -> float:
    """What is left of x after whole steps of y; NaN for y = 0."""
    if y != 0.0 and math.isfinite(x):
        return x % y
    return math.nan


def _exp(x: float) -> float:
    """The exponential function; inf where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _expm1(x: float) -> float:
    """exp(x) - 1; inf where it overflows."""
    try:
        return math.expm1(x)
    except OverflowError:
        return math.inf


def _log(x: float) -> float:
    """The natural logarithm; -inf at 0, NaN below."""
    if x > 0.0:
        return math.log(x)
    return -math.inf if x == 0.0 else math.nan


def _log1p(x: float) -> float:
    """log(1 + x); -inf at -1, NaN below."""
    if x > -1.0:
        return math.log1p(x)
    return -math.inf if x == -1.0 else math.nan


def _sqrt(x: float) -> float:
    """The square root; NaN below 0."""
    return math.sqrt(x) if x >= 0.0 else math.nan


def _sin(x: float) -> float:
    """The sine; NaN at infinity."""
    return math.nan if math.isinf(x) else math.sin(x)


def _cos(x: float) -> float:
    """The cosine; NaN at infinity."""
    return math.nan if math.isinf(x) else math.cos(x)


def _tan(x: float) -> float:
    """The tangent; NaN at infinity."""
    return math.nan if math.isinf(x) else math.tan(x)


def _asin(x: float) -> float:
    """The inverse sine; NaN outside of -1 to 1."""
    return math.asin(x) if -1.0 <= x <= 1.0 else math.nan


def _acos(x: float) -> float:
    """The inverse cosine; NaN outside of -1 to 1."""
    return math.acos(x) if -1.0 <= x <= 1.0 else math.nan


def _atan(x: float) -> float:
    """The inverse tangent."""
    return math.atan(x)


def _atan2(y: float, x: float) -> float:
    """The angle of the point (x, y)."""
    return math.atan2(y, x)


def _hypot(x: float, y: float) -> float:
    """The length of (x, y)."""
    return math.hypot(x, y)


def _sinh(x: float) -> float:
    """The hyperbolic sine; infinity where it overflows."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(math.inf, x)


def _cosh(x: float) -> float:
    """The hyperbolic cosine; inf where it overflows."""
    try:
        return math.cosh(x)
    except OverflowError:
        return math.inf


def _tanh(x: float) -> float:
    """The hyperbolic tangent."""
    return math.tanh(x)


def _pow(x: float, y: float) -> float:
    """x to the power y; infinity where it overflows, NaN where it is not real."""
    try:
        return math.pow(x, y)
    except OverflowError:
        odd = y % 2.0 == 1.0
        return -math.inf if x < 0.0 and odd else math.inf
    except ValueError:
        if x != 0.0:
            return math.nan
        return math.copysign(math.inf, x) if y % 2.0 == 1.0 else math.inf


def _sigmoid(x: float) -> float:
    """1 / (1 + exp(-x)) without overflow: exp is only ever taken of -abs(x)."""
    small = math.exp(-abs(x))
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


def _softplus(x: float) -> float:
    """log(1 + exp(x)) without overflow."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _sign(x: float) -> float:
    """-1, 0 or 1."""
    return x if x == 0.0 or math.isnan(x) else math.copysign(1.0, x)


def _max(x: float, y: float) -> float:
    """The larger one; NaN if one is NaN."""
    return x if x > y or math.isnan(x) else y


def _min(x: float, y: float) -> float:
    """The smaller one; NaN if one is NaN."""
    return x if x < y or math.isnan(x) else y


def _floor(x: float) -> float:
    """The largest whole number that is not above x."""
    return float(math.floor(x)) if math.isfinite(x) else x


def _ceil(x: float) -> float:
    """The smallest whole number that is not below x."""
    return float(math.ceil(x)) if math.isfinite(x) else x
