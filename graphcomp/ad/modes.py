"""Forward and reverse mode over blocks, with a record of where every contribution came from.

With one block a node this is automatic differentiation as in Griewank and Walther, Evaluating
Derivatives (2008), chapters 3; with coarser blocks it is the same chain rule at the coarser cut,
which is what a person writes down.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from graphcomp.ad.build import plus, times, unscoped
from graphcomp.ad.local import (
    Block,
    active_nodes,
    is_pointwise,
    local_partials,
    pull_block,
    push_block,
)
from graphcomp.node import Node
from graphcomp.op import Form

_NEGATION = Form.NEGATION  # a look at the enumeration for each node takes long


class Term(NamedTuple):
    """One contribution to an adjoint or tangent.

    Attributes:
        source: the output of the block that it comes by: the consumer in reverse mode, the operand
            in forward mode; None for a seed.
        partial: the local partial of the consumer by the operand, where the block is pointwise.
        value: the contribution itself.
    """

    source: Node | None
    partial: Node | None
    value: Node


class Derivative(NamedTuple):
    """The adjoint or tangent of a node: the sum of its terms, in the order of the steps."""

    node: Node
    value: Node
    terms: tuple[Term, ...]


def reverse(
    blocks: Sequence[Block], seeds: Mapping[Node, Node], wrt: Collection[Node]
) -> dict[Node, Derivative]:
    """The adjoints of all nodes between the seeded outputs and `wrt`.

    Args:
        blocks: in topological order.
        seeds: a cotangent, of the same shape, for each output.
        wrt: the nodes whose adjoints are wanted.

    Returns:
        Adjoints by node; a node that no output depends on is missing.
    """
    with unscoped():
        active = active_nodes(blocks, wrt)
        terms: dict[Node, list[Term]] = {
            node: [Term(None, None, seed)] for node, seed in seeds.items()
        }
        found: dict[Node, Derivative] = {}
        for block in reversed(blocks):
            node = block.output
            if node not in terms or node not in active:
                continue
            found[node] = derivative = _finish(node, terms.pop(node))
            for operand, term in _contributions(block, derivative.value, active):
                if operand in terms:
                    terms[operand].append(term)
                else:
                    terms[operand] = [term]
        for node, rest in terms.items():
            if node in active:
                found[node] = _finish(node, rest)
    return found


def _contributions(block: Block, ct: Node, active: Collection[Node]) -> list[tuple[Node, Term]]:
    if not is_pointwise(block, active):
        return [(o, Term(block.output, None, value)) for o, value in pull_block(block, ct, active)]
    result = []
    for operand, partial in local_partials(block, active).items():
        value = times(ct, partial)
        if value is not None:
            result.append((operand, Term(block.output, partial, value)))
    return result


def forward(blocks: Sequence[Block], seeds: Mapping[Node, Node]) -> dict[Node, Derivative]:
    """The tangents of all nodes that depend on the seeded ones.

    Args:
        blocks: in topological order.
        seeds: a tangent, of the same shape, for each node that varies; where a seeded node depends
            on another one, its own tangent comes on top, so that this is the transpose of `reverse`.

    Returns:
        Tangents by node; a node that depends on none of the seeded ones is missing.
    """
    with unscoped():
        active = active_nodes(blocks, seeds)
        found = {
            node: Derivative(node, seed, (Term(None, None, seed),)) for node, seed in seeds.items()
        }
        for block in blocks:
            node = block.output
            moving = {o: found[o].value for o in block.operands if o in found}
            if not moving or node not in active:
                continue
            own = found[node].terms if node in found else ()
            if is_pointwise(block, active):
                partials = local_partials(block, active)
                terms = [
                    Term(operand, partials[operand], value)
                    for operand, tangent in moving.items()
                    if operand in partials
                    and (value := times(tangent, partials[operand])) is not None
                ]
                if terms:
                    found[node] = _finish(node, [*own, *terms][::-1])
                continue
            value = push_block(block, moving)
            if value is not None:
                terms = [*own, *_linear_terms(block, moving, value)]
                found[node] = Derivative(node, own[0].value + value if own else value, tuple(terms))
    return found


def _linear_terms(block: Block, moving: Mapping[Node, Node], value: Node) -> list[Term]:
    """The terms of a tangent by operand: the tangent with all other operands at rest."""
    if len(moving) == 1:
        return [Term(next(iter(moving)), None, value)]
    parts = [
        (operand, push_block(block, {operand: tangent})) for operand, tangent in moving.items()
    ]
    return [Term(operand, None, part) for operand, part in parts if part is not None]


def _finish(node: Node, terms: list[Term]) -> Derivative:
    """Terms were collected last consumer first; they are added first consumer first."""
    if len(terms) == 1:
        return Derivative(node, terms[0].value, tuple(terms))
    terms.reverse()
    value: Node | None = None
    for term in terms:
        negated = value is not None and term.value.op.form is _NEGATION
        value = value - term.value.args[0] if negated else plus(value, term.value)  # type: ignore[operator]
    if value is None:
        msg = "a derivative without terms"
        raise AssertionError(msg)
    return Derivative(node, value, tuple(terms))
