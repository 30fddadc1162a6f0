"""Calls of NumPy's functions that are composed of others, of options of ufuncs, and of SciPy's ufuncs."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

import graphcomp as gc
from tests.conformance.entries import Entry, entry


def _holed(x: Any) -> Any:
    """With NaN for the large entries."""
    return np.where(x > 1.4, np.nan, x)


def _later(name: str) -> Any:
    """A function that not every supported NumPy has."""
    return getattr(np, name, getattr(gc, name))


NAN = [
    *[
        entry(f, (3, 4), call=lambda f, x, k=k: f(_holed(x), **k))
        for f in (np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd)
        for k in ({}, {"axis": 1}, {"axis": (0, 1), "keepdims": True})
    ],
    entry(np.nanvar, (3, 4), call=lambda f, x: f(x, axis=1, ddof=1)),
    entry(np.nanstd, (3, 4), call=lambda f, x: f(x, axis=0, ddof=1)),
    entry(np.nancumsum, (3, 4), call=lambda f, x: f(_holed(x), axis=1)),
    entry(np.nancumsum, (4,), call=lambda f, x: f(_holed(x))),
    entry(np.nancumprod, (3, 4), call=lambda f, x: f(_holed(x), axis=0)),
]

RANKS = [
    *[entry(np.quantile, (5,), call=lambda f, x, q=q: f(x, q)) for q in (0, 0.25, 0.3, 0.99, 1)],
    entry(np.quantile, (3, 4), call=lambda f, x: f(x, [0.1, 0.5], axis=1)),
    entry(np.quantile, (3, 4), call=lambda f, x: f(x, [[0.1], [0.5]], keepdims=True)),
    entry(np.quantile, (2, 3, 4), call=lambda f, x: f(x, 0.7, axis=(0, 2))),
    entry(np.percentile, (5,), call=lambda f, x: f(x, 30)),
    entry(np.percentile, (3, 4), call=lambda f, x: f(x, [20, 80], axis=0)),
]

NORMS = [
    *[entry(np.linalg.norm, (3, 2), call=lambda f, x, p=p: f(x, p)) for p in (2, -2, "nuc")],
    entry(np.linalg.norm, (3, 4, 2), call=lambda f, x: f(x, 2, axis=(2, 0))),
    entry(np.linalg.norm, (3, 4, 2), call=lambda f, x: f(x, "nuc", axis=(0, 2), keepdims=True)),
    entry(np.linalg.vector_norm, (2, 3)),
    entry(np.linalg.vector_norm, (2, 3), call=lambda f, x: f(x, axis=1, ord=1)),
    entry(np.linalg.vector_norm, (2, 3, 2), call=lambda f, x: f(x, axis=(0, 2), ord=3)),
    entry(np.linalg.matrix_norm, (2, 3)),
    entry(np.linalg.matrix_norm, (2, 3, 4), call=lambda f, x: f(x, ord=1)),
    entry(np.linalg.matrix_norm, (2, 3, 2), call=lambda f, x: f(x, ord=2, keepdims=True)),
]

STACKS = [
    *[entry(f, (3,), (3,)) for f in (np.vecdot, np.linalg.vecdot)],
    entry(np.vecdot, (2, 3), (4, 1, 3)),
    entry(np.vecdot, (3, 2), (3, 2), call=lambda f, a, b: f(a, b, axis=0)),
    entry(np.linalg.vecdot, (3, 2), (3, 2), call=lambda f, a, b: f(a, b, axis=0)),
    entry(_later("matvec"), (2, 3), (3,)),
    entry(_later("matvec"), (4, 2, 3), (1, 3)),
    entry(_later("vecmat"), (2,), (2, 3)),
    entry(_later("vecmat"), (4, 2), (2, 3)),
    *[entry(f, (2, 3, 4)) for f in (np.matrix_transpose, np.linalg.matrix_transpose)],
    entry(np.linalg.trace, (2, 3, 3)),
    entry(np.linalg.trace, (2, 3, 4), call=lambda f, x: f(x, offset=1)),
    entry(np.linalg.diagonal, (2, 3, 3)),
    entry(np.linalg.diagonal, (2, 3, 4), call=lambda f, x: f(x, offset=-1)),
    entry(np.linalg.outer, (2,), (3,)),
    entry(np.linalg.matmul, (4, 2, 3), (3, 2)),
    entry(np.linalg.cross, (2, 3), (2, 3)),
    entry(np.linalg.tensordot, (2, 3, 4), (3, 4, 2), call=lambda f, a, b: f(a, b, axes=2)),
]

SEQUENCES = [
    entry(_later("cumulative_sum"), (4,)),
    entry(_later("cumulative_sum"), (2, 3), call=lambda f, x: f(x, axis=1, include_initial=True)),
    entry(_later("cumulative_prod"), (4,), call=lambda f, x: f(x, include_initial=True)),
    entry(_later("cumulative_prod"), (2, 3), call=lambda f, x: f(x, axis=0)),
    entry(np.ediff1d, (2, 3)),
    entry(np.ediff1d, (4,), (2,), call=lambda f, x, y: f(x, to_end=y, to_begin=0.5)),
    entry(np.trapezoid, (5,)),
    entry(np.trapezoid, (5,), (5,), call=lambda f, y, x: f(y, np.cumsum(x))),
    entry(np.trapezoid, (3, 4), call=lambda f, y: f(y, dx=0.5, axis=0)),
    entry(np.trapezoid, (3, 4), (3, 4), call=lambda f, y, x: f(y, x, axis=0)),
    entry(np.polyval, (4,), (2, 3)),
    entry(np.polyval, (3,), call=lambda f, x: f([1.5, -2.0, 0.5], x)),
    entry(np.polyval, (3,), call=lambda f, x: f([1.5], x) * x),
    entry(np.vander, (3,)),
    entry(np.vander, (3,), call=lambda f, x: f(x, 4, increasing=True)),
    entry(np.vander, (3,), call=lambda f, x: f(x, 1) * x),
    entry(np.linspace, (), (), call=lambda f, a, b: f(a, b, 5)),
    entry(np.linspace, (2,), (), call=lambda f, a, b: f(a, b, 4, endpoint=False, axis=-1)),
    entry(np.linspace, (), call=lambda f, b: f(0, b, 1) + b),
    entry(np.modf, (3,), call=lambda f, x: f(3 * x)[0]),
    entry(np.modf, (3,), call=lambda f, x: f(3 * x)[1] + x),
]

JOINED = [
    entry(np.append, (2, 3), (2,)),
    entry(np.append, (2, 3), (1, 3), call=lambda f, a, b: f(a, b, axis=0)),
    entry(np.atleast_3d, ()),
    entry(np.atleast_3d, (3,)),
    entry(np.atleast_3d, (2, 3)),
    entry(np.block, (2, 2), (2, 1), call=lambda f, a, b: f([[a, b], [b.T, np.ones((1, 1))]])),
    entry(np.block, (2,), (3,), call=lambda f, a, b: f([a, b, 1.5])),
    entry(np.block, (2, 3, 2), (2,), call=lambda f, a, b: f([a, a]) * b[0]),
    entry(np.broadcast_arrays, (3, 1), (2,), call=lambda f, a, b: f(a, b)[0] * f(a, b)[1]),
    entry(np.hsplit, (2, 4), call=lambda f, x: f(x, 2)[1]),
    entry(np.hsplit, (4,), call=lambda f, x: f(x, [1])[1]),
    entry(np.vsplit, (4, 2), call=lambda f, x: f(x, 2)[0]),
    entry(np.dsplit, (2, 2, 4), call=lambda f, x: f(x, [3])[0]),
    entry(np.dstack, (3,), (3,), call=lambda f, *x: f(x)),
    entry(np.dstack, (2, 3), (2, 3), call=lambda f, *x: f(x)),
    entry(_later("unstack"), (3, 2), call=lambda f, x: f(x)[1] * f(x)[2]),
    entry(_later("unstack"), (3, 2), call=lambda f, x: f(x, axis=1)[1]),
    *[
        entry(np.rollaxis, (2, 3, 4), call=lambda f, x, a=a, s=s: f(x, a, s))
        for a, s in [(2, 0), (0, 2), (0, 3), (1, -1), (-1, 1), (1, 1)]
    ],
]

OPERATORS = [
    entry(np.divmod, (3,), call=lambda f, x: f(7 * x, 2)[0] * f(7 * x, 2)[1]),
    entry(np.positive, (3,)),
    entry(np.conjugate, (3,)),
    entry(np.real, (2, 3)),
    entry(np.bitwise_and, (5,), call=lambda f, x: f(x > 0.8, x < 1.5) * x),
    entry(np.bitwise_or, (5,), call=lambda f, x: f(x < 0.8, x > 1.5) * x),
    entry(np.bitwise_xor, (5,), call=lambda f, x: f(x < 1.5, x > 0.8) * x),
    entry(np.invert, (5,), call=lambda f, x: f(x < 1.0) * x),
    entry(np.isclose, (4,), (4,), call=lambda f, x, y: f(x, y, 0.3) * x * y),
    entry(np.isclose, (4,), call=lambda f, x: f(_holed(x), _holed(x) + 1e-9, equal_nan=True) * x),
    entry(np.allclose, (4,), call=lambda f, x: f(x, x + 1e-9) * x),
]

REDUCTIONS = [
    entry(np.sum, (3, 4), call=lambda f, x: f(x, axis=0, where=x > 1, initial=2.5)),
    entry(np.prod, (3, 4), call=lambda f, x: f(x, axis=1, where=x > 1, initial=2.5)),
    entry(np.max, (3, 4), call=lambda f, x: f(x, axis=1, where=x < 1.5, initial=0.1)),
    entry(np.min, (3, 4), call=lambda f, x: f(x, where=x > 1, initial=9.5)),
    entry(np.max, (3, 4), call=lambda f, x: f(x, axis=0, initial=1.2)),
    entry(np.mean, (3, 4), call=lambda f, x: f(x, where=x > 1)),
    entry(np.mean, (3, 4), call=lambda f, x: f(x, 1, where=np.arange(4) > 1, keepdims=True)),
    *[
        entry(u, (3, 2), call=lambda f, x, k=k: f.reduce(x, **k))
        for u in (np.add, np.multiply, np.maximum, np.minimum, np.logaddexp)
        for k in ({}, {"axis": 1, "keepdims": True}, {"axis": None})
        if u is not np.logaddexp or k.get("axis") is not None
    ],
    entry(np.logaddexp, (3, 2), call=lambda f, x: f.reduce(x)),
    entry(np.logical_and, (3, 2), call=lambda f, x: f.reduce(x > 0.7) * x),
    entry(np.logical_or, (3, 2), call=lambda f, x: f.reduce(x > 0.7, axis=-1) @ x),
    entry(np.add, (3, 2), call=lambda f, x: f.reduce(x, axis=1, where=x > 1, initial=0.5)),
    entry(np.add, (3, 2), call=lambda f, x: f.accumulate(x)),
    entry(np.multiply, (3, 2), call=lambda f, x: f.accumulate(x, axis=1)),
    entry(np.multiply, (3,), (2, 2), call=lambda f, x, y: f.outer(x, y)),
    entry(np.subtract, (3,), call=lambda f, x: f.outer(np.arange(2.0), x)),
    entry(np.arctan2, (3,), call=lambda f, x: f.outer(x, 2.0)),
]

SCIPY = [
    *[
        entry(f, (3, 2))
        for f in (special.expit, special.erf, special.erfc, special.gammaln, special.psi)
    ],
    entry(special.logit, (3,), call=lambda f, x: f(x / 3)),
    entry(special.xlogy, (3, 1), (2,)),
    entry(special.xlogy, (3,), call=lambda f, x: f(2.0, x)),
    *[entry(f, (3,)) for f in (special.expm1, special.log1p, special.exp2, special.cbrt)],
]

#: All of them, in order.
MORE: list[Entry] = [
    *[*NAN, *RANKS, *NORMS, *STACKS, *SEQUENCES, *JOINED, *OPERATORS, *REDUCTIONS, *SCIPY],
]
