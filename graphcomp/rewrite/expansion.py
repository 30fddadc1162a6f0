"""Ops written as what they consist of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphcomp.node import Node
from graphcomp.rewrite.rules import Report
from graphcomp.traversal import topological


def expand(
    nodes: Sequence[Node],
    kept: Callable[[Node], bool] = lambda _node: False,
    report: Report | None = None,
    order: Sequence[Node] | None = None,
) -> list[Node]:
    """The nodes with every op that says what it consists of in these terms.

    Args:
        nodes: the roots of a graph.
        kept: whether a node stays as it is all the same.
        report: whose notes go with their nodes.
        order: the nodes in topological order, where that is known.
    """
    while True:
        order = topological(nodes) if order is None else order
        ops = {op for op in {node.op for node in order} if op.expand is not None}
        chosen = {node for node in order if node.op in ops and not kept(node)} if ops else set()
        if not chosen:
            return list(nodes)
        memo: dict[Node, Node] = {}
        for node in order:
            args = tuple([memo[arg] for arg in node.args])
            if node in chosen and node.op.expand is not None:
                memo[node] = node.op.expand(*args, **dict(node.params))
            else:
                memo[node] = node if args == node.args else node.rebuild(args)
        if report is not None:
            report.follow(memo)
        nodes = [memo[node] for node in nodes]  # an expansion may hold ops of this kind again
        order = None
