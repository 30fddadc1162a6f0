"""Whether a line that is right elsewhere takes another side of a kink: ``>= 0`` where ``> 0`` is meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from graphcomp.evaluate import Array, evaluate
from graphcomp.grading.closeness import Closeness
from graphcomp.grading.lines import Line, LineError
from graphcomp.grading.mistakes import Finding, Mistake
from graphcomp.grading.sweeps import Formula, unwrapped
from graphcomp.grading.wording import Words
from graphcomp.node import Node
from graphcomp.op import Kind
from graphcomp.program import Step, StepTerm
from graphcomp.traversal import topological


def differs_at_kink(
    line: Line,
    formula: Formula,
    primal: Mapping[str, str],
    given: Callable[[int], Mapping[str, Array]],
    close: Closeness,
    words: Words,
) -> Finding | None:
    """What the line does where an entry of a masked step is moved onto the kink.

    Such an entry is chosen where the mask is 0: there it stays 0 on the kink, so that a line that
    computes the step anew, and does not see the move, is not taken for a wrong one.

    Args:
        line: the line.
        formula: the correct one.
        primal: the steps that the line reads, by the names that it uses.
        given: the values of all that it reads, at a sample.
        close: when values are equal.
        words: how steps are called.
    """
    for term in formula.terms:
        for condition, operand in _conditions(formula, term):
            consumer = formula.consumer(term)
            if not {operand.name, consumer.name} & set(primal.values()):
                continue
            k, moved = _moved(formula, term, condition, operand, consumer)
            if not moved:
                continue
            nodes = {name: formula.program.by_name[step].node for name, step in primal.items()}
            changed = {name: moved[node] for name, node in nodes.items() if node in moved}
            expected = sum(
                (formula.term_value(k, each, moved) for each in formula.terms), np.asarray(0.0)
            )
            try:
                found = line.run({**given(k), **changed}, formula.samples[k].sizes)
            except LineError:
                continue
            if not close(np.asarray(found), np.asarray(expected)):
                name = words.step(operand.name)
                text = (
                    f"The mask is wrong at the kink only: where {name} is exactly at it, the "
                    "derivative is 0 by convention, so the comparison is strict (> instead of >=)."
                )
                return Finding(Mistake.MASK_AT_KINK, text)
    return None


def _conditions(formula: Formula, term: StepTerm) -> Iterator[tuple[Node, Step]]:
    """Comparisons of a step with something, of which a mask consists."""
    if term.partial is None or formula.sweep is None:
        return
    consumer = formula.consumer(term)
    leaves = formula.leaves(0, term, [consumer.node])
    owners = {n: s for s in formula.around(term) for n in (s.node, unwrapped(s.node))}
    for node in topological([term.partial], stop=leaves.__contains__):
        comparison = node.op.kind is Kind.DISCRETE and node.op.margin is not None
        if comparison and len(node.args) == 2 and node.args[0] in owners:
            yield node, owners[node.args[0]]


def _moved(
    formula: Formula, term: StepTerm, condition: Node, operand: Step, consumer: Step
) -> tuple[int, dict[Node, Array]]:
    """A sample, and the values there of the steps around the kink, an entry of the operand on it."""
    for k, sample in enumerate(formula.samples):
        mask = np.asarray(formula.node_value(k, term, condition))
        value = np.array(sample.primal[operand.node])
        off = np.argwhere(~mask.astype(bool))
        if not len(off) or value.shape != mask.shape:
            continue
        entry = tuple(off[0])
        bound = np.broadcast_to(formula.node_value(k, term, condition.args[1]), value.shape)
        value[entry] = bound[entry]
        changes = {operand.node: value, unwrapped(operand.node): value}
        known = {**sample.leaves(formula.around(term), [consumer.node]), **changes}
        computed = evaluate([consumer.node], known, sample.sizes)[consumer.node]
        changes |= {consumer.node: computed, unwrapped(consumer.node): computed}
        return k, changes
    return 0, {}
