"""Expressions laid out as a mathematician writes them.

Products, quotients, signs, powers and reciprocals are flattened into terms: a sign, a number, and
factors above and below the line; sums are tuples of terms. So ``-(out*out)`` with ``out = 1/w4``
comes out as ``−1/w₄²``. Everything is dispatched on the form of the op, nothing on its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from graphcomp.node import Node
from graphcomp.op import ADDITIVE, ATOM, EXPONENT, LOWEST, MULTIPLICATIVE, Form, Spelling
from graphcomp.printers.notation import JUXTAPOSED, Notation, Text, grouped

NEGATIVE = ADDITIVE + 1

#: Derivatives stand before named steps, named steps before everything else.
DERIVATIVE, STEP, OTHER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Symbol:
    """The name that a node goes by, and its place among the factors of a product."""

    text: str
    order: tuple[int, int] = (STEP, 0)


Names: TypeAlias = Callable[[Node], Symbol | None]


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a term: a text, raised to a power, above or below the line.

    `matrix` says that it comes from arrays, `plain` what it is the transpose of.
    """

    text: str
    precedence: int = ATOM
    power: float = 1.0
    below: bool = False
    rank: int = 0
    matrix: bool = False
    order: tuple[int, int] = (OTHER, 0)
    plain: Text | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A sign, a number above and one below the line, and factors."""

    negative: bool = False
    above: float = 1.0
    below: float = 1.0
    factors: tuple[Factor, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it is a number and nothing else."""
        return not self.factors

    @property
    def rank(self) -> int:
        """The rank of the array that it is."""
        return max((factor.rank for factor in self.factors), default=0)


Expression: TypeAlias = tuple[Term, ...]


class Layout:
    """Lays nodes out.

    Args:
        names: the symbol of a node that is written by name; None for one that is written out.
        notation: how it looks.
        ordered: whether the factors of a product are put in the order of their symbols.
        limit: past so many nodes the rest is written "…".
    """

    def __init__(
        self, names: Names, notation: Notation, *, ordered: bool = True, limit: int = 400
    ) -> None:
        self.names = names
        self.notation = notation
        self.ordered = ordered
        self.limit = limit

    def write(self, node: Node) -> Text:
        """The text of a node, and its precedence."""
        return self.text(self.of(node))

    # ------------------------------------------------------------ from nodes to expressions

    def of(self, root: Node) -> Expression:
        """The expression of a node, without recursion."""
        done: list[Expression] = []
        stack: list[tuple[Node, bool]] = [(root, False)]
        visited = 0
        while stack:
            node, expanded = stack.pop()
            if expanded:
                count = len(node.args)
                args = done[len(done) - count :]
                del done[len(done) - count :]
                done.append(_FORMS.get(node.op.form, Layout.call)(self, node, args))
                continue
            visited += 1
            leaf = self._leaf(node, visited)
            if leaf is not None:
                done.append(leaf)
                continue
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args))
        return done[0]

    def _leaf(self, node: Node, visited: int) -> Expression | None:
        symbol = self.names(node)
        if symbol is not None:
            return (Term(factors=(_symbol_factor(symbol, node),)),)
        if visited > self.limit:
            return (Term(factors=(Factor(self.notation.ellipsis, rank=node.ndim),)),)
        value = node.constant
        if value is not None and not math.isnan(value) and node.dtype.kind != "b":
            return (Term(value < 0, abs(value)),)
        return None

    def _atom(self, text: Text, node: Node) -> Expression:
        matrix = node.ndim > 0 or any(arg.ndim for arg in node.args)
        return (Term(factors=(Factor(*text, rank=node.ndim, matrix=matrix),)),)

    def call(self, node: Node, args: Sequence[Expression]) -> Expression:
        """Whatever has no form of its own: as its record spells it."""
        if not node.args and node.is_constant:
            value = self.notation.number(node.params[0][1].array, 12)
            return self._atom((value, ATOM), node)
        found = node.op.spelling("text", len(args), node.params)
        spelling = found if found is not None else Spelling(f"{node.op.name}(…)")
        parts = [self.atom(arg, spelling.least(i)) for i, arg in enumerate(args)]
        shown = self.notation.plain(spelling.template).format(*parts)
        return self._atom((shown, spelling.precedence), node)

    def same(self, _node: Node, args: Sequence[Expression]) -> Expression:
        """Names of no step, and broadcasts, stand for their argument."""
        return args[0]

    def sum(self, _node: Node, args: Sequence[Expression]) -> Expression:
        """A sum of sums is one sum."""
        return args[0] + args[1]

    def difference(self, _node: Node, args: Sequence[Expression]) -> Expression:
        """What is subtracted is one term, in parentheses if it is a sum."""
        return args[0] + negated((self.single(args[1]),))

    def negation(self, _node: Node, args: Sequence[Expression]) -> Expression:
        """The sign of a term, or a minus before parentheses."""
        return negated((self.single(args[0]),))

    def product(self, _node: Node, args: Sequence[Expression]) -> Expression:
        """The factors of both."""
        return (self.times(args[0], args[1]),)

    def quotient(self, _node: Node, args: Sequence[Expression]) -> Expression:
        """The factors of one, and those of the other below the line."""
        return (self.times(args[0], self.inverse(args[1])),)

    def reciprocal(self, _node: Node, args: Sequence[Expression]) -> Expression:
        """Factors below the line."""
        return self.inverse(args[0])

    def power(self, node: Node, args: Sequence[Expression]) -> Expression:
        """A number as exponent raises each factor; anything else is written as it is."""
        spelling = node.op.spelling("text", len(args), node.params)
        exponent = spelling.template.partition("**")[2].strip("()") if spelling else ""
        if len(args) == 1 and exponent:
            return self._raised(args[0], float(exponent))
        text = self.notation.power(self.atom(args[0]), self.atom(args[1]))
        return self._atom(text, node)

    def _raised(self, base: Expression, exponent: float) -> Expression:
        term = self.single(base)
        simple = len(term.factors) == 1 and term.above == term.below == 1
        whole = exponent.is_integer()
        if not simple or (term.negative and not whole):
            factor = Factor(*self.text(base), rank=_rank(base), matrix=_is_matrix(base))
            term = Term(factors=(factor,))
        factor = term.factors[0]
        raised = replace(
            factor,
            power=factor.power * abs(exponent),
            below=factor.below != (exponent < 0),
            plain=None,
        )
        return (Term(term.negative and exponent % 2 == 1, factors=(raised,)),)

    def bracket(self, node: Node, args: Sequence[Expression]) -> Expression:
        """Iverson's bracket."""
        return self._atom((f"[{self.text(args[0])[0]}]", ATOM), node)

    def choice(self, node: Node, args: Sequence[Expression]) -> Expression:
        """What holds under a condition and is zero elsewhere is a product with its bracket."""
        condition, chosen, other = args
        holds = self.bracket(node, (condition,))
        if _is_number(other, 0):
            return (self.times(chosen, holds),)
        if _is_number(chosen, 0) and _is_number(other, 1):
            return (Term(), *negated(holds))
        return self.call(node, args)

    def transpose(self, node: Node, args: Sequence[Expression]) -> Expression:
        """A superscript T where the last two axes are swapped, else a call."""
        order = tuple(range(node.ndim))
        if node.ndim < 2 or node.param("axes") != (*order[:-2], order[-1], order[-2]):
            return self.call(node, args)
        front, operand = self.scaled(args[0])
        shown = self._turned(operand)
        factor = Factor(
            *shown, rank=node.ndim, matrix=True, plain=(operand.text, operand.precedence)
        )
        return (replace(front, factors=(*front.factors, factor)),)

    def contraction(self, node: Node, args: Sequence[Expression]) -> Expression:
        """A product by juxtaposition: W x, aᵀ b; a row times a matrix is turned into a column."""
        (front, a), (after, b) = self.scaled(args[0]), self.scaled(args[1])
        ranks = (node.args[0].ndim, node.args[1].ndim)
        row: Text | None = None
        if ranks == (1, 1):
            text = self._inner(a, b)
        elif ranks == (1, 2) and self.notation.columns:
            text = self.notation.contraction(_chain(self._turned(b)), _chain(a))
            row = self.notation.contraction(_chain(self._turned(a)), _chain(b))
        else:
            text = self.notation.contraction(_chain(a), _chain(b))
        if node.ndim == 2:  # (A B)ᵀ = Bᵀ Aᵀ
            row = self.notation.contraction(_chain(self._turned(b)), _chain(self._turned(a)))
        return self._in_front(front, after, Factor(*text, rank=node.ndim, matrix=True, plain=row))

    def _inner(self, a: Factor, b: Factor) -> Text:
        """The inner product of two vectors: rᵀr, aᵀ b, vᵀ A v."""
        if a.plain is not None and self.notation.columns:
            return self.notation.contraction(_chain(a.plain), _chain(b))
        return self.notation.inner(_atom_text(a), _atom_text(b))

    def _turned(self, factor: Factor) -> Text:
        """The transpose of a factor."""
        return factor.plain or self.notation.transposed(_atom_text(factor))

    def outer(self, node: Node, args: Sequence[Expression]) -> Expression:
        """A column times a row: a bᵀ."""
        (front, a), (after, b) = self.scaled(args[0]), self.scaled(args[1])
        text = self.notation.outer((a.text, a.precedence), (b.text, b.precedence))
        plain = self.notation.outer((b.text, b.precedence), (a.text, a.precedence))
        return self._in_front(front, after, Factor(*text, rank=node.ndim, matrix=True, plain=plain))

    def total(self, node: Node, args: Sequence[Expression]) -> Expression:
        """A sum over all entries: of squares rᵀr or ‖…‖², of products aᵀ b; else as spelled."""
        term = args[0][0]
        arrays = [factor for factor in term.factors if factor.rank]
        whole = node.ndim == 0 and len(args[0]) == 1 and not any(f.below for f in arrays)
        text = self._pairing(arrays) if whole else None
        if text is None:
            return self.call(node, args)
        scalars = tuple(factor for factor in term.factors if not factor.rank)
        return (replace(term, factors=(*scalars, Factor(*text, matrix=True))),)

    def _pairing(self, arrays: Sequence[Factor]) -> Text | None:
        powers = [factor.power for factor in arrays]
        if powers == [2]:
            (base,) = arrays
            if base.rank == 1 and base.precedence == ATOM and base.order != (OTHER, 0):
                return self.notation.inner(base.text, base.text)
            return self.notation.squares((base.text, base.precedence))
        if powers == [1, 1]:
            a, b = arrays
            if a.order[0] == DERIVATIVE and self.ordered:
                a, b = b, a
            if a.rank == b.rank == 1:
                return self._inner(a, b)
            if a.rank == b.rank:
                return self.notation.pairing(a.text, b.text)
        return None

    # ------------------------------------------------------------ arithmetic on expressions

    def single(self, expression: Expression) -> Term:
        """The expression as one term: a sum becomes a factor."""
        if len(expression) == 1:
            return expression[0]
        text = self.text(expression)
        return Term(factors=(Factor(*text, rank=_rank(expression), matrix=_is_matrix(expression)),))

    def times(self, a: Expression, b: Expression) -> Term:
        """The product of two expressions as one term, equal factors collected."""
        left, right = self.single(a), self.single(b)
        factors = list(left.factors)
        for factor in right.factors:
            for i, mine in enumerate(factors):
                if (mine.text, mine.below) == (factor.text, factor.below):
                    factors[i] = replace(mine, power=mine.power + factor.power, plain=None)
                    break
            else:
                factors.append(factor)
        return Term(
            left.negative != right.negative,
            left.above * right.above,
            left.below * right.below,
            tuple(factors),
        )

    def inverse(self, expression: Expression) -> Expression:
        """One over an expression."""
        term = self.single(expression)
        turned = tuple(replace(f, below=not f.below, plain=None) for f in term.factors)
        return (Term(term.negative, term.below, term.above, turned),)

    def scaled(self, expression: Expression) -> tuple[Term, Factor]:
        """An array as scalar factors times one array factor."""
        term = self.single(expression)
        arrays = tuple(f for f in term.factors if f.rank)
        scalars = tuple(f for f in term.factors if not f.rank)
        front = replace(term, factors=scalars)
        if len(arrays) == 1 and arrays[0].power == 1 and not arrays[0].below:
            return front, arrays[0]
        text = self.text((Term(factors=arrays),))
        return front, Factor(*text, rank=_rank(expression), matrix=True)

    def _in_front(self, front: Term, after: Term, factor: Factor) -> Expression:
        return (self.times((self.times((front,), (after,)),), (Term(factors=(factor,)),)),)

    # ------------------------------------------------------------ from expressions to text

    def atom(self, expression: Expression, least: int = ATOM) -> str:
        """The text, in parentheses if it is weaker than its place asks."""
        text, precedence = self.text(expression)
        return text if precedence >= least else f"({text})"

    def text(self, expression: Expression) -> Text:
        """A sum of terms, and its precedence."""
        first, *rest = expression
        text, precedence = self._unsigned(first)
        if first.negative:
            text, precedence = f"{self.notation.minus}{text}", NEGATIVE
        if not rest:
            return text, precedence
        parts = [text]
        for term in rest:
            sign = self.notation.minus if term.negative else "+"
            parts.append(f" {sign} {self._unsigned(term)[0]}")
        return "".join(parts), ADDITIVE

    def _unsigned(self, term: Term) -> Text:
        factors = sorted(term.factors, key=_by_order) if self.ordered else list(term.factors)
        above = [f for f in factors if not f.below]
        below = [f for f in factors if f.below]
        matrix = any(f.matrix for f in term.factors)
        over = any(f.rank for f in below)
        number, divisor = term.above, term.below
        if number in {0.5, 0.25} and below:
            number, divisor = 1.0, divisor / number
        least = JUXTAPOSED if over else MULTIPLICATIVE if below else LOWEST
        text, precedence = self._row(number, above, matrix=matrix, least=least)
        if not below and divisor == 1:
            return text, precedence
        under, strength = self._row(divisor, below, matrix=matrix, least=LOWEST)
        if strength < EXPONENT:
            under = f"({under})"
        return f"{text}/{under}", MULTIPLICATIVE

    def _row(
        self, coefficient: float, factors: Sequence[Factor], *, matrix: bool, least: int
    ) -> Text:
        """What stands on one side of the line."""
        parts: list[Text] = []
        if coefficient != 1 or not factors:
            half = coefficient == 0.5 and matrix and factors
            shown = self.notation.half if half else self.notation.number(coefficient, 12)
            parts.append((shown, ATOM))
        if parts or len(factors) > 1:
            least = JUXTAPOSED
        scalars = [self._powered(f, least) for f in factors if not f.rank]
        arrays = [self._powered(f, least) for f in factors if f.rank]
        joint = self.notation.space if matrix else self.notation.times
        if scalars:
            parts.append(_joined(self.notation.times, scalars))
        if arrays:
            parts.append(_joined(self.notation.hadamard, arrays))
        return _joined(joint, parts)

    def _powered(self, factor: Factor, least: int) -> Text:
        text, precedence = factor.text, factor.precedence
        if factor.power != 1:
            base = text if precedence >= ATOM else f"({text})"
            return self.notation.power(base, factor.power)
        return (text, precedence) if precedence >= least else (f"({text})", ATOM)


def negated(expression: Expression) -> Expression:
    """Every sign turned."""
    return tuple(replace(term, negative=not term.negative) for term in expression)


def _is_number(expression: Expression, value: float) -> bool:
    first, *rest = expression
    return not rest and first.is_number and first.above == abs(value) and first.below == 1


def _symbol_factor(symbol: Symbol, node: Node) -> Factor:
    return Factor(symbol.text, rank=node.ndim, matrix=node.ndim > 0, order=symbol.order)


def _by_order(factor: Factor) -> tuple[int, int]:
    return factor.order


def _rank(expression: Expression) -> int:
    return max(term.rank for term in expression)


def _is_matrix(expression: Expression) -> bool:
    return any(factor.matrix for term in expression for factor in term.factors)


def _atom_text(factor: Factor) -> str:
    return grouped((factor.text, factor.precedence), ATOM)


def _chain(part: Factor | Text) -> str:
    text = part if isinstance(part, tuple) else (part.text, part.precedence)
    return grouped(text, JUXTAPOSED)


def _joined(separator: str, parts: Sequence[Text]) -> Text:
    if len(parts) == 1:
        return parts[0]
    return separator.join(text for text, _ in parts), MULTIPLICATIVE


_FORMS: dict[Form, Callable[[Layout, Node, Sequence[Expression]], Expression]] = {
    Form.SUM: Layout.sum,
    Form.DIFFERENCE: Layout.difference,
    Form.NEGATION: Layout.negation,
    Form.PRODUCT: Layout.product,
    Form.QUOTIENT: Layout.quotient,
    Form.RECIPROCAL: Layout.reciprocal,
    Form.POWER: Layout.power,
    Form.CONTRACTION: Layout.contraction,
    Form.OUTER: Layout.outer,
    Form.TRANSPOSE: Layout.transpose,
    Form.TOTAL: Layout.total,
    Form.BROADCAST: Layout.same,
    Form.NAMED: Layout.same,
    Form.BRACKET: Layout.bracket,
    Form.CHOICE: Layout.choice,
}
