"""Two tables side by side, or one below the other where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphcomp.printers.notation import Notation, pad, width

GAP = "  "


@dataclass(frozen=True, slots=True)
class Half:
    """One of the two tables.

    Attributes:
        head: the heads of the columns, from the left.
        rows: cells; columns that are empty throughout are left out.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self) -> list[str]:
        """The head and the rows, columns aligned, all padded to one width."""
        lines = aligned([self.head, *self.rows])
        widest = max(map(width, lines))
        return [pad(line, widest) for line in lines]


def side_by_side(
    left: Half, right: Half, notation: Notation, columns: int
) -> tuple[list[str], int]:
    """The lines of both halves next to each other, and how wide they are.

    Where that is wider than `columns`, the right half stands below the left one.
    """
    one, two = left.lines(), right.lines()
    first, second = width(one[0]) + len(GAP), len(GAP) + width(two[0])
    line = notation.line
    if first + 1 + second > columns:
        return _stacked(one, two, line)
    body = [f"{a}{GAP}{notation.vertical}{GAP}{b}".rstrip() for a, b in zip(one, two, strict=True)]
    rule = f"{line * first}{notation.cross}{line * second}"
    end = f"{line * first}{notation.tee_up}{line * second}"
    return [body[0], rule, *body[1:], end], first + 1 + second


def _stacked(one: Sequence[str], two: Sequence[str], line: str) -> tuple[list[str], int]:
    lines: list[str] = []
    widest = max(width(one[0]), width(two[0]))
    for part in (one, two):
        rows = [row.rstrip() for row in part[1:] if row.strip()]
        lines += [part[0].rstrip(), line * width(part[0]), *rows, line * width(part[0])]
    return lines, widest


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
