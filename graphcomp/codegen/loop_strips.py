"""Loops over many rows of arrays, in strips of a fixed length.

A compiler takes several turns of a loop at once only if it knows that what it writes does not overlap
what it reads. It can test that for some rows when the loop starts, but for dozens of them there are
too many pairs, and it gives up. So arrays are copied into strips of a length that it knows: of one array
with fixed strides it sees where each row is, and only whole arrays are left to test. The copies are
cheap, as a strip stays in the cache.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from itertools import chain

import numpy as np

from graphcomp.codegen.layout import INDENT, layout
from graphcomp.codegen.loop_lines import LoopFunction
from graphcomp.codegen.loop_memory import Place
from graphcomp.codegen.loop_order import Loop
from graphcomp.codegen.loop_terms import numpy_name
from graphcomp.codegen.loop_units import Unit, is_number
from graphcomp.codegen.loop_wrapping import wrapped
from graphcomp.nest import PLACED, TOTAL, At
from graphcomp.node import Node
from graphcomp.shape import size_of

#: So many turns are a strip: dozens of rows of float64 stay in the first-level cache.
LENGTH = 64
#: So many pairs of rows, at least one of them written, LLVM tests for overlaps at most.
PAIRS = 128
#: More rows than this are not copied: they would not stay in the cache.
ROWS = 256

#: A row: the array, and where along its leading axes.
Row = tuple[Node, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Strips:
    """The arrays of one loop.

    Attributes:
        read: those that are copied before the loop.
        written: those that are copied back.
    """

    read: tuple[Node, ...]
    written: tuple[Node, ...]


class StripFunction(LoopFunction):
    """A function of loops, of which those over many rows go strip by strip."""

    def _arranged(self) -> None:
        self.strips: dict[Loop, Strips] = {}
        if not self.context.threads:
            for item in self.items:
                if isinstance(item, Loop) and (strips := self._strips(item)) is not None:
                    self.strips[item] = strips
        self.written = {node for strips in self.strips.values() for node in strips.written}

    def _strips(self, loop: Loop) -> Strips | None:
        """The arrays of a loop, if it goes over the last axis of all, and over too many rows."""
        units = [unit for unit in loop.body if isinstance(unit, Unit) and unit.axes == [loop.axis]]
        short = isinstance(loop.dim, int) and loop.dim < 2 * LENGTH
        if short or len(units) < len(loop.body) or not all(map(self._is_plain, units)):
            return None
        reads = chain.from_iterable(unit.reads for unit in units)
        read = [_row(base, at) for base, at in reads if self._is_array(base)]
        ends = [unit for unit in units if self._is_array(unit.target)]
        written = [_row(unit.target, unit.nest.writes) for unit in ends]
        targets = {unit.target for unit in ends}
        whole = sum(unit.target in targets for unit in self.units) == len(ends)
        if not whole or None in read or None in written:
            return None
        inner, outer = (dict.fromkeys(row for row in rows if row) for rows in (read, written))
        inner = {row: None for row in inner if row[0] not in targets}
        strips = Strips(
            *(tuple(dict.fromkeys(node for node, _ in rows)) for rows in (inner, outer))
        )
        size = sum(_rows(node) for node in (*strips.read, *strips.written))
        few = size <= min(ROWS, 2 * (len(inner) + len(outer)))
        tested = _pairs(strips.read, strips.written) <= PAIRS < _pairs(inner, outer)
        return strips if few and tested else None

    def _is_plain(self, unit: Unit) -> bool:
        """Whether each turn sets an entry of its own, or adds to a number."""
        place = self.places[unit.target]
        if not place.axes:
            return place.join is None or place.join is TOTAL
        whole = place.axes == tuple(range(unit.target.ndim))
        return whole and (place.join is None or place.join is PLACED)

    def _is_array(self, node: Node) -> bool:
        """Whether the entries of a node are in an array."""
        place = self.places.get(node)
        return node.shape != () and not is_number(node) if place is None else bool(place.axes)

    # ------------------------------------------------------------ source

    def _start(self, place: Place) -> str | None:
        """What entries are before the first term; of what strips are copied to, that is all the same."""
        return None if place.node in self.written else super()._start(place)

    def _loop(self, loop: Loop, scope: tuple[Loop, ...], depth: int, count: str) -> list[str]:
        strips = self.strips.get(loop)
        if strips is None:
            return super()._loop(loop, scope, depth, count)
        lines: list[str] = []
        nodes = (*strips.read, *strips.written)
        names = {node: self.names.give(f"{self.terms.variable(node)}_strip") for node in nodes}
        for node, name in names.items():
            lines += layout(f"{name} = {self._array(node)}", depth)
        start, length = map(self.names.give, ("start", "length"))
        lines += [
            f"{INDENT * depth}for {start} in range(0, {count}, {LENGTH}):",
            *layout(f"{length} = min({LENGTH}, {count} - {start})", depth + 1),
        ]
        copied = [self._copied(node, names[node], start, depth + 1) for node in strips.read]
        lines += self._together(copied, length, depth + 1)
        self.terms.strips = names
        lines += super()._loop(loop, scope, depth + 1, length)
        self.terms.strips = {}
        copied = [
            self._copied(node, names[node], start, depth + 1, back=True) for node in strips.written
        ]
        return [*lines, *self._together(copied, length, depth + 1)]

    def _together(self, copied: Sequence[Sequence[str]], length: str, depth: int) -> list[str]:
        """A loop over the places of a strip."""
        if not copied:
            return []
        first = f"{INDENT * depth}for {self.counters[0]} in range({length}):"
        return [first, *chain.from_iterable(copied)]

    def _copied(
        self, node: Node, strip: str, start: str, depth: int, *, back: bool = False
    ) -> list[str]:
        """Loops that copy a place of all rows to a strip, or back.

        A compiler writes them out, as their lengths are known. Calls that copy all at once take a
        second each to compile.
        """
        place, *rows = self.counters[: node.ndim]
        lines = [
            f"{INDENT * (depth + i)}for {counter} in range({count}):"
            for i, (counter, count) in enumerate(zip(rows, node.shape[:-1], strict=True), 1)
        ]
        inner = f"{strip}[{', '.join([*rows, place])}]"
        outer = f"{self.terms.variable(node)}[{', '.join([*rows, f'{start} + {place}'])}]"
        text = f"{outer} = {inner}" if back else f"{inner} = {outer}"
        return [*lines, *wrapped(text, depth + node.ndim)]

    def _array(self, node: Node) -> str:
        """The call that makes a strip; of what is not set in all places, of zeros."""
        place = self.places.get(node)
        make = "empty" if place is None or place.join is None else "zeros"
        sizes = ", ".join(str(dim) for dim in (*node.shape[:-1], LENGTH))
        dtype = "" if node.dtype == np.float64 else f", np.{numpy_name(node.dtype)}"
        return f"np.{make}({f'({sizes})' if node.ndim > 1 else sizes}{dtype})"


def _row(node: Node, places: Sequence[At]) -> Row | None:
    """The row of an array that a loop goes along, if it has a fixed place."""
    *lead, last = places
    if last.plain is None or any(at.terms or not isinstance(at.offset, int) for at in lead):
        return None
    if not isinstance(size_of(node.shape[:-1]), int):
        return None
    return node, tuple(int(at.offset) for at in lead)


def _pairs(read: Sized, written: Sized) -> int:
    """How many pairs are tested for overlaps."""
    return len(written) * (len(written) - 1) // 2 + len(written) * len(read)


def _rows(node: Node) -> int:
    return int(size_of(node.shape[:-1]))
