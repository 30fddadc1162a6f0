"""Ops that move entries around: broadcasting, reshaping, transposing, indexing, joining."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any, TypeAlias

import numpy as np
import sympy

from graphcomp.errors import ShapeError
from graphcomp.nest import SAME, TOTAL, At, Nest, loops, showing
from graphcomp.op import (
    ADDITIVE,
    ATOM,
    LOWEST,
    Form,
    Joins,
    Kind,
    Op,
    Operand,
    Sample,
    Spelling,
    common_dtype,
    first_dtype,
)
from graphcomp.ops.numpy_runtime import _scatter
from graphcomp.ops.wording import in_latex
from graphcomp.shape import (
    Dim,
    Shape,
    combine,
    format_shape,
    known_equal,
    require_same,
    size_of,
)

# An index is a tuple of ints, None (a new axis) and Slices; what the user wrote, made canonical.
Slice: TypeAlias = tuple[str, Dim | None, Dim | None, int]
Index: TypeAlias = tuple[int | Slice | None, ...]
WHOLE: Slice = ("slice", None, None, 1)


def as_python_index(index: Index) -> tuple[Any, ...]:
    """The index as NumPy takes it."""
    return tuple(slice(*entry[1:]) if isinstance(entry, tuple) else entry for entry in index)


# ---------------------------------------------------------------- broadcast


def _broadcast_transpose(_index: int, ct: Operand, x: Operand, *, shape: Shape) -> Operand:
    added = len(shape) - len(x.shape)
    stretched = tuple(
        added + axis
        for axis, dim in enumerate(x.shape)
        if dim == 1 and known_equal(dim, shape[added + axis]) is not True
    )
    summed = ct.sum(axis=tuple(range(added)) + stretched) if added or stretched else ct
    return summed.reshape(x.shape)


def _broadcast_batch(
    size: Dim, args: Sequence[Operand], _batched: Sequence[bool], *, shape: Shape
) -> Operand:
    (x,) = args
    padding = (1,) * (len(shape) + 1 - len(x.shape))
    return x.reshape((size, *padding, *x.shape[1:])).broadcast_to((size, *shape))


def _broadcast_nest(shapes: Sequence[Shape], *, shape: Shape) -> Nest:
    (x,) = shapes
    added = len(shape) - len(x)
    return showing(
        shape,
        [
            At() if dim == 1 and shape[added + axis] != 1 else At(((added + axis, 1),))
            for axis, dim in enumerate(x)
        ],
    )


BROADCAST = Op(
    name="broadcast_to",
    kind=Kind.LINEAR,
    why="linear: the tangent is repeated likewise",
    why_reverse="each entry was repeated, so the adjoints of its copies are summed up",
    form=Form.BROADCAST,
    evaluate=lambda x, shape: np.broadcast_to(x, shape),
    shape=lambda _x, *, shape: shape,
    dtype=first_dtype,
    view=True,
    joins=Joins.CONSUMER,
    transpose=_broadcast_transpose,
    batch=_broadcast_batch,
    along=lambda cut, shapes, *, shape: cut[0] + len(shape) - len(shapes[0]),
    nest=_broadcast_nest,
    spell={
        "numpy": lambda _count, *, shape: Spelling(f"np.broadcast_to({{0}}, {format_shape(shape)})")
    },
    samples=(
        Sample(((),), {"shape": (3, 2)}),
        Sample(((2,),), {"shape": (3, 2)}),
        Sample(((3, 1),), {"shape": (3, 2)}),
        Sample(((1, 1),), {"shape": (2, 1, 3)}),
    ),
)

# ---------------------------------------------------------------- reshape, transpose


def _reshape_shape(x: Shape, *, shape: Shape) -> Shape:
    require_same(
        "reshape: sizes", size_of(x), size_of(shape), f"{format_shape(x)} to {format_shape(shape)}"
    )
    return shape


def _reshape_along(cut: Sequence[int], shapes: Sequence[Shape], *, shape: Shape) -> int | None:
    """The axis that has the same entries before it and behind it."""
    (axis,), (old,) = cut, shapes
    ahead = size_of(old[:axis])
    for place, dim in enumerate(shape):
        if dim == old[axis] and size_of(shape[:place]) == ahead:
            return place
    return None


def _reshape_text(_count: int, *, shape: Shape) -> Spelling:
    return Spelling(f"reshape({{0}}, {format_shape(shape)})")


def _groups(old: Shape, new: Shape) -> list[tuple[list[int], list[int]]] | None:
    """Axes of both shapes that go together, of which one side has a single axis each."""
    left = [axis for axis, dim in enumerate(old) if dim != 1]
    right = [axis for axis, dim in enumerate(new) if dim != 1]
    found: list[tuple[list[int], list[int]]] = []
    while left and right:
        mine, others = [left.pop(0)], [right.pop(0)]
        while (sizes := [size_of(old[a] for a in mine), size_of(new[a] for a in others)])[
            0
        ] != sizes[1]:
            fewer = left if len(others) == 1 and _divides(sizes[0], sizes[1]) else right
            if not fewer or (fewer is right and len(mine) > 1):
                return None
            (mine if fewer is left else others).append(fewer.pop(0))
        found.append((mine, others))
    return None if left or right else found


def _divides(part: Dim, whole: Dim) -> bool:
    ratio = sympy.sympify(whole) / part if part != 0 else sympy.S.Half
    return bool(sympy.fraction(sympy.together(ratio))[1] == 1)


def _steps(axes: Sequence[int], shape: Shape) -> At:
    """The place along axes that are counted as one."""
    terms: list[tuple[int, Dim]] = []
    for i, axis in enumerate(axes):
        terms.append((axis, size_of(shape[a] for a in axes[i + 1 :])))
    return At(tuple(terms))


def _reshape_nest(shapes: Sequence[Shape], *, shape: Shape) -> Nest | None:
    """A view where axes are split, loops over the old axes where some are merged."""
    (x,) = shapes
    if 0 in x:
        return None
    groups = _groups(x, shape)
    if groups is None:
        return None
    old, new = [At()] * len(x), [At()] * len(shape)
    merged = any(len(mine) > 1 for mine, _ in groups)
    if not merged:
        for (axis,), others in groups:
            old[axis] = _steps(others, shape)
        return showing(shape, old)
    if any(len(others) > 1 for _, others in groups):
        return None
    for mine, (axis,) in groups:
        new[axis] = _steps(mine, x)
    return Nest(x, (loops(range(len(x))),), tuple(new), SAME)


RESHAPE: Op = Op(
    name="reshape",
    kind=Kind.LINEAR,
    why="linear: the tangent is arranged likewise",
    why_reverse="transposed: arranged as before",
    evaluate=lambda x, shape: np.reshape(x, shape),
    shape=_reshape_shape,
    dtype=first_dtype,
    view=True,
    transpose=lambda _index, ct, x, *, shape: ct.reshape(x.shape),
    batch=lambda size, args, _batched, *, shape: args[0].reshape((size, *shape)),
    along=_reshape_along,
    nest=_reshape_nest,
    spell={
        "text": _reshape_text,
        "latex": in_latex(_reshape_text),
        # the method, not np.reshape, which takes eight times as long
        "numpy": lambda _count, *, shape: Spelling(
            f"{{0}}.reshape({format_shape(shape)})", ATOM, (ATOM,)
        ),
    },
    samples=(
        Sample(((3, 2),), {"shape": (6,)}),
        Sample(((3, 2),), {"shape": (2, 1, 3)}),
        Sample(((3, 2),), {"shape": (3, 1, 2)}),
    ),
)


def _transpose_spell(dialect: str) -> Callable[..., Spelling]:
    def rule(_count: int, *, axes: tuple[int, ...]) -> Spelling:
        if axes == tuple(reversed(range(len(axes)))):
            short = {"text": "{0}ᵀ", "numpy": "{0}.T"}
            return Spelling(short[dialect], 40, (40,))
        if dialect == "numpy":  # the function takes four times as long as the method
            return Spelling(f"{{0}}.transpose({', '.join(map(str, axes))})", 40, (40,))
        return Spelling(f"transpose({{0}}, {axes})")

    return rule


TRANSPOSE = Op(
    name="transpose",
    kind=Kind.LINEAR,
    why="linear: d(A.T) = (dA).T",
    why_reverse="the axes are swapped back",
    form=Form.TRANSPOSE,
    evaluate=lambda x, axes: np.transpose(x, axes),
    shape=lambda x, *, axes: tuple(x[a] for a in axes),
    dtype=first_dtype,
    view=True,
    joins=Joins.CONSUMER,
    transpose=lambda _index, ct, _x, *, axes: ct.transpose(tuple(int(a) for a in np.argsort(axes))),
    batch=lambda _size, args, _batched, *, axes: args[0].transpose((0, *(a + 1 for a in axes))),
    along=lambda cut, _shapes, *, axes: axes.index(cut[0]),
    nest=lambda shapes, *, axes: showing(
        tuple(shapes[0][a] for a in axes), loops([axes.index(a) for a in range(len(axes))])
    ),
    spell={
        "text": _transpose_spell("text"),
        "latex": in_latex(_transpose_spell("text")),
        "numpy": _transpose_spell("numpy"),
    },
    samples=(Sample(((3, 2),), {"axes": (1, 0)}), Sample(((3, 2, 4),), {"axes": (2, 0, 1)})),
)

# ---------------------------------------------------------------- indexing


def normal_index(key: object, shape: Shape) -> Index:
    """A basic index (ints, slices, None, ...) in canonical form.

    Raises:
        ShapeError: too many indices, or one that is not basic.
    """
    entries: list[Any] = list(key) if isinstance(key, tuple) else [key]
    real = sum(entry is not None and not isinstance(entry, EllipsisType) for entry in entries)
    if real > len(shape) or sum(isinstance(entry, EllipsisType) for entry in entries) > 1:
        msg = f"getitem: {real} indices for an array of shape {format_shape(shape)}"
        raise ShapeError(msg)
    whole: list[Any] = [slice(None)] * (len(shape) - real)
    where = next((i for i, entry in enumerate(entries) if isinstance(entry, EllipsisType)), None)
    if where is None:
        entries += whole
    else:
        entries[where : where + 1] = whole
    result: list[int | Slice | None] = []
    axis = 0
    for entry in entries:
        if entry is None:
            result.append(None)
            continue
        dim = shape[axis]
        axis += 1
        if isinstance(entry, slice):
            result.append(_normal_slice(entry))
        elif isinstance(entry, (int, np.integer)) and not isinstance(entry, bool):
            if isinstance(dim, int) and not -dim <= entry < dim:
                msg = f"getitem: index {entry} is out of range for axis {axis - 1} of {format_shape(shape)}"
                raise ShapeError(msg)
            result.append(int(entry))
        else:
            msg = f"getitem: index {entry!r} is not an int, a slice, None or ...; other indices are not supported yet"
            raise ShapeError(msg)
    return tuple(result)


def _normal_slice(entry: slice) -> Slice:
    def bound(value: object) -> Dim | None:
        if value is None or not isinstance(value, (int, np.integer)):
            return value
        return int(value)

    step = 1 if entry.step is None else entry.step
    if not isinstance(step, (int, np.integer)) or step == 0:
        msg = f"getitem: the step of a slice must be a non-zero int, not {entry.step!r}"
        raise ShapeError(msg)
    return ("slice", bound(entry.start), bound(entry.stop), int(step))


def _slice_length(dim: Dim, entry: Slice) -> Dim:
    _, start, stop, step = entry
    if isinstance(dim, int) and all(b is None or isinstance(b, int) for b in (start, stop)):
        return len(range(*slice(start, stop, step).indices(dim)))
    if (start is None and stop is None) or (step == 1 and start in (None, 0) and stop == dim):
        span = dim
    elif step < 0:
        span = None
    else:
        low = start if start is not None else 0
        low = combine("+", dim, low) if isinstance(low, int) and low < 0 else low
        high = stop if stop is not None else dim
        high = combine("+", dim, high) if isinstance(high, int) and high < 0 else high
        open_ended = (
            high == dim or (isinstance(stop, int) and stop < 0) or not isinstance(high, int)
        )
        span = combine("-", high, low) if open_ended else None
    if span is None:
        msg = (
            f"getitem: how long the slice {start}:{stop}:{step} of a dimension {dim} is depends on its size; "
            f"give {dim} a number, or count from its end"
        )
        raise ShapeError(msg)
    count = abs(step)
    return span if count == 1 else combine("//", combine("+", span, count - 1), count)


def _getitem_shape(x: Shape, *, index: Index) -> Shape:
    result: list[Dim] = []
    axis = 0
    for entry in index:
        if entry is None:
            result.append(1)
            continue
        if isinstance(entry, tuple):
            result.append(_slice_length(x[axis], entry))
        axis += 1
    return tuple(result)


def index_text(index: Index) -> str:
    """The index as it is written between brackets."""
    parts = []
    for entry in index:
        if not isinstance(entry, tuple):
            parts.append(str(entry))
            continue
        start, stop = ("" if bound is None else str(bound) for bound in entry[1:3])
        if "+" in f"{start}{stop}" or " " in f"{start}{stop}":  # as formatters set it
            start, stop = start and f"{start} ", stop and f" {stop}"
        parts.append(f"{start}:{stop}" + (f":{entry[3]}" if entry[3] != 1 else ""))
    while len(parts) > 1 and parts[-1] == ":":
        parts.pop()
    return ", ".join(parts) or "()"


def _getitem_along(cut: Sequence[int], _shapes: Sequence[Shape], *, index: Index) -> int | None:
    """The place of the axis in the result, if the index takes it whole."""
    axis = place = 0
    for entry in index:
        if entry is None:
            place += 1
            continue
        if axis == cut[0]:
            return place if entry == WHOLE else None
        axis, place = axis + 1, place + isinstance(entry, tuple)
    return None


def _places(index: Index, shape: Shape) -> list[At] | None:
    """Where the entries that an index takes are; None where that depends on how long an axis is."""
    places: list[At] = []
    axis = 0
    for entry in index:
        if entry is None:
            axis += 1
            continue
        dim = shape[len(places)]
        if isinstance(entry, int):
            places.append(At((), combine("+", dim, entry) if entry < 0 else entry))
            continue
        start, step = _first_of(entry, dim), entry[3]
        if start is None:
            return None
        places.append(At(((axis, step),), start))
        axis += 1
    return places


def _first_of(entry: Slice, dim: Dim) -> Dim | None:
    _, start, stop, step = entry
    if isinstance(dim, int) and all(b is None or isinstance(b, int) for b in (start, stop)):
        return slice(start, stop, step).indices(dim)[0]
    if step < 0:
        return combine("-", dim, 1) if start is None else None
    if start is None:
        return 0
    return combine("+", dim, start) if isinstance(start, int) and start < 0 else start


def _getitem_nest(shapes: Sequence[Shape], *, index: Index) -> Nest | None:
    places = _places(index, shapes[0])
    return None if places is None else showing(_getitem_shape(shapes[0], index=index), places)


def _scatter_nest(shapes: Sequence[Shape], *, index: Index, shape: Shape) -> Nest | None:
    places = _places(index, shape)
    if places is None:
        return None
    return Nest(shapes[0], (loops(range(len(shapes[0]))),), tuple(places), SAME, TOTAL)


def _getitem_transpose(_index: int, ct: Operand, x: Operand, *, index: Index) -> Operand:
    if all(entry is None or entry == WHOLE for entry in index):
        return ct.reshape(x.shape)  # nothing but new axes
    return ct.apply(SCATTER, index=index, shape=x.shape)


def _getitem_spell(_count: int, *, index: Index) -> Spelling:
    return Spelling(f"{{0}}[{index_text(index)}]", 40, (40,))


GETITEM: Op = Op(
    name="getitem",
    kind=Kind.LINEAR,
    why="linear: the same entries of the tangent",
    why_reverse="the entries that were taken get the adjoint, all others 0",
    evaluate=lambda x, index: x[as_python_index(index)],
    shape=_getitem_shape,
    dtype=first_dtype,
    view=True,
    transpose=_getitem_transpose,
    batch=lambda _size, args, _batched, *, index: args[0].apply(GETITEM, index=(WHOLE, *index)),
    along=_getitem_along,
    nest=_getitem_nest,
    spell={"text": _getitem_spell, "latex": in_latex(_getitem_spell), "numpy": _getitem_spell},
    samples=(
        Sample(((3, 2),), {"index": (1, WHOLE)}),
        Sample(((5, 2),), {"index": (("slice", 1, None, 2), None, -1)}),
        Sample(((4,),), {"index": (("slice", None, None, -1),)}),
    ),
)


def _scatter_text(_count: int, *, index: Index, shape: Shape) -> Spelling:
    return Spelling(f"zeros{format_shape(shape)}.at[{index_text(index)}].add({{0}})")


def _scatter_words(_count: int, *, index: Index, **_params: object) -> Spelling:
    return Spelling(f"{{0}} at [{index_text(index)}], 0 elsewhere", LOWEST, (ADDITIVE,))


def _scatter_numpy(_count: int, *, index: Index, shape: Shape) -> Spelling:
    slices = [
        f"slice({entry[1]}, {entry[2]}, {entry[3]})" if isinstance(entry, tuple) else str(entry)
        for entry in index
    ]
    listed = f"({slices[0]},)" if len(slices) == 1 else f"({', '.join(slices)})"
    return Spelling(f"_scatter({{0}}, {listed}, {format_shape(shape)})")


def _scatter_into(_count: int, *, index: Index, shape: Shape) -> Spelling:
    return Spelling(f"{{0}}[{index_text(index)}] += {{1}}")


def _scatter_along(
    cut: Sequence[int], _shapes: Sequence[Shape], *, index: Index, shape: Shape
) -> int | None:
    """The axis of the result that the index takes whole at the place of the cut."""
    axis = place = 0
    for entry in index:
        if isinstance(entry, tuple) and place == cut[0]:
            return axis if entry == WHOLE else None
        place += entry is None or isinstance(entry, tuple)
        axis += entry is not None
    return None


SCATTER: Op = Op(
    name="scatter",
    kind=Kind.LINEAR,
    why="linear: the tangent goes to the same places",
    why_reverse="transposed: the entries at these places",
    evaluate=lambda x, index, shape: _scatter(x, as_python_index(index), shape),
    shape=lambda _x, *, index, shape: shape,
    dtype=first_dtype,
    transpose=lambda _index, ct, _x, *, index, shape: ct.apply(GETITEM, index=index),
    batch=lambda size, args, _batched, *, index, shape: args[0].apply(
        SCATTER, index=(WHOLE, *index), shape=(size, *shape)
    ),
    along=_scatter_along,
    nest=_scatter_nest,
    spreads=True,
    spell={
        "text": _scatter_text,
        "words": _scatter_words,
        "latex": in_latex(_scatter_words),
        "numpy": _scatter_numpy,
        "numpy into": _scatter_into,
    },
    samples=(
        Sample(((2,),), {"index": (1, WHOLE), "shape": (3, 2)}),
        Sample(((2, 1),), {"index": (("slice", 1, None, 2), None, -1), "shape": (5, 2)}),
    ),
)

# ---------------------------------------------------------------- concatenate


def _concatenate_shape(*shapes: Shape, axis: int) -> Shape:
    first = shapes[0]
    total: Dim = 0
    for shape in shapes:
        listed = " and ".join(format_shape(s) for s in (first, shape))
        if len(shape) != len(first):
            msg = f"concatenate: ranks differ: {listed}"
            raise ShapeError(msg)
        for i, (a, b) in enumerate(zip(first, shape, strict=True)):
            if i != axis:
                require_same("concatenate: dimensions", a, b, f"{listed} along axis {axis}")
        total = combine("+", total, shape[axis])
    return (*first[:axis], total, *first[axis + 1 :])


def _concatenate_transpose(index: int, ct: Operand, *args: Operand, axis: int) -> Operand:
    start: Dim = 0
    for arg in args[:index]:
        start = combine("+", start, arg.shape[axis])
    stop = combine("+", start, args[index].shape[axis])
    whole = [WHOLE] * len(ct.shape)
    whole[axis] = ("slice", start, stop, 1)
    return ct.apply(GETITEM, index=tuple(whole))


def _concatenate_batch(
    size: Dim, args: Sequence[Operand], batched: Sequence[bool], *, axis: int
) -> Operand:
    first, *rest = (
        arg if flag else arg.broadcast_to((size, *arg.shape))
        for arg, flag in zip(args, batched, strict=True)
    )
    return first.apply(CONCATENATE, *rest, axis=axis + 1)


def _concatenate_spell(dialect: str) -> Callable[..., Spelling]:
    def rule(count: int, *, axis: int) -> Spelling:
        places = ", ".join(f"{{{i}}}" for i in range(count))
        prefix, bracket = ("np.", "(") if dialect == "numpy" else ("", "[")
        close = ",)" if bracket == "(" and count == 1 else ")" if bracket == "(" else "]"
        suffix = f", axis={axis}" if axis else ""
        return Spelling(f"{prefix}concatenate({bracket}{places}{close}{suffix})")

    return rule


def _concatenate_nest(shapes: Sequence[Shape], *, axis: int) -> tuple[Nest, ...]:
    """One after the other."""
    start: Dim = 0
    nests = []
    for shape in shapes:
        places = loops(range(len(shape)))
        writes = (*places[:axis], At(((axis, 1),), start), *places[axis + 1 :])
        nests.append(Nest(shape, (places,), writes, SAME))
        start = combine("+", start, shape[axis])
    return tuple(nests)


CONCATENATE: Op = Op(
    name="concatenate",
    kind=Kind.LINEAR,
    why="linear: the tangents are joined likewise",
    why_reverse="each part gets its part of the adjoint",
    arity=-1,
    evaluate=lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    shape=_concatenate_shape,
    dtype=common_dtype,
    transpose=_concatenate_transpose,
    batch=_concatenate_batch,
    along=lambda cut, _shapes, *, axis: (
        None if cut[0] == axis or any(c != cut[0] for c in cut) else cut[0]
    ),
    nest=_concatenate_nest,
    spell={
        "text": _concatenate_spell("text"),
        "latex": in_latex(_concatenate_spell("text")),
        "numpy": _concatenate_spell("numpy"),
    },
    samples=(Sample(((3, 2), (1, 2), (2, 2)), {"axis": 0}), Sample(((3, 2), (3, 1)), {"axis": 1})),
)


# ---------------------------------------------------------------- dtype


_PYTHON = {"f": "float", "i": "int", "b": "bool"}


def _cast_spell(_count: int, *, dtype: str) -> Spelling:
    return Spelling(f"{{0}}.astype(np.{dtype})", 40, (40,))


def _cast_text(_count: int, *, dtype: str) -> Spelling:
    return Spelling(f"{dtype}({{0}})")


def _cast_transpose(_index: int, ct: Operand, x: Operand, *, dtype: str) -> Operand:
    return ct.apply(CAST, dtype=x.dtype.name) if x.dtype.name != dtype else ct


CAST: Op = Op(
    name="astype",
    kind=Kind.LINEAR,
    why="linear: only the number format changes",
    evaluate=lambda x, dtype: np.asarray(x).astype(dtype),
    dtype=lambda _x, *, dtype: np.dtype(dtype),
    broadcasts=True,
    joins=Joins.CONSUMER,
    transpose=_cast_transpose,
    analytic=False,
    spell={
        "text": _cast_text,
        "latex": in_latex(_cast_text),
        "numpy": _cast_spell,
        "numba": lambda _count, *, dtype: Spelling(f"np.{dtype}({{0}})"),
        "math": lambda _count, *, dtype: Spelling(f"{_PYTHON[np.dtype(dtype).kind]}({{0}})"),
    },
    samples=(Sample(((3, 2),), {"dtype": "float64"}),),
)
