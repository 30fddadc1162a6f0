"""Terms: what an expression consists of before it is text.

A term is a sign, a number above and one below the line, and factors; an expression is a sum of terms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from graphcomp.node import Node
from graphcomp.op import ATOM
from graphcomp.printers.notation import Text

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


def negated(expression: Expression) -> Expression:
    """Every sign turned."""
    return tuple(replace(term, negative=not term.negative) for term in expression)


def is_number(expression: Expression, value: float) -> bool:
    """Whether an expression is this number, up to its sign."""
    first, *rest = expression
    return not rest and first.is_number and first.above == abs(value) and first.below == 1


def symbol_factor(symbol: Symbol, node: Node) -> Factor:
    """A node written by name, as a factor."""
    return Factor(symbol.text, rank=node.ndim, matrix=node.ndim > 0, order=symbol.order)


def by_order(factor: Factor) -> tuple[int, int]:
    """The place of a factor in its product."""
    return factor.order


def rank_of(expression: Expression) -> int:
    """The rank of the array that an expression is."""
    return max(term.rank for term in expression)


def is_matrix(expression: Expression) -> bool:
    """Whether arrays take part in an expression."""
    return any(factor.matrix for term in expression for factor in term.factors)
