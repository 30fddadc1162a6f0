"""CasADi: SX, over raw buffers."""

from __future__ import annotations

from collections.abc import Sequence

import casadi as ca
import numpy as np

from benchmarks.graph_size import POINT, Gradient, graph_of


def gradient(steps: int) -> Gradient:
    """The virtual machine's function."""
    inputs = ca.SX.sym("x", len(POINT))
    y = graph_of([inputs[i] for i in range(len(POINT))], steps, ca.sin)
    function = ca.Function("f", [inputs], [ca.gradient(y, inputs)])
    buffer, trigger = function.buffer()
    given, found = np.empty(len(POINT)), np.empty(len(POINT))
    buffer.set_arg(0, given.data)
    buffer.set_res(0, found.data)
    keep = (buffer,)

    def call(*point: float) -> Sequence[float]:
        assert keep
        given[:] = point
        trigger()
        slopes: Sequence[float] = found.tolist()
        return slopes

    return call
