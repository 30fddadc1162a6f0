"""Sums and products of derivatives, without the ones and zeros that differentiation strews about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from graphcomp.node import Node, constant, current_scope
from graphcomp.op import Form
from graphcomp.ops.arithmetic import NEG
from graphcomp.ops.shaping import CAST
from graphcomp.shape import Shape

Partial = Node | float | None


@contextmanager
def unscoped() -> Iterator[None]:
    """Derivatives belong to no scope of the user's."""
    token = current_scope.set("")
    try:
        yield
    finally:
        current_scope.reset(token)


def filled(value: float, shape: Shape, like: Node) -> Node:
    """An array of one value, in the dtype of `like`."""
    return constant(value, like.dtype).broadcast_to(shape)


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
    number = node.constant
    return -node if number is None else filled(-number, node.shape, node)


def times(tangent: Node, partial: Partial) -> Node | None:
    """A tangent or cotangent times a local partial; None is an identical zero."""
    if partial is None:
        return None
    number = partial.constant if isinstance(partial, Node) else float(partial)
    if number == 1:
        return tangent
    if number == -1:
        return negate(tangent)
    if number == 0:
        return None
    if tangent.constant == 1 and isinstance(partial, Node) and partial.dtype == tangent.dtype:
        return partial
    if tangent.constant == -1 and isinstance(partial, Node) and partial.dtype == tangent.dtype:
        return negate(partial)
    return tangent * partial


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
    numbers = [arg.constant for arg in args]
    if form is Form.PRODUCT:
        for mine, other in ((0, 1), (1, 0)):
            if numbers[mine] in {1, -1} and args[other].dtype == node.dtype:
                return args[other] if numbers[mine] == 1 else negate(args[other])
    elif form is Form.NEGATION:
        return negate(args[0])
    elif form is Form.SUM and 0 in numbers:
        return args[1] if numbers[0] == 0 else args[0]
    elif form is Form.DIFFERENCE and 0 in numbers:
        return args[0] if numbers[1] == 0 else negate(args[1])
    elif node.op is CAST and numbers[0] is not None:
        return filled(numbers[0], node.shape, node)
    return node
