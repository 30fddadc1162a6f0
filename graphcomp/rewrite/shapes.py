"""Rules for sums over axes, transposes and reshapes: fewer passes over arrays, and over smaller ones."""

from __future__ import annotations

from graphcomp.node import Node, apply, dimension, intern, number
from graphcomp.op import Kind
from graphcomp.ops import ALL
from graphcomp.ops.arithmetic import MUL, NEG
from graphcomp.ops.contraction import MATMUL
from graphcomp.ops.reductions import SUM
from graphcomp.ops.shaping import BROADCAST, GETITEM, RESHAPE, TRANSPOSE
from graphcomp.rewrite.patterns import adds_axes
from graphcomp.rewrite.rules import rule
from graphcomp.shape import Dim, size_of

Axes = tuple[int, ...]


def total(x: Node, axes: Axes, keepdims: bool) -> Node:
    """The sum over axes; x itself where there are none."""
    return apply(SUM, x, axes=axes, keepdims=keepdims, rank=x.ndim) if axes else x


def _count(size: Dim, like: Node) -> Node:
    """A size as a number in the dtype of a node."""
    return number(size, like.dtype) if isinstance(size, int) else dimension(size, like.dtype)


@rule(SUM, before="sum(broadcast(x))", after="n*x")
def sum_of_broadcast(node: Node) -> Node | None:
    """n equal terms are n times the term: over the axes that broadcasting added or stretched."""
    (spread,) = node.args
    if spread.op is not BROADCAST or not node.is_real:
        return None
    x, axes = spread.args[0], node.param("axes")
    padding = spread.ndim - x.ndim
    made = tuple(
        a for a in axes if a < padding or (x.shape[a - padding] == 1 and spread.shape[a] != 1)
    )
    if not made or any(spread.shape[a] == 0 for a in made):
        return None
    count = _count(size_of(spread.shape[a] for a in made), node)
    kept = tuple(d for a, d in enumerate(spread.shape) if a not in made)
    small = x.reshape(tuple(d for a, d in enumerate(x.shape) if a + padding not in made))
    rest = tuple(a - sum(b < a for b in made) for a in axes if a not in made)
    summed = total(small.broadcast_to(kept), rest, keepdims=False)
    result = count * summed
    return result.reshape(node.shape)


@rule(SUM, before="sum(sum(x, axis=0))", after="sum(x)")
def sum_of_sum(node: Node) -> Node | None:
    """One pass instead of two."""
    (inner,) = node.args
    if inner.op is not SUM or node.dtype != inner.args[0].dtype:
        return None
    (x,) = inner.args
    first, second = inner.param("axes"), node.param("axes")
    left = [a for a in range(x.ndim) if inner.param("keepdims") or a not in first]
    axes = tuple(sorted({*first, *(left[a] for a in second)}))
    if node.param("keepdims") == inner.param("keepdims"):
        return total(x, axes, keepdims=node.param("keepdims"))
    return total(x, axes, keepdims=False).reshape(node.shape)


@rule(SUM, before="sum over an axis of size 1", after="reshape")
def sum_of_one(node: Node) -> Node | None:
    """A sum of one term is the term."""
    (x,) = node.args
    axes: Axes = node.param("axes")
    if x.dtype != node.dtype or any(x.shape[a] != 1 for a in axes):
        return None
    return x.reshape(node.shape)


@rule(SUM, before="sum(A.T, axis=0)", after="sum(A, axis=1)")
def sum_of_transpose(node: Node) -> Node | None:
    """The same terms; what is left of the transpose is smaller."""
    (inner,) = node.args
    if inner.op is not TRANSPOSE:
        return None
    (x,) = inner.args
    order, axes = inner.param("axes"), node.param("axes")
    mine = tuple(sorted(order[a] for a in axes))
    if node.param("keepdims"):
        return total(x, mine, keepdims=True).transpose(order)
    left = [order[a] for a in range(x.ndim) if a not in axes]
    places = sorted(left)
    return total(x, mine, keepdims=False).transpose(tuple(places.index(a) for a in left))


@rule(SUM, before="sum(reshape(x))", after="sum(x)")
def sum_of_reshape(node: Node) -> Node | None:
    """Over all axes: the same terms."""
    (inner,) = node.args
    if not adds_axes(inner) or len(node.param("axes")) < inner.ndim:
        return None
    (x,) = inner.args
    return total(x, tuple(range(x.ndim)), keepdims=False).reshape(node.shape)


@rule(RESHAPE, before="reshape(x[:, None])", after="reshape(x)")
def reshape_of_new_axes(node: Node) -> Node | None:
    """New axes of size 1 do not change the order of the entries."""
    (inner,) = node.args
    return inner.args[0].reshape(node.shape) if inner.op is GETITEM and adds_axes(inner) else None


@rule(RESHAPE, before="reshape(broadcast(s))", after="broadcast(s)")
def reshape_of_broadcast(node: Node) -> Node | None:
    """One number everywhere, in whatever shape."""
    (spread,) = node.args
    if spread.op is not BROADCAST or any(dim != 1 for dim in spread.args[0].shape):
        return None
    return spread.args[0].reshape(()).broadcast_to(node.shape)


@rule(TRANSPOSE, before="(A @ B.T).T", after="B @ A.T")
def transpose_of_product(node: Node) -> Node | None:
    """(A B)^T = B^T A^T, where that leaves fewer transposes."""
    (product,) = node.args
    if product.op is not MATMUL or product.ndim != 2 or node.param("axes") != (1, 0):
        return None
    a, b = product.args
    if a.ndim != 2 or b.ndim != 2 or TRANSPOSE not in {a.op, b.op}:
        return None
    return apply(MATMUL, b.T, a.T)


@rule(TRANSPOSE, before="x.T for a row or a column x", after="reshape")
def transpose_of_vector(node: Node) -> Node | None:
    """Where no axes longer than 1 change their order, the entries stay in theirs."""
    (x,) = node.args
    long = [a for a in node.param("axes") if x.shape[a] != 1]
    return x.reshape(node.shape) if long == sorted(long) else None


POINTWISE = tuple(op for op in ALL if op.broadcasts and op.kind is not Kind.DISCRETE)


@rule(*POINTWISE, before="exp(A.T), A.T + B.T", after="exp(A).T, (A + B).T")
def transpose_outwards(node: Node) -> Node | None:
    """Entry by entry; where it meets a product or a sum, the transpose costs nothing or goes."""
    axes: Axes | None = None
    inner: list[Node] = []
    for arg in node.args:
        if arg.op is TRANSPOSE and axes in {None, arg.param("axes")}:
            axes = arg.param("axes")
            inner.append(arg.args[0])
        elif arg.op is BROADCAST and arg.args[0].shape == ():
            inner.append(arg.args[0])
        else:
            return None
    if axes is None:
        return None
    shape = next(part.shape for part in inner if part.shape != ())
    parts = tuple([part.broadcast_to(shape) for part in inner])
    return intern(node.op, parts, node.params).transpose(axes)


@rule(*POINTWISE, before="f(broadcast(x))", after="broadcast(f(x))")
def broadcast_outwards(node: Node) -> Node | None:
    """Entry by entry; before it is spread, there are fewer."""
    if not node.shape or node.op is NEG:
        return None
    if node.op is MUL and any(arg.constant is not None for arg in node.args):
        return None  # factors stand in front, outside
    shapes = {arg.args[0].shape for arg in node.args if arg.op is BROADCAST}
    shapes = {shape for shape in shapes if shape != ()} or shapes
    if len(shapes) != 1 or any(arg.op is not BROADCAST for arg in node.args):
        return None
    (shape,) = shapes
    parts = tuple([arg.args[0].broadcast_to(shape) for arg in node.args])
    return intern(node.op, parts, node.params).broadcast_to(node.shape)


RULES = (
    broadcast_outwards,
    sum_of_broadcast,
    sum_of_sum,
    sum_of_one,
    sum_of_transpose,
    sum_of_reshape,
    reshape_of_new_axes,
    reshape_of_broadcast,
    transpose_of_product,
    transpose_of_vector,
    transpose_outwards,
)
