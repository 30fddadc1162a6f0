"""Derivations as text: primal beside tangents and adjoints, line by line, as on a blackboard."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from graphcomp.derivation import Derivation, PrimalRow, Row
from graphcomp.errors import InputError
from graphcomp.node import Node
from graphcomp.printers.conclusions import conclusions, cost, fan_outs, forward_results, results
from graphcomp.printers.formula import Formulas, title
from graphcomp.printers.notation import ASCII, UNICODE, Notation
from graphcomp.printers.sentences import Sentences
from graphcomp.printers.step_list import step_list
from graphcomp.printers.table import Half, side_by_side, wrapped
from graphcomp.program import Role

#: Longer traces are cut in the middle.
MOST_ROWS = 40

NARROWEST, USUAL = 40, 100

#: A line of results may be as wide as its table, and at least this.
LEAST_LINE = 80

DETAILS = ("full", "brief")


def render(
    derivation: Derivation,
    *,
    ascii: bool = False,  # noqa: A002
    width: int | None = None,
    detail: str = "full",
) -> str:
    """The derivation as text.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        ascii: nothing but ASCII characters, for plain terminals.
        width: columns available, those of the terminal by default; where the traces do not fit side
            by side they stand one below the other.
        detail: "full", or "brief" for the tables and one line of results.

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
    if detail not in DETAILS:
        msg = f"detail must be one of {', '.join(DETAILS)}, not {detail!r}"
        raise InputError(msg)
    columns = width or shutil.get_terminal_size((USUAL, 24)).columns
    return _Text(derivation, ASCII if ascii else UNICODE, max(columns, NARROWEST), detail).text()


class _Text:
    def __init__(
        self, derivation: Derivation, notation: Notation, columns: int, detail: str
    ) -> None:
        self.derivation = derivation
        self.notation = notation
        self.columns = columns
        self.full = detail == "full"
        self.scalar = not any(row.step.node.shape for row in derivation.primal)
        self.formulas = Formulas(derivation.program, notation)

    def text(self) -> str:
        """Everything, sections apart by a blank line."""
        sections = [self._wrapped([self._title()])]
        for sweep in self.derivation.forward:
            says = Sentences(self.derivation, sweep, self.notation)
            table, _ = self._table(says)
            sections.append(
                [self._head(says), *table, *self._wrapped(forward_results(says, full=self.full))]
            )
        for sweep in self.derivation.reverse:
            says = Sentences(self.derivation, sweep, self.notation)
            table, wide = self._table(says)
            after = self._wrapped(fan_outs(says))
            if not self.full:
                after += self._wrapped(
                    results(says, None if self.scalar else max(wide, LEAST_LINE))
                )
            sections.append([self._head(says), *table, *after])
            if self.full and self.scalar:
                sections.append(step_list(says, MOST_ROWS, self.columns))
        if self.full:
            sections.append(self._wrapped(conclusions(self.derivation, self.notation)))
            sections.append(self._wrapped(cost(self.derivation, self.notation)))
        return "\n\n".join("\n".join(lines) for lines in sections if lines)

    def _wrapped(self, lines: Sequence[str]) -> list[str]:
        return [part for line in lines for part in wrapped(line, self.columns)]

    def _title(self) -> str:
        point = ", ".join(self._point())
        shown = title(self.derivation.graph, self.notation)
        return f"{shown}    {point}" if point else shown

    def _point(self) -> list[str]:
        """Where: the scalar inputs, then the sizes of the dimensions."""
        derivation, notation = self.derivation, self.notation
        if derivation.at is None:
            return []
        parts = [
            f"{notation.symbol(name)} = {notation.number(value)}"
            for name, value in derivation.at.items()
            if not value.shape
        ]
        if parts:
            parts[0] = f"at {parts[0]}"
        sweeps = (*derivation.forward, *derivation.reverse)
        shown = {row.primal.name for sweep in sweeps for row in sweep.rows if self._is_shown(row)}
        rows = sorted(derivation.primal, key=lambda row: row.step.name not in shown)
        steps = [row.step.node for row in rows]
        shapes = [node.shape for node in sorted(steps, key=_vectors_first)]
        order = dict.fromkeys(str(dim) for shape in shapes for dim in shape)
        names = [name for name in order if name in derivation.sizes]
        return parts + [f"{notation.symbol(name)} = {derivation.sizes[name]}" for name in names]

    # ------------------------------------------------------------ one sweep

    def _head(self, says: Sentences) -> str:
        sweep = says.sweep
        mode = "FORWARD MODE" if sweep.role is Role.TANGENT else "REVERSE MODE"
        remark = ""
        if sweep.role is Role.ADJOINT and not self.scalar:
            remark = "   (an adjoint has the shape of its node)"
        return f"{mode}   seed {says.seeds(scalar=self.scalar)}{remark}"

    def _table(self, says: Sentences) -> tuple[list[str], int]:
        rows = [
            (primal, row)
            for primal, row in zip(self.derivation.primal, says.sweep.rows, strict=True)
            if self._is_shown(row)
        ]
        hidden = max(0, len(rows) - MOST_ROWS)
        first, last = rows[: MOST_ROWS // 2], rows[len(rows) - MOST_ROWS // 2 :]
        shown = [*first, None, *last] if hidden else rows
        more = f"{self.notation.ellipsis} {hidden} more steps"
        left = tuple((more,) if pair is None else self._primal(pair[0]) for pair in shown)
        right = tuple(
            (("",) if pair is None else self._derivative(says, pair[1])) for pair in shown
        )
        head, other = ("primal trace", "down"), says.heading
        titles = [self.notation.heading(*head), self.notation.heading(*other)]
        if self.scalar:
            heads: list[tuple[str, ...]] = [(titles[0],), (titles[1],)]
        else:
            valued = self.derivation.at is not None
            heads = [
                (titles[0], "shape", "value" if valued else ""),
                (titles[1], "value" if says.has_values else ""),
            ]
        halves = Half(heads[0], left), Half(heads[1], right)
        return side_by_side(*halves, self.notation, self.columns)

    def _is_shown(self, row: Row) -> bool:
        """Inputs that go by their own names and are at rest have no line: there is nothing to say."""
        numbered = self.derivation.program.numbered
        return numbered or row.primal.label is None or row.derivative is not None

    def _primal(self, row: PrimalRow) -> tuple[str, ...]:
        symbol, definition = self.formulas.definition(row.step)
        equation = f"{symbol} = {definition}" if definition else symbol
        value = "" if row.value is None else self.notation.number(row.value)
        if self.scalar:
            return equation, f"= {value}" if value else ""
        return equation, self.notation.shape(row.step.node.shape), value

    def _derivative(self, says: Sentences, row: Row) -> tuple[str, ...]:
        value = says.value(row) if says.has_values and not says.is_zero(row) else ""
        shown = f"= {value}" if value and self.scalar else value
        marked = self.full and self.scalar
        notes = [says.note(note, full=marked) for note in row.notes]
        return says.equation(row), shown, ", ".join(filter(None, notes))


def _vectors_first(node: Node) -> bool:
    """Sorts so that dimensions are listed in the order in which vectors pass through them."""
    return node.ndim != 1
