"""The correct derivatives of a program: its adjoint and tangent steps, with their values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graphcomp.evaluate import Array, evaluate
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.program import (
    Program,
    Role,
    Step,
    StepTerm,
    adjoint_steps,
    seed_inputs,
    tangent_steps,
)

Values = dict[Node, Array]

#: Steps that are tried in place of another one.
NEARBY = 40


def unwrapped(node: Node) -> Node:
    """A node without the names that it goes by."""
    while node.op.form is Form.NAMED:
        node = node.args[0]
    return node


@dataclass(frozen=True, slots=True)
class Sample:
    """A point: the values of the inputs and of all primal steps, and the sizes of dimensions."""

    inputs: Mapping[str, Array]
    sizes: Mapping[str, int]
    primal: Mapping[Node, Array]

    def leaves(self, steps: Iterable[Step], without: Sequence[Node] = ()) -> Values:
        """The values of primal steps, also under the nodes that they name."""
        hidden = {each for node in without for each in (node, unwrapped(node))}
        found: Values = {}
        for step in steps:
            value = self.primal[step.node]
            for node in (step.node, unwrapped(step.node)):
                if node not in hidden:
                    found[node] = value
        return found


class Sweep:
    """One pass over a program, forward or reverse, from given seeds.

    Args:
        program: the primal program.
        role: tangents or adjoints.
        seeds: a value for each sample, by the name of the step that it is a seed of.
    """

    def __init__(self, program: Program, role: Role, seeds: Mapping[str, Sequence[Array]]) -> None:
        self.program, self.role = program, role
        nodes = [program.by_name[name].node for name in seeds]
        within = replace(
            program, graph=GraphData(program.graph.inputs, dict(zip(seeds, nodes, strict=True)))
        )
        self.seeds = seed_inputs(within, list(seeds), role)
        self.given = {self.seeds[name]: values for name, values in seeds.items()}
        if role is Role.ADJOINT:
            real = [step.name for step in program.steps if step.node.is_real]
            steps = adjoint_steps(within, self.seeds, real)
        else:
            steps = tangent_steps(within, self.seeds)
        self.steps = {step.name: step for step in steps}
        self._values: dict[int, Values] = {}

    def values(self, samples: Sequence[Sample], k: int) -> Values:
        """The values of all primal and derivative steps at a sample, and of the seeds."""
        if k not in self._values:
            known = {**samples[k].primal, **self.seed_values(k)}
            wanted = [step.node for step in self.steps.values()]
            self._values[k] = evaluate(wanted, known, samples[k].sizes)
        return self._values[k]

    def seed_values(self, k: int) -> Values:
        """The values of the seeds at a sample."""
        return {node: values[k] for node, values in self.given.items()}

    def value(self, samples: Sequence[Sample], k: int, name: str) -> Array:
        """The derivative that belongs to a primal step; zeros where nothing depends on it."""
        step = self.steps.get(name)
        if step is None:
            return np.zeros(samples[k].primal[self.program.by_name[name].node].shape)
        return self.values(samples, k)[step.node]


class Formula:
    """The right-hand side of one correct line, to be evaluated with changes in it.

    Args:
        samples: the points.
        sweep: that it belongs to; None for a primal step.
        step: the step.
        program: the primal program.
    """

    def __init__(
        self, samples: Sequence[Sample], sweep: Sweep | None, step: Step, program: Program
    ) -> None:
        self.samples, self.sweep, self.step, self.program = samples, sweep, step, program

    @property
    def terms(self) -> tuple[StepTerm, ...]:
        """The contributions; a primal step is one, by itself."""
        return self.step.terms or (StepTerm(None, None, self.step.node, None),)

    def consumer(self, term: StepTerm) -> Step:
        """The primal step whose derivative the term is: the later one."""
        if self.step.role is Role.ADJOINT and term.via is not None:
            return self.program.by_name[term.via]
        return self.program.by_name[self.step.name]

    def operand(self, term: StepTerm) -> Step:
        """The primal step by which the consumer is differentiated: the earlier one."""
        tangent = self.step.role is Role.TANGENT and term.via is not None
        return self.program.by_name[str(term.via) if tangent else self.step.name]

    def around(self, term: StepTerm) -> list[Step]:
        """The primal steps that a term can read: its own, the later one, and what that reads."""
        own, later = self.program.by_name[self.step.name], self.consumer(term)
        names = dict.fromkeys((own.name, *own.operands, later.name, *later.operands))
        return [self.program.by_name[name] for name in names]

    @property
    def nearby(self) -> tuple[Step, ...]:
        """The primal steps that may have been mistaken for others: all, or the nearest of many."""
        steps = self.program.steps
        place = steps.index(self.program.by_name[self.step.name])
        first = max(0, min(place - NEARBY // 2, len(steps) - NEARBY))
        return steps[first : first + NEARBY]

    def leaves(self, k: int, term: StepTerm, without: Sequence[Node] = ()) -> Values:
        """What stands by name in a term: primal steps, and the derivative that it reads."""
        hidden = [*without]
        if self.step.role is Role.PRIMAL:
            hidden.append(self.step.node)
        found = self.samples[k].leaves(self.around(term), hidden)
        if self.sweep is not None:
            found |= self.sweep.seed_values(k)
            if term.read is not None:
                found[term.read] = self.sweep.values(self.samples, k)[term.read]
        return found

    def read(self, k: int, term: StepTerm) -> Array | None:
        """The value of the derivative that a term reads."""
        if term.read is None or self.sweep is None:
            return None
        return self.sweep.values(self.samples, k)[term.read]

    def node_value(
        self, k: int, term: StepTerm, node: Node, changes: Mapping[Node, Array] | None = None
    ) -> Array:
        """A node inside a term, with other values for some nodes."""
        known = {**self.leaves(k, term), **(changes or {})}
        return evaluate([node], known, self.samples[k].sizes)[node]

    def term_value(
        self, k: int, term: StepTerm, changes: Mapping[Node, Array] | None = None
    ) -> Array:
        """A contribution, with other values for some nodes."""
        return self.node_value(k, term, term.value, changes)

    def total(self, k: int, replaced: Mapping[int, Array] | None = None) -> Array:
        """The whole line, with other values for some contributions."""
        parts = [
            (replaced or {}).get(i, None) if i in (replaced or {}) else self.term_value(k, term)
            for i, term in enumerate(self.terms)
        ]
        result = np.asarray(0.0)
        for part in parts:
            result = np.asarray(result + part)
        return result
