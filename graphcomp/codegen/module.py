"""Whole modules: header, helpers, functions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from types import ModuleType
from typing import Any

from graphcomp.ad import Wrt
from graphcomp.codegen import runtime
from graphcomp.codegen.arguments import COMPILED, RESERVED, STORED, STRUCTURED, Arguments
from graphcomp.codegen.compiled import compiled_helpers, loading
from graphcomp.codegen.constants import Array, Constants, is_large, packed_arrays, stored_lines
from graphcomp.codegen.dialects import MATH, NUMBA, NUMPY, Context, Dialect, no_arrays
from graphcomp.codegen.digest import graph_digest
from graphcomp.codegen.flat import FLAT, flat_function
from graphcomp.codegen.functions import named_steps, plan
from graphcomp.codegen.header import About, header, is_flat, signature
from graphcomp.codegen.layout import literal
from graphcomp.codegen.plans import Plan, Request
from graphcomp.codegen.records import Records
from graphcomp.codegen.source import Writer
from graphcomp.errors import InputError, NamingError
from graphcomp.graph import GraphData
from graphcomp.names import check_name, fresh_name, identifier
from graphcomp.node import Node
from graphcomp.ops import math_runtime, numba_runtime, numpy_runtime
from graphcomp.program import Program, build_program
from graphcomp.rewrite import PASSES, Report, stabilize_graph
from graphcomp.traversal import collector_at_rest

TARGETS = {"numpy": NUMPY, "math": MATH, "numba": NUMBA}
_WORD = re.compile(r"_(?<!\w_)[A-Za-z]\w*")  # the search for a given first character is fast


def generate(
    graph: GraphData,
    functions: Sequence[str] = ("value",),
    wrt: Wrt = None,
    *,
    target: str = "numpy",
    name: str | None = None,
    output: str | None = None,
    parallel: bool = False,
) -> str:
    """The source of a module that computes a graph and its derivatives, and needs NumPy only.

    Args:
        graph: the graph.
        functions: kinds: "value", "grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian",
            "hvp", "derivatives", "value_and_grad_flat".
        wrt: names of inputs or steps; None for every real input. Derivatives come as a tuple in
            this order, or as one bare array if this is a single name.
        target: "numpy", "numba" for loops that numba compiles, or "math" for Python floats in graphs
            of scalars.
        name: of the functions; by default the graph's.
        output: the output that gradients are of, where there are several.
        parallel: for the target "numba": loops whose turns are independent run on several threads.

    Raises:
        InputError: no such kind or target, arrays for the target "math", or `parallel` for another
            target than "numba".
        DerivativeError: a gradient of something that is no real scalar.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> text = generate(GraphData([x, a], {"y": x * a}), ["value", "grad"])
    >>> "def y_grad(x: float, a: float) -> tuple[float, float]:" in text
    True
    """
    options: dict[str, Any] = {"target": target, "name": name, "output": output}
    return build_module(graph, functions, wrt, **options, parallel=parallel).source


@dataclass(frozen=True, slots=True)
class Generated:
    """A module.

    Attributes:
        source: its text.
        stored: constants that are too large for it, by the names of their variables.
        data: these as a file, to be beside that of the module; empty if there are none.
        records: the named tuples among the results, and the names of their classes.
    """

    source: str
    stored: Mapping[str, Array]
    data: bytes
    records: Mapping[type, str]


def build_module(
    graph: GraphData,
    functions: Sequence[str] = ("value",),
    wrt: Wrt = None,
    *,
    target: str = "numpy",
    name: str | None = None,
    output: str | None = None,
    parallel: bool = False,
) -> Generated:
    """A module, as by `generate`, with what does not stand in its source."""
    with collector_at_rest():
        return _generate(graph, functions, wrt, target, name, output, parallel)


def requested(
    graph: GraphData,
    functions: Sequence[str],
    wrt: Wrt,
    target: str,
    name: str | None,
    output: str | None,
) -> tuple[Request, list[Plan], Report, Program]:
    """What is asked for, the plan of each function, what was rewritten before, and the steps.

    Raises:
        InputError: no such target, or arrays for one that has none.
    """
    if target not in TARGETS:
        msg = f"target must be {' or '.join(map(repr, TARGETS))}, not {target!r}"
        raise InputError(msg)
    for node in graph.inputs:
        if not TARGETS[target].arrays and node.shape:
            raise no_arrays(node)
    reserved = {*_reserved(graph, TARGETS[target]), *_carried(graph.nodes)}
    called = fresh_name(check_name(name or graph.name, "name"), reserved)
    report = Report()
    program = build_program(graph)
    named = stabilize_graph(named_steps(program), report)
    request = Request(named, graph, wrt, called, output, graph_digest(graph))
    kinds = (functions,) if isinstance(functions, str) else tuple(dict.fromkeys(functions))
    direct = [kind for kind in kinds if kind != FLAT]
    if FLAT in kinds and "value_and_grad" not in direct:
        direct.append("value_and_grad")
    return request, [plan(kind, request) for kind in direct], report, program


def _generate(
    graph: GraphData,
    functions: Sequence[str],
    wrt: Wrt,
    target: str,
    name: str | None,
    output: str | None,
    parallel: bool,
) -> Generated:
    if parallel and target in TARGETS and not TARGETS[target].compiled:
        msg = f"parallel=True is for target 'numba'; target {target!r} has no loops to share out"
        raise InputError(msg)
    request, plans, report, program = requested(graph, functions, wrt, target, name, output)
    carried = _carried(chain.from_iterable(each.roots.computed for each in plans))
    reserved = {*_reserved(graph, TARGETS[target]), *_carried(graph.nodes), *carried}
    writer, constants = _writer(graph, plans, reserved, target, report, parallel=parallel)
    functions_of = {each.name: writer.function(each) for each in plans}
    kinds = [each.kind for each in plans]
    if FLAT in ((functions,) if isinstance(functions, str) else functions):
        if not TARGETS[target].arrays:
            msg = f"{FLAT} returns an array: use target 'numpy'"
            raise InputError(msg)
        inner = next(each for each in plans if each.kind == "value_and_grad")
        functions_of[f"{request.name}_{FLAT}"] = flat_function(request, inner, writer.arguments)
        kinds.append(FLAT)
    about = About(request, tuple(kinds), target, program, parallel)
    stored = constants.stored()
    data = packed_arrays(stored)
    lines = stored_lines(stored, data) if stored else []
    source = _assemble(about, functions_of, writer, constants.lines(), lines, carried)
    return Generated(source, stored, data, writer.records.names)


def _reserved(graph: GraphData, dialect: Dialect) -> set[str]:
    """The names that the module may use itself."""
    modules = (runtime, numpy_runtime, math_runtime, numba_runtime)
    names = {*RESERVED, "_checked", *(name for module in modules for name in _helpers(module))}
    if not (all(each.plain for each in graph.arguments) and is_flat(graph.results)):
        names |= STRUCTURED
    if dialect.compiled:
        names |= COMPILED
    return names | STORED if any(map(is_large, graph.nodes)) else names


def _writer(
    graph: GraphData,
    plans: Sequence[Plan],
    reserved: set[str],
    target: str,
    report: Report,
    *,
    parallel: bool,
) -> tuple[Writer, Constants]:
    dialect = TARGETS[target]
    arguments = Arguments.of(graph.arguments, reserved, arrays=dialect.arrays)
    parameters = [parameter.name for parameter in arguments.parameters]
    taken = {*reserved, *arguments.names.values(), *arguments.dims.values(), *parameters}

    functions = {each.name for each in plans}

    def give(name: str) -> str:
        taken.add(fresh := fresh_name(identifier(name), taken | functions))
        return fresh

    records = Records(plans, give)
    constants = Constants(taken)
    context = Context(dialect, arguments.dims, constants.name, threads=parallel)
    return Writer(context, arguments, taken, PASSES, records, report), constants


def _helpers(module: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }


def _assemble(
    about: About,
    bodies: Mapping[str, list[str]],
    writer: Writer,
    printed: Sequence[str],
    stored: Sequence[str],
    carried: Mapping[str, str],
) -> str:
    """The parts of the module in order."""
    functions = [line for body in bodies.values() for line in ["", "", *body]]
    if about.request.graph.inputs:
        functions = ["", "", *writer.arguments.checked(), *functions]
    functions = [*(["", "", *stored] if stored else []), *functions]
    functions = [*_used_helpers(functions, about.target, carried), *functions]
    compiled = any(line in {"@_compiled", "@_threaded"} for line in functions)
    if compiled:
        functions = [*compiled_helpers(functions), *functions]
    fixed = [
        "",
        *literal(sorted(bodies, key=_natural), "__all__ = "),
        "",
        *literal(signature(about), "SIGNATURE: dict[str, Any] = "),
    ]
    values = ["", *printed] if printed else []
    values += writer.records.lines()
    code = "\n".join([*fixed, *values, *functions])
    needs = "NumPy and numba" if compiled else "NumPy" if about.target != "math" else "Python"
    top = header(about, writer.arguments, needs, stored=bool(stored))
    lines = [*top, *_imports(code, arrays=about.target != "math", compiled=compiled)]
    return "\n".join([*lines, *fixed, *values, *functions]) + "\n"


def _natural(name: str) -> tuple[int, list[tuple[int, str]]]:
    """The order that linters ask of ``__all__``: constants, classes, others; numbers by size."""
    kind = 0 if name.isupper() else 1 if name.lstrip("_")[:1].isupper() else 2
    parts = re.findall(r"\d+|\D+", name)
    return kind, [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _carried(nodes: Iterable[Node]) -> dict[str, str]:
    """The sources that the ops of users bring along, by the names of their functions.

    Raises:
        NamingError: two of them are different and have one name.
    """
    found: dict[str, str] = {}
    for op in dict.fromkeys(node.op for node in nodes):
        for name, source in op.helpers.items():
            if found.setdefault(name, source) != source:
                msg = f"two different ops are called {op.name!r}: give one of them another name"
                raise NamingError(msg)
    return found


def _used_helpers(lines: Sequence[str], target: str, carried: Mapping[str, str]) -> list[str]:
    """The source of the runtime functions that the code calls, and of those that they call."""
    own = math_runtime if target == "math" else numpy_runtime
    functions = {**_helpers(runtime), **_helpers(own)}
    known = [*functions, *carried]

    def source(name: str) -> str:
        return carried[name] if name in carried else inspect.getsource(functions[name])

    wanted: dict[str, None] = {}
    queue = ["\n".join(lines)]
    while queue:
        for word in _WORD.findall(queue.pop()):
            if word in known and word not in wanted:
                wanted[word] = None
                queue.append(source(word))
    sources = [source(name).rstrip() for name in known if name in wanted]
    return [line for text in sources for line in ["", "", *text.split("\n")]]


def _imports(code: str, *, arrays: bool, compiled: bool) -> list[str]:
    def uses(word: str) -> bool:
        return word in code and re.search(rf"{word}(?<![\w.\"]{word})\b", code) is not None

    wanted = {"importlib": compiled, "hashlib": uses("hashlib"), "math": uses("math")}
    plain = [name for name, used in (wanted | {"pathlib": compiled}).items() if used]
    lines = ["", *(f"import {name}" for name in sorted(plain))]
    abstract = [
        name
        for name in ("Callable", "Mapping", "Sequence")
        if uses(name) or (compiled and name == "Callable")
    ]
    if abstract:
        lines.append(f"from collections.abc import {', '.join(abstract)}")
    if uses("Path"):
        lines.append("from pathlib import Path")
    alias = arrays and uses("Array")
    names = {"NamedTuple": uses("NamedTuple"), "TypeAlias": alias, "TypeVar": compiled}
    typing = ["Any", *(name for name, used in names.items() if used)]
    lines.append(f"from typing import {', '.join(typing)}")
    if uses("np"):
        lines += ["", "import numpy as np"]
        lines += ["from numpy.typing import ArrayLike"] if uses("ArrayLike") else []
    if alias:
        lines += ["", "Array: TypeAlias = np.ndarray[Any, Any]"]
    return [*lines, *loading()] if compiled else lines
