"""Graphs as SymPy expressions: by the formula of each op, and by SymPy's matrix expressions.

A vector is a column there. What has no counterpart is an error that names the op.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sympy
from sympy.matrices.expressions.special import OneMatrix

from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.ops.leaves import CONSTANT, DIMENSION, IDENTITY, INPUT
from graphcomp.ops.shaping import CONCATENATE, GETITEM, RESHAPE
from graphcomp.shape import Shape, format_shape
from graphcomp.traversal import topological

_EXACT = 2.0**53


def to_sympy(graph: GraphData, *, symbols: Mapping[str, Any] | None = None) -> Any:
    """The output as a SymPy expression, or a dict of several by name.

    Scalars become symbols, vectors and matrices `MatrixSymbol`, a vector (n,) being a column (n, 1).

    Args:
        graph: what to convert.
        symbols: SymPy symbols for inputs by name, where plain ones will not do.

    Raises:
        InputError: an op has no counterpart in SymPy; names it.

    >>> from graphcomp.frontends import from_string
    >>> to_sympy(from_string("y = 1/(1 + exp(-a*x))"))
    1/(1 + exp(-a*x))
    """
    values: dict[Node, Any] = {}
    for node in topological(graph.outputs):
        try:
            values[node] = _value(node, [values[arg] for arg in node.args], symbols or {})
        except RecursionError:
            msg = f"to_sympy: {node.op.name} nests too deeply for SymPy"
            raise InputError(msg) from None
    found = {
        name: _filled(values[node], node.shape)
        for name, node in zip(graph.output_names, graph.outputs, strict=True)
    }
    return found if len(found) > 1 else next(iter(found.values()))


def _value(node: Node, args: list[Any], symbols: Mapping[str, Any]) -> Any:
    """The expression of a node; an array whose entries are all the same may be a scalar."""
    if node.op is INPUT:
        return _input(node, symbols)
    rule = _RULES.get(node.op) or _BY_FORM.get(node.op.form)
    if rule is not None and node.op.formula is not None and not any(map(_is_matrix, args)):
        rule = None  # on scalars the formula says it
    result = rule(node, args) if rule is not None else None
    if result is None:
        result = _pointwise(node, args)
    if result is None:
        shapes = " and ".join(format_shape(arg.shape) for arg in node.args)
        msg = f"to_sympy: {node.op.name} of shape {shapes} has no counterpart in SymPy"
        raise InputError(msg)
    return result


def _is_matrix(value: Any) -> bool:
    return isinstance(value, (sympy.MatrixExpr, sympy.MatrixBase))


def _dims(shape: Shape) -> tuple[Any, Any]:
    """Rows and columns in SymPy."""
    if len(shape) > 2:
        msg = f"to_sympy: SymPy has no arrays of shape {format_shape(shape)}, only matrices"
        raise InputError(msg)
    rows, columns = (*shape, 1, 1)[:2]
    return rows, columns


def _filled(value: Any, shape: Shape) -> Any:
    """The value as a matrix, if the shape is that of an array."""
    if not shape or _is_matrix(value):
        return value
    return value * OneMatrix(*_dims(shape))


def _input(node: Node, symbols: Mapping[str, Any]) -> Any:
    name = node.param("name")
    if name in symbols:
        return symbols[name]
    if not node.shape:
        return sympy.Symbol(name)
    return sympy.MatrixSymbol(name, *_dims(node.shape))


def _constant(node: Node, _args: Sequence[Any]) -> Any:
    array = node.param("value").array
    if not array.ndim:
        return _number(array.item())
    rows, columns = (int(dim) for dim in _dims(array.shape))
    return sympy.ImmutableMatrix(rows, columns, [_number(v) for v in array.ravel().tolist()])


def _number(value: float | bool) -> Any:
    """Whole numbers as such, so that x**2 is no x**2.0; all others as floats, never as fractions."""
    if isinstance(value, bool):
        return sympy.true if value else sympy.false
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return sympy.Integer(int(value))
    return sympy.sympify(value)


def _pointwise(node: Node, args: Sequence[Any]) -> Any:
    """By the op's formula: on scalars, or on every entry of one matrix."""
    formula = node.op.formula
    if formula is None or not node.op.pointwise:
        return None
    params = dict(node.params)
    if "exponent" in params:
        params["exponent"] = _number(params["exponent"])
    matrices = [i for i, arg in enumerate(args) if _is_matrix(arg)]
    if not matrices:
        return formula(*args, **params)
    if len(matrices) > 1:
        return None
    entry = sympy.Dummy("d")
    body = formula(*(entry if i in matrices else arg for i, arg in enumerate(args)), **params)
    return args[matrices[0]].applyfunc(sympy.Lambda(entry, body))


# ---------------------------------------------------------------- rules on matrices


def _sum(node: Node, args: Sequence[Any]) -> Any:
    left, right = (_filled(arg, node.shape) for arg in args)
    return left - right if node.op.form is Form.DIFFERENCE else left + right


def _product(_node: Node, args: Sequence[Any]) -> Any:
    left, right = args
    if _is_matrix(left) and _is_matrix(right):
        return sympy.hadamard_product(left, right)
    return left * right


def _quotient(_node: Node, args: Sequence[Any]) -> Any:
    above, below = args
    if not _is_matrix(below):
        return above / below
    inverse = sympy.HadamardPower(below, -1)
    return sympy.hadamard_product(above, inverse) if _is_matrix(above) else above * inverse


def _broadcast(node: Node, args: Sequence[Any]) -> Any:
    """A scalar stays one; rows and columns are repeated by a product with ones."""
    (value,), (arg,) = args, node.args
    if not _is_matrix(value):
        return value
    rows, columns = _dims(node.shape)
    if arg.ndim == 1:
        return OneMatrix(rows, 1) * value.T if node.ndim == 2 else value
    if arg.shape[0] == 1 and rows != 1:
        value = OneMatrix(rows, 1) * value
    if arg.shape[1] == 1 and columns != 1:
        value = value * OneMatrix(1, columns)
    return value


def _contraction(node: Node, args: Sequence[Any]) -> Any:
    (left, right), (a, b) = args, node.args
    left, right = _filled(left, a.shape), _filled(right, b.shape)
    if a.ndim == b.ndim == 1:
        return sympy.DotProduct(left, right)
    if a.ndim == 1:
        return right.T * left
    return left * right


def _outer(node: Node, args: Sequence[Any]) -> Any:
    left, right = (_filled(arg, n.shape) for arg, n in zip(args, node.args, strict=True))
    return left * right.T


def _total(node: Node, args: Sequence[Any]) -> Any:
    """Sums over axes as products with ones."""
    (value,), (arg,) = args, node.args
    rows, columns = _dims(arg.shape)
    matrix = _filled(value, arg.shape)
    axes, keep = node.param("axes"), node.param("keepdims")
    if axes == (0,) and arg.ndim == 2:
        summed = OneMatrix(1, rows) * matrix
        return summed if keep else summed.T
    if axes == (1,):
        return matrix * OneMatrix(columns, 1)
    if keep:
        return None
    if arg.ndim == 1:
        return sympy.DotProduct(OneMatrix(rows, 1), matrix)
    return sympy.DotProduct(OneMatrix(rows, 1), matrix * OneMatrix(columns, 1))


def _element(node: Node, args: Sequence[Any]) -> Any:
    index = node.param("index")
    if not all(isinstance(entry, int) for entry in index) or len(index) != node.args[0].ndim:
        return None
    dims = _dims(node.args[0].shape)
    place = [i if i >= 0 else dim + i for i, dim in zip((*index, 0), dims, strict=False)]
    return _filled(args[0], node.args[0].shape)[tuple(place)]


def _reshape(node: Node, args: Sequence[Any]) -> Any:
    """Between (n,), (n, 1) and (1, n); explicit matrices to any shape."""
    (value,), (arg,) = args, node.args
    if not _is_matrix(value):
        if not arg.shape:
            return sympy.ImmutableMatrix([[value]])
        return value
    old, new = _dims(arg.shape), _dims(node.shape)
    if isinstance(value, sympy.MatrixBase):
        return value.reshape(*new)
    if not node.shape:
        return value[0, 0]
    if old == new:
        return value
    return value.T if old == new[::-1] and 1 in new else None


def _concatenate(node: Node, args: Sequence[Any]) -> Any:
    if not all(isinstance(arg, sympy.MatrixBase) for arg in args):
        return None
    join = sympy.Matrix.vstack if node.param("axis") == 0 else sympy.Matrix.hstack
    return sympy.ImmutableMatrix(join(*args))


_Rule = Callable[[Node, Sequence[Any]], Any]

_RULES: dict[Any, _Rule] = {
    CONSTANT: _constant,
    DIMENSION: lambda node, _args: sympy.sympify(node.param("size")),
    IDENTITY: lambda node, _args: sympy.Identity(node.param("size")),
    GETITEM: _element,
    RESHAPE: _reshape,
    CONCATENATE: _concatenate,
}
_BY_FORM: dict[Form, _Rule] = {
    Form.NAMED: lambda _node, args: args[0],
    Form.BROADCAST: _broadcast,
    Form.SUM: _sum,
    Form.DIFFERENCE: _sum,
    Form.NEGATION: lambda _node, args: -args[0],
    Form.PRODUCT: _product,
    Form.QUOTIENT: _quotient,
    Form.CONTRACTION: _contraction,
    Form.OUTER: _outer,
    Form.TRANSPOSE: lambda _node, args: args[0].T if _is_matrix(args[0]) else args[0],
    Form.TOTAL: _total,
}
