"""Second derivatives: forward mode through the program and its adjoints."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.derivation.records import SecondOrder, Seed
from graphcomp.derivation.sweeps import Point, sweep
from graphcomp.evaluate import evaluate
from graphcomp.program import Program, Role, with_adjoints


def second_order(
    program: Program,
    direction: Sequence[Seed],
    cotangents: Sequence[Seed],
    wrt: Sequence[str],
    point: Point | None,
) -> SecondOrder:
    """The tangents of all steps and of all their adjoints, with values where there is a point."""
    seeds = {seed.name: seed.node for seed in cotangents if seed.node is not None}
    adjoint = sweep(program, Role.ADJOINT, cotangents, wrt, point)
    steps = [row.derivative for row in reversed(adjoint.rows) if row.derivative is not None]
    extended = with_adjoints(program, steps, list(seeds.values()))
    names = {step.of: step.name for step in extended.steps if step.of is not None}
    if point is None or any(seed.value is None for seed in cotangents):
        return SecondOrder(
            extended, sweep(extended, Role.TANGENT, direction, wrt, None), adjoint, names
        )
    values, sizes = point
    arrays = dict(values)
    for seed in cotangents:
        if seed.node is not None and seed.value is not None:
            arrays[seed.node] = seed.value.astype(seed.node.dtype)
    arrays |= evaluate([step.node for step in extended.steps], arrays, sizes)
    tangent = sweep(extended, Role.TANGENT, direction, wrt, (arrays, sizes))
    return SecondOrder(extended, tangent, adjoint, names)
