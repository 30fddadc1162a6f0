"""From gradients to new weights: plain gradient steps, and Adam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from examples.mlp.tables import Array


class Optimiser(Protocol):
    """Turns weights and their gradients into the next weights; keeps what it has to remember."""

    def step(self, Ws: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """The weights after one step."""


class SGD:
    """Against the gradient, by a fixed rate. What is stochastic about it is the choice of batches.

    >>> [W] = SGD(rate=0.1).step([np.array([1.0])], [np.array([2.0])])
    >>> W.tolist()
    [0.8]
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def step(self, Ws: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """The weights after one step."""
        return [W - self.rate * g for W, g in zip(Ws, gradients, strict=True)]


class Adam:
    """Steps of about the same length in every weight, whatever the size of its gradient.

    It divides a running mean of the gradients by the root of a running mean of their squares; both
    start at 0, which `1 - beta**t` corrects (Kingma and Ba 2015, "Adam: a method for stochastic
    optimization", algorithm 1, with their constants).

    >>> [W] = Adam(rate=0.1).step([np.array([1.0])], [np.array([2.0])])
    >>> W.round(6).tolist()
    [0.9]
    """

    def __init__(
        self, rate: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        self.rate, self.beta1, self.beta2, self.epsilon = rate, beta1, beta2, epsilon
        self.steps = 0
        self.means: list[Array] = []
        self.squares: list[Array] = []

    def step(self, Ws: Sequence[Array], gradients: Sequence[Array]) -> list[Array]:
        """The weights after one step."""
        if not self.steps:
            self.means = [np.zeros_like(W) for W in Ws]
            self.squares = [np.zeros_like(W) for W in Ws]
        self.steps += 1
        b1, b2 = self.beta1, self.beta2
        self.means = [b1 * m + (1 - b1) * g for m, g in zip(self.means, gradients, strict=True)]
        self.squares = [
            b2 * s + (1 - b2) * g**2 for s, g in zip(self.squares, gradients, strict=True)
        ]
        return [
            W
            - self.rate
            * (m / (1 - b1**self.steps))
            / (np.sqrt(s / (1 - b2**self.steps)) + self.epsilon)
            for W, m, s in zip(Ws, self.means, self.squares, strict=True)
        ]


OPTIMISERS: dict[str, Callable[[float], Optimiser]] = {"sgd": SGD, "adam": Adam}
