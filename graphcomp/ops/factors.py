"""Eigenvalues, singular values and orthogonal factors of matrices, and of stacks of matrices.

Derivatives are those for eigenvalues, or singular values, that differ. Where two are equal, their
vectors are not determined: the part of the derivative that would turn one into the other is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphcomp.errors import ShapeError
from graphcomp.op import Kind, Op, Operand, Rule, Sample
from graphcomp.ops.arithmetic import SUB
from graphcomp.ops.comparison import EQUAL, WHERE
from graphcomp.ops.linalg import SOLVE, definite, halved, regular, square
from graphcomp.ops.numpy_runtime import _eigh, _qr, _svd
from graphcomp.ops.spell import call
from graphcomp.ops.triangular import TRIL
from graphcomp.shape import Dim, Shape, format_shape, known_equal


def _part(
    name: str,
    helper: Rule,
    index: int,
    op_of: Callable[[], Op],
    *,
    shape: Rule,
    jvp: Rule,
    why: str,
    samples: tuple[Sample, ...],
    draw: Rule,
    kink: str = "as if all eigenvalues (singular values) differed; 0 between equal ones",
) -> Op:
    """One of the results of a factorisation."""

    def batch(_size: Dim, args: Sequence[Operand], _batched: Sequence[bool]) -> Operand:
        return args[0].apply(op_of())

    return Op(
        name=name,
        kind=Kind.OPAQUE,
        why=why,
        evaluate=lambda x: helper(x)[index],
        shape=shape,
        jvp=jvp,
        batch=batch,
        analytic=False,
        kink=kink,
        spell=call(name, numpy=f"{helper.__name__}({{0}})[{index}]")
        | {"latex": call(name.replace("_", r"\;"))["latex"]},
        samples=samples,
        draw=draw,
    )


def _inverse_gaps(values: Operand) -> Operand:
    """1 / (value j - value i), and 0 where they are equal."""
    *lead, size = values.shape
    columns, rows = values.reshape((*lead, 1, size)), values.reshape((*lead, size, 1))
    gap = columns.apply(SUB, rows)
    same = gap.apply(EQUAL, 0.0)
    return same.apply(WHERE, 0.0, 1 / same.apply(WHERE, 1.0, gap))


def _as_row(values: Operand) -> Operand:
    """Factors for the columns of a matrix."""
    *lead, size = values.shape
    return values.reshape((*lead, 1, size))


# ---------------------------------------------------------------- eigenvalues


def _eigenvalues_jvp(
    _out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]
) -> Operand:
    vectors = args[0].apply(EIGENVECTORS)
    rank = len(vectors.shape)
    return (vectors * (halved(tangents[0]) @ vectors)).sum(axis=rank - 2)


def _eigenvectors_jvp(
    out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]
) -> Operand:
    inner = out.mT @ halved(tangents[0]) @ out
    return out @ (_inverse_gaps(args[0].apply(EIGENVALUES)) * inner)


def _apart(rng: Any, index: int, shape: Shape) -> Any:
    """Symmetric matrices whose eigenvalues differ clearly."""
    return definite(rng, index, shape) + 4.0 * np.diag(np.arange(float(shape[-1])))


_SYMMETRIC = (Sample(((3, 3),)), Sample(((2, 2, 2),)))

EIGENVALUES: Op = _part(
    "eigenvalues",
    _eigh,
    0,
    lambda: EIGENVALUES,
    shape=lambda x: square("eigh")(x)[:-1],
    jvp=_eigenvalues_jvp,
    samples=_SYMMETRIC,
    draw=_apart,
    why="A v = w v, so dw = v.T dA v",
)
EIGENVECTORS: Op = _part(
    "eigenvectors",
    _eigh,
    1,
    lambda: EIGENVECTORS,
    shape=square("eigh"),
    jvp=_eigenvectors_jvp,
    samples=_SYMMETRIC,
    draw=_apart,
    why="A v = w v, so dv mixes in each other eigenvector by 1 over the gap of the eigenvalues",
)

# ---------------------------------------------------------------- singular values


def _smaller(x: Shape) -> Dim:
    if len(x) < 2:
        msg = f"svd: needs a matrix, or a stack of them, not {format_shape(x)}"
        raise ShapeError(msg)
    rows, columns = x[-2:]
    if isinstance(rows, int) and isinstance(columns, int):
        return min(rows, columns)
    if known_equal(rows, columns):
        return rows
    msg = f"svd: which of {rows} and {columns} is smaller must be known: {format_shape(x)}"
    raise ShapeError(msg)


def _svd_of(x: Operand) -> tuple[Operand, Operand, Operand]:
    return x.apply(LEFT_VECTORS), x.apply(SINGULAR_VALUES), x.apply(RIGHT_VECTORS)


def _singular_values_jvp(
    _out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]
) -> Operand:
    u, _, vt = _svd_of(args[0])
    return ((u.mT @ tangents[0]) * vt).sum(axis=len(vt.shape) - 1)


def _left(u: Operand, s: Operand, vt: Operand, tangent: Operand) -> Operand:
    """The tangent of the left singular vectors."""
    moved = tangent @ vt.mT
    inner = u.mT @ moved
    scaled = inner * _as_row(s)
    found = u @ (_inverse_gaps(s * s) * (scaled + scaled.mT))
    if known_equal(u.shape[-1], u.shape[-2]):
        return found
    return found + (moved - u @ inner) / _as_row(s)


def _left_jvp(_out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    return _left(*_svd_of(args[0]), tangents[0])


def _right_jvp(_out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    """The right singular vectors are the left ones of the transposed matrix."""
    u, s, vt = _svd_of(args[0])
    return _left(vt.mT, s, u.mT, tangents[0].mT).mT


_ANY = (Sample(((3, 2),)), Sample(((2, 3),)), Sample(((2, 2, 2),)))


def _stretched(rng: Any, index: int, shape: Shape) -> Any:
    """Matrices whose singular values differ clearly."""
    return regular(rng, index, shape) * (1.0 + 2.0 * np.arange(float(shape[-1])))


SINGULAR_VALUES: Op = _part(
    "singular_values",
    _svd,
    1,
    lambda: SINGULAR_VALUES,
    shape=lambda x: (*x[:-2], _smaller(x)),
    jvp=_singular_values_jvp,
    samples=_ANY,
    draw=_stretched,
    why="A = U S V.T, so dS is the diagonal of U.T dA V",
)
LEFT_VECTORS: Op = _part(
    "left_singular_vectors",
    _svd,
    0,
    lambda: LEFT_VECTORS,
    shape=lambda x: (*x[:-1], _smaller(x)),
    jvp=_left_jvp,
    samples=_ANY,
    draw=_stretched,
    why="A = U S V.T, differentiated with U.T U = I",
)
RIGHT_VECTORS: Op = _part(
    "right_singular_vectors",
    _svd,
    2,
    lambda: RIGHT_VECTORS,
    shape=lambda x: (*x[:-2], _smaller(x), x[-1]),
    jvp=_right_jvp,
    samples=_ANY,
    draw=_stretched,
    why="A = U S V.T, differentiated with V.T V = I",
)

# ---------------------------------------------------------------- orthogonal and triangular


def _tall(x: Shape) -> Shape:
    if len(x) < 2 or (isinstance(x[-2], int) and isinstance(x[-1], int) and x[-2] < x[-1]):
        msg = f"qr: needs a matrix with as many rows as columns or more, not {format_shape(x)}"
        raise ShapeError(msg)
    return x


def _qr_parts(q: Operand, r: Operand, tangent: Operand) -> tuple[Operand, Operand, Operand]:
    """tangent @ inv(r), Q transposed times it, and the skew matrix that turns Q."""
    moved = r.mT.apply(SOLVE, tangent.mT).mT
    inner = q.mT @ moved
    lower = inner.apply(TRIL, k=-1)
    return moved, inner, lower - lower.mT


def _q_jvp(out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    moved, inner, turn = _qr_parts(out, args[0].apply(TRIANGULAR), tangents[0])
    return moved - out @ (inner - turn)


def _r_jvp(out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    _, inner, turn = _qr_parts(args[0].apply(ORTHOGONAL), out, tangents[0])
    return (inner - turn) @ out


_TALL = (Sample(((3, 2),)), Sample(((3, 3),)), Sample(((2, 3, 2),)))

ORTHOGONAL: Op = _part(
    "orthogonal_factor",
    _qr,
    0,
    lambda: ORTHOGONAL,
    shape=_tall,
    jvp=_q_jvp,
    samples=_TALL,
    draw=regular,
    kink="for full rank",
    why="A = Q R, differentiated with Q.T Q = I",
)
TRIANGULAR: Op = _part(
    "triangular_factor",
    _qr,
    1,
    lambda: TRIANGULAR,
    shape=lambda x: (*_tall(x)[:-2], x[-1], x[-1]),
    jvp=_r_jvp,
    samples=_TALL,
    draw=regular,
    kink="for full rank",
    why="A = Q R, differentiated with Q.T Q = I",
)
