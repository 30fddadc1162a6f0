"""NumPy's functions of arrays as they are called: each with the shapes of its arguments.

One table for two uses: the function means the same on nodes, and its derivatives are right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.conformance.entries import Entry, entry
from tests.conformance.more_calls import MORE


def _regular(x: Any) -> Any:
    """A matrix that has an inverse, out of any with entries in (0.5, 2)."""
    return x + 3 * np.eye(x.shape[-1])


PRODUCTS = [
    entry(np.vdot, (2, 3), (3, 2)),
    entry(np.vdot, (), ()),
    entry(np.inner, (2, 3), (3,)),
    entry(np.inner, (3,), (2, 3)),
    entry(np.inner, (2, 3), (4, 3)),
    entry(np.inner, (), (4, 3)),
    entry(np.tensordot, (2, 3, 4), (3, 4, 2)),
    entry(np.tensordot, (2, 3), (3, 2), call=lambda f, a, b: f(a, b, axes=1)),
    entry(np.tensordot, (2, 3), (3, 2), call=lambda f, a, b: f(a, b, axes=0)),
    entry(np.tensordot, (2, 3, 4), (4, 3), call=lambda f, a, b: f(a, b, ([1, -1], [1, 0]))),
    entry(np.tensordot, (2, 3), (2, 4), call=lambda f, a, b: f(a, b, (0, 0))),
    entry(np.einsum, (2, 3), (3, 4), call=lambda f, a, b: f("ij,jk", a, b)),
    entry(np.einsum, (2, 3), (3, 4), call=lambda f, a, b: f("ij, jk -> ki", a, b)),
    entry(np.einsum, (3, 3), call=lambda f, a: f("ii", a)),
    entry(np.einsum, (3, 3), call=lambda f, a: f("ii->i", a)),
    entry(np.einsum, (2, 3), call=lambda f, a: f("ij->", a)),
    entry(np.einsum, (5, 2, 3), (3, 4), call=lambda f, a, b: f("...ij,jk->...ik", a, b)),
    entry(np.einsum, (5, 2, 3), (1, 3, 2), call=lambda f, a, b: f("...ij,...jk", a, b)),
    entry(np.einsum, (2, 5, 3), (5,), call=lambda f, a, b: f("i...,...->...i", a[..., 0], b)),
    entry(np.einsum, (1,), (3,), call=lambda f, a, b: f("i,i->i", a, b)),
    entry(np.einsum, (3,), (3,), (3, 3), call=lambda f, a, b, c: f("i,j,ij", a, b, c)),
    entry(np.einsum, (3, 3), (3,), call=lambda f, a, b: f("ii,i->i", a, b, optimize=True)),
    entry(np.einsum, (3,), call=lambda f, a: f("i,i,i,ij->j", a, a, a, np.outer(a, a))),
    entry(np.kron, (2, 3), (3, 2)),
    entry(np.kron, (2,), (3, 2)),
    entry(np.kron, (3,), (2,)),
    entry(np.cross, (3,), (3,)),
    entry(np.cross, (2, 3), (3,)),
    entry(np.cross, (3, 2), (3, 2), call=lambda f, a, b: f(a, b, axis=0)),
    entry(np.trace, (3, 3)),
    entry(np.trace, (3, 4), call=lambda f, a: f(a, offset=1)),
    entry(np.trace, (3, 2, 3), call=lambda f, a: f(a, -1, 0, 2)),
    entry(np.diagonal, (3, 3)),
    entry(np.diagonal, (3, 4), call=lambda f, a: f(a, offset=-1)),
    entry(np.diagonal, (3, 2, 3), call=lambda f, a: f(a, 0, 2, 0)),
]

LINALG = [
    entry(np.linalg.solve, (3, 3), (3,), call=lambda f, a, b: f(_regular(a), b)),
    entry(np.linalg.solve, (3, 3), (3, 2), call=lambda f, a, b: f(_regular(a), b)),
    entry(np.linalg.solve, (2, 1, 3, 3), (4, 3, 2), call=lambda f, a, b: f(_regular(a), b)),
    entry(np.linalg.solve, (2, 3, 3), (3,), call=lambda f, a, b: f(_regular(a), b)),
    entry(np.linalg.slogdet, (3, 3), call=lambda f, a: f(_regular(a))[1]),
    entry(np.linalg.slogdet, (2, 2, 2), call=lambda f, a: f(_regular(a)).logabsdet),
    entry(np.linalg.slogdet, (3, 3), call=lambda f, a: f(_regular(a))[0] * a),
    entry(np.linalg.matrix_power, (3, 3), call=lambda f, a: f(a, 3)),
    entry(np.linalg.matrix_power, (3, 3), call=lambda f, a: f(a, 6)),
    entry(np.linalg.matrix_power, (2, 2, 2), call=lambda f, a: f(_regular(a), -2)),
    entry(np.linalg.matrix_power, (2, 2), call=lambda f, a: f(a, 0) + a),
    entry(np.linalg.multi_dot, (2, 3), (3, 4), call=lambda f, a, b: f([a, b])),
    entry(np.linalg.multi_dot, (3,), (3, 4), (4,), call=lambda f, *m: f(m)),
    entry(np.linalg.multi_dot, (2, 9), (9, 1), (1, 3), (3, 4), call=lambda f, *m: f(m)),
]


def _symmetric(x: Any) -> Any:
    """A symmetric matrix whose eigenvalues differ, out of any."""
    return x + x.T + np.diag(np.arange(3.0) * 6)


FACTORS = [
    entry(np.linalg.eigh, (3, 3), call=lambda f, a: f(_symmetric(a))[0]),
    entry(np.linalg.eigh, (3, 3), call=lambda f, a: f(_symmetric(a)).eigenvectors),
    entry(np.linalg.eigvalsh, (3, 3), call=lambda f, a: f(_symmetric(a))),
    entry(np.linalg.svd, (3, 2), call=lambda f, a: f(a, full_matrices=False)[0]),
    entry(np.linalg.svd, (3, 2), call=lambda f, a: f(a, full_matrices=False).Vh),
    entry(np.linalg.svd, (2, 3), call=lambda f, a: f(a, full_matrices=False).S),
    entry(np.linalg.svd, (2, 3), call=lambda f, a: f(a, compute_uv=False)),
    entry(np.linalg.svd, (2, 2), call=lambda f, a: f(a).U * f(a).S @ f(a).Vh),
    entry(np.linalg.svdvals, (2, 3)),
    entry(np.linalg.qr, (3, 2), call=lambda f, a: f(a).Q),
    entry(np.linalg.qr, (3, 3), call=lambda f, a: f(_regular(a)).R),
    entry(np.linalg.qr, (3, 2), call=lambda f, a: f(a, mode="r")),
]

SHAPES = [
    entry(np.ravel, (2, 3)),
    entry(np.swapaxes, (2, 3, 4), call=lambda f, x: f(x, 0, -1)),
    entry(np.moveaxis, (2, 3, 4), call=lambda f, x: f(x, 0, -1)),
    entry(np.moveaxis, (2, 3, 4, 5), call=lambda f, x: f(x, [0, -1], [2, 0])),
    entry(np.expand_dims, (2, 3), call=lambda f, x: f(x, -1)),
    entry(np.expand_dims, (2, 3), call=lambda f, x: f(x, (0, 2))),
    entry(np.squeeze, (1, 3, 1)),
    entry(np.squeeze, (1, 3, 1), call=lambda f, x: f(x, axis=-1)),
    entry(np.atleast_1d, ()),
    entry(np.atleast_1d, (2, 3)),
    entry(np.atleast_2d, ()),
    entry(np.atleast_2d, (3,)),
    entry(np.hstack, (2, 3), (2, 1), call=lambda f, *x: f(x)),
    entry(np.hstack, (2,), (3,), call=lambda f, *x: f(x)),
    entry(np.vstack, (3,), (2, 3), call=lambda f, *x: f(x)),
    entry(np.column_stack, (3,), (3, 2), call=lambda f, *x: f(x)),
    entry(np.split, (6, 2), call=lambda f, x: f(x, 3)[1]),
    entry(np.split, (2, 6), call=lambda f, x: f(x, [1, 4], axis=1)[1]),
    entry(np.split, (6,), call=lambda f, x: f(x, [2])[-1]),
    entry(np.array_split, (7,), call=lambda f, x: f(x, 3)[0] * f(x, 3)[0][::-1]),
    entry(np.array_split, (7,), call=lambda f, x: f(x, 3)[2]),
    entry(np.tile, (3,), call=lambda f, x: f(x, 2)),
    entry(np.tile, (2, 3), call=lambda f, x: f(x, (2, 1, 3))),
    entry(np.tile, (2, 3), call=lambda f, x: f(x, 2)),
    entry(np.repeat, (2, 3), call=lambda f, x: f(x, 2)),
    entry(np.repeat, (2, 3), call=lambda f, x: f(x, 2, axis=-1)),
    entry(np.flip, (2, 3)),
    entry(np.flip, (2, 3), call=lambda f, x: f(x, axis=1)),
    entry(np.fliplr, (2, 3)),
    entry(np.flipud, (2, 3)),
    *[entry(np.rot90, (2, 3), call=lambda f, x, k=k: f(x, k)) for k in (0, 1, 2, 3, -1)],
    entry(np.rot90, (2, 3, 2), call=lambda f, x: f(x, 1, (2, 0))),
    entry(np.roll, (5,), call=lambda f, x: f(x, 2)),
    entry(np.roll, (2, 3), call=lambda f, x: f(x, -1)),
    entry(np.roll, (2, 3), call=lambda f, x: f(x, 4, axis=1)),
    entry(np.roll, (2, 3), call=lambda f, x: f(x, (1, 1), axis=(0, 1))),
    entry(np.meshgrid, (2,), (3,), call=lambda f, x, y: f(x, y)[0] * f(x, y)[1]),
    entry(np.meshgrid, (2,), (3,), call=lambda f, x, y: f(x, y, indexing="ij")[1] * x[0]),
]

FILLING = [
    entry(np.pad, (3,), call=lambda f, x: f(x, 2)),
    entry(np.pad, (2, 3), call=lambda f, x: f(x, ((1, 0), (2, 1)), constant_values=1.5)),
    *[
        entry(np.pad, (3, 4), call=lambda f, x, mode=mode: f(x, (1, 2), mode=mode))
        for mode in ("edge", "reflect", "symmetric", "wrap")
    ],
    entry(np.diag, (3,)),
    entry(np.diag, (3,), call=lambda f, x: f(x, -1)),
    entry(np.diag, (3, 4), call=lambda f, x: f(x, k=1)),
    entry(np.diagflat, (2, 2), call=lambda f, x: f(x, 1)),
    entry(np.tril, (3, 3)),
    entry(np.tril, (2, 3, 4), call=lambda f, x: f(x, k=1)),
    entry(np.triu, (3, 3), call=lambda f, x: f(x, -1)),
    entry(np.zeros_like, (2, 3), call=lambda f, x: f(x) + x),
    entry(np.ones_like, (2, 3), call=lambda f, x: f(x) * x),
    entry(np.ones_like, (2, 3), call=lambda f, x: f(x, shape=(3, 2)) @ x),
    entry(np.full_like, (2, 3), call=lambda f, x: f(x, 2.5) * x),
    entry(np.copy, (2, 3)),
    entry(np.astype, (2, 3), call=lambda f, x: f(x, np.float64)),
]

INDEXING = [
    entry(np.take, (5,), call=lambda f, x: f(x, [0, 3, 3, -1])),
    entry(np.take, (2, 3), call=lambda f, x: f(x, np.array([[0, 5], [2, 2]]))),
    entry(np.take, (2, 3), call=lambda f, x: f(x, [2, 0], axis=1)),
    entry(np.take, (2, 3), call=lambda f, x: f(x, 1, axis=-1)),
    entry(np.take_along_axis, (2, 3), call=lambda f, x: f(x, np.array([[0, 2], [1, 1]]), axis=1)),
    entry(np.take_along_axis, (2, 3), call=lambda f, x: f(x, np.array([[0, 1, 0]]), axis=0)),
    entry(np.take_along_axis, (2, 3), call=lambda f, x: f(x, np.argsort(x, axis=0), axis=0)),
    entry(np.argsort, (2, 3), call=lambda f, x: f(x) + x),
    entry(np.argsort, (2, 3), call=lambda f, x: f(x, axis=None, kind="stable")),
    entry(np.sort, (2, 3)),
    entry(np.sort, (4, 2), call=lambda f, x: f(x, axis=0)),
    entry(np.sort, (2, 3), call=lambda f, x: f(x, axis=None)),
    entry(np.interp, (4,), (3,), call=lambda f, x, y: f(x, np.array([0.6, 1.0, 1.7]), y)),
    entry(np.interp, (2, 2), (2,), call=lambda f, x, y: f(x, np.array([0.4, 2.1]), y)),
    *[
        entry(np.convolve, m, n, call=lambda f, x, y, mode=mode: f(x, y, mode))
        for mode in ("full", "same", "valid")
        for m, n in [((5,), (3,)), ((5,), (2,)), ((2,), (4,)), ((3,), (1,)), ((3,), (3,))]
    ],
]

_I, _J = np.array([0, 2, 2, -1]), np.array([1, 0, 1, 1])
_MASK = np.array([True, False, True])


def _index(*key: Any) -> Entry:
    """Indexing an array (3, 2, 4)."""
    chosen = key if len(key) != 1 else key[0]
    return Entry(None, ((3, 2, 4),), lambda _f, x: x[chosen])


#: Masks of known size.
MASKS = [
    _index(_MASK),
    _index(~_MASK, 1),
    _index(slice(None), np.array([True, False])),
    _index(np.arange(6).reshape(3, 2) % 2 == 0),
    _index(..., np.arange(4) > 1),
]

#: Keys of all kinds, on an array (3, 2, 4).
KEYS = [
    _index(_I),
    _index([0, 2]),
    _index(_I.reshape(2, 2)),
    _index(_I, _J),
    _index(_I[:, None], _J),
    _index(slice(None), _J),
    _index(slice(None), _J, slice(1, 3)),
    _index(slice(None), slice(None), _I),
    _index(..., _I),
    _index(_I, ..., _J),
    _index(_I, slice(None), _J),
    _index(_I, 0),
    _index(0, slice(None), _I),
    _index(slice(None), 0, _I),
    _index(1, _J, slice(None, None, 2)),
    _index(None, _I),
    _index(_I, None, _J),
    _index(None, slice(None), None, _J, _I),
    _index(slice(None, None, -1), _J, _I),
    *MASKS,
    _index(np.array([], dtype=int)),
    _index([]),
    _index(np.int64(1), _J),
    _index(np.array(1)),
]

#: Every entry, in order.
ENTRIES = [*PRODUCTS, *LINALG, *FACTORS, *SHAPES, *FILLING, *INDEXING, *MORE, *KEYS]

#: The same by function, as the conformance suite wants them.
ARRAY_CALLS: dict[Any, Any] = {}
for _each in ENTRIES:
    if _each.function is not None:
        ARRAY_CALLS.setdefault(_each.function, []).append((_each.shapes, _each.call))
