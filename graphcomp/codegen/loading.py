"""Generated source as functions that can be called now."""

from __future__ import annotations

import ast
import itertools
import linecache
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from graphcomp.ad import Wrt
from graphcomp.codegen.compiled import require_numba
from graphcomp.codegen.module import build_module
from graphcomp.codegen.targets import TARGETS
from graphcomp.graph import GraphData
from graphcomp.traversal import collector_at_rest


class CompiledFunction(Protocol):
    """A generated function; `source` is that of its module."""

    __name__: str
    source: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute."""


_numbers = itertools.count(1)


def load(
    source: str,
    name: str,
    *,
    path: Path | None = None,
    stored: Mapping[str, Any] | None = None,
) -> ModuleType:
    """A module from source, under a file name of its own, so that tracebacks and `inspect` show it.

    Args:
        source: of the module.
        name: of the module.
        path: its file, if it has one.
        stored: the constants that it would read from the file beside it.

    >>> load("x = 1", "one").x
    1
    """
    filename = f"<graphcomp {name} {next(_numbers)}>"
    module = ModuleType(name)
    module.__file__ = filename if path is None else str(path)
    # without a modification time, linecache.checkcache leaves the entry alone
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    code: str | ast.Module = source
    if stored:  # given, so not read
        vars(module)["_STORED"] = stored
        code = ast.parse(source, filename)
        code.body = [statement for statement in code.body if not _is_reading(statement)]
    with collector_at_rest():
        exec(compile(code, filename, "exec"), module.__dict__)  # noqa: S102  (our own source)
    return module


def _is_reading(statement: ast.stmt) -> bool:
    """Whether a statement reads the file beside the module."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "_STORED" for target in targets)


def compile_function(
    graph: GraphData, kind: str = "value", wrt: Wrt = None, target: str = "numpy", **options: Any
) -> CompiledFunction:
    """One generated function, with the source of its module as `source`.

    Args:
        graph: the graph.
        kind: of function, as for `generate`.
        wrt: what to differentiate by, as for `generate`.
        target: "numpy", "numba" or "math".
        **options: others of `generate`.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> slope = compile_function(GraphData([x], {"y": gc.sin(x)}), "grad", wrt="x")
    >>> slope.__name__, slope(0.0)
    ('y_grad', 1.0)
    """
    if target in TARGETS and TARGETS[target].compiled:
        require_numba()
    with (
        collector_at_rest()
    ):  # until what was needed on the way is gone: it would look at all of it
        made = build_module(graph, (kind,), wrt, target=target, **options)
        module = load(made.source, options.get("name") or graph.name, stored=made.stored)
    for record, name in made.records.items():
        vars(module)[name] = record  # results are of the class that the function used
    base = module.SIGNATURE["function"]
    function: CompiledFunction = vars(module)[base if kind == "value" else f"{base}_{kind}"]
    function.source = made.source
    return function
