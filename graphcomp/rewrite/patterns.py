"""What rules look for: an argument of an op, a square, an opposite, a reduction spread back."""

from __future__ import annotations

from collections.abc import Callable

from graphcomp.node import Node
from graphcomp.op import Op
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, SUB
from graphcomp.ops.powers import SQUARE
from graphcomp.ops.reductions import MAX
from graphcomp.ops.shaping import BROADCAST, GETITEM, RESHAPE, WHOLE
from graphcomp.ops.transcendental import EXP
from graphcomp.shape import Shape

Axes = tuple[int, ...]


def inside(op: Op, node: Node) -> Node | None:
    """x of op(x), in the shape of the node, if x is real: integers wrap around and are truncated."""
    inner = node.args[0] if node.op is BROADCAST else node
    if inner.op is not op or not inner.args[0].is_real:
        return None
    return inner.args[0].broadcast_to(node.shape)


def squared(node: Node) -> Node | None:
    """x of x**2 or x*x, in the shape of the node, if x is real."""
    inner = node.args[0] if node.op is BROADCAST else node
    is_square = inner.op is SQUARE or (inner.op is MUL and inner.args[0] is inner.args[1])
    if not is_square or not inner.is_real:
        return None
    return inner.args[0].broadcast_to(node.shape)


def added_to_one(node: Node) -> Node | None:
    """x of 1 + x or x + 1, if x is real and no number."""
    if node.op is not ADD or not node.is_real:
        return None
    for one, other in (node.args, node.args[::-1]):
        if one.constant == 1 and other.dtype == node.dtype and other.constant is None:
            return other
    return None


def taken_from_one(node: Node) -> Node | None:
    """x of 1 - x, if x is real and no number."""
    if node.op is not SUB or node.args[0].constant != 1:
        return None
    other = node.args[1]
    return other if other.dtype == node.dtype and other.constant is None and other.is_real else None


def negated(node: Node) -> Node:
    """-x, without a second sign."""
    if node.op is NEG:
        return node.args[0]
    if node.op is BROADCAST and node.args[0].op is NEG:
        return node.args[0].args[0].broadcast_to(node.shape)
    return -node


def opposite(a: Node, b: Node) -> bool:
    """Whether a is -b."""
    return negated(a) is b or negated(b) is a


#: How many factors of a product are looked at.
FACTORS = 8


def factors(
    node: Node, through: Callable[[Node], bool] = lambda _node: False
) -> tuple[list[Node], bool]:
    """The factors of a product, and whether the number of signs among them is odd.

    Those of a large product in part: FACTORS at most. What `through` holds for is looked into.
    """
    found: list[Node] = []
    waiting, odd = [node], False
    while waiting:
        part = waiting.pop()
        if part.op is NEG:
            odd = not odd
            waiting.append(part.args[0])
        elif through(part):
            waiting.append(part.args[0])
        elif part.op is MUL and len(found) + len(waiting) < FACTORS:
            waiting += part.args[::-1]
        else:
            found.append(part)
    return found, odd


def exchanged(parts: list[Node], old: list[Node], new: Node, odd: bool) -> Node:
    """The product of the parts, with a new factor in place of some, and a sign if `odd`."""
    rest = list(parts)
    for part in old:
        rest.remove(part)
    result = new
    for part in reversed(rest):
        result = part * result
    return -result if odd else result


def spread(node: Node, op: Op) -> tuple[Node, Axes] | None:
    """x and axes of op(x, axes, keepdims=True), spread back over the axes in the shape of x.

    Also where the axes were dropped and put back: ``[:, None]``, a reshape; or dropped at the front,
    where broadcasting puts them back.
    """
    inner = node.args[0] if node.op is BROADCAST else node
    shape = inner.shape
    if adds_axes(inner):
        inner = inner.args[0]
    if inner.op is not op or not inner.is_real:
        return None
    (x,) = inner.args
    axes: Axes = inner.param("axes")
    if x.shape != node.shape:
        return None
    front = axes == tuple(range(len(axes))) and shape == x.shape[len(axes) :]
    return (x, axes) if front or shape == kept_shape(x.shape, axes) else None


def adds_axes(node: Node) -> bool:
    """Whether the node puts axes of size 1 in: `[:, None]`, a reshape."""
    if node.op is GETITEM:
        return all(entry is None or entry == WHOLE for entry in node.param("index"))
    return node.op is RESHAPE


def kept_shape(shape: Shape, axes: Axes) -> Shape:
    """The shape after a reduction with keepdims."""
    return tuple(1 if axis in axes else dim for axis, dim in enumerate(shape))


def below_maximum(node: Node, axes: Axes) -> Node | None:
    """x of x - max(x, axes, keepdims=True)."""
    if node.op is not SUB or not node.is_real:
        return None
    found = spread(node.args[1], MAX)
    return node.args[0] if found == (node.args[0], axes) else None


def divides_exponentials(node: Node) -> bool:
    """Whether a quotient or product has a factor exp(x) that may be infinite, and so NaN beside 0."""
    parts, _ = factors(node.args[0] if node.op is DIV else node)
    exponents = [inside(EXP, part) for part in parts]
    return any(x is not None and not _is_below_maximum(x) for x in exponents)


def takes_no_maximum(node: Node) -> bool:
    """Whether no operand has its maximum taken away, after which no exponential overflows."""
    return not any(_is_below_maximum(arg) for arg in node.args)


def _is_below_maximum(x: Node) -> bool:
    found = spread(x.args[1], MAX) if x.op is SUB else None
    return found is not None and found[0] is x.args[0]
