"""Dimensions and shapes as Python source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from graphcomp.evaluate import SIZE
from graphcomp.op import ADDITIVE, ATOM, MULTIPLICATIVE, Params
from graphcomp.shape import Dim, Shape


class DimText(str):
    """The source of a dimension; prints as itself where a record's spelling prints dimensions."""

    __slots__ = ()


def dimension_source(dim: Dim | sympy.Expr, names: Mapping[str, str]) -> str:
    """A dimension as Python source, in terms of the given names of its symbols.

    >>> from graphcomp.shape import parse_dimension
    >>> dimension_source(parse_dimension("2*n + m"), {"n": "n", "m": "m_2"})
    '2 * n + m_2'
    """
    return _source(sympy.sympify(dim), names)[0]


def _source(expr: sympy.Expr, names: Mapping[str, str]) -> tuple[str, int]:
    if expr.is_Integer:
        return str(expr), ATOM if expr >= 0 else MULTIPLICATIVE
    if expr.is_Symbol:
        return names.get(expr.name, expr.name), ATOM
    if isinstance(expr, sympy.floor):
        expr = expr.args[0]
    whole, divisor = sympy.fraction(sympy.together(expr))
    if divisor != 1:
        return f"{_at_least(whole, names, MULTIPLICATIVE)} // {_at_least(divisor, names, ATOM)}", (
            MULTIPLICATIVE
        )
    if expr.is_Add:
        return _sum(expr, names), ADDITIVE
    if expr.is_Mul:
        factors = [_at_least(factor, names, MULTIPLICATIVE + 1) for factor in expr.args]
        text = " * ".join(factors)
        return text.removeprefix("-1 * ") if text.startswith("-1 * -") else text, MULTIPLICATIVE
    if expr.is_Pow and expr.exp.is_Integer and expr.exp > 0:
        return " * ".join([_at_least(expr.base, names, ATOM)] * int(expr.exp)), MULTIPLICATIVE
    msg = f"dimension {expr} can't be written as Python"
    raise AssertionError(msg)


def _sum(expr: sympy.Expr, names: Mapping[str, str]) -> str:
    """Positive terms first, in alphabetical order, the number last."""
    terms = sorted(
        expr.args, key=lambda t: (t.is_number, bool(t.could_extract_minus_sign()), str(t))
    )
    text = ""
    for term in terms:
        negative = term.could_extract_minus_sign()
        shown = _at_least(-term if negative else term, names, MULTIPLICATIVE)
        if text:
            text += f" - {shown}" if negative else f" + {shown}"
        else:
            text = f"-{shown}" if negative else shown
    return text


def _at_least(expr: sympy.Expr, names: Mapping[str, str], precedence: int) -> str:
    text, mine = _source(expr, names)
    return f"({text})" if mine < precedence else text


def shape_source(shape: Shape, names: Mapping[str, str]) -> str:
    """A shape as a tuple in Python source."""
    dims = ", ".join(dimension_source(dim, names) for dim in shape)
    return f"({dims},)" if len(shape) == 1 else f"({dims})"


def named_params(params: Params, names: Mapping[str, str]) -> tuple[Params, set[str]]:
    """Parameters with the source of every dimension in place of it, and the symbols used."""
    used: set[str] = set()

    def convert(value: Any) -> Any:
        if isinstance(value, sympy.Expr):
            used.update(symbol.name for symbol in value.free_symbols)
            return DimText(dimension_source(value, names))
        if isinstance(value, tuple):
            return tuple(convert(item) for item in value)
        return value

    return tuple((name, convert(value)) for name, value in params), used


def solved_source(formula: sympy.Expr, size: str) -> str:
    """The source that solves for a dimension: `formula` of the size of an axis."""
    return dimension_source(formula, {SIZE.name: size})


def degree(size: Dim) -> tuple[int, int]:
    """How a size compares with others: by the number of its factors, then by its number.

    >>> degree(7) < degree(12) < degree(sympy.Symbol("n"))
    True
    """
    if isinstance(size, int):
        return 0, size
    return int(sympy.total_degree(size)), 1
