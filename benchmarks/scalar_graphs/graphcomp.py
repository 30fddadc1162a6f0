"""graphcomp: nodes, compiled to Python floats."""

from __future__ import annotations

import graphcomp as gc
from benchmarks.graph_size import POINT, Gradient, graph_of


def gradient(steps: int) -> Gradient:
    """The generated function."""
    inputs = [gc.scalar(f"x{i}") for i in range(len(POINT))]
    graph = gc.Graph(inputs, {"y": graph_of(inputs, steps, gc.sin)})
    compiled: Gradient = graph.compile("grad", target="math")
    return compiled
