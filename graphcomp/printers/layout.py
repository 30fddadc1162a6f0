"""Expressions laid out as a mathematician writes them.

Products, quotients, signs, powers and reciprocals are flattened into terms: a sign, a number, and
factors above and below the line; sums are tuples of terms. So ``-(out*out)`` with ``out = 1/w4``
comes out as ``−1/w₄²``. Everything is dispatched on the form of the op, nothing on its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from graphcomp.node import Node
from graphcomp.op import ATOM, Form
from graphcomp.printers.notation import Notation, Text
from graphcomp.printers.terms import (
    DERIVATIVE,
    OTHER,
    Expression,
    Factor,
    Names,
    Term,
    is_matrix,
    is_number,
    negated,
    rank_of,
    symbol_factor,
)
from graphcomp.printers.typeset import Typesetter


class Layout(Typesetter):
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
        super().__init__(notation, ordered=ordered)
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
            return (Term(factors=(symbol_factor(symbol, node),)),)
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
        spelling = self.notation.spelling(node.op, len(args), node.params)
        parts = [self.atom(arg, spelling.least(i)) for i, arg in enumerate(args)]
        shown = self.notation.filled(spelling.template, parts)
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
        if not simple or (not whole and (term.negative or term.factors[0].power != 1)):
            factor = Factor(*self.text(base), rank=rank_of(base), matrix=is_matrix(base))
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
        return self._atom((self.notation.bracketed(self.text(args[0])[0]), ATOM), node)

    def choice(self, node: Node, args: Sequence[Expression]) -> Expression:
        """What holds under a condition and is zero elsewhere is a product with its bracket."""
        condition, chosen, other = args
        holds = self.bracket(node, (condition,))
        if is_number(other, 0):
            return (self.times(chosen, holds),)
        if is_number(chosen, 0) and is_number(other, 1):
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
            text = self.notation.contraction(self.chained(self._turned(b)), self.chained(a))
            row = self.notation.contraction(self.chained(self._turned(a)), self.chained(b))
        else:
            text = self.notation.contraction(self.chained(a), self.chained(b))
        if node.ndim == 2:  # (A B)ᵀ = Bᵀ Aᵀ
            row = self.notation.contraction(
                self.chained(self._turned(b)), self.chained(self._turned(a))
            )
        return self.in_front(front, after, Factor(*text, rank=node.ndim, matrix=True, plain=row))

    def _inner(self, a: Factor, b: Factor) -> Text:
        """The inner product of two vectors: rᵀr, aᵀ b, vᵀ A v."""
        if a.plain is not None and self.notation.columns:
            return self.notation.contraction(self.chained(a.plain), self.chained(b))
        return self.notation.inner(self.standing(a), self.standing(b))

    def _turned(self, factor: Factor) -> Text:
        """The transpose of a factor."""
        return factor.plain or self.notation.transposed(self.standing(factor))

    def outer(self, node: Node, args: Sequence[Expression]) -> Expression:
        """A column times a row: a bᵀ."""
        (front, a), (after, b) = self.scaled(args[0]), self.scaled(args[1])
        text = self.notation.outer((a.text, a.precedence), (b.text, b.precedence))
        plain = self.notation.outer((b.text, b.precedence), (a.text, a.precedence))
        return self.in_front(front, after, Factor(*text, rank=node.ndim, matrix=True, plain=plain))

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
