"""SymPy: symbolic derivatives, and `lambdify` with common subexpressions taken out."""

from __future__ import annotations

import sympy

from benchmarks.graph_size import POINT, Gradient, graph_of


def gradient(steps: int) -> Gradient:
    """The function that `lambdify` writes."""
    inputs = sympy.symbols(f"x:{len(POINT)}", real=True)
    y = graph_of(inputs, steps, sympy.sin)
    slopes = [sympy.diff(y, x) for x in inputs]
    compiled: Gradient = sympy.lambdify(inputs, slopes, "math", cse=True)
    return compiled
