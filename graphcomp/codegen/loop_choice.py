"""Which parts of a graph are computed block by block in loops, rather than row by row."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from graphcomp.codegen.loop_units import nest_of, scalar_spelling
from graphcomp.codegen.vectors import FUNCTIONS
from graphcomp.nest import TOTAL, Nest
from graphcomp.node import Node

#: Longer regions take too long to compile as one function.
MOST = 300
_COSTLY = re.compile(rf"\bnp\.({'|'.join(FUNCTIONS)})\(|\b_one_")


def gains_by_blocks(
    nodes: Sequence[Node], summed: Collection[Node], *, threads: bool = False
) -> bool:
    """Whether a region has loops for all of it, and is faster in blocks than row by row.

    It is if there are products of small matrices for each row, or, on one thread, functions of one
    number for each row beside sums over it.
    """
    if len(nodes) > MOST:
        return False
    nests = {node: nest_of(node, always=True) for node in nodes}
    if not all(isinstance(nest, Nest) for nest in nests.values()):
        return False
    totals = [nests[node] for node in nodes if node in summed]
    if any(isinstance(nest, Nest) and nest.join is not TOTAL for nest in totals):
        return False
    if any(nest_of(node) is None for node in nodes):
        return True
    if threads:
        return False
    deep = any(arg.ndim > 1 for node in nodes for arg in node.args)
    return deep and any(node.ndim == 1 and _is_costly(node) for node in nodes)


def _is_costly(node: Node) -> bool:
    spelling = scalar_spelling(node.op, len(node.args), node.params)
    return node.op.broadcasts and spelling is not None and bool(_COSTLY.search(spelling.template))
