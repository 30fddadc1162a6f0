"""Which rule made a node, as a part of the node, so that it goes with it into every function.

Nodes that are to be written have no scope any more. In its place stands the name of the rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphcomp.node import Node, intern
from graphcomp.rewrite import PASSES, Rule
from graphcomp.traversal import topological

_PREFIX = "/rule/"
_RULES = {
    _PREFIX + each.name: each
    for stage in PASSES
    for each in stage.rules
    if isinstance(each, Rule) and each.why
}


def with_notes(nodes: Sequence[Node], notes: Mapping[Node, Rule]) -> dict[Node, Node]:
    """What nodes become, for all below these, when those that a rule made say so."""
    order = topological(nodes)
    if notes.keys().isdisjoint(order):
        return {node: node for node in order}
    memo: dict[Node, Node] = {}
    for node in order:
        args = tuple([memo[arg] for arg in node.args])
        if node in notes:
            memo[node] = intern(node.op, args, node.params, _PREFIX + notes[node].name)
        else:
            memo[node] = node if args == node.args else node.rebuild(args)
    return memo


def scoped(node: Node, scope: str) -> Node:
    """The node with another scope; of what only shows a part of another array, that array."""
    around: list[Node] = []
    while node.op.view and node.args:
        around.append(node)
        node = node.args[0]
    result = intern(node.op, node.args, node.params, scope)
    for each in reversed(around):
        result = each.rebuild((result, *each.args[1:]))
    return result


def rule_of(node: Node) -> Rule | None:
    """The rule that made a node, if it says so."""
    return _RULES.get(node.scope) if node.scope else None


class Said:
    """What the comments of one function have said already."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def remarks(self, rules: Sequence[Rule]) -> list[str]:
        """A remark for each rule: its equation once, and only its name later."""
        texts = []
        for each in rules:
            texts.append(each.name if each.name in self._names else f"{each.name}: {each.note}")
            self._names.add(each.name)
        return texts
