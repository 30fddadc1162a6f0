"""Tables of numbers from CSV files: delimiter and header are found out, what is no number is refused."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graphcomp.errors import InputError

Array = npt.NDArray[np.float64]


class Table(NamedTuple):
    """Columns of numbers.

    Attributes:
        source: where it comes from, for messages.
        names: of the columns.
        values: (rows, columns).
    """

    source: str
    names: tuple[str, ...]
    values: Array


class Record(NamedTuple):
    """One row of the file, and the line that it ends on."""

    line: int
    cells: list[str]


# The comma comes last: where another one fits as well, commas are part of the text.
DELIMITERS = ("\t", ";", "|", ",")
MISSING = frozenset({"", "?", "-", "na", "n/a", "nan", "null", "none"})


def read_table(path: Path) -> Table:
    r"""The table in a CSV file.

    The first line is taken for a header if there is text in it. A column without a name goes by its
    number, counted from 1.

    Raises:
        InputError: the file can't be read, or is no table of numbers; names line and column.

    >>> path = Path("two.csv")
    >>> _ = path.write_text("a;b\n1;2\n3;4.5\n")
    >>> read_table(path).names, read_table(path).values.tolist()
    (('a', 'b'), [[1.0, 2.0], [3.0, 4.5]])
    """
    lines = _text(path).splitlines(keepends=True)
    records = _records(path, lines, _delimiter(path, lines))
    header = records[0].cells if any(_is_text(cell) for cell in records[0].cells) else []
    rows = records[1:] if header else records
    if not rows:
        raise InputError(f"{path} has a header, but no rows")
    names = _names(path, header or [""] * len(rows[0].cells))
    return Table(str(path), names, np.array([_numbers(path, names, row) for row in rows]))


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")  # spreadsheets put a byte order mark in front
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text in UTF-8; save it as CSV in UTF-8") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"can't read {path}: {reason}") from None
    if not text.strip():
        raise InputError(f"{path} is empty")
    return text


def _split(path: Path, lines: Iterable[str], delimiter: str) -> list[Record]:
    """The rows that are not blank."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    try:
        records = [Record(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from None
    return [record for record in records if any(record.cells)]


def _delimiter(path: Path, lines: Sequence[str]) -> str:
    """The delimiter that cuts the first lines into equally many columns, or at least the first one."""
    fitting, possible = [], []
    for delimiter in DELIMITERS:
        counts = [len(record.cells) for record in _split(path, lines[:50], delimiter)]
        if counts and counts[0] > 1:
            possible.append(delimiter)
            if len(set(counts)) == 1:
                fitting.append(delimiter)
    for delimiter in fitting + possible:
        return delimiter
    raise InputError(
        f"{path} has a single column; commas, semicolons, tabs or | should stand between columns, "
        "and a feature and a target are needed"
    )


def _records(path: Path, lines: Sequence[str], delimiter: str) -> list[Record]:
    """All rows, each with as many cells as the first."""
    records = _split(path, lines, delimiter)
    count = len(records[0].cells)
    for record in records:
        if len(record.cells) != count:
            raise InputError(
                f"{path}, line {record.line}: {len(record.cells)} values, but line "
                f"{records[0].line} has {count} (columns are separated by {delimiter!r})"
            )
    return records


def _names(path: Path, header: Sequence[str]) -> tuple[str, ...]:
    names = tuple(name or str(number) for number, name in enumerate(header, start=1))
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path} has several columns called {name!r}; rename all but one")
    return names


def _numbers(path: Path, names: Sequence[str], row: Record) -> list[float]:
    numbers = []
    for name, cell in zip(names, row.cells, strict=True):
        place = f"{path}, line {row.line}, column {name!r}"
        if cell.lower() in MISSING:
            shown = f" ({cell!r})" if cell else ""
            raise InputError(f"{place}: no value{shown}; fill it in, or leave out the row")
        if _is_text(cell):
            hint = (
                "write decimals with a point" if "," in cell else "leave out the row or the column"
            )
            raise InputError(f"{place}: {cell[:40]!r} is no number; {hint}")
        number = float(cell)
        if not math.isfinite(number):
            raise InputError(f"{place}: {cell[:40]!r} is not finite; leave out the row")
        numbers.append(number)
    return numbers


def _is_text(cell: str) -> bool:
    """Whether a cell holds something, and not a number."""
    if cell.lower() in MISSING:
        return False
    try:
        float(cell)
    except ValueError:
        return True
    return "_" in cell  # Python's own: 1_000
