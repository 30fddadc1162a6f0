"""Training: epoch by epoch, batch by batch, for whatever has `step` and `loss`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from examples.mlp.data import Dataset
from examples.mlp.model import GeneratedLoss
from examples.mlp.optimisers import Optimiser
from examples.mlp.tables import Array


class Trainable(Protocol):
    """A network that can be trained."""

    def step(self, x: Array, y: Array) -> None:
        """Change the weights once, by the gradient at a batch."""

    def loss(self, x: Array, y: Array) -> float:
        """The loss at examples x (b, n) with targets y (b, 1)."""


@dataclass(slots=True)
class Network:
    """Weights, the generated module that knows their gradient, and an optimiser."""

    Ws: Sequence[Array]
    functions: GeneratedLoss
    optimiser: Optimiser

    def step(self, x: Array, y: Array) -> None:
        """Change the weights once, by the gradient at a batch."""
        _, gradients = self.functions.value_and_grad(x, y, self.Ws)
        self.Ws = self.optimiser.step(self.Ws, gradients)

    def loss(self, x: Array, y: Array) -> float:
        """The loss at examples x (b, n) with targets y (b, 1)."""
        return self.functions.value(x, y, self.Ws)


@dataclass(slots=True)
class History:
    """What happened: losses after each epoch, and the seconds that its steps took.

    The losses begin with those of the untrained network.
    """

    train: list[float] = field(default_factory=list)
    test: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def diverged(self) -> bool:
        """Whether the losses grew beyond all bounds, so that training was given up."""
        return not math.isfinite(self.train[-1] + self.test[-1])


def batches(rows: int, size: int, seed: int, epoch: int) -> Iterator[npt.NDArray[np.intp]]:
    """Row numbers, batch after batch: each row once an epoch, in a new order each time.

    The last batch may be smaller. The generated code takes the size of a batch from its arguments.

    >>> [len(rows) for rows in batches(10, 4, seed=0, epoch=1)]
    [4, 4, 2]
    """
    order = np.random.default_rng([seed, epoch]).permutation(rows)
    for start in range(0, rows, size):
        yield order[start : start + size]


def train(
    network: Trainable,
    data: Dataset,
    *,
    epochs: int,
    batch: int,
    seed: int,
    after_epoch: Callable[[], object] = lambda: None,
) -> History:
    """Train a network, and note its losses; stops early if they are no longer finite."""
    history = History()
    with np.errstate(over="ignore", invalid="ignore"):  # seen in the losses
        _note(history, network, data)
        for epoch in range(1, epochs + 1):
            start = time.perf_counter()
            for rows in batches(len(data.x_train), batch, seed, epoch):
                network.step(data.x_train[rows], data.y_train[rows])
            history.seconds.append(time.perf_counter() - start)
            _note(history, network, data)
            after_epoch()
            if history.diverged:
                break
    return history


def _note(history: History, network: Trainable, data: Dataset) -> None:
    history.train.append(network.loss(data.x_train, data.y_train))
    history.test.append(network.loss(data.x_test, data.y_test))
