"""Reverse mode step by step: each adjoint with its local partials, in symbols and in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.printers.gaps import gapped
from graphcomp.printers.growth import Added, Growth
from graphcomp.printers.notation import Notation, width
from graphcomp.printers.sheet import Move
from graphcomp.printers.table import aligned, wrapped


def step_lines(
    moves: Sequence[Move], notation: Notation, columns: int, most: int | None
) -> list[str]:
    """The adjoints in the order in which they are computed, as lines of text."""
    shown, left_out = gapped(range(len(moves)), most)
    digits = len(str(len(moves)))
    cells = [None if i is None else _cells(moves[i], f"{i + 1:>{digits}}") for i in shown]
    return _listed(cells, columns, f"{notation.ellipsis} {left_out} more steps")


def growth_lines(growth: Growth, notation: Notation, columns: int, most: int | None) -> list[str]:
    """Reverse mode as it runs, as lines of text."""
    added = growth.added
    shown, left_out = gapped(range(len(added)), most)
    digits = len(str(len(added) + 1))
    cells = [None if i is None else _added(added[i], f"{i + 2:>{digits}}") for i in shown]
    more = f"{notation.ellipsis} {left_out} more steps"
    first = wrapped(f"{1:>{digits}}  {growth.zeros}", columns)
    return [*first, *_listed(cells, columns, more)]


def _listed(cells: Sequence[tuple[str, ...] | None], columns: int, more: str) -> list[str]:
    """Rows with their columns aligned, or each over several lines; `more` where rows are left out."""
    kept = [row for row in cells if row is not None]
    lines = [[line] for line in aligned(kept)]
    if any(width(line) > columns for (line,) in lines):
        lines = [_folded(row) for row in kept]
    if len(kept) < len(cells):
        lines.insert(cells.index(None), [more])
    return [line for row in lines for line in row]


def _added(added: Added, number: str) -> tuple[str, ...]:
    numbers = " = ".join(part for part in (added.sum, added.value) if part)
    notes = ", ".join(note.text for note in added.notes)
    return number, f"{added.left} += {added.right}", f"= {numbers}" if numbers else "", notes


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
