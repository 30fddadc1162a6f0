"""Scalar expressions as rational functions, simplified by SymPy.

Sums, products, quotients and whole powers become SymPy arithmetic; everything else (exp(x),
cos(x), a condition) is an atom, a symbol of its own. So SymPy only ever handles polynomials and
their quotients: fast, predictable, and nothing is assumed that holds on part of the domain only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

from graphcomp.derivation.relations import eliminations
from graphcomp.derivation.written import TooLarge, Writer
from graphcomp.node import Node, constant
from graphcomp.op import Form, Kind
from graphcomp.traversal import topological

#: Beyond these, no closed form is looked for.
MOST_NODES, MOST_ATOMS, MOST_TERMS, MOST_OPERATIONS = 400, 12, 200, 120

#: Functions inside functions that are looked into, denominators of exponents, whole exponents.
MOST_DEPTH, MOST_ROOT, MOST_POWER = 8, 6, 8

#: What a form in terms of an output must save, if it divides by more, or if the plain one has sums.
MORE_BELOW, SUM_GONE = 4, 1

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


class Field(Writer):
    """Rational functions over named leaves and atoms.

    Args:
        leaves: nodes that stand for themselves, in the order in which they are to be written.
    """

    def __init__(self, leaves: Sequence[Node]) -> None:
        super().__init__()
        self.atoms: dict[Node, sympy.Symbol] = {}
        self._powers: dict[tuple[sympy.Expr, sympy.Expr], sympy.Symbol] = {}
        self._depth = 0
        for leaf in leaves:
            self._atom(leaf)
        self._leaves = set(leaves)

    def _atom(self, node: Node) -> sympy.Symbol:
        if node not in self.atoms:
            symbol = sympy.Symbol(f"s{len(self.atoms):04d}", real=True)
            self.atoms[node], self.nodes[symbol] = symbol, node
        return self.atoms[node]

    def _function(self, node: Node) -> sympy.Expr:
        """An atom, or a power of one that is there already: exp(-u) is 1/exp(u)."""
        if node in self.atoms:
            return self.atoms[node]
        if node.op.form is Form.POWER and len(node.args) == 1:
            return self._root(node)
        if self._depth > MOST_DEPTH:
            return self._atom(node)
        if node.op.form is Form.POWER:
            return self._varying_power(node)
        if not all(arg.is_real for arg in node.args):
            return self._atom(node)
        arguments = [self._inner(arg) for arg in node.args]
        found = self.relations.known(node, arguments[0]) if len(arguments) == 1 else None
        if found is None:
            found = self._atom(node)
            self.relations.add(node, arguments, found)
            if found in self.relations.roots and len(arguments) == 1:
                self.nodes[found] = node.rebuild((self.node(arguments[0]),))
        return found

    def is_output(self, leaf: Node, value: sympy.Expr) -> None:
        """An output that is a root has a power that is known: its own square."""
        if value in self.relations.roots:
            self.relations.roots[self.atoms[leaf]] = self.relations.roots[value]

    def _inner(self, node: Node) -> sympy.Expr:
        """The argument of a function, as a rational function itself."""
        self._depth += 1
        argument = self.of(node, {})
        self._depth -= 1
        return sympy.cancel(argument)

    def _varying_power(self, node: Node) -> sympy.Expr:
        """A power with another exponent: u**(v - 1) is u**v/u, if u**v is there already."""
        base, exponent = map(self._inner, node.args)
        for (other, power), symbol in self._powers.items():
            difference = sympy.expand(exponent - power)
            if other == base and difference.is_Integer and abs(difference) <= MOST_POWER:
                return symbol * base**difference
        self._powers[base, exponent] = self._atom(node)
        return self._powers[base, exponent]

    def _root(self, node: Node) -> sympy.Expr:
        """A power that is not whole: a whole power, times one between 0 and 1, of which roots are known."""
        exponent = sympy.nsimplify(dict(node.params)["exponent"], rational=True)
        whole = sympy.floor(exponent)
        if exponent.q > MOST_ROOT or abs(whole) > MOST_POWER or self._depth > MOST_DEPTH:
            return self._atom(node)
        base = self._inner(node.args[0])
        part = exponent - whole
        if part == sympy.Rational(1, 2):
            (symbol,) = [
                s for (f, u), s in self.relations.functions.items() if (f, u) == (sympy.sqrt, base)
            ] or [self._atom(node.args[0] ** 0.5)]
        else:
            symbol = self._atom(node.args[0] ** float(part))
        self.relations.roots.setdefault(symbol, (int(part.q), base**part.p))
        return symbol * base**whole

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
            return self._function(node)
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
        if _is_small(expression):
            reduced = sympy.cancel(expression)
            candidates = [*_shapes(reduced), expression]
            for form in self.relations.forms(reduced):
                if _is_small(form):
                    candidates += _shapes(form)
        return self._best(candidates)

    def _best(self, candidates: Sequence[sympy.Expr]) -> sympy.Expr:
        costs = [self._cost_or_more(candidate) for candidate in candidates]
        best = costs.index(min(costs))
        if costs[best][0] == float("inf"):
            raise TooLarge
        return candidates[best]

    def _cost_or_more(self, expression: sympy.Expr) -> tuple[float, float]:
        """The cost, or more than any where an expression can't be written."""
        try:
            return self.cost(expression)
        except TooLarge:
            return float("inf"), 0

    def by_output(
        self, expression: sympy.Expr, output: sympy.Symbol, value: sympy.Expr
    ) -> sympy.Expr:
        """The shortest form, also with something put in terms of an output, where that is worth it.

        Raises:
            TooLarge: none of them can be written.
        """
        plain = self.simplest(expression)
        if not (_is_small(expression) and _is_small(value)):
            return plain
        reduced = sympy.cancel(expression)
        below = sympy.fraction(sympy.cancel(plain))[1].free_symbols | {output}
        best, least = plain, self._cost_or_more(plain)[0]
        for start in (reduced, *self.relations.forms(reduced)):
            for form in filter(_is_small, eliminations(start, output, value)):
                found = self.simplest(form)
                divided = sympy.fraction(sympy.cancel(found))[1].free_symbols
                penalty = MORE_BELOW if divided - below else SUM_GONE if _has_sum(plain) else 0
                cost = self._cost_or_more(found)[0] + penalty
                if cost < least:
                    best, least = found, cost
        return best

    def is_zero(self, expression: sympy.Expr) -> bool:
        """Whether an expression is zero by the rules of algebra and the relations of its atoms."""
        if not _is_small(expression):
            return False
        return bool(self.relations.normal(expression) == 0)

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


def _has_sum(expression: sympy.Expr) -> bool:
    return any(part.is_Add for part in sympy.preorder_traversal(expression))


def _is_small(expression: sympy.Expr) -> bool:
    """Whether SymPy can be trusted with it."""
    small = bool(sympy.count_ops(expression) <= MOST_OPERATIONS)
    return small and _terms(expression) <= MOST_TERMS


def _shapes(reduced: sympy.Expr) -> list[sympy.Expr]:
    """A reduced fraction in factors, as it is, and multiplied out."""
    return [sympy.factor(reduced), reduced, sympy.expand(reduced)]


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
