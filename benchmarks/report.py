"""The results as tables in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.measure import Row
from benchmarks.peers import EXPERT, OURS, PEERS

LABELS = (EXPERT, *(label for _, labels in PEERS.values() for label in labels))


def timings(rows: Sequence[Row]) -> str:
    """Microseconds a call, medians; then how graphcomp compares to the expert and to the best."""
    shown = [label for label in LABELS if any(label in row.times for row in rows)]
    lines = []
    for row in rows:
        best = min(timing.median for timing in row.times.values())
        cells = [row.case]
        for label in shown:
            timing = row.times.get(label)
            text = "–" if timing is None else microseconds(timing.median)
            cells.append(f"**{text}**" if timing and timing.median == best else text)
        cells += [number(ratio) for ratio in (to_expert(row), to_best_peer(row))]
        lines.append(cells)
    return table(["µs a call", *shown, "÷ expert", "÷ best peer"], lines)


def best_times(rows: Sequence[Row]) -> str:
    """The same, of the best round of each: what the machine can do undisturbed."""
    shown = [label for label in LABELS if any(label in row.times for row in rows)]
    lines = [
        [row.case]
        + [microseconds(row.times[label].best) if label in row.times else "–" for label in shown]
        for row in rows
    ]
    return table(["µs a call", *shown], lines)


def ours(row: Row) -> float | None:
    """The median of graphcomp's best target, if it has any."""
    times = [row.times[label].median for label in OURS if label in row.times]
    return min(times, default=None)


def to_expert(row: Row) -> float | None:
    """How many times as long graphcomp takes as the expert."""
    time = ours(row)
    return None if time is None else time / row.times[EXPERT].median


def to_best_peer(row: Row) -> float | None:
    """How many times as long it takes as the fastest that is neither graphcomp nor the expert."""
    time = ours(row)
    others = [t.median for label, t in row.times.items() if label not in (EXPERT, *OURS)]
    return None if time is None or not others else time / min(others)


#: What the short table has a column for; of all others it shows the fastest.
SHOWN = (EXPERT, *OURS, "JAX jit", "PyTorch")


def overview(rows: Sequence[Row]) -> str:
    """The short table: microseconds a call, medians, and how the targets compare to the expert."""
    lines = []
    for row in rows:
        times = {label: timing.median for label, timing in row.times.items()}
        others = {label: time for label, time in times.items() if label not in SHOWN}
        best = min(others, key=lambda label: others[label], default=None)
        cells = [microseconds(times[label]) if label in times else "–" for label in SHOWN]
        cells.append("–" if best is None else f"{microseconds(others[best])} ({best})")
        ratios = [times[label] / times[EXPERT] if label in times else None for label in OURS]
        lines.append([row.case, *cells, *(ratio_text(ratio) for ratio in ratios)])
    header = ["µs a call", "by hand", "graphcomp", "target numba", "JAX jit", "PyTorch"]
    return table([*header, "best other", "÷ by hand", "numba ÷ by hand"], lines)


def ratio_text(ratio: float | None) -> str:
    """A ratio, as it is read: two digits behind the point.

    >>> ratio_text(1.0456), ratio_text(12.3), ratio_text(None)
    ('1.05', '12.3', '–')
    """
    return "–" if ratio is None else f"{ratio:.2f}" if ratio < 10 else number(ratio)


def subtitle(description: Mapping[str, str]) -> str:
    """What stands below the title of the picture."""
    return (
        f"{description['processor']}; Python {description['Python']}, NumPy {description['NumPy']}"
    )


def notes(rows: Iterable[Row]) -> str:
    """Why cells are empty, one line for each peer and reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for label, note in row.notes.items():
            reasons.setdefault((label, note), []).append(row.case)
    lines = []
    for (label, note), cases in reasons.items():
        where = f"all {len(cases)} rows" if len(cases) > 3 else "; ".join(cases)
        lines.append(f"- {label}: {' '.join(note.split())} ({where})")
    return "\n".join(lines)


def machine(description: Mapping[str, str]) -> str:
    """One line of what the numbers depend on."""
    return textwrap.fill(", ".join(f"{k}: {v}" for k, v in description.items()), 100)


def table(header: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """A Markdown table, numbers to the right.

    >>> print(table(["steps", "s"], [["1,000", "0.5"]]))
    | steps | s   |
    |-------|----:|
    | 1,000 | 0.5 |
    """
    texts = [[str(cell) for cell in line] for line in lines]
    widths = [max(len(r[i]) for r in [list(header), *texts]) for i in range(len(header))]
    widths = [max(width, 3) for width in widths]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if i and cells is not header else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = "|".join("-" * (w + 2) if not i else "-" * (w + 1) + ":" for i, w in enumerate(widths))
    return "\n".join([line(header), f"|{rule}|", *(line(cells) for cells in texts)])


def microseconds(seconds: float) -> str:
    """Three digits, without an exponent.

    >>> [microseconds(t) for t in (2.134e-7, 3.17e-5, 0.41)]
    ['0.213', '31.7', '410,000']
    """
    return number(seconds * 1e6)


def number(value: float | None) -> str:
    """Three significant digits, thousands apart; a dash for none.

    >>> [number(v) for v in (1234.0, 12.34, 0.01234, None)]
    ['1,230', '12.3', '0.0123', '–']
    """
    if value is None:
        return "–"
    rounded = float(f"{value:.3g}")
    if abs(rounded) >= 100:
        return f"{rounded:,.0f}"
    return f"{value:#.3g}"
