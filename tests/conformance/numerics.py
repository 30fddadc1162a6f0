"""Differences that are accurate to ten digits, and the complex step."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Function = Callable[[Mapping[str, Array]], Array]

STEP = 2e-3


def moved(values: Mapping[str, Array], directions: Mapping[str, Array], step: Any) -> Any:
    """The values, moved by a step along the directions."""
    return {
        name: value + step * directions[name] if name in directions else value
        for name, value in values.items()
    }


def difference(f: Function, values: Mapping[str, Array], directions: Mapping[str, Array]) -> Array:
    """The derivative of f along the directions: central differences, extrapolated twice."""

    def central(step: float) -> Array:
        ahead, behind = (np.asarray(f(moved(values, directions, s))) for s in (step, -step))
        return np.asarray((ahead - behind) / (2 * step))

    coarse, middle, fine = (central(STEP * 2.0**-k) for k in range(3))
    first, second = (4 * middle - coarse) / 3, (4 * fine - middle) / 3
    return np.asarray((16 * second - first) / 15)


def complex_step(
    f: Function, values: Mapping[str, Array], directions: Mapping[str, Array]
) -> Array | None:
    """Im f(x + ih)/h, exact to rounding; None where f refuses complex numbers or drops them."""
    step = 1e-30
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            result = np.asarray(f(moved(values, directions, 1j * step)))
    except (TypeError, np.exceptions.ComplexWarning):
        return None
    return np.asarray(result.imag / step) if result.dtype.kind == "c" else None


def close(actual: Array, expected: Array, tolerance: float = 1e-8) -> bool:
    """Whether two finite arrays agree, relative to the largest entry or to 1."""
    assert np.shape(actual) == np.shape(expected), (np.shape(actual), np.shape(expected))
    assert np.all(np.isfinite(actual)), actual
    assert np.all(np.isfinite(expected)), expected
    if not np.size(actual):
        return True
    scale = max(1.0, float(np.max(np.abs(expected))))
    return float(np.max(np.abs(actual - expected))) <= tolerance * scale
