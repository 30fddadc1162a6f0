"""Gradients of tensor programs in closed form: (W₂ᵀ (p - y) ⊙ [W₁ x > 0]) xᵀ.

Adjoints are put into one another until only primal steps are left. Steps that do no more than
combine inputs, and differences, are written out, so that the formula shows what it depends on;
other steps (h, p) stand by name, as they are computed anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.derivation.records import Closed
from graphcomp.node import Node, constant, is_input
from graphcomp.op import Form
from graphcomp.program import Program, Step, adjoint_steps
from graphcomp.rewrite import simplify
from graphcomp.traversal import topological

#: Nodes of a formula that is still easy to read.
MOST_NODES, MOST_STEPS = 12, 200

_TRANSPARENT = {Form.BROADCAST, Form.NAMED, Form.LEAF}


def matrix_forms(program: Program, wrt: Sequence[str]) -> tuple[Closed, ...]:
    """The closed forms of the gradients of scalar outputs, those that are short."""
    graph = program.graph
    if len(program.steps) > MOST_STEPS:
        return ()
    kept = _kept(program)
    forms = []
    for name, output in zip(graph.output_names, graph.outputs, strict=True):
        if output.shape or not output.is_real:
            continue
        one = constant(1.0, output.dtype)
        steps = {s.name: s for s in adjoint_steps(program, {name: one}, wrt)}
        for by in wrt:
            step = steps.get(program.step_of(by).name)
            node = None if step is None else _short(step.node, kept)
            if node is not None:
                forms.append(Closed(name, by, node, kept))
    return tuple(forms)


def _kept(program: Program) -> dict[Node, str]:
    """The nodes that stand by name."""
    kept = dict(zip(program.graph.inputs, program.graph.input_names, strict=True))
    for step in program.steps:
        if step.label is None and not _is_written_out(step):
            kept[step.node] = step.name
            kept.setdefault(_unnamed(step.node), step.name)
    return kept


def _is_written_out(step: Step) -> bool:
    node = _unnamed(step.node)
    operands = [arg for arg in node.args if not arg.is_constant]
    from_inputs = all(is_input(_through(arg)) for arg in operands)
    return from_inputs or node.op.form is Form.DIFFERENCE


def _unnamed(node: Node) -> Node:
    while node.op.form is Form.NAMED:
        node = node.args[0]
    return node


def _through(node: Node) -> Node:
    while node.op.form in {Form.BROADCAST, Form.NAMED, Form.TRANSPOSE}:
        node = node.args[0]
    return node


def _short(node: Node, kept: dict[Node, str]) -> Node | None:
    """The node in normal form above what is kept, if it is short enough to read."""
    if _size(node, kept) > 4 * MOST_NODES:
        return None
    (result,) = simplify([node], kept)
    return result if _size(result, kept) <= MOST_NODES else None


def _size(node: Node, kept: dict[Node, str]) -> int:
    reached = topological([node], stop=kept.__contains__)
    return sum(n not in kept and n.op.form not in _TRANSPARENT for n in reached)
