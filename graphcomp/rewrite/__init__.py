"""Rewrites of graphs that keep their values: named passes, linear in the size of the graph."""

from __future__ import annotations

from graphcomp.rewrite.algebra import simplify, simplify_graph
from graphcomp.rewrite.expansion import expand
from graphcomp.rewrite.naming import fence, without_names
from graphcomp.rewrite.products import inner_products
from graphcomp.rewrite.stability import stabilize, stabilize_graph

__all__ = [
    "expand",
    "fence",
    "inner_products",
    "simplify",
    "simplify_graph",
    "stabilize",
    "stabilize_graph",
    "without_names",
]
