"""Sums and products of derivatives, without the ones and zeros that differentiation strews about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from graphcomp.node import Node, apply, current_scope, number
from graphcomp.op import Form
from graphcomp.ops.arithmetic import NEG
from graphcomp.ops.comparison import LOGICAL_AND, LOGICAL_NOT, WHERE
from graphcomp.ops.leaves import CONSTANT
from graphcomp.ops.shaping import BROADCAST, CAST, GETITEM, RESHAPE, TRANSPOSE
from graphcomp.shape import Shape
from graphcomp.traversal import collector_at_rest

Partial = Node | float | None

_TIDIED = {Form.PRODUCT, Form.SUM, Form.DIFFERENCE}
_MOVES = {BROADCAST, RESHAPE, TRANSPOSE, GETITEM}
_CHOICES = {WHERE, *_MOVES}
_SPECIAL = {CONSTANT, *_CHOICES}


@contextmanager
def unscoped() -> Iterator[None]:
    """Derivatives belong to no scope of the user's, and need no collector: they make no cycles."""
    token = current_scope.set("")
    try:
        with collector_at_rest():
            yield
    finally:
        current_scope.reset(token)


def filled(value: float, shape: Shape, like: Node) -> Node:
    """An array of one value, in the dtype of `like`."""
    return number(value, like.dtype).broadcast_to(shape)


def zeros_like(node: Node) -> Node:
    """Zeros in the shape and dtype of a node."""
    return filled(0.0, node.shape, node)


def ones_like(node: Node) -> Node:
    """Ones in the shape and dtype of a node."""
    return filled(1.0, node.shape, node)


def negate(node: Node) -> Node:
    """-node."""
    if node.op is NEG:
        return node.args[0]
    value = node.constant
    return -node if value is None else filled(-value, node.shape, node)


def times(tangent: Node, partial: Partial) -> Node | None:
    """A tangent or cotangent times a local partial; None is an identical zero."""
    if partial is None:
        return None
    if not isinstance(partial, Node):
        return _scaled(tangent, partial)
    if _SPECIAL.isdisjoint((tangent.op, partial.op)):  # mostly
        return tangent * partial
    value = partial.constant
    if value is not None and value in {0, 1, -1}:
        return _scaled(tangent, value)
    if partial.op in _CHOICES and (chosen := choice(partial)) is not None:
        return chosen.of(times(tangent, chosen.kept))
    if tangent.op in _CHOICES and (chosen := choice(tangent)) is not None:
        return chosen.of(times(chosen.kept, partial))
    value = tangent.constant
    if value is not None and value in {1, -1} and partial.dtype == tangent.dtype:
        return partial if value == 1 else negate(partial)
    return tangent * partial


def _scaled(tangent: Node, factor: float) -> Node | None:
    if factor == 0:
        return None
    if factor == 1:
        return tangent
    return negate(tangent) if factor == -1 else tangent * factor


class Choice(NamedTuple):
    """A derivative `where(condition, kept, 0)`, or the other way round, taken apart.

    What is multiplied by it goes inside: outside, the 0 would meet the infinite or undefined
    derivative of a branch that was not taken, and 0*inf is NaN.
    """

    condition: Node
    first: bool
    kept: Node

    def of(self, value: Node | None) -> Node | None:
        """The value where the branch was taken, else 0."""
        if value is None:
            return None
        condition, first = self.condition, self.first
        inner = choice(value)
        if inner is not None and inner[:2] == (condition, first):
            return value
        if inner is not None:  # one condition, not a tower of them
            condition = apply(LOGICAL_AND, self.holds, inner.holds)
            first, value = True, inner.kept
        zero = filled(0.0, value.shape, value)
        return (
            apply(WHERE, condition, value, zero) if first else apply(WHERE, condition, zero, value)
        )

    @property
    def holds(self) -> Node:
        """Where the branch was taken."""
        return self.condition if self.first else apply(LOGICAL_NOT, self.condition)


def choice(node: Node) -> Choice | None:
    """The node as a choice between a branch and 0, also through a few ops that only move entries."""
    outer: list[Node] = []
    while node.op in _MOVES and len(outer) < 4:
        outer.append(node)
        node = node.args[0]
    if node.op is not WHERE:
        return None
    condition, a, b = node.args
    if b.constant == 0:
        first, kept = True, a
    elif a.constant == 0:
        first, kept = False, b
    else:
        return None
    for shaped in reversed(outer):
        condition, kept = shaped.rebuild((condition,)), shaped.rebuild((kept,))
    return Choice(condition, first, kept)


def plus(a: Node | None, b: Node | None) -> Node | None:
    """The sum; None is an identical zero."""
    if a is None or b is None:
        return a if b is None else b
    return a + b


def total(parts: Sequence[Node]) -> Node:
    """The sum of at least one part, from the left."""
    result = parts[0]
    for part in parts[1:]:
        result = result + part
    return result


def tidy(node: Node) -> Node:
    """The node without a factor of one, a term of zero or the negation of a number at its top."""
    form, args = node.op.form, node.args
    if form is Form.NEGATION:
        return negate(args[0])
    if form not in _TIDIED and node.op is not CAST:
        return node
    numbers = [arg.constant for arg in args]
    if form is Form.PRODUCT:
        for mine, other in ((0, 1), (1, 0)):
            if numbers[mine] in {1, -1} and args[other].dtype == node.dtype:
                return args[other] if numbers[mine] == 1 else negate(args[other])
    elif form is Form.SUM and 0 in numbers:
        return args[1] if numbers[0] == 0 else args[0]
    elif form is Form.DIFFERENCE and 0 in numbers:
        return args[0] if numbers[1] == 0 else negate(args[1])
    elif node.op is CAST and numbers[0] is not None:
        return filled(numbers[0], node.shape, node)
    return node
