"""Whole modules: header, helpers, functions."""

from __future__ import annotations

import gc
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from graphcomp.ad.transforms import Wrt
from graphcomp.codegen import runtime
from graphcomp.codegen.arguments import RESERVED, Arguments
from graphcomp.codegen.dialects import MATH, NUMPY, Context, no_arrays
from graphcomp.codegen.digest import graph_digest
from graphcomp.codegen.flat import FLAT, flat_function
from graphcomp.codegen.functions import named_steps, plan
from graphcomp.codegen.header import About, header, signature
from graphcomp.codegen.layout import layout, literal
from graphcomp.codegen.pieces import float_source
from graphcomp.codegen.plans import Request
from graphcomp.codegen.prepare import Pass
from graphcomp.codegen.source import Writer
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.names import check_name, fresh_name
from graphcomp.node import Node
from graphcomp.ops import math_runtime, numpy_runtime
from graphcomp.rewrite import inner_products, stabilize_graph

TARGETS = {"numpy": NUMPY, "math": MATH}
_WORD = re.compile(r"\b_[a-z]\w*\b")


def generate(
    graph: GraphData,
    functions: Sequence[str] = ("value",),
    wrt: Wrt = None,
    *,
    target: str = "numpy",
    name: str | None = None,
    output: str | None = None,
) -> str:
    """The source of a module that computes a graph and its derivatives, and needs NumPy only.

    Args:
        graph: the graph.
        functions: kinds: "value", "grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian",
            "hvp", "derivatives", "value_and_grad_flat".
        wrt: names of inputs or steps; None for every real input. Derivatives come as a tuple in
            this order, or as one bare array if this is a single name.
        target: "numpy", or "math" for Python floats in graphs of scalars.
        name: of the functions; by default the graph's.
        output: the output that gradients are of, where there are several.

    Raises:
        InputError: no such kind or target, or arrays for the target "math".
        DerivativeError: a gradient of something that is no real scalar.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> text = generate(GraphData([x, a], {"y": x * a}), ["value", "grad"])
    >>> "def y_grad(x: float, a: float) -> tuple[float, float]:" in text
    True
    """
    with _collector_at_rest():
        return _generate(graph, functions, wrt, target, name, output)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Without the cyclic collector, which takes half the time on large graphs and finds nothing."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _generate(
    graph: GraphData,
    functions: Sequence[str],
    wrt: Wrt,
    target: str,
    name: str | None,
    output: str | None,
) -> str:
    if target not in TARGETS:
        msg = f"target must be {' or '.join(map(repr, TARGETS))}, not {target!r}"
        raise InputError(msg)
    kinds = (functions,) if isinstance(functions, str) else tuple(dict.fromkeys(functions))
    reserved = _reserved()
    called = fresh_name(check_name(name or graph.name, "name"), reserved)
    named = stabilize_graph(named_steps(graph))
    request = Request(named, graph, wrt, called, output, graph_digest(graph))
    direct = [kind for kind in kinds if kind != FLAT]
    if FLAT in kinds and "value_and_grad" not in direct:
        direct.append("value_and_grad")
    plans = [plan(kind, request) for kind in direct]
    arrays = TARGETS[target].arrays
    for node in graph.inputs:
        if not arrays and node.shape:
            raise no_arrays(node)
    writer, constants = _writer(graph, reserved, target)
    functions_of = {each.name: writer.function(each) for each in plans}
    if FLAT in kinds:
        if not arrays:
            msg = f"{FLAT} returns an array: use target 'numpy'"
            raise InputError(msg)
        inner = next(each for each in plans if each.kind == "value_and_grad")
        functions_of[f"{called}_{FLAT}"] = flat_function(request, inner, writer.arguments)
    about = About(request, (*direct, *(kind for kind in kinds if kind == FLAT)), target)
    return _assemble(about, functions_of, writer, constants)


@dataclass
class _Constants:
    """Constant arrays, as variables of the module."""

    names: dict[Node, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def name(self, node: Node) -> str:
        if node not in self.names:
            self.names[node] = fresh_name(f"C{len(self.names) + 1}", self.taken)
            self.taken.add(self.names[node])
        return self.names[node]

    def lines(self) -> list[str]:
        return [line for node, name in self.names.items() for line in _constant(name, node)]


def _constant(name: str, node: Node) -> list[str]:
    array = dict(node.params)["value"].array
    dtype = "" if array.dtype in (np.dtype(float), np.dtype(np.int64)) else f", np.{array.dtype}"
    if array.size == 0:
        return [f"{name} = np.zeros({array.shape}, np.{array.dtype})"]
    text = f"{name} = np.array({_nested(array)}{dtype})"
    lines = layout(text)
    if len(lines) == 1:
        return lines
    flat = ", ".join(map(_item, array.ravel()))
    shaped = f".reshape{array.shape}" if array.ndim > 1 else ""
    return [
        "# fmt: off",
        f"{name} = np.array([",
        *_filled(flat),
        f"]{dtype}){shaped}",
        "# fmt: on",
    ]


def _filled(text: str) -> list[str]:
    lines, current = [], "   "
    for word in text.split():
        if len(current) + len(word) + 1 > 88:
            lines.append(current)
            current = "   "
        current += f" {word}"
    return [*lines, current]


def _item(value: Any) -> str:
    return float_source(value, "np") if value.dtype.kind == "f" else repr(value.item())


def _nested(array: np.ndarray[Any, Any]) -> str:
    if array.ndim == 0:
        return _item(array[()])
    return f"[{', '.join(_nested(row) for row in array)}]"


def _reserved() -> set[str]:
    """The names that every module may use itself."""
    modules = (runtime, numpy_runtime, math_runtime)
    return {*RESERVED, "_checked", *(name for module in modules for name in _helpers(module))}


def _writer(graph: GraphData, reserved: set[str], target: str) -> tuple[Writer, _Constants]:
    dialect = TARGETS[target]
    arguments = Arguments.of(graph.inputs, reserved, arrays=dialect.arrays)
    constants = _Constants(taken={*reserved, *arguments.names.values(), *arguments.dims.values()})
    context = Context(dialect, arguments.dims, constants.name)
    passes: tuple[Pass, ...] = (inner_products,) if dialect.arrays else ()
    return Writer(context, arguments, constants.taken, passes), constants


def _helpers(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }


def _assemble(
    about: About, bodies: Mapping[str, list[str]], writer: Writer, constants: _Constants
) -> str:
    """The parts of the module in order."""
    functions = [line for body in bodies.values() for line in ["", "", *body]]
    if about.request.graph.inputs:
        functions = ["", "", *writer.arguments.checked(), *functions]
    functions = [*_used_helpers(functions, about.target), *functions]
    fixed = [
        "",
        *literal(sorted(bodies, key=_natural), "__all__ = "),
        "",
        *literal(signature(about), "SIGNATURE: dict[str, Any] = "),
    ]
    values = ["", *constants.lines()] if constants.names else []
    code = "\n".join([*fixed, *values, *functions])
    lines = [*header(about, writer.arguments), *_imports(code, about.target)]
    return "\n".join([*lines, *fixed, *values, *functions]) + "\n"


def _natural(name: str) -> tuple[int, list[tuple[int, str]]]:
    """The order that linters ask of ``__all__``: constants, classes, others; numbers by size."""
    kind = 0 if name.isupper() else 1 if name.lstrip("_")[:1].isupper() else 2
    parts = re.findall(r"\d+|\D+", name)
    return kind, [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _used_helpers(lines: Sequence[str], target: str) -> list[str]:
    """The source of the runtime functions that the code calls, and of those that they call."""
    own = numpy_runtime if target == "numpy" else math_runtime
    known = {**_helpers(runtime), **_helpers(own)}
    wanted: dict[str, None] = {}
    queue = ["\n".join(lines)]
    while queue:
        for word in _WORD.findall(queue.pop()):
            if word in known and word not in wanted:
                wanted[word] = None
                queue.append(inspect.getsource(known[word]))
    sources = [inspect.getsource(known[name]).rstrip() for name in known if name in wanted]
    return [line for source in sources for line in ["", "", *source.split("\n")]]


def _imports(code: str, target: str) -> list[str]:
    def uses(word: str) -> bool:
        return re.search(rf"(?<![\w.\"]){word}\b", code) is not None

    lines = [""]
    if target == "math" and uses("math"):
        lines.append("import math")
    if uses("Callable"):
        lines.append("from collections.abc import Callable")
    alias = target == "numpy" and uses("Array")
    lines.append(f"from typing import Any{', TypeAlias' if alias else ''}")
    if uses("np"):
        lines += ["", "import numpy as np"]
        lines += ["from numpy.typing import ArrayLike"] if uses("ArrayLike") else []
    if alias:
        lines += ["", "Array: TypeAlias = np.ndarray[Any, Any]"]
    return lines
