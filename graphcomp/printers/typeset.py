"""Terms as text, and arithmetic on them that keeps them terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphcomp.op import ADDITIVE, ATOM, LOWEST, MULTIPLICATIVE
from graphcomp.printers.notation import JUXTAPOSED, Notation, Text
from graphcomp.printers.terms import Expression, Factor, Term, by_order, is_matrix, rank_of

NEGATIVE = ADDITIVE + 1


class Typesetter:
    """Writes expressions down.

    Args:
        notation: how it looks.
        ordered: whether the factors of a product are put in the order of their symbols.
    """

    def __init__(self, notation: Notation, *, ordered: bool = True) -> None:
        self.notation = notation
        self.ordered = ordered

    # ------------------------------------------------------------ arithmetic on expressions

    def single(self, expression: Expression) -> Term:
        """The expression as one term: a sum becomes a factor."""
        if len(expression) == 1:
            return expression[0]
        text = self.text(expression)
        return Term(
            factors=(Factor(*text, rank=rank_of(expression), matrix=is_matrix(expression)),)
        )

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
        return front, Factor(*text, rank=rank_of(expression), matrix=True)

    def in_front(self, front: Term, after: Term, factor: Factor) -> Expression:
        """An array factor with the scalars of both its operands in front of it."""
        return (self.times((self.times((front,), (after,)),), (Term(factors=(factor,)),)),)

    # ------------------------------------------------------------ from expressions to text

    def atom(self, expression: Expression, least: int = ATOM) -> str:
        """The text, in parentheses if it is weaker than its place asks."""
        return self.notation.grouped(self.text(expression), least)

    def standing(self, factor: Factor) -> str:
        """A factor so that it stands by itself."""
        return self.notation.grouped((factor.text, factor.precedence), ATOM)

    def chained(self, part: Factor | Text) -> str:
        """A text as an operand of a product by juxtaposition."""
        text = part if isinstance(part, tuple) else (part.text, part.precedence)
        return self.notation.grouped(text, JUXTAPOSED)

    def text(self, expression: Expression) -> Text:
        """A sum of terms, and its precedence."""
        first, *rest = expression
        text = self._unsigned(first)
        if first.negative:
            text = f"{self.notation.minus}{self.notation.grouped(text, MULTIPLICATIVE)}", NEGATIVE
        if not rest:
            return text
        parts = [text[0] if first.negative else self.notation.grouped(text, ADDITIVE)]
        for term in rest:
            sign = self.notation.minus if term.negative else self.notation.plus
            parts.append(f" {sign} {self.notation.grouped(self._unsigned(term), MULTIPLICATIVE)}")
        return "".join(parts), ADDITIVE

    def _unsigned(self, term: Term) -> Text:
        factors = sorted(term.factors, key=by_order) if self.ordered else list(term.factors)
        above = [f for f in factors if not f.below]
        below = [f for f in factors if f.below]
        matrix = any(f.matrix for f in term.factors)
        over = any(f.rank for f in below)
        number, divisor = term.above, term.below
        if number in {0.5, 0.25} and below:
            number, divisor = 1.0, divisor / number
        least = JUXTAPOSED if over else MULTIPLICATIVE if below or divisor != 1 else LOWEST
        if (below or divisor != 1) and self.notation.built_up:
            least = LOWEST
        row = self._row(number, above, matrix=matrix, least=least)
        if not below and divisor == 1:
            return row
        return self.notation.over(row, self._row(divisor, below, matrix=matrix, least=LOWEST))

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
            return self.notation.power(self.standing(factor), factor.power)
        return (text, precedence) if precedence >= least else (self.notation.fenced(text), ATOM)


def _joined(separator: str, parts: Sequence[Text]) -> Text:
    if len(parts) == 1:
        return parts[0]
    return separator.join(text for text, _ in parts), MULTIPLICATIVE
