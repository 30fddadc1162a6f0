"""The order of statements: arrays are read to the end soon after they are made.

Any order in which each statement comes after those that it reads gives the same results. The order of
the program is the one that people expect; another one is only offered, and taken if less is alive at
the peak (see `memory`).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from graphcomp.codegen.buffers import Statement
from graphcomp.codegen.live import Sized


@dataclass(slots=True)
class _Variable:
    """An array, and the statements that read it, as far as they are still to come."""

    size: float
    readers: set[int] = field(default_factory=set)
    stays: bool = False


def schedules(
    statements: Sequence[Statement], start: int, live: Collection[str]
) -> list[list[Statement]]:
    """Other orders: what frees memory first, and what takes least memory first.

    Greedy, from the first statement to the last; ties are decided by the order of the program.

    Args:
        statements: in the order of the program.
        start: where the second section begins: no statement moves from one section to the other.
        live: variables that are read afterwards.
    """
    found = []
    for eager in (True, False):
        order = _scheduled(statements, start, live, eager=eager)
        if order != sorted(order) and order not in found:
            found.append(order)
    return [[statements[i] for i in order] for order in found]


def _scheduled(
    statements: Sequence[Statement], start: int, live: Collection[str], *, eager: bool
) -> list[int]:
    """The numbers of the statements in a new order."""
    state = _State(statements, live, eager=eager)
    for section in (range(start), range(start, len(statements))):
        state.run(section)
    return state.done


class _State:
    """How far a schedule is."""

    def __init__(
        self, statements: Sequence[Statement], live: Collection[str], *, eager: bool
    ) -> None:
        before = _dependences(statements)
        self.eager = eager
        self.after: list[list[int]] = [[] for _ in statements]
        for i, needed in enumerate(before):
            for j in needed:
                self.after[j].append(i)
        self.missing = [len(needed) for needed in before]
        self.reads, self.made = _reads(statements, live)
        self.done: list[int] = []
        self._section = range(0)
        self._heap: list[tuple[float, int]] = []

    def run(self, section: range) -> None:
        """Order the statements of a section."""
        self._section, self._heap = section, []
        for i in section:
            self._offer(i)
        taken: set[int] = set()
        while self._heap:
            _, i = heapq.heappop(self._heap)
            if i in taken:
                continue
            taken.add(i)
            self.done.append(i)
            for j in self.after[i]:
                self.missing[j] -= 1
                self._offer(j)
            for variable in self.reads[i]:
                variable.readers.discard(i)
                if len(variable.readers) == 1:  # its last reader frees it
                    self._offer(*variable.readers)

    def _offer(self, i: int) -> None:
        """Let a statement wait for its turn, if all that it needs is there; again if it frees more."""
        if self.missing[i] or i not in self._section:
            return
        freed = sum(v.size for v in self.reads[i] if not v.stays and v.readers == {i})
        change = self.made[i] - freed
        heapq.heappush(self._heap, (min(change, 0.0) if self.eager else change, i))


def _dependences(statements: Sequence[Statement]) -> list[set[int]]:
    """The statements that must come before each one."""
    writer: dict[str, int] = {}
    readers: dict[str, set[int]] = {}
    found: list[set[int]] = []
    for i, statement in enumerate(statements):
        needed = {writer[name] for name in statement.piece.reads if name in writer}
        for target in statement.targets:
            if target in writer:  # it is written again, or written into
                needed |= {writer[target], *readers.get(target, ())}
            writer[target] = i
            readers[target] = set()
        for name in statement.piece.reads:
            readers.setdefault(name, set()).add(i)
        needed.discard(i)
        found.append(needed)
    return found


def _reads(
    statements: Sequence[Statement], live: Collection[str]
) -> tuple[list[list[_Variable]], list[float]]:
    """The arrays that each statement reads, those behind views too; and the size of what it makes."""
    arrays: dict[str, dict[int, _Variable]] = {}  # by variable
    reads: list[list[_Variable]] = []
    made: list[float] = []
    for i, statement in enumerate(statements):
        mine = {k: v for name in statement.piece.reads for k, v in arrays.get(name, {}).items()}
        for variable in mine.values():
            variable.readers.add(i)
        reads.append(list(mine.values()))
        size = 0.0
        for target, node in ((statement.target, statement.node), *statement.also):
            if statement.piece.roots:
                shown = [arrays.get(root, {}) for root in statement.piece.roots]
                arrays[target] = {k: v for each in shown for k, v in each.items()}
            elif target not in arrays:
                variable = _Variable(Sized(node.shape, node.dtype).typical if node.shape else 0.0)
                size += variable.size
                arrays[target] = {id(variable): variable}
            if target in live:
                for variable in arrays[target].values():
                    variable.stays = True
        made.append(size)
    return reads, made
