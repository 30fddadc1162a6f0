"""Rules: one equation each, with its name; and what was done by them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial

from graphcomp.node import Node
from graphcomp.op import Form, Op

Apply = Callable[[Node], Node | None]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One equation, read from left to right.

    Attributes:
        name: unique among all rules, an identifier.
        ops: the ops of the nodes that it looks at.
        before, after: the two sides, for people.
        why: what is gained, for people: "without overflow".
        proof: why both sides are the same, or how far they are apart.
        apply: the right side for a node of the left form, else None. It looks at a bounded number
            of nodes, at nothing but the node and what is below, and never through a name.
        needs: ops without any of which in the graph the rule can't apply; such that no rule makes
            one where there was none. Spares rules that look far.
        lost: whether the left side, as it stands, loses a result that can be represented: it is
            NaN, infinite, zero or without digits, or its derivative is; not just a step on the way.
            For all nodes of the form, or for some.
        below: what it looks for below the node, of products, quotients, sums with a number and
            squares (MUL, DIV, ADD, SQUARE).
    """

    name: str
    ops: tuple[Op, ...]
    before: str
    after: str
    why: str
    proof: str
    apply: Apply
    needs: frozenset[Op] = frozenset()
    lost: bool | Callable[[Node], bool] = False
    below: tuple[Op, ...] = ()

    def may_apply(self, present: AbstractSet[Op]) -> bool:
        """Whether it can apply where these ops are, or come about."""
        return not self.needs or not self.needs.isdisjoint(present)

    def loses(self, node: Node) -> bool:
        """Whether a node of the left form loses its result."""
        return self.lost if isinstance(self.lost, bool) else self.lost(node)

    @property
    def note(self) -> str:
        """What a line of generated code says about it: "log(1 + exp(x)), without overflow"."""
        return f"{self.before}, {self.why}" if self.why else self.before


def rule(
    *ops: Op,
    before: str,
    after: str,
    why: str = "",
    needs: tuple[Op, ...] = (),
    lost: bool | Callable[[Node], bool] = False,
    below: tuple[Op, ...] = (),
) -> Callable[[Apply], Rule]:
    """Make a rule of the function below: its name is the rule's, its docstring the proof."""

    def made(apply: Apply) -> Rule:
        name = getattr(apply, "__name__", "").strip("_")
        proof = " ".join((apply.__doc__ or "").split())
        return Rule(name, ops, before, after, why, proof, apply, frozenset(needs), lost, below)

    return made


@dataclass(slots=True)
class Report:
    """What rewriting did.

    Attributes:
        counts: by the name of a pass, how often each of its rules was applied, by its name.
        visits: by the name of a pass, how many nodes it looked at.
        notes: nodes of the result and the rule that made each, if its name tells a reader something;
            of what a rule made, the node behind signs and factors.
    """

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    notes: dict[Node, Rule] = field(default_factory=dict)

    def count(self, stage: str, name: str) -> None:
        """One more application of a rule."""
        counts = self.counts.setdefault(stage, {})
        counts[name] = counts.get(name, 0) + 1

    def visit(self, stage: str, number: int) -> None:
        """So many more nodes looked at."""
        self.visits[stage] = self.visits.get(stage, 0) + number

    def follow(self, results: Mapping[Node, Node], replaced: Collection[Node] = ()) -> None:
        """Notes go with their nodes when these are built anew, or replaced by others."""
        moved: dict[Node, Rule] = {}
        for node, made in self.notes.items():
            new = results.get(node, node)
            found = new if node in replaced else behind(new, partial(_has_op, node.op))
            if found is not None:
                moved.setdefault(found, made)
        self.notes = moved

    def copy(self) -> Report:
        """A report that goes on from here on its own."""
        counts = {stage: dict(found) for stage, found in self.counts.items()}
        return Report(counts, dict(self.visits), dict(self.notes))

    @property
    def total(self) -> int:
        """How many rules were applied."""
        return sum(sum(counts.values()) for counts in self.counts.values())

    def lines(self) -> list[str]:
        """The report as text: a line a pass, ``stability: log1p_of_exp 2, sigmoid 1``."""
        return [
            f"{stage}: " + (", ".join(f"{name} {n}" for name, n in counts.items()) or "nothing")
            for stage, counts in self.counts.items()
        ]


def by_op(rules: Iterable[Rule]) -> dict[Op, tuple[Rule, ...]]:
    """The rules by the op that they look at, in their order."""
    found: dict[Op, list[Rule]] = {}
    for each in rules:
        for op in each.ops:
            found.setdefault(op, []).append(each)
    return {op: tuple(listed) for op, listed in found.items()}


#: What a rule makes may stand behind signs and factors, and later also behind what moves entries.
_AROUND = {Form.NEGATION, Form.PRODUCT, Form.BROADCAST, Form.TRANSPOSE, Form.NAMED}
_DEEPEST = 8


def behind(node: Node, wanted: Callable[[Node], bool]) -> Node | None:
    """The first node that is wanted, behind signs, factors, and what moves entries about."""
    waiting = [node]
    for _ in range(_DEEPEST):
        if not waiting:
            break
        inner = waiting.pop(0)
        if wanted(inner):
            return inner
        if is_around(inner):
            waiting += inner.args
    return None


def _has_op(op: Op, node: Node) -> bool:
    return node.op is op


def is_around(node: Node) -> bool:
    """Whether what a rule makes may stand behind this."""
    return node.op.form in _AROUND or node.op.view
