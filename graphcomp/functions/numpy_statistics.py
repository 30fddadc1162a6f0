"""Which NumPy callables stand for reductions, statistics and running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.functions import cumulative, nan_statistics, norms, quantiles, searching, statistics
from graphcomp.node import Node, Operand
from graphcomp.numpy_protocol import NUMPY


def _average(a: Operand, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Node:
    return statistics.average(a, axis, weights, keepdims)


NUMPY.update(
    {
        np.var: statistics.var,
        np.std: statistics.std,
        np.ptp: statistics.ptp,
        np.average: _average,
        np.median: statistics.median,
        np.nansum: nan_statistics.nansum,
        np.nanmean: nan_statistics.nanmean,
        np.nanprod: nan_statistics.nanprod,
        np.nanmax: nan_statistics.nanmax,
        np.nanmin: nan_statistics.nanmin,
        np.nanvar: nan_statistics.nanvar,
        np.nanstd: nan_statistics.nanstd,
        np.nancumsum: nan_statistics.nancumsum,
        np.nancumprod: nan_statistics.nancumprod,
        np.quantile: quantiles.quantile,
        np.percentile: quantiles.percentile,
        np.linalg.norm: norms.norm,
        np.linalg.vector_norm: norms.vector_norm,
        np.linalg.matrix_norm: norms.matrix_norm,
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
