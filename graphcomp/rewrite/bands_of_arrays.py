"""Rules for derivatives by arrays with several axes, which are matrices in another shape.

All entries of an array (m, n), one after the other, are a vector of m*n; a tangent for each of them is
the identity matrix, reshaped to (m*n, m, n). What acts on it entry by entry may as well act on the
matrix, where it finds diagonals.
"""

from __future__ import annotations

from graphcomp.node import Node, apply
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, SUB
from graphcomp.ops.comparison import WHERE
from graphcomp.ops.shaping import BROADCAST, CAST, RESHAPE, TRANSPOSE
from graphcomp.rewrite.banded import SOURCES
from graphcomp.rewrite.rules import rule


def _matrix_in(node: Node) -> Node | None:
    """The matrix with few diagonals whose rows are in another shape in the node."""
    if node.op is not RESHAPE or node.ndim < 3:
        return None
    (matrix,) = node.args
    return matrix if matrix.op in SOURCES and matrix.shape[0] == node.shape[0] else None


def _as_matrix(node: Node, matrix: Node) -> Node | None:
    """The node in the shape of the matrix, if that is a view: the matrix itself, or equal rows."""
    inner = _matrix_in(node)
    if inner is not None:
        return inner if inner.shape == matrix.shape else None
    if node.op is not BROADCAST:
        return None
    (x,) = node.args
    if x.shape == ():
        return x.broadcast_to(matrix.shape)
    if x.shape != node.shape[1:]:
        return None
    return x.reshape(matrix.shape[1:]).broadcast_to(matrix.shape)


@rule(
    *(NEG, CAST, MUL, DIV, ADD, SUB, WHERE),
    before="reshape(diag(v))*A",
    after="reshape(diag(v)*reshape(A))",
    needs=SOURCES,
)
def arrays_of_bands(node: Node) -> Node | None:
    """Entry by entry, in whatever shape; A is the same for all rows."""
    matrix = next((found for arg in node.args if (found := _matrix_in(arg)) is not None), None)
    if matrix is None:
        return None
    args = [_as_matrix(arg, matrix) for arg in node.args]
    known = [arg for arg in args if arg is not None]
    if len(known) < len(args):
        return None
    return apply(node.op, *known, **dict(node.params)).reshape(node.shape)


@rule(
    TRANSPOSE,
    before="reshape(diag(v, k)).transpose(1, 2, 0)",
    after="reshape(diag(v, -k))",
    needs=SOURCES,
)
def transpose_of_arrays(node: Node) -> Node | None:
    """Rows become columns; within a row the entries stay in their order."""
    matrix = _matrix_in(node.args[0])
    if matrix is None or node.param("axes") != (*range(1, node.ndim), 0):
        return None
    return matrix.T.reshape(node.shape)


RULES = (arrays_of_bands, transpose_of_arrays)
