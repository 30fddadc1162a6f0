"""Calls of NumPy's reductions, statistics and running sums."""

from typing import Any

import numpy as np

_PLAIN: list[Any] = [((4,), lambda f, x: f(x)), ((2, 3), lambda f, x: f(x))]
_AXIS: list[Any] = [
    *_PLAIN,
    ((2, 3), lambda f, x: f(x, 0)),
    ((2, 3), lambda f, x: f(x, axis=-1)),
]
_ALONG: list[Any] = [*_AXIS, ((2, 3), lambda f, x: f(x, axis=1, keepdims=True))]
_OVER: list[Any] = [*_ALONG, ((2, 3, 2), lambda f, x: f(x, axis=(0, -1)))]
_DDOF: list[Any] = [
    *_OVER,
    ((5,), lambda f, x: f(x, ddof=1)),
    ((3, 2), lambda f, x: f(x, 0, None, None, 1)),
]

STATISTICS_CALLS: dict[Any, Any] = {
    np.var: _DDOF,
    np.std: _DDOF,
    np.ptp: _OVER,
    np.median: [*_OVER, ((5,), lambda f, x: f(x))],
    np.nansum: [*_OVER, ((3,), lambda f, x: f(np.where(x > 1, np.nan, x)))],
    np.nanmean: [*_OVER, ((3,), lambda f, x: f(np.where(x > 1.5, np.nan, x)))],
    np.average: [
        *_OVER,
        (((2, 3), (2, 3)), lambda f, x, w: f(x, weights=w)),
        (((2, 3), (3,)), lambda f, x, w: f(x, axis=1, weights=w)),
    ],
    np.linalg.norm: [
        *_PLAIN,
        ((2, 3), lambda f, x: f(x, axis=0)),
        ((2, 3), lambda f, x: f(x, axis=1, keepdims=True)),
        ((2, 3, 2), lambda f, x: f(x, axis=(0, 2))),
        *[((4,), lambda f, x, p=p: f(x, p)) for p in (None, 2, 1, np.inf, -np.inf, 0, 3, 2.5, -1)],
        *[((2, 3), lambda f, x, p=p: f(x, p)) for p in ("fro", 1, -1, np.inf, -np.inf)],
        ((2, 3, 4), lambda f, x: f(x, 1, axis=(2, 0))),
        ((2, 3), lambda f, x: f(x, ord=1, axis=1, keepdims=True)),
        ((2, 3), lambda f, x: f(x, ord=3, axis=0)),
    ],
    np.cumsum: _AXIS,
    np.cumprod: _AXIS,
    np.diff: [((4,), lambda f, x: f(x)), ((4, 3), lambda f, x: f(x, 2, axis=0))],
    np.gradient: [
        ((5,), lambda f, x: f(x)),
        ((5,), lambda f, x: f(x, 0.5, edge_order=2)),
        ((4, 3), lambda f, x: f(x, axis=0)),
        ((4, 3), lambda f, x: f(x, 0.5, 2.0)[1]),
    ],
    np.argmax: _ALONG,
    np.argmin: _ALONG,
    np.all: [((2, 3), lambda f, x: f(x > 0)), ((2, 3), lambda f, x: f(x > 1, axis=1))],
    np.any: [((2, 3), lambda f, x: f(x > 9)), ((2, 3), lambda f, x: f(x > 1, axis=1))],
    np.count_nonzero: [((2, 3), lambda f, x: f(x > 1)), ((2, 3), lambda f, x: f(x > 1, axis=0))],
}
