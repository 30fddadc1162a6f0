"""Plots of a study: how the losses fell, and where they ended. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from examples.mlp.data import Dataset
from examples.mlp.study import Result, Shape, mean_losses

INK = (0.25, 0.25, 0.25, 1.0)
FAINT = "0.6"
WIDEST = 100  # inches; much larger pictures are refused
Losses = dict[Shape, float]


def loss_curves(results: Sequence[Result], data: Dataset, path: Path) -> Path:
    """Losses after each epoch: a panel for each depth, a colour for each width."""
    depths = sorted({result.shape.depth for result in results})
    widths = sorted({result.shape.width for result in results} - {0})
    shades = mpl.colormaps["viridis"]
    colours = {w: shades(0.85 * i / max(1, len(widths) - 1)) for i, w in enumerate(widths)}
    colours[0] = INK  # no hidden layer
    _, mean = mean_losses(data)

    figure = Figure(figsize=(min(1 + 3.2 * len(depths), WIDEST), 3.8), layout="constrained")
    panels = figure.subplots(1, len(depths), sharey=True, squeeze=False)[0]
    for panel, depth in zip(panels, depths, strict=True):
        for shape, _, history in results:
            if shape.depth == depth and not history.diverged:
                panel.plot(history.train, color=colours[shape.width], linestyle=":")
                panel.plot(history.test, color=colours[shape.width])
        panel.axhline(mean, color=FAINT, linestyle="--", linewidth=1)
        panel.set_title(f"depth {depth}" + ("" if depth > 1 else " (linear)"))
        panel.set_xlabel("epoch")
        panel.set_xlim(left=0)
        panel.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        panel.set_ylim(0, 1.2 * mean or None)  # untrained networks may start far above
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("loss")

    handles = [Line2D([], [], color=colours[w], label=f"width {w}") for w in widths]
    handles += [
        Line2D([], [], color=INK, label="test"),
        Line2D([], [], color=INK, linestyle=":", label="training"),
        Line2D([], [], color=FAINT, linestyle="--", linewidth=1, label='"mean", test'),
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=2 * len(depths) + 1, frameon=False
    )
    figure.savefig(path, dpi=100)
    return path


def loss_grid(results: Sequence[Result], path: Path) -> Path:
    """The losses in the end: a row for each depth, a column for each width."""
    trained = [result for result in results if not result.history.diverged]
    training = {result.shape: result.history.train[-1] for result in trained}
    test = {result.shape: result.history.test[-1] for result in trained}
    found = [*training.values(), *test.values()] or [0.0, 1.0]
    scale = Normalize(min(found), max(found))

    depths = sorted({result.shape.depth for result in results})
    widths = sorted({result.shape.width for result in results} - {0}) or [0]
    size = (
        min(1.8 + 2 * 1.1 * max(2, len(widths)), WIDEST),
        min(1.4 + 0.6 * len(depths), WIDEST),
    )
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, title, losses in zip(panels, ("training", "test"), (training, test), strict=True):
        _draw_grid(panel, depths, widths, losses, scale)
        panel.set_title(f"{title} loss")
    panels[0].set_ylabel("depth")
    figure.colorbar(ScalarMappable(scale, "viridis_r"), ax=panels, label="loss")
    figure.savefig(path, dpi=100)
    return path


def _draw_grid(
    panel: Axes,
    depths: Sequence[int],
    widths: Sequence[int],
    losses: Losses,
    scale: Normalize,
) -> None:
    """Cells with their numbers; the smallest is framed. A depth without hidden layer is one cell."""
    best = min(losses, key=lambda shape: losses[shape], default=None)
    for y, depth in enumerate(depths):
        cells = [(x, 1, Shape(depth, width)) for x, width in enumerate(widths)]
        for x, span, shape in cells if depth > 1 else [(0, len(widths), Shape(depth, 0))]:
            loss = losses.get(shape)
            share = 0.0 if loss is None else float(scale(loss))
            colour = "0.9" if loss is None else mpl.colormaps["viridis_r"](share)
            panel.add_patch(Rectangle((x, y), span, 1, facecolor=colour, edgecolor="white"))
            shown = "diverged" if loss is None else f"{loss:#.3g}"
            ink = "white" if share > 0.5 else "black"
            weight = "bold" if shape == best else "normal"
            panel.text(
                x + span / 2, y + 0.5, shown, color=ink, ha="center", va="center", weight=weight
            )
            if shape == best:
                inside = Rectangle(
                    (x + 0.04, y + 0.05), span - 0.08, 0.9, fill=False, edgecolor=ink
                )
                panel.add_patch(inside)
    panel.set_xlim(0, len(widths))
    panel.set_ylim(len(depths), 0)
    panel.set_xticks([x + 0.5 for x in range(len(widths))], [str(w or "-") for w in widths])
    panel.set_yticks([y + 0.5 for y in range(len(depths))], [str(depth) for depth in depths])
    panel.set_xlabel("width")
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
