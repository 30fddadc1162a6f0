"""Rules for sums of arrays that are zero but for one row each: one array, filled row by row.

Gradients by the rows of an argument are such sums.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphcomp.node import Node, apply
from graphcomp.ops.arithmetic import ADD, SUB
from graphcomp.ops.placing import PLACE
from graphcomp.ops.shaping import BROADCAST, CONCATENATE, RESHAPE, SCATTER, WHOLE
from graphcomp.rewrite.patterns import negated
from graphcomp.rewrite.rules import rule

#: A sum is not put together of more parts than this: each term would make all of them anew.
MOST = 64

#: Parts of an array, by their places along the leading axes.
Parts = Mapping[tuple[int, ...], Node]


def parts_of(node: Node) -> Parts | None:
    """The rows, or other parts, of an array that is zero elsewhere."""
    if node.op is PLACE:
        return dict(zip(node.param("places"), node.args, strict=True))
    if node.op is not SCATTER:
        return None
    index = node.param("index")
    place = tuple(entry for entry in index if isinstance(entry, int) and entry >= 0)
    if not place or index != (*place, *[WHOLE] * (len(index) - len(place))):
        return None
    return {place: node.args[0]}


def _placed(parts: Parts, like: Node) -> Node | None:
    """The array of these parts, in the shape and dtype of another."""
    if any(part.dtype != like.dtype for part in parts.values()):
        return None
    places = tuple(sorted(parts))
    lines = [_plain(parts[place]) for place in places]
    return apply(PLACE, *lines, places=places, shape=like.shape)


def _plain(part: Node) -> Node:
    """A part; of one number everywhere, the number."""
    return part.args[0] if part.op is BROADCAST and part.args[0].shape == () else part


@rule(
    ADD,
    SUB,
    before="zeros.at[0].add(x) + zeros.at[1].add(y)",
    after="place(0: x, 1: y)",
    needs=(SCATTER,),
)
def rows_of_sum(node: Node) -> Node | None:
    """No two of the terms are at one place, so nothing is added but zeros."""
    first, second = parts_of(node.args[0]), parts_of(node.args[1])
    if first is None or second is None or not node.is_real:
        return None
    if len(first) + len(second) > MOST:
        return None
    depths = {len(place) for place in (*first, *second)}
    if len(depths) > 1 or not first.keys().isdisjoint(second):
        return None
    if node.op is SUB:
        second = {place: negated(part) for place, part in second.items()}
    return _placed({**first, **second}, node)


@rule(
    CONCATENATE,
    before="stack([zeros.at[1].add(x), y])",
    after="place((0, 1): x, 1: y)",
    needs=(SCATTER,),
)
def rows_of_stack(node: Node) -> Node | None:
    """Part i of the stack is at place i of its first axis, and what is inside of it behind that."""
    if node.param("axis") != 0:
        return None
    found: dict[tuple[int, ...], Node] = {}
    inside = False
    for i, arg in enumerate(node.args):
        if arg.op is not RESHAPE or arg.shape != (1, *arg.args[0].shape):
            return None
        part = arg.args[0]
        parts = parts_of(part)
        inside = inside or parts is not None
        found |= {(i, *place): each for place, each in (parts or {(): part}).items()}
    return _placed(found, node) if inside else None


RULES = (rows_of_sum, rows_of_stack)
