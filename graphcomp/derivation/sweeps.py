"""One pass over a program, as rows: each primal step with its tangent or adjoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from graphcomp.derivation.reasons import Reasons, summed_axes
from graphcomp.derivation.records import Array, Note, Remark, Row, Seed, Sweep
from graphcomp.evaluate import evaluate
from graphcomp.node import Node
from graphcomp.op import Form, Kind
from graphcomp.program import Program, Role, Step, StepTerm, adjoint_steps, tangent_steps
from graphcomp.shape import resolve_dimension

#: The values of all primal steps at a point, and the sizes of the dimensions.
Point = tuple[Mapping[Node, Array], Mapping[str, int]]


def sweep(
    program: Program, role: Role, seeds: Sequence[Seed], wrt: Sequence[str], point: Point | None
) -> Sweep:
    """Forward or reverse through the program, with values where there is a point."""
    nodes = {seed.name: seed.node for seed in seeds if seed.node is not None}
    forward = role is Role.TANGENT
    steps = tangent_steps(program, nodes) if forward else adjoint_steps(program, nodes, wrt)
    found = {step.name: step for step in steps}
    varying = varying_steps(program, wrt)
    values = _values(steps, seeds, point)
    wanted = {program.step_of(name).name: name for name in wrt}
    context = _Context(program, role, tuple(seeds), wanted, varying)
    rows = tuple(
        _row(context, step, found.get(step.name), step.name in varying, values)
        for step in program.steps
    )
    if values is not None and point is not None:
        rows = tuple(_with_zero(row, point[1]) for row in rows)
    return Sweep(role, tuple(seeds), rows)


class _Context:
    """What the notes of all rows depend on, looked up once.

    Args:
        program: the primal program.
        role: forward or reverse.
        seeds: where the sweep starts.
        wanted: the names of `wrt`, by step.
        varying: the names of the steps that vary.
    """

    def __init__(
        self,
        program: Program,
        role: Role,
        seeds: tuple[Seed, ...],
        wanted: Mapping[str, str],
        varying: set[str],
    ) -> None:
        self.reasons = Reasons(program, role, varying)
        self.program = program
        self.role = role
        self.wanted = wanted
        self.moving = [seed for seed in seeds if seed.node is not None]
        self.resting = {program.step_of(s.name).name for s in seeds if s.node is None}
        self.output = self.moving[0].name if len(self.moving) == 1 else None
        if self.output is not None and not _is_one(self.moving[0]):
            self.output = None


def varying_steps(program: Program, wrt: Iterable[str]) -> set[str]:
    """The steps that depend on `wrt`, and have a derivative."""
    varying = {program.step_of(name).name for name in wrt}
    for step in program.steps:
        passes = step.node.is_real and step.node.op.kind is not Kind.DISCRETE
        if passes and any(operand in varying for operand in step.operands):
            varying.add(step.name)
    return varying


def _values(
    steps: Sequence[Step], seeds: Sequence[Seed], point: Point | None
) -> Mapping[Node, Array] | None:
    """The values of the derivatives and of their local partials."""
    if point is None or any(seed.node is not None and seed.value is None for seed in seeds):
        return None
    primal, sizes = point
    arrays = dict(primal)
    for seed in seeds:
        if seed.node is not None and seed.value is not None:
            arrays[seed.node] = seed.value.astype(seed.node.dtype)
    wanted = [step.node for step in steps]
    terms = [term for step in steps for term in step.terms]
    wanted += [node for t in terms for node in (t.partial, t.value) if node is not None]
    return evaluate(wanted, arrays, sizes)


def _row(
    context: _Context,
    primal: Step,
    step: Step | None,
    varies: bool,
    values: Mapping[Node, Array] | None,
) -> Row:
    notes: list[Note] = []
    if step is None:
        if context.role is Role.TANGENT and primal.name in context.resting:
            notes.append(Note(Remark.SEED))
        return Row(primal, None, varies, notes=tuple(notes))
    if step.is_seed:
        notes.append(Note(Remark.SEED))
    if context.role is Role.ADJOINT:
        notes += _adjoint_notes(context, step)
    else:
        notes += _entry_note(context, primal)
    notes += _constant_notes(context, primal)
    if values is None:
        return Row(primal, step, varies, notes=tuple(notes), reasons=context.reasons.of(step))
    return Row(
        primal,
        step,
        varies,
        values[step.node],
        tuple(None if t.partial is None else values[t.partial] for t in step.terms),
        tuple(notes),
        context.reasons.of(step),
        tuple(values[t.value] for t in step.terms),
    )


def _with_zero(row: Row, sizes: Mapping[str, int]) -> Row:
    if row.derivative is not None or not row.varies:
        return row
    shape = tuple(resolve_dimension(dim, sizes) for dim in row.primal.node.shape)
    return Row(row.primal, None, True, np.zeros(shape), (), row.notes)


# ---------------------------------------------------------------- notes


def _adjoint_notes(context: _Context, step: Step) -> list[Note]:
    notes = []
    if len(step.terms) > 1:
        notes.append(Note(Remark.USES, count=len(step.terms)))
    if any(term.value.op.form is Form.OUTER for term in step.terms):
        notes.append(Note(Remark.OUTER))
    masks = [term for term in step.terms if _is_mask(term)]
    if masks and len(step.terms) == 1:
        notes.append(Note(Remark.MASK, _function(context.program, masks[0], step)))
    if step.terms[0].via is not None and len(step.terms) == 1:
        value = step.terms[0].value
        if value.op.form is Form.BROADCAST and value.constant is None:
            notes.append(Note(Remark.SPREAD))
    notes += _summed_notes(context, step)
    if step.name in context.wanted and context.output is not None:
        notes.append(Note(Remark.RESULT, (context.output, context.wanted[step.name])))
    return notes


def _summed_notes(context: _Context, step: Step) -> list[Note]:
    """Why there are sums over axes in an adjoint: the step was repeated along them."""
    node, blocks = context.program.by_name[step.name].node, context.reasons.blocks
    vias = [term.via for term in step.terms if term.via is not None and term.partial is None]
    axes = dict.fromkeys(dim for via in vias for dim in summed_axes(blocks[via], node))
    return [Note(Remark.SUMMED, (step.name,), dims=tuple(axes))] if axes else []


def _is_one(seed: Seed) -> bool:
    return seed.value is not None and seed.value.ndim == 0 and bool(seed.value == 1)


def _is_mask(term: StepTerm) -> bool:
    return term.partial is not None and term.partial.op.form is Form.BRACKET


def _function(program: Program, term: StepTerm, step: Step) -> tuple[str, ...]:
    """The function whose derivative a mask is, and its argument; empty if it has no short name."""
    if term.via is None:
        return ()
    node = program.by_name[term.via].node
    while node.op.form is Form.NAMED:
        node = node.args[0]
    spelling = node.op.spelling("text", len(node.args), node.params)
    if node.op.form is not Form.CALL or len(node.args) != 1 or spelling is None:
        return ()
    name, _, rest = spelling.template.partition("(")
    return (name, step.name) if name.isidentifier() and rest == "{0})" else ()


def _constant_notes(context: _Context, primal: Step) -> list[Note]:
    """Inputs that a step reads and that are held constant."""
    by_name = context.program.by_name
    names = [
        name
        for name in primal.operands
        if by_name[name].label is not None and name not in context.wanted
    ]
    return [Note(Remark.CONSTANT, tuple(names))] if names else []


def _entry_note(context: _Context, primal: Step) -> list[Note]:
    """A tangent of a scalar output is one entry of an adjoint, if one entry was seeded."""
    if len(context.moving) != 1 or not primal.outputs or primal.node.shape:
        return []
    (seed,) = context.moving
    if seed.position is None:
        return []
    return [Note(Remark.ENTRY, (primal.outputs[0], seed.name), position=seed.position)]
