"""What a drawing tells of a program: its derivative steps in one mode, and values at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphcomp.ad import Wrt, resolve_wrt
from graphcomp.derivation import Derivation, Row, Seed, Sweep, derive
from graphcomp.derivation.records import Array
from graphcomp.errors import InputError
from graphcomp.evaluate import bind, evaluate
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.printers.formula import UNICODE, Formulas
from graphcomp.program import Program, Role, Step, adjoint_steps, build_program, seed_inputs

#: Larger programs are drawn without local partials unless a mode asks for derivatives.
MOST_PARTIALS = 5000

MODES = (None, "forward", "reverse")

#: Arrays with more entries are not printed into a drawing.
MOST_ENTRIES = 9


@dataclass(frozen=True, slots=True)
class Facts:
    """A program with all that can be said about its steps.

    Attributes:
        program: the program.
        mode: None, "forward" or "reverse".
        wrt: the steps that are differentiated by.
        slopes: tangent or adjoint steps (in mode None: adjoint, for their partials) by name.
        formulas: writes everything down.
        values: of the primal steps by name, where there is a point.
        rows: of the sweep, by the name of the primal step.
        seeds: where the sweep starts, by the name of the step.
        derivation: where the sweep comes from; None in mode None.
        at: the values of the inputs by name, where there is a point.
        sweeps: all sweeps of a mode that are shown; several in reverse mode with several outputs.
        matrix: whether arrays flow.
        places: of the term of a derivative step (by its name) that comes by another step.
    """

    program: Program
    mode: str | None
    wrt: frozenset[str]
    slopes: Mapping[str, Step]
    formulas: Formulas
    values: Mapping[str, Array]
    rows: Mapping[str, Row] = field(default_factory=dict)
    seeds: Mapping[str, Seed] = field(default_factory=dict)
    derivation: Derivation | None = None
    at: Mapping[str, Array] = field(default_factory=dict)
    sweeps: tuple[Sweep, ...] = ()
    matrix: bool = field(init=False)
    places: Mapping[tuple[str, str | None], int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        arrays = any(step.node.shape for step in self.program.steps)
        object.__setattr__(self, "matrix", arrays)
        found = {
            (name, term.via): i
            for name, slope in self.slopes.items()
            for i, term in enumerate(slope.terms)
        }
        object.__setattr__(self, "places", found)

    @property
    def several(self) -> bool:
        """Whether each step has several adjoints, one for each output."""
        return len(self.sweeps) > 1

    def flow(self, step: str, via: str) -> tuple[Step, int] | None:
        """The derivative of a step, and which of its terms comes by another; None if none does."""
        place = self.places.get((step, via))
        return None if place is None else (self.slopes[step], place)

    def value(self, step: Step) -> str:
        """The value of a primal step as a text; nothing without a point, or for a large array."""
        return self.number(self.values.get(step.name))

    def slope(self, name: str) -> str:
        """The value of the tangent or adjoint of a step, likewise."""
        return self.number(self.rows[name].value if name in self.rows else None)

    def part(self, slope: Step, index: int) -> str:
        """The value of one contribution to an adjoint, where local partials are numbers."""
        row, via = self.rows[slope.name], slope.terms[index].via
        if self.several or via is None or not row.partials or row.partials[index] is None:
            return ""
        cotangent, partial = self.rows[via].value, row.partials[index]
        return "" if cotangent is None or partial is None else self.number(cotangent * partial)

    def seed(self, name: str) -> str:
        """The seed of a step as a text: 1, E₁₁, [1 0]; nothing where it is a symbol, or large."""
        seed = self.seeds[name]
        if seed.position:
            return self.formulas.notation.unit(*seed.position)
        return self.number(seed.value)

    def number(self, array: Array | None) -> str:
        """A number or a small array in four digits."""
        if array is None or array.size > MOST_ENTRIES:
            return ""
        return self.formulas.notation.number(array, 4)


def facts_of(
    graph: GraphData,
    *,
    mode: str | None = None,
    at: Mapping[str, Any] | None = None,
    wrt: Wrt = None,
    seed: Any = None,
    steps: str = "grouped",
    letter: str | None = "w",
) -> Facts:
    """Cut the graph into steps, and find out what the mode shows of them.

    Raises:
        InputError: there is no such mode, or a value is missing.
        DerivativeError: a mode is given, and there is nothing to differentiate.
    """
    if mode not in MODES:
        raise InputError(f"mode must be None, 'forward' or 'reverse', not {mode!r}")
    if mode is None:
        if seed is not None:
            raise InputError("a seed needs a mode: 'forward' or 'reverse'")
        return _undirected(build_program(graph, steps, letter), wrt, at)
    found = derive(graph, mode, wrt=wrt, seed=seed, at=at, steps=steps, letter=letter)
    program = found.program
    sweeps = found.forward[:1] if mode == "forward" else found.reverse
    moving = [seed for sweep in sweeps for seed in sweep.seeds if seed.node is not None]
    nodes = {seed.name: seed.node for seed in moving if seed.node is not None}
    return Facts(
        program,
        mode,
        frozenset(program.step_of(name).name for name in found.wrt),
        _slopes(sweeps),
        Formulas(program, UNICODE, seeds=nodes),
        {row.step.name: row.value for row in found.primal if row.value is not None},
        sweeps[0].by_name,
        {program.step_of(seed.name).name: seed for seed in moving},
        found,
        found.at or {},
        sweeps,
    )


def _slopes(sweeps: Sequence[Sweep]) -> dict[str, Step]:
    """The derivative of every step; of several sweeps with the contributions of all."""
    found: dict[str, Step] = {}
    for sweep in sweeps:
        for row in sweep.rows:
            step = row.derivative
            if step is None:
                continue
            known = found.get(step.name)
            if known is None or known.is_seed:
                found[step.name] = step
            elif not step.is_seed:
                ways = {term.via for term in known.terms}
                more = tuple(term for term in step.terms if term.via not in ways)
                found[step.name] = replace(known, terms=known.terms + more)
    return found


def _undirected(program: Program, wrt: Wrt, at: Mapping[str, Any] | None) -> Facts:
    """The program with its local partials: those of the adjoint steps, whatever the seeds."""
    graph = program.graph
    outputs = [n for n, o in zip(graph.output_names, graph.outputs, strict=True) if o.is_real]
    real = any(node.is_real for node in graph.inputs) and len(program.steps) <= MOST_PARTIALS
    variables = resolve_wrt(graph, wrt) if wrt is not None or (real and outputs) else {}
    seeds = seed_inputs(program, outputs, Role.ADJOINT)
    found = adjoint_steps(program, seeds, tuple(variables)) if variables and outputs else ()
    values: dict[str, Array] = {}
    arrays: dict[Node, Array] = {}
    if at is not None:
        arrays, sizes = bind(graph.inputs, graph.flat_values(at))
        computed = evaluate([step.node for step in program.steps], arrays, sizes)
        values = {step.name: computed[step.node] for step in program.steps}
    return Facts(
        program,
        None,
        frozenset(program.step_of(name).name for name in variables),
        {step.name: step for step in found},
        Formulas(program, UNICODE, seeds=seeds),
        values,
        at={node.param("name"): array for node, array in arrays.items()},
    )
