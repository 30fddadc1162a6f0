"""Results of blocks that are added up in places of a larger array: the gradient by x of f(x[1:], x[:-1]).

Each block adds to its part of a view of the result, so that what is added is never there as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcomp.codegen.dialects import NUMPY
from graphcomp.node import Node
from graphcomp.op import Form

#: How a record says that a value is added to places of an array.
INTO = NUMPY.into


def scattered_sums(
    order: Sequence[Node],
    exported: Collection[Node],
    inside: Collection[Node],
    results: Collection[Node],
) -> dict[Node, list[Node]]:
    """Sums of scattered arrays that all come from one place, and are read nowhere else.

    Args:
        order: all nodes, arguments before users.
        exported: the arrays, results of blocks.
        inside: the nodes that are computed block by block.
        results: nodes that are read outside the graph.

    Returns:
        The largest such sums, with the nodes that scatter.
    """
    readers: dict[Node, list[Node]] = {}
    for node in order:
        for arg in node.args if node not in inside else ():
            readers.setdefault(arg, []).append(node)

    def alone(node: Node) -> bool:
        return len(readers.get(node, ())) == 1 and node not in results

    terms: dict[Node, list[Node]] = {}
    for node in order:
        if INTO in node.op.spell:
            (value,) = node.args
            if value in exported and alone(value) and value.dtype == node.dtype:
                terms[node] = [node]
        elif node.op.form is Form.SUM and all(
            arg in terms and alone(arg) and arg.dtype == node.dtype for arg in node.args
        ):
            terms[node] = [term for arg in node.args for term in terms[arg]]
    return {
        node: found
        for node, found in terms.items()
        if not (alone(node) and readers[node][0] in terms)
    }
