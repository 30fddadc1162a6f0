"""Mistakes of reading: another step in place of the right one, everywhere or in one place."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import numpy as np

from graphcomp.evaluate import Array, evaluate, resolve_params
from graphcomp.grading.inside import inner_nodes, rule_of
from graphcomp.grading.mistakes import Mistake
from graphcomp.grading.mutants import Mutant
from graphcomp.grading.sweeps import Formula, unwrapped
from graphcomp.grading.wording import Words
from graphcomp.node import Node
from graphcomp.program import StepTerm


def swap_mutants(formula: Formula, words: Words) -> Iterator[Mutant]:
    """Each step that a contribution reads in turn."""
    for i, term in enumerate(formula.terms):
        if term.value is not term.read:
            yield from _Swaps(formula, words, i, term).mutants()


class _Swaps:
    def __init__(self, formula: Formula, words: Words, index: int, term: StepTerm) -> None:
        self.formula, self.words, self.index, self.term = formula, words, index, term
        self.rule = rule_of(formula, term)

    def mutants(self) -> Iterator[Mutant]:
        """In all places at once, then in one place alone."""
        nodes, leaves = inner_nodes(self.formula, self.term)
        yield from self._swaps([node for node in nodes if node in leaves])
        yield from self._single_swaps([node for node in nodes if node not in leaves], leaves)

    def _swaps(self, leaves: Sequence[Node]) -> Iterator[Mutant]:
        """Another step in place of one that is read."""
        steps = self.formula.around(self.term)
        owners = {n: step for step in steps for n in (step.node, unwrapped(step.node))}
        for leaf in leaves:
            owner = owners.get(leaf)
            if owner is None or leaf is self.term.read:
                continue
            for other in self.formula.nearby:
                if other.name == owner.name or other.node.dtype != owner.node.dtype:
                    continue
                right, wrong = self.words.step(owner.name), self.words.step(other.name)

                def at(k: int, leaf: Node = leaf, other: Node = other.node) -> Array:
                    value = self.formula.samples[k].primal[other]
                    found = self.formula.term_value(k, self.term, {leaf: value})
                    return self.formula.total(k, {self.index: found})

                mistake, why = Mistake.WRONG_STEP, ""
                if self.rule is Mistake.PRODUCT_RULE:
                    mistake = self.rule
                    why = f": by the product rule the other factor of {self._consumer()} remains"
                yield Mutant(
                    mistake,
                    lambda r=right, w=wrong, why=why: f"{w} stands where {r} belongs{why}.",  # type: ignore[misc]
                    at,
                )

    def _single_swaps(self, nodes: Sequence[Node], leaves: Container[Node]) -> Iterator[Mutant]:
        """Another step in place of one in one place, where it stands in several: h*(1 - a)."""
        steps = self.formula.around(self.term)
        owners = {n: step for step in steps for n in (step.node, unwrapped(step.node))}
        for node in nodes:
            for i, arg in enumerate(node.args):
                if arg not in leaves or arg not in owners or arg is self.term.read:
                    continue
                right = self.words.step(owners[arg].name)
                for other in self.formula.nearby:
                    if other.node is not owners[arg].node and other.node.dtype == arg.dtype:
                        wrong = self.words.step(other.name)
                        yield self._replaced(node, i, other.node, f"{wrong} stands where {right}")

    def _replaced(self, node: Node, index: int, other: Node, text: str) -> Mutant:
        """One operation with another step for one of its arguments."""

        def at(k: int) -> Array:
            sample = self.formula.samples[k]
            known = self.formula.leaves(k, self.term)
            known.pop(node, None)
            values = evaluate(node.args, known, sample.sizes)
            args = [values[arg] for arg in node.args]
            args[index] = sample.primal[other]
            changed = node.op.evaluate(*args, **resolve_params(node.params, sample.sizes))
            found = evaluate([self.term.value], {**known, node: np.asarray(changed)}, sample.sizes)
            return self.formula.total(k, {self.index: found[self.term.value]})

        return Mutant(
            Mistake.WRONG_STEP,
            lambda: f"{text} belongs in {self.words.node(self.formula, self.term, node)}.",
            at,
        )

    def _consumer(self) -> str:
        """The step that is differentiated."""
        return " = ".join(self.words.formulas.definition(self.formula.consumer(self.term)))
