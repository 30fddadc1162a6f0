"""Rewrites of graphs that keep their values: named passes, linear in the size of the graph."""

from __future__ import annotations

from graphcomp.rewrite.algebra import simplify, simplify_graph

__all__ = ["simplify", "simplify_graph"]
