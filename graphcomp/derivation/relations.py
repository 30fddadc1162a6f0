"""What holds between the atoms of a rational function: sin² + cos² = 1, sqrt(u)² = u, exp(-u) = 1/exp(u).

Which function an atom is, is what the formula on its op's record says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from graphcomp.node import Node
from graphcomp.op import Form, Op

#: Whole multiples of an exponent that are powers of one exponential.
MOST_MULTIPLE = 6

_SQUARES: dict[
    tuple[object, object], Callable[[sympy.Expr], sympy.Expr]
] = {  # pairs of functions of one argument: the square of the second by that of the first
    (sympy.sin, sympy.cos): lambda s: 1 - s**2,
    (sympy.cos, sympy.sin): lambda s: 1 - s**2,
    (sympy.sinh, sympy.cosh): lambda s: 1 + s**2,
    (sympy.cosh, sympy.sinh): lambda s: s**2 - 1,
}

_U = sympy.Dummy("u", real=True)


def function_of(op: Op) -> Any:
    """The SymPy function that an op of one argument is, by its formula; None if it is not just that."""
    if op.formula is None or op.arity != 1 or op.form is not Form.CALL:
        return None
    try:
        value = op.formula(_U)
    except TypeError:  # it takes parameters
        return None
    if value == sympy.sqrt(_U):
        return sympy.sqrt
    return value.func if value.args == (_U,) else None


@dataclass
class Relations:
    """The relations between the atoms that were met.

    Attributes:
        functions: the atoms that are functions, by function and argument.
        roots: atoms of which a whole power is known: the exponent, and what that power is.
    """

    functions: dict[tuple[object, sympy.Expr], sympy.Symbol] = field(default_factory=dict)
    roots: dict[sympy.Symbol, tuple[int, sympy.Expr]] = field(default_factory=dict)

    def known(self, node: Node, argument: sympy.Expr) -> sympy.Expr | None:
        """The same function of the same argument, or an exponential as a power of another one."""
        found = self.functions.get((function_of(node.op), argument))
        if found is not None or function_of(node.op) is not sympy.exp:
            return found
        for (function, other), symbol in self.functions.items():
            if function is sympy.exp and other != 0:
                ratio = sympy.cancel(argument / other)
                if ratio.is_Integer and abs(ratio) <= MOST_MULTIPLE:
                    return symbol**ratio
        return None

    def add(self, node: Node, arguments: Sequence[sympy.Expr], symbol: sympy.Symbol) -> None:
        """Remember an atom that is a function of rational functions."""
        function = function_of(node.op)
        if function is not None:
            self.functions[function, arguments[0]] = symbol
        if node.op.formula is not None and not node.params:
            value = node.op.formula(*arguments)
            if value.is_Pow and value.exp == sympy.Rational(1, 2):
                self.roots[symbol] = 2, value.base

    def exponent(self, symbol: sympy.Symbol) -> sympy.Expr | None:
        """What an atom is the exponential of; None if it is another function."""
        return next(
            (u for (f, u), s in self.functions.items() if f is sympy.exp and s == symbol), None
        )

    def forms(self, expression: sympy.Expr) -> Iterator[sympy.Expr]:
        """The expression with the relations put to use, in every way that is worth a try."""
        lowered = expression
        for symbol, (exponent, power) in self.roots.items():
            if not lowered.has(symbol):
                continue
            if power.is_Symbol:
                yield sympy.cancel(expression.subs(power, symbol**exponent))
            lowered = _lowered(lowered, symbol, exponent, power)
        if lowered != expression:
            yield lowered
        for (first, second), square in _SQUARES.items():
            for (function, argument), symbol in self.functions.items():
                other = self.functions.get((second, argument))
                if function is first and other is not None and lowered.has(other):
                    yield _lowered(lowered, other, 2, square(symbol))

    def normal(self, expression: sympy.Expr) -> sympy.Expr:
        """A form that is zero if the relations say so: cosines only to the first power, roots likewise."""
        for symbol, (exponent, power) in reversed(self.roots.items()):
            expression = _lowered(expression, symbol, exponent, power)
        for first, second in ((sympy.sin, sympy.cos), (sympy.sinh, sympy.cosh)):
            for (function, argument), symbol in self.functions.items():
                other = self.functions.get((second, argument))
                if function is first and other is not None:
                    square = _SQUARES[first, second](symbol)
                    expression = _lowered(expression, other, 2, square)
        return sympy.cancel(expression)


def _lowered(
    expression: sympy.Expr, symbol: sympy.Symbol, exponent: int, power: sympy.Expr
) -> sympy.Expr:
    """An expression without higher powers of an atom than need be."""
    parts = []
    for part in sympy.fraction(sympy.together(expression)):
        terms = sympy.Poly(part, symbol).terms() if part.has(symbol) else [((0,), part)]
        parts.append(
            sympy.Add(
                *(c * power ** (k // exponent) * symbol ** (k % exponent) for (k,), c in terms)
            )
        )
    if parts[1] == 0:
        return expression
    return sympy.cancel(parts[0] / parts[1])


def eliminations(
    expression: sympy.Expr, output: sympy.Symbol, value: sympy.Expr
) -> Iterator[sympy.Expr]:
    """The expression with one symbol less, by what the output is: y = u/(u + v) gives v = u·(1 - y)/y."""
    above, below = sympy.fraction(sympy.together(value))
    equation = sympy.expand(above - output * below)
    power = sympy.Dummy("power")
    for symbol in sorted(value.free_symbols & expression.free_symbols, key=str):
        step = math.gcd(*(k for (k,) in sympy.Poly(equation, symbol).monoms()))
        if step == 0:
            continue
        parts: list[Any] = [
            _in_powers(part, symbol, step, power)
            for part in (equation, *sympy.fraction(expression))
        ]
        if any(part is None for part in parts) or sympy.degree(parts[0], power) != 1:
            continue
        slope, rest = sympy.Poly(parts[0], power).all_coeffs()
        yield sympy.cancel((parts[1] / parts[2]).subs(power, -rest / slope))


def _in_powers(
    expression: sympy.Expr, symbol: sympy.Symbol, step: int, power: sympy.Symbol
) -> sympy.Expr | None:
    """A polynomial in powers of a symbol as one in `power`; None if there are others."""
    terms = sympy.Poly(expression, symbol).terms()
    if any(k % step for (k,), _ in terms):
        return None
    return sympy.Add(*(factor * power ** (k // step) for (k,), factor in terms))
