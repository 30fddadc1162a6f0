"""Rewrites of graphs that keep their values: named passes, linear in the size of the graph."""

from __future__ import annotations

from graphcomp.rewrite.expansion import expand
from graphcomp.rewrite.factors import factors_at_source
from graphcomp.rewrite.naming import inside_fences, without_names
from graphcomp.rewrite.passes import Pass, Roots
from graphcomp.rewrite.pipeline import PASSES, run_passes
from graphcomp.rewrite.rules import Report, Rule
from graphcomp.rewrite.sharing import share
from graphcomp.rewrite.siblings import LARGEST
from graphcomp.rewrite.simplification import simplify, simplify_graph
from graphcomp.rewrite.stability import stabilize, stabilize_graph
from graphcomp.rewrite.stacking import stacked
from graphcomp.rewrite.substitution import substitute

__all__ = [
    "LARGEST",
    "PASSES",
    "Pass",
    "Report",
    "Roots",
    "Rule",
    "expand",
    "factors_at_source",
    "inside_fences",
    "run_passes",
    "share",
    "simplify",
    "simplify_graph",
    "stabilize",
    "stabilize_graph",
    "stacked",
    "substitute",
    "without_names",
]
