"""Reverse mode step by step: each adjoint with its local partials, in symbols and in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.printers.notation import Notation, width
from graphcomp.printers.sheet import Move, gapped
from graphcomp.printers.table import aligned


def step_lines(moves: Sequence[Move], notation: Notation, columns: int) -> list[str]:
    """The adjoints in the order in which they are computed, as lines of text."""
    shown, left_out = gapped(range(len(moves)))
    digits = len(str(len(moves)))
    cells = {i: _cells(moves[i], f"{i + 1:>{digits}}") for i in shown if i is not None}
    lines = aligned(list(cells.values()))
    if max(map(width, lines), default=0) > columns:
        printed = {i: _folded(row) for i, row in cells.items()}
    else:
        printed = {i: [line] for i, line in zip(cells, lines, strict=True)}
    more = [f"{notation.ellipsis} {left_out} more steps"]
    return [line for i in shown for line in (more if i is None else printed[i])]


def _cells(move: Move, number: str) -> tuple[str, ...]:
    first = move.chain or move.total
    second = f"= {move.total}" if first != move.total else ""
    third = f"= {move.value}" if move.value else ""
    if move.numbers and move.numbers != move.value:
        third = f"= {move.numbers} = {move.value}"
    return number, f"{move.left} = {first}", second, third, ", ".join(s.text for s in move.notes)


def _folded(cells: tuple[str, ...]) -> list[str]:
    """A step over several lines, where they are narrow."""
    number, equation, *rest, note = cells
    lines = [f"{number}  {equation}", *(f"{' ' * len(number)}     {part}" for part in rest if part)]
    lines[-1] += f"   {note}" if note else ""
    return lines
