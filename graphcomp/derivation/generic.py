"""Expressions without their exceptions at single points: what holds almost everywhere."""

from __future__ import annotations

import sympy

from graphcomp.node import Node, constant
from graphcomp.op import Form
from graphcomp.traversal import topological

_U, _V = sympy.symbols("u v", real=True)


def generic(root: Node) -> Node:
    """A node with ``where(u == v, a, b)`` replaced by b, ``where(u != v, a, b)`` by a, ``[u == v]`` by 0.

    Derivatives have such choices for points like x = 0 in x**y. A formula for people leaves them
    out; that it is equal elsewhere is then a matter of checking, as the two differ as expressions.
    """
    new: dict[Node, Node] = {}
    for node in topological([root]):
        args = tuple(new[arg] for arg in node.args)
        if node.op.form is Form.CHOICE and (side := _usual(node.args[0])) is not None:
            new[node] = args[side]
        elif node.op.form is Form.BRACKET and (side := _usual(node.args[0])) is not None:
            new[node] = constant(float(side == 1), node.dtype)
        else:
            new[node] = node if args == node.args else node.rebuild(args)
    return new[root]


def _usual(condition: Node) -> int | None:
    """Which branch is taken almost everywhere; None if that is not known."""
    if condition.op.formula is None or len(condition.args) != 2:
        return None
    relation = condition.op.formula(_U, _V)
    if isinstance(relation, sympy.Eq):
        return 2
    return 1 if isinstance(relation, sympy.Ne) else None
