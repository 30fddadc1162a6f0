"""What grading found, as data, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from graphcomp.derivation.plain import plain_value
from graphcomp.evaluate import Array
from graphcomp.grading.mistakes import Mistake
from graphcomp.printers.notation import pad, width


class Verdict(StrEnum):
    """What is to be said of a line."""

    RIGHT = "right"
    WRONG = "wrong"
    FOLLOWS = "follows"  # right by itself, but wrong because of an earlier line
    CANCELS = "cancels"  # wrong by itself, but makes up for an earlier line
    OWN = "own"  # a step of the learner's own, with nothing to be compared with


@dataclass(frozen=True, slots=True)
class GradedLine:
    """One line of the answers.

    Attributes:
        name: what it claims.
        number: of the line in its file; 0 where there is none.
        text: as it was written.
        verdict: what is to be said of it.
        mistake: the kind of mistake, None if there is none.
        message: what is wrong, in a sentence or two.
        correct: the correct line, as far as there is one.
        because: the earlier line that makes it wrong.
        found: its value at a point, where it has one.
        expected: the correct value there.
        sample: which point: the first, or the first where a wrong line is wrong.
    """

    name: str
    number: int
    text: str
    verdict: Verdict
    mistake: Mistake | None = None
    message: str = ""
    correct: str = ""
    because: str = ""
    found: Array | None = None
    expected: Array | None = None
    sample: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "name": self.name,
            "line": self.number,
            "text": self.text,
            "verdict": self.verdict.value,
            "mistake": None if self.mistake is None else self.mistake.value,
            "message": self.message,
            "correct": self.correct,
            "because": self.because or None,
            "found": plain_value(self.found),
            "expected": plain_value(self.expected),
            "point": self.sample,
        }


@dataclass(frozen=True, slots=True)
class GradeReport:
    """The result of grading; printing it gives a table, and what is wrong with each wrong line.

    Attributes:
        model: the name of the model.
        where: the points, in words.
        lines: the lines of the answers, in order.
        missing: derivatives that were asked for and not given.
        unanswered: inputs for which there is no derivative, though none was asked for.
        points: the points, values by name of the input.
        notes: remarks on the point.
    """

    model: str
    where: str
    lines: tuple[GradedLine, ...]
    missing: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    points: tuple[Mapping[str, Array], ...] = ()
    notes: tuple[str, ...] = ()
    shown: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def passed(self) -> bool:
        """Whether all lines are right, and nothing that was asked for is missing."""
        verdicts = {line.verdict for line in self.lines}
        return (
            Verdict.RIGHT in verdicts
            and verdicts <= {Verdict.RIGHT, Verdict.OWN}
            and not self.missing
        )

    @property
    def first_wrong(self) -> GradedLine | None:
        """The first line that is wrong by itself."""
        return next((line for line in self.lines if line.verdict is Verdict.WRONG), None)

    def __str__(self) -> str:
        parts = [[f"grading of {self.model}, {self.where}", *self.notes, *self._table()]]
        parts += [self._details(line) for line in self.lines if line.verdict is Verdict.WRONG]
        parts.append(self._summary())
        return "\n\n".join("\n".join(part) for part in parts)

    def _table(self) -> list[str]:
        rows = [("line", "answer", "verdict", "what is wrong")]
        rows += [
            (str(line.number) if line.number else "", line.name, line.verdict.value, _brief(line))
            for line in self.lines
        ]
        widths = [max(width(row[i]) for row in rows) for i in range(3)]
        return [
            "  ".join(
                [
                    pad("", widths[0] - width(row[0])) + row[0],
                    *map(pad, row[1:3], widths[1:]),
                    row[3],
                ]
            ).rstrip()
            for row in rows
        ]

    def _details(self, line: GradedLine) -> list[str]:
        place = f"line {line.number}: " if line.number else ""
        lines = [f"{place}{line.text}", f"    {line.message}"]
        if line.correct:
            lines.append(f"    right:  {line.correct}")
        key = f"{line.name}:{line.number}"
        if key in self.shown:
            lines.append(f"    {self.shown[key]}")
        return lines

    def _summary(self) -> list[str]:
        count = {v: sum(line.verdict is v for line in self.lines) for v in Verdict}
        judged = len(self.lines) - count[Verdict.OWN]
        if self.passed:
            result = [f"all {judged} lines are right" if judged > 1 else "the line is right"]
        else:
            result = [f"{count[Verdict.RIGHT]} of {judged} lines are right"]
        first = self.first_wrong
        if first is not None:
            place = f"line {first.number}, {first.name}" if first.number else first.name
            result[0] += f"; the first wrong one is {place}"
        if count[Verdict.FOLLOWS]:
            many = count[Verdict.FOLLOWS]
            result[0] += (
                f"; {many} {'are' if many > 1 else 'is'} wrong only because of an earlier line"
            )
        if self.missing:
            result.append(f"missing: {', '.join(self.missing)}")
        if self.unanswered:
            result.append(f"not answered: {', '.join(self.unanswered)}")
        return result

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data."""
        first = self.first_wrong
        return {
            "model": self.model,
            "where": self.where,
            "passed": self.passed,
            "first_wrong": None if first is None else first.name,
            "lines": [line.to_json() for line in self.lines],
            "missing": list(self.missing),
            "unanswered": list(self.unanswered),
            "notes": list(self.notes),
            "points": [
                {name: plain_value(value) for name, value in point.items()} for point in self.points
            ],
        }


def _brief(line: GradedLine) -> str:
    """What stands in the table."""
    if line.verdict is Verdict.FOLLOWS:
        return f"right by itself, wrong because of {line.because}"
    if line.verdict is Verdict.CANCELS:
        return f"wrong by itself, but makes up for {line.because}"
    if line.verdict is Verdict.OWN:
        return line.message
    return "" if line.mistake is None else line.mistake.value
