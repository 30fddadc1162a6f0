"""Triangles and diagonals of matrices, and of stacks of matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from graphcomp.errors import ShapeError
from graphcomp.op import (
    ADDITIVE,
    ATOM,
    Kind,
    Op,
    Operand,
    Rule,
    Sample,
    Spelling,
    common_dtype,
    first_dtype,
)
from graphcomp.ops.numpy_runtime import _banded, _from_diagonal
from graphcomp.ops.wording import in_latex
from graphcomp.shape import Dim, Shape, combine, format_shape, known_equal


def _matrix_shape(name: str) -> Rule:
    def rule(x: Shape, **_params: object) -> Shape:
        if len(x) < 2:
            msg = f"{name}: needs a matrix, or a stack of them, not {format_shape(x)}"
            raise ShapeError(msg)
        return x

    return rule


def _offset_spell(name: str) -> dict[str, Callable[..., Spelling]]:
    def rule(prefix: str) -> Callable[..., Spelling]:
        return lambda _count, *, k: Spelling(f"{prefix}{name}({{0}}{f', {k}' if k else ''})")

    return {"text": rule(""), "latex": in_latex(rule("")), "numpy": rule("np.")}


def _triangle(
    name: str, evaluate: Rule, op_of: Callable[[], Op], *, why: str, why_reverse: str
) -> Op:
    return Op(
        name=name,
        kind=Kind.LINEAR,
        why=why,
        why_reverse=why_reverse,
        evaluate=lambda x, k: evaluate(x, k),
        shape=_matrix_shape(name),
        dtype=first_dtype,
        transpose=lambda _index, ct, _x, *, k: ct.apply(op_of(), k=k),
        batch=lambda _size, args, _batched, *, k: args[0].apply(op_of(), k=k),
        spell=_offset_spell(name),
        samples=(
            Sample(((3, 3),), {"k": 0}),
            Sample(((3, 2),), {"k": -1}),
            Sample(((2, 2, 3),), {"k": 1}),
        ),
    )


TRIL: Op = _triangle(
    "tril",
    np.tril,
    lambda: TRIL,
    why="linear: the lower triangle of the tangent",
    why_reverse="the entries that were kept get the adjoint, all others 0",
)
TRIU: Op = _triangle(
    "triu",
    np.triu,
    lambda: TRIU,
    why="linear: the upper triangle of the tangent",
    why_reverse="the entries that were kept get the adjoint, all others 0",
)


def known_length(rows: Dim, columns: Dim, offset: int) -> Dim | None:
    """How many entries a diagonal of a matrix has; None where that depends on its sizes."""
    down = combine("+", rows, min(offset, 0))
    across = combine("-", columns, max(offset, 0))
    more = combine("-", across, down)
    if isinstance(more, int):
        shorter = down if more >= 0 else across
    elif more.is_nonnegative:
        shorter = down
    elif more.is_nonpositive:
        shorter = across
    else:
        return None
    return max(shorter, 0) if isinstance(shorter, int) else shorter


def diagonal_length(rows: Dim, columns: Dim, offset: int) -> Dim:
    """How many entries a diagonal of a matrix has.

    Raises:
        ShapeError: it depends on sizes that are not known.
    """
    length = known_length(rows, columns, offset)
    if length is None:
        msg = f"diagonal: how long it is in a matrix ({rows}, {columns}) depends on sizes that are not known"
        raise ShapeError(msg)
    return length


def _diagonal_shape(x: Shape, *, offset: int) -> Shape:
    _matrix_shape("diagonal")(x)
    return (*x[:-2], diagonal_length(x[-2], x[-1], offset))


def _diagonal_numpy(_count: int, *, offset: int) -> Spelling:
    return Spelling(f"np.diagonal({{0}}, {offset}, -2, -1).copy()")


def _diagonal_text(_count: int, *, offset: int) -> Spelling:
    return Spelling(f"diagonal({{0}}{f', {offset}' if offset else ''})")


def _diagonal_latex(_count: int, *, offset: int) -> Spelling:
    return Spelling(
        rf"\operatorname{{{{diag}}}}{f'_{{{{{offset}}}}}' if offset else ''}\left({{0}}\right)"
    )


DIAGONAL: Op = Op(
    name="diagonal",
    kind=Kind.LINEAR,
    why="linear: the diagonal of the tangent",
    why_reverse="the diagonal gets the adjoint, all other entries 0",
    evaluate=lambda x, offset: np.diagonal(x, offset, -2, -1).copy(),
    shape=_diagonal_shape,
    dtype=first_dtype,
    transpose=lambda _index, ct, x, *, offset: ct.apply(
        FROM_DIAGONAL, offset=offset, shape=x.shape[-2:]
    ),
    batch=lambda _size, args, _batched, *, offset: args[0].apply(DIAGONAL, offset=offset),
    spell={"text": _diagonal_text, "latex": _diagonal_latex, "numpy": _diagonal_numpy},
    samples=(
        Sample(((3, 3),), {"offset": 0}),
        Sample(((3, 4),), {"offset": 1}),
        Sample(((2, 4, 3),), {"offset": -2}),
    ),
)


def _from_diagonal_shape(x: Shape, *, offset: int, shape: Shape) -> Shape:
    length = diagonal_length(shape[0], shape[1], offset)
    if not x or not known_equal(x[-1], length):
        msg = f"diag: {format_shape(x)} has not the length {length} of the diagonal of {format_shape(shape)}"
        raise ShapeError(msg)
    return (*x[:-1], *shape)


def _from_diagonal_text(_count: int, *, offset: int, shape: Shape) -> Spelling:
    return Spelling(f"diag({{0}}{f', {offset}' if offset else ''})")


def _from_diagonal_numpy(_count: int, *, offset: int, shape: Shape) -> Spelling:
    return Spelling(f"_from_diagonal({{0}}, {offset}, {format_shape(shape)})")


FROM_DIAGONAL: Op = Op(
    name="from_diagonal",
    kind=Kind.LINEAR,
    why="linear: the tangent on the diagonal",
    why_reverse="transposed: the diagonal of the adjoint",
    evaluate=lambda x, offset, shape: _from_diagonal(x, offset, shape),
    shape=_from_diagonal_shape,
    dtype=first_dtype,
    transpose=lambda _index, ct, _x, *, offset, shape: ct.apply(DIAGONAL, offset=offset),
    batch=lambda _size, args, _batched, *, offset, shape: args[0].apply(
        FROM_DIAGONAL, offset=offset, shape=shape
    ),
    spell={
        "text": _from_diagonal_text,
        "latex": in_latex(_from_diagonal_text),
        "numpy": _from_diagonal_numpy,
    },
    samples=(
        Sample(((3,),), {"offset": 0, "shape": (3, 3)}),
        Sample(((3,),), {"offset": 1, "shape": (3, 4)}),
        Sample(((2, 2),), {"offset": -2, "shape": (4, 3)}),
    ),
)


# ---------------------------------------------------------------- several diagonals

Offsets = tuple[int, ...]


def _banded_shape(*args: Shape, offsets: Offsets, shape: Shape) -> Shape:
    for x, offset in zip(args, offsets, strict=True):
        length = diagonal_length(shape[0], shape[1], offset)
        if x != () and (len(x) != 1 or not known_equal(x[0], length)):
            msg = f"banded: {format_shape(x)} has not the length {length} of the diagonal of {format_shape(shape)}"
            raise ShapeError(msg)
    return shape


def _banded_transpose(
    index: int, ct: Operand, *args: Operand, offsets: Offsets, **_params: object
) -> Operand:
    diagonal = ct.apply(DIAGONAL, offset=offsets[index])
    return diagonal.sum(axis=(0,)) if args[index].shape == () else diagonal


def _banded_batch(
    size: Dim, args: Sequence[Operand], batched: Sequence[bool], *, offsets: Offsets, shape: Shape
) -> Operand:
    """The matrices of the single diagonals, added."""
    total: Operand = None
    for x, many, offset in zip(args, batched, offsets, strict=True):
        line = (size, diagonal_length(shape[0], shape[1], offset))
        each = x.reshape((size, 1)) if many and len(x.shape) == 1 else x
        one = each.broadcast_to(line).apply(FROM_DIAGONAL, offset=offset, shape=shape)
        total = one if total is None else total + one
    return total


def _banded_text(_count: int, *, offsets: Offsets, **_params: object) -> Spelling:
    parts = [f"diag({{{i}}}{f', {k}' if k else ''})" for i, k in enumerate(offsets)]
    return Spelling(" + ".join(parts), ADDITIVE if len(parts) > 1 else ATOM, (0,))


def _banded_numpy(_count: int, *, offsets: Offsets, shape: Shape) -> Spelling:
    bands = ", ".join(f"{k}: {{{i}}}" for i, k in enumerate(offsets))
    return Spelling(f"_banded({{{{{bands}}}}}, {format_shape(shape)})")


#: Zeros but for some diagonals, which are vectors, or numbers that stand all along them.
BANDED: Op = Op(
    name="banded",
    kind=Kind.LINEAR,
    why="linear: the tangents on the diagonals",
    why_reverse="transposed: the diagonals of the adjoint",
    arity=-1,
    evaluate=lambda *args, offsets, shape: _banded(dict(zip(offsets, args, strict=True)), shape),
    shape=_banded_shape,
    dtype=common_dtype,
    transpose=_banded_transpose,
    batch=_banded_batch,
    spell={
        "text": _banded_text,
        "latex": in_latex(_banded_text),
        "numpy": _banded_numpy,
    },
    samples=(
        Sample(((3,), (2,)), {"offsets": (0, -1), "shape": (3, 3)}),
        Sample(((3,), ()), {"offsets": (1, 3), "shape": (3, 4)}),
        Sample(((2,),), {"offsets": (-2,), "shape": (4, 3)}),
    ),
)
