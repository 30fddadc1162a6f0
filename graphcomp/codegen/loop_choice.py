"""Which parts of a graph are computed block by block in loops, rather than row by row."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from graphcomp.codegen.loop_units import nest_of, scalar_spelling
from graphcomp.codegen.vectors import FUNCTIONS
from graphcomp.nest import TOTAL, Nest
from graphcomp.node import Node
from graphcomp.shape import Dim

#: Longer regions take too long to compile as one function.
MOST = 300
_COSTLY = re.compile(rf"\bnp\.({'|'.join(FUNCTIONS)})\(|\b_one_")


def has_products(nodes: Sequence[Node], _summed: Collection[Node], dim: Dim) -> bool:
    """Whether a region has products of matrices with its rows as rows, columns, or what is summed.

    A library computes these, block by block, at 40 numbers a nanosecond even where the other sizes
    are small; loops reach 15. Where each row has a product of its own, its calls cost too much;
    so a dimension that leads no array is not cut before one that does.
    """
    products = [node for node in nodes if node.op.library is not None and nest_of(node) is None]
    stacked = any(dim in arg.shape[:-2] for node in products for arg in node.args)
    leads = any(arg.shape[:1] == (dim,) for node in nodes for arg in node.args)
    return bool(products) and leads and not stacked


def gains_by_blocks(
    nodes: Sequence[Node], summed: Collection[Node], _dim: Dim, *, threads: bool = False
) -> bool:
    """Whether a region has loops for all of it, and is faster in blocks than row by row.

    It is if there are products of small matrices, one for each row, or, on one thread, functions of one
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
    return deep and any(node.ndim == 1 and is_costly(node) for node in nodes)


def is_costly(node: Node) -> bool:
    """Whether it is a function of one number that takes many times as long as a product."""
    spelling = scalar_spelling(node.op, len(node.args), node.params)
    return node.op.broadcasts and spelling is not None and bool(_COSTLY.search(spelling.template))
