"""A derivation as a sheet: what all printers of traces show, before any layout.

A sheet has a row for every step of the program. Its columns are the primal trace and one trace for
every sweep; each trace has a line for every row, and what follows from it. Texts are in the notation
of the printer: equations as formulas, all else as prose in which the formulas are marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphcomp.derivation import Derivation, PrimalRow, Remark, Row, Sweep
from graphcomp.errors import InputError
from graphcomp.node import Node
from graphcomp.printers.conclusions import (
    closed_text,
    conclusions,
    cost,
    fan_outs,
    forward_results,
    results,
)
from graphcomp.printers.formula import Formulas, equations
from graphcomp.printers.notation import Notation
from graphcomp.printers.sentences import Said, Sentences
from graphcomp.program import Role

DETAILS = ("full", "brief")

#: A list of steps repeats these remarks; a table marks results where the text refers to them later.
_IN_STEPS = frozenset({Remark.SEED, Remark.RESULT})
_EVERYWHERE = frozenset(Remark)
_IN_TABLES = _EVERYWHERE - {Remark.RESULT}

#: Longer traces are cut in the middle.
MOST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Line:
    """What a trace says about one step.

    Attributes:
        left, right: an equation; the right side is empty where there is nothing to say, both are for
            a step that does not vary.
        value: empty without a point, and where the equation says it.
        notes: remarks.
    """

    left: str
    right: str = ""
    value: str = ""
    notes: tuple[Said, ...] = ()


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
        name, way: "tangent", "down".
        seeds: where it starts.
        start: the same without what is zero.
        remark: on what is in its lines.
        lines: one for each row of the sheet.
        hidden: rows without anything to say in this trace.
        notes: sentences on values that are used several times.
        results: the derivatives that it found, each a sentence.
        moves: the derivatives in the order in which they are computed.
    """

    role: Role
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

    @property
    def mode(self) -> str:
        """The mode of differentiation."""
        return "forward mode" if self.role is Role.TANGENT else "reverse mode"


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

    @property
    def listed(self) -> tuple[Trace, ...]:
        """The traces that are shown step by step too: adjoints of scalars."""
        wanted = self.full and self.scalar
        return tuple(t for t in self.traces if wanted and t.role is Role.ADJOINT)

    def rows(self, traces: Sequence[Trace]) -> tuple[list[int | None], int]:
        """The rows to show for some traces, None for a gap, and how many are left out there."""
        everywhere = frozenset(range(len(self.names)))
        hidden = everywhere.intersection(*(trace.hidden for trace in traces))
        return gapped([i for i in range(len(self.names)) if not traces or i not in hidden])


def gapped(items: Sequence[int]) -> tuple[list[int | None], int]:
    """The items that are shown, None for those in the middle that are not, and how many these are.

    >>> shown, left_out = gapped(range(100))
    >>> shown[18:23], left_out
    ([18, 19, None, 80, 81], 60)
    """
    left_out = max(0, len(items) - MOST_ROWS)
    if not left_out:
        return list(items), 0
    half = MOST_ROWS // 2
    return [*items[:half], None, *items[len(items) - half :]], left_out


def sheet(derivation: Derivation, notation: Notation, *, detail: str = "full") -> Sheet:
    """The sheet of a derivation.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        notation: how formulas look.
        detail: "full", or "brief" for the tables and the results alone.

    Raises:
        InputError: there is no such detail.

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
    full = detail == "full"
    scalar = not any(row.step.node.shape for row in derivation.primal)
    formulas = Formulas(derivation.program, notation)
    traces = tuple(
        _trace(Sentences(derivation, sweep, notation), scalar=scalar, full=full)
        for sweep in (*derivation.forward, *derivation.reverse)
    )
    ends: list[list[str]] = []
    if full:
        ends = [conclusions(derivation, notation), cost(derivation, notation)]
    return Sheet(
        tuple(equations(derivation.graph, notation)),
        tuple(_point(derivation, notation, traces)),
        scalar,
        derivation.at is not None,
        tuple(row.step.name for row in derivation.primal),
        tuple(notation.shape(row.step.node.shape) for row in derivation.primal),
        tuple(_primal(formulas, row) for row in derivation.primal),
        traces,
        tuple(Section(heading, tuple(lines)) for heading, *lines in filter(None, ends)),
        full,
    )


def _primal(formulas: Formulas, row: PrimalRow) -> Line:
    value = "" if row.value is None else formulas.notation.cell(row.value)
    return Line(*formulas.definition(row.step), value)


def _trace(says: Sentences, *, scalar: bool, full: bool) -> Trace:
    sweep = says.sweep
    backward = sweep.role is Role.ADJOINT
    name, way = says.heading
    return Trace(
        sweep.role,
        name,
        way,
        says.seeds(scalar=scalar),
        says.start(),
        "an adjoint has the shape of its node" if backward and not scalar else "",
        tuple(_line(says, row, full=full and scalar) for row in sweep.rows),
        frozenset(i for i, row in enumerate(sweep.rows) if not _is_shown(says, row)),
        tuple(fan_outs(says)) if backward else (),
        tuple(_results(says, backward=backward, full=full)),
        tuple(_moves(says, sweep, backward=backward)),
    )


def _line(says: Sentences, row: Row, *, full: bool) -> Line:
    value = says.value(row) if says.has_values and not says.is_zero(row) else ""
    return Line(*says.equation(row), value, says.notes(row, _EVERYWHERE if full else _IN_TABLES))


def _is_shown(says: Sentences, row: Row) -> bool:
    """Inputs that go by their own names and are at rest have no line: there is nothing to say."""
    return says.program.numbered or row.primal.label is None or row.derivative is not None


def _results(says: Sentences, *, backward: bool, full: bool) -> list[str]:
    if not backward:
        return forward_results(says, full=full)
    return [] if full else results(says)


def _moves(says: Sentences, sweep: Sweep, *, backward: bool) -> list[Move]:
    """The derivatives in the order in which they are computed."""
    rows = reversed(sweep.rows) if backward else sweep.rows
    return [
        Move(
            *_sides(says, row),
            says.substituted(row),
            says.number(row),
            _closed(says, row),
            says.notes(row, _IN_STEPS),
        )
        for row in rows
        if row.derivative is not None
    ]


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
