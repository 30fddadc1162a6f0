"""Correct lines with one mistake in them: what a wrong line is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from graphcomp.evaluate import Array
from graphcomp.grading.mistakes import Mistake
from graphcomp.grading.sweeps import Formula, unwrapped
from graphcomp.grading.wording import Words
from graphcomp.op import Form
from graphcomp.program import Role, StepTerm

#: Lines with more contributions are not tried with every subset of them.
_MOST_TERMS = 5


@dataclass(frozen=True, slots=True)
class Mutant:
    """A line with a mistake.

    Attributes:
        mistake: which.
        say: tells it to the learner.
        at: the value at a sample; may raise where the mistake can't be made.
    """

    mistake: Mistake
    say: Callable[[], str]
    at: Callable[[int], Array]


def whole_mutants(formula: Formula, words: Words) -> Iterator[Mutant]:
    """Mistakes in a line as a whole: its sign, its shape, its terms."""
    terms = formula.terms
    yield _sign(formula, words)
    yield from _transposed(formula, words)
    if formula.step.role is Role.PRIMAL or len(terms) == 1:
        return
    indices = range(len(terms))
    most = len(terms) if len(terms) <= _MOST_TERMS else 2
    for count in range(1, most):
        for lost in combinations(indices, count):
            yield Mutant(
                Mistake.MISSING_TERM,
                lambda lost=lost: _about_missing(formula, words, lost),  # type: ignore[misc]
                lambda k, lost=lost: formula.total(k, {i: np.asarray(0.0) for i in lost}),  # type: ignore[misc]
            )
    for i in indices:
        yield Mutant(
            Mistake.SIGN,
            lambda i=i: f"The contribution {_via(formula, words, i)} has the wrong sign.",  # type: ignore[misc]
            lambda k, i=i: formula.total(k, {i: -formula.term_value(k, terms[i])}),  # type: ignore[misc]
        )
        yield Mutant(
            Mistake.EXTRA_TERM,
            lambda i=i: f"The contribution {_via(formula, words, i)} is counted twice.",  # type: ignore[misc]
            lambda k, i=i: formula.total(k, {i: 2 * formula.term_value(k, terms[i])}),  # type: ignore[misc]
        )


def _sign(formula: Formula, words: Words) -> Mutant:
    """The whole line with the other sign."""
    mistake, text = sign_of(formula, words, formula.terms[0])
    return Mutant(mistake, lambda: text, lambda k: -formula.total(k))


def sign_of(formula: Formula, words: Words, term: StepTerm) -> tuple[Mistake, str]:
    """What a wrong sign is called where it is a rule that was not kept."""
    text = "The sign is wrong."
    if formula.step.role is not Role.PRIMAL and len(formula.terms) == 1:
        consumer = formula.consumer(term)
        node = unwrapped(consumer.node)
        operand = formula.operand(term)
        reciprocal = node.op.form is Form.RECIPROCAL or (
            node.op.form is Form.QUOTIENT and node.args[0].constant is not None
        )
        if reciprocal and unwrapped(node.args[-1]) is unwrapped(operand.node):
            text = f"The minus sign of (1/x)' = -1/x**2 is missing: {words.step(consumer.name)} is a reciprocal."
            return Mistake.RECIPROCAL_SIGN, text.replace("-", words.notation.minus)
    return Mistake.SIGN, text


def _transposed(formula: Formula, words: Words) -> Iterator[Mutant]:
    outer = [term for term in formula.terms if term.value.op.form is Form.OUTER]
    if formula.step.node.ndim != 2:
        return

    def say() -> str:
        if not outer:
            return "The result is transposed."
        return (
            "The operands of the outer product are swapped: row i belongs to "
            f"{words.node(formula, outer[0], outer[0].value.args[0])}, "
            f"column j to {words.node(formula, outer[0], outer[0].value.args[1])}."
        )

    mistake = Mistake.OUTER_SWAPPED if outer else Mistake.TRANSPOSED
    yield Mutant(mistake, say, lambda k: formula.total(k).T)


def _via(formula: Formula, words: Words, index: int) -> str:
    via = formula.terms[index].via
    return "of the seed" if via is None else f"through {words.step(via)}"


def _about_missing(formula: Formula, words: Words, lost: tuple[int, ...]) -> str:
    own = words.step(formula.step.name)
    found = " and ".join(_via(formula, words, i) for i in lost)
    plural = "s" if len(lost) > 1 else ""
    verb = "are" if plural else "is"
    users = [words.step(term.via) for term in formula.terms if term.via is not None]
    listed = f"{', '.join(users[:-1])} and {users[-1]}" if len(users) > 1 else users[0]
    if formula.step.role is Role.TANGENT:
        return (
            f"The contribution{plural} {found} {verb} missing: {own} depends on {listed}, "
            "and its tangent is the sum over both."
            if len(users) == 2
            else f"The contribution{plural} {found} {verb} missing: {own} depends on {listed}."
        )
    return (
        f"The contribution{plural} {found} {verb} missing: {own} is used by {listed}, "
        "and its adjoint is the sum over all uses."
    )
