"""Grading as users call it: any kind of model, any kind of answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphcomp import frontends
from graphcomp.errors import InputError
from graphcomp.grading.grade import grade_graph
from graphcomp.grading.report import GradeReport
from graphcomp.graph import GraphData


def grade(
    model: GraphData | Callable[..., Any] | str,
    answers: Any,
    *,
    shapes: Mapping[str, Any] | None = None,
    at: Mapping[str, Any] | None = None,
    wrt: Sequence[str] | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    letter: str | None = "w",
) -> GradeReport:
    """Compare a derivation by hand, line by line: which line is wrong first, and how.

    Every line is judged by itself, given correct earlier ones, and with what the learner's earlier
    lines came to, at random points away from kinks. A wrong one is compared with correct lines that
    have one mistake in them, so that the report can say which mistake it was.

    Args:
        model: a graph, a NumPy function, or text as for `from_string`.
        answers: lines as text (``w3_bar = w4_bar*exp(w3)``, ``d_loss_d_W1 = outer(r, h)``), the path
            of a file of them, or a dict from names to formulas: these are parsed, never executed.
            Or a Python file, a module, a function or a list of them: functions named like
            derivatives, with steps and derivatives as arguments by name, or one that returns
            ``(value, vjp)``. These are run.
        shapes: of the inputs, for a function or text.
        at: values of inputs; others are drawn.
        wrt: inputs or steps whose derivatives must be among the answers.
        seed: of the points.
        tolerance: relative, 1e-7 by default; larger for answers with rounded numbers.
        letter: of numbered steps.

    Returns:
        A report: `passed`, `first_wrong`, `lines`, `to_json()`; printing it shows all.

    Raises:
        InputError: there is nothing to grade, the answers are of no known kind, or no point at
            which to compare was found.

    >>> import graphcomp as gc
    >>> report = gc.grade("y(x, a) = 1/(1 + exp(-a*x))", "w5_bar = 1; w4_bar = 1/w4**2")
    >>> report.passed, report.first_wrong.name, report.first_wrong.correct
    (False, 'w4_bar', 'w4_bar = w5_bar*(-1/w4**2)')
    """
    return grade_graph(
        _graph(model, shapes),
        answers,
        at=at,
        wrt=wrt,
        seed=seed,
        tolerance=tolerance,
        letter=letter,
    )


def _graph(model: object, shapes: Mapping[str, Any] | None) -> GraphData:
    """The graph of a model."""
    if isinstance(model, GraphData):
        if shapes:
            msg = "shapes are for functions and text; a graph has its own"
            raise InputError(msg)
        return model
    if isinstance(model, str):
        return frontends.from_string(model, shapes=shapes)
    if callable(model):
        return frontends.from_function(model, shapes=shapes)
    msg = f"a model is a graph, a function or text, not {type(model).__name__}"
    raise InputError(msg)
