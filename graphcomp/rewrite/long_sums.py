"""Sums of many arrays as one op with many terms.

The gradient by what is read at each step of an unrolled loop is such a sum. Added up one by one, it is
as many calls as there are steps; as the rows of a stack it is one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcomp.node import Node, apply
from graphcomp.ops.arithmetic import ADD
from graphcomp.ops.shaping import BROADCAST
from graphcomp.rewrite.siblings import is_stackable
from graphcomp.rewrite.stack_ops import TOTAL
from graphcomp.traversal import topological, use_counts

#: Sums of fewer terms stay: a sum along an axis takes as long as four additions.
FEWEST = 6


def long_sums(outputs: Sequence[Node], early: Collection[Node]) -> dict[Node, Node]:
    """What each node becomes where sums of many arrays are one op; `early` are those of the values.

    A part of a sum that something else reads is a term of its own. Sums of what cannot be computed on a
    stack stay: their terms would be copied for nothing.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "8 n")
    >>> rows = [gc.exp(x[i]) for i in range(8)]
    >>> total = sum(rows[1:], start=rows[0])
    >>> found = long_sums([total], ())[total]
    >>> found.op.name, found.args == tuple(rows)
    ('total', True)
    """
    order = topological(outputs)
    uses = use_counts(order)
    kept = set(outputs)
    sums = {node for node in order if _adds_arrays(node)}
    inner = {
        arg
        for node in sums
        for arg in node.args
        if arg in sums and uses[arg] == 1 and arg not in kept and (arg in early) is (node in early)
    }
    terms = {node: _terms(node, inner) for node in order if node in sums and node not in inner}
    memo: dict[Node, Node] = {}
    for node in order:
        listed = terms.get(node, ())
        if len(listed) >= FEWEST and 2 * sum(map(is_stackable, listed)) > len(listed):
            memo[node] = apply(TOTAL, *[memo[term] for term in listed])
        else:
            args = tuple([memo[arg] for arg in node.args])
            memo[node] = node if args == node.args else node.rebuild(args)
    return memo


def _terms(node: Node, inner: Collection[Node]) -> list[Node]:
    """What is added up, in order."""
    found: list[Node] = []
    stack = [node]
    while stack:
        current = stack.pop()
        if current is node or current in inner:
            stack += reversed(current.args)
        else:
            found.append(current)
    return found


def _adds_arrays(node: Node) -> bool:
    return (
        node.op is ADD
        and node.shape != ()
        and node.dtype.kind == "f"
        and all(arg.op is not BROADCAST for arg in node.args)
    )
