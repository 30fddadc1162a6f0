"""Names on nodes: fences that keep other rewrites out, and their removal."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.node import Node, intern
from graphcomp.op import Kind
from graphcomp.ops.leaves import LET
from graphcomp.traversal import topological

#: The scope of names that mark a fence and not a step of the user's.
FENCE = "/fence"


def fenced(node: Node) -> Node:
    """The node with a name around it that no rule looks through."""
    return intern(LET, (node,), _NAME, FENCE)


_NAME = (("name", "_"),)


def unfenced(node: Node) -> Node:
    """What is inside a fence: for rules after which nobody reads it any more."""
    return node.args[0] if node.op is LET and node.scope == FENCE else node


def inside_fences(order: Sequence[Node]) -> dict[Node, Node] | None:
    """What is inside of the fences among nodes, if they can stay until code is written; else None.

    They can if nobody but a fence reads what is inside of it, and there are no other names and scopes:
    then no two nodes would be the same without them, and nothing has to be built anew.
    """
    inside = {node: node.args[0] for node in order if node.op is LET}
    fenced = set(inside.values())
    for node in order:
        if node.op is LET:
            if node.scope != FENCE or inside[node] in inside:
                return None
        elif node.scope or not fenced.isdisjoint(node.args):
            return None
    return inside


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
    changed = bare.keys()
    for node in topological(nodes) if order is None else order:
        args = node.args
        if not changed.isdisjoint(args):
            args = tuple([bare.get(arg, arg) for arg in args])
        if node.op is LET:
            bare[node] = args[0]
            if args[0].op.kind is not Kind.LEAF and node.scope != FENCE:
                names.setdefault(args[0], node.param("name"))
        elif args and (node.scope or args is not node.args):
            bare[node] = intern(node.op, args, node.params)
    return bare, names
