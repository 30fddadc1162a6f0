"""The memory of a function: the passes over its statements, in order, and what they save."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sympy

from graphcomp.codegen.buffers import Statement, reuse_buffers
from graphcomp.codegen.death import delete_dead, lowest_peak
from graphcomp.codegen.live import peak, peak_entries
from graphcomp.codegen.order import schedules
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.reuse import LARGE, reuse_dead
from graphcomp.node import Node

#: Another order of the statements must save this part of the peak: a reader expects the program's.
WORTH = 0.05


@dataclass(frozen=True, slots=True)
class Planned:
    """Statements after the passes.

    Attributes:
        statements: in order.
        start: where the second section begins.
        renamed: the new names of variables that share the memory of others.
        given: the statements as they were.
        pieces: of the nodes.
    """

    statements: list[Statement]
    start: int
    renamed: dict[str, str]
    given: Sequence[Statement]
    pieces: Mapping[Node, Piece]

    @property
    def before(self) -> sympy.Expr:
        """The peak of the statements as they were, in numbers of 8 bytes."""
        return peak_entries(self.given, self.pieces)

    @property
    def after(self) -> sympy.Expr:
        """The peak of the statements as they are, in numbers of 8 bytes."""
        return peak_entries(self.statements, self.pieces)


def plan_memory(
    statements: Sequence[Statement],
    live: Collection[str],
    rank: Mapping[str, int],
    pieces: Mapping[Node, Piece],
    start: int = 0,
    *,
    block: bool = False,
) -> Planned:
    """The passes: order, operators in place, results in dead arrays, dead arrays deleted.

    Args:
        statements: in the order of the program.
        live: variables that are read after the statements.
        rank: how much a variable's name says.
        pieces: of the nodes, before anything is renamed.
        start: where the second section begins: its comment stays where it is.
        block: whether the statements are run for block after block of rows: then all that can be is
            written into dead arrays, and none needs to be deleted, for they are small.
    """
    if all(statement.node.shape == () and not statement.also for statement in statements):
        return Planned(list(statements), start, {}, statements, pieces)
    best = _shared(statements, live, rank, block=block)
    lowest = lowest_peak(best.statements, best.live, pieces)
    first = statements[start].node if 0 < start < len(statements) else None
    given = best
    for order in schedules(statements, start, live):
        other = _shared(order, live, rank, block=block)
        size = lowest_peak(other.statements, other.live, pieces)
        if size < (1 - WORTH) * lowest:
            best, lowest = other, size
            first = order[start].node if first is not None else None
    if block:
        return Planned(best.statements, start, best.renamed, statements, pieces)
    found, after = _freed(best, pieces)
    if best is not given:
        plain, without = _freed(given, pieces)
        if after >= (1 - WORTH) * without:  # what was hoped for takes too many lines
            best, found, after = given, plain, without
            first = statements[start].node if first is not None else None
    if first is not None:  # a statement may have become two
        start = next(i for i, each in enumerate(found) if each.node is first)
    return Planned(found, start, best.renamed, statements, pieces)


@dataclass(frozen=True, slots=True)
class _Shared:
    """Statements whose results take the memory of others."""

    statements: list[Statement]
    renamed: dict[str, str]
    live: set[str]


def _shared(
    statements: Sequence[Statement], live: Collection[str], rank: Mapping[str, int], *, block: bool
) -> _Shared:
    found, renamed = reuse_buffers(statements, live, rank)
    kept = {renamed.get(name, name) for name in live}
    return _Shared(reuse_dead(found, kept, 0 if block else LARGE), renamed, kept)


def _freed(shared: _Shared, pieces: Mapping[Node, Piece]) -> tuple[list[Statement], float]:
    found = delete_dead(shared.statements, shared.live, pieces)
    return found, peak(found, pieces)
