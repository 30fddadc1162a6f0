"""Arrays put together and taken apart, beyond `concatenate` and `split`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphcomp.errors import GraphcompError, InputError, ShapeError, with_user_line
from graphcomp.functions.arrays import concatenate
from graphcomp.functions.shapes import atleast_2d, located, moveaxis, split
from graphcomp.node import Node, Operand, constant
from graphcomp.shape import MAX_RANK, broadcast_shape


def append(x: Operand, values: Operand, axis: int | None = None) -> Node:
    """Both joined along an axis, or all entries of both in one row.

    >>> import graphcomp as gc
    >>> gc.append(gc.array("v", "n"), gc.scalar("s")).shape
    (n + 1,)
    """
    first, second = constant(x), constant(values)
    if axis is None:
        return concatenate([first.reshape(-1), second.reshape(-1)])
    return concatenate([first, second], axis)


def atleast_3d(x: Operand) -> Node:
    """With three axes at least: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1).

    >>> import graphcomp as gc
    >>> gc.atleast_3d(gc.array("v", "n")).shape
    (1, n, 1)
    """
    node = atleast_2d(x)
    return node if node.ndim > 2 else node.reshape((*node.shape, 1))


def dstack(arrays: Sequence[Operand]) -> Node:
    """Behind each other: joined along the third axis.

    >>> import graphcomp as gc
    >>> gc.dstack([gc.array("u", "n"), gc.array("v", "n")]).shape
    (1, n, 2)
    """
    return concatenate([atleast_3d(value) for value in arrays], 2)


def block(arrays: Any) -> Node:
    """One array of nested lists of blocks: the innermost lists joined along the last axis.

    Raises:
        InputError: lists of different depths, or an empty one.

    >>> import graphcomp as gc
    >>> A, v = gc.array("A", "n n"), gc.array("v", "n 1")
    >>> gc.block([[A, v], [v.T, gc.constant(1.0)]]).shape
    (n + 1, n + 1)
    """
    depth = _depth(arrays, 0)
    rank = max(depth, *(constant(leaf).ndim for leaf in _leaves(arrays)), 0)
    return _joined(arrays, depth, rank)


def _depth(arrays: Any, above: int) -> int:
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(entry, above + 1) for entry in arrays} if above < MAX_RANK else set()
    if len(depths) != 1:
        msg = f"block: needs lists of blocks, none empty, nested equally deep, {MAX_RANK} at most"
        raise InputError(with_user_line(msg))
    return depths.pop() + 1


def _leaves(arrays: Any) -> list[Any]:
    if not isinstance(arrays, list):
        return [arrays]
    return [leaf for entry in arrays for leaf in _leaves(entry)]


def _joined(arrays: Any, depth: int, rank: int) -> Node:
    if not depth:
        node = constant(arrays)
        return node.reshape((*(1,) * (rank - node.ndim), *node.shape))
    return concatenate([_joined(entry, depth - 1, rank) for entry in arrays], -depth)


def broadcast_arrays(*arrays: Operand) -> tuple[Node, ...]:
    """All of them, in the shape that they broadcast to.

    >>> import graphcomp as gc
    >>> u, v = gc.broadcast_arrays(gc.array("u", "m 1"), gc.array("v", "n"))
    >>> u.shape, v.shape
    ((m, n), (m, n))
    """
    nodes = [constant(value) for value in arrays]
    if not nodes:
        return ()
    try:
        shape = broadcast_shape("broadcast_arrays", *(node.shape for node in nodes))
    except GraphcompError as error:
        raise type(error)(with_user_line(str(error))) from None
    return tuple(node.broadcast_to(shape) for node in nodes)


def hsplit(x: Operand, indices_or_sections: Any) -> list[Node]:
    """Parts side by side: along the second axis, of a vector along its only one.

    >>> import graphcomp as gc
    >>> [part.shape for part in gc.hsplit(gc.array("A", "m 4"), 2)]
    [(m, 2), (m, 2)]
    """
    node = _with_axes(x, 1, "hsplit")
    return split(node, indices_or_sections, 0 if node.ndim == 1 else 1)


def vsplit(x: Operand, indices_or_sections: Any) -> list[Node]:
    """Parts on top of each other: along the first axis of two or more.

    >>> import graphcomp as gc
    >>> [part.shape for part in gc.vsplit(gc.array("A", "4 n"), 2)]
    [(2, n), (2, n)]
    """
    return split(_with_axes(x, 2, "vsplit"), indices_or_sections, 0)


def dsplit(x: Operand, indices_or_sections: Any) -> list[Node]:
    """Parts behind each other: along the third axis.

    >>> import graphcomp as gc
    >>> [part.shape for part in gc.dsplit(gc.array("A", "m n 4"), 2)]
    [(m, n, 2), (m, n, 2)]
    """
    return split(_with_axes(x, 3, "dsplit"), indices_or_sections, 2)


def _with_axes(x: Operand, least: int, name: str) -> Node:
    node = constant(x)
    if node.ndim < least:
        msg = f"{name}: needs {least} dimensions at least, not {node.ndim}"
        raise ShapeError(with_user_line(msg))
    return node


def unstack(x: Operand, axis: int = 0) -> tuple[Node, ...]:
    """The parts along an axis of known size, one by one, without that axis.

    Raises:
        ShapeError: the size of the axis is not known.

    >>> import graphcomp as gc
    >>> [part.shape for part in gc.unstack(gc.array("A", "m 3"), axis=1)]
    [(m,), (m,), (m,)]
    """
    node = constant(x)
    where = located(axis, node.ndim, "unstack")
    size = node.shape[where]
    if not isinstance(size, int):
        msg = f"unstack: dimension {size} has no number yet; use an int in the shape"
        raise ShapeError(with_user_line(msg))
    return tuple(node[(*(slice(None),) * where, i)] for i in range(size))


def rollaxis(x: Operand, axis: int, start: int = 0) -> Node:
    """An axis moved to before another one; `moveaxis` is easier to read.

    >>> import graphcomp as gc
    >>> gc.rollaxis(gc.array("A", "k m n"), 2).shape
    (n, k, m)
    """
    node = constant(x)
    where = located(axis, node.ndim, "rollaxis")
    before = start + node.ndim if start < 0 else start
    if not 0 <= before <= node.ndim:
        msg = f"rollaxis: start {start} is out of range for an array with {node.ndim} dimensions"
        raise ShapeError(with_user_line(msg))
    return moveaxis(node, where, before - (where < before))
