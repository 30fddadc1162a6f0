"""The code generator: graphs as modules of readable Python that need NumPy only."""

from __future__ import annotations

from graphcomp.codegen.functions import KINDS
from graphcomp.codegen.loading import CompiledFunction, compile_function, load
from graphcomp.codegen.module import TARGETS, generate
from graphcomp.codegen.writing import write_module

__all__ = [
    "KINDS",
    "TARGETS",
    "CompiledFunction",
    "compile_function",
    "generate",
    "load",
    "write_module",
]
