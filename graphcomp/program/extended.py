"""A program together with its adjoints: what second derivatives are derived from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graphcomp.ad.build import times
from graphcomp.names import fresh_name
from graphcomp.node import Node, apply
from graphcomp.op import Form
from graphcomp.ops.leaves import LET
from graphcomp.program.cuts import blocks_of
from graphcomp.program.steps import Program, Role, Step, StepTerm
from graphcomp.rewrite import substitute


def with_adjoints(program: Program, adjoints: Sequence[Step], seeds: Sequence[Node]) -> Program:
    """The program, and each adjoint step as a further step of it, in the order of reverse mode.

    Every adjoint gets a name of its own, so that adjoints that are equal stay apart; it reads primal
    steps and other adjoints. Forward mode through this program is forward over reverse mode: the
    tangents of the adjoints of the inputs are the Hessian times the seeded direction (Pearlmutter
    1994, Fast exact multiplication by the Hessian).

    Args:
        program: the primal program.
        adjoints: from `adjoint_steps`, last first.
        seeds: the input nodes that stand for the cotangents of the outputs.
    """
    steps = {step.node: step.node for step in program.steps}
    standing: dict[Node, Node] = {}
    for node in steps:
        standing.setdefault(_unnamed(node), node)
    standing |= steps
    taken = set(program.by_name)
    named: dict[str, Node] = {}
    names: dict[Node, str] = dict(program.names)
    made: list[Step] = []
    for adjoint in adjoints:
        value = _total(adjoint, named, standing)
        name = fresh_name(f"{adjoint.name}_bar", taken)
        taken.add(name)
        named[adjoint.name] = node = apply(LET, value, name=name)
        names[node] = name
        made.append(Step(name, Role.ADJOINT, node, of=adjoint.name))
    cut = [*(step.node for step in program.steps), *named.values()]
    blocks = blocks_of([*seeds, *cut])
    reads = {block.output: block.operands for block in blocks}
    made = [
        replace(step, operands=tuple(names[n] for n in reads[step.node] if n in names))
        for step in made
    ]
    together = (*program.steps, *made)
    by_name: Mapping[str, Step] = {step.name: step for step in together}
    return replace(program, steps=together, blocks=tuple(blocks), by_name=by_name, names=names)


def _total(adjoint: Step, named: Mapping[str, Node], standing: Mapping[Node, Node]) -> Node:
    """The sum of an adjoint's terms, each in terms of the named adjoint that it reads."""
    total: Node | None = None
    for term in adjoint.terms:
        value = _contribution(term, named, standing)
        total = value if total is None else total + value
    assert total is not None, f"the adjoint of {adjoint.name} has no terms"
    return total


def _contribution(term: StepTerm, named: Mapping[str, Node], standing: Mapping[Node, Node]) -> Node:
    """A contribution in terms of the named adjoint that it reads."""
    if term.via is None or term.read is None:
        return term.value
    if term.partial is None:
        return substitute([term.value], {**standing, term.read: named[term.via]})[0]
    value = times(named[term.via], substitute([term.partial], standing)[0])
    return named[term.via] * 0.0 if value is None else value


def _unnamed(node: Node) -> Node:
    while node.op.form is Form.NAMED:
        node = node.args[0]
    return node
