"""Derivatives compared with numbers: central differences, the complex step, mode against mode."""

from __future__ import annotations

from graphcomp.check.graphs import check_graph
from graphcomp.check.modules import check_module
from graphcomp.check.report import CheckReport, Row, Verdict

__all__ = ["CheckReport", "Row", "Verdict", "check_graph", "check_module"]
