"""Values and partials of an op compared with its formula, at points, in 40 digits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import mpmath
import numpy as np
import sympy

from graphcomp.errors import DerivativeError, InputError

Array = np.ndarray[Any, Any]
Domain = tuple[float, float]

DIGITS = 40
POINTS = 48
#: What a value or a partial may be off, relative to itself or to 1.
TOLERANCE = 1e-8


@dataclass(frozen=True)
class Reference:
    """The formula in 40 digits, at points of the domain where it is a real number.

    Attributes:
        title: of the op, for errors.
        names: of the arguments.
        points: an array for each argument.
        values: of the formula.
        partials: of the formula, by argument.
    """

    title: str
    names: tuple[str, ...]
    points: tuple[Array, ...]
    values: Array
    partials: tuple[Array, ...]

    def check_values(self, found: Any, what: str) -> None:
        """Compare values with those of the formula.

        Raises:
            InputError: one of them is wrong.
        """
        place = _first_wrong(found, self.values)
        if place is not None:
            msg = (
                f"{self.title}: {what} gives {found[place]:.12g} at {self._at(place)}, "
                f"where the formula gives {self.values[place]:.12g}"
            )
            raise InputError(msg)

    def check_partial(self, index: int, found: Any) -> None:
        """Compare a partial with the derivative of the formula.

        Raises:
            DerivativeError: it is wrong somewhere.
        """
        expected = self.partials[index]
        place = _first_wrong(found, expected)
        if place is not None:
            msg = (
                f"{self.title}: the partial by {self.names[index]!r} is {found[place]:.12g} at "
                f"{self._at(place)}, where the derivative of the formula is {expected[place]:.12g}"
            )
            raise DerivativeError(msg)

    def _at(self, place: int) -> str:
        pairs = zip(self.names, self.points, strict=True)
        return ", ".join(f"{name} = {float(array[place])!r}" for name, array in pairs)


def _first_wrong(found: Any, expected: Array) -> int | None:
    with np.errstate(all="ignore"):
        close = np.abs(found - expected) <= TOLERANCE * np.maximum(1.0, np.abs(expected))
    wrong = np.flatnonzero(~close)
    return int(wrong[0]) if wrong.size else None


def reference(
    title: str,
    names: Sequence[str],
    expression: Any,
    symbols: Sequence[Any],
    domains: Sequence[Domain],
) -> Reference:
    """The formula at random points of its domain.

    Raises:
        InputError: SymPy can't evaluate it, or it is a real number at none of the points.
    """
    try:
        function = sympy.lambdify(list(symbols), expression, "mpmath")
        rows = list(_rows(function, domains))
    except Exception as error:  # noqa: BLE001  (SymPy and mpmath raise whatever they like)
        msg = f"{title}: SymPy can't evaluate the formula: {error}"
        raise InputError(msg) from None
    if not rows:
        where = _shown(domains)
        msg = f"{title}: the formula is no real number at any point of the domain {where}; give domain=(low, high)"
        raise InputError(msg)
    table = np.array(rows).T
    count = len(domains)
    return Reference(
        title, tuple(names), tuple(table[:count]), table[count], tuple(table[count + 1 :])
    )


def _rows(function: Callable[..., Any], domains: Sequence[Domain]) -> Iterator[list[float]]:
    """Points with the value and the partials there."""
    rng = np.random.default_rng(0)
    for _ in range(POINTS):
        point = [float(rng.uniform(*domain)) for domain in domains]
        with mpmath.workdps(DIGITS):
            exact = [mpmath.mpf(x) for x in point]
            found = [_number(partial(function, *exact))]
            found += [_number(partial(_slope, function, exact, i)) for i in range(len(point))]
        if np.all(np.isfinite(found)):
            yield [*point, *found]


def _slope(function: Callable[..., Any], point: Sequence[Any], index: int) -> Any:
    """A partial, by a difference in high precision."""

    def along(t: Any) -> Any:
        return function(*point[:index], t, *point[index + 1 :])

    return mpmath.diff(along, point[index])


def _number(compute: Callable[[], Any]) -> float:
    """A real number; NaN where there is none."""
    try:
        value = mpmath.mpmathify(compute())
    except (ZeroDivisionError, OverflowError, ValueError):
        return float("nan")
    if isinstance(value, mpmath.mpc):
        small = abs(value.imag) <= abs(value.real) * mpmath.mpf(10) ** -15
        return float(value.real) if small else float("nan")
    return float(value)


def _shown(domains: Sequence[Domain]) -> str:
    return " x ".join(f"({low:g}, {high:g})" for low, high in domains)


def check_numpy(proof: Reference, numpy: Callable[..., Any]) -> None:
    """The function gives what the formula gives, on arrays of any rank and float dtype."""
    title = f"{proof.title}: numpy={numpy.__name__}"
    several = [array[:1] for array in proof.points]
    trials = [
        tuple(array.copy() for array in proof.points),
        tuple(array[0] for array in several),
        tuple(array[:0] for array in several),
        tuple(array.astype(np.float32)[None] for array in several),
    ]
    for given in trials:
        kept = [np.array(array) for array in given]
        shown = f"{given[0].dtype} arguments of shape {given[0].shape}"
        try:
            with np.errstate(all="ignore"):
                found = numpy(*given)
        except Exception as error:
            # whatever the user's function raises
            msg = f"{title} fails on {shown}: {type(error).__name__}: {error}"
            raise InputError(msg) from error
        result = np.asarray(found)
        if result.shape != given[0].shape or result.dtype != given[0].dtype:
            msg = f"{title} gives {result.dtype} of shape {result.shape} for {shown}; it must keep both"
            raise InputError(msg)
        if any(not np.array_equal(a, b) for a, b in zip(given, kept, strict=True)):
            msg = f"{title} changes its arguments; copy what is written to"
            raise InputError(msg)
        if result.shape == proof.values.shape and result.size > 1:
            proof.check_values(result, f"numpy={numpy.__name__}")
