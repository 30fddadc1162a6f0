"""Reverse mode as it runs: the adjoints at zero, then every contribution with ``+=``."""

from __future__ import annotations

from dataclasses import dataclass

from graphcomp.derivation import Remark, Update
from graphcomp.printers.formula import MOST_TERMS
from graphcomp.printers.gaps import gapped
from graphcomp.printers.sentences import Said, Sentences


@dataclass(frozen=True, slots=True)
class Added:
    """One contribution.

    Attributes:
        left: the adjoint that grows.
        right: what is added to it.
        sum: the value before and what is added, as numbers; empty for a first contribution.
        value: the adjoint's value after it; empty without a point.
        notes: remarks.
    """

    left: str
    right: str
    sum: str
    value: str
    notes: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """A sweep as it runs.

    Attributes:
        zeros: the adjoints at the beginning, and zero, as one equation.
        added: the contributions in order.
    """

    zeros: str
    added: tuple[Added, ...]


def growth(says: Sentences) -> Growth | None:
    """A reverse sweep as it runs; None if nothing moves."""
    updates = says.sweep.updates
    if not updates:
        return None
    grown = [row.primal.name for row in says.sweep.rows if row.derivative is not None]
    shown, _ = gapped(range(len(grown)), MOST_TERMS)
    names = [says.notation.ellipsis if i is None else says.symbol(grown[i]) for i in shown]
    zeros = says.notation.joined(*names, says.zero)
    return Growth(zeros, tuple(_added(says, update) for update in updates))


def _added(says: Sentences, update: Update) -> Added:
    row = update.row
    symbol, right, seeded = says.symbol(row.primal.name), "", False
    if row.derivative is not None:
        term = row.derivative.terms[update.index]
        right, seeded = says.formulas.contribution(row.derivative, term), term.via is None
        if seeded and right == symbol:
            right = says.seed_of(row)
    notes: tuple[Said, ...] = (Said("seed", Remark.SEED),) if seeded else ()
    if update.last:
        notes += says.notes(row, {Remark.RESULT})
    return Added(symbol, right or symbol, *_numbers(says, update), notes)


def _numbers(says: Sentences, update: Update) -> tuple[str, str]:
    """The value before with what is added, and the value after; of arrays only the last."""
    if update.after is None or update.before is None:
        return "", ""
    notation = says.notation
    after = notation.number(update.after)
    if update.first or update.after.shape:
        return "", after
    added = notation.number(update.row.contributions[update.index])
    sign = notation.minus if added.startswith(notation.minus) else notation.plus
    before = notation.number(update.before)
    return f"{before} {sign} {added.removeprefix(notation.minus)}", after
