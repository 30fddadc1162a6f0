"""The tangent and adjoint steps of a program: the chain rule at the program's own cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphcomp.ad import Derivative, Term, forward, reverse
from graphcomp.graph import input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node
from graphcomp.program.steps import Program, Role, Step, StepTerm
from graphcomp.rewrite import simplify


def adjoint_steps(
    program: Program, seeds: Mapping[str, Node], wrt: Sequence[str]
) -> tuple[Step, ...]:
    """The adjoint step of every primal step between the outputs and `wrt`, last first.

    Args:
        program: the primal program.
        seeds: a cotangent for each output of the graph, from `seed_inputs`.
        wrt: names of inputs or steps.
    """
    cotangents: dict[Node, Node] = {}
    for name, seed in seeds.items():
        node = program.graph.find(name)
        cotangents[node] = cotangents[node] + seed if node in cotangents else seed
    wanted = {program.step_of(name).node for name in wrt}
    found = reverse(program.blocks, cotangents, wanted)
    return tuple(reversed(_steps(program, found, Role.ADJOINT)))


def tangent_steps(program: Program, seeds: Mapping[str, Node]) -> tuple[Step, ...]:
    """The tangent step of every primal step that depends on the seeded inputs or steps, in order."""
    tangents = {program.step_of(name).node: seed for name, seed in seeds.items()}
    return _steps(program, forward(program.blocks, tangents), Role.TANGENT)


def seed_inputs(program: Program, names: Sequence[str], role: Role) -> dict[str, Node]:
    """An input node for the seed of each named output or input, in its shape."""
    suffix = "bar" if role is Role.ADJOINT else "dot"
    taken = set(program.graph.input_names)
    return {
        name: input_node(
            fresh_name(f"{name}_{suffix}", taken),
            program.step_of(name).node.shape,
            program.step_of(name).node.dtype,
        )
        for name in names
    }


def _steps(program: Program, found: Mapping[Node, Derivative], role: Role) -> tuple[Step, ...]:
    """Derivative steps in the order of the primal steps, their expressions in normal form."""
    frozen = [*program.names, *(derivative.value for derivative in found.values())]
    keep = set(frozen)
    terms = [(node, term) for node in program.names if node in found for term in found[node].terms]
    values = iter(_each_simplified([(term.value, _read(found, term)) for _, term in terms], keep))
    partials = iter(
        _each_simplified([(t.partial, None) for _, t in terms if t.partial is not None], keep)
    )
    made: dict[Node, list[StepTerm]] = {}
    for node, term in terms:
        partial = None if term.partial is None else next(partials)
        made.setdefault(node, []).append(_step_term(program, found, term, partial, next(values)))
    return tuple(
        Step(
            step.name,
            role,
            found[step.node].value,
            step.operands,
            step.label,
            step.outputs,
            tuple(made[step.node]),
        )
        for step in program.steps
        if step.node in found
    )


def _each_simplified(nodes: Sequence[tuple[Node, Node | None]], keep: set[Node]) -> list[Node]:
    """Normal forms in which derivatives and primal steps stand as leaves.

    A node that is itself a derivative is written out, unless it is just the one that it reads.
    """
    results = []
    for node, read in nodes:
        written_out = node in keep and node is not read and bool(node.args)
        if written_out:
            keep.remove(node)
        results.append(simplify([node], keep)[0])
        if written_out:
            keep.add(node)
    return results


def _read(found: Mapping[Node, Derivative], term: Term) -> Node | None:
    return None if term.source is None else found[term.source].value


def _step_term(
    program: Program,
    found: Mapping[Node, Derivative],
    term: Term,
    partial: Node | None,
    value: Node,
) -> StepTerm:
    if term.source is None:
        return StepTerm(None, None, term.value, None)
    return StepTerm(program.names[term.source], partial, value, _read(found, term))
