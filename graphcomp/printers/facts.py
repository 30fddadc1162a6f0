"""What a drawing tells of a program: its derivative steps in one mode, and values at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphcomp.ad import resolve_wrt
from graphcomp.ad.transforms import Wrt
from graphcomp.errors import DerivativeError, InputError
from graphcomp.evaluate import Array, bind, evaluate
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.printers.formula import UNICODE, Formulas
from graphcomp.program import (
    Program,
    Role,
    Step,
    adjoint_steps,
    build_program,
    seed_inputs,
    tangent_steps,
)
from graphcomp.shape import resolve_dimension

#: A seed that is one at the first entry and zero elsewhere: one column or row of the Jacobian.
FIRST = "first"

#: Arrays with more entries are not printed into a drawing.
MOST_ENTRIES = 9

MODES = (None, "forward", "reverse")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """A program with all that can be said about its steps.

    Attributes:
        program: the program.
        mode: None, "forward" or "reverse".
        wrt: the steps that are differentiated by.
        slopes: tangent or adjoint steps (in mode None: adjoint, for their partials) by name.
        formulas: writes everything down.
        seeds: the seeds by step: a number, an array, or `FIRST`.
        values: of all nodes that are shown, at the point; None without a point.
        point: the arguments at the point, as given.
    """

    program: Program
    mode: str | None
    wrt: frozenset[str]
    slopes: Mapping[str, Step]
    formulas: Formulas
    seeds: Mapping[str, Any]
    values: Mapping[Node, Array] | None
    point: Values

    @property
    def matrix(self) -> bool:
        """Whether arrays flow."""
        return any(step.node.shape for step in self.program.steps)

    def seed(self, step: Step) -> str:
        """The seed of a derivative step as a text: 1, E₁₁, [1 0]; nothing where it is too large."""
        notation, given = self.formulas.notation, self.seeds[step.name]
        shape = step.node.shape
        if isinstance(given, str):
            return notation.unit(*(1 for _ in shape)) if shape else "1"
        array = np.asarray(given)
        return notation.number(array, 4) if array.size <= MOST_ENTRIES else ""

    def value(self, node: Node) -> str:
        """The number or small array that a node is at the point, else nothing."""
        if self.values is None or node not in self.values:
            return ""
        array = self.values[node]
        return self.formulas.notation.number(array, 4) if array.size <= MOST_ENTRIES else ""


def facts_of(
    graph: GraphData,
    *,
    mode: str | None = None,
    at: Values | None = None,
    wrt: Wrt = None,
    seed: Values | None = None,
    steps: str = "grouped",
    letter: str | None = "w",
) -> Facts:
    """Cut the graph into steps, and find out what the mode shows of them.

    Raises:
        InputError: there is no such mode, or an argument is missing.
        DerivativeError: a mode is given, and there is nothing to differentiate.
    """
    if mode not in MODES:
        raise InputError(f"mode must be None, 'forward' or 'reverse', not {mode!r}")
    if seed is not None and mode is None:
        raise InputError("a seed needs a mode: 'forward' or 'reverse'")
    program = build_program(graph, steps, letter)
    real = any(node.is_real for node in graph.inputs)
    outputs = [n for n, o in zip(graph.output_names, graph.outputs, strict=True) if o.is_real]
    if mode is None and wrt is None and not (real and outputs):
        variables: dict[str, Node] = {}
    else:
        variables = resolve_wrt(graph, wrt)
    if mode is not None and not outputs:
        raise DerivativeError(f"graph {graph.name!r} has no real output: nothing to differentiate")
    role = Role.TANGENT if mode == "forward" else Role.ADJOINT
    wanted = _seeded(tuple(variables) if mode == "forward" else tuple(outputs), seed)
    nodes = seed_inputs(program, tuple(wanted), role)
    if not variables:
        found: tuple[Step, ...] = ()
    elif mode == "forward":
        found = tangent_steps(program, nodes)
    else:
        found = adjoint_steps(program, nodes, tuple(variables))
    seeds = {program.step_of(name).name: wanted[name] for name in nodes}
    values = None if at is None else _values(program, found, nodes, wanted, at)
    return Facts(
        program,
        mode,
        frozenset(program.step_of(name).name for name in variables),
        {step.name: step for step in found},
        Formulas(program, UNICODE, seeds=nodes),
        seeds,
        values,
        dict(at or {}),
    )


def _seeded(names: Sequence[str], seed: Values | None) -> dict[str, Any]:
    """The seeds that are not zero: those given, or one for the first."""
    if seed is None:
        return dict.fromkeys(names[:1], FIRST)
    for name in seed:
        if name not in names:
            raise InputError(
                f"seed: {name!r} can't be seeded here; seeds are for {', '.join(names)}"
            )
    wanted = {name: seed[name] for name in names if name in seed and np.any(seed[name])}
    if not wanted:
        raise InputError("seed: all seeds are zero, and so are all derivatives")
    return wanted


def _values(
    program: Program,
    found: Sequence[Step],
    seeds: Mapping[str, Node],
    wanted: Mapping[str, Any],
    at: Values,
) -> dict[Node, Array]:
    """The value of every step, and of every contribution to a sum."""
    arrays, sizes = bind(program.graph.inputs, at)
    for name, node in seeds.items():
        shape = tuple(resolve_dimension(dim, sizes) for dim in node.shape)
        arrays[node] = _seed_array(name, wanted[name], shape, node)
    nodes = [step.node for step in (*program.steps, *found)]
    parts = [term.value for step in found if len(step.terms) > 1 for term in step.terms]
    return evaluate([*nodes, *parts], arrays, sizes)


def _seed_array(name: str, given: Any, shape: tuple[int, ...], node: Node) -> Array:
    if isinstance(given, str):
        array = np.zeros(shape, node.dtype)
        array.flat[:1] = 1
        return array
    try:
        return np.broadcast_to(np.asarray(given, node.dtype), shape)
    except (TypeError, ValueError):
        shown = np.shape(given)
        raise InputError(f"seed: {name} has shape {shown}, expected {shape}") from None
