"""Arithmetic on what an expression is made of: numbers, nodes, lists of them, dimensions.

Numbers among themselves are computed in float64, checked; where a number meets a node it adopts the
node's dtype.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import sympy

from graphcomp import functions
from graphcomp.errors import ParseError, ShapeError
from graphcomp.node import Node, constant
from graphcomp.ops.leaves import DIMENSION

Number: TypeAlias = float | bool
Value: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Named:
    """A number that is a named step: a node in formulas, a number as an exponent, axis or index."""

    number: Number
    node: Node


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "@": operator.matmul,
    "**": operator.pow,
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_ON_NODES: dict[str, Callable[[Any, Any], Node]] = {
    "==": functions.equal,
    "!=": functions.not_equal,
    "and": functions.logical_and,
    "or": functions.logical_or,
}


def plain(value: Value) -> Value:
    """The number of a named number; everything else as it is."""
    return value.number if isinstance(value, Named) else value


def is_number(value: Value) -> bool:
    """Whether this is a number known now."""
    return isinstance(plain(value), (int, float))


def shown(number: Number) -> str:
    """The number as an operand, without a needless ".0"."""
    integral = isinstance(number, float) and number.is_integer() and abs(number) < 1e15
    text = str(int(number) if integral else number)
    return f"({text})" if text.startswith("-") else text


def combine(symbol: str, left: Value, right: Value, dtype: Any) -> Value:
    """`left` and `right` joined by an arithmetic operator or a comparison.

    Raises:
        ParseError: numbers alone, and the result is none; operands that are no formulas.

    >>> combine("/", 1.0, 4.0, "float64"), combine("**", functions.scalar("x"), 3.0, "float64")
    (0.25, <node x**3 float64 ()>)
    """
    if is_number(left) and is_number(right):
        return _fold(symbol, plain(left), plain(right))
    if symbol == "**":
        if is_number(left) and left == math.e:
            return functions.exp(operand(right, dtype))
        right = plain(right)
    a, b = operand(left, dtype), operand(right, dtype)
    if symbol in _ON_NODES:
        return _ON_NODES[symbol](a, b)
    return {**_ARITHMETIC, **_COMPARISONS}[symbol](a, b)


def negative(value: Value, dtype: Any) -> Value:
    """The negative of a number or a formula."""
    return -float(plain(value)) if is_number(value) else -operand(value, dtype)


def unchanged(value: Value, dtype: Any) -> Value:
    """A number or a formula with a plus sign."""
    return value if is_number(value) else operand(value, dtype)


def logical(symbol: str, left: Value, right: Value) -> Value:
    """`left` and `right` joined by "and" or "or"."""
    a, b = condition(left), condition(right)
    for known, other in ((a, b), (b, a)):
        if isinstance(known, bool):
            return other if known is (symbol == "and") else known
    return _ON_NODES[symbol](a, b)


def negation(value: Value) -> Value:
    """Not `value`."""
    checked = condition(value)
    return (not checked) if isinstance(checked, bool) else functions.logical_not(checked)


def choice(yes: Value, test: Value, no: Value, dtype: Any) -> Value:
    """`yes` where the test holds, else `no`."""
    checked = condition(test)
    if isinstance(checked, bool):
        return yes if checked else no
    return functions.where(checked, operand(yes, dtype), operand(no, dtype))


def condition(value: Value) -> Node | bool:
    """The value, if it is true or false.

    Raises:
        ParseError: it is a number or a formula.
    """
    value = plain(value)
    if isinstance(value, bool) or (isinstance(value, Node) and value.dtype.kind == "b"):
        return value
    msg = "a condition is needed here, a comparison such as x > 0; for 'is not zero' write x != 0"
    raise ParseError(msg)


def operand(value: Value, dtype: Any) -> Any:
    """The value as an operand of nodes: a node, or a number that adopts the others' dtype.

    Raises:
        ParseError: it is no formula: None, a slice, ...
    """
    if isinstance(value, Named):
        return value.node
    if isinstance(value, (Node, float, bool)):
        return value
    if isinstance(value, sympy.Symbol):
        return dimension(value, dtype)
    if isinstance(value, (list, tuple)):
        return _array(value, dtype)
    msg = f"a formula is needed here, not {type(value).__name__.lower()}"
    raise ParseError(msg)


def node(value: Value, dtype: Any) -> Node:
    """The value as a node; numbers get the dtype of the text's inputs."""
    found = operand(value, dtype)
    if isinstance(found, Node):
        return found
    return constant(found, None if isinstance(found, bool) else dtype)


def dimension(symbol: sympy.Symbol, dtype: Any) -> Node:
    """A dimension as a number in a formula."""
    anything = constant(0.0)
    return anything.leaf(DIMENSION, size=symbol, dtype=np.dtype(dtype).name)


def setting(value: Value, *, real: bool = False) -> Any:
    """The value as an axis, a shape or an index: known now, whole numbers as ints.

    Settings such as tolerances may be `real`: other numbers too.

    Raises:
        ParseError: it depends on an input.
    """
    value = plain(value)
    if isinstance(value, Node):
        msg = "a number is needed here that is known now, not a formula"
        raise ParseError(msg)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, float) and not real:
        msg = f"a whole number is needed here, not {value}"
        raise ParseError(msg)
    if isinstance(value, (list, tuple)):
        return tuple(setting(entry, real=real) for entry in value)
    if isinstance(value, slice):
        return slice(*(map(setting, (value.start, value.stop, value.step))))
    return value


def _array(values: list[Value] | tuple[Value, ...], dtype: Any) -> Node:
    """A list of numbers as a constant, a list of formulas stacked."""
    if not values:
        msg = "an empty list has no meaning here"
        raise ParseError(msg)
    parts = [operand(value, dtype) for value in values]
    nodes = [part if isinstance(part, Node) else constant(float(part), dtype) for part in parts]
    if all(part.is_constant for part in nodes):
        arrays = [part.param("value").array for part in nodes]
        if len({array.shape for array in arrays}) > 1:
            msg = "the rows of a list of numbers differ in length"
            raise ShapeError(msg)
        return constant(np.stack(arrays))
    return functions.stack(nodes)


def _fold(symbol: str, left: Number, right: Number) -> Number:
    a, b = float(left), float(right)
    text = f"{shown(left)} {symbol} {shown(right)}"
    if symbol in _COMPARISONS:
        return bool(_COMPARISONS[symbol](a, b))
    if symbol == "@":
        msg = f"{text}: numbers have no matrix product, use *"
        raise ParseError(msg)
    try:
        result = _ARITHMETIC[symbol](a, b)
    except ZeroDivisionError:
        msg = f"{text}: division by zero"
        raise ParseError(msg) from None
    except OverflowError:
        result = math.inf
    if isinstance(result, complex):
        msg = f"{text} is a complex number; these are not supported"
        raise ParseError(msg)
    if not math.isfinite(result):
        msg = f"{text} is out of the range of float64 (up to 1.8e308)"
        raise ParseError(msg)
    return float(result)
