"""From a graph to its derivation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphcomp.ad import resolve_wrt
from graphcomp.derivation.checks import checks
from graphcomp.derivation.closed import closed_forms
from graphcomp.derivation.records import Passes, PrimalRow, SecondOrder, Seed, Sweep
from graphcomp.derivation.result import Derivation
from graphcomp.derivation.second import second_order
from graphcomp.derivation.seeds import SeedValues, forward_seeds, reverse_seeds, several_seeds
from graphcomp.derivation.style import USUAL, Style
from graphcomp.derivation.sweeps import Point, sweep
from graphcomp.errors import DerivativeError, InputError
from graphcomp.evaluate import bind, evaluate
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.program import Program, Role, build_program
from graphcomp.shape import Dim, combine, resolve_dimension, size_of

MODES = ("forward", "reverse", "both", "second")


def derive(
    graph: GraphData,
    mode: str = "both",
    *,
    wrt: Any = None,
    seed: SeedValues = None,
    at: Mapping[str, Any] | None = None,
    steps: str = "grouped",
    letter: str | None = "w",
    style: Style | None = None,
) -> Derivation:
    """The forward and reverse traces of a graph, as data.

    Args:
        graph: the graph.
        mode: "forward", "reverse" or "both"; or "second" for second derivatives, forward over
            reverse mode: a direction for the inputs gives the Hessian times that direction.
        wrt: the inputs or named steps to differentiate by; None: every real input. All other inputs
            are held constant.
        seed: values by name, tangents of inputs for forward mode, cotangents of outputs for
            reverse mode: numbers, arrays, or unit entries such as "E21" (counted from one). By
            default the first of `wrt` moves with 1, and every scalar output has the cotangent 1,
            one sweep each. A list of such mappings gives a sweep for each; "each" one for every
            input and every output, entry by entry where sizes are known.
        at: a value for every input; without, the derivation is symbolic.
        steps: how the graph is cut: "grouped", "named" or "primitive".
        letter: of numbered steps; None to go by names.
        style: what of it the printers show.

    Raises:
        InputError: the mode is unknown; a value is missing or unknown; a seed is no seed.
        NamingError: there is no such input, step or output.
        ShapeError: a value or a seed has the wrong shape.
        DerivativeError: there is nothing to differentiate, or a seed is needed.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> found = derive(GraphData([x, a], {"y": gc.exp(a * x)}), "reverse", at={"x": 0.0, "a": 2.0})
    >>> {row.primal.name: float(row.value) for row in found.reverse[0].rows}
    {'w1': 2.0, 'w2': 0.0, 'w3': 1.0, 'w4': 1.0}
    """
    if mode not in MODES:
        msg = f"mode must be one of {', '.join(MODES)}, not {mode!r}"
        raise InputError(msg)
    variables = resolve_wrt(graph, wrt)
    if not variables:
        msg = f"graph {graph.name!r} has no real input to differentiate by"
        raise DerivativeError(msg)
    names = tuple(variables)
    program = build_program(graph, steps, letter)
    arrays, sizes = bind(graph.inputs, graph.flat_values(at)) if at is not None else ({}, {})
    seed = _flat_seeds(graph, seed)
    values = (
        evaluate([step.node for step in program.steps], arrays, sizes) if at is not None else None
    )
    point: Point | None = None if values is None else (values, sizes)
    forward_given, reverse_given = _seeds_by_mode(graph, mode, seed)
    known = sizes if at is not None else None
    starts: list[tuple[Seed, ...]] = []
    ends: list[tuple[Seed, ...]] = []
    if mode != "reverse":
        starts = forward_seeds(program, names, forward_given, known)
    if mode != "forward":
        ends = reverse_seeds(program, reverse_given, known)
    forward: tuple[Sweep, ...] = ()
    reverse: tuple[Sweep, ...] = ()
    second: tuple[SecondOrder, ...] = ()
    if mode == "second":
        second = tuple(second_order(program, s, e, names, point) for e in ends for s in starts)
    else:
        forward = tuple(sweep(program, Role.TANGENT, s, names, point) for s in starts)
        reverse = tuple(sweep(program, Role.ADJOINT, e, names, point) for e in ends)
    closed, insight = ((), None) if second else closed_forms(program, names)
    return Derivation(
        graph,
        program,
        names,
        None if at is None else {node.param("name"): array for node, array in arrays.items()},
        sizes,
        tuple(PrimalRow(s, None if values is None else values[s.node]) for s in program.steps),
        forward,
        reverse,
        closed,
        insight,
        _passes(program, variables, sizes if at is not None else None),
        checks(program, reverse, forward, names, arrays, sizes) if at is not None else (),
        second,
        style or USUAL,
    )


def _flat_seeds(graph: GraphData, seed: SeedValues) -> SeedValues:
    """The same seeds by the names of the inputs, where arguments are lists or dicts of arrays."""
    if isinstance(seed, Mapping):
        return dict(graph.flat_values(seed))
    several = several_seeds(seed)
    if several is None:
        return seed
    flat: list[Mapping[str, Any]] = [graph.flat_values(one) for one in several]
    return flat


def _seeds_by_mode(graph: GraphData, mode: str, seed: SeedValues) -> tuple[SeedValues, SeedValues]:
    """Which seeds are tangents, and which cotangents."""
    if seed is None or (isinstance(seed, str) and seed == "each"):
        return seed, seed
    if mode in {"forward", "reverse"}:
        return (seed, None) if mode == "forward" else (None, seed)
    if (several := several_seeds(seed)) is not None:
        both = [_seeds_by_mode(graph, mode, one) for one in several]
        tangents = [one for one, _ in both if isinstance(one, Mapping)]
        return tangents or None, [one for _, one in both if isinstance(one, Mapping)] or None
    if not isinstance(seed, Mapping):
        msg = f"with mode {mode!r} a seed needs a name: seed={{{graph.input_names[0]!r}: {seed!r}}}"
        raise InputError(msg)
    outputs = set(graph.output_names) - {*graph.input_names, *graph.step_names}
    backward = {name: value for name, value in seed.items() if name in outputs}
    ahead = {name: value for name, value in seed.items() if name not in outputs}
    return ahead or None, backward or None


def _passes(
    program: Program, variables: Mapping[str, Node], sizes: Mapping[str, int] | None
) -> Passes:
    entries = _entries(variables.values(), sizes)
    results = _entries((node for node in program.graph.outputs if node.is_real), sizes)
    return Passes(entries, results)


def _entries(nodes: Any, sizes: Mapping[str, int] | None) -> int | str:
    total: Dim = 0
    for node in nodes:
        total = combine("+", total, size_of(node.shape))
    if isinstance(total, int):
        return total
    return str(total) if sizes is None else resolve_dimension(total, sizes)
