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


def _log1mexp(x: float) -> float:
    """log(1 - exp(x)) for x <= 0; -inf at 0, NaN above."""
    if x >= 0.0:
        return -math.inf if x == 0.0 else math.nan
    if x > -0.6931471805599453:
        return math.log(-math.expm1(x))
    return math.log1p(-math.exp(x))


def _sigmoid_slope(x: float) -> float:
    """The derivative of the sigmoid, with digits where the sigmoid is nearly 0 or 1."""
    small = math.exp(-abs(x))
    return small / ((1.0 + small) * (1.0 + small))


def _sech2(x: float) -> float:
    """The derivative of tanh, with digits where tanh is nearly -1 or 1."""
    small = math.exp(-2.0 * abs(x))
    return 4.0 * small / ((1.0 + small) * (1.0 + small))


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


def _exp2(x: float) -> float:
    """2 to the power x; inf where it overflows."""
    try:
        return math.exp2(x)
    except OverflowError:
        return math.inf


def _log2(x: float) -> float:
    """The logarithm to base 2; -inf at 0, NaN below."""
    if x > 0.0:
        return math.log2(x)
    return -math.inf if x == 0.0 else math.nan


def _log10(x: float) -> float:
    """The logarithm to base 10; -inf at 0, NaN below."""
    if x > 0.0:
        return math.log10(x)
    return -math.inf if x == 0.0 else math.nan


def _logaddexp(x: float, y: float) -> float:
    """log(exp(x) + exp(y)) without overflow."""
    far = 0.0 if x == y else x - y
    return _max(x, y) + math.log1p(math.exp(-abs(far)))


def _logaddexp2(x: float, y: float) -> float:
    """log2(2**x + 2**y) without overflow."""
    far = 0.0 if x == y else x - y
    return _max(x, y) + math.log1p(math.exp2(-abs(far))) / math.log(2.0)


def _sigmoid_difference(x: float, y: float) -> float:
    """1 / (1 + exp(y - x)); 1/2 where both are the same infinity."""
    return _sigmoid(0.0 if x == y else x - y)


def _logit(x: float) -> float:
    """log(x / (1 - x)), accurate near 1/2 too; signed infinity at 0 and 1."""
    far = 2.0 * (x - 0.5)
    if abs(far) < 0.5:
        return math.log1p(far) - math.log1p(-far)
    return _log(x) - _log1p(-x)


def _xlogy(x: float, y: float) -> float:
    """x * log(y), and 0 at x = 0 unless y is NaN."""
    return x * 0.0 if x == 0.0 and not math.isnan(y) else x * _log(y)


def _asinh(x: float) -> float:
    """The inverse hyperbolic sine."""
    return math.asinh(x)


def _acosh(x: float) -> float:
    """The inverse hyperbolic cosine; NaN below 1."""
    return math.acosh(x) if x >= 1.0 else math.nan


def _atanh(x: float) -> float:
    """The inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond."""
    if abs(x) < 1.0:
        return math.atanh(x)
    return math.copysign(math.inf, x) if abs(x) == 1.0 else math.nan


def _cbrt(x: float) -> float:
    """The cube root."""
    return math.cbrt(x)


def _sinc(x: float, order: int) -> float:
    """The derivative of the given order of sin(pi x) / (pi x)."""
    z = math.pi * x
    if abs(z) >= 1.0 + order or math.isnan(z):
        found = _sin(z) / z
        for k in range(1, order + 1):
            wave = (_sin, _cos)[k % 2](z) * (1.0, 1.0, -1.0, -1.0)[k % 4]
            found = (wave - k * found) / z
        return math.pi**order * found
    n = order + order % 2
    found, term = 0.0, (-1.0) ** (n // 2) * z ** (n - order) / (n + 1.0)
    for _ in range(20 + 2 * order):
        found += term
        step = (n + 1.0) / ((n + 3.0) * (n + 1.0 - order) * (n + 2.0 - order))
        term = -term * z * z * step
        n += 2
    return math.pi**order * found


def _rint(x: float) -> float:
    """The nearest whole number, the even one of two."""
    return float(round(x)) if math.isfinite(x) else x


def _trunc(x: float) -> float:
    """The whole number next to x towards 0."""
    return float(math.trunc(x)) if math.isfinite(x) else x


def _fmod(x: float, y: float) -> float:
    """What is left of x after whole steps of y, with the sign of x; NaN for y = 0."""
    if y != 0.0 and math.isfinite(x):
        return math.fmod(x, y)
    return math.nan


def _erf(x: float) -> float:
    """The error function."""
    return math.erf(x)


def _erfc(x: float) -> float:
    """1 - erf(x), without cancellation for large x."""
    return math.erfc(x)


def _lgamma(x: float) -> float:
    """The logarithm of the absolute value of the gamma function; inf at its poles."""
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):
        return math.inf


def _polygamma(x: float, order: int) -> float:
    """The derivative of the given order of the digamma function.

    By the recurrence and the asymptotic series (Abramowitz and Stegun, 6.3.18 and
    6.4.11);
    below 0 by reflection.
    """
    if math.isnan(x) or x == -math.inf:
        return math.nan
    if x <= 0.0 and x == math.floor(x):
        return math.inf if order % 2 else -math.inf
    if x < 0.0:
        cotangent = 1.0 / math.tan(math.pi * (x - round(x)))
        slope = [0.0, 1.0]
        for _ in range(order):
            step = [k * c for k, c in enumerate(slope)][1:]
            both = zip([*step, 0.0, 0.0], [0.0, 0.0, *step], strict=True)
            slope = [-(low + high) for low, high in both]
        steep = sum(c * cotangent**k for k, c in enumerate(slope))
        other = (-1.0) ** order * _polygamma(1.0 - x, order)
        return other - math.pi ** (order + 1) * steep
    power, total = order + 1, 0.0
    while x < 14.0 + order:
        total += x**-power
        x += 1.0
    tail = 0.5 * x**-power + (x**-order / order if order else 0.0)
    rising = power / 2.0
    even = 2.0
    for bernoulli in (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6):
        tail += bernoulli * rising * x ** (1.0 - power - even)
        rising *= (power + even - 1.0) / (even + 1.0)
        rising *= (power + even) / (even + 2.0)
        even += 2.0
    if order == 0:
        return math.log(x) - tail - total
    return (-1.0) ** (order + 1) * math.factorial(order) * (total + tail)
