"""Indexing with arrays of integers, along axes, and sorting, which is indexing by the order.

An index has no derivative, so what is mapped over a new axis is always what is indexed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphcomp.errors import ShapeError
from graphcomp.op import (
    ADDITIVE,
    LOWEST,
    DType,
    Kind,
    Op,
    Operand,
    Sample,
    Spelling,
    first_dtype,
)
from graphcomp.ops.numpy_runtime import _add_along, _scatter_at
from graphcomp.ops.wording import in_latex
from graphcomp.shape import INT, Dim, Shape, broadcast_shape, format_shape

Axes = tuple[int, ...]


def _key(axes: Axes, indices: Sequence[Any]) -> tuple[Any, ...]:
    return (*(slice(None),) * axes[0], *indices)


def _draw(rng: Any, index: int, shape: Shape) -> Any:
    """Indices that are in range for two entries, and repeat."""
    return rng.integers(-2, 2, shape) if index else rng.uniform(-2, 2, shape)


def _gather_shape(x: Shape, *indices: Shape, axes: Axes) -> Shape:
    if len(x) <= axes[-1]:
        msg = f"getitem: {len(axes)} index arrays from axis {axes[0]} on for {format_shape(x)}"
        raise ShapeError(msg)
    return (*x[: axes[0]], *broadcast_shape("getitem", *indices), *x[axes[-1] + 1 :])


def _places(count: int, axes: Axes, first: int) -> str:
    listed = [":"] * axes[0] + [f"{{{i}}}" for i in range(first, count)]
    return ", ".join(listed)


def _gather_spell(count: int, *, axes: Axes) -> Spelling:
    return Spelling(f"{{0}}[{_places(count, axes, 1)}]", 40, (40, 0))


def _gather_batch(
    _size: Dim, args: Sequence[Operand], _batched: Sequence[bool], *, axes: Axes
) -> Operand:
    return args[0].apply(GATHER, *args[1:], axes=tuple(a + 1 for a in axes))


def _gather_transpose(
    index: int, ct: Operand, x: Operand, *indices: Operand, axes: Axes
) -> Operand:
    return None if index else ct.apply(SCATTER_ADD, *indices, axes=axes, shape=x.shape)


GATHER: Op = Op(
    name="gather",
    kind=Kind.LINEAR,
    why="linear: the same entries of the tangent",
    why_reverse="the entries that were taken get the adjoint, summed up where one was taken several times",
    arity=-1,
    evaluate=lambda x, *indices, axes: x[_key(axes, indices)],
    shape=_gather_shape,
    dtype=first_dtype,
    view=True,  # with indices that have no dimensions
    transpose=_gather_transpose,
    batch=_gather_batch,
    spell={"text": _gather_spell, "latex": in_latex(_gather_spell), "numpy": _gather_spell},
    domains=((-2.0, 2.0), "int"),
    samples=(
        Sample(((3,), (5,)), {"axes": (0,)}),
        Sample(((2, 3), (2, 2)), {"axes": (1,)}),
        Sample(((2, 3, 2), (3, 1), (2,)), {"axes": (0, 1)}),
        Sample(((3, 2), ()), {"axes": (0,)}),
    ),
    draw=_draw,
)


def _scatter_text(count: int, *, axes: Axes, shape: Shape) -> Spelling:
    return Spelling(f"zeros{format_shape(shape)}.at[{_places(count, axes, 1)}].add({{0}})")


def _scatter_words(count: int, *, axes: Axes, **_params: object) -> Spelling:
    places = _places(count, axes, 1)
    return Spelling(f"{{0}} added up at [{places}], 0 elsewhere", LOWEST, (ADDITIVE, LOWEST))


def _scatter_numpy(count: int, *, axes: Axes, shape: Shape) -> Spelling:
    listed = ["slice(None)"] * axes[0] + [f"{{{i}}}" for i in range(1, count)]
    key = f"({listed[0]},)" if len(listed) == 1 else f"({', '.join(listed)})"
    return Spelling(f"_scatter_at({{0}}, {key}, {format_shape(shape)})")


def _scatter_shape(x: Shape, *indices: Shape, axes: Axes, shape: Shape) -> Shape:
    needed = _gather_shape(shape, *indices, axes=axes)
    if broadcast_shape("scatter", x, needed) != needed:
        msg = f"scatter: {format_shape(x)} does not fit {format_shape(needed)}"
        raise ShapeError(msg)
    return shape


SCATTER_ADD: Op = Op(
    name="scatter_add",
    kind=Kind.LINEAR,
    why="linear: the tangent goes to the same places",
    why_reverse="transposed: the entries at these places",
    arity=-1,
    evaluate=lambda x, *indices, axes, shape: _scatter_at(x, _key(axes, indices), shape),
    shape=_scatter_shape,
    dtype=first_dtype,
    transpose=lambda index, ct, _x, *indices, axes, shape: (
        None if index else ct.apply(GATHER, *indices, axes=axes)
    ),
    batch=lambda size, args, _batched, *, axes, shape: args[0].apply(
        SCATTER_ADD, *args[1:], axes=tuple(a + 1 for a in axes), shape=(size, *shape)
    ),
    spell={
        "text": _scatter_text,
        "words": _scatter_words,
        "latex": in_latex(_scatter_words),
        "numpy": _scatter_numpy,
    },
    domains=((-2.0, 2.0), "int"),
    samples=(
        Sample(((5,), (5,)), {"axes": (0,), "shape": (3,)}),
        Sample(((2, 4), (4,)), {"axes": (1,), "shape": (2, 3)}),
        Sample(((3, 2, 2), (3, 1), (2,)), {"axes": (0, 1), "shape": (2, 3, 2)}),
    ),
    draw=_draw,
)

# ---------------------------------------------------------------- one index for each entry


def _along_shape(x: Shape, index: Shape, *, axes: Axes) -> Shape:
    (axis,) = axes
    others = [shape[:axis] + shape[axis + 1 :] for shape in (x, index)]
    if len(x) != len(index) or others[0] != others[1]:
        msg = f"take_along_axis: {format_shape(index)} does not fit {format_shape(x)} along axis {axis}"
        raise ShapeError(msg)
    return index


def _axis_spell(name: str, count: int, options: str = "") -> dict[str, Callable[..., Spelling]]:
    places = ", ".join(f"{{{i}}}" for i in range(count))

    def rule(prefix: str, options: str) -> Callable[..., Spelling]:
        return lambda _count, *, axes: Spelling(
            f"{prefix}{name}({places}, axis={axes[0]}{options})"
        )

    text = rule("", "")
    return {"text": text, "latex": in_latex(text), "numpy": rule("np.", options)}


TAKE_ALONG: Op = Op(
    name="take_along_axis",
    kind=Kind.LINEAR,
    why="linear: the same entries of the tangent",
    why_reverse="the entries that were taken get the adjoint, summed up where one was taken several times",
    arity=2,
    evaluate=lambda x, index, axes: np.take_along_axis(x, index, axis=axes[0]),
    shape=_along_shape,
    dtype=first_dtype,
    transpose=lambda index, ct, x, places, *, axes: (
        None if index else ct.apply(ADD_ALONG, places, axes=axes, shape=x.shape)
    ),
    batch=lambda size, args, _batched, *, axes: args[0].apply(
        TAKE_ALONG, args[1].broadcast_to((size, *args[1].shape)), axes=(axes[0] + 1,)
    ),
    spell=_axis_spell("take_along_axis", 2),
    domains=((-2.0, 2.0), "int"),
    samples=(
        Sample(((3,), (4,)), {"axes": (0,)}),
        Sample(((2, 3), (2, 2)), {"axes": (1,)}),
        Sample(((2, 3), (4, 3)), {"axes": (0,)}),
    ),
    draw=_draw,
)


def _add_along_numpy(_count: int, *, axes: Axes, shape: Shape) -> Spelling:
    return Spelling(f"_add_along({{0}}, {{1}}, {axes[0]}, {format_shape(shape)})")


def _add_along_text(_count: int, *, axes: Axes, shape: Shape) -> Spelling:
    return Spelling(f"add_along_axis({{0}}, {{1}}, axis={axes[0]})")


def _add_along_words(_count: int, *, axes: Axes, **_params: object) -> Spelling:
    text = f"{{0}} added up at {{1}} along axis {axes[0]}, 0 elsewhere"
    return Spelling(text, LOWEST, (ADDITIVE, ADDITIVE))


ADD_ALONG: Op = Op(
    name="add_along_axis",
    kind=Kind.LINEAR,
    why="linear: the tangent goes to the same places",
    why_reverse="transposed: the entries at these places",
    arity=2,
    evaluate=lambda x, index, axes, shape: _add_along(x, index, axes[0], shape),
    shape=lambda _x, _index, *, axes, shape: shape,
    dtype=first_dtype,
    transpose=lambda index, ct, _x, places, *, axes, shape: (
        None if index else ct.apply(TAKE_ALONG, places, axes=axes)
    ),
    batch=lambda size, args, _batched, *, axes, shape: args[0].apply(
        ADD_ALONG,
        args[1].broadcast_to((size, *args[1].shape)),
        axes=(axes[0] + 1,),
        shape=(size, *shape),
    ),
    spell={
        "text": _add_along_text,
        "words": _add_along_words,
        "latex": in_latex(_add_along_words),
        "numpy": _add_along_numpy,
    },
    domains=((-2.0, 2.0), "int"),
    samples=(
        Sample(((4,), (4,)), {"axes": (0,), "shape": (3,)}),
        Sample(((2, 4), (2, 4)), {"axes": (1,), "shape": (2, 3)}),
    ),
    draw=_draw,
)

# ---------------------------------------------------------------- order


def _int_dtype(_x: DType, **_params: object) -> DType:
    return INT


def _gap(x: Any, *, axes: Axes) -> Any:
    return np.diff(np.sort(x, axis=axes[0]), axis=axes[0])


_ORDERED = (Sample(((4,),), {"axes": (0,)}), Sample(((3, 2),), {"axes": (0,)}))

ARGSORT: Op = Op(
    name="argsort",
    kind=Kind.DISCRETE,
    evaluate=lambda x, axes: np.argsort(x, axis=axes[0], kind="stable"),
    dtype=_int_dtype,
    batch=lambda _size, args, _batched, *, axes: args[0].apply(ARGSORT, axes=(axes[0] + 1,)),
    margin=_gap,
    kink="places: no derivative passes",
    spell=_axis_spell("argsort", 1, ', kind="stable"'),
    samples=_ORDERED,
)


def _sort_jvp(
    _out: Operand, args: Sequence[Operand], tangents: Sequence[Operand], *, axes: Axes
) -> Operand:
    return tangents[0].apply(TAKE_ALONG, args[0].apply(ARGSORT, axes=axes), axes=axes)


SORT: Op = Op(
    name="sort",
    kind=Kind.OPAQUE,
    why="the tangents move along with the entries",
    why_reverse="every entry gets the adjoint of its place in the order",
    evaluate=lambda x, axes: np.sort(x, axis=axes[0]),
    dtype=first_dtype,
    jvp=_sort_jvp,
    batch=lambda _size, args, _batched, *, axes: args[0].apply(SORT, axes=(axes[0] + 1,)),
    margin=_gap,
    kink="at ties the entries keep their order",
    spell=_axis_spell("sort", 1),
    samples=_ORDERED,
)
