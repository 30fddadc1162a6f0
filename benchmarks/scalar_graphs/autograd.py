"""HIPS autograd: records the loop anew at every call."""

from __future__ import annotations

from typing import Any

import autograd
import autograd.numpy as anp

from benchmarks.graph_size import POINT, Gradient, graph_of


def gradient(steps: int) -> Gradient:
    """The transformed function."""

    def value(*inputs: Any) -> Any:
        return graph_of(inputs, steps, anp.sin)

    transformed: Gradient = autograd.grad(value, argnum=tuple(range(len(POINT))))
    return transformed
