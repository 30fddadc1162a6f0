"""Sums of products as inner products, which need no array in between and run at the speed of BLAS."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.node import Node, intern
from graphcomp.ops.arithmetic import MUL
from graphcomp.ops.contraction import MATMUL
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.reductions import SUM
from graphcomp.traversal import topological


def inner_products(nodes: Sequence[Node]) -> list[Node]:
    """The nodes with sum(a*b) of vectors as a @ b, and sum(r**2) as r @ r.

    >>> import graphcomp as gc
    >>> r = gc.array("r", "n")
    >>> inner_products([gc.sum(r**2)])
    [<node r @ r float64 ()>]
    """
    memo: dict[Node, Node] = {}
    for node in topological(nodes):
        args = tuple([memo[arg] for arg in node.args])
        memo[node] = _inner(node, args)
    return [memo[node] for node in nodes]


def _inner(node: Node, args: tuple[Node, ...]) -> Node:
    if not args:
        return node
    if node.op is SUM and node.shape == () and args[0].ndim == 1 and node.is_real:
        (summed,) = args
        if summed.op is SQUARE:
            return intern(MATMUL, (summed.args[0], summed.args[0]))
        if summed.op is MUL and all(not arg.is_constant for arg in summed.args):
            return intern(MATMUL, summed.args)
    return node if args == node.args else node.rebuild(args)
