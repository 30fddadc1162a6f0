"""What a check found, as data, as a table and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np


class Verdict(StrEnum):
    """What a comparison came to."""

    PASS = "pass"
    FAIL = "fail"
    KINK = "kink"  # the point sits on a kink: differences see half of it, so they decide nothing
    SKIPPED = "skipped"  # not compared, as there is nothing to compare with
    UNCLEAR = "unclear"  # differences are not finite, or too noisy, to decide anything


@dataclass(frozen=True, slots=True)
class Row:
    """One argument under one method.

    Attributes:
        argument: its name.
        shape: its shape at the point.
        method: how the derivative was compared.
        verdict: what it came to.
        difference: the largest one found, NaN if nothing could be compared.
        tolerance: what was allowed where the difference came closest to it, or exceeded it most.
        compared: how many comparisons were made: of single entries, or along random directions.
        notes: why entries were left out, or where the derivative is wrong.
    """

    argument: str
    shape: tuple[int, ...]
    method: str
    verdict: Verdict
    difference: float
    tolerance: float
    compared: int
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data; what is no number is null."""
        return {
            "argument": self.argument,
            "shape": list(self.shape),
            "method": self.method,
            "verdict": self.verdict.value,
            "difference": _finite(self.difference),
            "tolerance": _finite(self.tolerance),
            "compared": self.compared,
            "notes": list(self.notes),
        }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check; printing it gives a table.

    Attributes:
        function: the name of what was checked.
        where: the point, in words.
        rows: one an argument and method.
        point: the values of the arguments.

    >>> row = Row("x", (), "central differences", Verdict.PASS, 2e-11, 6e-7, 1)
    >>> report = CheckReport("y", "at a given point", (row,), {})
    >>> report.passed
    True
    >>> print(report)
    check of y, at a given point
    argument  shape  method               verdict  difference  tolerance  compared
    x         ()     central differences  pass       2.00e-11   6.00e-07         1
    every derivative agrees
    """

    function: str
    where: str
    rows: tuple[Row, ...]
    point: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether derivatives were compared, and none is wrong or left undecided.

        What is on a kink or skipped counts neither way.
        """
        verdicts = {row.verdict for row in self.rows}
        return Verdict.PASS in verdicts and not verdicts & {Verdict.FAIL, Verdict.UNCLEAR}

    def __str__(self) -> str:
        heads = "argument", "shape", "method", "verdict", "difference", "tolerance", "compared"
        table = [heads, *(_cells(row) for row in self.rows)]
        widths = [max(len(line[i]) for line in table) for i in range(len(heads))]
        lines = [f"check of {self.function}, {self.where}"]
        for i, cells in enumerate(table):
            aligned = [
                cell.rjust(width) if column > 3 else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ]
            lines.append("  ".join(aligned).rstrip())
            if i:
                lines += [f"  {note}" for note in self.rows[i - 1].notes]
        return "\n".join([*lines, self._summary()])

    def _summary(self) -> str:
        found = {verdict: [] for verdict in Verdict}  # type: dict[Verdict, list[str]]
        for row in self.rows:
            if row.argument not in found[row.verdict]:
                found[row.verdict].append(row.argument)
        texts = {
            Verdict.FAIL: "wrong: the derivative by {}",
            Verdict.UNCLEAR: "undecided: the derivative by {}",
            Verdict.KINK: "on a kink: {}",
            Verdict.SKIPPED: "not compared: {}",
        }
        said = [text.format(", ".join(found[v])) for v, text in texts.items() if found[v]]
        if not said:
            return "every derivative agrees"
        if self.passed:
            said.append("all else agrees")
        return "; ".join(said)

    def to_json(self) -> dict[str, Any]:
        """As JSON-ready data.

        >>> CheckReport("y", "at a given point", (), {"x": 1.5}).to_json()["point"]
        {'x': 1.5}
        """
        return {
            "function": self.function,
            "where": self.where,
            "passed": self.passed,
            "rows": [row.to_json() for row in self.rows],
            "point": {name: np.asarray(value).tolist() for name, value in self.point.items()},
        }


def _cells(row: Row) -> tuple[str, ...]:
    shape = str(tuple(int(n) for n in row.shape))
    none = math.isnan(row.difference)
    return (
        row.argument,
        shape,
        row.method,
        row.verdict.value,
        "-" if none else f"{row.difference:.2e}",
        "-" if none else f"{row.tolerance:.2e}",
        str(row.compared),
    )
