"""Which loops run inside which, and what runs together in one loop."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from graphcomp.codegen.loop_units import Axis, Unit
from graphcomp.node import Node
from graphcomp.shape import Dim


@dataclass(eq=False, slots=True)
class Loop:
    """A loop.

    Attributes:
        axis: its name.
        dim: how many turns it has.
        body: what is in it, in order.
    """

    axis: int
    dim: Dim
    body: list[Item] = field(default_factory=list)


Item: TypeAlias = Unit | Loop


class Order:
    """Puts units into loops.

    Units run together in a loop unless one needs of the other what is known only after the loop.

    Args:
        units: all units, each behind those that it reads.
        axes: the names of the axes of nodes.

    Attributes:
        last: axes of loops that run inside of all others.
    """

    def __init__(self, units: Sequence[Unit], axes: Mapping[Axis, int]) -> None:
        self.axes = axes
        self.makers: dict[Node, list[Unit]] = {}
        for unit in units:
            self.makers.setdefault(unit.target, []).append(unit)
        self.last: Collection[int] = ()

    def items(self, units: Sequence[Unit], fixed: frozenset[int] = frozenset()) -> list[Item]:
        """Loops and statements for the units, inside of loops over the axes in `fixed`."""
        result: list[Item] = []
        pending = list(units)
        while pending:
            left = {unit: [a for a in unit.axes if a not in fixed] for unit in pending}
            axis = self._outermost(pending, left)
            if axis is None:
                return [*result, *pending]
            waiting = set(pending)
            first = self._without(pending, left, axis, waiting)
            if first:
                result += self.items(first, fixed)
                waiting -= set(first)
                pending = [unit for unit in pending if unit in waiting]
            group = self._together(pending, left, axis, waiting)
            unit = group[0]
            loop = Loop(axis, unit.nest.axes[unit.axes.index(axis)])
            loop.body = self.items(group, fixed | {axis})
            result.append(loop)
            waiting -= set(group)
            pending = [unit for unit in pending if unit in waiting]
        return result

    def _before(self, unit: Unit, waiting: Collection[Unit]) -> list[Unit]:
        """The units that this one reads, and that are still waiting."""
        return [
            maker
            for base, _ in unit.reads
            for maker in self.makers.get(base, ())
            if maker in waiting
        ]

    def _outermost(self, units: Sequence[Unit], left: Mapping[Unit, list[int]]) -> int | None:
        """The axis of the next loop: of the deepest nests, the one that is farthest from memory order."""
        deepest = max(len(axes) for axes in left.values())
        if deepest == 0:
            return None
        scores: dict[int, float] = {}
        counts: dict[int, int] = {}
        for unit in units:
            for axis in left[unit]:
                counts[axis] = counts.get(axis, 0) + 1
            if len(left[unit]) == deepest:
                for axis, score in _strides(unit, left[unit]).items():
                    scores[axis] = scores.get(axis, 0.0) + score
        return max(
            scores, key=lambda axis: (axis not in self.last, scores[axis], counts[axis], -axis)
        )

    def _without(
        self,
        pending: Sequence[Unit],
        left: Mapping[Unit, list[int]],
        axis: int,
        waiting: Collection[Unit],
    ) -> list[Unit]:
        """The units that neither have the axis nor read one that has."""
        late: set[Unit] = set()
        for unit in pending:
            if axis in left[unit] or any(b in late for b in self._before(unit, waiting)):
                late.add(unit)
        return [unit for unit in pending if unit not in late]

    def _together(
        self,
        pending: Sequence[Unit],
        left: Mapping[Unit, list[int]],
        axis: int,
        waiting: Collection[Unit],
    ) -> list[Unit]:
        """The units that can run in one loop over the axis, as soon as it runs."""
        group: set[Unit] = set()
        for unit in pending:
            if axis not in left[unit]:
                continue
            before = self._before(unit, waiting)
            if all(maker in group for maker in before) and self._within(unit, axis, group):
                group.add(unit)
        return [unit for unit in pending if unit in group]

    def _within(self, unit: Unit, axis: int, group: Collection[Unit]) -> bool:
        """Whether what it reads of units of a loop is known within the same turn."""
        for base, places in unit.reads:
            if not any(maker in group for maker in self.makers.get(base, ())):
                continue
            if not any(
                at.plain is not None
                and unit.axes[at.plain] == axis
                and self.axes.get((base, i)) == axis
                for i, at in enumerate(places)
            ):
                return False
            if not all(writes_own(maker, axis, self.axes) for maker in self.makers[base]):
                return False
        return True


def writes_own(unit: Unit, axis: int, axes: Mapping[Axis, int]) -> bool:
    """Whether each turn of a loop writes entries of its own."""
    return any(
        at.plain is not None and unit.axes[at.plain] == axis and axes.get((unit.target, i)) == axis
        for i, at in enumerate(unit.nest.writes)
    )


def _strides(unit: Unit, left: Collection[int]) -> dict[int, float]:
    """How far each axis is from the end of the arrays, compared with the others."""
    places = [(node.ndim, at) for node, at in [*unit.reads, (unit.target, unit.nest.writes)]]
    far: dict[int, float] = dict.fromkeys(left, 0.0)
    for rank, ats in places:
        for i, at in enumerate(ats):
            for loop, _ in at.terms:
                if unit.axes[loop] in far:
                    far[unit.axes[loop]] += rank - 1 - i
    mean = sum(far.values()) / len(far)
    return {axis: value - mean for axis, value in far.items()}
