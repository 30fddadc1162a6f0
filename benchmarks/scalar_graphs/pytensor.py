"""PyTensor with its default compiler."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt

from benchmarks.graph_size import POINT, Gradient, graph_of


def gradient(steps: int) -> Gradient:
    """The compiled function."""
    inputs = [pt.dscalar() for _ in POINT]
    y = graph_of(inputs, steps, pt.sin)
    compiled = pytensor.function(inputs, pt.grad(y, inputs))
    compiled.trust_input = True
    arrays = [np.asarray(value) for value in POINT]
    return lambda *_point: compiled(*arrays)
