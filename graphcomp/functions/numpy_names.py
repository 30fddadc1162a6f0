"""Which NumPy callables stand for which functions of this package, on symbolic nodes."""

from __future__ import annotations

import numpy as np

from graphcomp.functions import arrays, elementwise, reductions
from graphcomp.node import NUMPY, Node
from graphcomp.shape import Dim, Shape


def _shape(x: Node) -> Shape:
    return x.shape


def _ndim(x: Node) -> int:
    return x.ndim


def _size(x: Node, axis: int | None = None) -> Dim:
    return x.size if axis is None else x.shape[axis]


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
        np.where: elementwise.where,
        np.sum: reductions.sum,
        np.mean: reductions.mean,
        np.max: reductions.max,
        np.min: reductions.min,
        np.prod: reductions.prod,
    }
)
