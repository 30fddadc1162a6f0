"""Expressions as calls of NumPy that can be given an array to write to."""

from __future__ import annotations

import ast

import numpy as np

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.MatMult: "matmul",
    ast.BitAnd: "bitwise_and",
    ast.BitOr: "bitwise_or",
    ast.BitXor: "bitwise_xor",
}
_UPDATES = {"+=": "add", "-=": "subtract", "*=": "multiply", "/=": "divide"}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
}
_SIGNS: dict[type[ast.unaryop], str] = {ast.USub: "negative", ast.Invert: "invert"}
_METHODS = {"sum", "max", "min", "mean", "prod"}


def out_call(text: str) -> str | None:
    """An expression as a call that can be given ``out``, open at its end; None if it is none.

    >>> out_call("x * 2.0"), out_call("-x"), out_call("x > 0.0"), out_call("A.dot(x)")
    ('np.multiply(x, 2.0', 'np.negative(x', 'np.greater(x, 0.0', 'np.dot(A, x')
    >>> out_call("np.exp(-x)"), out_call("x.sum(axis=1)"), out_call("_softmax(x)")
    ('np.exp(-x', 'x.sum(axis=1', None)
    """
    tree = ast.parse(text, mode="eval").body
    if isinstance(tree, ast.Call) and any(word.arg == "out" for word in tree.keywords):
        return None  # it has a place already

    def source(part: ast.expr) -> str:
        return ast.get_source_segment(text, part) or ""

    match tree:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return f"np.{_OPERATORS[type(op)]}({source(left)}, {source(right)}"
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return f"np.{_COMPARISONS[type(op)]}({source(left)}, {source(right)}"
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _SIGNS:
            return f"np.{_SIGNS[type(op)]}({source(operand)}"
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr=name)) if _takes_out(name):
            return text.removesuffix(")")
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np"), attr="where"), args=[_, _, _]):
            return f"_choice{text.removeprefix('np.where').removesuffix(')')}"
        case ast.Call(func=ast.Attribute(value=value, attr="dot"), args=[other]):
            return f"np.dot({source(value)}, {source(other)}"
        case ast.Call(func=ast.Attribute(attr=name), args=[], keywords=[_, *_]) if name in _METHODS:
            return text.removesuffix(")")
    return None


def update_call(target: str, operator: str, text: str) -> str | None:
    """``target += text`` as a call that can be given ``out``, open at its end.

    >>> update_call("x", "/=", "y + 1.0")
    'np.divide(x, y + 1.0'
    """
    name = _UPDATES.get(operator)
    return f"np.{name}({target}, {text}" if name else None


def is_ufunc(name: str) -> bool:
    """Whether a function of NumPy has one result, entry by entry."""
    function = getattr(np, name, None)
    return isinstance(function, np.ufunc) and function.nout == 1 and function.signature is None


def _takes_out(name: str) -> bool:
    """Whether a function of NumPy can be given a place for its one result."""
    return is_ufunc(name) or name in {"matmul", "einsum"}
