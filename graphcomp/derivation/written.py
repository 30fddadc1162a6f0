"""Rational functions written as nodes, as a person would write them: 1 - y, not -(y - 1)."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from graphcomp.derivation.relations import Relations
from graphcomp.node import Node, constant

#: Fractions of larger numbers are written as decimal numbers.
MOST_FRACTION = 10_000


class TooLarge(Exception):  # noqa: N818  (control flow, not an error that anybody sees)
    """The expression is beyond what a closed form is looked for."""


class Writer:
    """Writes rational functions.

    Attributes:
        nodes: what each symbol stands for.
        relations: what is known of the symbols that are functions.
        oriented: sums that were written, so that the same sign is chosen again.
    """

    def __init__(self) -> None:
        self.nodes: dict[sympy.Symbol, Node] = {}
        self.relations = Relations()
        self.oriented: set[sympy.Expr] = set()

    def node(self, expression: sympy.Expr) -> Node:
        """The expression as a node, written as a person would: 1 - y, not -(y - 1)."""
        content, rest = expression.primitive() if expression.is_Add else (sympy.S.One, expression)
        if content.q != 1:  # (1 - y**2)/2, not 1/2 - y**2/2
            total = self.node(rest)
            return (total if content.p == 1 else float(content.p) * total) / float(content.q)
        sign, numerator, denominator = self._factors(expression)
        above, below = self._product(numerator), self._product(denominator)
        result = above if below is None else _divided(above, below)
        if result is None:
            result = constant(1.0)
        return -result if sign < 0 else result

    def _factors(
        self, expression: sympy.Expr
    ) -> tuple[int, list[tuple[sympy.Expr, int]], list[tuple[sympy.Expr, int]]]:
        """A sign, and the factors above and below the line with their exponents."""
        number, factors = expression.as_coeff_mul()
        sign = -1 if number < 0 else 1
        number = abs(sympy.Rational(number))
        if max(number.p, number.q) > MOST_FRACTION:
            factors, number = (number, *factors), sympy.Integer(1)
        above: list[tuple[sympy.Expr, int]] = (
            [(sympy.Integer(number.p), 1)] if number.p != 1 else []
        )
        below: list[tuple[sympy.Expr, int]] = (
            [(sympy.Integer(number.q), 1)] if number.q != 1 else []
        )
        sums = []
        for factor in factors:
            base, exponent = factor.as_base_exp()
            if base.is_Number:
                above.append((base**exponent, 1))
                continue
            if not exponent.is_Integer:
                raise TooLarge
            if self.relations.exponent(base) is not None and exponent != 1:
                above.append((factor, 1))
            elif base.is_Add:
                sums.append((base, int(exponent)))
            else:
                (above if exponent > 0 else below).append((base, abs(int(exponent))))
        for flips, (base, exponent) in self._orient(sign, sums):
            sign = -sign if flips else sign
            (above if exponent > 0 else below).append((base, abs(exponent)))
        return sign, above, below

    def _orient(
        self, sign: int, sums: Sequence[tuple[sympy.Expr, int]]
    ) -> list[tuple[bool, tuple[sympy.Expr, int]]]:
        """Each sum or its negative, so that no sign is needed in front if it can be helped."""
        chosen = []
        for base, exponent in sums:
            odd = exponent % 2 == 1
            opposite = sympy.Add(*(-term for term in base.args))
            if base in self.oriented:
                turn = False
            elif opposite in self.oriented or all(_negative(t) for t in base.args):
                turn = True
            else:
                turn = sign < 0 and odd
            flips = turn and odd
            sign = -sign if flips else sign
            chosen.append((flips, (opposite if turn else base, exponent)))
        return chosen

    def _product(self, factors: Sequence[tuple[sympy.Expr, int]]) -> Node | None:
        result: Node | None = None
        for base, exponent in factors:
            if base.is_Number:
                node = constant(float(base))
            elif base.is_Symbol:
                node = self.nodes[base]
            elif base.is_Pow:
                node = self._exponential(*base.as_base_exp())
            else:
                self.oriented.add(base)
                node = self._sum(base)
            node = node**exponent if exponent != 1 else node
            result = node if result is None else result * node
        return result

    def _exponential(self, symbol: sympy.Symbol, power: sympy.Integer) -> Node:
        """A power of an exponential: exp(-2*u), not 1/exp(u)**2."""
        node, exponent = self.nodes[symbol], self.relations.exponent(symbol)
        return node.rebuild((self.node(power * exponent),))

    def _sum(self, expression: sympy.Expr) -> Node:
        """Positive terms first, in the order of their symbols; a number first if it is positive."""
        terms = sorted(expression.args, key=_term_order)
        first, *rest = terms
        result = self.node(first)
        for term in rest:
            result = result - self.node(-term) if _negative(term) else result + self.node(term)
        return result


def _divided(above: Node | None, below: Node) -> Node:
    return 1 / below if above is None else above / below


def _negative(term: sympy.Expr) -> bool:
    return bool(term.as_coeff_Mul()[0] < 0)


def _term_order(term: sympy.Expr) -> tuple[bool, bool, list[tuple[str, int]]]:
    powers = term.as_powers_dict()
    symbols = sorted((str(base), -int(power)) for base, power in powers.items() if base.is_Symbol)
    negative = _negative(term)
    return negative, bool(term.is_Number) == negative, symbols
