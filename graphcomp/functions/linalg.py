"""Linear algebra on matrices and on stacks of matrices, as in ``numpy.linalg``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from graphcomp import node as _node
from graphcomp.errors import InputError, ShapeError, with_user_line
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.leaves import IDENTITY
from graphcomp.ops.linalg import CHOLESKY, DET, DET_SIGN, INV, LOGDET, PINV, SOLVE, square
from graphcomp.shape import broadcast_shape


class SignedLogarithm(NamedTuple):
    """What `slogdet` gives: det is ``sign * exp(logabsdet)``."""

    sign: Node
    logabsdet: Node


def inv(a: Operand) -> Node:
    """The inverse of a square matrix. To solve equations, `solve` is better.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.inv(gc.array("A", "n n"))
    <node inv(A) float64 (n, n)>
    """
    return apply(INV, a)


def solve(a: Operand, b: Operand) -> Node:
    """The x with ``a @ x = b``, for a vector b (n,) or a matrix (n, k) of right-hand sides.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.solve(gc.array("A", "n n"), gc.array("b", "n"))
    <node solve(A, b) float64 (n,)>
    """
    left, right = constant(a), constant(b)
    if left.ndim < 3 and right.ndim < 3:
        return apply(SOLVE, left, right)
    vector = right.ndim == 1
    if vector:
        right = right.reshape((*right.shape, 1))
    try:
        lead = broadcast_shape("solve", left.shape[:-2], right.shape[:-2])
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    left = left.broadcast_to((*lead, *left.shape[-2:]))
    found = apply(SOLVE, left, right.broadcast_to((*lead, *right.shape[-2:])))
    return found.reshape(found.shape[:-1]) if vector else found


def det(a: Operand) -> Node:
    """The determinant; its derivative is exact for singular matrices too.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.det(gc.array("A", "n n"))
    <node det(A) float64 ()>
    """
    return apply(DET, a)


def slogdet(a: Operand) -> SignedLogarithm:
    """Sign and logarithm of the absolute value of the determinant, without overflow.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.slogdet(gc.array("A", "n n")).logabsdet
    <node logdet(A) float64 ()>
    """
    return SignedLogarithm(apply(DET_SIGN, a), apply(LOGDET, a))


def cholesky(a: Operand) -> Node:
    """The lower triangular L with ``L @ L.T = a``, for a symmetric positive definite matrix.

    It is that of the symmetric part ``(a + a.T) / 2``, so that derivatives are symmetric.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.cholesky(gc.array("A", "n n"))
    <node cholesky(A) float64 (n, n)>
    """
    return apply(CHOLESKY, a)


def pinv(a: Operand) -> Node:
    """The pseudo-inverse; its derivative is that for a rank that stays the same.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.pinv(gc.array("A", "m n"))
    <node pinv(A) float64 (n, m)>
    """
    return apply(PINV, a)


def matrix_power(a: Operand, n: int) -> Node:
    """A square matrix to an integer power, by repeated squaring; negative: of its inverse.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.matrix_power(gc.array("A", "n n"), 3)
    <node A @ (A @ A) float64 (n, n)>
    """
    x = constant(a)
    if not isinstance(n, int) or isinstance(n, bool):
        msg = f"matrix_power: the exponent must be an int, not {n!r}"
        raise InputError(with_user_line(msg))
    try:
        square("matrix_power")(x.shape)
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    if n == 0:
        dtype = x.dtype.name
        return apply(IDENTITY, size=x.shape[-1], dtype=dtype).broadcast_to(x.shape)
    factor, left = (apply(INV, x), -n) if n < 0 else (x, n)
    result: Node | None = None
    while True:
        if left % 2:
            result = factor if result is None else result @ factor
        left //= 2
        if not left:
            assert result is not None
            return result
        factor = factor @ factor


def multi_dot(arrays: Sequence[Operand]) -> Node:
    """The product of several matrices, in the cheapest order where the sizes are numbers.

    The first and the last may be vectors. Where sizes are not known, from the left to the right.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> A, B, v = gc.array("A", (100, 100)), gc.array("B", (100, 100)), gc.array("v", 100)
    >>> f.multi_dot([A, B, v])
    <node A @ (B @ v) float64 (100,)>
    """
    nodes = [constant(value) for value in arrays]
    if len(nodes) < 2:
        msg = "multi_dot: needs at least two arrays"
        raise InputError(with_user_line(msg))
    if any(node.ndim != 2 for node in nodes[1:-1]) or {nodes[0].ndim, nodes[-1].ndim} - {1, 2}:
        msg = "multi_dot: the arrays must be matrices; only the first and the last may be vectors"
        raise ShapeError(with_user_line(msg))
    first, last = nodes[0].shape, nodes[-1].shape
    inner = [first[-1], *(node.shape[1] for node in nodes[1:-1])]
    sizes = [1 if len(first) == 1 else first[0], *inner, 1 if len(last) == 1 else last[1]]
    numbers = [size for size in sizes if isinstance(size, int)]
    if len(numbers) < len(sizes):
        result = nodes[0]
        for node in nodes[1:]:
            result = _node.matmul(result, node)
        return result
    return _cheapest(nodes, numbers)


def _cheapest(nodes: Sequence[Node], sizes: Sequence[int]) -> Node:
    """The product of a chain of matrices in the order with the fewest multiplications."""
    count = len(nodes)
    costs = {(i, i): 0 for i in range(count)}
    splits: dict[tuple[int, int], int] = {}
    spans = [(i, i + length) for length in range(1, count) for i in range(count - length)]
    for i, j in spans:
        costs[i, j], splits[i, j] = min(
            (costs[i, k] + costs[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
            for k in range(i, j)
        )
    wanted = [(0, count - 1)]
    for i, j in wanted:  # grows while it is read: every product, before the products in it
        if i < j:
            wanted += [(i, splits[i, j]), (splits[i, j] + 1, j)]
    found: dict[tuple[int, int], Node] = {}
    for i, j in reversed(wanted):
        middle = splits.get((i, j), i)
        found[i, j] = nodes[i] if i == j else _node.matmul(found[i, middle], found[middle + 1, j])
    return found[0, count - 1]
