"""Factorisations of matrices: eigenvalues, singular values, QR, as in ``numpy.linalg``.

Each factor is an op of its own. Derivatives are those for eigenvalues (singular values) that
differ; between equal ones the part that would turn their vectors into each other is 0.
"""

from __future__ import annotations

from typing import NamedTuple

from graphcomp.errors import InputError, with_user_line
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.factors import (
    EIGENVALUES,
    EIGENVECTORS,
    LEFT_VECTORS,
    ORTHOGONAL,
    RIGHT_VECTORS,
    SINGULAR_VALUES,
    TRIANGULAR,
)
from graphcomp.shape import known_equal


class Eigen(NamedTuple):
    """Eigenvalues in ascending order, and eigenvectors as columns."""

    eigenvalues: Node
    eigenvectors: Node


class Singular(NamedTuple):
    """``U @ diag(S) @ Vh`` is the matrix."""

    U: Node
    S: Node
    Vh: Node


class Orthogonal(NamedTuple):
    """``Q @ R`` is the matrix."""

    Q: Node
    R: Node


def eigh(a: Operand, UPLO: str = "L") -> Eigen:  # noqa: ARG001
    """Eigenvalues and eigenvectors of a symmetric matrix, of ``(a + a.T) / 2`` to be exact.

    Both triangles count, so `UPLO` makes no difference.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.eigh(gc.array("A", "n n")).eigenvalues
    <node eigenvalues(A) float64 (n,)>
    """
    return Eigen(apply(EIGENVALUES, a), apply(EIGENVECTORS, a))


def eigvalsh(a: Operand, UPLO: str = "L") -> Node:  # noqa: ARG001
    """The eigenvalues of a symmetric matrix, in ascending order.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.eigvalsh(gc.array("A", "n n"))
    <node eigenvalues(A) float64 (n,)>
    """
    return apply(EIGENVALUES, a)


def svd(a: Operand, full_matrices: bool = True, compute_uv: bool = True) -> Singular | Node:
    """The singular value decomposition; of a matrix that is not square, with full_matrices=False.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.svd(gc.array("A", (4, 3)), full_matrices=False).S
    <node singular_values(A) float64 (3,)>
    """
    node = constant(a)
    if not compute_uv:
        return apply(SINGULAR_VALUES, node)
    if full_matrices and node.ndim > 1 and not known_equal(node.shape[-2], node.shape[-1]):
        msg = "svd: use full_matrices=False; the further vectors have no derivative"
        raise InputError(with_user_line(msg))
    parts = (apply(op, node) for op in (LEFT_VECTORS, SINGULAR_VALUES, RIGHT_VECTORS))
    return Singular(*parts)


def svdvals(x: Operand) -> Node:
    """The singular values, in descending order.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.svdvals(gc.array("A", "n n"))
    <node singular_values(A) float64 (n,)>
    """
    return apply(SINGULAR_VALUES, x)


def qr(a: Operand, mode: str = "reduced") -> Orthogonal | Node:
    """Orthonormal columns Q and an upper triangular R, for full rank; R alone with mode="r".

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.qr(gc.array("A", (4, 3)), mode="r")
    <node triangular_factor(A) float64 (3, 3)>
    """
    node = constant(a)
    if mode == "r":
        return apply(TRIANGULAR, node)
    if mode != "reduced":
        msg = f"qr: mode is 'reduced' or 'r', not {mode!r}"
        raise InputError(with_user_line(msg))
    return Orthogonal(apply(ORTHOGONAL, node), apply(TRIANGULAR, node))
