"""Axes added, removed, exchanged and moved; arrays split, repeated, turned over and padded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from graphcomp.errors import InputError, ShapeError, with_user_line
from graphcomp.functions.arrays import concatenate
from graphcomp.node import Node, Operand, constant
from graphcomp.shape import Dim, Shape, combine, format_shape, known_equal, normal_axes, normal_axis


def located(axis: Any, rank: int, name: str) -> int:
    """An axis counted from the front; an error names the user's line."""
    try:
        return normal_axis(axis, rank, name)
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None


def several(axis: Any, rank: int, name: str) -> tuple[int, ...]:
    """Axes counted from the front, in the order given."""
    if isinstance(axis, (tuple, list)):
        found = tuple(located(a, rank, name) for a in axis)
        if len(set(found)) != len(found):
            msg = f"{name}: axis {axis!r} names an axis twice"
            raise ShapeError(with_user_line(msg))
        return found
    return (located(axis, rank, name),)


def ravel(x: Operand) -> Node:
    """All entries in one row.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.ravel(gc.array("A", "m n")).shape
    (m*n,)
    """
    return constant(x).reshape(-1)


def swapaxes(x: Operand, axis1: int, axis2: int) -> Node:
    """Two axes exchanged.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.swapaxes(gc.array("A", "m n k"), 0, -1).shape
    (k, n, m)
    """
    node = constant(x)
    order = list(range(node.ndim))
    i, j = (located(axis, node.ndim, "swapaxes") for axis in (axis1, axis2))
    order[i], order[j] = order[j], order[i]
    return node.transpose(order)


def moveaxis(x: Operand, source: Any, destination: Any) -> Node:
    """Axes moved to other places; the others keep their order.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.moveaxis(gc.array("A", "m n k"), 0, -1).shape
    (n, k, m)
    """
    node = constant(x)
    old = several(source, node.ndim, "moveaxis")
    new = several(destination, node.ndim, "moveaxis")
    if len(old) != len(new):
        msg = f"moveaxis: as many places as axes: {source!r} to {destination!r}"
        raise ShapeError(with_user_line(msg))
    order = [axis for axis in range(node.ndim) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return node.transpose(order)


def expand_dims(x: Operand, axis: Any) -> Node:
    """New axes of size 1.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.expand_dims(gc.array("v", "n"), 0).shape
    (1, n)
    """
    node = constant(x)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    axes = several(axis, node.ndim + count, "expand_dims")
    rest = iter(node.shape)
    return node.reshape(tuple(1 if i in axes else next(rest) for i in range(node.ndim + count)))


def squeeze(x: Operand, axis: Any = None) -> Node:
    """Without axes of size 1: all of them, or those named. A named dimension is never removed.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.squeeze(gc.array("A", (1, "n", 1))).shape
    (n,)
    """
    node = constant(x)
    ones = tuple(i for i, dim in enumerate(node.shape) if dim == 1)
    axes = ones if axis is None else several(axis, node.ndim, "squeeze")
    for i in axes:
        if i not in ones:
            msg = f"squeeze: axis {i} of {format_shape(node.shape)} has not the size 1"
            raise ShapeError(with_user_line(msg))
    return node.reshape(tuple(dim for i, dim in enumerate(node.shape) if i not in axes))


def atleast_1d(x: Operand) -> Node:
    """With one axis at least.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.atleast_1d(gc.scalar("x")).shape
    (1,)
    """
    node = constant(x)
    return node if node.ndim else node.reshape((1,))


def atleast_2d(x: Operand) -> Node:
    """With two axes at least; a vector becomes a row.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.atleast_2d(gc.array("v", "n")).shape
    (1, n)
    """
    node = constant(x)
    return node if node.ndim > 1 else node.reshape((1, *(node.shape or (1,))))


def hstack(arrays: Sequence[Operand]) -> Node:
    """Side by side: joined along the second axis, vectors along the first.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.hstack([gc.array("A", "m n"), gc.array("B", "m k")]).shape
    (m, k + n)
    """
    nodes = [atleast_1d(value) for value in arrays]
    return concatenate(nodes, 0 if nodes and nodes[0].ndim == 1 else 1)


def vstack(arrays: Sequence[Operand]) -> Node:
    """On top of each other: joined along the first axis, vectors as rows.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.vstack([gc.array("u", "n"), gc.array("v", "n")]).shape
    (2, n)
    """
    return concatenate([atleast_2d(value) for value in arrays], 0)


def column_stack(arrays: Sequence[Operand]) -> Node:
    """Side by side, vectors as columns.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.column_stack([gc.array("u", "n"), gc.array("v", "n")]).shape
    (n, 2)
    """
    nodes = [atleast_1d(value) for value in arrays]
    return concatenate([v.reshape((*v.shape, 1)) if v.ndim == 1 else v for v in nodes], 1)


def split(x: Operand, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """Parts along an axis: so many equal ones, or cut at the given places.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> [part.shape for part in f.split(gc.array("v", "2*n"), 2)]
    [(n,), (n,)]
    """
    node = constant(x)
    where = located(axis, node.ndim, "split")
    if not isinstance(indices_or_sections, (int, np.integer)):
        return _cut(node, where, list(indices_or_sections))
    count, length = int(indices_or_sections), node.shape[where]
    if count < 1:
        msg = f"split: into {count} parts; there must be one at least"
        raise InputError(with_user_line(msg))
    size = combine("//", length, count)
    if not known_equal(combine("*", size, count), length):
        msg = f"split: {length} entries do not divide into {count} equal parts"
        raise ShapeError(with_user_line(msg))
    return _cut(node, where, [combine("*", size, i) for i in range(1, count)])


def array_split(x: Operand, indices_or_sections: Any, axis: int = 0) -> list[Node]:
    """As `split`, into parts that may differ in size by one.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> [part.shape for part in f.array_split(gc.array("v", 5), 2)]
    [(3,), (2,)]
    """
    node = constant(x)
    where = located(axis, node.ndim, "array_split")
    length = node.shape[where]
    if not isinstance(indices_or_sections, (int, np.integer)) or not isinstance(length, int):
        return split(node, indices_or_sections, where)
    count = int(indices_or_sections)
    if count < 1:
        msg = f"array_split: into {count} parts; there must be one at least"
        raise InputError(with_user_line(msg))
    small, more = divmod(length, count)
    return _cut(node, where, [small * i + min(i, more) for i in range(1, count)])


def _cut(node: Node, axis: int, places: Sequence[Any]) -> list[Node]:
    bounds = [None, *places, None]
    whole = (slice(None),) * axis
    return [node[(*whole, slice(a, b))] for a, b in pairwise(bounds)]


def tile(x: Operand, reps: Any) -> Node:
    """The array side by side with itself, so many times along each axis.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.tile(gc.array("v", "n"), (2, 3)).shape
    (2, 3*n)
    """
    node = constant(x)
    times = tuple(reps) if isinstance(reps, (tuple, list)) else (reps,)
    rank = max(node.ndim, len(times))
    times = (1,) * (rank - len(times)) + times
    shape: Shape = (1,) * (rank - node.ndim) + node.shape
    inner = tuple(d for dim in shape for d in (1, dim))
    outer = tuple(d for count, dim in zip(times, shape, strict=True) for d in (count, dim))
    full = tuple(combine("*", dim, t) for t, dim in zip(times, shape, strict=True))
    return node.reshape(inner).broadcast_to(outer).reshape(full)


def repeat(x: Operand, repeats: Any, axis: int | None = None) -> Node:
    """Every entry so many times in a row; over all entries, or along an axis.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.repeat(gc.array("v", "n"), 2).shape
    (2*n,)
    """
    node = constant(x)
    node = node.reshape(-1) if axis is None else node
    where = 0 if axis is None else located(axis, node.ndim, "repeat")
    counts = np.asarray(repeats) if isinstance(repeats, (list, tuple, np.ndarray)) else None
    if counts is not None and counts.size > 1:
        size = node.shape[where]
        if not isinstance(size, int) or counts.shape != (size,):
            msg = f"repeat: {counts.shape} numbers of repetitions for {size} entries"
            raise ShapeError(with_user_line(msg))
        return node[(*(slice(None),) * where, np.repeat(np.arange(size), counts))]
    count: Dim = int(counts.item()) if counts is not None else repeats
    before, (size, *after) = node.shape[:where], node.shape[where:]
    spread = node.reshape((*before, size, 1, *after)).broadcast_to((*before, size, count, *after))
    return spread.reshape((*before, combine("*", size, count), *after))


def flip(x: Operand, axis: Any = None) -> Node:
    """The entries in reverse order, along all axes or the given ones.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.flip(gc.array("v", "n"))
    <node v[::-1] float64 (n,)>
    """
    node = constant(x)
    if not node.ndim:
        return node
    try:
        axes = normal_axes(axis, node.ndim, "flip")
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    return node[tuple(slice(None, None, -1 if i in axes else 1) for i in range(node.ndim))]


def fliplr(x: Operand) -> Node:
    """Columns in reverse order.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.fliplr(gc.array("A", "m n"))
    <node A[:, ::-1] float64 (m, n)>
    """
    return flip(x, 1)


def flipud(x: Operand) -> Node:
    """Rows in reverse order.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.flipud(gc.array("A", "m n"))
    <node A[::-1] float64 (m, n)>
    """
    return flip(x, 0)


def rot90(x: Operand, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Node:
    """Turned by so many right angles, from the first axis to the second.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.rot90(gc.array("A", "m n")).shape
    (n, m)
    """
    node = constant(x)
    first, second = several(axes, node.ndim, "rot90")
    match k % 4:
        case 0:
            return node
        case 1:
            return swapaxes(flip(node, second), first, second)
        case 2:
            return flip(node, (first, second))
    return flip(swapaxes(node, first, second), second)


def roll(x: Operand, shift: Any, axis: Any = None) -> Node:
    """The entries moved on by `shift` places, those at the end coming back at the start.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.roll(gc.array("v", "n"), 1)
    <node concatenate([v[-1:], v[:-1]]) float64 (n,)>
    """
    node = constant(x)
    if axis is None:
        return roll(node.reshape(-1), shift, 0).reshape(node.shape)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    if len(shifts) == 1:
        shifts = tuple(shifts) * len(axes)
    for places, one in zip(shifts, axes, strict=True):
        where = located(one, node.ndim, "roll")
        size = node.shape[where]
        step = int(places) if not isinstance(size, int) else int(places) % size if size else 0
        if step:
            whole = (slice(None),) * where
            parts = [node[(*whole, slice(-step, None))], node[(*whole, slice(None, -step))]]
            node = concatenate(parts, where)
    return node


def meshgrid(*arrays: Operand, indexing: str = "xy") -> list[Node]:
    """Every vector spread over the grid of all of them.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> [grid.shape for grid in f.meshgrid(gc.array("u", "m"), gc.array("v", "n"))]
    [(n, m), (n, m)]
    """
    nodes = [constant(value).reshape(-1) for value in arrays]
    if indexing not in {"xy", "ij"}:
        msg = f"meshgrid: indexing is 'xy' or 'ij', not {indexing!r}"
        raise InputError(with_user_line(msg))
    rank = len(nodes)
    full = tuple(node.shape[0] for node in nodes)
    found = []
    for i, node in enumerate(nodes):
        row = tuple(node.shape[0] if j == i else 1 for j in range(rank))
        grid = node.reshape(row).broadcast_to(full)
        found.append(swapaxes(grid, 0, 1) if indexing == "xy" and rank > 1 else grid)
    return found
