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


def _from_diagonal(x: Any, offset: int, shape: tuple[int, ...]) -> Any:
    """Zeros, with x on a diagonal of the last two axes."""
    values = np.asarray(x)
    result = np.zeros((*values.shape[:-1], *shape), values.dtype)
    places = np.arange(values.shape[-1])
    result[..., places + max(-offset, 0), places + max(offset, 0)] = values
    return result


def _pinv(x: Any) -> Any:
    """The pseudo-inverse; NaN for a matrix that is not finite."""
    good = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    return np.where(good, np.linalg.pinv(np.where(good, x, 0.0)), np.nan)


def _cofactor(x: Any) -> Any:
    """The derivative of the determinant, also where there is no inverse."""
    good = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    u, s, vt = np.linalg.svd(np.where(good, x, 0.0))
    scaled = u * (np.linalg.det(u) * np.linalg.det(vt))[..., None, None]
    result = scaled * _prod_others(s, -1)[..., None, :] @ vt
    return np.where(good, result, np.nan)


def _cholesky(x: Any) -> Any:
    """The lower factor of the symmetric part; NaN for a matrix that is not finite."""
    good = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    symmetric = (x + np.swapaxes(x, -1, -2)) / 2
    one = np.eye(x.shape[-1], dtype=symmetric.dtype)
    result = np.linalg.cholesky(np.where(good, symmetric, one))
    return np.where(good, result, np.tril(np.full_like(result, np.nan)))
