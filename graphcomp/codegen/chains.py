"""Sums in which terms are added in place, entry range by entry range, instead of whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from graphcomp.node import Node
from graphcomp.op import Form


class Link(NamedTuple):
    """One sum of a chain.

    Attributes:
        node: the sum.
        added: the term that can be added in place.
        rest: the other term; of all links but the first, the sum of the link before.
    """

    node: Node
    added: Node
    rest: Node


def chains_in(
    order: Sequence[Node], inside: Callable[[Node], bool], fits: Callable[[Node], bool]
) -> tuple[dict[Node, list[Link]], set[Node]]:
    """The chains of sums, by their last sum, and the sums inside them.

    Args:
        order: arguments before users.
        inside: whether a node stands inside the one statement that reads it.
        fits: whether the dialect can add such a node in place.
    """
    chains: dict[Node, list[Link]] = {}
    links: set[Node] = set()

    def link(node: Node) -> Link | None:
        if node.op.form is not Form.SUM or not node.shape:
            return None
        terms = [arg for arg in node.args if fits(arg) and inside(arg) and arg.dtype == node.dtype]
        if not terms:
            return None
        # numbers need not be spread first, if they are what is added
        added = next((term for term in terms if _is_spread(term)), terms[-1])
        return Link(node, added, node.args[1 if added is node.args[0] else 0])

    for node in reversed(order):
        if node in links:
            continue
        found = []
        current = link(node)
        while current is not None:
            found.append(current)
            current = link(current.rest) if inside(current.rest) else None
        if found:
            chains[node] = found[::-1]
            links.update(each.node for each in found[1:])
    return chains, links


def _is_spread(term: Node) -> bool:
    return term.args[0].op.form is Form.BROADCAST
