"""Records as plain data for JSON: names, texts, numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graphcomp.derivation.records import (
    Array,
    Check,
    Closed,
    Insight,
    Note,
    PrimalRow,
    Row,
    SecondOrder,
    Seed,
    Sweep,
)
from graphcomp.node import Node
from graphcomp.program import Program, Role, Step, StepTerm
from graphcomp.spelling import spell

_WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_SUFFIX = {Role.TANGENT: "dot", Role.ADJOINT: "bar"}


def plain_value(value: Array | None) -> Any:
    """An array as numbers in lists; what JSON has no number for, as text."""
    if value is None:
        return None
    if value.dtype.kind != "f" or bool(np.isfinite(value).all()):
        return value.tolist()
    if value.ndim == 0:
        return _WORDS[str(float(value))]
    return [plain_value(part) for part in value]


def plain_primal(program: Program, row: PrimalRow) -> dict[str, Any]:
    """A primal step."""
    step = row.step
    return {
        "step": step.name,
        "definition": step.label or _text(program, step.node, hidden=step.node),
        "operands": list(step.operands),
        "outputs": list(step.outputs),
        "dtype": str(step.node.dtype),
        "shape": [dim if isinstance(dim, int) else str(dim) for dim in step.node.shape],
        "value": plain_value(row.value),
    }


def plain_sweep(program: Program, sweep: Sweep) -> dict[str, Any]:
    """A sweep: its seeds, and a row for every step that has a derivative."""
    suffix = _SUFFIX[sweep.role]
    return {
        "seeds": [_seed(seed) for seed in sweep.seeds],
        "rows": [
            {
                "step": row.primal.name,
                "name": f"{row.primal.name}_{suffix}",
                "value": plain_value(row.value),
                "terms": _terms(program, sweep.role, row),
                "why": [rule for reason in row.reasons for rule in reason.rules],
                "notes": [_note(note) for note in row.notes],
            }
            for row in sweep.rows
            if row.varies or row.derivative is not None
        ],
    }


def _note(note: Note) -> dict[str, Any]:
    return {
        "remark": note.remark.name.lower(),
        "names": list(note.names),
        "count": note.count or None,
        "position": list(note.position) or None,
        "dims": [str(dim) for dim in note.dims] or None,
    }


def plain_insight(program: Program, insight: Insight | None) -> dict[str, Any] | None:
    """Why the closed forms are short."""
    if insight is None:
        return None
    names = insight.names
    return {
        "known": [
            {
                "quantity": _text(program, known.quantity),
                "forms": [_text(program, form, names) for form in known.forms],
            }
            for known in insight.known
        ],
        "step": insight.step,
        "path": [
            {"step": name, "partial": _text(program, node, hidden=program.by_name[name].node)}
            for name, node in insight.path
        ],
        "expression": _text(program, insight.closed, names),
    }


def plain_second(second: SecondOrder) -> dict[str, Any]:
    """Second derivatives: the tangents of the steps, and of their adjoints, which are steps here."""
    program = second.program
    adjoints = [step for step in program.steps if step.of is not None]
    return {
        "adjoints": {step.name: _text(program, step.node, hidden=step.node) for step in adjoints},
        "cotangents": [_seed(seed) for seed in second.adjoint.seeds],
        **plain_sweep(program, second.sweep),
    }


def plain_closed(form: Closed) -> dict[str, Any]:
    """A closed form."""
    text, _ = spell(form.node, "text", form.names.get)
    proof = f"checked at {form.points} points" if form.points else "algebra"
    return {"output": form.output, "by": form.by, "expression": text, "proof": proof}


def plain_check(check: Check) -> dict[str, Any]:
    """A central difference."""
    return {
        "output": check.output,
        "by": check.by,
        "value": plain_value(check.value),
        "derivative": plain_value(check.derivative),
        "deviation": plain_value(np.asarray(check.deviation)),
        "agrees": check.agrees,
    }


def _seed(seed: Seed) -> dict[str, Any]:
    value = plain_value(seed.value)
    position = None if seed.position is None else list(seed.position)
    return {
        "name": seed.name,
        "value": 0 if seed.node is None else value,
        "position": position,
    }


def _terms(program: Program, role: Role, row: Row) -> list[dict[str, Any]]:
    if row.derivative is None:
        return []
    partials = row.partials or (None,) * len(row.derivative.terms)
    return [
        {
            "via": term.via,
            "partial": _partial(program, role, row.derivative, term),
            "contribution": _contribution(program, role, row.derivative, term),
            "value": plain_value(partial),
        }
        for term, partial in zip(row.derivative.terms, partials, strict=True)
    ]


def _later(program: Program, role: Role, step: Step, term: StepTerm) -> Step:
    return program.by_name[term.via if role is Role.ADJOINT and term.via else step.name]


def _partial(program: Program, role: Role, step: Step, term: StepTerm) -> str | None:
    if term.partial is None:
        return None
    later = _later(program, role, step, term).node
    return _text(program, term.partial, hidden=later if term.partial is later else None)


def _contribution(program: Program, role: Role, step: Step, term: StepTerm) -> str:
    if term.via is None or term.read is None:
        return _text(program, term.value)
    read = {term.read: f"{term.via}_{_SUFFIX[role]}"}
    later = _later(program, role, step, term).node
    return _text(program, term.value, read, hidden=later if term.partial is later else None)


def _text(
    program: Program,
    node: Node,
    extra: Mapping[Node, str] | None = None,
    hidden: Node | None = None,
) -> str:
    more = extra or {}

    def leaf(found: Node) -> str | None:
        if found in more:
            return more[found]
        return None if found is hidden else program.names.get(found)

    return spell(node, "text", leaf)[0]
