"""Large arrays deleted when they are dead, where this lowers the peak: ``del h1, h2``.

Python keeps what a variable holds until the function returns. Mostly that costs nothing, as the
largest arrays are alive at the peak anyway; so there are few of these lines, or none.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from graphcomp.codegen.buffers import Statement, last_reads
from graphcomp.codegen.live import TYPICAL, Memory, made_by
from graphcomp.codegen.pieces import Piece
from graphcomp.node import Node

#: Arrays of fewer entries than a matrix of typical size are left alone,
LARGE = TYPICAL**2
#: and those that are a smaller part of what the largest statement makes than this.
PART = 0.05
#: At most so many lines are added to a function,
MOST = 3
#: and none if they save a smaller part of the peak than this;
WORTH = 0.125
#: nor a further one where fewer lines come as near to the lowest peak as this.
NEAR = 0.1
#: A line names at most so many variables, and has at most so many columns.
NAMES, COLUMNS = 5, 60
_ROUNDS = 6


def delete_dead(
    statements: Sequence[Statement], live: Collection[str], pieces: Mapping[Node, Piece]
) -> list[Statement]:
    """Statements that delete dead variables first, where that lowers the peak by much.

    Args:
        statements: in order.
        live: variables that are read afterwards.
        pieces: of the nodes.
    """
    as_given = list(statements)
    last, made = last_reads(statements, live), made_sizes(statements, pieces)
    _, before = _deleted(statements, last, made, math.inf)
    if before < LARGE:
        return as_given
    least = max(LARGE, PART * max(made))
    _, lowest = _deleted(statements, last, made, 0.0, least)
    if lowest > (1 - WORTH) * before:
        return as_given
    best, reached = as_given, before
    for lines in range(1, MOST + 1):
        found, size = _with_lines(lines, as_given, last, made, (lowest, before), least)
        if size < reached:
            best, reached = found, size
        if reached <= (1 + NEAR) * lowest:
            break
    return best if reached <= (1 - WORTH) * before else as_given


def lowest_peak(
    statements: Sequence[Statement], live: Collection[str], pieces: Mapping[Node, Piece]
) -> float:
    """The peak if every large array were deleted as soon as it is dead."""
    last, made = last_reads(statements, live), made_sizes(statements, pieces)
    return _deleted(statements, last, made, 0.0)[1]


def made_sizes(statements: Sequence[Statement], pieces: Mapping[Node, Piece]) -> list[float]:
    """What each statement makes, at its worst time."""
    return [sum(each.typical for each in made_by(s, pieces)) for s in statements]


def _with_lines(
    lines: int,
    statements: list[Statement],
    last: Mapping[str, int],
    made: Sequence[float],
    between: tuple[float, float],
    least: float,
) -> tuple[list[Statement], float]:
    """The lowest peak that so many lines reach, found by halving what is between two peaks."""
    low, high = between
    best, reached = statements, high
    limit = low
    for _ in range(_ROUNDS):
        found, size = _deleted(statements, last, made, limit, least)
        if sum(bool(each.ends) for each in found) > lines:
            low = limit
        else:
            high = limit
            if size < reached:
                best, reached = found, size
        if high <= low:
            break
        limit = (low + high) / 2
    return best, reached


def _deleted(
    statements: Sequence[Statement],
    last: Mapping[str, int],
    made: Sequence[float],
    limit: float,
    least: float = LARGE,
) -> tuple[list[Statement], float]:
    """Dead variables deleted before each statement that would go above a limit; and the peak.

    Only those of arrays that have at least the size `least`.
    """
    ending: dict[int, list[str]] = {}
    for name, i in last.items():
        ending.setdefault(i, []).append(name)
    memory = Memory()
    result: list[Statement] = []
    waiting: dict[int, None] = {}  # large arrays that are dead
    most = 0.0
    for i, (statement, more) in enumerate(zip(statements, made, strict=True)):
        current = statement
        if waiting and memory.size + more > limit:
            names = _named(waiting, memory)
            current = replace(statement, ends=names) if names else statement
            memory.delete(names)
            waiting = {buffer: None for buffer in waiting if buffer in memory.kinds}
        result.append(current)
        most = max(most, memory.size + more)
        memory.run(statement)
        ended = [b for name in ending.get(i, ()) for b in memory.held.get(name, ())]
        for buffer in dict.fromkeys(ended):
            large = memory.kinds[buffer].typical >= least
            if large and all(last.get(user, i) <= i for user in memory.names[buffer]):
                waiting[buffer] = None
    return result, most


def _named(waiting: Collection[int], memory: Memory) -> tuple[str, ...]:
    """The variables of dead arrays, as many as a line has room for: those first that free most each."""
    worth = {b: memory.kinds[b].typical / len(memory.names[b]) for b in waiting}
    chosen: dict[str, None] = {}
    taken: list[int] = []
    for buffer in sorted(waiting, key=lambda b: -worth[b]):
        names = chosen | memory.names[buffer]
        if len(names) <= NAMES and len(", ".join(names)) <= COLUMNS:
            chosen = names
            taken.append(buffer)
    return tuple(dict.fromkeys(name for buffer in sorted(taken) for name in memory.names[buffer]))
