"""The ratios to the expert, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

from benchmarks.measure import Row
from benchmarks.peers import EXPERT, OURS
from benchmarks.report import LABELS, ratio_text

# Colours that differ for the colour-blind too (Okabe and Ito), and shapes that differ in print.
STYLES = {
    "graphcomp": ("#d55e00", "D"),
    "graphcomp, numba": ("#e69f00", "D"),
    "JAX jit": ("#0072b2", "o"),
    "PyTorch": ("#cc79a7", "s"),
    "autograd": ("#999999", "v"),
    "CasADi": ("#56b4e9", "<"),
    "CasADi, buffers": ("#56b4e9", ">"),
    "PyTensor": ("#009e73", "^"),
    "SymPy": ("#000000", "x"),
    "numba by hand": ("#b8a800", "P"),
}


def draw(rows: Sequence[Row], path: Path, subtitle: str) -> None:
    """A row for each case; a mark for each peer, to the left of 1 where it beats the expert."""
    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "graphcomp"
    figure, axes = plt.subplots(figsize=(10, 1.7 + 0.34 * len(rows)), layout="constrained")
    for label in [label for label in LABELS if label != EXPERT]:
        _marks(axes, rows, label)
    axes.axvline(1.0, color="#333333", linewidth=1.2, zorder=1)
    for i, row in enumerate(rows):
        _written(axes, i, row)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}×")
    axes.set_xlabel("← faster      time of a call ÷ time of hand-written NumPy      slower →")
    axes.set_yticks(range(len(rows)), [row.case for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    for i in range(0, len(rows), 2):
        axes.axhspan(i - 0.5, i + 0.5, color="#f4f4f4", zorder=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.suptitle(f"Value and all gradients, one core, float64\n{subtitle}", fontsize=10)
    figure.legend(loc="outside lower center", ncols=5, frameon=False)
    figure.savefig(path.with_suffix(".png"), dpi=150)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)


def _written(axes: Any, place: int, row: Row) -> None:
    """The ratio of the target numpy, or math, in numbers at the end of its row."""
    label, *_ = OURS
    if label in row.times:
        text = f"{ratio_text(row.times[label].median / row.times[EXPERT].median)}×"
        right = axes.get_yaxis_transform()
        colour = STYLES[label][0]
        axes.text(1.01, place, text, transform=right, va="center", color=colour, weight="bold")


def _marks(axes: Any, rows: Sequence[Row], label: str) -> None:
    places = [i for i, row in enumerate(rows) if label in row.times]
    if not places:
        return
    ratios = [rows[i].times[label].median / rows[i].times[EXPERT].median for i in places]
    colour, marker = STYLES[label]
    own = label.startswith("graphcomp")
    axes.scatter(
        ratios,
        places,
        label=label,
        marker=marker,
        s=70 if own else 38,
        color=colour,
        edgecolors=None if marker == "x" else "white",
        linewidths=1.5 if marker == "x" else 0.6,
        zorder=4 if own else 3,
    )
