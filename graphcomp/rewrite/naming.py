"""Names on nodes: fences that keep other rewrites out, and their removal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcomp.node import Node, intern
from graphcomp.op import Form, Kind
from graphcomp.ops.arithmetic import ADD
from graphcomp.ops.leaves import LET
from graphcomp.ops.transcendental import SIN
from graphcomp.traversal import topological, use_counts

#: The scope of names that mark a fence and not a step of the user's.
FENCE = "/fence"


def fence(
    order: Sequence[Node], chosen: Collection[Node], results: Sequence[Node]
) -> dict[Node, Node]:
    """What nodes become with a name around those of `chosen` that more than one node reads.

    No rewrite crosses a name, so what they compute stays shared as it is. Readers are the nodes that
    `results` depend on, and the results themselves. Numbers that no rule looks into need no name.

    Args:
        order: all nodes, in topological order.
        chosen: the nodes that may get a name.
        results: what is computed.
    """
    uses = use_counts(topological(results))
    for node in results:
        uses[node] = uses.get(node, 0) + 1
    wanted = set(chosen)
    memo: dict[Node, Node] = {}
    for node in order:
        built = node
        for arg in node.args:
            if memo[arg] is not arg:
                built = node.rebuild(tuple([memo[arg] for arg in node.args]))
                break
        shared = (
            node in wanted and uses.get(node, 0) > 1 and node.scope != FENCE and _looked_into(node)
        )
        memo[node] = intern(LET, (built,), (("name", "_"),), FENCE) if shared else built
    return memo


def _looked_into(node: Node) -> bool:
    """Whether some rule looks for such a node below another; else it is as a variable to them."""
    if node.constant is not None or node.op.form is Form.BROADCAST:
        return False  # nothing that is computed once
    if node.shape or node.op not in _PLAIN:
        return True
    return any(arg.constant is not None for arg in node.args)


#: Of these, rules look for those that have a constant: 1 + exp(x).
_PLAIN = {ADD, SIN}


def unfenced(node: Node) -> Node:
    """What is inside a fence: for rules after which nobody reads it any more."""
    return node.args[0] if node.op is LET and node.scope == FENCE else node


def without_names(nodes: Sequence[Node]) -> tuple[dict[Node, Node], dict[Node, str]]:
    """What nodes are without names and scopes, for all below these; and the names that the user gave.

    A name belongs to the node that it named: the first one, where there are several.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> y = gc.let("h", x * x) + 1
    >>> bare, names = without_names([y])
    >>> bare[y], names
    (<node x*x + 1 float64 ()>, {<node x*x float64 ()>: 'h'})
    """
    bare: dict[Node, Node] = {}
    names: dict[Node, str] = {}
    for node in topological(nodes):
        args = tuple([bare[arg] for arg in node.args])
        if node.op.form is Form.NAMED:
            bare[node] = args[0]
            if args[0].op.kind is not Kind.LEAF and node.scope != FENCE:
                names.setdefault(args[0], node.param("name"))
        elif args and (node.scope or args != node.args):
            bare[node] = intern(node.op, args, node.params)
        else:
            bare[node] = node
    return bare, names
