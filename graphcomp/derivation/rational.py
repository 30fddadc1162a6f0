"""Scalar expressions as rational functions, simplified by SymPy.

Sums, products, quotients and whole powers become SymPy arithmetic; everything else (exp(x),
cos(x), a condition) is an atom, a symbol of its own. So SymPy only ever handles polynomials and
their quotients: fast, predictable, and nothing is assumed that holds on part of the domain only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

from graphcomp.node import Node, constant
from graphcomp.op import Form, Kind
from graphcomp.traversal import topological

#: Beyond these, no closed form is looked for.
MOST_NODES, MOST_ATOMS, MOST_TERMS, MOST_OPERATIONS = 400, 12, 200, 120

_RATIONAL = {
    Form.SUM,
    Form.DIFFERENCE,
    Form.NEGATION,
    Form.PRODUCT,
    Form.QUOTIENT,
    Form.RECIPROCAL,
    Form.POWER,
    Form.BROADCAST,
    Form.NAMED,
    Form.CHOICE,
}


class TooLarge(Exception):  # noqa: N818  (control flow, not an error that anybody sees)
    """The expression is beyond what a closed form is looked for."""


class Field:
    """Rational functions over named leaves and atoms.

    Args:
        leaves: nodes that stand for themselves, in the order in which they are to be written.
    """

    def __init__(self, leaves: Sequence[Node]) -> None:
        self.atoms: dict[Node, sympy.Symbol] = {}
        self.nodes: dict[sympy.Symbol, Node] = {}
        self.oriented: set[sympy.Expr] = set()
        for leaf in leaves:
            self._atom(leaf)
        self._leaves = set(leaves)

    def _atom(self, node: Node) -> sympy.Symbol:
        if node not in self.atoms:
            symbol = sympy.Symbol(f"s{len(self.atoms):04d}", real=True)
            self.atoms[node], self.nodes[symbol] = symbol, node
        return self.atoms[node]

    # ------------------------------------------------------------ in

    def of(self, root: Node, known: Mapping[Node, sympy.Expr]) -> sympy.Expr:
        """A node as a rational function; `known` nodes stand for what they are known to be.

        Raises:
            TooLarge: it is not worth it.
        """
        stop = {*known, *self._leaves}
        order = topological([root], stop=lambda n: n in stop or not _is_rational(n))
        # conditions belong to their choice
        order = [node for node in order if node.dtype.kind != "b"]
        if len(order) > MOST_NODES:
            raise TooLarge
        done: dict[Node, sympy.Expr] = {}
        for node in order:
            done[node] = self._one(node, known, done)
            if sympy.count_ops(done[node]) > 2 * MOST_OPERATIONS:
                raise TooLarge
        if len(self.atoms) - len(self._leaves) > MOST_ATOMS:
            raise TooLarge
        return done[root]

    def _one(
        self, node: Node, known: Mapping[Node, sympy.Expr], done: Mapping[Node, sympy.Expr]
    ) -> sympy.Expr:
        if node in known:
            return known[node]
        if node in self._leaves:
            return self.atoms[node]
        value = node.constant
        if value is not None:
            if value != value or value in {float("inf"), -float("inf")}:  # noqa: PLR0124
                raise TooLarge
            return sympy.Rational(repr(value))
        if not _is_rational(node):
            return self._atom(node)
        if node.op.form is Form.CHOICE:
            return self._bracket(node) * done[node.args[1]]
        args = [done[arg] for arg in node.args]
        if node.op.form in {Form.BROADCAST, Form.NAMED}:
            return args[0]
        if node.op.formula is None:
            raise TooLarge
        result = node.op.formula(*args, **dict(node.params))
        if result.has(sympy.zoo, sympy.nan, sympy.oo):
            raise TooLarge
        return result

    def _bracket(self, choice: Node) -> sympy.Symbol:
        """The condition of a choice between a value and zero, as a factor."""
        condition, _, zero = choice.args
        return self._atom(choice.rebuild((condition, constant(1.0, zero.dtype), zero)))

    # ------------------------------------------------------------ simplification

    def simplest(self, expression: sympy.Expr) -> sympy.Expr:
        """The shortest of the expression's forms: as it is, over one denominator, in factors.

        Raises:
            TooLarge: none of them can be written.
        """
        candidates = [expression]
        if _terms(expression) <= MOST_TERMS and sympy.count_ops(expression) <= MOST_OPERATIONS:
            reduced = sympy.cancel(expression)
            candidates = [sympy.factor(reduced), reduced, sympy.expand(reduced), expression]
        return min(candidates, key=self.cost)

    def cost(self, expression: sympy.Expr) -> tuple[int, int]:
        """How long an expression is to read: how much is named in it, then how often it is added up."""
        written = self.node(expression)
        leaves = sums = 0
        stack = [written]
        while stack:
            node = stack.pop()
            leaves += not node.args or node.op.form is Form.POWER
            sums += node.op.form in {Form.SUM, Form.DIFFERENCE}
            if node in self._leaves:
                continue
            if node in self.atoms:
                leaves += len(topological([node]))
                continue
            stack.extend(node.args)
        top = written.op.form in {Form.SUM, Form.DIFFERENCE}
        return leaves + top, sums

    # ------------------------------------------------------------ out

    def node(self, expression: sympy.Expr) -> Node:
        """The expression as a node, written as a person would: 1 - y, not -(y - 1)."""
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
        above: list[tuple[sympy.Expr, int]] = (
            [(sympy.Integer(number.p), 1)] if number.p != 1 else []
        )
        below: list[tuple[sympy.Expr, int]] = (
            [(sympy.Integer(number.q), 1)] if number.q != 1 else []
        )
        sums = []
        for factor in factors:
            base, exponent = factor.as_base_exp()
            if not exponent.is_Integer:
                raise TooLarge
            if base.is_Add:
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
            else:
                self.oriented.add(base)
                node = self._sum(base)
            node = node**exponent if exponent != 1 else node
            result = node if result is None else result * node
        return result

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


def _is_rational(node: Node) -> bool:
    if node.op.kind is Kind.LEAF or node.op.form not in _RATIONAL or not node.is_real:
        return node.constant is not None
    if node.op.form is Form.CHOICE:
        return node.args[2].constant == 0 and node.args[1].constant != 1
    if node.op.form is Form.POWER:
        if len(node.args) > 1:
            return False
        exponent = dict(node.params).get("exponent", 2)
        return float(exponent).is_integer() and abs(exponent) <= 8
    return True


def _terms(expression: sympy.Expr) -> int:
    """An upper bound of the number of terms when everything is multiplied out."""
    if expression.is_Add:
        return sum(_terms(arg) for arg in expression.args)
    if expression.is_Mul:
        product = 1
        for arg in expression.args:
            product *= _terms(arg)
        return product
    if expression.is_Pow and expression.exp.is_Integer:
        return int(_terms(expression.base) ** abs(int(expression.exp)))
    return 1
