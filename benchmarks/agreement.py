"""Whether two results are the same numbers, however nested."""

from __future__ import annotations

from typing import Any

import numpy as np

RELATIVE = 1e-8


def flatten(result: Any) -> list[Any]:
    """The arrays of a result in order, as flat float64.

    >>> [part.tolist() for part in flatten((1.0, ([[2.0], [3.0]], 4)))]
    [[1.0], [2.0, 3.0], [4.0]]
    """
    if isinstance(result, tuple):
        return [array for part in result for array in flatten(part)]
    return [np.asarray(result, dtype=float).ravel()]


def difference(found: Any, expected: Any) -> float:
    """The largest difference, relative to the largest entry of each array; inf for other shapes.

    >>> difference((1.0, [2.0, 4.0]), (1.0, [2.0, 5.0]))
    0.2
    """
    parts, wanted = flatten(found), flatten(expected)
    if [part.shape for part in parts] != [part.shape for part in wanted]:
        return float("inf")
    worst = 0.0
    for part, want in zip(parts, wanted, strict=True):
        if part.size:
            gap = float(np.max(np.abs(part - want)))
            scale = float(np.max(np.abs(want)))
            relative = gap / scale if scale else gap
            if not relative <= worst:  # NaN counts as a difference
                worst = relative
    return worst
