"""The axis that blocks are cut along put last, in a part of a graph that is computed in blocks.

NumPy goes over arrays along their last axis, and each start of a new line costs as much as some
thirty numbers. Where rows stand first, and the axes behind them are short (n x k x d in a mixture
model with d = 3), most of the time goes there. With the rows of a block last, lines are as long as
the block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from string import ascii_letters

import numpy as np
import sympy

from graphcomp.node import Node, apply, intern
from graphcomp.op import ATOM, Form, Kind, Op, Operand, Spelling
from graphcomp.ops.arithmetic import MUL, NEG
from graphcomp.ops.contraction import MATMUL
from graphcomp.ops.einsum import EINSUM, einsum
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.reductions import SUM
from graphcomp.ops.shaping import BROADCAST, RESHAPE, TRANSPOSE
from graphcomp.rewrite.contraction import Factor, contract
from graphcomp.rewrite.patterns import adds_axes
from graphcomp.shape import Shape
from graphcomp.traversal import topological, use_counts

#: The parameters of ops that work along axes.
_OF_AXES = {"axes", "axis", "keepdims", "rank"}


def _moved(values: Sequence[Operand], axis: int) -> tuple[Operand, ...]:
    """The entry at the place of an axis moved to the end."""
    return (*values[:axis], *values[axis + 1 :], values[axis])


def _spell(_count: int, *, axis: int, rank: int) -> Spelling:
    if rank == 2:
        return Spelling("{0}.T.copy()", ATOM, (ATOM,))
    axes = _moved(range(rank), axis)
    return Spelling(f"np.transpose({{0}}, {axes}).copy()")


#: A copy with an axis moved to the end: lines along that axis are contiguous.
LINES = Op(
    name="lines",
    kind=Kind.DISCRETE,
    evaluate=lambda x, axis, **_params: np.moveaxis(x, axis, -1).copy(),
    shape=lambda x, *, axis, **_params: _moved(x, axis),
    dtype=lambda dtype, **_params: dtype,
    spell={"numpy": _spell},
)


def rows_last(outputs: Sequence[Node], rows: sympy.Symbol) -> dict[Node, Node] | None:
    """What becomes of each node if the axis of length `rows` is put last inside.

    Inputs and outputs keep their axes: the inputs are copied, the outputs are views.

    Returns:
        The nodes by those that they stand for, or None where an op is not known to allow it.
    """
    memo: dict[Node, Node] = {}
    order = topological(outputs)
    uses = use_counts(order)
    single = {node for node, count in uses.items() if count == 1}.difference(outputs)
    for node in order:
        if rows not in node.shape and all(rows not in arg.shape for arg in node.args):
            memo[node] = node
            continue
        found = _turned(node, rows, memo)
        if found is None:
            return None
        memo[node] = _without_array(found) if set(node.args) <= single else found
    result = dict(memo)
    for node in outputs:
        if rows in node.shape:
            axis = node.shape.index(rows)
            back = (*range(axis), node.ndim - 1, *range(axis, node.ndim - 1))
            result[node] = memo[node].transpose(back)
    return result


def _without_array(node: Node) -> Node:
    """The node without an array of products, or of products with another sign, in between."""
    if len(node.args) != 1 or node.args[0].op not in {MUL, SQUARE} or not node.is_real:
        return node
    (inner,) = node.args
    if node.op is NEG:
        small = [arg for arg in inner.args if arg.op is BROADCAST]
        if inner.op is MUL and small:
            (spread,) = small[:1]
            other = inner.args[1 - inner.args.index(spread)]
            return other * (-spread.args[0]).broadcast_to(spread.shape)
    if node.op is SUM and not node.param("keepdims") and inner.dtype == node.dtype:
        letters = ascii_letters[: inner.ndim]
        out = "".join(x for i, x in enumerate(letters) if i not in node.param("axes"))
        factors = inner.args * 2 if inner.op is SQUARE else inner.args
        if out and all(factor.op is not BROADCAST for factor in factors):
            result: Node = einsum(f"{letters},{letters}->{out}", factors)
            return result
    return node


def _turned(node: Node, rows: sympy.Symbol, memo: Mapping[Node, Node]) -> Node | None:
    """A node on arguments whose rows are last."""
    args = [memo[arg] for arg in node.args]
    if not args:
        axis = node.shape.index(rows)
        last = axis == node.ndim - 1
        return node if last else apply(LINES, node, axis=axis, rank=node.ndim)
    if node.op.broadcasts or node.op.form is Form.BRACKET:
        return intern(node.op, tuple(args), node.params, node.scope)
    rule = _RULES.get(node.op)
    if rule is not None:
        return rule(node, args, rows)
    if adds_axes(node):
        return _reshaped(node, args, rows)
    return _along_axes(node, args, rows)


def _along_axes(node: Node, args: Sequence[Node], rows: sympy.Symbol) -> Node | None:
    """An op that works along axes of its arguments, which all have the rows at one place."""
    params = dict(node.params)
    if not params.keys() <= _OF_AXES or not params.keys() & {"axes", "axis"}:
        return None
    if any(rows not in arg.shape for arg in node.args):
        return None
    if len({(arg.ndim, arg.shape.index(rows)) for arg in node.args}) > 1:
        return None
    order = _moved(range(args[0].ndim), node.args[0].shape.index(rows))
    if "axes" in params:
        params["axes"] = tuple(sorted(order.index(axis) for axis in params["axes"]))
    else:
        params["axis"] = order.index(params["axis"])
    return apply(node.op, *args, **params)


def _target(node: Node, rows: sympy.Symbol) -> Shape:
    """The shape of a node with the rows last."""
    return _moved(node.shape, node.shape.index(rows))


def _broadcast(node: Node, args: Sequence[Node], rows: sympy.Symbol) -> Node:
    (arg,), (x,) = node.args, args
    if rows not in arg.shape and arg.shape:
        axis = node.shape.index(rows) - (node.ndim - arg.ndim)
        others = arg.shape if axis < 0 else (*arg.shape[:axis], *arg.shape[axis + 1 :])
        x = x.reshape((*others, 1))
    return x.broadcast_to(_target(node, rows))


def _reshaped(node: Node, args: Sequence[Node], rows: sympy.Symbol) -> Node | None:
    return args[0].reshape(_target(node, rows)) if rows in node.shape else None


def _transposed(node: Node, args: Sequence[Node], rows: sympy.Symbol) -> Node:
    (x,) = args
    order = _moved(range(x.ndim), node.args[0].shape.index(rows))
    axes = _moved(node.param("axes"), node.shape.index(rows))
    return x.transpose(tuple(order.index(axis) for axis in axes))


def _contracted(node: Node, args: Sequence[Node], rows: sympy.Symbol) -> Node | None:
    """A product of matrices, or of stacks of them, with other axes in front."""
    terms, out = _letters(node)
    if len(terms) != 2:
        return None
    moved = [
        Factor(x, "".join(_moved(term, arg.shape.index(rows))) if rows in arg.shape else term)
        for x, arg, term in zip(args, node.args, terms, strict=True)
    ]
    if rows in node.shape:
        out = "".join(_moved(out, node.shape.index(rows)))
    return contract(moved[0], moved[1], out)


def _letters(node: Node) -> tuple[list[str], str]:
    """A letter for each axis of the arguments, and of the result."""
    if node.op is EINSUM:
        listed, _, out = node.param("subscripts").partition("->")
        return listed.split(","), out
    a, b = node.args
    stack = ascii_letters[3 : 3 + max(a.ndim, b.ndim, 2) - 2]
    left = (stack if a.ndim > 2 else "") + "ab"[2 - min(a.ndim, 2) :]
    right = (stack if b.ndim > 2 else "") + "bc"[: min(b.ndim, 2)]
    return [left, right], stack + ("a" if a.ndim > 1 else "") + ("c" if b.ndim > 1 else "")


_RULES: Mapping[Op, Callable[[Node, Sequence[Node], sympy.Symbol], Node | None]] = {
    BROADCAST: _broadcast,
    RESHAPE: _reshaped,
    TRANSPOSE: _transposed,
    MATMUL: _contracted,
    EINSUM: _contracted,
}
