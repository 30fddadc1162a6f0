"""Whether what a line came to is what it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from graphcomp.evaluate import Array


class Closeness:
    """Equality up to rounding, relative to the largest entry.

    Args:
        tolerance: relative.

    >>> same = Closeness(1e-6)
    >>> same(np.array([1.0, 0.0]), np.array([1.0, 1e-9])), same(np.ones(3), np.ones((3, 1)))
    (True, False)
    """

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance

    def __call__(self, found: Array, expected: Array) -> bool:
        """Whether shapes agree, and all entries up to the tolerance."""
        if found.shape != expected.shape:
            return found.size == expected.size == 1 and self(
                found.reshape(()), expected.reshape(())
            )
        with np.errstate(all="ignore"):
            sizes = np.abs(np.concatenate([np.ravel(found), np.ravel(expected)]))
            scale = np.max(sizes[np.isfinite(sizes)], initial=0.0)
            near = np.abs(found - expected) <= self.tolerance * scale
            same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        return bool(np.all(near | same))

    def everywhere(self, found: Sequence[Array], at: Callable[[int], Array]) -> bool:
        """Whether a formula gives these values at all samples; not if it can't be computed."""
        try:
            with np.errstate(all="ignore"):
                return all(
                    self(value, np.asarray(at(k), np.float64)) for k, value in enumerate(found)
                )
        except (ArithmeticError, ValueError, IndexError):
            return False
