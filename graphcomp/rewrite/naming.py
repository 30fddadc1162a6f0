"""Names on nodes: fences that keep other rewrites out, and their removal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from graphcomp.node import Node, intern
from graphcomp.op import Form, Kind, Op
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, SUB
from graphcomp.ops.leaves import LET
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.transcendental import COS, SIN
from graphcomp.traversal import leading, topological, use_counts

#: The scope of names that mark a fence and not a step of the user's.
FENCE = "/fence"


def fence(
    order: Sequence[Node],
    chosen: Collection[Node],
    results: Sequence[Node],
    below: Collection[Op],
) -> dict[Node, Node]:
    """What nodes become, if they change, with a name around those of `chosen` that more than one reads.

    No rewrite crosses a name, so what they compute stays shared as it is. Readers are the nodes that
    `results` depend on, and the results themselves. Numbers that no rule looks into need no name.

    Args:
        order: all nodes, in topological order, what is computed first.
        chosen: the nodes that may get a name.
        results: what is computed.
        below: as of the rules that may apply.
    """
    uses = use_counts(leading(order, results))
    for node in results:
        uses[node] = uses.get(node, 0) + 1
    name = (("name", "_"),)
    wanted = {node for node in chosen if uses.get(node, 0) > 1 and node.scope != FENCE}
    shared = _shared(order, wanted, below) if wanted else set()
    memo: dict[Node, Node] = {}
    if not shared:
        return memo
    for node in order:
        built = node
        for arg in node.args:
            if arg in memo:
                args = tuple([memo.get(arg, arg) for arg in node.args])
                built = intern(node.op, args, node.params, node.scope)
                break
        if node in shared:
            memo[node] = intern(LET, (built,), name, FENCE)
        elif built is not node:
            memo[node] = built
    return memo


def _shared(order: Sequence[Node], wanted: AbstractSet[Node], below: Collection[Op]) -> set[Node]:
    """The wanted nodes that rules look into, if they stand below others."""
    sums = [node for node in order if node.op in _SUMS and _has_number(node)]
    added = {arg for node in sums for arg in node.args}
    shared: set[Node] = set()
    scaled: set[Node] = set()  # algebra may find a number or a sign in front of these
    for node in order:
        if not node.args:
            continue
        found = node.op not in _ALONE and (
            node.op is NEG
            or not scaled.isdisjoint(node.args)
            or (node.args[0] is node.args[1] if node.op is ADD else _has_number(node))
        )
        if node in wanted and _looked_into(node, below, scaled=found, added=node in added):
            shared.add(node)
        elif found:
            scaled.add(node)
    return shared


def _looked_into(node: Node, below: Collection[Op], *, scaled: bool, added: bool) -> bool:
    """Whether some rule looks for such a node below another; else it is as a variable to them."""
    if node.constant is not None or node.op.form is Form.BROADCAST:
        return False  # nothing that is computed once
    if node.shape or node.op not in _PLAIN:
        return True
    number = _has_number(node)
    if node.op is SIN:
        return number
    if node.op is COS:
        return number or added
    if node.op is ADD:
        return number and (scaled or ADD in below)
    square = node.op is SQUARE or (node.op is MUL and node.args[0] is node.args[1])
    return number or scaled or node.op in below or (square and SQUARE in below)


def _has_number(node: Node) -> bool:
    return any(arg.constant is not None for arg in node.args)


#: All rules look for some of these only, as for those that have a number: 2*x, 1 + exp(x).
_PLAIN = {ADD, COS, DIV, MUL, SIN, SQUARE}
#: What reads a cosine in 1 - cos(x).
_SUMS = {ADD, SUB}
#: Numbers and signs do not come out of these.
_ALONE = {COS, LET, SIN}


def unfenced(node: Node) -> Node:
    """What is inside a fence: for rules after which nobody reads it any more."""
    return node.args[0] if node.op is LET and node.scope == FENCE else node


def without_names(
    nodes: Sequence[Node], order: Sequence[Node] | None = None
) -> tuple[dict[Node, Node], dict[Node, str]]:
    """What nodes are without names and scopes, if they change; and the names that the user gave.

    That is for all below these, which may be given in topological order. A name belongs to the node
    that it named: the first one, where there are several.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> y = gc.let("h", x * x) + 1
    >>> bare, names = without_names([y])
    >>> bare[y], names
    (<node x*x + 1 float64 ()>, {<node x*x float64 ()>: 'h'})
    """
    bare: dict[Node, Node] = {}
    names: dict[Node, str] = {}
    for node in topological(nodes) if order is None else order:
        args = node.args
        if bare and not bare.keys().isdisjoint(args):
            args = tuple([bare.get(arg, arg) for arg in args])
        if node.op.form is Form.NAMED:
            bare[node] = args[0]
            if args[0].op.kind is not Kind.LEAF and node.scope != FENCE:
                names.setdefault(args[0], node.param("name"))
        elif args and (node.scope or args is not node.args):
            bare[node] = intern(node.op, args, node.params)
    return bare, names
