"""The code generator: graphs as modules of readable Python that need NumPy only."""

from __future__ import annotations

from graphcomp.codegen import functions
from graphcomp.codegen.explain import explain
from graphcomp.codegen.flat import FLAT
from graphcomp.codegen.loading import CompiledFunction, compile_function, load
from graphcomp.codegen.module import Generated, build_module, generate
from graphcomp.codegen.targets import TARGETS
from graphcomp.codegen.writing import write_files_of, write_module

#: Every kind of function.
KINDS: tuple[str, ...] = (*functions.KINDS, FLAT)

__all__ = [
    "KINDS",
    "TARGETS",
    "CompiledFunction",
    "Generated",
    "build_module",
    "compile_function",
    "explain",
    "generate",
    "load",
    "write_files_of",
    "write_module",
]
