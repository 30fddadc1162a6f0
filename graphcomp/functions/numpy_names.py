"""Which NumPy callables stand for which functions of this package, on symbolic nodes."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.errors import TracingError, with_user_line
from graphcomp.functions import arrays, elementwise, masked_reductions
from graphcomp.node import Node, Operand
from graphcomp.numpy_protocol import NUMPY
from graphcomp.refusals import remedy
from graphcomp.shape import Dim, Shape


def _shape(x: Node) -> Shape:
    return x.shape


def _ndim(x: Node) -> int:
    return x.ndim


def _size(x: Node, axis: int | None = None) -> Dim:
    return x.size if axis is None else x.shape[axis]


def _where(condition: Operand, x: Any = None, y: Any = None) -> Node:
    if x is None or y is None:
        msg = f"np.where with a condition alone can't be traced: {remedy('np.where')}"
        raise TracingError(with_user_line(msg))
    return elementwise.where(condition, x, y)


NUMPY.update(
    {
        np.power: elementwise.power,
        np.matmul: arrays.matmul,
        np.dot: arrays.dot,
        np.outer: arrays.outer,
        np.transpose: arrays.transpose,
        np.reshape: arrays.reshape,
        np.shape: _shape,
        np.ndim: _ndim,
        np.size: _size,
        np.broadcast_to: arrays.broadcast_to,
        np.concatenate: arrays.concatenate,
        np.stack: arrays.stack,
        np.where: _where,
        np.sum: masked_reductions.masked_sum,
        np.mean: masked_reductions.masked_mean,
        np.max: masked_reductions.masked_max,
        np.min: masked_reductions.masked_min,
        np.prod: masked_reductions.masked_prod,
    }
)
