"""Graphs over scalars as SymPy expressions, by the formulas on the op records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import sympy

from graphcomp.node import Node
from graphcomp.op import Op
from graphcomp.ops.leaves import CONSTANT
from graphcomp.traversal import topological

DIGITS = 40


def symbol(name: str, domain: tuple[float, float] | str) -> sympy.Symbol:
    """A symbol for a smooth point: real and not 0, positive if the domain is."""
    if isinstance(domain, str):
        return sympy.Symbol(name, integer=True) if domain == "int" else sympy.Dummy(name)
    if domain[0] >= 0:
        return sympy.Symbol(name, positive=True)
    return sympy.Symbol(name, real=True, nonzero=True)


def to_sympy(node: Node, known: Mapping[Node, Any]) -> Any:
    """The expression of a node; constants become exact rationals."""
    found = dict(known)
    for current in topological([node]):
        if current in found:
            continue
        if current.op is CONSTANT:
            number = current.constant
            assert number is not None
            found[current] = sympy.Rational(number)
            continue
        assert current.op.formula is not None, current.op
        arguments = [found[arg] for arg in current.args]
        found[current] = current.op.formula(*arguments, **dict(current.params))
    return found[node]


def number(value: Any) -> Any:
    """An array entry as SymPy takes it."""
    if isinstance(value, bool):
        return sympy.true if value else sympy.false
    return sympy.Integer(value) if isinstance(value, int) else sympy.Float(value, DIGITS)


def value_of(expression: Any) -> float | bool:
    """The number that a formula comes to."""
    if isinstance(expression, (sympy.logic.boolalg.Boolean, bool)):
        return bool(expression)
    return float(sympy.N(expression, DIGITS))


def numeric_partial(op: Op, index: int, at: list[float], params: Mapping[str, Any]) -> Any:
    """A partial of the formula to some 20 digits, by differences in high precision."""
    assert op.formula is not None
    formula = op.formula
    symbols = [sympy.Symbol(f"s{i}", real=True) for i in range(len(at))]
    function = sympy.lambdify(symbols, formula(*symbols, **params), "mpmath")
    with mpmath.workdps(DIGITS):
        point = [mpmath.mpf(v) for v in at]

        def along(t: Any) -> Any:
            return function(*point[:index], t, *point[index + 1 :])

        return mpmath.diff(along, point[index])
