"""Graphs from what people have: text, SymPy expressions, NumPy functions."""

from __future__ import annotations

from graphcomp.frontends.functions import from_function
from graphcomp.frontends.statements import Limits
from graphcomp.frontends.sympy_input import from_sympy
from graphcomp.frontends.sympy_output import to_sympy
from graphcomp.frontends.text import from_string

__all__ = ["Limits", "from_function", "from_string", "from_sympy", "to_sympy"]
