"""Writes a derivation as a sheet: what each trace says, and in which words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphcomp.derivation import (
    Derivation,
    PrimalRow,
    Remark,
    Row,
    SecondOrder,
    Style,
)
from graphcomp.errors import InputError
from graphcomp.node import Node
from graphcomp.printers.conclusions import (
    closed_text,
    conclusions,
    cost,
    fan_outs,
    forward_results,
    results,
    second_results,
)
from graphcomp.printers.formula import Formulas, equations
from graphcomp.printers.growth import growth
from graphcomp.printers.notation import Notation
from graphcomp.printers.rules import rules
from graphcomp.printers.sentences import Sentences
from graphcomp.printers.sheet import Line, Move, Section, Sheet, Trace
from graphcomp.program import Role

DETAILS = ("full", "brief")

#: A list of steps repeats these remarks; a table marks results where the text refers to them later.
_IN_STEPS = frozenset({Remark.SEED, Remark.RESULT})
_EVERYWHERE = frozenset(Remark)
_IN_TABLES = _EVERYWHERE - {Remark.RESULT}


def sheet(
    derivation: Derivation,
    notation: Notation,
    *,
    detail: str = "full",
    choices: Mapping[str, Any] | None = None,
) -> Sheet:
    """The sheet of a derivation.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        notation: how formulas look.
        detail: "full", or "brief" for the tables and the results alone.
        choices: in place of those of the derivation's style, see `graphcomp.derivation.Style`.

    Raises:
        InputError: there is no such detail or choice, or numbers are asked for where there is no
            point.

    >>> import graphcomp as gc
    >>> from graphcomp.derivation import derive
    >>> from graphcomp.graph import GraphData
    >>> from graphcomp.printers.notation import UNICODE
    >>> x = gc.scalar("x")
    >>> made = sheet(derive(GraphData([x], {"y": gc.sin(x)}), "reverse"), UNICODE)
    >>> made.names, [line.right for line in made.traces[0].lines]
    (('w1', 'w2'), ['w̄₂·cos(w₁)', 'ȳ'])
    """
    if detail not in DETAILS:
        msg = f"detail must be one of {', '.join(DETAILS)}, not {detail!r}"
        raise InputError(msg)
    style = derivation.style.changed(**(choices or {}))
    if style.show == "numeric" and derivation.at is None:
        msg = "show='numeric' needs numbers: give a value for every input, at={...}"
        raise InputError(msg)
    shown = derivation.symbolic() if style.show == "symbolic" else derivation
    return _Maker(shown, notation, style, full=detail == "full").sheet()


class _Maker:
    def __init__(
        self, derivation: Derivation, notation: Notation, style: Style, *, full: bool
    ) -> None:
        self.derivation = derivation
        self.notation = notation
        self.style = style
        self.full = full
        self.symbolic = style.show != "numeric"
        self.scalar = not any(row.step.node.shape for row in derivation.primal)
        self.formulas = Formulas(derivation.program, notation)

    def sheet(self) -> Sheet:
        derivation, notation = self.derivation, self.notation
        sweeps = (*derivation.forward, *derivation.reverse)
        made = [
            self._trace(Sentences(derivation, sweep, notation), number)
            for number, sweep in enumerate(sweeps)
        ]
        for number, second in enumerate(derivation.second):
            made += self._second(second, len(sweeps) + number)
        traces = tuple(made)
        ends: list[list[str]] = []
        if self.full:
            found = conclusions(derivation, notation, symbolic=self.symbolic)
            ends = [found, cost(derivation, notation)]
        return Sheet(
            tuple(equations(derivation.graph, notation)),
            tuple(_point(derivation, notation, traces)),
            self.scalar,
            derivation.at is not None,
            tuple(row.step.name for row in derivation.primal),
            tuple(notation.shape(row.step.node.shape) for row in derivation.primal),
            tuple(self._primal(row) for row in derivation.primal),
            traces,
            tuple(Section(heading, tuple(lines)) for heading, *lines in filter(None, ends)),
            self.full,
            self.style,
        )

    def _primal(self, row: PrimalRow) -> Line:
        value = "" if row.value is None else self.notation.cell(row.value)
        left, right = self.formulas.definition(row.step)
        hidden = not self.symbolic and row.step.label is None
        return Line(left, "" if hidden else right, value)

    # ------------------------------------------------------------ first derivatives

    def _trace(self, says: Sentences, number: int) -> Trace:
        sweep = says.sweep
        backward = sweep.role is Role.ADJOINT
        name, way = says.heading
        moves = self._moves(says, backward=backward) if self.symbolic else ()
        return Trace(
            sweep.role,
            "reverse mode" if backward else "forward mode",
            number,
            name,
            way,
            says.seeds(scalar=self.scalar),
            says.start(),
            "an adjoint has the shape of its node" if backward and not self.scalar else "",
            tuple(self._line(says, row) for row in sweep.rows),
            frozenset(i for i, row in enumerate(sweep.rows) if not _is_shown(says, row)),
            tuple(fan_outs(says)) if backward and self.symbolic else (),
            tuple(self._results(says, backward=backward)),
            tuple(moves),
            self._partials(says) if self.style.partials == "shown" else (),
            growth(says) if backward and self.style.accumulate and self.symbolic else None,
        )

    def _line(self, says: Sentences, row: Row) -> Line:
        value = says.value(row) if says.has_values and not says.is_zero(row) else ""
        left, right = says.equation(row)
        seeded = row.derivative is None or row.derivative.is_seed
        if self.style.partials == "shown" and not seeded:
            right = says.chain(row) or right
        if not self.symbolic and not says.is_zero(row):
            right = ""
        wanted = _EVERYWHERE if self.full and self.scalar else _IN_TABLES
        why = rules(row.reasons, says.formulas) if self.style.why else ""
        return Line(left, right, value, says.notes(row, wanted), why)

    def _results(self, says: Sentences, *, backward: bool) -> list[str]:
        if not backward:
            return forward_results(says, full=self.full, symbolic=self.symbolic)
        return [] if self.full else results(says, symbolic=self.symbolic)

    def _moves(self, says: Sentences, *, backward: bool) -> Iterator[Move]:
        """The derivatives in the order in which they are computed."""
        for row in reversed(says.sweep.rows) if backward else says.sweep.rows:
            if row.derivative is not None:
                numbers, value = says.substituted(row), says.number(row)
                notes = says.notes(row, _IN_STEPS)
                yield Move(*_sides(says, row), numbers, value, _closed(says, row), notes)

    def _partials(self, says: Sentences) -> tuple[tuple[str, ...], ...]:
        found: dict[str, list[str]] = {row.primal.name: [] for row in says.sweep.rows}
        for row in says.sweep.rows:
            for later, text in says.partials(row, symbolic=self.symbolic):
                found[later].append(text)
        return tuple(map(tuple, found.values()))

    # ------------------------------------------------------------ second derivatives

    def _second(self, second: SecondOrder, number: int) -> list[Trace]:
        """Tangents, adjoints, and tangents of the adjoints."""
        derivation, notation = self.derivation, self.notation
        ahead = Sentences(derivation, second.sweep, notation, program=second.program)
        back = Sentences(derivation, second.adjoint, notation)
        formulas = Formulas(second.program, notation)
        rows = second.sweep.by_name
        adjoints = second.adjoint.rows
        primal = second.sweep.rows[: len(adjoints)]
        names = [second.names.get(row.primal.name) for row in adjoints]
        hidden = frozenset(
            i
            for i, row in enumerate(adjoints)
            if not (_is_shown(back, row) or _is_shown(ahead, primal[i]))
        )
        seeds = ";  ".join(says.seeds(scalar=self.scalar) for says in (ahead, back))
        lines = (
            [self._line(ahead, row) for row in primal],
            [self._adjoint(second, formulas, back, row) for row in adjoints],
            [Line("") if name is None else self._moving(ahead, rows[name]) for name in names],
        )
        found = tuple(second_results(second, ahead, symbolic=self.symbolic))
        mode = "forward over reverse mode"
        heads = (
            (Role.TANGENT, "tangent", "down", seeds, ahead.start()),
            (Role.ADJOINT, "adjoint", "up", "", back.start()),
            (Role.TANGENT, "tangents of adjoints", "up", "", ""),
        )
        return [
            Trace(
                role,
                mode,
                number,
                name,
                way,
                starts,
                start,
                "",
                tuple(part),
                hidden,
                (),
                found if part is lines[2] else (),
                (),
            )
            for (role, name, way, starts, start), part in zip(heads, lines, strict=True)
        ]

    def _moving(self, says: Sentences, row: Row) -> Line:
        """The tangent of an adjoint; an adjoint that does not change has the tangent 0."""
        line = self._line(says, row)
        return line if line.left else Line(says.symbol(row.primal.name), says.zero)

    def _adjoint(self, second: SecondOrder, formulas: Formulas, says: Sentences, row: Row) -> Line:
        """An adjoint as it is differentiated: a sum may differ in form from first order."""
        line = self._line(says, row)
        name = second.names.get(row.primal.name)
        if name is None or not self.symbolic:
            return line
        step = second.program.by_name[name]
        if step.node.args[0] in {s.node for s in second.adjoint.seeds if s.node is not None}:
            return line
        written = formulas.definition(step)[1]
        return replace(line, right=written or line.right)


def _is_shown(says: Sentences, row: Row) -> bool:
    """Inputs that go by their own names and are at rest have no line: there is nothing to say."""
    numbered = says.derivation.program.numbered
    return numbered or row.primal.label is None or row.derivative is not None


def _closed(says: Sentences, row: Row) -> str:
    results = (note.names for note in row.notes if note.remark is Remark.RESULT)
    return next((closed_text(says, *names) for names in results), "")


def _sides(says: Sentences, row: Row) -> tuple[str, str, str]:
    left, total = says.equation(row)
    seeded = row.derivative is not None and row.derivative.is_seed
    return left, "" if seeded else says.chain(row), total


def _point(derivation: Derivation, notation: Notation, traces: Sequence[Trace]) -> list[str]:
    """Where: the scalar inputs, then the sizes of the dimensions."""
    if derivation.at is None:
        return []
    shown = [
        notation.joined(notation.symbol(name), notation.number(value))
        for name, value in derivation.at.items()
        if not value.shape
    ]
    everywhere = frozenset(range(len(derivation.primal)))
    hidden = everywhere.intersection(*(trace.hidden for trace in traces))
    rows = sorted(enumerate(derivation.primal), key=lambda pair: pair[0] in hidden)
    steps = [row.step.node for _, row in rows]
    shapes = [node.shape for node in sorted(steps, key=_vectors_first)]
    order = dict.fromkeys(str(dim) for shape in shapes for dim in shape)
    names = [name for name in order if name in derivation.sizes]
    sizes = [
        notation.joined(notation.symbol(name), notation.number(derivation.sizes[name]))
        for name in names
    ]
    parts = [notation.inline(part) for part in (*shown, *sizes)]
    return [f"at {parts[0]}", *parts[1:]] if shown else parts


def _vectors_first(node: Node) -> bool:
    """Sorts so that dimensions are listed in the order in which vectors pass through them."""
    return node.ndim != 1
