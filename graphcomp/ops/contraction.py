"""Matrix products and outer products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphcomp.errors import ShapeError
from graphcomp.nest import PRODUCT, TOTAL, Nest, loops
from graphcomp.op import (
    ATOM,
    MULTIPLICATIVE,
    SUMMED,
    Form,
    Kind,
    Op,
    Operand,
    Sample,
    Spelling,
    common_dtype,
)
from graphcomp.ops.spell import call, same
from graphcomp.shape import Dim, Shape, format_shape, require_same, same_shape, size_of


def _matmul_shape(a: Shape, b: Shape) -> Shape:
    shown = f"{format_shape(a)} @ {format_shape(b)}"
    if not a or not b:
        msg = f"matmul: scalars have no matrix product, use *: {shown}"
        raise ShapeError(msg)
    inner = b[0] if len(b) == 1 else b[-2]
    require_same("matmul: inner dimensions", a[-1], inner, shown)
    batch_a, batch_b = a[:-2], b[:-2]
    if len(a) > 1 and len(b) > 1 and not same_shape(batch_a, batch_b):
        msg = f"matmul: leading dimensions differ: {shown}"
        raise ShapeError(msg)
    rows = a[-2:-1]
    columns = b[-1:] if len(b) > 1 else ()
    return (*(batch_a or batch_b), *rows, *columns)


def _matmul_transpose(index: int, ct: Operand, a: Operand, b: Operand) -> Operand:
    ranks = (len(a.shape), len(b.shape))
    match ranks, index:
        case (1, 1), _:
            return ct * (a if index else b)
        case (2, 1), 0:
            return ct.apply(OUTER, b)
        case (1, 2), 1:
            return a.apply(OUTER, ct)
        case (1, 2), 0:
            return b @ ct
        case _, 0:
            return ct @ b.mT
    return a.mT @ ct


def _matmul_batch(size: Dim, args: Sequence[Operand], batched: Sequence[bool]) -> Operand:
    """Over a new leading axis, as one product wherever one side is not batched."""
    a, b = args
    ranks = (len(a.shape) - batched[0], len(b.shape) - batched[1])
    match ranks, tuple(batched):
        case (1, 1), (True, True):
            return (a * b).sum(axis=1)
        case (1, 1 | 2), (True, False):
            return a @ b
        case (1, 1), (False, True):
            return b @ a
        case (2, 1), (False, True):
            return b @ a.mT
        case (2, 1 | 2), (True, False):
            columns = b.shape[1:]
            return (a.reshape((size * a.shape[1], a.shape[2])) @ b).reshape(
                (size, a.shape[1], *columns)
            )
    result_shape = (size, *_matmul_shape(a.shape[batched[0] :], b.shape[batched[1] :]))
    left = a if ranks[0] > 1 else a.reshape((*a.shape[:-1], 1, a.shape[-1]))
    right = b if ranks[1] > 1 else b.reshape((*b.shape, 1))
    left = left if batched[0] else left.broadcast_to((size, *left.shape))
    right = right if batched[1] else right.broadcast_to((size, *right.shape))
    return (left @ right).reshape(result_shape)


def _matmul_along(cut: Sequence[int | None], shapes: Sequence[Shape]) -> int | None:
    """Rows of the left, columns of the right, stacks of both, or the axis that is summed over."""
    (left, right), ranks = cut, [len(shape) for shape in shapes]
    inner = (ranks[0] - 1, max(ranks[1] - 2, 0))
    if (left, right) == inner:
        return SUMMED
    if left == right and left is not None and left < min(ranks) - 2:
        return left
    if right is None and ranks[0] > 1 and left == ranks[0] - 2:
        return left
    if left is None and ranks[1] > 1 and right == ranks[1] - 1:
        return max(ranks) - 1 if ranks[0] > 1 else ranks[1] - 2
    return None


#: Products of matrices are loops if all of their sizes but one are known, and not larger than this
#: together; others are left to BLAS.
_LARGE = 4096


def _is_large(shapes: Sequence[Shape]) -> bool:
    a, b = shapes
    if min(len(a), len(b)) == 1:
        return False
    sizes = [dim for dim in (*a[-2:], b[-1]) if isinstance(dim, int)]
    return len(sizes) < 2 or bool(size_of(sizes) > _LARGE)


def _matmul_nest(shapes: Sequence[Shape]) -> Nest:
    """Loops over stacks, rows, the axis that is summed over, and columns."""
    a, b = shapes
    stack = (a if len(a) > 2 else b)[:-2]
    rows, columns = a[-2:-1], b[-1:] if len(b) > 1 else ()
    ahead = range(len(stack))
    row = range(len(stack), len(stack) + len(rows))
    inner = (row.stop,)
    column = range(row.stop + 1, row.stop + 1 + len(columns))
    return Nest(
        (*stack, *rows, a[-1], *columns),
        (
            loops([*(ahead if len(a) > 2 else ()), *row, *inner]),
            loops([*(ahead if len(b) > 2 else ()), *inner, *column]),
        ),
        loops([*ahead, *row, *column]),
        PRODUCT,
        TOTAL,
    )


def _outer_nest(shapes: Sequence[Shape]) -> Nest:
    axes = (*shapes[0], *shapes[1])
    return Nest(axes, (loops((0,)), loops((1,))), loops((0, 1)), PRODUCT)


MATMUL = Op(
    name="matmul",
    kind=Kind.MULTILINEAR,
    why="product rule: d(A B) = dA B + A dB",
    why_reverse="product rule, transposed",
    form=Form.CONTRACTION,
    arity=2,
    evaluate=np.matmul,
    shape=_matmul_shape,
    dtype=common_dtype,
    transpose=_matmul_transpose,
    batch=_matmul_batch,
    along=_matmul_along,
    nest=_matmul_nest,
    library=_is_large,
    spell=same(
        "{0} @ {1}", MULTIPLICATIVE, (MULTIPLICATIVE, MULTIPLICATIVE + 1), latex=r"{0}\,{1}"
    ),
    domains=((-2.0, 2.0), (-2.0, 2.0)),
    samples=(
        Sample(((3,), (3,))),
        Sample(((2, 3), (3,))),
        Sample(((2,), (2, 3))),
        Sample(((2, 3), (3, 4))),
        Sample(((2, 2, 3), (2, 3, 2))),
    ),
)


def _outer_shape(a: Shape, b: Shape) -> Shape:
    if len(a) != 1 or len(b) != 1:
        msg = f"outer: both arguments must be vectors: {format_shape(a)} and {format_shape(b)}"
        raise ShapeError(msg)
    return (*a, *b)


def _outer_batch(size: Dim, args: Sequence[Operand], batched: Sequence[bool]) -> Operand:
    a, b = args
    m, n = a.shape[-1], b.shape[-1]
    left = a.reshape((size if batched[0] else 1, m, 1))
    right = b.reshape((size if batched[1] else 1, 1, n))
    return left * right


def _outer(a: Any, b: Any) -> Any:
    return np.multiply.outer(a, b)


OUTER = Op(
    name="outer",
    kind=Kind.MULTILINEAR,
    why="product rule: d(a b.T) = da b.T + a db.T",
    why_reverse="product rule, transposed: the adjoint times the other vector",
    form=Form.OUTER,
    arity=2,
    evaluate=_outer,
    shape=_outer_shape,
    dtype=common_dtype,
    transpose=lambda index, ct, a, b: a @ ct if index else ct @ b,
    batch=_outer_batch,
    along=lambda cut, _shapes: {(0, None): 0, (None, 0): 1}.get(tuple(cut)),
    nest=_outer_nest,
    spell=call("outer", arity=2)
    # a product of arrays, not np.outer, which takes half as long again
    | {"numpy": Spelling("{0}[:, None] * {1}", MULTIPLICATIVE, (ATOM, MULTIPLICATIVE + 1))}
    | {"latex": Spelling(r"{0}\,{1}^{{\mathsf T}}", MULTIPLICATIVE, (MULTIPLICATIVE + 1, 40))},
    domains=((-2.0, 2.0), (-2.0, 2.0)),
    samples=(Sample(((3,), (2,))),),
)


def _vdot_shape(a: Shape, b: Shape) -> Shape:
    if not same_shape(a, b):
        msg = f"vdot: the shapes differ: {format_shape(a)} and {format_shape(b)}"
        raise ShapeError(msg)
    return ()


def _vdot_batch(size: Dim, args: Sequence[Operand], batched: Sequence[bool]) -> Operand:
    a, b = args
    shape = a.shape[1:] if batched[0] else a.shape
    left = a if batched[0] else a.broadcast_to((size, *shape))
    return (left * b).sum(axis=tuple(range(1, len(shape) + 1)))


def _vdot_nest(shapes: Sequence[Shape]) -> Nest:
    places = loops(range(len(shapes[0])))
    return Nest(shapes[0], (places, places), (), PRODUCT, TOTAL)


#: The sum of all products of entries in the same place: no array of products is made.
VDOT = Op(
    name="vdot",
    kind=Kind.MULTILINEAR,
    why="product rule: d sum(A*B) = sum(dA*B) + sum(A*dB)",
    why_reverse="product rule: each array gets the other one, times the adjoint",
    arity=2,
    evaluate=np.vdot,
    shape=_vdot_shape,
    dtype=common_dtype,
    transpose=lambda index, ct, a, b: ct * (a if index else b),
    batch=_vdot_batch,
    along=lambda cut, _shapes: SUMMED if cut[0] == cut[1] else None,
    nest=_vdot_nest,
    analytic=False,  # np.vdot conjugates its first argument
    spell=call("vdot", arity=2)
    # type checkers take the result of np.vdot for a bool
    | {"numpy": Spelling("{0}.ravel().dot({1}.ravel())", ATOM, (ATOM, ATOM))}
    | {"latex": Spelling(r"\left\langle {0}, {1} \right\rangle", ATOM)},
    domains=((-2.0, 2.0), (-2.0, 2.0)),
    samples=(Sample(((3, 2), (3, 2))), Sample(((2, 2, 2), (2, 2, 2))), Sample(((3,), (3,)))),
)
