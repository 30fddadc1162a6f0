"""Derivations as text: primal beside tangents and adjoints, line by line, as on a blackboard."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from graphcomp.derivation import Derivation
from graphcomp.printers.ascii_notation import ASCII
from graphcomp.printers.notation import UNICODE, Notation, width
from graphcomp.printers.sheet import Sheet, Trace
from graphcomp.printers.step_list import growth_lines, step_lines
from graphcomp.printers.table import Half, aligned, side_by_side, wrapped
from graphcomp.printers.writing import sheet
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
    **choices: Any,
) -> str:
    """The derivation as text.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        ascii: nothing but ASCII characters, for plain terminals.
        width: columns available, those of the terminal by default; where the traces do not fit side
            by side they stand one below the other.
        detail: "full", or "brief" for the tables and one line of results.
        digits: significant digits of numbers.
        **choices: in place of those of the derivation's style, see `graphcomp.derivation.Style`.

    Raises:
        InputError: there is no such detail or choice, there are no such digits, or numbers are asked
            for where there is no point.

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
    made = sheet(derivation, notation, detail=detail, choices=choices)
    return _Text(made, notation, max(columns, NARROWEST)).text()


class _Text:
    def __init__(self, made: Sheet, notation: Notation, columns: int) -> None:
        self.sheet = made
        self.notation = notation
        self.columns = columns

    def text(self) -> str:
        """Everything, sections apart by a blank line."""
        sections = [self._wrapped([self._title()])]
        for traces in self.sheet.tables:
            table, wide = self._table(traces)
            heads = [self._head(trace) for trace in traces if trace.seeds]
            after = [line for trace in traces for line in self._after(trace, wide)]
            sections.append([*heads, *table, *after])
            sections += [self._steps(trace) for trace in traces]
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

    def _after(self, trace: Trace, wide: int) -> list[str]:
        """What follows from a trace, below its table."""
        results = trace.results
        if trace.role is Role.ADJOINT:
            columns = None if self.sheet.scalar else max(wide, LEAST_LINE)
            results = self._in_one_line(results, columns)
        return self._wrapped([*trace.notes, *results])

    def _steps(self, trace: Trace) -> list[str]:
        """Reverse mode as a list: step by step, or as it runs."""
        most = self.sheet.style.rows
        seed = f", seed {trace.seeds}" if len(self.sheet.equations) > 1 else ""
        if trace.growth is not None:
            lines = growth_lines(trace.growth, self.notation, self.columns, most)
            return [f"{trace.mode.upper()}, as it runs{seed}", *lines]
        if trace in self.sheet.listed:
            lines = step_lines(trace.moves, self.notation, self.columns, most)
            return [f"{trace.mode.upper()}, step by step{seed}", *lines]
        return []

    # ------------------------------------------------------------ one table

    def _head(self, trace: Trace) -> str:
        remark = f"   ({trace.remark})" if trace.remark else ""
        return f"{trace.mode.upper()}   seed {trace.seeds}{remark}"

    def _table(self, traces: Sequence[Trace]) -> tuple[list[str], int]:
        """The traces side by side, with the rules below where there is no room for them."""
        rows, left_out = self.sheet.rows(traces)
        more = f"{self.notation.ellipsis} {left_out} more steps"
        halves = [self._primal(traces, rows, more)]
        halves += [self._derivatives(trace, traces, rows) for trace in traces]
        lines, wide = side_by_side(halves, self.notation, self.columns)
        if not self.sheet.style.why or self.notation.cross in lines[1]:
            return lines, wide
        bare = [halves[0], *(half.without_last() for half in halves[1:])]
        lines, wide = side_by_side(bare, self.notation, self.columns)
        shown = [trace.lines[i] for trace in traces for i in rows if i is not None]
        rules = aligned([("  ", line.left, line.why) for line in shown if line.why])
        return [*lines, *(["why:", *self._wrapped(rules)] if rules else [])], wide

    def _primal(self, traces: Sequence[Trace], rows: Sequence[int | None], more: str) -> Half:
        partials = self.sheet.partials(traces)
        head = self.notation.heading("primal trace", "down")
        heads: tuple[str, ...] = (head,) if self.sheet.scalar else (head, "shape")
        heads += ("value" if self.sheet.valued and not self.sheet.scalar else "",)
        heads += ("local partials" if any(partials) else "",)
        cells: list[tuple[str, ...]] = []
        for i in rows:
            if i is None:
                cells.append((more,))
                continue
            line = self.sheet.primal[i]
            value = f"= {line.value}" if line.value and self.sheet.scalar else line.value
            shape = () if self.sheet.scalar else (self.sheet.shapes[i],)
            equation = self.notation.joined(line.left, line.right)
            cells.append((equation, *shape, value, ",  ".join(partials[i])))
        return Half(heads, tuple(cells))

    def _derivatives(
        self, trace: Trace, traces: Sequence[Trace], rows: Sequence[int | None]
    ) -> Half:
        head = self.notation.heading(trace.title, trace.way)
        if trace.start and sum(t.title == trace.title for t in traces) > 1:
            head += f", {trace.start}"
        style, scalar = self.sheet.style, self.sheet.scalar
        shaped = style.shapes and not scalar
        valued = any(line.value for line in trace.lines) and not scalar
        heads = (head, "shape" if shaped else "", "value" if valued else "", "")
        cells: list[tuple[str, ...]] = []
        for i in rows:
            if i is None:
                cells.append(())
                continue
            line = trace.lines[i]
            shape = self.sheet.shapes[i] if shaped and line.left else ""
            value = f"= {line.value}" if line.value and scalar else line.value
            notes = ", ".join(note.text for note in line.notes)
            equation = self.notation.joined(line.left, line.right)
            cells.append((equation, shape, value, notes, line.why))
        return Half((*heads, "why" if style.why else ""), tuple(cells))
