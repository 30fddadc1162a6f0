"""A derivation as a sheet: what all printers of traces show, before any layout.

A sheet has a row for every step of the program. Its columns are the primal trace and one trace for
every sweep; each trace has a line for every row, and what follows from it. Texts are in the notation
of the printer: equations as formulas, all else as prose in which the formulas are marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphcomp.derivation import (
    Style,
)
from graphcomp.printers.gaps import gapped
from graphcomp.printers.growth import Growth
from graphcomp.printers.sentences import Said
from graphcomp.program import Role


@dataclass(frozen=True, slots=True)
class Line:
    """What a trace says about one step.

    Attributes:
        left, right: an equation; the right side is empty where there is nothing to say, both are for
            a step that does not vary.
        value: empty without a point, and where the equation says it.
        notes: remarks.
        why: the rules that it follows from, where these are asked for.
    """

    left: str
    right: str = ""
    value: str = ""
    notes: tuple[Said, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a sweep as it is computed.

    Attributes:
        left: the derivative.
        chain: what it is by the chain rule, empty where a step is not pointwise.
        total: the same with the local partials written out.
        numbers: the same with numbers put in.
        value: its value, as a part of the formula.
        closed: its closed form, where it is a result that has one.
        notes: remarks.
    """

    left: str
    chain: str
    total: str
    numbers: str
    value: str
    closed: str
    notes: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One sweep.

    Attributes:
        role: tangents or adjoints.
        mode: of differentiation.
        table: by number, the table that it belongs to, where these stand apart.
        name, way: "tangent", "down".
        seeds: where it starts; empty if another trace of the table says it.
        start: the same without what is zero.
        remark: on what is in its lines.
        lines: one for each row of the sheet.
        hidden: rows without anything to say in this trace.
        notes: sentences on values that are used several times.
        results: the derivatives that it found, each a sentence.
        moves: the derivatives in the order in which they are computed.
        partials: for each row, the local partials by the steps that it reads, where these are shown.
        growth: reverse mode as it runs, where that is asked for.
    """

    role: Role
    mode: str
    table: int
    name: str
    way: str
    seeds: str
    start: str
    remark: str
    lines: tuple[Line, ...]
    hidden: frozenset[int]
    notes: tuple[str, ...]
    results: tuple[str, ...]
    moves: tuple[Move, ...]
    partials: tuple[tuple[str, ...], ...] = ()
    growth: Growth | None = None

    @property
    def title(self) -> str:
        """What stands above the trace: "tangent trace"."""
        return self.name if " " in self.name else f"{self.name} trace"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and sentences below it."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A derivation.

    Attributes:
        equations: what is differentiated.
        point: where; each part names something.
        scalar: whether there are no arrays.
        valued: whether there are numbers.
        names: of the steps, one for each row.
        shapes: of the steps.
        primal: the primal trace.
        traces: the sweeps.
        sections: what follows.
        full: whether all details are shown.
        style: what else is shown.
    """

    equations: tuple[str, ...]
    point: tuple[str, ...]
    scalar: bool
    valued: bool
    names: tuple[str, ...]
    shapes: tuple[str, ...]
    primal: tuple[Line, ...]
    traces: tuple[Trace, ...]
    sections: tuple[Section, ...]
    full: bool
    style: Style

    @property
    def tables(self) -> list[tuple[Trace, ...]]:
        """The traces that stand in one table, for formats with a table for each sweep."""
        numbers = dict.fromkeys(trace.table for trace in self.traces)
        if self.style.arrange == "together" and self.traces:
            return [self.traces]
        return [tuple(t for t in self.traces if t.table == number) for number in numbers]

    def partials(self, traces: Sequence[Trace]) -> list[tuple[str, ...]]:
        """For every row the local partials that some traces use, each once."""
        shown = [trace.partials for trace in traces if trace.partials]
        return [
            tuple(dict.fromkeys(text for row in rows for text in row))
            for rows in (zip(*shown, strict=True) if shown else [()] * len(self.names))
        ]

    @property
    def grown(self) -> tuple[Trace, ...]:
        """The traces that are listed as they run."""
        return tuple(trace for trace in self.traces if trace.growth is not None)

    @property
    def listed(self) -> tuple[Trace, ...]:
        """The traces that are shown step by step too: adjoints of scalars."""
        plain = self.style.show != "numeric" and not self.style.accumulate
        wanted = self.full and self.scalar and plain
        return tuple(t for t in self.traces if wanted and t.role is Role.ADJOINT and t.moves)

    def rows(self, traces: Sequence[Trace]) -> tuple[list[int | None], int]:
        """The rows to show for some traces, None for a gap, and how many are left out there."""
        everywhere = frozenset(range(len(self.names)))
        hidden = everywhere.intersection(*(trace.hidden for trace in traces))
        shown = [i for i in range(len(self.names)) if not traces or i not in hidden]
        return gapped(shown, self.style.rows)
