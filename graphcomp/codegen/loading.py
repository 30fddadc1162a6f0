"""Generated source as functions that can be called now."""

from __future__ import annotations

import itertools
import linecache
from types import ModuleType
from typing import Any, Protocol

from graphcomp.ad.transforms import Wrt
from graphcomp.codegen.module import generate
from graphcomp.graph import GraphData


class CompiledFunction(Protocol):
    """A generated function; `source` is that of its module."""

    __name__: str
    source: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute."""


_numbers = itertools.count(1)


def load(source: str, name: str) -> ModuleType:
    """A module from source, under a file name of its own, so that tracebacks and `inspect` show it.

    >>> load("x = 1", "one").x
    1
    """
    filename = f"<graphcomp {name} {next(_numbers)}>"
    module = ModuleType(name)
    module.__file__ = filename
    # without a modification time, linecache.checkcache leaves the entry alone
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), module.__dict__)  # noqa: S102  (our own source)
    return module


def compile_function(
    graph: GraphData, kind: str = "value", wrt: Wrt = None, target: str = "numpy", **options: Any
) -> CompiledFunction:
    """One generated function, with the source of its module as `source`.

    Args:
        graph: the graph.
        kind: of function, as for `generate`.
        wrt: what to differentiate by, as for `generate`.
        target: "numpy" or "math".
        **options: others of `generate`.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> slope = compile_function(GraphData([x], {"y": gc.sin(x)}), "grad", wrt="x")
    >>> slope.__name__, slope(0.0)
    ('y_grad', 1.0)
    """
    source = generate(graph, (kind,), wrt, target=target, **options)
    module = load(source, options.get("name") or graph.name)
    base = module.SIGNATURE["function"]
    function: CompiledFunction = vars(module)[base if kind == "value" else f"{base}_{kind}"]
    function.source = source
    return function
