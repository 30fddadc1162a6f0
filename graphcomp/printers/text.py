"""Derivations as text: primal beside tangents and adjoints, line by line, as on a blackboard."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from graphcomp.derivation import Derivation
from graphcomp.printers.ascii_notation import ASCII
from graphcomp.printers.notation import UNICODE, Notation, width
from graphcomp.printers.sheet import Line, Sheet, Trace, sheet
from graphcomp.printers.step_list import step_lines
from graphcomp.printers.table import Half, side_by_side, wrapped
from graphcomp.program import Role

NARROWEST, USUAL = 40, 100

#: A line of results may be as wide as its table, and at least this.
LEAST_LINE = 80

INDENT = "   "


def render(
    derivation: Derivation,
    *,
    ascii: bool = False,  # noqa: A002
    width: int | None = None,
    detail: str = "full",
    digits: int | None = None,
) -> str:
    """The derivation as text.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        ascii: nothing but ASCII characters, for plain terminals.
        width: columns available, those of the terminal by default; where the traces do not fit side
            by side they stand one below the other.
        detail: "full", or "brief" for the tables and one line of results.
        digits: significant digits of numbers.

    Raises:
        InputError: there is no such detail, or there are no such digits.

    >>> import graphcomp as gc
    >>> from graphcomp.derivation import derive
    >>> from graphcomp.graph import GraphData
    >>> x1, x2 = gc.scalars("x1 x2")
    >>> graph = GraphData([x1, x2], {"y": x1 * x2})
    >>> print(render(derive(graph, "reverse", at={"x1": 2, "x2": 5}), detail="brief"))
    y = x₁·x₂    at x₁ = 2, x₂ = 5
    <BLANKLINE>
    REVERSE MODE   seed ȳ = 1
    primal trace ↓        │  adjoint trace ↑
    ──────────────────────┼────────────────────────────
    w₁ = x₁         = 2   │  w̄₁ = w̄₃·w₂       = 5
    w₂ = x₂         = 5   │  w̄₂ = w̄₃·w₁       = 2
    w₃ = w₁·w₂      = 10  │  w̄₃ = ȳ           = 1  seed
    ──────────────────────┴────────────────────────────
    ∂y/∂x₁ = x₂;  ∂y/∂x₂ = x₁, read off without further computation
    """
    notation = (ASCII if ascii else UNICODE).with_digits(digits)
    columns = width or shutil.get_terminal_size((USUAL, 24)).columns
    made = sheet(derivation, notation, detail=detail)
    return _Text(made, notation, max(columns, NARROWEST)).text()


class _Text:
    def __init__(self, made: Sheet, notation: Notation, columns: int) -> None:
        self.sheet = made
        self.notation = notation
        self.columns = columns

    def text(self) -> str:
        """Everything, sections apart by a blank line."""
        sections = [self._wrapped([self._title()])]
        for trace in self.sheet.traces:
            table, wide = self._table(trace)
            results = trace.results
            if trace.role is Role.ADJOINT:
                results = self._in_one_line(
                    results, None if self.sheet.scalar else max(wide, LEAST_LINE)
                )
            after = self._wrapped([*trace.notes, *results])
            sections.append([self._head(trace), *table, *after])
            if trace in self.sheet.listed:
                steps = step_lines(trace.moves, self.notation, self.columns)
                seed = f", seed {trace.seeds}" if len(self.sheet.equations) > 1 else ""
                sections.append([f"{trace.mode.upper()}, step by step{seed}", *steps])
        for section in self.sheet.sections:
            lines = [f"{INDENT}{line}" for line in section.lines]
            sections.append([section.heading.upper(), *self._wrapped(lines)])
        return "\n\n".join("\n".join(lines) for lines in sections if lines)

    def _wrapped(self, lines: Sequence[str]) -> list[str]:
        return [part for line in lines for part in wrapped(line, self.columns)]

    def _in_one_line(self, results: Sequence[str], columns: int | None) -> tuple[str, ...]:
        """As many results as fit."""
        line = ""
        for result in results:
            longer = f"{line};  {result}" if line else result
            if line and columns and width(longer) > columns:
                break
            line = longer
        return (line,) if line else ()

    def _title(self) -> str:
        point = ", ".join(self.sheet.point)
        shown = ",  ".join(self.sheet.equations)
        return f"{shown}    {point}" if point else shown

    # ------------------------------------------------------------ one sweep

    def _head(self, trace: Trace) -> str:
        remark = f"   ({trace.remark})" if trace.remark else ""
        return f"{trace.mode.upper()}   seed {trace.seeds}{remark}"

    def _table(self, trace: Trace) -> tuple[list[str], int]:
        rows, left_out = self.sheet.rows([trace])
        more = f"{self.notation.ellipsis} {left_out} more steps"
        left = tuple((more,) if i is None else self._primal(i) for i in rows)
        right = tuple(("",) if i is None else self._derivative(trace.lines[i]) for i in rows)
        titles = [
            self.notation.heading("primal trace", "down"),
            self.notation.heading(f"{trace.name} trace", trace.way),
        ]
        if self.sheet.scalar:
            heads: list[tuple[str, ...]] = [(titles[0],), (titles[1],)]
        else:
            values = any(line.value for line in trace.lines)
            heads = [
                (titles[0], "shape", "value" if self.sheet.valued else ""),
                (titles[1], "value" if values else ""),
            ]
        halves = Half(heads[0], left), Half(heads[1], right)
        return side_by_side(*halves, self.notation, self.columns)

    def _primal(self, i: int) -> tuple[str, ...]:
        line = self.sheet.primal[i]
        equation = self.notation.joined(line.left, line.right)
        if self.sheet.scalar:
            return equation, f"= {line.value}" if line.value else ""
        return equation, self.sheet.shapes[i], line.value

    def _derivative(self, line: Line) -> tuple[str, ...]:
        value = f"= {line.value}" if line.value and self.sheet.scalar else line.value
        notes = ", ".join(note.text for note in line.notes)
        return self.notation.joined(line.left, line.right), value, notes
