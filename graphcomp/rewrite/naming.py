"""Names on nodes: fences that keep other rewrites out, and their removal."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcomp.node import Node, intern
from graphcomp.op import Form, Kind
from graphcomp.ops.leaves import LET
from graphcomp.traversal import topological, use_counts

#: The scope of names that mark a fence and not a step of the user's.
FENCE = "/fence"


def fence(
    nodes: Sequence[Node], chosen: Collection[Node], results: Sequence[Node] | None = None
) -> dict[Node, Node]:
    """What nodes become with a name around those of `chosen` that more than one node reads.

    No rewrite crosses a name, so what they compute stays shared as it is. Readers are the nodes that
    `results` depend on, and the results themselves; by default those of all nodes.
    """
    order = topological(nodes)
    roots = nodes if results is None else results
    uses = use_counts(topological(roots))
    for node in roots:
        uses[node] = uses.get(node, 0) + 1
    wanted = set(chosen)
    memo: dict[Node, Node] = {}
    for node in order:
        if not node.args:
            memo[node] = node
            continue
        args = tuple([memo[arg] for arg in node.args])
        built = node if args == node.args else node.rebuild(args)
        shared = node in wanted and uses.get(node, 0) > 1 and node.constant is None
        shared = shared and node.scope != FENCE
        memo[node] = intern(LET, (built,), (("name", "_"),), FENCE) if shared else built
    return memo


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
