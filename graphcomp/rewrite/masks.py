"""Masks read from what is kept anyway: the argument of relu need not live until the way back.

Whether it may be done is nothing that a node shows by itself, but who else reads its argument. So this
is a pass of its own, and its rule says what it does to one node.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcomp.node import Node
from graphcomp.ops.comparison import GREATER
from graphcomp.ops.piecewise import RELU
from graphcomp.rewrite.rules import Report, rule

NAME = "masks"


@rule(
    GREATER,
    before="[x > 0], where relu(x) is there",
    after="[relu(x) > 0]",
    why="x need not be kept",
    needs=(RELU,),
)
def mask_of_relu(node: Node) -> Node | None:
    """Relu(x) is x where x > 0, else 0 or -0; and NaN is greater than nothing, on both sides."""
    return node.rebuild((node.args[0].apply(RELU), node.args[1]))


RULES = (mask_of_relu,)


def masks(
    order: Sequence[Node], values: Collection[Node], results: Collection[Node], report: Report
) -> dict[Node, Node]:
    """What nodes become when derivatives of relu read its value instead of its argument.

    Only where nothing but relu and such masks reads the argument, an array: else it stays anyway, and
    nothing is gained.

    Args:
        order: all nodes, in topological order.
        values: the nodes that stay as they are: those of the value.
        results: what is returned, and so kept.
        report: counts the masks.
    """
    there = {node.args[0] for node in order if node.op is RELU and node.shape}
    found = {n for n in order if n.args and _is_mask(n) and n.args[0] in there and n not in values}
    kept = {arg for n in order if n not in found and n.op is not RELU for arg in n.args}
    memo: dict[Node, Node] = {}
    for node in order:
        built = node
        if any(memo[arg] is not arg for arg in node.args):
            built = node.rebuild(tuple([memo[arg] for arg in node.args]))
        if node in found and not (node.args[0] in kept or node.args[0] in results):
            mask = mask_of_relu.apply(built)
            assert mask is not None
            report.count(NAME, mask_of_relu.name)
            built = mask
        memo[node] = built
    return memo


def _is_mask(node: Node) -> bool:
    return node.op is GREATER and bool(node.args[0].args) and node.args[1].constant == 0
