"""Functions that some ops need at run time beyond what NumPy offers.

The interpreter calls them, and generated modules carry a copy of the source of those that they use,
so each needs nothing but `np` and stands alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def _sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)) without overflow: exp is never taken of a positive number."""
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.abs(x)))


def _softplus(x: Any) -> Any:
    """log(1 + exp(x)) without overflow."""
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _scatter(x: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of the given shape, with x added at the index: the transpose of indexing."""
    result = np.zeros(shape, np.asarray(x).dtype)
    np.add.at(result, index, x)
    return result


def _prod_others(x: Any, axis: int) -> Any:
    """For every entry the product of all the others along an axis, without dividing."""
    values = np.moveaxis(np.asarray(x), axis, 0)
    before, after = np.ones_like(values), np.ones_like(values)
    np.cumprod(values[:-1], axis=0, out=before[1:])
    np.cumprod(values[:0:-1], axis=0, out=after[-2::-1])
    return np.moveaxis(before * after, 0, axis)
