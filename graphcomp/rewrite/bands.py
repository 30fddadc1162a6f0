"""Rules for matrices with few diagonals: what second derivatives of neighbours' functions are.

The rows of a Jacobian are tangents of the identity matrix. Functions that act entry by entry scale
its rows and columns, slices shift its diagonal, and sums put several diagonals side by side. So only
the diagonals are computed, as vectors; the matrix is filled once, at the end. What meets one of
another form is multiplied or added whole, as before.

The zeros beside diagonals are no numbers: 0*inf is not formed there.
"""

from __future__ import annotations

from graphcomp.node import Node, apply, number
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, SUB
from graphcomp.ops.comparison import WHERE
from graphcomp.ops.contraction import MATMUL
from graphcomp.ops.reductions import SUM
from graphcomp.ops.shaping import BROADCAST, CAST, GETITEM, SCATTER, TRANSPOSE
from graphcomp.ops.triangular import BANDED, DIAGONAL
from graphcomp.rewrite.banded import (
    SOURCES,
    banded,
    bands_of,
    corner_of,
    first_entry,
    length_of,
    line_of,
    mapped,
    placed_along,
    taken,
)
from graphcomp.rewrite.rules import rule
from graphcomp.shape import combine, known_equal

#: Matrices with more diagonals than this are added whole: each sum would make all of them anew.
MOST = 64


@rule(NEG, before="-diag(v)", after="diag(-v)", needs=SOURCES)
def negative_bands(node: Node) -> Node | None:
    """Entry by entry; -0 beside the diagonals becomes 0."""
    bands = bands_of(node.args[0])
    return mapped(node, bands, lambda _, v: -v) if bands is not None else None


@rule(CAST, before="diag(v).astype(dtype)", after="diag(v.astype(dtype))", needs=SOURCES)
def cast_bands(node: Node) -> Node | None:
    """Entry by entry; 0 is 0 in every dtype."""
    bands = bands_of(node.args[0])
    if bands is None:
        return None
    dtype = node.param("dtype")
    return mapped(node, bands, lambda _, v: apply(CAST, v, dtype=dtype))


@rule(MUL, DIV, before="diag(v)*A, diag(v)/A", after="diag(v*diagonal(A))", needs=SOURCES)
def scaled_bands(node: Node) -> Node | None:
    """Entry by entry: of the other matrix, nothing but its diagonal counts."""
    a, b = node.args
    if not node.is_real:
        return None
    bands = bands_of(a)
    if bands is not None:
        return mapped(node, bands, lambda k, v: apply(node.op, v, line_of(b, k)))
    bands = bands_of(b) if node.op is MUL else None
    return None if bands is None else mapped(node, bands, lambda k, v: line_of(a, k) * v)


@rule(ADD, SUB, before="diag(v) + diag(w)", after="diag(v + w)", needs=SOURCES)
def added_bands(node: Node) -> Node | None:
    """Entry by entry: those on one diagonal are added, those on others stand beside them."""
    first, second = bands_of(node.args[0]), bands_of(node.args[1])
    if first is None or second is None or not node.is_real:
        return None
    if len(first) + len(second) > MOST:
        return None
    total = dict(first)
    for k, v in second.items():
        if k in total:
            total[k] = apply(node.op, total[k], v)
        else:
            total[k] = v if node.op is ADD else -v
    return banded(total, node.shape, node)


@rule(WHERE, before="where(c, diag(v), 0)", after="diag(where(diagonal(c), v, 0))", needs=SOURCES)
def chosen_bands(node: Node) -> Node | None:
    """Entry by entry: beside the diagonals, both branches are 0."""
    condition, a, b = node.args
    first, second = bands_of(a), bands_of(b)
    if first is not None and b.constant == 0:
        return mapped(node, first, lambda k, v: apply(WHERE, line_of(condition, k), v, _zero(v)))
    if second is not None and a.constant == 0:
        return mapped(node, second, lambda k, v: apply(WHERE, line_of(condition, k), _zero(v), v))
    return None


def _zero(like: Node) -> Node:
    return number(0, like.dtype)


@rule(TRANSPOSE, before="diag(v, k).T", after="diag(v, -k)", needs=SOURCES)
def transpose_of_bands(node: Node) -> Node | None:
    """Entry (i, i + k) becomes entry (i + k, i): the same vector on the mirrored diagonal."""
    bands = bands_of(node.args[0])
    if bands is None or node.param("axes") != (1, 0):
        return None
    return banded({-k: v for k, v in bands.items()}, node.shape, node)


@rule(GETITEM, before="diag(v)[1:]", after="diag(v[1:], 1)", needs=SOURCES)
def slice_of_bands(node: Node) -> Node | None:
    """Without r rows above and c columns before, entry (i, i + k) is entry (i - r, i + k - c).

    So diagonal k becomes diagonal k + r - c, without the entries that are cut off.
    """
    (matrix,) = node.args
    bands = bands_of(matrix)
    corner = corner_of(node, matrix.shape) if bands is not None else None
    if bands is None or corner is None:
        return None
    row, below = corner
    found: dict[int, Node] = {}
    for k, v in bands.items():
        moved = k + below
        length = length_of(node, moved)
        if length is None:
            return None
        if length == 0:
            continue
        skipped = combine("+", row, first_entry(moved)[0] - first_entry(k)[0])
        part = taken(v, skipped, length)
        if part is None:
            return None
        found[moved] = part
    return banded(found, node.shape, node)


@rule(SCATTER, before="zeros.at[1:].add(diag(v))", after="diag(v, -1)", needs=SOURCES)
def placed_bands(node: Node) -> Node | None:
    """With r rows above and c columns before, entry (i, i + k) is entry (i + r, i + k + c).

    So diagonal k becomes diagonal k - r + c; where that is longer, with zeros.
    """
    (matrix,) = node.args
    bands = bands_of(matrix)
    corner = corner_of(node, node.shape) if bands is not None else None
    if bands is None or corner is None:
        return None
    row, below = corner
    found: dict[int, Node] = {}
    for k, v in bands.items():
        moved = k - below
        length, whole = length_of(matrix, k), length_of(node, moved)
        if length is None or whole is None:
            return None
        skipped = combine("+", row, first_entry(k)[0] - first_entry(moved)[0])
        if known_equal(length, whole):
            found[moved] = v
            continue
        placed = placed_along(v.broadcast_to((length,)), skipped, whole)
        if placed is None:
            return None
        found[moved] = placed
    return banded(found, node.shape, node)


@rule(SUM, before="sum(diag(v), axis=1)", after="v", needs=SOURCES)
def sum_of_bands(node: Node) -> Node | None:
    """A row has one entry of each diagonal, which is 0 where the diagonal does not reach it."""
    (matrix,) = node.args
    bands, axes = bands_of(matrix), node.param("axes")
    if bands is None or node.dtype != matrix.dtype:
        return None
    total: Node | None = None
    for k, v in bands.items():
        length = length_of(matrix, k)
        if length is None:
            return None
        part: Node | None = v.broadcast_to((length,))
        if len(axes) == 2:
            part = v.broadcast_to((length,)).sum()
        else:
            kept = 1 - axes[0]
            part = placed_along(v.broadcast_to((length,)), first_entry(k)[kept], matrix.shape[kept])
        if part is None:
            return None
        total = part if total is None else total + part
    return None if total is None else total.reshape(node.shape)


@rule(MATMUL, before="diag(v, k) @ M", after="v[:, None]*M[k:]", needs=SOURCES)
def product_with_bands(node: Node) -> Node | None:
    """Row i of the product is v[i] times row i + k of M; of M @ diag(v, k), likewise its columns."""
    a, b = node.args
    matrix, other, left = (a, b, True) if a.op is BANDED else (b, a, False)
    bands = bands_of(matrix) if matrix.op is BANDED else None
    if bands is None or other.ndim > 2 or other.dtype != matrix.dtype or other.op in SOURCES:
        return None
    axis = 0 if left or other.ndim == 1 else 1
    total: Node | None = None
    for k, v in bands.items():
        length = length_of(matrix, k)
        if length is None:
            return None
        row, column = first_entry(k)
        read, write = (column, row) if left else (row, column)
        part = taken(other, read, length, axis)
        if part is None:
            return None
        tall = v.shape != () and axis == 0 and other.ndim == 2
        factor = v.reshape((length, 1)) if tall else v
        scaled = factor * part if left else part * factor
        part = placed_along(scaled, write, node.shape[axis], axis)
        if part is None:
            return None
        total = part if total is None else total + part
    return total


@rule(DIAGONAL, before="diagonal(diag(v))", after="v", needs=SOURCES)
def diagonal_of_bands(node: Node) -> Node | None:
    """By definition; 0 where there is no such diagonal."""
    bands = bands_of(node.args[0])
    if bands is None:
        return None
    found = bands.get(node.param("offset"), number(0, node.dtype))
    return found.broadcast_to(node.shape)


@rule(DIAGONAL, before="diagonal(broadcast(x))", after="x[:n]")
def diagonal_of_broadcast(node: Node) -> Node | None:
    """Equal rows: entry i of the diagonal is entry i of the row; likewise of equal columns."""
    (spread,) = node.args
    if spread.op is not BROADCAST or node.ndim != 1:
        return None
    (x,) = spread.args
    shape = (1,) * (2 - x.ndim) + x.shape
    varying = [axis for axis in (0, 1) if shape[axis] != 1]
    if len(varying) > 1:
        return None
    if not varying:
        return x.reshape(()).broadcast_to(node.shape)
    (axis,) = varying
    vector = x.reshape((shape[axis],))
    return taken(vector, first_entry(node.param("offset"))[axis], node.shape[0])


@rule(DIAGONAL, before="diagonal(exp(A)), diagonal(A*B)", after="exp(diagonal(A))")
def diagonal_inwards(node: Node) -> Node | None:
    """Entry by entry; the other entries are not needed for it."""
    (matrix,) = node.args
    if not matrix.op.broadcasts or node.ndim != 1:
        return None
    offset = node.param("offset")
    lines = [line_of(arg, offset).broadcast_to(node.shape) for arg in matrix.args]
    return apply(matrix.op, *lines, **dict(matrix.params))


RULES = (
    negative_bands,
    cast_bands,
    scaled_bands,
    added_bands,
    chosen_bands,
    transpose_of_bands,
    slice_of_bands,
    placed_bands,
    sum_of_bands,
    product_with_bands,
    diagonal_of_bands,
    diagonal_of_broadcast,
    diagonal_inwards,
)
