"""What each kind of SymPy expression consists of, and what to make of its parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any, TypeAlias

import sympy

from graphcomp import functions
from graphcomp.errors import InputError
from graphcomp.frontends.folding import (
    Value,
    choice,
    combine,
    logical,
    negation,
    negative,
    node,
    operand,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Parts, and what to make of their values: ``build(dtype, *values)``."""

    children: Sequence[Any]
    build: Callable[..., Value]


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A number times factors: what a term of a sum is without its sign."""

    coefficient: Any
    factors: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Power:
    """base**exponent, in a denominator."""

    base: Any
    exponent: Any


Rule: TypeAlias = Callable[[Any], Plan]

#: In expressions of more parts than this, terms and factors keep SymPy's internal order.
_MANY = 300

_UNARY = {
    "exp": "exp",
    "log": "log",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "erf": "erf",
    "Abs": "absolute",
    "sign": "sign",
    "floor": "floor",
    "ceiling": "ceil",
}
_RECIPROCALS = {
    "sec": "cos",
    "csc": "sin",
    "cot": "tan",
    "sech": "cosh",
    "csch": "sinh",
    "coth": "tanh",
}
_RELATIONS = {"Gt": ">", "Ge": ">=", "Lt": "<", "Le": "<=", "Eq": "==", "Ne": "!="}


# ---------------------------------------------------------------- sums and products


def in_printed_order(expression: Any) -> Sequence[Any]:
    """The terms of a sum or the factors of a product as SymPy prints them.

    To find that order SymPy recurses into all parts, so it is left alone where there are many.
    """
    args: Sequence[Any] = expression.args
    if _is_large(expression):
        return args
    try:
        if isinstance(expression, sympy.Add):
            ordered: Sequence[Any] = expression.as_ordered_terms()
            return ordered
        return sorted(args, key=lambda factor: factor.sort_key())
    except RecursionError:
        return args


def _is_large(expression: Any) -> bool:
    stack, count = [expression], 0
    while stack and count <= _MANY:
        count += 1
        stack.extend(stack.pop().args)
    return count > _MANY


def _sum(expression: Any) -> Plan:
    terms = [_term(term) for term in in_printed_order(expression)]
    signs = [sign for sign, _ in terms]

    def build(dtype: Any, first: Value, *rest: Value) -> Value:
        result = negative(first, dtype) if signs[0] == "-" else first
        for sign, value in zip(signs[1:], rest, strict=True):
            result = combine(sign, result, value, dtype)
        return result

    # "-a*b + c" begins with (-a)*b, which is the product with its sign
    children = [term for _, term in terms]
    if signs[0] == "-" and isinstance(children[0], Product):
        signs[0] = "+"
        children[0] = Product(-children[0].coefficient, children[0].factors)
    return Plan(children, build)


def _term(term: Any) -> tuple[str, Any]:
    """The sign of a term, and the term without it."""
    if isinstance(term, sympy.Mul):
        product = _as_product(term)
        if product.coefficient.is_negative:
            return "-", Product(-product.coefficient, product.factors)
    elif term.is_Number and term.is_negative:
        return "-", -term
    return "+", term


def _as_product(expression: Any) -> Product:
    factors = in_printed_order(expression)
    numbers = [factor for factor in factors if factor.is_Number]
    others = tuple(factor for factor in factors if not factor.is_Number)
    return Product(reduce(lambda a, b: a * b, numbers, sympy.S.One), others)


def _product(product: Product) -> Plan:
    """A quotient of products; a minus sign belongs to the first factor, as in -a*x/b."""
    number = product.coefficient
    above: list[Any] = []
    below: list[Any] = []
    if number.is_Rational:
        if abs(number.p) != 1:
            above.append(sympy.Integer(abs(number.p)))
        if number.q != 1:
            below.append(sympy.Integer(number.q))
    else:
        above.append(abs(number))
    for factor in product.factors:
        if isinstance(factor, sympy.Pow) and factor.exp.as_coeff_Mul()[0].is_negative:
            exponent = -factor.exp
            below.append(factor.base if exponent == 1 else Power(factor.base, exponent))
        else:
            above.append(factor)
    count = len(above)

    def build(dtype: Any, *values: Value) -> Value:
        times = partial(_combined, "*", dtype)
        first, *rest = values[:count] or [1.0]
        if number.is_negative:
            first = negative(first, dtype)
        numerator = reduce(times, rest, first)
        if len(values) == count:
            return numerator
        return combine("/", numerator, reduce(times, values[count:]), dtype)

    return Plan([*above, *below], build)


def _combined(symbol: str, dtype: Any, left: Value, right: Value) -> Value:
    return combine(symbol, left, right, dtype)


def _power(expression: Any) -> Plan:
    base, exponent = (
        (expression.base, expression.exponent)
        if isinstance(expression, Power)
        else (expression.base, expression.exp)
    )
    half = sympy.Rational(1, 2)
    if exponent == -1:
        return Plan((base,), lambda dtype, x: combine("/", 1.0, x, dtype))
    if exponent == half:
        return Plan((base,), lambda dtype, x: functions.sqrt(node(x, dtype)))
    if exponent == -half:
        return Plan(
            (base,), lambda dtype, x: combine("/", 1.0, functions.sqrt(node(x, dtype)), dtype)
        )
    return Plan((base, exponent), lambda dtype, x, n: combine("**", x, n, dtype))


def _number(expression: Any) -> Plan:
    try:
        value = float(expression)
    except (TypeError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        msg = f"{expression} is no finite real number in float64"
        raise InputError(msg)
    return Plan((), lambda _dtype: value)


# ---------------------------------------------------------------- functions and conditions


def _call(name: str) -> Rule:
    function = getattr(functions, name)
    return lambda expression: Plan(
        expression.args, lambda dtype, *values: function(*(node(v, dtype) for v in values))
    )


def _reciprocal(name: str) -> Rule:
    function = getattr(functions, name)
    return lambda expression: Plan(
        expression.args, lambda dtype, x: combine("/", 1.0, function(node(x, dtype)), dtype)
    )


def _extremum(name: str) -> Rule:
    pair = getattr(functions, name)

    def rule(expression: Any) -> Plan:
        numbers = [arg for arg in expression.args if arg.is_number]
        others = [arg for arg in expression.args if not arg.is_number]

        def build(dtype: Any, *values: Value) -> Value:
            return reduce(pair, [operand(v, dtype) for v in values])

        return Plan([*others, *numbers], build)

    return rule


def _binary(symbol: str) -> Rule:
    return lambda expression: Plan(
        expression.args, lambda dtype, a, b: combine(symbol, a, b, dtype)
    )


def _logical(symbol: str) -> Rule:
    return lambda expression: Plan(
        sorted(expression.args, key=sympy.default_sort_key),
        lambda _dtype, *values: reduce(partial(logical, symbol), values),
    )


def _piecewise(expression: Any) -> Plan:
    if expression.args[-1].cond is not sympy.true:
        msg = "a Piecewise needs a last case (value, True)"
        raise InputError(msg)
    children = [part for pair in expression.args for part in (pair.expr, pair.cond)]

    def build(dtype: Any, *values: Value) -> Value:
        result = values[-2]
        for i in range(len(values) - 4, -1, -2):
            result = choice(values[i], values[i + 1], result, dtype)
        return result

    return Plan(children, build)


def _step(expression: Any) -> Plan:
    """Heaviside's step, with its value at 0."""

    def build(dtype: Any, x: Value, middle: Value) -> Value:
        at_zero = choice(middle, combine("==", x, 0.0, dtype), 0.0, dtype)
        return choice(1.0, combine(">", x, 0.0, dtype), at_zero, dtype)

    return Plan(expression.args, build)


def _scalar_rules() -> dict[type, Rule]:
    known = {name: rule for name, rule in _UNARY.items() if rule in functions.__all__}
    rules: dict[type, Rule] = {getattr(sympy, name): _call(f) for name, f in known.items()}
    rules |= {getattr(sympy, name): _reciprocal(f) for name, f in _RECIPROCALS.items()}
    rules |= {getattr(sympy, name): _binary(symbol) for name, symbol in _RELATIONS.items()}
    return rules | {
        Product: _product,
        Power: _power,
        sympy.Add: _sum,
        sympy.Mul: lambda expression: _product(_as_product(expression)),
        sympy.Pow: _power,
        sympy.Number: _number,
        sympy.NumberSymbol: _number,
        sympy.Mod: _binary("%"),
        sympy.atan2: _call("arctan2"),
        sympy.Max: _extremum("maximum"),
        sympy.Min: _extremum("minimum"),
        sympy.And: _logical("and"),
        sympy.Or: _logical("or"),
        sympy.Not: lambda e: Plan(e.args, lambda _dtype, value: negation(value)),
        sympy.logic.boolalg.BooleanTrue: lambda _e: Plan((), lambda _dtype: True),
        sympy.logic.boolalg.BooleanFalse: lambda _e: Plan((), lambda _dtype: False),
        sympy.ITE: lambda e: Plan(e.args, lambda dtype, c, a, b: choice(a, c, b, dtype)),
        sympy.Piecewise: _piecewise,
        sympy.Heaviside: _step,
    }


#: The rules by class of expression.
SCALAR_RULES: dict[type, Rule] = _scalar_rules()
