"""Which NumPy callables stand for reductions, statistics and running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.functions import cumulative, searching, statistics
from graphcomp.node import NUMPY, Node, Operand


def _average(a: Operand, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Node:
    return statistics.average(a, axis, weights, keepdims)


NUMPY.update(
    {
        np.var: statistics.var,
        np.std: statistics.std,
        np.ptp: statistics.ptp,
        np.average: _average,
        np.median: statistics.median,
        np.nansum: statistics.nansum,
        np.nanmean: statistics.nanmean,
        np.linalg.norm: statistics.norm,
        np.cumsum: cumulative.cumsum,
        np.cumprod: cumulative.cumprod,
        np.diff: cumulative.diff,
        np.gradient: cumulative.gradient,
        np.argmax: searching.argmax,
        np.argmin: searching.argmin,
        np.all: searching.all,
        np.any: searching.any,
        np.count_nonzero: searching.count_nonzero,
    }
)
