"""PyTorch: builds the graph anew at every call."""

from __future__ import annotations

import torch

from benchmarks.graph_size import Gradient, graph_of

torch.set_num_threads(1)


def gradient(steps: int) -> Gradient:
    """The loop on tensors, and back."""

    def call(*point: float) -> tuple[float, ...]:
        inputs = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in point]
        found: tuple[float, ...] = torch.autograd.grad(graph_of(inputs, steps, torch.sin), inputs)
        return found

    return call
