"""What is wrong with a line: the mistake that, made in the correct line, gives what it gives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from graphcomp.evaluate import Array, evaluate
from graphcomp.grading.chain import adjoint_mutants, chain_mutants
from graphcomp.grading.closeness import Closeness
from graphcomp.grading.inside import inside_mutants, rule_of
from graphcomp.grading.mistakes import Finding, Mistake
from graphcomp.grading.mutants import Mutant, whole_mutants
from graphcomp.grading.quantities import Quantity
from graphcomp.grading.reference import Reference
from graphcomp.grading.remainders import remainder
from graphcomp.grading.swaps import swap_mutants
from graphcomp.grading.sweeps import Formula, Sweep
from graphcomp.grading.wording import Words
from graphcomp.program import Role
from graphcomp.traversal import topological

#: Nodes that are evaluated to find a mistake in an earlier derivative.
_BUDGET = 400_000


def diagnose(
    found: Sequence[Array],
    quantity: Quantity,
    reference: Reference,
    words: Words,
    close: Closeness,
    reads: Collection[Quantity] = (),
) -> Finding:
    """The mistake in a line, from its values at the samples, given correct earlier lines.

    Args:
        found: what the line came to.
        quantity: what it should be.
        reference: what is right.
        words: how things are called.
        close: when values are equal.
        reads: the quantities that it uses: their own mistakes can't be in it.
    """
    if not all(np.all(np.isfinite(value)) for value in found):
        entries = "nan" if any(np.any(np.isnan(value)) for value in found) else "inf"
        return Finding(Mistake.NOT_FINITE, f"The value is not finite: it has {entries}.")
    formula = reference.formula(quantity)
    expected = [reference.value(quantity, k) for k in range(len(found))]
    if formula is not None:
        known = _recognised(found, formula, quantity, reference, words, close, reads)
        if known is not None:
            return known
    return remainder(found, expected, quantity, reference, words, close)


def _recognised(
    found: Sequence[Array],
    formula: Formula,
    quantity: Quantity,
    reference: Reference,
    words: Words,
    close: Closeness,
    reads: Collection[Quantity],
) -> Finding | None:
    """A mistake in the line, the likely ones first; else one on the way to it."""
    others = adjoint_mutants(formula, words)
    reading = any(read.role is not Role.PRIMAL for read in reads)
    if reading and (mutant := _matching(found, others, close)) is not None:
        return Finding(mutant.mistake, mutant.say())
    if (mutant := _matching(found, _mutants(formula, words), close)) is not None:
        return Finding(mutant.mistake, mutant.say())
    if (simple := _proportion(found, quantity, reference, words, close)) is not None:
        quotient = rule_of(formula, formula.terms[0]) is Mistake.QUOTIENT_RULE
        missing = simple.mistake is Mistake.MISSING_FACTOR
        return replace(simple, mistake=Mistake.QUOTIENT_RULE) if quotient and missing else simple
    if (deep := _deep(found, formula, quantity, words, close, reads)) is not None:
        return deep
    if (mutant := _matching(found, others, close)) is not None:
        return Finding(mutant.mistake, mutant.say())
    if (mutant := _matching([-v for v in found], _mutants(formula, words), close)) is not None:
        return Finding(mutant.mistake, f"{mutant.say()} Besides, the sign is wrong.")
    return None


def _mutants(formula: Formula, words: Words) -> Iterator[Mutant]:
    kinds = (whole_mutants, chain_mutants, inside_mutants, swap_mutants)
    return chain.from_iterable(kind(formula, words) for kind in kinds)


def _matching(found: Sequence[Array], mutants: Iterator[Mutant], close: Closeness) -> Mutant | None:
    return next((m for m in mutants if close.everywhere(found, m.at)), None)


def _proportion(
    found: Sequence[Array],
    quantity: Quantity,
    reference: Reference,
    words: Words,
    close: Closeness,
) -> Finding | None:
    """A constant factor too many or too few, or another step or derivative as such a factor."""
    expected = [reference.value(quantity, k) for k in range(len(found))]
    ratios = [_ratio(value, right, close) for value, right in zip(found, expected, strict=True)]
    known = [ratio for ratio in ratios if ratio is not None]
    if len(known) == len(ratios) and known:
        sized = _by_size(known, reference)
        if sized is not None:
            return sized
        if close(np.asarray(known), np.full(len(known), known[0])):
            factor = known[0]
            if abs(factor) < 1:
                text = f"The factor {words.number(np.asarray(1 / factor))} is missing."
                return Finding(Mistake.MISSING_FACTOR, text)
            text = f"The factor {words.number(np.asarray(factor))} is too many."
            return Finding(Mistake.EXTRA_FACTOR, text)
    for name, values in _candidates(quantity, reference, words):
        if close.everywhere(found, lambda k, v=values: _kept(expected[k], expected[k] * v(k))):  # type: ignore[misc]
            return Finding(Mistake.EXTRA_FACTOR, f"The factor {name} is too many.")
        if close.everywhere(expected, lambda k, v=values: _kept(found[k], found[k] * v(k))):  # type: ignore[misc]
            return Finding(Mistake.MISSING_FACTOR, f"The factor {name} is missing.")
    return None


def _kept(like: Array, value: Array) -> Array:
    if like.shape != value.shape:
        msg = "shapes differ"
        raise ValueError(msg)
    return value


def _ratio(found: Array, expected: Array, close: Closeness) -> float | None:
    """The one number by which two arrays differ."""
    if found.shape != expected.shape or not np.any(expected) or not np.any(found):
        return None
    where = np.unravel_index(np.argmax(np.abs(expected)), expected.shape)
    ratio = float(found[where] / expected[where])
    return ratio if ratio and close(found, ratio * expected) else None


def _by_size(ratios: Sequence[float], reference: Reference) -> Finding | None:
    """Whether values differ by the size of an axis, or of two: a mean for a sum."""
    dims = {dim for step in reference.program.steps for dim in step.node.shape if dim != 1}
    for dim in sorted(dims, key=str):
        axes = [
            float(dim)
            if isinstance(dim, int)
            else float(reference.samples[k].sizes.get(str(dim), 0))
            for k in range(len(ratios))
        ]
        if min(axes) <= 2 or max(axes) == 0:
            continue
        factors = np.asarray(ratios) * axes
        varied = max(axes) > min(axes)
        if np.allclose(factors, 1) or (varied and np.allclose(factors, factors[0])):
            text = (
                f"This is a mean where a sum belongs: it is divided by {dim}, a number of entries."
            )
            if not np.isclose(factors[0], 1):
                text += f" Besides, it is {factors[0]:g} times what it should be."
            return Finding(Mistake.MEAN_FOR_SUM, text)
        if np.allclose(np.asarray(ratios), axes):
            text = f"This is a sum where a mean belongs: it must be divided by {dim}, the number of entries."
            return Finding(Mistake.SUM_FOR_MEAN, text)
    return None


def _candidates(
    quantity: Quantity, reference: Reference, words: Words
) -> Iterator[tuple[str, Callable[[int], Array]]]:
    """Steps, and derivatives of the same sweep, by their names."""
    sweep = reference.sweep(quantity)
    names = [Quantity(Role.PRIMAL, step.name) for step in reference.program.steps]
    if sweep is not None:
        names += [Quantity(quantity.role, name, quantity.of) for name in sweep.steps]
    for other in names:
        yield words.name(other), lambda k, other=other: reference.value(other, k)  # type: ignore[misc]


def _deep(
    found: Sequence[Array],
    formula: Formula,
    quantity: Quantity,
    words: Words,
    close: Closeness,
    reads: Collection[Quantity],
) -> Finding | None:
    """A mistake in a derivative on the way to this one, carried on correctly."""
    sweep = formula.sweep
    if sweep is None:
        return None
    left = _BUDGET // len(topological([formula.step.node]))
    for earlier in sweep.steps.values():
        origin = Quantity(quantity.role, earlier.name, quantity.of)
        if earlier.name == quantity.step:
            return None
        if earlier.is_seed or origin in reads:
            continue
        inner = Formula(formula.samples, sweep, earlier, formula.program)
        for mutant in _mutants(inner, words):
            left -= 1
            if left < 0:
                return None
            carried = _Carried(sweep, inner, formula, mutant)
            if close.everywhere(found, carried):
                text = f"The mistake is in {words.name(origin)}. {mutant.say()}"
                return Finding(mutant.mistake, text)
    return None


class _Carried:
    """A derivative computed from a mistaken earlier one."""

    def __init__(self, sweep: Sweep, inner: Formula, outer: Formula, mutant: Mutant) -> None:
        self.sweep, self.inner, self.outer, self.mutant = sweep, inner, outer, mutant

    def __call__(self, k: int) -> Array:
        """The value at a sample."""
        sample = self.inner.samples[k]
        wrong = np.asarray(self.mutant.at(k))
        right = self.sweep.values(self.inner.samples, k)[self.inner.step.node]
        if wrong.shape != right.shape:
            msg = "shapes differ"
            raise ValueError(msg)
        known = {**sample.primal, **self.sweep.seed_values(k), self.inner.step.node: wrong}
        node = self.outer.step.node
        return evaluate([node], known, sample.sizes)[node]
