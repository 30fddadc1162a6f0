"""The same network in PyTorch, written as one writes it there. It is imported only if asked for."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from examples.mlp.tables import Array

OPTIMISERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}


def use_threads(widest: int) -> int:
    """Choose the number of threads for networks up to that width, and return it.

    Small matrices are done before a second thread has begun: several only wait for each other.
    """
    if widest <= 128:
        torch.set_num_threads(1)
    return int(torch.get_num_threads())


class TorchNetwork:
    """Trainable as our own network is, from the same weights, in float64."""

    def __init__(self, Ws: Sequence[Array], optimiser: str, rate: float) -> None:
        self.Ws = [torch.tensor(W, dtype=torch.float64, requires_grad=True) for W in Ws]
        self.optimiser = OPTIMISERS[optimiser](self.Ws, lr=rate)

    def _loss(self, x: Array, y: Array) -> torch.Tensor:
        h = torch.from_numpy(x) @ self.Ws[0]
        for W in self.Ws[1:]:
            h = torch.relu(h) @ W
        return 0.5 * torch.mean((h - torch.from_numpy(y)) ** 2)

    def step(self, x: Array, y: Array) -> None:
        """Change the weights once, by the gradient at a batch."""
        self.optimiser.zero_grad()
        self._loss(x, y).backward()
        self.optimiser.step()

    def loss(self, x: Array, y: Array) -> float:
        """The loss at examples x (b, n) with targets y (b, 1)."""
        with torch.no_grad():
            return float(self._loss(x, y))
