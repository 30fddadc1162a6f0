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
    """Zeros of a shape, with x added at the index: the transpose of indexing."""
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


def _sigmoid_difference(x: Any, y: Any) -> Any:
    """1 / (1 + exp(y - x)); 1/2 where both are the same infinity."""
    same = np.logical_and(np.equal(x, y), np.isinf(x))
    return _sigmoid(np.where(same, 0.0, x - y))


def _logit(x: Any) -> Any:
    """log(x / (1 - x)), accurate near 1/2 too."""
    far = 2.0 * (x - 0.5)
    middle = np.log1p(far) - np.log1p(-far)
    return np.where(np.abs(far) < 0.5, middle, np.log(x) - np.log1p(-x))[()]


def _xlogy(x: Any, y: Any) -> Any:
    """x * log(y), and 0 at x = 0 unless y is NaN."""
    zero = np.logical_and(np.equal(x, 0.0), np.logical_not(np.isnan(y)))
    return np.where(zero, x * 0.0, x * np.log(np.where(zero, 1.0, y)))[()]


def _sinc(x: Any, order: int) -> Any:
    """The derivative of the given order of sin(pi x) / (pi x).

    With z = pi x, f(z) = sin(z) / z: z f_k + k f_(k-1) is the k-th derivative of sin;
    near 0, where this cancels, the Taylor series.
    """
    if order == 0:
        return np.sinc(x)
    z = np.pi * np.asarray(x)
    near = np.abs(z) < 1.0 + order
    small, wide = np.where(near, z, 0.0), np.where(near, 1.0, z)
    found = np.sin(wide) / wide
    for k in range(1, order + 1):
        wave = (np.sin, np.cos)[k % 2](wide) * (1.0, 1.0, -1.0, -1.0)[k % 4]
        found = (wave - k * found) / wide
    first = order + order % 2
    term = (-1.0) ** (first // 2) * small ** (first - order) / (first + 1.0)
    series = np.zeros_like(small)
    for n in range(first, first + 40 + 4 * order, 2):
        series = series + term
        step = (n + 1.0) / ((n + 3.0) * (n + 1.0 - order) * (n + 2.0 - order))
        term = -term * small * small * step
    return (np.pi**order * np.where(near, series, found)).astype(z.dtype)[()]


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


def _add_along(x: Any, index: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """Zeros, with x added at an index along an axis: transposes take_along_axis."""
    result = np.zeros(shape, np.asarray(x).dtype)
    places: list[Any] = list(np.indices(np.shape(index), sparse=True))
    places[axis] = index
    np.add.at(result, tuple(places), x)
    return result


def _eigh(x: Any) -> tuple[Any, Any]:
    """Eigenvalues and eigenvectors of the symmetric part; NaN if it is not finite."""
    good = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    symmetric = (x + np.swapaxes(x, -1, -2)) / 2
    values, vectors = np.linalg.eigh(np.where(good, symmetric, 0.0))
    values = np.where(good[..., 0], values, np.nan)
    return values, np.where(good, vectors, np.nan)


def _svd(x: Any) -> tuple[Any, Any, Any]:
    """The thin singular value decomposition; NaN for a matrix that is not finite."""
    good = np.isfinite(x).all(axis=(-2, -1), keepdims=True)
    u, s, vt = np.linalg.svd(np.where(good, x, 0.0), full_matrices=False)
    values = np.where(good[..., 0], s, np.nan)
    return np.where(good, u, np.nan), values, np.where(good, vt, np.nan)


def _qr(x: Any) -> tuple[Any, Any]:
    """The reduced QR decomposition."""
    q, r = np.linalg.qr(x)
    return q, r
