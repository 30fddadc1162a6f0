"""What an index means: any key that NumPy takes, in steps of which each has an op.

The basic part of the key (slices, numbers, new axes) comes first, then the axes that are indexed by
arrays are brought together, then these are looked up at once, and moved to where NumPy puts them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import EllipsisType
from typing import Any

import numpy as np

from graphcomp.errors import InputError, ShapeError, TracingError
from graphcomp.op import Operand
from graphcomp.ops.arithmetic import ADD, MUL
from graphcomp.ops.comparison import GREATER, WHERE
from graphcomp.ops.gather import GATHER, SCATTER_ADD
from graphcomp.ops.shaping import GETITEM, SCATTER, normal_index
from graphcomp.shape import Dim, Shape, format_shape


def is_advanced(key: object) -> bool:
    """Whether there is an array, a list or a node in the key."""
    entries = key if isinstance(key, tuple) else (key,)
    return any(isinstance(e, (list, np.ndarray, bool, np.bool_)) or _is_node(e) for e in entries)


def _is_node(entry: object) -> bool:
    return hasattr(entry, "op")


@dataclass(frozen=True, slots=True)
class Selection:
    """A key, taken apart.

    Attributes:
        shape: of the array that is indexed.
        basic: its basic part.
        between: what that gives.
        order: the axes of that in the order for the look-up.
        arrays: the index arrays.
        start: the first axis that they index.
        moved: the axes of the result in the order that NumPy gives them.
    """

    shape: Shape
    basic: tuple[Any, ...]
    between: Shape
    order: tuple[int, ...]
    arrays: tuple[Any, ...]
    start: int
    moved: tuple[int, ...]

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that are indexed by arrays."""
        return tuple(range(self.start, self.start + len(self.arrays)))

    def of(self, x: Operand) -> Operand:
        """The selected entries."""
        if x.shape != self.between or any(e != ("slice", None, None, 1) for e in self.basic):
            x = x.apply(GETITEM, index=self.basic)
        if not self.arrays:
            return x
        found = x.transpose(self.order).apply(GATHER, *self.arrays, axes=self.axes)
        return found.transpose(self.moved)

    def back(self, entries: Operand) -> Operand:
        """Zeros, with these added at the selected places."""
        if self.arrays:
            entries = entries.transpose(_inverse(self.moved))
            shape = tuple(self.between[a] for a in self.order)
            entries = entries.apply(SCATTER_ADD, *self.arrays, axes=self.axes, shape=shape)
            entries = entries.transpose(_inverse(self.order))
        if self.shape == self.between and all(e == ("slice", None, None, 1) for e in self.basic):
            return entries
        return entries.apply(SCATTER, index=self.basic, shape=self.shape)

    @property
    def repeats(self) -> bool:
        """Whether an entry is known to be selected more than once."""
        if not self.arrays or any(_is_node(array) for array in self.arrays):
            return False
        together = np.stack([a.ravel() for a in np.broadcast_arrays(*self.arrays)], axis=1)
        dims = [self.between[self.order[axis]] for axis in self.axes]
        for column, dim in enumerate(dims):
            if isinstance(dim, int):
                together[:, column] %= max(dim, 1)
        return len(np.unique(together, axis=0)) < len(together)


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(a) for a in np.argsort(order))


def select(key: object, shape: Shape) -> Selection:
    """Take a key apart.

    Raises:
        ShapeError: too many indices, or one out of range.
        TracingError: a mask that is known only when the graph is evaluated.
    """
    entries = _entries(key, shape)
    basic: list[Any] = []
    kinds: list[str] = []
    arrays: list[Any] = []
    axis = 0
    for entry in entries:
        if entry is None:
            kinds.append("kept")
            basic.append(None)
            continue
        if isinstance(entry, slice):
            kinds.append("kept")
            basic.append(entry)
        elif isinstance(entry, int):
            kinds.append("number")
            basic.append(entry)
        else:
            _check_range(entry, shape[axis], axis)
            kinds.append("array")
            basic.append(slice(None))
            arrays.append(entry)
        axis += 1
    index = normal_index(tuple(basic), shape)
    between = _basic_shape(index, shape)
    axes = [i for i, kind in enumerate(k for k in kinds if k != "number") if kind == "array"]
    advanced = [i for i, kind in enumerate(kinds) if kind != "kept"]
    together = not arrays or advanced[-1] - advanced[0] + 1 == len(advanced)
    adjacent = not arrays or axes[-1] - axes[0] + 1 == len(axes)
    rest = [a for a in range(len(between)) if a not in axes]
    order = tuple(range(len(between))) if adjacent else (*axes, *rest)
    start = axes[0] if arrays and adjacent else 0
    added = max((np.ndim(a) if not _is_node(a) else len(a.shape) for a in arrays), default=0)
    rank = len(rest) + added
    moved = tuple(range(rank))
    if arrays and start and not together:
        moved = (*range(start, start + added), *range(start), *range(start + added, rank))
    return Selection(shape, index, between, order, tuple(arrays), start, moved)


def _basic_shape(index: Any, shape: Shape) -> Shape:
    result: Shape = GETITEM.shape(shape, index=index)
    return result


def _entries(key: object, shape: Shape) -> list[Any]:
    """The entries of a key with masks as arrays of places, and without ``...``."""
    entries: list[Any] = []
    for entry in key if isinstance(key, tuple) else (key,):
        if _is_node(entry):
            entries.append(_checked_node(entry))
        elif isinstance(entry, (list, np.ndarray, bool, np.bool_)):
            axis = sum(e is not None and not isinstance(e, EllipsisType) for e in entries)
            if any(isinstance(e, EllipsisType) for e in entries):
                axis = -1
            entries += _as_places(entry, shape, axis)
        else:
            entries.append(int(entry) if isinstance(entry, np.integer) else entry)
    used = sum(entry is not None and not isinstance(entry, EllipsisType) for entry in entries)
    dots = [i for i, entry in enumerate(entries) if isinstance(entry, EllipsisType)]
    if used > len(shape) or len(dots) > 1:
        msg = f"getitem: {used} indices for an array of shape {format_shape(shape)}"
        raise ShapeError(msg)
    whole = [slice(None)] * (len(shape) - used)
    where = dots[0] if dots else len(entries)
    return [*entries[:where], *whole, *entries[where + len(dots) :]]


def _checked_node(entry: Any) -> Any:
    if entry.dtype.kind == "b":
        msg = (
            "getitem: how many entries a symbolic mask selects is known only when the graph is "
            "evaluated: use graphcomp.where(mask, x, 0), or a mask that is a NumPy array"
        )
        raise TracingError(msg)
    if entry.dtype.kind != "i":
        msg = f"getitem: an index must be of integers, not {entry.dtype}"
        raise InputError(msg)
    return entry


def _as_places(entry: Any, shape: Shape, axis: int) -> list[Any]:
    array = np.asarray(entry)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)
    if array.dtype.kind == "b" and array.ndim:
        for i, size in enumerate(array.shape):
            dim = shape[axis + i] if axis >= 0 and axis + i < len(shape) else size
            if isinstance(dim, int) and dim != size:
                msg = f"getitem: a mask of shape {array.shape} does not fit {format_shape(shape)}"
                raise ShapeError(msg)
        return list(np.nonzero(array))
    if array.dtype.kind not in "iu":
        msg = f"getitem: an index array must be of integers or booleans, not {array.dtype}"
        raise InputError(msg)
    return [array.astype(np.int64)]


def _check_range(entry: Any, dim: Dim, axis: int) -> None:
    if _is_node(entry) or not isinstance(dim, int) or not entry.size:
        return
    low, high = int(entry.min()), int(entry.max())
    if low < -dim or high >= dim:
        bad = low if low < -dim else high
        msg = f"getitem: index {bad} is out of range for axis {axis} with {dim} entries"
        raise ShapeError(msg)


class Updates:
    """``x.at``: what would be an assignment to entries of x, as an expression.

    >>> import graphcomp as gc
    >>> x = gc.array("x", 3)
    >>> x.at[0].add(1.0).shape
    (3,)
    """

    __slots__ = ("_node",)

    def __init__(self, node: Operand) -> None:
        self._node = node

    def __getitem__(self, key: object) -> Update:
        return Update(self._node, key)


class Update:
    """Some entries of a node, about to be changed."""

    __slots__ = ("_mask", "_node", "_selection")

    def __init__(self, node: Operand, key: object) -> None:
        self._node = node
        mask = _is_node(key) and getattr(key, "dtype", None) == np.bool_
        self._mask: Operand = key if mask else None
        self._selection = None if mask else select(key, node.shape)

    def set(self, values: Operand) -> Operand:
        """The array with these values there."""
        node = self._node
        if self._selection is None:
            return self._mask.apply(WHERE, values, node)
        if self._selection.repeats:
            msg = "at[...].set: an entry is selected twice, so which value it gets is not defined"
            raise InputError(msg)
        placed = self._selection.back(self._spread(values))
        return self._chosen().apply(WHERE, placed, node)

    def add(self, values: Operand) -> Operand:
        """The array with these values added there; for an entry selected twice, both."""
        if self._selection is None:
            node = self._node
            return node.apply(ADD, self._mask.apply(WHERE, values, 0.0))
        return self._node.apply(ADD, self._selection.back(self._spread(values)))

    def multiply(self, values: Operand) -> Operand:
        """The array with the entries there multiplied by these values."""
        if self._selection is None:
            return self.set(self._node.apply(MUL, values))
        return self.set(self._selection.of(self._node).apply(MUL, values))

    mul = multiply

    def _spread(self, values: Operand) -> Operand:
        """The values in the shape of the selection, and the dtype of the array."""
        assert self._selection is not None
        selected = self._selection.of(self._node)
        lifted = values if _is_node(values) else _constant_like(selected, values)
        return lifted.astype(self._node.dtype).broadcast_to(selected.shape)

    def _chosen(self) -> Operand:
        """Where the selected entries are."""
        assert self._selection is not None
        ones = _constant_like(self._node, 1.0)
        shape = self._selection.of(self._node).shape
        return self._selection.back(ones.broadcast_to(shape)).apply(GREATER, 0.0)


def _constant_like(node: Operand, values: Any) -> Operand:
    """A number or an array as a node, in the dtype of another."""
    return node.lift(np.asarray(values, node.dtype))
