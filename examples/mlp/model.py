"""The network as plain NumPy, and its gradient as a module that is generated once and imported.

A row of `x` is an example: x is (b, n), and layer i multiplies from the right by its weights, so a
batch, a whole data set and a single example x (n,) all go through the same two lines. There are no
biases; features and target are centred instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import graphcomp as gc
from examples.loading import load
from examples.mlp.tables import Array


def mlp(x: Array, Ws: Sequence[Array]) -> Array:
    """The network: relu between the layers, none after the last one."""
    h = x @ Ws[0]
    for W in Ws[1:]:
        h = np.maximum(h, 0) @ W
    return h


def loss(x: Array, y: Array, Ws: Sequence[Array]) -> Any:
    """Half the squared error, as a mean: so the step size need not change with the batch size."""
    return 0.5 * np.mean((mlp(x, Ws) - y) ** 2)


def weight_shapes(depth: int) -> list[str]:
    """The shapes of the weights by the names of their dimensions.

    >>> weight_shapes(3)
    ['n m1', 'm1 m2', 'm2 k']
    """
    sizes = ["n", *(f"m{i}" for i in range(1, depth)), "k"]
    return [f"{rows} {columns}" for rows, columns in pairwise(sizes)]


def initial_weights(features: int, depth: int, width: int, seed: int) -> list[Array]:
    """Random weights for a network with one output.

    Their variance is 2/inputs where a relu follows and 1/inputs in the last layer, so that signals
    neither grow nor fade on their way (He, Zhang, Ren, Sun 2015, "Delving deep into rectifiers").

    >>> [W.shape for W in initial_weights(11, depth=3, width=4, seed=0)]
    [(11, 4), (4, 4), (4, 1)]
    """
    rng = np.random.default_rng([seed, depth, width])
    sizes = [features, *[width] * (depth - 1), 1]
    gains = [2.0] * (depth - 1) + [1.0]
    return [
        rng.standard_normal((rows, columns)) * np.sqrt(gain / rows)
        for rows, columns, gain in zip(sizes, sizes[1:], gains, strict=False)
    ]


class GeneratedLoss:
    """Value and gradient of `loss` for one depth: written as a module of its own, and imported.

    The module serves every width, every number of features and every size of batch.

    Args:
        depth: the number of layers.
        folder: where to write the module.
    """

    def __init__(self, depth: int, folder: Path) -> None:
        graph = gc.from_function(loss, x="b n", y="b k", Ws=weight_shapes(depth))
        kinds = ("value", "value_and_grad")
        self.path = graph.write(folder / f"mlp_loss_depth_{depth}.py", kinds, wrt="Ws")
        self._module = load(self.path)

    def value(self, x: Array, y: Array, Ws: Sequence[Array]) -> float:
        """The loss."""
        value: float = self._module.loss(x, y, Ws)
        return value

    def value_and_grad(
        self, x: Array, y: Array, Ws: Sequence[Array]
    ) -> tuple[float, Sequence[Array]]:
        """The loss, and its gradient with respect to each of the weights."""
        result: tuple[float, Sequence[Array]] = self._module.loss_value_and_grad(x, y, Ws)
        return result
