"""NumPy's callables for linear algebra, shapes and indices, and what stands for them on nodes."""

from __future__ import annotations

import numpy as np

from graphcomp.functions import linalg, products
from graphcomp.node import NUMPY

NUMPY.update(
    {
        np.linalg.solve: linalg.solve,
        np.linalg.slogdet: linalg.slogdet,
        np.linalg.matrix_power: linalg.matrix_power,
        np.linalg.multi_dot: linalg.multi_dot,
        np.einsum: products.einsum,
        np.vdot: products.vdot,
        np.inner: products.inner,
        np.tensordot: products.tensordot,
        np.kron: products.kron,
        np.cross: products.cross,
        np.trace: products.trace,
        np.diagonal: products.diagonal,
    }
)
