"""Rules that look through the names of steps, where the steps as they were written lose the result.

``e = exp(z); s = sum(e); p = e/s`` is NaN where e overflows, though p is a plain number. So p becomes
softmax(z), and nothing else changes: e and s are what they were, if anything reads them. Where only a
step on the way overflows, as in ``w = 1 + exp(-x); y = 1/w``, steps are computed as they were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from graphcomp.node import Node
from graphcomp.op import Op
from graphcomp.ops.leaves import LET
from graphcomp.rewrite.naming import FENCE
from graphcomp.rewrite.rules import Report, Rule
from graphcomp.rewrite.walks import Followed, follow_rewriting, possible
from graphcomp.traversal import topological

#: Whether a named step stays, with all that is computed from it.
Kept = Callable[[Node], bool]


def has_names(nodes: Iterable[Node]) -> bool:
    """Whether the user named any of these nodes."""
    return any(node.op is LET and node.scope != FENCE for node in nodes)


def look_through(
    nodes: Sequence[Node],
    rules: Mapping[Op, Sequence[Rule]],
    report: Report | None = None,
    stage: str = "",
    kept: Kept = lambda _node: False,
) -> list[Node]:
    """The nodes with those results saved that would be lost between named steps.

    Args:
        nodes: the roots; no rule applies to them as they are.
        rules: by op.
        report: counts rules, and keeps notes.
        stage: the name under which it counts.
        kept: named steps that are not looked through, as derivatives by them are wanted.
    """
    order = topological(nodes)
    names = {node for node in order if node.op is LET and node.scope != FENCE and not kept(node)}
    live = possible(rules, {node.op for node in order}) if names else {}
    if not any(each.lost for listed in live.values() for each in listed):
        return list(nodes)
    bare: dict[Node, Node] = {}
    for node in order:
        args = tuple([bare[arg] for arg in node.args])
        if node in names:
            bare[node] = args[0]
        else:
            bare[node] = node if args == node.args else node.rebuild(args)
    found = follow_rewriting(list(dict.fromkeys(bare.values())), live, stage)
    saved = _Saved(found, report if report is not None else Report(), stage)
    for node in order:
        saved.visit(node, bare[node])
    saved.keep_notes()
    return [saved.memo[node] for node in nodes]


class _Saved:
    """The nodes with their names; `named` are those that rules see without names."""

    def __init__(self, found: Followed, report: Report, stage: str) -> None:
        self.found, self.report, self.stage = found, report, stage
        self.memo: dict[Node, Node] = {}
        self.named: dict[Node, Node] = {}
        self.made: dict[Node, Node] = {}

    def visit(self, node: Node, bare: Node) -> None:
        """What becomes of a node whose arguments have been visited."""
        final = self.found.results.get(bare, bare)
        path = [] if node.op is LET else list(self.found.path(bare))
        if any(each.loses(at) for at, each in path):
            result = self._with_names(final)
            for _, each in path:
                self.report.count(self.stage, each.name)
        else:
            args = tuple([self.memo[arg] for arg in node.args])
            result = node if args == node.args else node.rebuild(args)
        self.memo[node] = result
        for key in (bare, final):
            if node.op is LET:
                self.named[key] = result
            else:
                self.named.setdefault(key, result)

    def _with_names(self, final: Node) -> Node:
        """What a rule made, of the steps that there are by now."""
        for part in topological([final], stop=self.named.__contains__):
            if part not in self.named:
                args = tuple([self.named[arg] for arg in part.args])
                self.named[part] = part if args == part.args else part.rebuild(args)
                self.made[part] = self.named[part]
        return self.named[final]

    def keep_notes(self) -> None:
        """Notes on what rules made, if it is there; and those that were there, on their nodes."""
        self.report.follow(self.memo)
        for node, each in self.found.report.notes.items():
            if node in self.made:
                self.report.notes.setdefault(self.made[node], each)
