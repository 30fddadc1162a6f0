"""Products of arrays, and linear algebra."""

from __future__ import annotations

from typing import Any

from tests.against_jax.cases import Case, case, positive, real, regular, spd


def einsum(subscripts: str, *shapes: tuple[int, ...]) -> Case:
    """A sum of products in Einstein's notation."""
    return case(
        f"einsum {subscripts}",
        lambda xp, *args: xp.einsum(subscripts, *args),
        *(real(*shape) for shape in shapes),
    )


PRODUCTS = [
    case("matmul", lambda xp, A, B: A @ B, real(2, 3), real(3, 2)),
    case("matmul, by a vector", lambda xp, A, x: A @ x, real(2, 3), real(3)),
    case("matmul, of a vector", lambda xp, x, A: x @ A, real(2), real(2, 3)),
    case("matmul, of vectors", lambda xp, x, y: xp.matmul(x, y), real(3), real(3)),
    case("matmul, stacked", lambda xp, A, B: A @ B, real(2, 2, 3), real(2, 3, 2)),
    case("matmul, broadcast", lambda xp, A, B: A @ B, real(2, 1, 2, 2), real(3, 2, 2)),
    case("matmul, transposed", lambda xp, A: A.T @ A @ A.T, real(2, 3)),
    case("dot", lambda xp, A, B: xp.dot(A, B), real(2, 3), real(3, 2)),
    case("dot, of vectors", lambda xp, x: xp.dot(x, x) * x, real(3)),
    case("dot, of more axes", lambda xp, A, x: xp.dot(A, x), real(2, 2, 3), real(3)),
    case("vdot", lambda xp, A, B: xp.vdot(A, B), real(2, 3), real(2, 3)),
    case("inner", lambda xp, A, B: xp.inner(A, B), real(2, 3), real(2, 3)),
    case("outer", lambda xp, x, y: xp.outer(x, y), real(3), real(2)),
    case("tensordot", lambda xp, A, B: xp.tensordot(A, B), real(2, 2, 3), real(2, 3, 2)),
    case(
        "tensordot of axes",
        lambda xp, A, B: xp.tensordot(A, B, axes=([0, 2], [1, 0])),
        real(2, 2, 3),
        real(3, 2, 2),
    ),
    case("tensordot, none", lambda xp, A, B: xp.tensordot(A, B, axes=0), real(2, 2), real(3)),
    einsum("ij,jk->ik", (2, 3), (3, 2)),
    einsum("bij,bjk->bik", (2, 2, 2), (2, 2, 2)),
    einsum("ij,ij->", (2, 3), (2, 3)),
    einsum("i,j->ji", (2,), (3,)),
    einsum("ii->i", (3, 3)),
    einsum("ii", (3, 3)),
    einsum("ij->j", (2, 3)),
    einsum("i,ij,j->", (2,), (2, 3), (3,)),
    einsum("ij,jk,kl->il", (2, 2), (2, 3), (3, 2)),
    einsum("...i,...i->...", (2, 2, 3), (2, 3)),
    einsum("bhqd,bhkd->bhqk", (1, 2, 2, 3), (1, 2, 2, 3)),
    case("einsum of one twice", lambda xp, A: xp.einsum("ij,ik->jk", A, A), real(2, 3)),
    case("kron", lambda xp, A, B: xp.kron(A, B), real(2, 2), real(2, 3)),
    case("cross", lambda xp, x, y: xp.cross(x, y), real(3), real(3)),
    case("cross, of rows", lambda xp, x, y: xp.cross(x, y), real(2, 3), real(2, 3)),
    case("trace", lambda xp, A: xp.trace(A @ A), real(3, 3)),
    case("trace offset", lambda xp, A: A.trace(offset=1) ** 2, real(3, 3)),
    case("multi_dot", lambda xp, *A: xp.linalg.multi_dot(A), real(2, 3), real(3, 2), real(2, 2)),
    case("matrix_power", lambda xp, A: xp.linalg.matrix_power(A, 3), real(3, 3)),
    case("matrix_power, negative", lambda xp, A: xp.linalg.matrix_power(A, -2), regular(3)),
]


def symmetric_function(xp: Any, A: Any) -> Any:
    """log of a matrix: eigenvectors may have either sign, this has none."""
    w, V = xp.linalg.eigh(A)
    return (V * xp.log(w)) @ V.T


def projectors(xp: Any, A: Any) -> Any:
    """That onto the eigenvector of the largest eigenvalue."""
    v = xp.linalg.eigh(A)[1][:, -1]
    return xp.outer(v, v)


def polar(xp: Any, A: Any) -> Any:
    """The orthogonal factor of the polar decomposition, from the singular vectors."""
    U, s, Vt = xp.linalg.svd(A, full_matrices=False)
    return (U * xp.sin(s)) @ Vt


def triangular(xp: Any, A: Any) -> Any:
    """|R| and |Q|, free of the signs that a library may choose."""
    Q, R = xp.linalg.qr(A)
    return xp.abs(Q), xp.abs(R)


def logdet(xp: Any, A: Any) -> Any:
    sign, value = xp.linalg.slogdet(A)
    return sign * value**2


LINALG = [
    case("solve", lambda xp, A, b: xp.linalg.solve(A, b), regular(3), real(3)),
    case("solve, a matrix", lambda xp, A, b: xp.linalg.solve(A, b), regular(3), real(3, 2)),
    case("solve, stacked", lambda xp, A, b: xp.linalg.solve(A, b), regular(2, 2), real(2, 2, 1)),
    case("inv", lambda xp, A: xp.linalg.inv(A), regular(3)),
    case("inv, stacked", lambda xp, A: xp.linalg.inv(A), regular(2, 3)),
    case("det", lambda xp, A: xp.linalg.det(A), regular(3)),
    case("det, stacked", lambda xp, A: xp.linalg.det(A), regular(3, 2)),
    case("slogdet", logdet, regular(4)),
    case("slogdet of a negative", lambda xp, A: xp.linalg.slogdet(-A)[1], regular(3)),
    case("cholesky", lambda xp, A: xp.linalg.cholesky(A), spd(3)),
    case("cholesky, stacked", lambda xp, A: xp.linalg.cholesky(A), spd(2, 2)),
    case("cholesky of a product", lambda xp, B: xp.linalg.cholesky(B @ B.T), regular(3)),
    case("pinv, tall", lambda xp, A: xp.linalg.pinv(A), real(4, 2)),
    case("pinv, wide", lambda xp, A: xp.linalg.pinv(A), real(2, 4)),
    case("eigvalsh", lambda xp, A: xp.linalg.eigvalsh(A), spd(4)),
    case("eigh, eigenvalues", lambda xp, A: xp.linalg.eigh(A)[0] ** 2, spd(3)),
    case("eigh, a function of a matrix", symmetric_function, spd(3)),
    case("eigh, a projector", projectors, spd(3)),
    case("svd, singular values", lambda xp, A: xp.linalg.svd(A, compute_uv=False), real(3, 4)),
    case("svd, a function of a matrix", polar, real(4, 3)),
    case("svdvals", lambda xp, A: xp.linalg.svdvals(A), real(3, 3)),
    case("nuclear norm", lambda xp, A: xp.sum(xp.linalg.svdvals(A)), real(2, 3)),
    case("spectral norm", lambda xp, A: xp.max(xp.linalg.svdvals(A)), real(2, 3)),
    case("qr", triangular, real(4, 3)),
    case("qr, square", triangular, regular(3)),
    case(
        "quadratic form of an inverse",
        lambda xp, A, x: x @ xp.linalg.solve(A @ A.T + xp.eye(3), x),
        real(3, 3),
        positive(3),
    ),
]

CASES = [*PRODUCTS, *LINALG]
