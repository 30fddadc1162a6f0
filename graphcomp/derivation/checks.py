"""A numeric check of what a derivation found, by central differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from graphcomp.derivation.records import Array, Check, Sweep
from graphcomp.evaluate import evaluate
from graphcomp.node import Node, is_input
from graphcomp.program import Program

#: Evaluations of nodes that a check may take.
MOST_WORK = 200_000


def checks(
    program: Program,
    reverse: Sequence[Sweep],
    forward: Sequence[Sweep],
    wrt: Sequence[str],
    arrays: Mapping[Node, Array],
    sizes: Mapping[str, int],
) -> tuple[Check, ...]:
    """Central differences of every seeded scalar output by every input, while that is cheap."""
    found: list[Check] = []
    work, weight = 0, len(program.graph.nodes) if len(program.steps) < MOST_WORK else MOST_WORK
    for sweep in reverse:
        rows = sweep.by_name
        for name in wrt if sweep.output else ():
            node = program.step_of(name).node
            value = rows[program.step_of(name).name].value
            if value is None or not is_input(node) or node.dtype != np.float64:
                continue
            work += 2 * value.size * weight
            if work > MOST_WORK:
                return tuple(found)
            output = program.graph.find(sweep.output or "")
            quotient = _differences(output, node, arrays, sizes)
            found.append(Check(sweep.output or "", name, quotient, value))
    if reverse:
        return tuple(found)
    for sweep in forward:
        rows = sweep.by_name
        node = program.step_of(sweep.input or wrt[0]).node
        plain = is_input(node) and not node.shape and node.dtype == np.float64
        if sweep.input is None or not plain or weight > MOST_WORK:
            continue
        for name, step in program.outputs.items():
            value = rows[step].value
            output = program.graph.find(name)
            if value is not None and not output.shape and output.is_real:
                quotient = _differences(output, node, arrays, sizes)
                found.append(Check(name, sweep.input, quotient, value))
    return tuple(found)


def _differences(
    output: Node, node: Node, arrays: Mapping[Node, Array], sizes: Mapping[str, int]
) -> Array:
    """The difference quotients of a scalar output by every entry of an input."""
    point = arrays[node]
    result = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        step = np.cbrt(np.finfo(float).eps) * max(1.0, abs(float(point[index])))
        ends = []
        for sign in (1.0, -1.0):
            moved = point.copy()
            moved[index] += sign * step
            values = evaluate([output], {**arrays, node: moved}, sizes)
            ends.append((float(values[output]), float(moved[index])))
        (up, above), (down, below) = ends
        result[index] = (up - down) / (above - below)
    return result
