"""The numbers that a page starts with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphcomp.check.points import find_point
from graphcomp.evaluate import bind, evaluate
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.program import build_program

Array = np.ndarray[Any, Any]


def starting_point(graph: GraphData, at: Mapping[str, Any] | None) -> dict[str, Array]:
    """The values given, and for other inputs some at which every step has a finite value.

    They are always the same for a graph, and short where that is possible: 0.4, not 0.3987.

    Raises:
        InputError: a value is for no input, or no finite point was found.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> starting_point(GraphData([x], {"y": gc.log(x)}), None)
    {'x': array(0.1)}
    """
    given = graph.flat_values(at or {})
    nodes = [step.node for step in build_program(graph).steps]

    def usable(point: Mapping[str, Array]) -> bool:
        return _finite(graph, nodes, point)

    found = find_point(graph.inputs, given, np.random.default_rng(0), usable)
    short = {
        name: value if name in given or value.dtype.kind != "f" else np.asarray(value.round(1))
        for name, value in found.items()
    }
    return short if usable(short) else found


def _finite(graph: GraphData, nodes: list[Node], point: Mapping[str, Array]) -> bool:
    arrays, sizes = bind(graph.inputs, point)
    try:
        values = evaluate(nodes, arrays, sizes)
    except (ArithmeticError, ValueError):  # NumPy: a singular matrix
        return False
    return all(np.isfinite(values[node]).all() for node in nodes)
