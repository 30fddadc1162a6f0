"""Tables side by side, or one below the other where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphcomp.printers.notation import Notation, pad, width

GAP = "  "


@dataclass(frozen=True, slots=True)
class Half:
    """One of the tables.

    Attributes:
        head: the heads of the columns, from the left.
        rows: cells; columns that are empty throughout are left out.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def without_last(self) -> Half:
        """The same without the last column of the head."""
        last = len(self.head) - 1
        return Half(self.head[:last], tuple(row[:last] for row in self.rows))

    def lines(self) -> list[str]:
        """The head and the rows, columns aligned, all padded to one width."""
        lines = aligned([self.head, *self.rows])
        widest = max(map(width, lines))
        return [pad(line, widest) for line in lines]


def side_by_side(halves: Sequence[Half], notation: Notation, columns: int) -> tuple[list[str], int]:
    """The lines of the parts next to each other, and how wide they are.

    Where that is wider than `columns`, they stand one below the other.
    """
    parts = [half.lines() for half in halves]
    widths = [width(part[0]) for part in parts]
    line, bar = notation.line, f"{GAP}{notation.vertical}{GAP}"
    whole = sum(widths) + (len(parts) - 1) * len(bar)
    if whole > columns:
        return _stacked(parts, line), max(widths)
    body = [bar.join(row).rstrip() for row in zip(*parts, strict=True)]
    inner = [*([len(GAP)] * (len(parts) - 1)), 0]
    lines = [line * (n + after) for n, after in zip(widths, inner, strict=True)]
    lines = [lines[0], *(line * len(GAP) + part for part in lines[1:])]
    return [body[0], notation.cross.join(lines), *body[1:], notation.tee_up.join(lines)], whole


def _stacked(parts: Sequence[Sequence[str]], line: str) -> list[str]:
    lines: list[str] = []
    for part in parts:
        rows = [row.rstrip() for row in part[1:] if row.strip()]
        lines += [part[0].rstrip(), line * width(part[0]), *rows, line * width(part[0])]
    return lines


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of cells with their columns aligned, without blanks at the ends."""
    count = max((len(row) for row in rows), default=0)
    widths = [max(width(row[j]) for row in rows if j < len(row)) for j in range(count)]
    kept = [j for j in range(count) if widths[j]]
    return [
        GAP.join(pad(row[j] if j < len(row) else "", widths[j]) for j in kept).rstrip()
        for row in rows
    ]


def wrapped(text: str, columns: int, indent: int = 6) -> list[str]:
    """A long line broken between its parts, the rest indented."""
    lines: list[str] = []
    while (fits := _fitting(text, columns)) < len(text):
        cut = max((text.rfind(mark, indent + 10, fits) + keep for mark, keep in BREAKS), default=0)
        if cut <= indent + 10:
            cut = text.rfind(" ", indent + 1, fits)
        if cut <= indent:
            break
        lines.append(text[:cut].rstrip())
        text = " " * indent + text[cut:].strip()
    return [*lines, text]


def _fitting(text: str, columns: int) -> int:
    """How many characters fit into so many columns."""
    used = 0
    for i, character in enumerate(text):
        used += width(character)
        if used > columns:
            return i
    return len(text)


#: Where a line is broken, and how much of the mark stays on the line.
BREAKS = (("   ", 0), (",  ", 1), (";  ", 1), (" = ", 0), (", ", 1), (" (", 0))
