"""What sizes must be for every index to be in range: compiled loops do not look at it themselves."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from graphcomp.codegen.loop_units import Unit
from graphcomp.nest import At
from graphcomp.shape import Dim


def needed_sizes(units: Iterable[Unit]) -> dict[sympy.Expr, tuple[Dim, ...]]:
    """Expressions of sizes that must not be negative, unless one of some loops has no turn.

    Left out is what holds for sizes of any kind.
    """
    found: dict[sympy.Expr, tuple[Dim, ...]] = {}
    for unit in units:
        for node, places in [*unit.reads, (unit.target, unit.nest.writes)]:
            for dim, at in zip(node.shape, places, strict=True):
                turns = tuple(unit.nest.axes[loop] for loop, _ in at.terms)
                for room in () if at.plain is not None else _rooms(unit, at, dim):
                    if not _holds(room):
                        found.setdefault(room, tuple(d for d in turns if not isinstance(d, int)))
    return found


def _rooms(unit: Unit, at: At, dim: Dim) -> list[sympy.Expr]:
    """How far the first place is from the start of the axis, and the last from its end."""
    low = high = sympy.sympify(at.offset)
    for loop, step in at.terms:
        far = (sympy.sympify(unit.nest.axes[loop]) - 1) * step
        backwards = sympy.sympify(step).could_extract_minus_sign()
        low, high = (low + far, high) if backwards else (low, high + far)
    return [sympy.expand(low), sympy.expand(sympy.sympify(dim) - 1 - high)]


def _holds(room: sympy.Expr) -> bool:
    """Whether something is not negative for any sizes, zero among them."""
    sizes = {s: sympy.Dummy(s.name, integer=True, nonnegative=True) for s in room.free_symbols}
    return bool(room.xreplace(sizes).is_nonnegative)
