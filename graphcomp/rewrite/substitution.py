"""Other nodes in place of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphcomp.node import Node
from graphcomp.traversal import topological


def substitute(outputs: Sequence[Node], mapping: Mapping[Node, Node]) -> list[Node]:
    """The outputs with nodes replaced by others of the same shape and dtype.

    What replaces a node is taken as it is: nothing inside it is replaced.

    >>> import graphcomp as gc
    >>> x, y = gc.scalars("x y")
    >>> substitute([gc.exp(x) * y], {x: y, y: x})[0] is gc.exp(y) * x
    True
    """
    new: dict[Node, Node] = dict(mapping)
    for node in topological(outputs, stop=mapping.__contains__):
        if node not in new:
            args = tuple(new[arg] for arg in node.args)
            new[node] = node if args == node.args else node.rebuild(args)
    return [new[node] for node in outputs]
