"""Masks read from what is kept anyway: the argument of relu need not live until the way back.

Whether it may be done is nothing that a node shows by itself, but who else reads its argument. So this
is a pass of its own, and its rules say what becomes of one node.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcomp.node import Node
from graphcomp.op import Op
from graphcomp.ops.comparison import GREATER, LESS
from graphcomp.ops.piecewise import MAXIMUM, MINIMUM, RELU
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


@rule(
    GREATER,
    before="[x > c], where max(x, c) is there",
    after="[max(x, c) > c]",
    why="x need not be kept",
    needs=(MAXIMUM,),
)
def mask_of_maximum(node: Node) -> Node | None:
    """For a number c: max(x, c) is x where x > c, else c; and max(NaN, c) is NaN."""
    return node.rebuild((node.args[0].apply(MAXIMUM, node.args[1]), node.args[1]))


@rule(
    LESS,
    before="[x < c], where min(x, c) is there",
    after="[min(x, c) < c]",
    why="x need not be kept",
    needs=(MINIMUM,),
)
def mask_of_minimum(node: Node) -> Node | None:
    """For a number c: min(x, c) is x where x < c, else c; and min(NaN, c) is NaN."""
    return node.rebuild((node.args[0].apply(MINIMUM, node.args[1]), node.args[1]))


RULES = (mask_of_relu, mask_of_maximum, mask_of_minimum)
_RULE = {RELU: mask_of_relu, MAXIMUM: mask_of_maximum, MINIMUM: mask_of_minimum}

#: The op of a comparison, what is compared, and the number that it is compared with.
_Key = tuple[Op, Node, float]


def masks(
    order: Sequence[Node], values: Collection[Node], results: Collection[Node], report: Report
) -> dict[Node, Node]:
    """What nodes become when derivatives of relu read its value instead of its argument.

    Only where nothing but relu and such masks reads the argument, an array: else it stays anyway, and
    nothing is gained. The same for the larger, or the smaller, of an array and a number.

    Args:
        order: all nodes, in topological order.
        values: the nodes that stay as they are: those of the value.
        results: what is returned, and so kept.
        report: counts the masks.
    """
    bent = {key: node for node in order if (key := _bent(node)) is not None}
    ends = set(bent.values())
    found = {n: key for n in order if n not in values and (key := _mask(n)) in bent}
    kept = {arg for n in order if n not in found and n not in ends for arg in n.args}
    kept.update(results)
    memo: dict[Node, Node] = {}
    for node in order:
        built = node
        if any(memo[arg] is not arg for arg in node.args):
            built = node.rebuild(tuple([memo[arg] for arg in node.args]))
        key = found.get(node)
        if key is not None and key[1] not in kept:
            end = bent[key]
            value = end.rebuild(tuple([memo[arg] for arg in end.args]))
            report.count(NAME, _RULE[end.op].name)
            built = built.rebuild((value, built.args[1]))
        memo[node] = built
    return memo


def _bent(node: Node) -> _Key | None:
    """For relu, and the larger or smaller of an array and a number: the mask of its derivative."""
    if node.op not in _RULE or not node.shape:
        return None
    if node.op is RELU:
        return GREATER, node.args[0], 0.0
    for x, number in (node.args, node.args[::-1]):
        if number.constant is not None and x.args and x.dtype == node.dtype:
            return _RULE[node.op].ops[0], x, number.constant
    return None


def _mask(node: Node) -> _Key | None:
    if node.op not in {GREATER, LESS} or not node.args[0].args:
        return None
    number = node.args[1].constant
    return None if number is None else (node.op, node.args[0], number)
