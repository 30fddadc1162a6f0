"""What a pass is, and what it works on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TypeAlias

from graphcomp.node import Node
from graphcomp.op import Op
from graphcomp.rewrite import algebra
from graphcomp.rewrite.rules import Report, Rule
from graphcomp.rewrite.walks import Settled
from graphcomp.traversal import leading, topological


@dataclass(frozen=True, slots=True)
class Roots:
    """The nodes that passes work on.

    Attributes:
        results: what a function returns.
        steps: nodes inside that have a name for people: where several nodes read one, it stays.
        values: the values, of which derivatives among the results are.
        fences: nodes that are still to get a fence.
    """

    results: tuple[Node, ...]
    steps: tuple[Node, ...] = ()
    values: tuple[Node, ...] = ()
    fences: AbstractSet[Node] = frozenset()
    _all: list[tuple[Node, ...]] = field(default_factory=list, repr=False, compare=False)
    _order: list[Node] = field(default_factory=list, repr=False, compare=False)
    _ops: set[Op] = field(default_factory=set, repr=False, compare=False)

    @property
    def order(self) -> Sequence[Node]:
        """All nodes that they depend on, arguments before users; found once."""
        if not self._order:
            self._order.extend(topological(self.all))
        return self._order

    @property
    def ops(self) -> set[Op]:
        """The ops of all nodes; found once."""
        if not self._ops:
            self._ops.update(map(attrgetter("op"), self.order))
        return self._ops

    @property
    def computed(self) -> Sequence[Node]:
        """Those of them that the results depend on."""
        return leading(self.order, self.results)

    @property
    def all(self) -> tuple[Node, ...]:
        """All of them."""
        if not self._all:
            self._all.append((*self.results, *self.steps, *self.values))
        return self._all[0]

    def replaced(self, nodes: Sequence[Node]) -> Roots:
        """Others in their places."""
        if tuple(nodes) == self.all:
            return self
        first, second = len(self.results), len(self.results) + len(self.steps)
        return Roots(tuple(nodes[:first]), tuple(nodes[first:second]), tuple(nodes[second:]))

    def with_fences(self, fences: AbstractSet[Node]) -> Roots:
        """The same, with nodes that are still to get a fence."""
        return Roots(
            self.results, self.steps, self.values, fences, self._all, self._order, self._ops
        )


#: The roots, the report, and what earlier runs left as it is.
Run: TypeAlias = Callable[[Roots, Report, Settled], Sequence[Node]]


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """One step of the pipeline.

    Attributes:
        name: unique.
        purpose: one line, for people.
        run: the nodes to the nodes that replace them; counts in the report what it does.
        rules: what it may do.
        ops: the ops that its rules look at: without any of them there is nothing to do. None: always.
        once: whether it is run in the first round only.
        arrays: whether it has something to do for arrays only.
        fences: whether it puts the fences there that are still to be put.
    """

    name: str
    purpose: str
    run: Run
    rules: Sequence[Rule | algebra.Algebra] = ()
    ops: frozenset[Op] | None = None
    once: bool = False
    arrays: bool = False
    fences: bool = False
