"""Blocks that come several times in a row, such as equal layers, found so that one can stand for all.

Steps are compared by what they compute and by what they read: the same step, or one as far back. A
block of p steps repeats where each step equals the one p later; a period costs one comparison of
arrays, so long programs take no time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graphcomp.op import Form
from graphcomp.program import Program, Step

#: A block is worth a frame of its own if it comes so often.
FEWEST = 3
#: Longer blocks are not looked for; nor as long ones in programs where that would take long.
LONGEST, _MOST_WORK = 256, 20_000_000
#: Steps that read more are equal to no other.
_MOST_OPERANDS = 6

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of steps that comes several times in a row.

    Attributes:
        copies: the steps of each copy, by place: inputs that only one copy reads come last.
    """

    copies: tuple[tuple[str, ...], ...]

    @property
    def first(self) -> tuple[str, ...]:
        """The steps of the copy that stands for all."""
        return self.copies[0]


def find_repeats(
    program: Program,
    kinds: Mapping[str, Hashable],
    *,
    enough: Callable[[int], bool],
    apart: Collection[str] = (),
) -> list[Block]:
    """The repeated blocks of a program, each outer one before those inside its first copy.

    Args:
        program: the program.
        kinds: what inputs must have in common to stand for each other, by step.
        enough: told how many steps are saved so far; whether to look no further.
        apart: steps that are equal to no other.
    """
    steps = [step for step in program.steps if step.label is None]
    table = _Table(program, steps, kinds, set(apart))
    blocks: list[Block] = []
    saved, pending = 0, [(0, len(steps))]
    while pending and not enough(saved):
        low, high = pending.pop(0)
        found = table.longest_run(low, high)
        if found is None:
            continue
        start, period, count = found
        block = table.block(start, period, count)
        saved += (count - 1) * len(block.first)
        blocks.append(block)
        end = start + period * count
        pending += [(low, start), (end, high), (start, start + period)]
    return blocks


class _Table:
    """Computing steps as arrays of numbers that are equal where the steps are."""

    def __init__(
        self,
        program: Program,
        steps: list[Step],
        kinds: Mapping[str, Hashable],
        apart: Collection[str],
    ) -> None:
        self.steps = steps
        self.inputs = {step.name for step in program.inputs}
        self.place = {step.name: i for i, step in enumerate(steps)}
        self.numbers: dict[Hashable, int] = {}
        first_read: dict[str, int] = {}
        for i, step in enumerate(steps):
            for name in step.operands:
                first_read.setdefault(name, i)
        width = min(max((len(step.operands) for step in steps), default=0), _MOST_OPERANDS)
        self.form = np.zeros(len(steps), np.int64)
        self.stays = np.zeros(len(steps), bool)
        self.same = np.zeros((len(steps), width), np.int64)
        self.back = np.zeros((len(steps), width), np.int64)
        scope = ""
        for i, step in enumerate(steps):
            own = step.name if step.name in apart or len(step.operands) > width else None
            where = _DIGITS.sub("#", step.node.scope)
            self.form[i] = self._number((_form(program, step, i), own, step.outputs, where))
            self.stays[i] = step.node.scope == scope
            scope = step.node.scope
            for k, name in enumerate(step.operands[:width]):
                self.same[i, k] = self._number(name)
                distance = (
                    ("input", kinds.get(name), i - first_read[name])
                    if name in self.inputs
                    else ("step", i - self.place[name])
                )
                self.back[i, k] = self._number(distance)

    def _number(self, key: Hashable) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def longest_run(self, low: int, high: int) -> tuple[int, int, int] | None:
        """Where the block starts that saves most, its length, and how often it comes."""
        best: tuple[int, int] | None = None
        saving = end = 0
        longest = min((high - low) // FEWEST, LONGEST, max(8, _MOST_WORK // max(high - low, 1)))
        for period in range(1, longest + 1):
            start, length = _longest_true(self._equal(low, high, period))
            count = length // period + 1
            if count >= FEWEST - 1 and (count - 1) * period > saving:
                best, saving = (low + start, period), (count - 1) * period
                end = low + start + length + period
        if best is None:
            return None
        start, period = best
        start += self._shift(start, period)
        start = self._first(start, low, period)
        count = (end - start) // period
        return (start, period, count) if count >= FEWEST else None

    def _equal(self, low: int, high: int, period: int) -> NDArray[np.bool_]:
        """Whether each step equals the one a period later."""
        early, late = slice(low, high - period), slice(low + period, high)
        operands = (self.same[early] == self.same[late]) | (self.back[early] == self.back[late])
        steps = (self.form[early] == self.form[late]) & (self.stays[early] == self.stays[late])
        equal: NDArray[np.bool_] = steps & operands.all(axis=1)
        return equal

    def _first(self, start: int, low: int, period: int) -> int:
        """Where the first copy begins: it is like the next, but for what that takes over from it."""
        found, least = start, low
        for i in range(start - 1, max(low, start - period) - 1, -1):
            taken = self._taken_over(i, period)
            if taken is None:
                break
            least = max(least, taken + 1 - period)
            if i >= least:
                found = i
        scopes = [self.steps[place].node.scope for place in (start, start + period)]
        return found if scopes[0] == scopes[1] or found == start - period else start

    def _taken_over(self, place: int, period: int) -> int | None:
        """The last step that the step a period later reads instead; None if it is another step."""
        later = place + period
        if self.form[place] != self.form[later]:
            return None
        last = -1
        for k, name in enumerate(self.steps[later].operands):
            same = self.same[place, k] == self.same[later, k]
            if same or self.back[place, k] == self.back[later, k]:
                continue
            if name not in self.place:
                return None
            last = max(last, self.place[name])
        return last

    def _shift(self, start: int, period: int) -> int:
        """How many steps later the block begins, so that it begins where a scope does."""
        scopes = [step.node.scope for step in self.steps[start : start + 3 * period]]
        if scopes[0] == scopes[period]:
            return 0
        for shift in range(len(scopes) - 2 * period + 1):
            middle = shift + period
            if not set(scopes[shift:middle]) & set(scopes[middle : middle + period]):
                return shift
        return 0

    def block(self, start: int, period: int, count: int) -> Block:
        """The block, with the inputs that each copy reads for itself."""
        first = self.steps[start : start + period]
        second = self.steps[start + period : start + 2 * period]
        own: dict[str, tuple[int, int]] = {}
        for i, (step, other) in enumerate(zip(first, second, strict=True)):
            for k, (name, its) in enumerate(zip(step.operands, other.operands, strict=True)):
                if name in self.inputs and its in self.inputs and name != its:
                    own.setdefault(name, (i, k))
        copies = []
        for copy in range(count):
            steps = self.steps[start + copy * period : start + (copy + 1) * period]
            names = [step.name for step in steps]
            names += [steps[i].operands[k] for i, k in own.values()]
            copies.append(tuple(names))
        return Block(tuple(copies))


def _form(program: Program, step: Step, place: int) -> Hashable:
    """What a step computes of its operands, whatever these are."""
    block = program.blocks[place]
    where = {program.by_name[name].node: -1 - k for k, name in enumerate(step.operands)}
    shapes = tuple((node.dtype, str(node.shape)) for node in where)
    inside: list[Hashable] = []
    for i, node in enumerate(block.interior):
        where.setdefault(node, i)
        parts = None if node.op.form is Form.NAMED else node.params
        args = tuple(where[arg] for arg in node.args)
        inside.append((node.op.name, parts, args, node.dtype, str(node.shape)))
    return (shapes, tuple(inside))


def _longest_true(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Where the longest run of true entries starts, and its length."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    if not edges.size:
        return 0, 0
    lengths = edges[1::2] - edges[::2]
    i = int(np.argmax(lengths))
    return int(edges[2 * i]), int(lengths[i])


def stand_ins(blocks: Iterable[Block]) -> dict[str, str]:
    """For every step of a further copy, the step of the first that stands for it."""
    stands: dict[str, str] = {}
    for block in blocks:
        for copy in block.copies[1:]:
            for name, first in zip(copy, block.first, strict=True):
                if name != first:
                    stands.setdefault(name, first)
    return stands


def copies_of(blocks: Iterable[Block], stands: Mapping[str, str]) -> dict[str, dict[int, int]]:
    """By step, which copy of which block it belongs to; blocks by number."""
    found: dict[str, dict[int, int]] = {}
    for number, block in enumerate(blocks):
        for index, copy in enumerate(block.copies):
            for name in copy:
                found.setdefault(name, {}).setdefault(number, index)
    for name, rep in stands.items():  # an inner block is told of the first copy of an outer one
        for number, index in found.get(rep, {}).items():
            found[name].setdefault(number, index)
    return found
