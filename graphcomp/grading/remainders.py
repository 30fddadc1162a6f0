"""What can be said of a line whose mistake was not recognised: its shape, its rest, its entries."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from graphcomp.evaluate import Array
from graphcomp.grading.closeness import Closeness
from graphcomp.grading.mistakes import Finding, Mistake
from graphcomp.grading.quantities import Quantity
from graphcomp.grading.reference import Reference
from graphcomp.grading.wording import Words
from graphcomp.program import Role


def remainder(
    found: Sequence[Array],
    expected: Sequence[Array],
    quantity: Quantity,
    reference: Reference,
    words: Words,
    close: Closeness,
) -> Finding:
    """A finding for any wrong line."""
    pairs = list(zip(found, expected, strict=True))
    if any(value.shape != right.shape for value, right in pairs):
        return _shapes(found, expected, quantity, words, close)
    rests = [value - right for value, right in pairs]
    names = [Quantity(Role.PRIMAL, step.name) for step in reference.program.steps]
    sweep = reference.sweep(quantity)
    if sweep is not None:
        names += [Quantity(quantity.role, name, quantity.of) for name in sweep.steps]
    for other in names:
        for sign in (1, -1):
            if close.everywhere(rests, lambda k, s=sign, q=other: s * reference.value(q, k)):  # type: ignore[misc]
                mistake = Mistake.EXTRA_TERM if sign > 0 else Mistake.MISSING_TERM
                verb = "too many" if sign > 0 else "missing"
                return Finding(mistake, f"The term {words.name(other)} is {verb}.")
    return Finding(Mistake.DIFFERENT, _entries(found[0], expected[0], close))


def _shapes(
    found: Sequence[Array],
    expected: Sequence[Array],
    quantity: Quantity,
    words: Words,
    close: Closeness,
) -> Finding:
    got, right = found[0].shape, expected[0].shape
    if close.everywhere(found, lambda k: expected[k].T):
        text = f"The result is transposed: the shape is {got}, but must be {right}."
        return Finding(Mistake.TRANSPOSED, text)
    rank = found[0].ndim
    for count in range(1, rank + 1):
        for axes in combinations(range(rank), count):
            if close.everywhere(expected, lambda k, a=axes: found[k].sum(axis=a)):  # type: ignore[misc]
                listed = ", ".join(map(str, axes))
                text = f"The sum over axis {listed} is missing: the shape is {got}, but must be {right}."
                return Finding(Mistake.MISSING_SUM, text)
    for axis in range(expected[0].ndim):
        if close.everywhere(found, lambda k, a=axis: expected[k].sum(axis=a)):  # type: ignore[misc]
            text = f"A sum over axis {axis} is too many: the shape is {got}, but must be {right}."
            return Finding(Mistake.EXTRA_SUM, text)
    what = words.step(quantity.step)
    rule = {
        Role.ADJOINT: f", that of {what}: an adjoint has the shape of its step",
        Role.TANGENT: f", that of {what}: a tangent has the shape of its step",
    }.get(quantity.role, "")
    return Finding(Mistake.WRONG_SHAPE, f"The shape is {got}, but must be {right}{rule}.")


def _entries(found: Array, expected: Array, close: Closeness) -> str:
    """Which entries differ, if not all do."""
    if not found.shape:
        return "The value is wrong."
    scale = float(np.max(np.abs(expected), initial=0.0))
    wrong = np.argwhere(np.abs(found - expected) > close.tolerance * scale)
    if 0 < len(wrong) < found.size:
        listed = ", ".join(str(entry.tolist()) for entry in wrong[:4])
        return (
            f"The value is wrong in {listed}{' ...' if len(wrong) > 4 else ''} and right elsewhere."
        )
    return "The value is wrong in every entry."
