"""Which steps of a graph may be computed in one call: steps of one kind that do not need each other.

A loop that was unrolled has the same step many times, on small arrays, and NumPy takes as long for a
call as for some hundred entries. The steps are put in an order in which as many of a kind as possible
come together: always those first on which the longest chain of others waits; and with them all others of
their kind that can be computed by then, unless a later call will do for them. This is agenda-based
batching (Neubig, Goldberg, Dyer: On-the-fly operation batching in dynamic computation graphs, 2017),
with the agenda ordered by what is still to come.

Proof that the order is sound: each step is taken only after all that it reads, and those that are taken
together were ready before any of them was taken.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from math import prod
from typing import TypeAlias

import numpy as np

from graphcomp.node import Node, is_input
from graphcomp.ops.reductions import SUM
from graphcomp.ops.shaping import BROADCAST
from graphcomp.rewrite.stack_ops import TOTAL

#: To copy arrays of more entries than this takes longer than calls.
LARGEST = 128
#: Steps that are alike so many readers deep have one role.
ALIKE = 3
#: Rows are ordered by what becomes of them so many readers deep.
DEEP = 8
#: Whether steps of a role need each other is found out for so many roles.
MOST_ROLES = 500

#: A node with what orders it in a heap.
_Urgent: TypeAlias = tuple[int, int, Node]


def in_turns(order: Sequence[Node], early: Collection[Node]) -> list[list[Node]]:
    """The nodes again, in lists of those that may be computed in one call, in order.

    Nodes of the values, which are `early`, never come together with others.

    >>> import graphcomp as gc
    >>> from graphcomp.traversal import topological
    >>> x, y = gc.array("x", "n"), gc.array("y", "n")
    >>> [turn for turn in in_turns(topological([gc.exp(x) * gc.exp(y)]), ()) if len(turn) > 1]
    [[<node exp(x) float64 (n,)>, <node exp(y) float64 (n,)>]]
    """
    return _Agenda(order, early).turns()


def is_stackable(node: Node) -> bool:
    """Whether a node can be computed on a stack: entry by entry, or as a sum over a vector.

    Large arrays are not: to copy them costs more than a call.
    """
    if any(map(_is_large, (node, *node.args))):
        return False
    if node.op is TOTAL:
        return True
    if node.op is SUM:
        return node.args[0].ndim == 1
    return node.op.broadcasts and bool(node.args) and all(map(_is_row, (node, *node.args)))


def _is_row(node: Node) -> bool:
    """Whether a node may be a row of a stack; of numbers, those that are no wider there."""
    inner = node.args[0] if node.op is BROADCAST else node
    if inner is not node and inner.shape != ():
        return False
    return inner.shape != () or inner.dtype == np.float64 or same_for_all(node) is not None


def same_for_all(node: Node) -> Node | None:
    """A number that is written out, or an array of one; nodes with different ones are no siblings."""
    inner = node.args[0] if node.op is BROADCAST else node
    return node if inner.shape == () and not inner.args and not is_input(inner) else None


def _kind(node: Node, early: Collection[Node]) -> Hashable:
    """What is equal for nodes that one call can compute."""
    args: Hashable = len(node.args)
    if node.op is not TOTAL:
        args = tuple([(a.shape, a.dtype, a.op is BROADCAST, same_for_all(a)) for a in node.args])
    return (node.op, node.params, node.scope, node.shape, node.dtype, node in early, args)


class _Agenda:
    """The order in the making."""

    def __init__(self, order: Sequence[Node], early: Collection[Node]) -> None:
        self.order = order
        self.place = {node: i for i, node in enumerate(order)}
        self.users: dict[Node, list[tuple[Node, int]]] = {node: [] for node in order}
        for node in order:
            for i, arg in enumerate(node.args):
                self.users[arg].append((node, i))
        self.height: dict[Node, int] = {}
        for node in reversed(order):
            self.height[node] = 1 + max((self.height[u] for u, _ in self.users[node]), default=0)
        self.kinds = {node: _kind(node, early) for node in order if is_stackable(node)}
        near, self.fate = self._futures()
        self.roles = {node: (kind, near[node]) for node, kind in self.kinds.items()}
        self.sizes = Counter(self.roles.values())
        self.chained = self._chained()
        self.waiting = {node: len(set(node.args)) for node in order}
        self.plain = [node for node in order if not node.args]
        self.taken: set[Node] = set()
        self.came: set[Node] = set()
        self.first: list[_Urgent] = []
        self.ready: dict[Hashable, list[_Urgent]] = {kind: [] for kind in self.kinds.values()}
        self.whole: dict[Hashable, list[Node]] = {}
        self.of_role: dict[Hashable, list[Node]] = {}
        self.coming: dict[Hashable, list[_Urgent]] = {kind: [] for kind in self.ready}
        for node, kind in self.kinds.items():
            self.coming[kind].append(self._urgent(node))
        for heap in self.coming.values():
            heapq.heapify(heap)

    def turns(self) -> list[list[Node]]:
        """All nodes."""
        found: list[list[Node]] = []
        while self.plain or self.first:
            if self.plain:
                turn = [self.plain.pop()]
            else:
                _, _, node = heapq.heappop(self.first)
                turn = [] if node in self.taken else self._with_siblings(node)
            if turn:
                found.append(turn)
            for node in turn:
                self._done(node)
        return found

    def _urgent(self, node: Node) -> _Urgent:
        """Before others in a heap, if longer chains of nodes wait for it."""
        return -self.height[node], self.place[node], node

    def _done(self, node: Node) -> None:
        for user in dict.fromkeys(user for user, _ in self.users[node]):
            self.waiting[user] -= 1
            if self.waiting[user]:
                continue
            if user in self.kinds:
                self._arrived(user)
            else:
                self.plain.append(user)

    def _arrived(self, node: Node) -> None:
        kind, role = self.kinds[node], self.roles[node]
        self.came.add(node)
        heapq.heappush(self.ready[kind], self._urgent(node))
        heapq.heappush(self.first, self._urgent(node))
        if role not in self.chained:
            listed = self.of_role.setdefault(role, [])
            listed.append(node)
            if len(listed) == self.sizes[role]:
                self.whole.setdefault(kind, []).extend(self.of_role.pop(role))

    def _with_siblings(self, node: Node) -> list[Node]:
        """What is computed now: a node, and those of its kind for which no later turn would do.

        Nodes that do not need each other come together as soon as all of their role are ready.
        """
        kind, coming, ready = self.kinds[node], self.coming[self.kinds[node]], self.ready
        while coming and coming[0][2] in self.came:
            heapq.heappop(coming)
        later = coming[0][0] if coming else 0
        turn = {node: None}
        while ready[kind] and (
            ready[kind][0][0] < later or ready[kind][0][0] == -self.height[node]
        ):
            turn[heapq.heappop(ready[kind])[2]] = None
        turn |= dict.fromkeys(self.whole.pop(kind, ()))
        found = [each for each in turn if each not in self.taken]
        self.taken.update(found)
        return sorted(found, key=self._rank)

    def _rank(self, node: Node) -> tuple[int, int, int]:
        """Where a node stands among its siblings: beside those of which the same becomes."""
        reader = min(((self.place[user], i) for user, i in self.users[node]), default=(0, 0))
        return (self.fate[node], *reader)

    def _futures(self) -> tuple[dict[Node, int], dict[Node, int]]:
        """Numbers for what becomes of nodes, nearby and farther on: equal for equal futures."""
        numbers: dict[Hashable, int] = {}
        near: dict[Node, int] = {}
        found = dict.fromkeys(self.order, 0)
        for depth in range(DEEP):
            found = {
                node: numbers.setdefault((depth, node.op, self._future(node, found)), len(numbers))
                for node in self.order
            }
            if depth == ALIKE - 1:
                near = found
        return near, found

    def _future(self, node: Node, found: Mapping[Node, int]) -> Hashable:
        """What the readers are; of which argument, where that says more than a number."""
        return tuple(
            sorted({(found[u], i if len(u.args) <= 3 else 0) for u, i in self.users[node]})
        )

    def _chained(self) -> set[Hashable]:
        """The roles of which one node needs another; those that are too many to tell are among them."""
        bits: dict[Hashable, int] = {}
        chained: set[Hashable] = set()
        below: dict[Node, int] = {}
        for node in self.order:
            found = 0
            for arg in node.args:
                found |= below[arg]
            role = self.roles.get(node)
            if role is not None and self.sizes[role] > 1:
                bit = bits.setdefault(role, len(bits))
                if bit >= MOST_ROLES or found >> bit & 1:
                    chained.add(role)
                if bit < MOST_ROLES:
                    found |= 1 << bit
            below[node] = found
        return chained


def _is_large(node: Node) -> bool:
    return prod([dim for dim in node.shape if isinstance(dim, int)]) > LARGEST
