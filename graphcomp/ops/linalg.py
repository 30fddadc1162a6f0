"""Inverses, determinants and factors of matrices, and of stacks of matrices.

Where NumPy raises `LinAlgError` (a singular matrix, one that is not positive definite), so do these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphcomp.errors import ShapeError
from graphcomp.op import ATOM, EXPONENT, Kind, Op, Operand, Rule, Sample, Spelling
from graphcomp.ops.numpy_runtime import _cholesky, _cofactor, _pinv
from graphcomp.ops.spell import call
from graphcomp.ops.triangular import TRIL
from graphcomp.shape import Dim, Shape, format_shape, require_same, same_shape


def square(name: str) -> Rule:
    """A shape rule that refuses what is no stack of square matrices."""

    def rule(x: Shape, **_params: object) -> Shape:
        if len(x) < 2:
            msg = f"{name}: needs a matrix, or a stack of them, not {format_shape(x)}"
            raise ShapeError(msg)
        require_same(f"{name}: rows and columns", x[-2], x[-1], format_shape(x))
        return x

    return rule


def stacked(op_name: str) -> Rule:
    """A batch rule for an op of one argument that takes stacks: the new axis is one more of them."""

    def rule(
        _size: Dim, args: Sequence[Operand], _batched: Sequence[bool], **params: Any
    ) -> Operand:
        return args[0].apply(_BY_NAME[op_name], **params)

    return rule


def regular(rng: Any, _index: int, shape: Shape) -> Any:
    """Matrices of full rank, far from any that is not."""
    values = rng.uniform(-1, 1, shape)
    return values + 2.5 * _eye(shape) if len(shape) > 1 else values


def _eye(shape: Shape) -> Any:
    return np.eye(int(shape[-2]), int(shape[-1]))


def definite(rng: Any, _index: int, shape: Shape) -> Any:
    """Symmetric positive definite matrices."""
    values = rng.uniform(-1, 1, shape)
    values = values + np.swapaxes(values, -1, -2)
    return values + 3.0 * _eye(shape)


_MATRICES = (Sample(((3, 3),)), Sample(((2, 2, 2),)))


def _raised(sign: str) -> dict[str, Spelling]:
    """What is written as a power of a matrix."""
    tokens = "".join(f"<mn>{c}</mn>" if c.isdigit() else f"<mo>{c}</mo>" for c in sign)
    mathml = f"<msup><mrow>{{0}}</mrow><mrow>{tokens.replace('-', '−')}</mrow></msup>"
    return {
        "latex": Spelling(f"{{0}}^{{{{{sign}}}}}", EXPONENT, (ATOM,)),
        "mathml": Spelling(mathml, EXPONENT, (ATOM,)),
    }


# ---------------------------------------------------------------- inverses


def _inv_jvp(out: Operand, _args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    return -(out @ tangents[0] @ out)


INV: Op = Op(
    name="inv",
    kind=Kind.OPAQUE,
    why="A inv(A) = I, so d inv(A) = -inv(A) dA inv(A)",
    evaluate=np.linalg.inv,
    numpy=(np.linalg.inv,),
    shape=square("inv"),
    jvp=_inv_jvp,
    batch=stacked("inv"),
    spell=call("inv", numpy="np.linalg.inv({0})") | _raised("-1"),
    samples=_MATRICES,
    draw=regular,
)


def _solve_shape(a: Shape, b: Shape) -> Shape:
    square("solve")(a)
    shown = f"{format_shape(a)} and {format_shape(b)}"
    if not b:
        msg = f"solve: the right-hand side must be a vector or a matrix: {shown}"
        raise ShapeError(msg)
    require_same("solve: rows", a[-1], b[-2] if len(b) > 1 else b[0], shown)
    if not same_shape(a[:-2], b[:-2]):
        msg = f"solve: leading dimensions differ: {shown}"
        raise ShapeError(msg)
    return b


def _solve_jvp(out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    return -args[0].apply(SOLVE, tangents[0] @ out)


def _solve_batch(size: Dim, args: Sequence[Operand], batched: Sequence[bool]) -> Operand:
    """Over a new leading axis; for one matrix, as more right-hand sides of it."""
    a, b = args
    vector = len(b.shape) - batched[1] == 1
    if not batched[0] and len(a.shape) == 2:
        if vector:
            return a.apply(SOLVE, b.T).T
        _, rows, columns = b.shape
        side = b.transpose((1, 0, 2)).reshape((rows, size * columns))
        return a.apply(SOLVE, side).reshape((rows, size, columns)).transpose((1, 0, 2))
    a = a if batched[0] else a.broadcast_to((size, *a.shape))
    b = b if batched[1] else b.broadcast_to((size, *b.shape))
    return (
        a.apply(SOLVE, b.reshape((*b.shape, 1))).reshape(b.shape) if vector else a.apply(SOLVE, b)
    )


SOLVE: Op = Op(
    name="solve",
    kind=Kind.OPAQUE,
    why="A X = B, so A dX = dB - dA X",
    why_reverse="A X = B: B has the adjoint inv(A).T G for G, that of X, and A that times -X.T",
    arity=2,
    evaluate=np.linalg.solve,
    shape=_solve_shape,
    linear=(1,),
    transpose=lambda _index, ct, a, _b: a.mT.apply(SOLVE, ct),
    jvp=_solve_jvp,
    batch=_solve_batch,
    spell=call("solve", numpy="np.linalg.solve({0}, {1})", arity=2)
    | {"latex": Spelling(r"{0}^{{-1}}\,{1}", 20, (40, 21))},
    samples=(
        Sample(((3, 3), (3,))),
        Sample(((3, 3), (3, 2))),
        Sample(((2, 2, 2), (2, 2, 1))),
    ),
    draw=lambda rng, index, shape: (
        rng.uniform(-2, 2, shape) if index else regular(rng, index, shape)
    ),
)


def _pinv_jvp(out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    """Exact as long as the rank stays the same."""
    (x,), (x_dot,) = args, tangents
    p, turned = out, tangents[0].mT
    right = turned - turned @ x @ p
    left = turned - p @ x @ turned
    return p @ p.mT @ right + left @ p.mT @ p - p @ x_dot @ p


PINV: Op = Op(
    name="pinv",
    kind=Kind.OPAQUE,
    why="product rule on A = A pinv(A) A",
    evaluate=lambda x: _pinv(x),
    numpy=(np.linalg.pinv,),
    shape=lambda x: (*x[:-2], x[-1], x[-2]) if len(x) > 1 else square("pinv")(x),
    jvp=_pinv_jvp,
    batch=stacked("pinv"),
    analytic=False,
    kink="for a rank that stays the same in the neighbourhood",
    spell=call("pinv", numpy="_pinv({0})") | _raised("+"),
    samples=(Sample(((3, 2),)), Sample(((2, 3),)), Sample(((2, 3, 2),))),
    draw=regular,
)

# ---------------------------------------------------------------- determinants


def _no_matrix_shape(name: str) -> Rule:
    return lambda x: square(name)(x)[:-2]


def _over_matrices(product: Operand) -> Operand:
    rank = len(product.shape)
    return product.sum(axis=(rank - 2, rank - 1))


def _det_jvp(_out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    return _over_matrices(args[0].apply(COFACTOR) * tangents[0])


DET: Op = Op(
    name="det",
    kind=Kind.OPAQUE,
    why="Jacobi: d det(A) = sum(cofactor(A)*dA)",
    evaluate=np.linalg.det,
    numpy=(np.linalg.det,),
    shape=_no_matrix_shape("det"),
    jvp=_det_jvp,
    batch=stacked("det"),
    kink="the derivative is exact for singular matrices too",
    spell=call("det", numpy="np.linalg.det({0})", latex=r"\det\left({0}\right)"),
    samples=_MATRICES,
    draw=regular,
)


def _cofactor_jvp(out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    inverse = args[0].apply(INV)
    traces = _over_matrices(inverse.mT * tangents[0])
    spread = traces.reshape((*traces.shape, 1, 1)).broadcast_to(out.shape)
    return spread * out - inverse.mT @ tangents[0].mT @ out


COFACTOR: Op = Op(
    name="cofactor",
    kind=Kind.OPAQUE,
    why="cofactor(A) = det(A)*inv(A).T, by the product rule",
    evaluate=lambda x: _cofactor(x),
    shape=square("cofactor"),
    jvp=_cofactor_jvp,
    batch=stacked("cofactor"),
    analytic=False,
    kink="the cofactors of a singular matrix have no second derivative here: LinAlgError",
    spell=call("cofactor", numpy="_cofactor({0})"),
    samples=_MATRICES,
    draw=regular,
)


def _logdet_jvp(_out: Operand, args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    return _over_matrices(args[0].apply(INV).mT * tangents[0])


LOGDET: Op = Op(
    name="logdet",
    kind=Kind.OPAQUE,
    why="Jacobi: d logdet(A) = trace(inv(A) dA)",
    why_reverse="Jacobi: A has the adjoint inv(A).T",
    evaluate=lambda x: np.linalg.slogdet(x)[1],
    shape=_no_matrix_shape("slogdet"),
    jvp=_logdet_jvp,
    batch=stacked("logdet"),
    analytic=False,
    spell=call(
        "logdet",
        numpy="np.linalg.slogdet({0})[1]",
        latex=r"\ln\left|\det\left({0}\right)\right|",
    ),
    samples=_MATRICES,
    draw=regular,
)

DET_SIGN: Op = Op(
    name="det_sign",
    kind=Kind.DISCRETE,
    evaluate=lambda x: np.linalg.slogdet(x)[0],
    shape=_no_matrix_shape("slogdet"),
    batch=stacked("det_sign"),
    kink="constant but for singular matrices: no derivative passes",
    spell=call(
        "det_sign",
        numpy="np.linalg.slogdet({0})[0]",
        latex=r"\operatorname{{sign}}\det\left({0}\right)",
    ),
    samples=_MATRICES,
    draw=regular,
)

# ---------------------------------------------------------------- factors


def halved(x: Operand) -> Operand:
    """The symmetric part."""
    return (x + x.mT) * 0.5


def _cholesky_jvp(out: Operand, _args: Sequence[Operand], tangents: Sequence[Operand]) -> Operand:
    inner = out.apply(SOLVE, out.apply(SOLVE, halved(tangents[0])).mT)
    lower = (inner.apply(TRIL, k=0) + inner.apply(TRIL, k=-1)) * 0.5
    return out @ lower


CHOLESKY: Op = Op(
    name="cholesky",
    kind=Kind.OPAQUE,
    why="L L.T = A, so dL L.T + L dL.T = dA, solved for a lower triangle",
    evaluate=lambda x: _cholesky(x),
    numpy=(np.linalg.cholesky,),
    shape=square("cholesky"),
    jvp=_cholesky_jvp,
    batch=stacked("cholesky"),
    analytic=False,
    kink="of the symmetric part (A + Aᵀ)/2: derivatives are symmetric",
    spell=call("cholesky", numpy="_cholesky({0})"),
    samples=_MATRICES,
    draw=definite,
)

_BY_NAME = {op.name: op for op in (INV, PINV, DET, COFACTOR, LOGDET, DET_SIGN, CHOLESKY)}
