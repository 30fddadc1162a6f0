"""NumPy's callables for linear algebra, shapes and indices, and what stands for them on nodes."""

from __future__ import annotations

import numpy as np

from graphcomp.functions import factors, filling, indexing, linalg, products, shapes
from graphcomp.node import Node
from graphcomp.numpy_protocol import NUMPY

NUMPY.update(
    {
        np.linalg.solve: linalg.solve,
        np.linalg.slogdet: linalg.slogdet,
        np.linalg.matrix_power: linalg.matrix_power,
        np.linalg.multi_dot: linalg.multi_dot,
        np.linalg.eigh: factors.eigh,
        np.linalg.eigvalsh: factors.eigvalsh,
        np.linalg.svd: factors.svd,
        np.linalg.svdvals: factors.svdvals,
        np.linalg.qr: factors.qr,
        np.einsum: products.einsum,
        np.vdot: products.vdot,
        np.inner: products.inner,
        np.tensordot: products.tensordot,
        np.kron: products.kron,
        np.cross: products.cross,
        np.trace: products.trace,
        np.diagonal: products.diagonal,
        np.ravel: shapes.ravel,
        np.swapaxes: shapes.swapaxes,
        np.moveaxis: shapes.moveaxis,
        np.expand_dims: shapes.expand_dims,
        np.squeeze: shapes.squeeze,
        np.atleast_1d: shapes.atleast_1d,
        np.atleast_2d: shapes.atleast_2d,
        np.hstack: shapes.hstack,
        np.vstack: shapes.vstack,
        np.column_stack: shapes.column_stack,
        np.split: shapes.split,
        np.array_split: shapes.array_split,
        np.tile: shapes.tile,
        np.repeat: shapes.repeat,
        np.flip: shapes.flip,
        np.fliplr: shapes.fliplr,
        np.flipud: shapes.flipud,
        np.rot90: shapes.rot90,
        np.roll: shapes.roll,
        np.meshgrid: shapes.meshgrid,
        np.pad: filling.pad,
        np.diag: filling.diag,
        np.diagflat: filling.diagflat,
        np.tril: filling.tril,
        np.triu: filling.triu,
        np.zeros_like: filling.zeros_like,
        np.ones_like: filling.ones_like,
        np.full_like: filling.full_like,
        np.copy: filling.copy,
        np.argsort: indexing.argsort,
        np.convolve: indexing.convolve,
        np.interp: indexing.interp,
        np.sort: indexing.sort,
        np.take: indexing.take,
        np.take_along_axis: indexing.take_along_axis,
        np.astype: Node.astype,
    }
)
