"""Which nodes get a fence, so that what several others read is computed once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from graphcomp.node import Node
from graphcomp.op import Op
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, SUB
from graphcomp.ops.leaves import CONSTANT, LET
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.shaping import BROADCAST
from graphcomp.ops.transcendental import COS, SIN
from graphcomp.rewrite.naming import FENCE, fenced
from graphcomp.traversal import leading, use_counts


def to_fence(
    order: Sequence[Node],
    chosen: Collection[Node],
    results: Sequence[Node],
    below: Collection[Op],
) -> set[Node]:
    """Those of the chosen nodes that more than one reads, if rules look into them.

    No rewrite crosses a fence, so what they compute stays shared as it is. Readers are the nodes that
    `results` depend on, and the results themselves. Numbers that no rule looks into need no fence.

    Args:
        order: all nodes, in topological order, what is computed first.
        chosen: the nodes that may get a fence.
        results: what is computed.
        below: as of the rules that may apply.
    """
    uses = use_counts(leading(order, results))
    for node in results:
        uses[node] = uses.get(node, 0) + 1
    read = uses.get
    wanted = {node for node in chosen if read(node, 0) > 1 and node.scope != FENCE}
    return _shared(order, wanted, below) if wanted else set()


def with_fences(order: Sequence[Node], chosen: AbstractSet[Node]) -> dict[Node, Node]:
    """What nodes in topological order become, if they change, with fences around the chosen ones."""
    memo: dict[Node, Node] = {}
    changed = memo.keys()
    for node in order:
        args, new = node.args, node
        if not changed.isdisjoint(args):
            new = node.rebuild([memo.get(arg, arg) for arg in args])
        if node in chosen:
            new = fenced(new)
        if new is not node:
            memo[node] = new
    return memo


def _shared(order: Sequence[Node], wanted: AbstractSet[Node], below: Collection[Op]) -> set[Node]:
    """The wanted nodes that rules look into, if they stand below others."""
    numbers = {node for node in order if node.op in _NUMBERS and node.constant is not None}
    sums = [node for node in order if node.op in _SUMS and not numbers.isdisjoint(node.args)]
    added = {arg for node in sums for arg in node.args}
    shared: set[Node] = set()
    scaled: set[Node] = set()  # algebra may find a number or a sign in front of these
    for node in order:
        op, args = node.op, node.args
        if not args:
            continue
        number = bool(numbers) and not numbers.isdisjoint(args)
        found = op not in _ALONE and (
            op is NEG
            or not scaled.isdisjoint(args)
            or (args[0] is args[1] if op is ADD else number)
        )
        if node in wanted and _looked_into(
            node, below, number=number, scaled=found, added=bool(added) and node in added
        ):
            shared.add(node)
        elif found:
            scaled.add(node)
    return shared


def _looked_into(
    node: Node, below: Collection[Op], *, number: bool, scaled: bool, added: bool
) -> bool:
    """Whether some rule looks for such a node below another; else it is as a variable to them."""
    if node.op in _NUMBERS and (node.op is BROADCAST or node.constant is not None):
        return False  # nothing that is computed once
    if node.shape or node.op not in _PLAIN:
        return True
    if node.op is SIN:
        return number
    if node.op is COS:
        return number or added
    if node.op is ADD:
        return number and (scaled or ADD in below)
    square = node.op is SQUARE or (node.op is MUL and node.args[0] is node.args[1])
    return number or scaled or node.op in below or (square and SQUARE in below)


#: All rules look for some of these only, as for those that have a number: 2*x, 1 + exp(x).
_PLAIN = {ADD, COS, DIV, MUL, SIN, SQUARE}
#: What may be a number.
_NUMBERS = {BROADCAST, CONSTANT}
#: What reads a cosine in 1 - cos(x).
_SUMS = {ADD, SUB}
#: Numbers and signs do not come out of these.
_ALONE = {COS, LET, SIN}
