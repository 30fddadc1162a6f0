"""Shapes, entries picked by indices, entries in order."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.against_jax.cases import case, real, spread

ROWS, COLUMNS = np.array([0, 2, 1, 2]), np.array([1, 1, 0, 2])
MASK = np.array([[True, False, True], [False, True, True]])
PLACES = np.array([[2, 0], [1, 1], [0, 2]])
KNOTS = np.array([-2.0, -0.5, 0.3, 1.0, 2.0])


def weighted(xp: Any, y: Any) -> Any:
    """Squared: a function that only moves entries would have no second derivatives to compare."""
    return y**2


SHAPES = [
    case("reshape", lambda xp, x: weighted(xp, xp.reshape(x, (3, 2))), real(2, 3)),
    case("reshape, one size open", lambda xp, x: x.reshape(-1, 2) @ x[:, :2], real(2, 3)),
    case("ravel", lambda xp, x: weighted(xp, xp.ravel(x)), real(2, 3)),
    case("flatten", lambda xp, x: x.flatten() * x.T.flatten(), real(2, 3)),
    case("transpose", lambda xp, x: weighted(xp, xp.transpose(x, (2, 0, 1))), real(2, 3, 2)),
    case("swapaxes", lambda xp, x: xp.swapaxes(x, 0, 1) * x[0], real(2, 2, 3)),
    case("moveaxis", lambda xp, x: xp.exp(xp.moveaxis(x, 0, -1)), real(2, 3, 2)),
    case("expand_dims", lambda xp, x: xp.expand_dims(x, 1) * x, real(4)),
    case("squeeze", lambda xp, x: weighted(xp, xp.squeeze(x, axis=1)), real(3, 1)),
    case("atleast_2d", lambda xp, x: xp.atleast_2d(x).T @ xp.atleast_2d(x), real(3)),
    case("broadcast_to", lambda xp, x: xp.sin(xp.broadcast_to(x, (2, 3))), real(3)),
    case("concatenate", lambda xp, x, y: xp.concatenate([x, y * x, y]) ** 2, real(3), real(3)),
    case(
        "concatenate axis",
        lambda xp, x, y: xp.concatenate([x, y], axis=1) ** 3,
        real(2, 3),
        real(2, 2),
    ),
    case("stack", lambda xp, x, y: xp.stack([x, x * y], axis=1), real(3), real(3)),
    case("hstack", lambda xp, x, y: xp.hstack([x, y]) ** 2, real(2, 2), real(2, 1)),
    case("vstack", lambda xp, x, y: xp.vstack([x, x * y]), real(3), real(3)),
    case("column_stack", lambda xp, x, y: xp.column_stack([x * y, y]), real(3), real(3)),
    case("split", lambda xp, x: xp.split(x, 3)[1] * xp.split(x, [1, 3])[1], real(6)),
    case("array_split", lambda xp, x: xp.array_split(x, 2)[0] ** 3, real(5)),
    case("tile", lambda xp, x: xp.tile(x, (2, 2)) ** 2, real(3)),
    case("repeat", lambda xp, x: xp.repeat(x, 2, axis=0) ** 2, real(2, 3)),
    case("flip", lambda xp, x: xp.flip(x) * x, real(2, 3)),
    case("flip axis", lambda xp, x: xp.flip(x, axis=1) * x, real(2, 3)),
    case("fliplr and flipud", lambda xp, x: xp.fliplr(x) * xp.flipud(x), real(2, 3)),
    case("rot90", lambda xp, x: xp.rot90(x) @ x, real(3, 3)),
    case("roll", lambda xp, x: xp.roll(x, 2) * x, real(5)),
    case("roll axis", lambda xp, x: xp.roll(x, -1, axis=1) * x, real(2, 3)),
    case("meshgrid", lambda xp, x, y: xp.multiply(*xp.meshgrid(x, y)) ** 2, real(3), real(2)),
    case("pad", lambda xp, x: xp.pad(x, ((1, 0), (0, 2))) ** 2, real(2, 2)),
    case("pad by a number", lambda xp, x: xp.cumsum(xp.pad(x, 1, constant_values=2.0)), real(3)),
    case("diag of a vector", lambda xp, x: xp.diag(x, 1) ** 2, real(3)),
    case("diag of a matrix", lambda xp, x: xp.diag(x @ x), real(3, 3)),
    case("diagflat", lambda xp, x: xp.diagflat(x) ** 2, real(2, 2)),
    case("diagonal", lambda xp, x: xp.diagonal(x, offset=-1) ** 2, real(3, 3)),
    case("tril", lambda xp, x: xp.tril(x) @ x, real(3, 3)),
    case("triu", lambda xp, x: xp.triu(x, 1) @ x, real(3, 3)),
    case("like", lambda xp, x: xp.ones_like(x) * x**2 + xp.zeros_like(x), real(4)),
    case("full_like", lambda xp, x: xp.full_like(x, 3.0) ** x, real(4)),
    case("copy", lambda xp, x: xp.copy(x) * x, real(4)),
]

INDICES = [
    case("an entry", lambda xp, x: x[1] * x[-1], real(4)),
    case("slices", lambda xp, x: x[1:, ::-2] * x[:-1, :2], real(3, 4)),
    case("new axes", lambda xp, x: x[:, None] * x[None, ..., :], real(4)),
    case("an ellipsis", lambda xp, x: x[..., 0] ** 3, real(2, 3, 2)),
    case("index arrays", lambda xp, x: x[ROWS] ** 2, real(3, 2)),
    case("pairs of index arrays", lambda xp, x: x[ROWS, COLUMNS] ** 3, real(3, 3)),
    case("index array and slice", lambda xp, x: x[1:, ROWS] ** 2, real(3, 3)),
    case("index array, apart", lambda xp, x: x[ROWS, :, COLUMNS] ** 2, real(3, 2, 3)),
    case("a mask", lambda xp, x: x[MASK] ** 3, real(2, 3)),
    case("a mask of rows", lambda xp, x: x[MASK[:, 0]] ** 3, real(2, 3)),
    case("take", lambda xp, x: xp.take(x, ROWS, axis=1) ** 2, real(2, 3)),
    case("take of all", lambda xp, x: xp.take(x, PLACES) ** 2, real(2, 3)),
    case("take_along_axis", lambda xp, x: xp.take_along_axis(x, PLACES, 1) ** 2, real(3, 3)),
    case("entries found", lambda xp, x: x[xp.argmax(x)] * x[xp.argmin(x)], spread(5)),
    case("argsort", lambda xp, x, y: y[xp.argsort(x)] ** 2 + x, spread(5), real(5)),
    case(
        "take_along_axis of argsort",
        lambda xp, x: xp.take_along_axis(x, xp.argsort(-x, axis=0), axis=0) ** 2,
        spread(3, 2),
    ),
    case("sort", lambda xp, x: xp.sort(x) ** 2 * KNOTS, spread(5)),
    case("sort axis", lambda xp, x: xp.sort(x, axis=0) ** 3, spread(3, 2)),
    case("at set", lambda xp, x, v: x.at[1:3].set(v) ** 2, real(5), real(2)),
    case("at set, an index array", lambda xp, x: x.at[np.array([0, 2])].set(x[1]) ** 2, real(4)),
    case("at add", lambda xp, x, v: x.at[ROWS].add(v) ** 2, real(3), real(4)),
    case("at add, pairs", lambda xp, x, v: x.at[ROWS, COLUMNS].add(v) ** 2, real(3, 3), real(4)),
    case("interp, values", lambda xp, x, y: xp.interp(x, KNOTS, y) ** 2, spread(4), real(5)),
    case("interp, points", lambda xp, x: xp.interp(x, KNOTS, KNOTS**2) ** 2, spread(5)),
]

CASES = [*SHAPES, *INDICES]
