"""The walk that applies rules to a fixed point."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from graphcomp.node import Node, current_scope
from graphcomp.op import Op
from graphcomp.rewrite.rules import Report, Rule, behind, is_around
from graphcomp.traversal import topological


class Settled:
    """What a pass has looked at and left as it is, so that it need not look again.

    A rule looks at a node and what is below, and none of that ever changes. So a node to which no
    rule applied, with arguments that stay, stays too, as long as the rules are the same.
    """

    __slots__ = ("nodes", "rules")

    def __init__(self) -> None:
        self.nodes: set[Node] = set()
        self.rules: object = None

    def under(self, rules: object) -> set[Node]:
        """The nodes that stay under these rules; what is added counts from now on."""
        if self.rules != rules:
            self.rules, self.nodes = rules, set()
        return self.nodes


def unsettled(order: Sequence[Node], settled: set[Node]) -> Sequence[Node]:
    """The nodes that are still to be looked at."""
    return [node for node in order if node not in settled] if settled else order


def possible(rules: Mapping[Op, Sequence[Rule]], present: AbstractSet[Op]) -> dict[Op, list[Rule]]:
    """The rules that can apply to nodes of some ops, and those that may follow; none if none can."""
    found = {
        op: live
        for op, listed in rules.items()
        if (live := [each for each in listed if each.may_apply(present)])
    }
    return {} if present.isdisjoint(found) else found


def rewrite(
    nodes: Sequence[Node],
    rules: Mapping[Op, Sequence[Rule]],
    report: Report | None = None,
    stage: str = "",
    keep: Collection[Node] = (),
    order: Sequence[Node] | None = None,
    settled: Settled | None = None,
    present: AbstractSet[Op] = frozenset(),
) -> list[Node]:
    """The nodes with the rules applied until none applies.

    From the leaves up, so that a rule sees arguments to which no rule applies. What a rule gives is
    looked at in turn. Every node of the result has been looked at, and no rule applied to it: a
    second run changes nothing.

    Args:
        nodes: the roots.
        rules: by op, from `by_op`.
        report: counts applications, and keeps notes.
        stage: the name under which it counts.
        keep: nodes that stay as they are, with all below them.
        order: the nodes in topological order, where that is known.
        settled: what earlier runs left as it is, if nothing was kept.
        present: the ops of the nodes, where these are known.

    Raises:
        AssertionError: the rules go round in a circle.
    """
    if order is None:
        order = topological(nodes, stop=set(keep).__contains__)
    live = possible(rules, present or {node.op for node in order})
    if not live:
        return list(nodes)
    known = set(keep) if keep or settled is None else settled.under(live)
    walk = _Walk(live, report if report is not None else Report(), stage, known)
    walk.go(unsettled(order, known))
    return [walk.memo.get(node, node) for node in nodes] if walk.memo else list(nodes)


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of nodes, and by which rules.

    Attributes:
        results: what is left in the end of each node that does not stay.
        report: what was done.
    """

    results: Mapping[Node, Node]
    report: Report
    _next: Mapping[Node, Node]
    _rules: Mapping[Node, Rule]

    def path(self, node: Node) -> Iterator[tuple[Node, Rule]]:
        """The rules by which a node itself became another one, with what each was applied to."""
        while node in self._next:
            if node in self._rules:
                yield node, self._rules[node]
            node = self._next[node]


def follow_rewriting(
    order: Sequence[Node], rules: Mapping[Op, Sequence[Rule]], stage: str
) -> Followed:
    """As `rewrite`, for nodes in topological order; says what became of each of them, and how."""
    walk = _Walk(rules, Report(), stage, set())
    walk.go(order)
    return Followed(walk.memo, walk.report, walk.becomes, walk.used)


class _Walk:
    """The state of one walk.

    Nodes that are finished stay, and are `settled`, or have become such a node in `memo`. `becomes`
    holds what others become once that is finished, and `used` the rule by which they do.
    """

    def __init__(
        self, rules: Mapping[Op, Sequence[Rule]], report: Report, stage: str, settled: set[Node]
    ) -> None:
        self.rules, self.report, self.stage = rules, report, stage
        self.settled = settled
        self.memo: dict[Node, Node] = {}
        self.becomes: dict[Node, Node] = {}
        self.made: dict[Node, Rule] = {}
        self.used: dict[Node, Rule] = {}
        self.visits = 0

    def go(self, order: Sequence[Node]) -> None:
        """Finish nodes, arguments before users, of which none is settled yet; and keep notes."""
        token = current_scope.set("")  # what rules make belongs to no scope but that of the node
        try:
            self.over(order)
        finally:
            current_scope.reset(token)
        self.report.visit(self.stage, self.visits)
        self.report.follow(self.memo)
        made = Report(notes=self.made)
        made.follow(self.memo)
        self.report.notes |= made.notes

    def over(self, order: Sequence[Node]) -> None:
        """Finish nodes, arguments before users, of which none is settled yet."""
        memo, settled, rules = self.memo, self.settled, self.rules
        start = self.untouched(order)
        settled.update(order[:start])
        self.visits += start
        for node in order[start:]:
            if self.is_finished(node):
                continue
            self.visits += 1
            if node.op not in rules and memo.keys().isdisjoint(node.args):
                settled.add(node)
                continue
            target = self.next_form(node)
            if target is node:
                settled.add(node)
            else:
                self.becomes[node] = target
                self.follow(node)

    def untouched(self, order: Sequence[Node]) -> int:
        """How many nodes come before the first that changes: mostly all."""
        rules: Mapping[Op, Sequence[Rule]] = self.rules
        for i, node in enumerate(order):
            for each in rules.get(node.op, ()):
                result = each.apply(node) if not node.scope else self.applied(each, node)
                if result is not None and result is not node:
                    return i
        return len(order)

    def is_finished(self, node: Node) -> bool:
        """Whether it is known what becomes of a node."""
        return node in self.settled or node in self.memo

    def follow(self, first: Node) -> None:
        """Finish what a node became, and all below that."""
        memo, becomes = self.memo, self.becomes
        stack, active = [first], {first}  # active: those that wait for others
        while stack:
            node = stack[-1]
            if self.is_finished(node):
                active.discard(stack.pop())
                continue
            target = becomes.get(node)
            if target is None:
                waiting = [arg for arg in node.args if not self.is_finished(arg)]
                if waiting:
                    active.add(node)
                    self.no_circle(waiting, active)
                    stack.extend(waiting[::-1])
                    continue
                self.visits += 1
                target = self.next_form(node)
                if target is node:
                    self.settled.add(node)
                    continue
                becomes[node] = target
            if self.is_finished(target):
                memo[node] = memo.get(target, target)
                continue
            active.add(node)
            self.no_circle([target], active)
            stack.append(target)

    @staticmethod
    def no_circle(nodes: Iterable[Node], active: Collection[Node]) -> None:
        """What is about to be finished is not waiting for itself."""
        for node in nodes:
            assert node not in active, f"rewriting goes round in a circle at {node!r}"

    def next_form(self, node: Node) -> Node:
        """The node on finished arguments; or, if it has these, what the first rule makes of it."""
        memo = self.memo
        for arg in node.args:
            if arg in memo:
                return node.rebuild(tuple([memo.get(arg, arg) for arg in node.args]))
        for each in self.rules.get(node.op, ()):
            result = each.apply(node) if not node.scope else self.applied(each, node)
            if result is not None and result is not node:
                assert result.shape == node.shape, (each.name, node, result)
                assert result.dtype == node.dtype, (each.name, node, result)
                self.report.count(self.stage, each.name)
                self.used[node] = each
                if each.why:
                    self.note(each, result)
                return result
        return node

    def note(self, each: Rule, result: Node) -> None:
        """Note which rule made a node, unless that was there already."""

        def is_new(node: Node) -> bool:
            return node.args != () and not is_around(node) and not self.is_finished(node)

        found = behind(result, is_new)
        if found is not None:
            self.made.setdefault(found, each)

    @staticmethod
    def applied(each: Rule, node: Node) -> Node | None:
        """What a rule makes of a node, in the scope of that node."""
        token = current_scope.set(node.scope)
        try:
            return each.apply(node)
        finally:
            current_scope.reset(token)
