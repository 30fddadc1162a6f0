"""Arrays put together of rows, or of other parts, that are zero where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.errors import ShapeError
from graphcomp.nest import PLACED, SAME, At, Nest, loops
from graphcomp.op import (
    ADDITIVE,
    LOWEST,
    SUMMED,
    Kind,
    Op,
    Operand,
    Sample,
    Spelling,
    common_dtype,
)
from graphcomp.ops.numpy_runtime import _place
from graphcomp.ops.shaping import GETITEM, SCATTER, WHOLE, Index
from graphcomp.ops.wording import in_latex
from graphcomp.shape import Dim, Shape, format_shape, same_shape, size_of

#: Of each part, the place along the leading axes.
Places = tuple[tuple[int, ...], ...]


def _place_shape(*args: Shape, places: Places, shape: Shape) -> Shape:
    for x, place in zip(args, places, strict=True):
        if x != () and not same_shape(x, shape[len(place) :]):
            msg = f"place: {format_shape(x)} does not fit at {place} of {format_shape(shape)}"
            raise ShapeError(msg)
    return shape


def _index(place: tuple[int, ...], shape: Shape, ahead: int = 0) -> Index:
    return (*[WHOLE] * ahead, *place, *[WHOLE] * (len(shape) - len(place)))


def _place_transpose(
    index: int, ct: Operand, *args: Operand, places: Places, shape: Shape
) -> Operand:
    part = ct.apply(GETITEM, index=_index(places[index], shape))
    return part.sum() if args[index].shape == () else part


def _place_nest(shapes: Sequence[Shape], *, places: Places, shape: Shape) -> tuple[Nest, ...]:
    """One after the other; zeros are needed only if parts are missing."""
    depth = len(places[0])
    alike = all(len(place) == depth for place in places)
    join = None if alike and len(places) == size_of(shape[:depth]) else PLACED
    nests = []
    for x, place in zip(shapes, places, strict=True):
        axes = shape[len(place) :]
        turns = loops(range(len(axes)))
        writes = (*(At((), i) for i in place), *turns)
        nests.append(Nest(axes, (turns if x else (),), writes, SAME, join))
    return tuple(nests)


def _place_batch(
    size: Dim, args: Sequence[Operand], batched: Sequence[bool], *, places: Places, shape: Shape
) -> Operand:
    total: Operand = None
    for x, many, place in zip(args, batched, places, strict=True):
        rest = shape[len(place) :]
        each = x.reshape((size, *[1] * len(rest))) if many and len(x.shape) == 1 else x
        part = each.broadcast_to((size, *rest))
        one = part.apply(SCATTER, index=_index(place, shape, 1), shape=(size, *shape))
        total = one if total is None else total + one
    return total


def _place_along(
    cut: Sequence[int | None], shapes: Sequence[Shape], *, places: Places, shape: Shape
) -> int | None:
    """The axis of the result at which all parts have the cut; numbers have it anywhere."""
    found: set[int | None] = {
        None if axis is None or axis == SUMMED else len(place) + axis
        for axis, x, place in zip(cut, shapes, places, strict=True)
        if x != ()
    }
    return found.pop() if len(found) == 1 else None


def _key(place: tuple[int, ...]) -> str:
    return str(place[0]) if len(place) == 1 else str(place)


def _place_text(_count: int, *, places: Places, shape: Shape) -> Spelling:
    parts = ", ".join(f"{_key(place)}: {{{i}}}" for i, place in enumerate(places))
    return Spelling(f"place({parts})")


def _place_words(_count: int, *, places: Places, **_params: object) -> Spelling:
    parts = ", ".join(f"{{{i}}} at [{_key(place)}]" for i, place in enumerate(places))
    return Spelling(f"{parts}, 0 elsewhere", LOWEST, (ADDITIVE,))


def _place_numpy(_count: int, *, places: Places, shape: Shape) -> Spelling:
    parts = ", ".join(f"{_key(place)}: {{{i}}}" for i, place in enumerate(places))
    return Spelling(f"_place({{{{{parts}}}}}, {format_shape(shape)})")


#: Parts at places along the leading axes, no two at one place; a number fills its part.
PLACE: Op = Op(
    name="place",
    kind=Kind.LINEAR,
    why="linear: the tangents go to the same places",
    why_reverse="transposed: the entries at these places",
    arity=-1,
    evaluate=lambda *args, places, shape: _place(dict(zip(places, args, strict=True)), shape),
    shape=_place_shape,
    dtype=common_dtype,
    transpose=_place_transpose,
    batch=_place_batch,
    along=_place_along,
    nest=_place_nest,
    spell={
        "text": _place_text,
        "words": _place_words,
        "latex": in_latex(_place_words),
        "numpy": _place_numpy,
    },
    samples=(
        Sample(((2,), (2,)), {"places": ((2,), (0,)), "shape": (4, 2)}),
        Sample(((2,), (2,), ()), {"places": ((0, 1), (1, 0), (1, 2)), "shape": (2, 3, 2)}),
        Sample(((3, 2), (2,)), {"places": ((1,), (0, 2)), "shape": (2, 3, 2)}),
    ),
)
