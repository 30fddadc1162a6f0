"""The walk that brings a graph into normal form, by the rules of `algebra`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from graphcomp.graph import G
from graphcomp.node import Node, intern
from graphcomp.rewrite.algebra import BY_OP, NAME, changed
from graphcomp.rewrite.naming import fenced
from graphcomp.rewrite.rules import Report
from graphcomp.rewrite.walks import Settled, unsettled
from graphcomp.traversal import topological


def simplify(
    nodes: Sequence[Node],
    keep: Collection[Node] = (),
    report: Report | None = None,
    order: Sequence[Node] | None = None,
    settled: Settled | None = None,
    fences: AbstractSet[Node] = frozenset(),
) -> list[Node]:
    """The nodes in normal form; those in `keep` are treated as leaves.

    The nodes in topological order may be given where that is known, and, if nothing is kept, what
    has come out of earlier runs. What `fences` become gets a fence, at which rules stop.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> simplify([0.5 * (2 * (x * 1))]) == [x]
    True
    """
    kept = keep if isinstance(keep, AbstractSet) else set(keep)
    if order is None:
        order = topological(nodes, stop=kept.__contains__)
    walk = _Walk(report)
    if not kept and settled is not None:
        walk.normal = settled.under(BY_OP)
    rest = unsettled(order, walk.normal) if walk.normal and not fences else order
    walk.go(rest, kept, fences)
    if report is not None:
        report.visit(NAME, len(rest))
        report.follow(walk.memo)
    return [walk.memo.get(node, node) for node in nodes]


def simplify_graph(graph: G) -> G:
    """The graph with every output in normal form, names kept."""
    hinted = list(graph.hints)
    results = simplify([*graph.outputs, *hinted])
    outputs = dict(zip(graph.output_names, results, strict=False))
    hints = {
        node: graph.hints[old] for old, node in zip(hinted, results[len(outputs) :], strict=True)
    }
    return graph.derive(graph.inputs, outputs, graph.name, hints=hints)


#: How many levels of what a rule made are looked at again at once.
_LEVELS = 2


class _Walk:
    """The state of one walk.

    Attributes:
        report: counts what is done.
        memo: what nodes become, of those that change.
        normal: nodes at which a second look would change nothing, if that is to be known.
        again: nodes at which it might.
    """

    def __init__(self, report: Report | None) -> None:
        self.report = report
        self.memo: dict[Node, Node] = {}
        self.normal: set[Node] | None = None
        self.again: set[Node] = set()

    def go(self, order: Sequence[Node], kept: AbstractSet[Node], fences: AbstractSet[Node]) -> None:
        """Bring nodes into normal form, arguments before users."""
        memo, normal, again = self.memo, self.normal, self.again
        moved = memo.keys()
        for node in order:
            args, new, found = node.args, node, None
            if args and not (kept and node in kept):
                if not moved.isdisjoint(args):
                    args = tuple([memo.get(arg, arg) for arg in args])
                found = changed(node.op, args, node.params)
                if found is not None and found is not node:
                    new = found
                    self.count(node, args, new)
                elif args is not node.args:
                    new = intern(node.op, args, node.params, node.scope)
            if normal is not None:
                if new is not found and (not again or again.isdisjoint(args)):
                    normal.add(new)
                elif new is not found or not _settle(new, normal):
                    again.add(new)
            if fences and node in fences:
                new = self.fenced(new)
            if new is not node:
                memo[node] = new

    def fenced(self, node: Node) -> Node:
        """A node in normal form with a fence around it."""
        made = fenced(node)
        if self.normal is not None:
            (self.again if node in self.again else self.normal).add(made)
        return made

    def count(self, node: Node, args: tuple[Node, ...], found: Node) -> None:
        """What was done to a node on these arguments, unless the node is the same on others."""
        if self.report is not None and (found.op is not node.op or found.args != args):
            each = BY_OP.get(node.op)
            folded = each is None or found.is_constant
            self.report.count(NAME, "folded_constants" if folded or each is None else each.name)


def _settle(node: Node, normal: set[Node], levels: int = _LEVELS) -> bool:
    """Whether a second look at what a rule made would change nothing, so that it can be spared."""
    if node in normal:
        return True
    if levels or not node.args:
        below = all(_settle(arg, normal, levels - 1) for arg in node.args)
        if below and changed(node.op, node.args, node.params) in {None, node}:
            normal.add(node)
            return True
    return False
