"""``gc.numpy``: the functions that NumPy does not leave to its arguments, and the others by its names.

NumPy's own `array`, `zeros` and `full` make arrays of numbers whatever they are given; these make
nodes. Everything else, `gc.numpy.exp`, `gc.numpy.linalg.solve`, is the function of this package, so
that this can stand in for ``numpy``, and for the namespace of the array API standard.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy

from graphcomp import functions
from graphcomp.errors import GraphcompError, InputError, ShapeError, with_user_line
from graphcomp.functions.arrays import stack
from graphcomp.functions.matrices import matrix_diagonal, matrix_trace
from graphcomp.node import Node, constant, dimension
from graphcomp.numpy_protocol import NAMESPACE
from graphcomp.ops.leaves import IDENTITY
from graphcomp.shape import FLOAT, MAX_RANK, Shape, check_dtype, parse_shape

#: What the array API standard calls differently.
_ALIASES = {
    "abs": "absolute",
    "acos": "arccos",
    "acosh": "arccosh",
    "asin": "arcsin",
    "asinh": "arcsinh",
    "atan": "arctan",
    "atan2": "arctan2",
    "atanh": "arctanh",
    "concat": "concatenate",
    "permute_dims": "transpose",
    "pow": "power",
    "conj": "real",
}
_CONSTANTS = (
    *("e", "pi", "inf", "nan", "newaxis"),
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float32", "float64", "finfo", "iinfo", "isdtype"),
)


def array(values: Any, dtype: Any = None) -> Node:
    """An array of numbers and nodes, from nested lists; equal shapes at each level.

    Args:
        values: a node, a number, an array, a dimension, or a list (tuple) of such.
        dtype: of the result; else the one that all fit into.

    Raises:
        ShapeError: entries of different shapes.
        InputError: lists that are nested too deep.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> gc.numpy.array([[x, 0], [1, y]]).shape
    (2, 2)
    """
    node = _array(values, 0)
    return node if dtype is None else node.astype(dtype)


def _array(values: Any, depth: int) -> Node:
    if isinstance(values, Node):
        return values
    if isinstance(values, sympy.Expr):
        return dimension(values, FLOAT)
    if depth > MAX_RANK:
        msg = f"array: lists are nested deeper than {MAX_RANK}"
        raise InputError(with_user_line(msg))
    if isinstance(values, (list, tuple)) and values:
        entries = [_array(entry, depth + 1) for entry in values]
        if all(entry.is_constant for entry in entries):
            try:
                return constant(np.array(values))
            except (ValueError, TypeError, GraphcompError):
                pass  # a constant node among them, or different shapes: an error, which stack reports
        if len({entry.ndim for entry in entries}) > 1:
            shapes = ", ".join(str(entry.shape) for entry in entries)
            msg = f"array: the entries of a list need one shape, not {shapes}"
            raise ShapeError(with_user_line(msg))
        return stack(entries)
    return constant(values)


def asarray(values: Any, dtype: Any = None) -> Node:
    """As `array`; a node stays what it is.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> gc.numpy.asarray(x) is x
    True
    """
    return array(values, dtype)


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Node:
    """An array with one value everywhere, which may be a node, of a shape that may be symbolic.

    Raises:
        ShapeError: the shape is not understood.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> gc.numpy.full((x.shape[0], 2), gc.scalar("s")).shape
    (n, 2)
    """
    return array(fill_value, dtype).broadcast_to(_shape(shape))


def _shape(shape: Any) -> Shape:
    try:
        return parse_shape(shape)
    except ShapeError as error:
        raise ShapeError(with_user_line(str(error))) from None


def zeros(shape: Any, dtype: Any = float) -> Node:
    """Zeros, of a shape that may be symbolic; entries are put in by ``.at[i].set(v)``.

    Raises:
        ShapeError: the shape is not understood.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> gc.numpy.zeros(x.shape[0])
    <node 0 float64 (n,)>
    """
    return constant(0, dtype).broadcast_to(_shape(shape))


def ones(shape: Any, dtype: Any = float) -> Node:
    """Ones, of a shape that may be symbolic.

    Raises:
        ShapeError: the shape is not understood.

    >>> import graphcomp as gc
    >>> gc.numpy.ones("m n")
    <node 1 float64 (m, n)>
    """
    return constant(1, dtype).broadcast_to(_shape(shape))


def eye(n: Any, dtype: Any = float) -> Node:
    """The square matrix with ones on its diagonal, of a size that may be symbolic.

    Raises:
        ShapeError: the size is not understood.

    >>> import graphcomp as gc
    >>> A = gc.array("A", "n n")
    >>> (A + gc.numpy.eye(A.shape[0])).shape
    (n, n)
    """
    (size,) = _shape((n,))
    return constant(0.0).leaf(IDENTITY, size=size, dtype=check_dtype(dtype).name)


class _Linalg(SimpleNamespace):
    """``gc.numpy.linalg``: the functions of ``numpy.linalg`` that this package has."""

    def __getattr__(self, name: str) -> Any:
        if hasattr(np.linalg, name):
            return _function(name, "linalg.")
        msg = f"graphcomp has no numpy.linalg.{name}"
        raise AttributeError(msg)


linalg = _Linalg(trace=matrix_trace, diagonal=matrix_diagonal)


def _function(name: str, place: str = "") -> Any:
    wanted = _ALIASES.get(name, name)
    if wanted in functions.__all__:
        return getattr(functions, wanted)
    msg = f"graphcomp has no numpy.{place}{name}"
    raise AttributeError(msg)


def __getattr__(name: str) -> Any:
    if name in _CONSTANTS:
        return getattr(np, name)
    return _function(name)


NAMESPACE["namespace"] = sys.modules[__name__]
