"""Derivations by hand, compared line by line with the derivatives of a graph."""

from __future__ import annotations

from graphcomp.grading.grade import grade_graph
from graphcomp.grading.mistakes import Finding, Mistake
from graphcomp.grading.public import grade
from graphcomp.grading.report import GradedLine, GradeReport, Verdict

__all__ = ["Finding", "GradeReport", "GradedLine", "Mistake", "Verdict", "grade", "grade_graph"]
