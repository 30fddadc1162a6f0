"""Which NumPy callables stand for operators, sequences, and arrays that are joined or taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.errors import TracingError, with_user_line
from graphcomp.functions import (
    arrays,
    closeness,
    elementwise,
    joining,
    matrices,
    operators,
    products,
    sequences,
)
from graphcomp.node import Node, Operand
from graphcomp.numpy_protocol import NUMPY
from graphcomp.ops.comparison import LOGICAL_XOR


def _linspace(
    start: Operand,
    stop: Operand,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Node:
    if retstep or device is not None:
        msg = "np.linspace: retstep= and device= can't be traced; leave them out"
        raise TracingError(with_user_line(msg))
    found = sequences.linspace(start, stop, num, endpoint, axis)
    return found if dtype is None else found.astype(dtype)


def _bitwise_and(x: Operand, y: Operand) -> Node:
    return elementwise.logical_and(*operators.bits_of_conditions("bitwise_and", x, y))


def _bitwise_or(x: Operand, y: Operand) -> Node:
    return elementwise.logical_or(*operators.bits_of_conditions("bitwise_or", x, y))


def _bitwise_xor(x: Operand, y: Operand) -> Node:
    first, second = operators.bits_of_conditions("bitwise_xor", x, y)
    return first.apply(LOGICAL_XOR, second)


def _invert(x: Operand) -> Node:
    return elementwise.logical_not(operators.bits_of_conditions("invert", x, x)[0])


def _divmod(x: Operand, y: Operand) -> tuple[Node, Node]:
    return operators.floor_divide(x, y), operators.mod(x, y)


NUMPY.update(
    {
        np.divmod: _divmod,
        np.positive: operators.positive,
        np.conjugate: operators.real,
        np.real: operators.real,
        np.bitwise_and: _bitwise_and,
        np.bitwise_or: _bitwise_or,
        np.bitwise_xor: _bitwise_xor,
        np.invert: _invert,
        np.isclose: closeness.isclose,
        np.allclose: closeness.allclose,
        np.append: joining.append,
        np.atleast_3d: joining.atleast_3d,
        np.block: joining.block,
        np.broadcast_arrays: joining.broadcast_arrays,
        np.dsplit: joining.dsplit,
        np.hsplit: joining.hsplit,
        np.vsplit: joining.vsplit,
        np.dstack: joining.dstack,
        np.rollaxis: joining.rollaxis,
        np.vecdot: matrices.vecdot,
        np.matrix_transpose: matrices.matrix_transpose,
        np.linalg.vecdot: matrices.vecdot,
        np.linalg.matrix_transpose: matrices.matrix_transpose,
        np.linalg.trace: matrices.matrix_trace,
        np.linalg.diagonal: matrices.matrix_diagonal,
        np.linalg.outer: arrays.outer,
        np.linalg.matmul: arrays.matmul,
        np.linalg.cross: products.cross,
        np.linalg.tensordot: products.tensordot,
        np.ediff1d: sequences.ediff1d,
        np.trapezoid: sequences.trapezoid,
        np.polyval: sequences.polyval,
        np.vander: sequences.vander,
        np.linspace: _linspace,
        np.modf: sequences.modf,
    }
)

#: Functions that not every supported NumPy has.
_LATER = {
    "matvec": matrices.matvec,
    "vecmat": matrices.vecmat,
    "unstack": joining.unstack,
    "cumulative_sum": sequences.cumulative_sum,
    "cumulative_prod": sequences.cumulative_prod,
}
NUMPY.update({getattr(np, name): own for name, own in _LATER.items() if hasattr(np, name)})
