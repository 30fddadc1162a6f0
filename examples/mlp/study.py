"""The study: one network for each depth and width, all trained alike, and a table of their losses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from examples.mlp.data import Dataset
from examples.mlp.model import GeneratedLoss, initial_weights
from examples.mlp.optimisers import OPTIMISERS
from examples.mlp.training import History, Network, train


class Settings(NamedTuple):
    """How every network is trained."""

    epochs: int
    batch: int
    rate: float
    optimiser: str
    seed: int


class Shape(NamedTuple):
    """Layers, and units in each hidden one; 0 if there is no hidden layer."""

    depth: int
    width: int

    def __str__(self) -> str:
        return f"depth {self.depth}" + (f", width {self.width}" if self.width else "")


class Result(NamedTuple):
    """A trained network: its shape, the number of its weights, and what happened."""

    shape: Shape
    weights: int
    history: History


def shapes(depths: Iterable[int], widths: Sequence[int]) -> list[Shape]:
    """The networks to train; a single layer has no hidden units, and so is trained once.

    >>> [str(shape) for shape in shapes([1, 2], [4, 16])]
    ['depth 1', 'depth 2, width 4', 'depth 2, width 16']
    """
    return [Shape(d, width) for d in depths for width in (widths if d > 1 else [0])]


def study(
    data: Dataset,
    settings: Settings,
    networks: Sequence[Shape],
    folder: Path,
    after_epoch: Callable[[], object] = lambda: None,
) -> list[Result]:
    """Train every network; the gradient of each depth is generated once, into `folder`."""
    generated = {d: GeneratedLoss(d, folder) for d in sorted({shape.depth for shape in networks})}
    results = []
    for shape in networks:
        Ws = initial_weights(len(data.features), *shape, settings.seed)
        optimiser = OPTIMISERS[settings.optimiser](settings.rate)
        history = train(
            Network(Ws, generated[shape.depth], optimiser),
            data,
            epochs=settings.epochs,
            batch=settings.batch,
            seed=settings.seed,
            after_epoch=after_epoch,
        )
        results.append(Result(shape, sum(W.size for W in Ws), history))
    return results


def mean_losses(data: Dataset) -> tuple[float, float]:
    """Losses, in training and in test, of always answering the training mean, which is 0 here."""
    return float(0.5 * np.mean(data.y_train**2)), float(0.5 * np.mean(data.y_test**2))


def table(results: Sequence[Result], data: Dataset) -> str:
    """The losses after training, beside those of the predictor "mean".

    The last column says by how much the test loss lies below that of the mean.
    """
    train_loss, test_loss = mean_losses(data)
    lines = [
        "depth  width  weights  training loss  test loss  below mean",
        f"{'mean':<20}  {train_loss:13.5g}  {test_loss:9.5g}",
    ]
    for shape, weights, history in results:
        start = f"{shape.depth:5}  {shape.width or '-':>5}  {weights:7}"
        if history.diverged:
            lines.append(f"{start}  diverged in epoch {len(history.seconds)}")
            continue
        gain = 1 - history.test[-1] / test_loss if test_loss else 0.0
        gain = round(gain, 3) + 0.0  # -0.0 becomes 0.0
        lines.append(f"{start}  {history.train[-1]:13.5g}  {history.test[-1]:9.5g}  {gain:10.1%}")
    return "\n".join(lines)
