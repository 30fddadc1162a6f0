"""Mistakes in one contribution: the chain rule stopped early, the wrong adjoint, the wrong point."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graphcomp.evaluate import Array, evaluate
from graphcomp.grading.mistakes import Mistake
from graphcomp.grading.mutants import Mutant
from graphcomp.grading.quantities import Quantity
from graphcomp.grading.sweeps import Formula, unwrapped
from graphcomp.grading.wording import Words
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.program import Role, Step, StepTerm
from graphcomp.traversal import topological


def chain_mutants(formula: Formula, words: Words) -> Iterator[Mutant]:
    """One contribution after the other with a mistake in it, the others as they should be."""
    for contribution in _contributions(formula, words):
        yield from contribution.mutants()


def adjoint_mutants(formula: Formula, words: Words) -> Iterator[Mutant]:
    """The derivative of another step in place of the one that a contribution reads."""
    for contribution in _contributions(formula, words):
        yield from contribution.other_adjoints()


def _contributions(formula: Formula, words: Words) -> Iterator[_Contribution]:
    if formula.sweep is None:
        return
    for i, term in enumerate(formula.terms):
        if term.via is not None and term.read is not None:
            yield _Contribution(formula, words, i, term)


class _Contribution:
    def __init__(self, formula: Formula, words: Words, index: int, term: StepTerm) -> None:
        self.formula, self.words, self.index, self.term = formula, words, index, term
        self.consumer = formula.consumer(term)
        self.operand = formula.operand(term)

    def mutants(self) -> Iterator[Mutant]:
        """Mistakes with the local partial."""
        partial = self.term.partial
        if partial is not None:
            yield from self._incomplete(self.words.derivative(self.formula, self.term), partial)
        yield from self._other_points(partial)

    def _changed(
        self, mistake: Mistake, say: Callable[[], str], at: Callable[[int], Array]
    ) -> Mutant:
        return Mutant(mistake, say, lambda k: self.formula.total(k, {self.index: at(k)}))

    # ------------------------------------------------------------ factors of the chain rule

    def _read(self, k: int) -> Array:
        found = self.formula.read(k, self.term)
        assert found is not None
        return found

    def _incomplete(self, read: str, partial: Node) -> Iterator[Mutant]:
        """The partial alone, the adjoint alone, the value for the derivative, the quotient."""
        formula, words, term = self.formula, self.words, self.term
        text = words.partial(formula, term)
        one = partial.constant is not None
        later, earlier = words.step(self.consumer.name), words.step(self.operand.name)
        masked = any(n.op.form is Form.BRACKET for n in self._inside(partial))
        kind = "adjoint" if formula.step.role is Role.ADJOINT else "tangent"

        def slope(k: int) -> Array:
            return formula.node_value(k, term, partial)

        local = words.formulas.derivative(self.consumer.name, self.operand.name)
        if not one:
            if masked:
                say = f"The mask {text} is missing: where {later} is flat, nothing passes."
            else:
                say = (
                    f"The factor {text} is missing, which is the local partial {local}: "
                    f"the chain rule stopped at {read}."
                )
            mistake = Mistake.MISSING_MASK if masked else Mistake.MISSING_PARTIAL
            yield self._changed(mistake, lambda: say, self._read)
        yield self._changed(
            Mistake.MISSING_ADJOINT,
            lambda: (
                f"This is the local partial {local} alone: it must be multiplied by the {kind} {read}."
            ),
            slope,
        )
        if one:
            return
        yield self._changed(
            Mistake.VALUE_FOR_DERIVATIVE,
            lambda: (
                f"{_upper(read)} is multiplied by the value of {later}, not by its derivative by {earlier}, "
                f"which is {text}."
            ),
            lambda k: self._read(k) * formula.samples[k].primal[self.consumer.node],
        )
        yield self._changed(
            Mistake.INVERTED,
            lambda: f"{_upper(read)} is divided by {text}, but must be multiplied by it.",
            lambda k: self._read(k) / slope(k),
        )
        yield self._changed(
            Mistake.FACTOR_SQUARED,
            lambda: f"The factor {text} is there twice.",
            lambda k: self._read(k) * slope(k) ** 2,
        )
        if masked:
            yield self._changed(
                Mistake.WRONG_MASK,
                lambda: f"The mask is the wrong way round: it is {text}.",
                lambda k: self._read(k) * (1.0 - slope(k)),
            )
        yield self._changed(
            Mistake.FACTOR_SQUARED,
            lambda: f"The factor {read} is there twice.",
            lambda k: self._read(k) ** 2 * slope(k),
        )

    def other_adjoints(self) -> Iterator[Mutant]:
        """The derivative of another step in place of the one that is read."""
        read = self.words.derivative(self.formula, self.term)
        formula, words, term = self.formula, self.words, self.term
        sweep = formula.sweep
        assert sweep is not None
        for step in formula.nearby:
            other = sweep.steps.get(step.name)
            if other is None or other.node is term.read or other.name == formula.step.name:
                continue
            name = words.name(Quantity(formula.step.role, other.name))

            def at(k: int, other: Step = other) -> Array:
                value = sweep.values(formula.samples, k)[other.node]
                _require(value.shape == self._read(k).shape)
                return formula.term_value(k, term, {_node(term.read): value})

            yield self._changed(
                Mistake.WRONG_ADJOINT,
                lambda name=name: (  # type: ignore[misc]
                    f"{name} stands where {read} belongs: the step "
                    f"{words.step(self.consumer.name)} = {self._definition()} passes on {read}."
                ),
                at,
            )

    def _definition(self) -> str:
        return self.words.formulas.definition(self.consumer)[1]

    # ------------------------------------------------------------ where it is evaluated

    def _inside(self, node: Node) -> list[Node]:
        leaves = self.formula.leaves(0, self.term, [self.consumer.node])
        return topological([node], stop=leaves.__contains__)

    def _other_points(self, partial: Node | None) -> Iterator[Mutant]:
        """The derivative evaluated at another step: f'(h) instead of f'(a), a mask of another step."""
        formula, words, term = self.formula, self.words, self.term
        target = partial if partial is not None else term.value
        masked = any(n.op.form is Form.BRACKET for n in self._inside(target))
        operand = self.operand
        mistake = Mistake.WRONG_MASK if masked else Mistake.WRONG_POINT
        what = "mask" if masked else "derivative"
        for other in formula.nearby:
            if other.name == operand.name or other.node.dtype != operand.node.dtype:
                continue
            yield self._changed(
                mistake,
                lambda other=other: (  # type: ignore[misc]
                    f"The {what} of {words.step(self.consumer.name)} = {self._definition()} is "
                    f"taken at {words.step(other.name)}, but must be taken at "
                    f"{words.step(operand.name)}."
                ),
                lambda k, other=other: self._moved(k, other),  # type: ignore[misc]
            )

    def _moved(self, k: int, other: Step) -> Array:
        """The contribution with the consumer computed anew from another step's value."""
        formula, term, operand = self.formula, self.term, self.operand
        sample = formula.samples[k]
        value = sample.primal[other.node]
        _require(value.shape == sample.primal[operand.node].shape)
        moved = {operand.node: value, unwrapped(operand.node): value}
        known = {**formula.leaves(k, term, [self.consumer.node]), **moved}
        return evaluate([term.value], known, sample.sizes)[term.value]


def _node(node: Node | None) -> Node:
    assert node is not None
    return node


def _require(fits: bool) -> None:
    if not fits:
        msg = "shapes differ"
        raise ValueError(msg)


def _upper(text: str) -> str:
    """A name, or the words for one, at the beginning of a sentence."""
    return f"T{text[1:]}" if text.startswith("the ") else text
