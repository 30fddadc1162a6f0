"""Networks with any number of layers, as plain NumPy functions of lists of weights."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import graphcomp as gc


class Layer(NamedTuple):
    """A layer of a network."""

    W: Any
    b: Any


def mlp(x, Ws):
    h = x
    for W in Ws[:-1]:
        h = np.maximum(h @ W.T, 0)
    return h @ Ws[-1].T


def mlp_loss(x, y, Ws):
    r = mlp(x, Ws) - y
    return 0.5 * np.sum(r**2)


def network(count: int, **options: Any) -> gc.Graph:
    names = ["n", *(f"h{i}" for i in range(1, count)), "k"]
    shapes = [f"{after} {before}" for before, after in pairwise(names)]
    return gc.from_function(mlp_loss, x="b n", y="b k", Ws=shapes, **options)
