"""From claimed derivatives and functions to a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from graphcomp.check.differences import EPSILON, Slope, has_corner, has_jump, slope, steps
from graphcomp.check.report import Row, Verdict

Array: TypeAlias = np.ndarray[Any, Any]

MAX_ENTRIES = 256
DIRECTIONS = 6
MAX_NOTES = 3


@dataclass(frozen=True, slots=True)
class Direction:
    """A direction in which an argument is moved: one entry alone, or all at random."""

    entry: tuple[int, ...] | None
    array: Array

    def __str__(self) -> str:
        if self.entry is None:
            return "a random direction"
        return f"entry {list(self.entry)}" if self.entry else "the derivative"


def directions(
    shape: tuple[int, ...], rng: np.random.Generator, limit: int = MAX_ENTRIES
) -> Iterator[Direction]:
    """Every entry of a small argument; of a large one random directions and some of the entries."""
    size = math.prod(shape)
    if size > limit:
        for _ in range(DIRECTIONS):
            yield Direction(None, np.asarray(rng.choice([-1.0, 1.0], shape)))
    chosen = range(size) if size <= limit else sorted(rng.choice(size, limit, replace=False))
    for flat in chosen:
        unit = np.zeros(size)
        unit[flat] = 1.0
        entry = tuple(int(i) for i in np.unravel_index(flat, shape)) if shape else ()
        yield Direction(entry, unit.reshape(shape))


class Path(Protocol):
    """A function of one number: what is checked, along a direction of one argument."""

    def __call__(self, t: float, /) -> float:
        """The value at a distance."""

    def kinks(self, step: float) -> Sequence[str]:
        """What lies on a kink within a step, one line each; nothing if that is not known."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A derivative that is said to be that of a path at 0.

    Attributes:
        direction: of the argument.
        path: the function along the direction.
        claimed: its derivative, as the code under test has it.
        scale: the size of the argument.
        magnitude: the size of what the path sums up, which its rounding error is relative to.
        blind: whether kinks can be seen only from values.
        epsilon: the precision of the values.
    """

    direction: Direction
    path: Path
    claimed: float
    scale: float
    magnitude: float
    blind: bool = False
    epsilon: float = EPSILON

    @property
    def obstacles(self) -> Sequence[str]:
        """The kinks that the point is on: within every step."""
        return self.path.kinks(min(steps(self.scale, self.epsilon)))


@dataclass(slots=True)
class _Tally:
    """What the comparisons of one argument have come to."""

    worst: float = -1.0
    difference: float = math.nan
    tolerance: float = math.nan
    compared: int = 0
    wrong: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    kinks: dict[str, list[str]] = field(default_factory=dict)

    def compare(self, where: str, claimed: float, found: float, tolerance: float) -> None:
        self.compared += 1
        difference = abs(claimed - found)
        ratio = difference / tolerance if difference else 0.0
        if not ratio <= 1:
            self.wrong.append(f"{where} is {claimed:.6g}, should be {found:.6g}")
            ratio = ratio if ratio > 1 else math.inf
        if ratio > self.worst:
            self.worst, self.difference, self.tolerance = ratio, difference, tolerance

    def skips(self, where: str, kinks: Sequence[str]) -> bool:
        """Whether there are kinks, which are kept for the notes."""
        for kink in kinks:
            self.kinks.setdefault(kink, []).append(where)
        return bool(kinks)

    def row(self, argument: str, shape: tuple[int, ...], method: str) -> Row:
        notes = _shortened(self.wrong)
        for kink, entries in list(self.kinks.items())[:MAX_NOTES]:
            shown = ", ".join(entries[:6]) + (" ..." if len(entries) > 6 else "")
            notes.append(f"{kink}; not compared: {shown}")
        notes += _shortened(self.unclear)
        if self.wrong:
            verdict = Verdict.FAIL
        elif self.unclear:
            verdict = Verdict.UNCLEAR
        else:
            verdict = Verdict.KINK if self.kinks else Verdict.PASS
        return Row(
            argument,
            shape,
            method,
            verdict,
            self.difference,
            self.tolerance,
            self.compared,
            tuple(notes),
        )


def _shortened(lines: Sequence[str]) -> list[str]:
    more = len(lines) - MAX_NOTES
    return [*lines[:MAX_NOTES], *([f"... {more} more"] if more > 0 else [])]


def judge(
    argument: str,
    shape: tuple[int, ...],
    method: str,
    claims: Sequence[Claim],
    *,
    precision: float = EPSILON,
) -> Row:
    """Compare claims about one argument with central differences.

    `precision` is that of the numbers in which the claims were computed.
    """
    tally = _Tally()
    largest = max((abs(c.claimed) for c in claims if math.isfinite(c.claimed)), default=0.0)
    for claim in claims:
        where = str(claim.direction)
        if tally.skips(where, claim.obstacles):
            continue
        found = _best_slope(claim)
        natural = max(abs(claim.claimed), abs(found.value), largest)
        tolerance = max(EPSILON**0.4, precision**0.625) * natural + 5 * found.error
        noisy = found.error > 1e-3 * max(natural, claim.magnitude / claim.scale)
        agrees = abs(claim.claimed - found.value) <= tolerance
        if claim.blind and not (agrees and not noisy) and (kink := _seen_kink(claim, found)):
            tally.skips(where, [kink])
        elif not math.isfinite(found.error) or (noisy and agrees):
            tally.unclear.append(f"{where}: differences do not settle near this point")
        else:
            tally.compare(where, claim.claimed, found.value, tolerance)
    return tally.row(argument, shape, method)


def _best_slope(claim: Claim) -> Slope:
    """The slope with the smallest error, at steps that reach no kink."""
    best = Slope(math.nan, math.inf, 0.0)
    for step in steps(claim.scale, claim.epsilon):
        if claim.path.kinks(step):
            continue
        found = slope(claim.path, step, claim.epsilon * claim.magnitude)
        best = min(best, found, key=lambda s: s.error)
        if best.error <= 1e-8 * max(abs(best.value), claim.magnitude / claim.scale):
            break
    return best


def _seen_kink(claim: Claim, found: Slope) -> str:
    """What the values themselves say of a kink at the point; nothing if they are smooth."""
    step = found.step or min(steps(claim.scale, claim.epsilon))
    if has_jump(claim.path, step, 1e4 * claim.epsilon * claim.magnitude):
        return "what is differentiated jumps here"
    if has_corner(claim.path, step, 1e-4 * max(abs(found.value), abs(claim.claimed))):
        return "the function has a corner here"
    return ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two numbers that should be equal up to rounding."""

    where: str
    claimed: float
    found: float
    scale: float
    obstacles: Sequence[str] = ()


def judge_exact(
    argument: str,
    shape: tuple[int, ...],
    method: str,
    pairs: Sequence[Pair],
    *,
    precision: float = EPSILON,
) -> Row:
    """Compare numbers that should be equal up to rounding."""
    tally = _Tally()
    for pair in pairs:
        if tally.skips(pair.where, pair.obstacles):
            continue
        if not math.isfinite(pair.found):
            tally.unclear.append(f"{pair.where}: not finite at this point")
            continue
        size = max(abs(pair.claimed), abs(pair.found), pair.scale)
        tally.compare(pair.where, pair.claimed, pair.found, precision**0.625 * size)
    return tally.row(argument, shape, method)
