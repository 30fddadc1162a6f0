"""What a function computes before it returns another one, and what that one reads of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graphcomp.codegen.prepare import FREE
from graphcomp.node import Node


def dependents(order: Iterable[Node], seeds: Iterable[Node]) -> set[Node]:
    """The nodes that depend on one of the seeds."""
    found = set(seeds)
    for node in order:
        if any(arg in found for arg in node.args):
            found.add(node)
    return found


def frontier(order: Iterable[Node], seeded: Collection[Node]) -> list[Node]:
    """What the way back reads of the way forward: nodes that do not depend on the seeds."""
    kept: dict[Node, None] = {}
    for node in order:
        if node not in seeded:
            continue
        for arg in node.args:
            if arg not in seeded:
                kept[_base(arg)] = None
    return [node for node in kept if node.args]


def _base(node: Node) -> Node:
    while node.op.form in FREE:
        node = node.args[0]
    return node
