"""All traces of a sheet in one table: which columns it has, for the formats with room for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum

from graphcomp.derivation import Remark
from graphcomp.printers.notation import Notation
from graphcomp.printers.sentences import Said
from graphcomp.printers.sheet import Line, Sheet, Trace


class Shows(Enum):
    """What a column shows of each line."""

    EQUATION = "the equation"
    SHAPE = "the shape"
    VALUE = "the value"
    PARTIALS = "local partials"
    NOTES = "remarks"
    WHY = "rules"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        shows: what.
        trace: of which trace; None for the primal one.
        lines: of that trace.
        last: whether the trace is the last one.
    """

    shows: Shows
    trace: Trace | None
    lines: tuple[Line, ...]
    last: bool = False

    def head(self, notation: Notation, *, seeds: bool = True) -> str:
        """The head of a column of equations: ``tangent ↓ (seed ẋ = 1)``."""
        if self.trace is None:
            return notation.heading("primal", "down")
        head = notation.heading(self.trace.name, self.trace.way)
        return f"{head} (seed {self.trace.start})" if seeds and self.trace.start else head

    def notes(self, i: int) -> tuple[Said, ...]:
        """The remarks on a line; seeds are marked in the last trace, where there are several.

        In the others the equation says it: ẇ₁ = ẋ.
        """
        notes = self.lines[i].notes
        return notes if self.last else tuple(n for n in notes if n.remark is not Remark.SEED)


#: What tables show unless they are asked for something else.
USUAL = frozenset(Shows)


def columns(
    sheet: Sheet, shows: Collection[Shows] = USUAL, *, everywhere: bool = False
) -> Iterator[Column]:
    """The columns of a table of all traces, without those that are empty throughout.

    Args:
        sheet: the sheet.
        shows: what columns may show.
        everywhere: whether derivatives have a column of shapes too, those of their steps, even where
            that was not asked for.
    """
    primal = (Shows.EQUATION, Shows.SHAPE, Shows.VALUE, Shows.PARTIALS)
    shaped = (Shows.SHAPE,) if everywhere or sheet.style.shapes else ()
    derived = (Shows.EQUATION, *shaped, Shows.VALUE, Shows.NOTES, Shows.WHY)
    traces: list[tuple[Trace | None, tuple[Line, ...], tuple[Shows, ...]]] = [
        (None, sheet.primal, primal)
    ]
    traces += [(trace, trace.lines, derived) for trace in sheet.traces]
    for trace, lines, wanted in traces:
        last = trace is not None and trace is sheet.traces[-1]
        for kind in wanted:
            column = Column(kind, trace, lines, last)
            if kind in shows and _says_something(sheet, column):
                yield column


def _says_something(sheet: Sheet, column: Column) -> bool:
    match column.shows:
        case Shows.EQUATION:
            return True
        case Shows.SHAPE:
            return any(sheet.shapes)
        case Shows.VALUE:
            return any(line.value for line in column.lines)
        case Shows.PARTIALS:
            return any(sheet.partials(sheet.traces))
        case Shows.WHY:
            return any(line.why for line in column.lines)
        case Shows.NOTES:
            return any(column.notes(i) for i in range(len(column.lines)))
