"""Contractions: einsum, and what can be said with it."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

from graphcomp.errors import ShapeError, with_user_line
from graphcomp.functions.arrays import concatenate, dot, stack
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.einsum import EINSUM, sizes_of
from graphcomp.ops.triangular import DIAGONAL
from graphcomp.shape import Dim, Shape, normal_axis


def einsum(subscripts: str, *operands: Operand, optimize: Any = True) -> Node:  # noqa: ARG001
    """A sum of products over named axes, with NumPy's notation: ``einsum("ij,jk->ik", a, b)``.

    A letter that comes twice in one operand takes a diagonal, one that is missing in the result is
    summed over, ``...`` stands for axes that broadcast. The order of contraction is chosen when the
    sizes are known, so `optimize` makes no difference.

    Raises:
        ShapeError: the letters do not fit the shapes.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.einsum("ij,kj->ik", gc.array("A", "m n"), gc.array("B", "k n"))
    <node einsum("ij,kj->ik", A, B) float64 (m, k)>
    """
    nodes = [constant(value) for value in operands]
    try:
        return _einsum(subscripts, nodes)
    except ShapeError as error:
        message = str(error)
        raise ShapeError(message if "\n  at " in message else with_user_line(message)) from None


def _einsum(subscripts: str, nodes: Sequence[Node]) -> Node:
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(nodes):
        msg = f"einsum: {subscripts!r} is for {len(terms)} operands, not {len(nodes)}"
        raise ShapeError(msg)
    plain = subscripts.replace("...", "")
    if any(c not in ascii_letters + ", ->" for c in plain) or plain.count("->") > 1:
        msg = f"einsum: {subscripts!r} is not made of letters, commas, '...' and one '->'"
        raise ShapeError(msg)
    if not arrow:
        letters = left.replace(",", "").replace("...", "")
        once = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
        result = ("..." if "..." in left else "") + once
    free = [letter for letter in ascii_letters if letter not in subscripts]
    extra = [
        node.ndim - len(term.replace("...", "")) if "..." in term else 0
        for term, node in zip(terms, nodes, strict=True)
    ]
    rank = max(0, *extra)
    if min(extra) < 0 or rank > len(free):
        msg = f"einsum: {subscripts!r} has more letters than its operands have axes"
        raise ShapeError(msg)
    dots = "".join(free[:rank])
    terms = [
        term.replace("...", dots[rank - count :]) for term, count in zip(terms, extra, strict=True)
    ]
    shapes: list[Shape] = [node.shape for node in nodes]
    terms, stretched = _without_ones(terms, shapes)
    operands = [
        node if shape == node.shape else node.reshape(shape)
        for node, shape in zip(nodes, stretched, strict=True)
    ]
    spelled = f"{','.join(terms)}->{result.replace('...', dots)}"
    return apply(EINSUM, *operands, subscripts=spelled)


def _without_ones(terms: Sequence[str], shapes: Sequence[Shape]) -> tuple[list[str], list[Shape]]:
    """The operands without axes of size 1 that stand against longer ones: those broadcast."""
    longer: set[str] = set()
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) == len(shape):
            longer |= {letter for letter, dim in zip(term, shape, strict=True) if dim != 1}
    kept_terms, kept_shapes = [], []
    for term, shape in zip(terms, shapes, strict=True):
        if len(term) != len(shape):  # an error, which the op reports
            sizes_of(",".join(terms) + "->", shapes)
        kept = [
            (letter, dim)
            for letter, dim in zip(term, shape, strict=True)
            if dim != 1 or letter not in longer
        ]
        kept_terms.append("".join(letter for letter, _ in kept))
        kept_shapes.append(tuple(dim for _, dim in kept))
    return kept_terms, kept_shapes


def vdot(a: Operand, b: Operand) -> Node:
    """The inner product of all entries of two arrays of one size.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.vdot(gc.array("u", "n"), gc.array("v", "n"))
    <node u @ v float64 ()>
    """
    return dot(constant(a).reshape(-1), constant(b).reshape(-1))


def inner(a: Operand, b: Operand) -> Node:
    """The sum of products over the last axis of both.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.inner(gc.array("A", "m n"), gc.array("v", "n"))
    <node A @ v float64 (m,)>
    """
    left, right = constant(a), constant(b)
    if left.ndim == 0 or right.ndim == 0:
        return left * right
    if right.ndim == 1:
        return left @ right
    return tensordot(left, right, ((left.ndim - 1,), (right.ndim - 1,)))


def tensordot(a: Operand, b: Operand, axes: Any = 2) -> Node:
    """The sum of products over pairs of axes: the last of `a` with the first of `b`, or as listed.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.tensordot(gc.array("A", "m n k"), gc.array("B", "k n p"), ([1, 2], [1, 0])).shape
    (m, p)
    """
    left, right = constant(a), constant(b)
    if isinstance(axes, int):
        pairs: tuple[Any, Any] = (range(left.ndim - axes, left.ndim), range(axes))
    else:
        first, second = axes
        pairs = tuple((x,) if isinstance(x, int) else tuple(x) for x in (first, second))  # type: ignore[assignment]
    try:
        mine = [normal_axis(axis, left.ndim, "tensordot") for axis in pairs[0]]
        other = [normal_axis(axis, right.ndim, "tensordot") for axis in pairs[1]]
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    if len(mine) != len(other):
        msg = f"tensordot: as many axes of one array as of the other: {axes!r}"
        raise ShapeError(with_user_line(msg))
    terms = (
        list(ascii_letters[: left.ndim]),
        list(ascii_letters[left.ndim : left.ndim + right.ndim]),
    )
    for i, j in zip(mine, other, strict=True):
        terms[1][j] = terms[0][i]
    result = [c for i, c in enumerate(terms[0]) if i not in mine]
    result += [c for j, c in enumerate(terms[1]) if j not in other]
    spelled = f"{''.join(terms[0])},{''.join(terms[1])}->{''.join(result)}"
    return apply(EINSUM, left, right, subscripts=spelled)


def kron(a: Operand, b: Operand) -> Node:
    """The Kronecker product: every entry of `a` times all of `b`.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.kron(gc.array("A", "m n"), gc.array("B", "2 3")).shape
    (2*m, 3*n)
    """
    left, right = constant(a), constant(b)
    rank = max(left.ndim, right.ndim)
    shapes = [(1,) * (rank - node.ndim) + node.shape for node in (left, right)]
    outer: list[Dim] = [dim for pair in zip(shapes[0], [1] * rank, strict=True) for dim in pair]
    inner_: list[Dim] = [dim for pair in zip([1] * rank, shapes[1], strict=True) for dim in pair]
    product = left.reshape(tuple(outer)) * right.reshape(tuple(inner_))
    return product.reshape(tuple(p * q for p, q in zip(*shapes, strict=True)))


def cross(a: Operand, b: Operand, axis: int = -1) -> Node:
    """The cross product of vectors of three entries along an axis (of two: the third entry).

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.cross(gc.array("u", 3), gc.array("v", 3)).shape
    (3,)
    """
    left, right = constant(a), constant(b)
    try:
        places = [normal_axis(axis, node.ndim, "cross") for node in (left, right)]
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    nodes = [_last(node, place) for node, place in zip((left, right), places, strict=True)]
    sizes = [node.shape[-1] for node in nodes]
    if any(size not in {2, 3} for size in sizes):
        msg = f"cross: needs two or three entries along the axis, not {sizes[0]} and {sizes[1]}"
        raise ShapeError(with_user_line(msg))
    vectors = [node if node.shape[-1] == 3 else _with_zero(node) for node in nodes]
    p, q = ([node[..., i] for i in range(3)] for node in vectors)
    third = p[0] * q[1] - p[1] * q[0]
    if sizes == [2, 2]:
        return third
    product = stack([p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], third], -1)
    order = list(range(product.ndim - 1))
    order.insert(places[0] if left.ndim >= right.ndim else places[1], product.ndim - 1)
    return product.transpose(order)


def _with_zero(node: Node) -> Node:
    """Vectors in the plane, as vectors in space."""
    zero = constant(0.0, node.dtype).broadcast_to((*node.shape[:-1], 1))
    return concatenate([node, zero], -1)


def trace(x: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """The sum over a diagonal of the matrices that two axes span.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.trace(gc.array("A", "n n"))
    <node sum(diagonal(A)) float64 ()>
    """
    return diagonal(x, offset, axis1, axis2).sum(axis=-1)


def diagonal(x: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """A diagonal of the matrices that two axes span, as a new last axis.

    >>> import graphcomp as gc
    >>> from graphcomp import functions as f
    >>> f.diagonal(gc.array("A", "n n"))
    <node diagonal(A) float64 (n,)>
    """
    node = constant(x)
    try:
        pair = [normal_axis(axis, node.ndim, "diagonal") for axis in (axis1, axis2)]
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None
    if pair[0] == pair[1]:
        msg = f"diagonal: needs two axes, not {axis1} twice"
        raise ShapeError(with_user_line(msg))
    rest = [axis for axis in range(node.ndim) if axis not in pair]
    return apply(DIAGONAL, node.transpose((*rest, *pair)), offset=int(offset))


def _last(node: Node, axis: int) -> Node:
    """The node with an axis moved to the end."""
    return node.transpose([*(a for a in range(node.ndim) if a != axis), axis])
