"""Mistakes inside a formula: one operation of it done otherwise, or the wrong step in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from graphcomp.evaluate import Array, evaluate
from graphcomp.grading.mistakes import Mistake
from graphcomp.grading.mutants import Mutant, sign_of
from graphcomp.grading.sweeps import Formula, unwrapped
from graphcomp.grading.wording import Words
from graphcomp.node import Node
from graphcomp.op import Form, Kind
from graphcomp.program import Role, StepTerm
from graphcomp.traversal import topological

#: Operations of one contribution that are varied.
_MOST_NODES = 60

#: How an operation is done otherwise: the mistake, the sentence, the value from those of arguments.
_Change = tuple[Mistake, Callable[[], str], Callable[[Sequence[Array]], Array]]


def inside_mutants(formula: Formula, words: Words) -> Iterator[Mutant]:
    """Each operation of each contribution in turn."""
    for i, term in enumerate(formula.terms):
        yield from _Inside(formula, words, i, term).mutants()


def rule_of(formula: Formula, term: StepTerm) -> Mistake | None:
    """The rule of differentiation that a contribution follows, if it has a name."""
    if formula.step.role is Role.PRIMAL or term.via is None:
        return None
    node = unwrapped(formula.consumer(term).node)
    while node.op.form is Form.NEGATION:
        node = node.args[0]
    rules = {Form.PRODUCT: Mistake.PRODUCT_RULE, Form.QUOTIENT: Mistake.QUOTIENT_RULE}
    return rules.get(node.op.form)


def inner_nodes(formula: Formula, term: StepTerm) -> tuple[list[Node], set[Node]]:
    """The nodes that a contribution consists of, and those that stand by name."""
    leaves = set(formula.leaves(0, term)) - {term.value}
    return topological([term.value], stop=leaves.__contains__)[-_MOST_NODES:], leaves


class _Inside:
    def __init__(self, formula: Formula, words: Words, index: int, term: StepTerm) -> None:
        self.formula, self.words, self.index, self.term = formula, words, index, term
        self.rule = rule_of(formula, term)

    def mutants(self) -> Iterator[Mutant]:
        if self.term.value is self.term.read:
            return
        nodes, leaves = inner_nodes(self.formula, self.term)
        for node in reversed(nodes):
            if node not in leaves and node.args:
                for mistake, say, change in self._changes(node):
                    yield self._changed(mistake, say, node, change)

    def _changed(
        self,
        mistake: Mistake,
        say: Callable[[], str],
        node: Node,
        change: Callable[[Sequence[Array]], Array],
    ) -> Mutant:
        def at(k: int) -> Array:
            known = self.formula.leaves(k, self.term)
            known.pop(node, None)
            sizes = self.formula.samples[k].sizes
            values = evaluate(node.args, known, sizes)
            changed = np.asarray(change([values[arg] for arg in node.args]))
            found = evaluate([self.term.value], {**known, node: changed}, sizes)
            return self.formula.total(k, {self.index: found[self.term.value]})

        return Mutant(mistake, say, at)

    # ------------------------------------------------------------ operations

    def _text(self, node: Node) -> str:
        return self.words.node(self.formula, self.term, node)

    def _changes(self, node: Node) -> Iterator[_Change]:
        match node.op.form:
            case Form.PRODUCT:
                yield from self._product(node)
            case Form.QUOTIENT:
                yield from self._quotient(node)
            case Form.SUM | Form.DIFFERENCE:
                yield from self._sum(node)
            case Form.NEGATION:
                mistake, text = sign_of(self.formula, self.words, self.term)
                yield mistake, lambda: text, _first
            case Form.RECIPROCAL:
                yield (
                    Mistake.INVERTED,
                    lambda: f"{self._text(node.args[0])} belongs below the line.",
                    _first,
                )
                yield from self._powers(node, -1.0)
            case Form.POWER:
                yield from self._powers(node, 2.0)
            case Form.CONTRACTION:
                yield from self._contraction(node)
            case Form.OUTER:
                yield (
                    Mistake.OUTER_SWAPPED,
                    lambda: (
                        f"The operands of the outer product are swapped: it is {self._text(node)}."
                    ),
                    lambda v: np.multiply.outer(v[1], v[0]),
                )
            case Form.TOTAL:
                yield from self._total(node)
            case Form.CALL if node.op.kind is Kind.ELEMENTWISE and len(node.args) == 1:
                yield (
                    Mistake.MISSING_FACTOR,
                    lambda: f"{self._text(node.args[0])} stands where {self._text(node)} belongs.",
                    _first,
                )
            case _:
                return

    def _product(self, node: Node) -> Iterator[_Change]:
        for i in (0, 1):
            lost = node.args[i]
            if lost.constant is not None and abs(lost.constant) == 1:
                continue

            def say(lost: Node = lost) -> str:
                return f"The factor {self._text(lost)} is missing."

            def twice(lost: Node = lost) -> str:
                return f"The factor {self._text(lost)} is there twice."

            mistake = Mistake.MISSING_FACTOR
            plain = lost is self.term.read or lost.constant is not None
            if self.rule is Mistake.QUOTIENT_RULE and not plain:
                mistake = self.rule
            yield mistake, say, lambda v, i=i: np.broadcast_to(v[1 - i], np.shape(v[0] * v[1]))  # type: ignore[misc]
            yield Mistake.FACTOR_SQUARED, twice, lambda v, i=i: v[0] * v[1] * v[i]  # type: ignore[misc]
            yield (
                Mistake.INVERTED,
                lambda lost=lost: (
                    f"It is divided by {self._text(lost)}, but must be multiplied by it."
                ),  # type: ignore[misc]
                lambda v, i=i: v[1 - i] / v[i],  # type: ignore[misc]
            )

    def _quotient(self, node: Node) -> Iterator[_Change]:
        above, below = (self._text(arg) for arg in node.args)
        rule = self.rule or Mistake.MISSING_FACTOR
        yield rule, lambda: f"It must be divided by {below}.", _first
        if node.args[0].constant is None:
            yield rule, lambda: f"The factor {above} is missing.", lambda v: 1.0 / v[1]
        yield (
            Mistake.INVERTED,
            lambda: f"It is multiplied by {below}, but must be divided by it.",
            _times,
        )
        yield (
            Mistake.INVERTED,
            lambda: f"It is {above}/({below}), not the other way round.",
            lambda v: v[1] / v[0],
        )
        yield (
            self.rule or Mistake.EXPONENT,
            lambda: f"It is divided by {below} once too often.",
            lambda v: v[0] / v[1] ** 2,
        )

    def _sum(self, node: Node) -> Iterator[_Change]:
        left, right = (self._text(arg) for arg in node.args)
        plus = node.op.form is Form.SUM
        sign = "+" if plus else self.words.notation.minus
        whole = f"{left} {sign} {right}"
        yield (
            Mistake.SIGN,
            lambda: f"A sign is wrong: it is {whole}.",
            (lambda v: v[0] - v[1]) if plus else _plus,
        )
        yield Mistake.SIGN, lambda: f"A sign is wrong: it is {whole}.", lambda v: v[1] - v[0]
        for i, text in enumerate((left, right)):
            yield (
                Mistake.MISSING_TERM,
                lambda text=text: f"{text} is missing: it is {whole}.",  # type: ignore[misc]
                lambda v, i=i: np.broadcast_to(v[1 - i], np.shape(v[0] + v[1])),  # type: ignore[misc]
            )

    def _powers(self, node: Node, exponent: float) -> Iterator[_Change]:
        base = self._text(node.args[0])
        right = self._text(node)
        constant = node.args[1].constant if len(node.args) > 1 else exponent
        if constant is None:
            return
        for wrong in (constant - 1, constant + 1, -constant, constant / 2, constant * 2):
            if wrong not in {0.0, constant}:
                shown = base if wrong == 1 else f"{base} to the power {wrong:g}"
                yield (
                    self.rule if self.rule is Mistake.QUOTIENT_RULE else Mistake.EXPONENT,
                    lambda shown=shown: (
                        f"The exponent is wrong: {shown} stands where {right} belongs."
                    ),  # type: ignore[misc]
                    lambda v, wrong=wrong: v[0] ** wrong,  # type: ignore[misc]
                )

    def _contraction(self, node: Node) -> Iterator[_Change]:
        right = self._text(node)
        reverse = self.formula.step.role is Role.ADJOINT
        matrix = next((arg for arg in node.args if arg.ndim == 2), None)
        mistake = Mistake.FORWARD_FOR_REVERSE if reverse else Mistake.TRANSPOSED
        vectors = [arg.ndim for arg in node.args] != [2, 2]

        def say() -> str:
            if not reverse or matrix is None:
                return f"A matrix is transposed: it is {right}."
            return (
                f"The matrix {self._text(unwrapped_transpose(matrix))} is applied the wrong way round: forward "
                f"mode multiplies by J, reverse mode by its transpose. It is {right}."
            )

        for change in (lambda v: v[0].T @ v[1], lambda v: v[0] @ v[1].T):
            yield mistake, say, change
        yield (
            mistake if vectors else Mistake.TRANSPOSED,
            say if vectors else lambda: f"The factors are in the wrong order: it is {right}.",
            lambda v: v[1] @ v[0],
        )
        yield (
            Mistake.TRANSPOSED,
            lambda: f"The result is transposed: it is {right}.",
            lambda v: (v[0] @ v[1]).T,
        )
        yield (
            Mistake.MATRIX_PRODUCT,
            lambda: f"This is an elementwise product; a matrix product is needed: {right}.",
            _times,
        )
        yield (
            Mistake.MATRIX_PRODUCT,
            lambda: f"This is an elementwise product; a matrix product is needed: {right}.",
            lambda v: v[0].T * v[1],
        )

    def _total(self, node: Node) -> Iterator[_Change]:
        axes: tuple[int, ...] = node.param("axes")
        right = self._text(node)
        arg = node.args[0]
        rank = arg.ndim
        what = "all entries" if len(axes) == rank else f"axis {', '.join(map(str, axes))}"
        yield (
            Mistake.MISSING_SUM,
            lambda: f"The sum over {what} is missing: it is {right}.",
            _first,
        )
        yield (
            Mistake.MEAN_FOR_SUM,
            lambda: f"This is a mean where the sum over {what} belongs: it is {right}.",
            lambda v: v[0].mean(axis=axes),
        )
        for axis in range(rank):
            if (axis,) != axes:
                yield (
                    Mistake.WRONG_AXIS,
                    lambda axis=axis: (
                        f"The sum is over axis {axis}, but must be over {what}: {right}."
                    ),  # type: ignore[misc]
                    lambda v, axis=axis: v[0].sum(axis=axis),  # type: ignore[misc]
                )
        if len(axes) < rank:
            yield (
                Mistake.EXTRA_SUM,
                lambda: f"The sum is over all entries, but must be over {what} only: {right}.",
                lambda v: v[0].sum(),
            )


def unwrapped_transpose(node: Node) -> Node:
    """A matrix without a transpose around it."""
    return node.args[0] if node.op.form is Form.TRANSPOSE else node


def _first(values: Sequence[Array]) -> Array:
    return values[0]


def _plus(values: Sequence[Array]) -> Array:
    return np.asarray(values[0] + values[1])


def _times(values: Sequence[Array]) -> Array:
    return np.asarray(values[0] * values[1])
