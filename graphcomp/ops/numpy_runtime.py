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


def _shift(x: Any, axis: int, reverse: bool) -> Any:
    """The entries moved on by one along an axis, or back; 0 in the place left free."""
    values = np.moveaxis(np.asarray(x), axis, 0)
    result = np.zeros_like(values)
    if reverse:
        result[:-1] = values[1:]
    else:
        result[1:] = values[:-1]
    return np.moveaxis(result, 0, axis)


def _cumprod_before(x: Any, axis: int) -> Any:
    """For every entry the product of those before it along an axis."""
    values = np.moveaxis(np.asarray(x), axis, 0)
    result = np.ones_like(np.cumprod(values, axis=0))
    np.cumprod(values[:-1], axis=0, out=result[1:])
    return np.moveaxis(result, 0, axis)


def _recurrence(a: Any, b: Any, axis: int, reverse: bool) -> Any:
    """y[k] = a[k] y[k-1] + b[k] along an axis; reversed, y[k] = a[k+1] y[k+1] + b[k].

    By doubling: after the step of width d, y[k] holds the last 2 d terms.
    """
    dtype = np.result_type(a, b, np.float32)
    if reverse:
        a, b = np.flip(_shift(a, axis, True), axis), np.flip(b, axis)
    factor = np.array(np.moveaxis(a, axis, 0), dtype)
    total = np.array(np.moveaxis(b, axis, 0), dtype)
    width = 1
    while width < len(total):
        total[width:] = total[width:] + factor[width:] * total[:-width]
        factor[width:] = factor[width:] * factor[:-width]
        width *= 2
    result = np.moveaxis(total, 0, axis)
    return np.flip(result, axis) if reverse else result


def _nth_smallest(x: Any, axis: int, index: int) -> Any:
    """The entry at an index of those along an axis when sorted; NaN if one is NaN."""
    ordered = np.sort(x, axis=axis)
    last = np.take(ordered, -1, axis=axis)
    return np.where(np.isnan(last), last, np.take(ordered, index, axis=axis))[()]


def _norm(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """The root of the sum of squares, also where the squares overflow or vanish."""
    root = np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))
    limits = np.finfo(root.dtype)
    low = np.sqrt(limits.tiny) / limits.eps
    sound = (root > low) & (root < np.inf)
    if np.all(sound):
        return root
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0.0)
    scale = np.where((top > 0.0) & (top < np.inf), top, 1.0).astype(root.dtype)
    rest = np.sqrt(np.sum(np.square(x / scale), axis=axis, keepdims=keepdims))
    return np.where(sound, root, rest * np.reshape(scale, np.shape(rest)))[()]


def _below_top(x: Any, axis: tuple[int, ...]) -> Any:
    """The largest entries along axes, and how far the others are below, 0 for the largest."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    return top, np.where(np.equal(x, top), 0.0, x - top)


def _logsumexp(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """log(sum(exp(x))) without overflow, and with digits beside the largest entry."""
    top, below = _below_top(x, axis)
    largest = np.equal(x, top)
    ties = np.maximum(np.sum(largest, axis=axis, keepdims=True), 1).astype(below.dtype)
    rest = np.sum(np.where(largest, 0.0, np.exp(below)), axis=axis, keepdims=True)
    result = top + (np.log(ties) + np.log1p(rest / ties))
    return result if keepdims else np.squeeze(result, axis)[()]


def _softmax(x: Any, axis: tuple[int, ...]) -> Any:
    """exp(x) / sum(exp(x)) along axes, without overflow."""
    _, below = _below_top(x, axis)
    weights = np.exp(below)
    return weights / np.sum(weights, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: tuple[int, ...]) -> Any:
    """log(softmax(x)) along axes, without overflow, and without underflow before the log."""
    _, below = _below_top(x, axis)
    return below - _logsumexp(below, axis, True)


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
