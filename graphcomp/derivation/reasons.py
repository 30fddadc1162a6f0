"""By which rules the line of a derivative follows: those on the records of the ops between two steps."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from graphcomp.ad import Block
from graphcomp.derivation.records import Reason
from graphcomp.node import Node
from graphcomp.op import Form, Joins
from graphcomp.program import Program, Role, Step
from graphcomp.shape import Dim, same_shape

_SILENT = {Form.NAMED, Form.BROADCAST}


class Reasons:
    """The reasons of a sweep's lines.

    Args:
        program: the primal program.
        role: tangents or adjoints.
        varying: the names of the steps that vary.
    """

    def __init__(self, program: Program, role: Role, varying: Collection[str]) -> None:
        self.program = program
        self.role = role
        self.varying = {program.by_name[name].node for name in varying}
        self.blocks = {program.names[block.output]: block for block in program.blocks}

    def of(self, step: Step) -> tuple[Reason, ...]:
        """Why a derivative step is what it is, one reason for each step that was differentiated."""
        terms = [term for term in step.terms if term.via is not None]
        if not terms:
            return ()
        if self.role is Role.TANGENT:
            sources = {self.program.by_name[term.via].node for term in terms if term.via}
            rules = self._rules(self.blocks[step.name], sources)
            return (Reason(rules),) if rules else ()
        node = self.program.by_name[step.name].node
        found = []
        for term in terms:
            rules = self._rules(self.blocks[term.via or ""], {node})
            via = term.via if term.partial is None else None
            if rules or via:
                found.append(Reason(rules, via, len(step.terms)))
        return tuple(found) or (Reason((), None, len(step.terms)),)

    def _rules(self, block: Block, sources: Collection[Node]) -> tuple[str, ...]:
        """The rules of the ops between the sources and the block's output, outermost first."""
        varying = self.varying.intersection(block.operands)
        reached = set(sources)
        essential: dict[str, None] = {}
        modifying: dict[str, None] = {}
        for node in block.interior:
            moving = [i for i, arg in enumerate(node.args) if arg in varying]
            if moving and node.is_real:
                varying.add(node)
            if reached.isdisjoint(node.args):
                continue
            reached.add(node)
            op = node.op
            if op.form in _SILENT:
                continue
            if len(moving) == 1 and len(node.args) > 1 and op.why_constant:
                modifying[op.why_constant[moving[0]]] = None
            elif op.joins is Joins.PRODUCER:
                modifying[self._rule(node)] = None
            else:
                essential[self._rule(node)] = None
        return tuple(reversed(essential or modifying))

    def _rule(self, node: Node) -> str:
        backward = node.op.why_reverse if self.role is Role.ADJOINT else ""
        return backward or node.op.why


def summed_axes(block: Block, operand: Node) -> tuple[Dim, ...]:
    """The sizes of the axes along which a block repeats an operand: its adjoint is a sum over them."""
    found: list[Dim] = []
    for node in _broadcasts(block, operand):
        source = node.args[0].shape
        added = node.shape[: node.ndim - len(source)]
        kept = node.shape[node.ndim - len(source) :]
        found += added
        found += [
            after
            for before, after in zip(source, kept, strict=True)
            if not same_shape((before,), (after,))
        ]
    return tuple(dict.fromkeys(found))


def _broadcasts(block: Block, operand: Node) -> Iterator[Node]:
    """The broadcasts of an operand inside a block, also after it was reshaped or turned."""
    moved = {operand}
    for node in block.interior:
        if moved.isdisjoint(node.args) or len(node.args) > 1:
            continue
        if node.op.form is Form.BROADCAST:
            yield node
        moved.add(node)
