"""Functions that compute siblings together while arrays are small, and one by one when they are large.

For small arrays, what counts is the number of calls; for large ones, what is copied into stacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy

from graphcomp.codegen.dimensions import dimension_source
from graphcomp.codegen.prepare import Prepared, statements_of
from graphcomp.rewrite import LARGEST, stacked
from graphcomp.shape import Dim, size_of
from graphcomp.traversal import topological


def in_stacks(prepared: Prepared) -> tuple[Prepared, tuple[Dim, ...]] | None:
    """The same with siblings computed together, and the sizes of rows that are not known yet.

    None where there are not enough of them.
    """
    results = tuple(prepared.outputs.values())
    found = stacked(results, prepared.values, prepared.order, prepared.report)
    if found is None:
        return None
    memo = found.memo
    outputs = {name: memo[node] for name, node in prepared.outputs.items()}
    names = {memo[node]: name for node, name in prepared.names.items() if node in memo}
    own = frozenset(memo[node] for node in prepared.user_named if node in memo)
    values = tuple(memo[node] for node in prepared.values if node in memo)
    order = tuple(topological(outputs.values()))
    ahead, cut = statements_of(order, tuple(outputs.values()), values, names, own)
    sizes = dict.fromkeys(size_of(shape) for shape in found.rows)
    return (
        replace(
            prepared,
            outputs=outputs,
            names=names,
            order=order,
            ahead=ahead,
            cut=cut,
            user_named=own,
            values=values,
        ),
        tuple(size for size in sizes if not isinstance(size, int)),
    )


def are_large(sizes: tuple[Dim, ...], dims: Mapping[str, str]) -> str:
    """The condition that rows of one of these sizes are too large to be copied into stacks."""
    return " or ".join(f"{dimension_source(size, dims)} > {LARGEST}" for size in sizes)


def symbols_of(sizes: tuple[Dim, ...]) -> set[str]:
    """The named dimensions in sizes."""
    return {each.name for size in sizes for each in sympy.sympify(size).free_symbols}
