"""Reverse mode step by step: each adjoint with its local partials, in symbols and in numbers."""

from __future__ import annotations

from graphcomp.derivation import Row
from graphcomp.printers.notation import width
from graphcomp.printers.sentences import Sentences
from graphcomp.printers.table import aligned


def step_list(says: Sentences, most: int, columns: int) -> list[str]:
    """The adjoints in the order in which they are computed."""
    rows = [row for row in reversed(says.sweep.rows) if row.derivative is not None]
    if not rows:
        return []
    hidden = max(0, len(rows) - most)
    places = list(range(len(rows)))
    shown = [*places[: most // 2], *places[len(rows) - most // 2 :]] if hidden else places
    digits = len(str(len(rows)))
    cells = [_cells(says, rows[i], f"{i + 1:>{digits}}") for i in shown]
    lines = aligned(cells)
    if max(map(width, lines)) > columns:
        lines = [line for row in cells for line in _folded(row)]
        per_row = [len(_folded(row)) for row in cells]
    else:
        per_row = [1] * len(cells)
    if hidden:
        at = sum(per_row[: most // 2])
        lines.insert(at, f"{says.notation.ellipsis} {hidden} more steps")
    return [f"REVERSE MODE, step by step{_of_output(says)}", *lines]


def _of_output(says: Sentences) -> str:
    many = len(says.program.graph.outputs) > 1
    return f", seed {says.seeds(scalar=True)}" if many else ""


def chain(says: Sentences, row: Row) -> str:
    """The adjoint as a sum over the consumers: ``v̄₃·∂v₃/∂v₁ + v̄₄·∂v₄/∂v₁``."""
    if row.derivative is None or any(t.partial is None and t.via for t in row.derivative.terms):
        return ""
    parts = []
    for term in row.derivative.terms:
        if term.via is None:
            parts.append(says.formulas.contribution(row.derivative, term))
            continue
        partial = says.formulas.derivative(term.via, row.primal.name)
        parts.append(f"{says.symbol(term.via)}{says.notation.times}{partial}")
    return " + ".join(parts)


def _cells(says: Sentences, row: Row, number: str) -> tuple[str, ...]:
    symbol, _, total = says.equation(row).partition(" = ")
    notes = [n for n in row.notes if n.remark.name in {"SEED", "RESULT"}]
    note = ", ".join(filter(None, (says.note(n, full=True) for n in notes)))
    chained = chain(says, row)
    seeded = row.derivative is not None and row.derivative.is_seed
    first = total if seeded or not chained else chained
    second = f"= {total}" if first != total else ""
    value, numbers = says.value(row), says.substituted(row)
    third = f"= {value}" if value else ""
    if numbers and numbers != value:
        third = f"= {numbers} = {value}"
    return number, f"{symbol} = {first}", second, third, note


def _folded(cells: tuple[str, ...]) -> list[str]:
    """A step over several lines, where they are narrow."""
    number, equation, *rest, note = cells
    lines = [f"{number}  {equation}", *(f"{' ' * len(number)}     {part}" for part in rest if part)]
    lines[-1] += f"   {note}" if note else ""
    return lines
