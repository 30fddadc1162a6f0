"""What is right: the value of every quantity of a program at the points where lines are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from graphcomp.evaluate import Array
from graphcomp.grading.points import Points
from graphcomp.grading.quantities import Quantity
from graphcomp.grading.sweeps import Formula, Sample, Sweep
from graphcomp.program import Program, Role, Step


class Reference:
    """The correct values of everything that a hand derivation can name.

    Args:
        program: the primal program.
        at: values of inputs; if all are given, the first point is this one, and the others are
            drawn.
        rng: of what is random.
        unit: whether the seed of the output is 1, or drawn.

    Raises:
        InputError: no point was found.
    """

    def __init__(
        self,
        program: Program,
        at: Mapping[str, Any],
        rng: np.random.Generator,
        *,
        unit: bool,
    ) -> None:
        self.program, self.unit = program, unit
        self.given = set(at) >= set(program.graph.input_names)
        points = Points(program, rng)
        self.samples = points.samples(at)
        self.kinks = points.kinks(self.samples[0]) if self.given else []
        outputs = [step for step in program.steps if step.outputs and step.node.is_real]
        self.seeds = {
            step.name: [self._seed(s, step, rng) for s in self.samples] for step in outputs
        }
        self._tangents = {
            step.name: [_random(s, step, rng) for s in self.samples]
            for step in program.inputs
            if step.node.is_real
        }
        self._sweeps: dict[tuple[Role, str | None], Sweep] = {}

    def _seed(self, sample: Sample, step: Step, rng: np.random.Generator) -> Array:
        shape = sample.primal[step.node].shape
        return np.ones(shape) if self.unit else _random(sample, step, rng)

    def set_tangents(self, given: Mapping[str, Sequence[Array]]) -> None:
        """Take the learner's own seeds of forward mode; an input whose seed is 0 is at rest."""
        self._tangents |= {name: list(values) for name, values in given.items()}
        kept = {n: v for n, v in self._tangents.items() if any(np.any(each) for each in v)}
        self._tangents = kept or self._tangents
        self._sweeps.pop((Role.TANGENT, None), None)

    def sweep(self, quantity: Quantity) -> Sweep | None:
        """The sweep that a quantity belongs to; None for primal steps and Jacobians."""
        role, _, of = quantity
        if role is Role.PRIMAL or (of is not None and self._shape(of)):
            return None
        if (role, of) not in self._sweeps:
            if of is not None:
                ones = [
                    np.ones(s.primal[self.program.by_name[of].node].shape) for s in self.samples
                ]
                seeds: Mapping[str, Sequence[Array]] = {of: ones}
            else:
                seeds = self.seeds if role is Role.ADJOINT else self._tangents
            self._sweeps[role, of] = Sweep(self.program, role, seeds)
        return self._sweeps[role, of]

    def _shape(self, step: str) -> tuple[Any, ...]:
        return self.program.by_name[step].node.shape

    def value(self, quantity: Quantity, k: int) -> Array:
        """The value of a quantity at a sample."""
        role, step, of = quantity
        if role is Role.PRIMAL:
            return self.samples[k].primal[self.program.by_name[step].node]
        sweep = self.sweep(quantity)
        if sweep is not None:
            return sweep.value(self.samples, k, step)
        assert of is not None
        return self._jacobian(of, step, k)

    def _jacobian(self, of: str, step: str, k: int) -> Array:
        """One derivative of an array by another, a sweep for each of its entries."""
        sample = self.samples[k]
        shape = sample.primal[self.program.by_name[of].node].shape
        by = sample.primal[self.program.by_name[step].node].shape
        rows = []
        for i in range(int(np.prod(shape))):
            unit = np.zeros(shape)
            unit.flat[i] = 1.0
            seeds = {of: [unit] * len(self.samples)}
            rows.append(Sweep(self.program, Role.ADJOINT, seeds).value(self.samples, k, step))
        return np.asarray(rows).reshape(shape + by)

    def formula(self, quantity: Quantity) -> Formula | None:
        """The correct line of a quantity; None where there is none to take apart."""
        if quantity.role is Role.PRIMAL:
            step = self.program.by_name[quantity.step]
            return None if step.label else Formula(self.samples, None, step, self.program)
        sweep = self.sweep(quantity)
        if sweep is None or quantity.step not in sweep.steps:
            return None
        return Formula(self.samples, sweep, sweep.steps[quantity.step], self.program)


def _random(sample: Sample, step: Step, rng: np.random.Generator) -> Array:
    shape = sample.primal[step.node].shape
    return np.asarray(rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape))
