"""Points at which lines are compared: away from kinks, and on both sides of every condition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphcomp.check.points import find_point
from graphcomp.check.subject import Subject
from graphcomp.errors import InputError
from graphcomp.evaluate import Array, bind, evaluate
from graphcomp.grading.sweeps import Sample, Sweep
from graphcomp.node import Node
from graphcomp.op import Kind
from graphcomp.program import Program, Role
from graphcomp.traversal import topological

#: Points at which every line is compared; more where conditions have two sides.
POINTS = 5
MORE_POINTS = 4
_ATTEMPTS = 30

#: How far from kinks points are drawn, at first and if that finds none.
_MARGINS = (0.02, 1e-9)


class Points:
    """Draws points at which all values and adjoints are finite.

    Args:
        program: the primal program.
        rng: of the points.
    """

    def __init__(self, program: Program, rng: np.random.Generator) -> None:
        self.program, self.rng = program, rng
        outputs = [step.name for step in program.steps if step.outputs and step.node.is_real]
        self.sweep = Sweep(program, Role.ADJOINT, dict.fromkeys(outputs, ()))
        self.bars = [step.node for step in self.sweep.steps.values()]
        self.conditions = [
            node
            for node in topological(self.bars)
            if node.op.kind is Kind.DISCRETE and node.op.margin is not None
        ]
        self._sides: dict[Node, set[float]] = {node: set() for node in self.conditions}

    def samples(self, at: Mapping[str, Any]) -> list[Sample]:
        """The points, the given one first if it gives all inputs.

        Raises:
            InputError: no point was found.
        """
        names = self.program.graph.input_names
        if not names:
            return [self._sample({})]
        if set(at) < set(names):
            return self._drawn(at)
        arrays, _ = bind(self.program.graph.inputs, at)
        first = self._sample({node.param("name"): array for node, array in arrays.items()})
        try:
            return [first, *self._drawn({})]
        except InputError:  # nothing but what was given will do
            return [first]

    def _drawn(self, at: Mapping[str, Any]) -> list[Sample]:
        found = [self._sample(self._draw(at, i, strict=i % 2 == 0)) for i in range(POINTS)]
        for sample in found:
            self._adds(sample)
        for i in range(_ATTEMPTS):
            if len(found) >= POINTS + MORE_POINTS or all(len(s) > 1 for s in self._sides.values()):
                break
            sample = self._sample(self._draw(at, i, strict=False))
            if self._adds(sample):
                found.append(sample)
        return found

    def _sample(self, point: Mapping[str, Array]) -> Sample:
        arrays, sizes = bind(self.program.graph.inputs, point)
        found = evaluate([step.node for step in self.program.steps], arrays, sizes)
        primal = {step.node: found[step.node] for step in self.program.steps}
        return Sample(dict(point), sizes, primal)

    def _seeds(self, sample: Sample) -> dict[Node, Array]:
        steps = self.program.by_name
        return {
            node: np.ones(sample.primal[steps[name].node].shape)
            for name, node in self.sweep.seeds.items()
        }

    def _adds(self, sample: Sample) -> bool:
        """Whether a condition comes out otherwise than at the points before."""
        known = {**sample.primal, **self._seeds(sample)}
        values = evaluate(self.conditions, known, sample.sizes)
        added = False
        for node, seen in self._sides.items():
            new = {float(value) for value in np.unique(values[node])} - seen
            added = added or bool(new and len(seen) < 2)
            seen.update(new)
        return added

    def _draw(self, at: Mapping[str, Any], index: int, *, strict: bool) -> dict[str, Array]:
        """A point; at a strict one no adjoint is 0 everywhere, if that can be had."""
        inputs = self.program.graph.inputs
        tries = [(margin, strict) for margin in _MARGINS] if strict else []
        errors: list[InputError] = []
        for margin, nonzero in [*tries, *((margin, False) for margin in _MARGINS)]:

            def usable(
                point: dict[str, Array], margin: float = margin, nonzero: bool = nonzero
            ) -> bool:
                return self._is_usable(point, margin, nonzero)

            try:
                return find_point(inputs, at, self.rng, usable, smallest=3 + index % 2)
            except InputError as error:
                errors.append(error)
        raise errors[-1]

    def _is_usable(self, point: dict[str, Array], margin: float, nonzero: bool) -> bool:
        sample = self._sample(point)
        floats = [value for value in sample.primal.values() if value.dtype.kind == "f"]
        if not all(np.all(np.isfinite(value)) for value in floats):
            return False
        gaps = Subject(self.program.graph, point, self.rng).margins.values()
        if any(np.any(gap < margin) for gap in gaps):
            return False
        found = evaluate(self.bars, {**sample.primal, **self._seeds(sample)}, sample.sizes)
        values = [found[node] for node in self.bars]
        return all(np.all(np.isfinite(v)) and (not nonzero or np.any(v)) for v in values)

    def kinks(self, sample: Sample) -> list[str]:
        """The kinks that a point is on, in words."""
        subject = Subject(self.program.graph, sample.inputs, self.rng)
        return [
            subject.described(node, np.argwhere(gap == 0))
            for node, gap in subject.margins.items()
            if np.any(gap == 0)
        ]
