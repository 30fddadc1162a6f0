"""Whole modules: header, helpers, functions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from types import ModuleType
from typing import Any

from graphcomp.ad import Wrt
from graphcomp.codegen import runtime
from graphcomp.codegen.arguments import COMPILED, RESERVED, STORED, STRUCTURED, Arguments
from graphcomp.codegen.compiled import DECORATORS, compiled_part, loading
from graphcomp.codegen.constants import Array, Constants, is_large, packed_arrays, stored_lines
from graphcomp.codegen.dialects import Context, no_arrays
from graphcomp.codegen.digest import graph_digest
from graphcomp.codegen.flat import FLAT, flat_function
from graphcomp.codegen.functions import BY_STEPS, plan, with_steps
from graphcomp.codegen.header import About, header, is_flat, signature
from graphcomp.codegen.layout import literal
from graphcomp.codegen.options import Options
from graphcomp.codegen.passing import DTYPE
from graphcomp.codegen.plans import Plan, Request
from graphcomp.codegen.records import Records
from graphcomp.codegen.source import Writer
from graphcomp.codegen.targets import dialect_of
from graphcomp.codegen.threads import IMPORTS, THREADED, thread_helpers, uses_threads
from graphcomp.codegen.workspace import NAME as WORKSPACE
from graphcomp.errors import InputError, NamingError
from graphcomp.graph import GraphData
from graphcomp.names import check_name, fresh_name, identifier
from graphcomp.node import Node
from graphcomp.ops import math_runtime, numba_runtime, numpy_runtime
from graphcomp.program import NamedSteps, name_steps
from graphcomp.rewrite import PASSES, Report, stabilize_graph
from graphcomp.traversal import collector_at_rest

_WORD = re.compile(r"_(?<!\w_)[A-Za-z]\w*")  # the search for a given first character is fast


def generate(
    graph: GraphData,
    functions: Sequence[str] = ("value",),
    wrt: Wrt = None,
    *,
    target: str = "numpy",
    name: str | None = None,
    output: str | None = None,
    along: str | None = None,
    parallel: bool = False,
    checks: bool = True,
    threads: int = 1,
    workspace: bool = False,
) -> str:
    """The source of a module that computes a graph and its derivatives, and needs NumPy only.

    Args:
        graph: the graph.
        functions: kinds: "value", "grad", "value_and_grad", "vjp", "jvp", "jacobian", "blocks",
            "hessian", "hvp", "derivatives", "value_and_grad_flat".
        wrt: names of inputs or steps; None for every real input. Derivatives come as a tuple in
            this order, or as one bare array if this is a single name.
        target: "numpy", "numba" for loops that numba compiles, or "math" for Python floats in graphs
            of scalars.
        name: of the functions; by default the graph's.
        output: the output that gradients are of, where there are several.
        along: the dimension that "blocks" stand along, where several arrays share several.
        parallel: for the target "numba": loops whose turns are independent run on several threads.
        checks: whether functions check and convert their arguments. Without, they take arrays of
            just the right shapes and dtypes.
        threads: for the target "numpy": this many threads compute blocks of large arrays. The
            results are the same, bit for bit.
        workspace: for the target "numpy": functions take a dict `workspace`, in which they keep
            the memory of their temporaries from one call to the next.

    Raises:
        InputError: no such kind or target, arrays for the target "math", or an option that the
            target does not have.
        DerivativeError: a gradient of something that is no real scalar.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> text = generate(GraphData([x, a], {"y": x * a}), ["value", "grad"])
    >>> "def y_grad(x: float, a: float) -> tuple[float, float]:" in text
    True
    """
    options: dict[str, Any] = {"target": target, "parallel": parallel, "checks": checks}
    options |= {"threads": threads, "workspace": workspace, "along": along}
    return build_module(graph, functions, wrt, name=name, output=output, **options).source


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
    along: str | None = None,
    parallel: bool = False,
    checks: bool = True,
    threads: int = 1,
    workspace: bool = False,
) -> Generated:
    """A module, as by `generate`, with what does not stand in its source."""
    options = Options(target, parallel, checks, threads, workspace)
    with collector_at_rest():
        asked = requested(graph, functions, wrt, options, name, output, along)
        return _generate(graph, functions, options, *asked)


def requested(
    graph: GraphData,
    functions: Sequence[str],
    wrt: Wrt,
    options: Options,
    name: str | None,
    output: str | None,
    along: str | None = None,
) -> tuple[Request, list[Plan], Report, NamedSteps]:
    """What is asked for, the plan of each function, what was rewritten before, and the steps.

    Raises:
        InputError: arrays for a target that has none.
    """
    for node in graph.inputs:
        if not options.dialect.arrays and node.shape:
            raise no_arrays(node)
    reserved = {*_reserved(graph, options), *_carried(graph.nodes)}
    called = fresh_name(check_name(name or graph.name, "name"), reserved)
    report = Report()
    named_steps = name_steps(graph)
    steps = with_steps(named_steps)
    named = stabilize_graph(steps, report, _names(wrt))
    request = Request(named, graph, wrt, called, output, graph_digest(graph), along)
    kinds = (functions,) if isinstance(functions, str) else tuple(dict.fromkeys(functions))
    direct = [kind for kind in kinds if kind != FLAT]
    if FLAT in kinds and "value_and_grad" not in direct:
        direct.append("value_and_grad")
    by_steps = request
    if wrt is None and not BY_STEPS.isdisjoint(direct):
        apart = Report()
        by_steps = replace(request, graph=stabilize_graph(steps, apart, None))
        report.notes |= apart.notes
    plans = [plan(kind, by_steps if kind in BY_STEPS else request) for kind in direct]
    return request, plans, report, named_steps


def _names(wrt: Wrt) -> tuple[str, ...]:
    return () if wrt is None else (wrt,) if isinstance(wrt, str) else tuple(wrt)


def _generate(
    graph: GraphData,
    functions: Sequence[str],
    options: Options,
    request: Request,
    plans: list[Plan],
    report: Report,
    steps: NamedSteps,
) -> Generated:
    carried = _carried(chain.from_iterable(each.roots.computed for each in plans))
    reserved = {*_reserved(graph, options), *_carried(graph.nodes), *carried}
    is_asked = FLAT in ((functions,) if isinstance(functions, str) else functions)
    writer, constants = make_writer(graph, plans, reserved, options, report, flat=is_asked)
    functions_of = {each.name: writer.function(each) for each in plans}
    kinds = [each.kind for each in plans]
    if is_asked:
        if not options.dialect.arrays:
            msg = f"{FLAT} returns an array: use target 'numpy'"
            raise InputError(msg)
        inner = next(each for each in plans if each.kind == "value_and_grad")
        flat = flat_function(request, inner, writer.arguments, workspace=options.workspace)
        functions_of[f"{request.name}_{FLAT}"] = flat
        kinds.append(FLAT)
    about = About(request, tuple(kinds), options, steps, tuple(writer.applied))
    stored = constants.stored()
    data = packed_arrays(stored)
    lines = stored_lines(stored, data) if stored else []
    source = _assemble(about, functions_of, writer, constants.lines(), lines, carried)
    return Generated(source, stored, data, writer.records.names)


def _reserved(graph: GraphData, options: Options) -> set[str]:
    """The names that the module may use itself."""
    modules = (runtime, numpy_runtime, math_runtime, numba_runtime)
    names = {*RESERVED, "_checked", *(name for module in modules for name in _helpers(module))}
    if not (all(each.plain for each in graph.arguments) and is_flat(graph.results)):
        names |= STRUCTURED
    names |= COMPILED if options.dialect.compiled else set()
    names |= THREADED if options.threads > 1 else set()
    names |= {WORKSPACE} if options.workspace else set()
    return names | STORED if any(map(is_large, graph.nodes)) else names


def make_writer(
    graph: GraphData,
    plans: Sequence[Plan],
    reserved: set[str],
    options: Options,
    report: Report,
    *,
    flat: bool = False,
) -> tuple[Writer, Constants]:
    """What writes the functions of some plans, and the constants that these will use.

    For `flat`, one of them takes an array.
    """
    dialect = options.dialect if flat else dialect_of(options.target, plans)
    arguments = Arguments.of(
        graph.arguments, reserved, arrays=dialect.arrays, checked=options.checks
    )
    parameters = [parameter.name for parameter in arguments.parameters]
    taken = {*reserved, *arguments.names.values(), *arguments.dims.values(), *parameters}

    functions = {each.name for each in plans}

    def give(name: str) -> str:
        taken.add(fresh := fresh_name(identifier(name), taken | functions))
        return fresh

    records = Records(plans, give)
    constants = Constants(taken)
    context = Context(
        dialect,
        arguments.dims,
        constants.name,
        constants.number,
        threads=options.parallel,
        workers=options.threads,
        workspace=options.workspace,
    )
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
    if about.request.graph.inputs and writer.arguments.checked:
        functions = ["", "", *writer.arguments.checking_function(), *functions]
    functions = [*(["", "", *stored] if stored else []), *functions]
    arrays = writer.context.dialect.arrays
    functions = [*_used_helpers(functions, carried, arrays=arrays), *functions]
    compiled = any(line in DECORATORS for line in functions)
    if compiled:
        functions = compiled_part(functions)
    functions = [*thread_helpers(functions, about.options.threads), *functions]
    fixed = [
        "",
        *literal(sorted(bodies, key=_natural), "__all__ = "),
        "",
        *literal(signature(about), "SIGNATURE: dict[str, Any] = "),
    ]
    if any(f"is {DTYPE}" in line for line in functions):
        printed = [f"{DTYPE} = np.dtype(float)", *printed]
    values = ["", *printed] if printed else []
    values += writer.records.lines()
    code = "\n".join([*fixed, *values, *functions])
    needs = "NumPy and numba" if compiled else "NumPy" if arrays else "Python"
    top = header(about, writer.arguments, needs, stored=bool(stored))
    lines = [*top, *_imports(code, arrays=arrays, compiled=compiled)]
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


def _used_helpers(lines: Sequence[str], carried: Mapping[str, str], *, arrays: bool) -> list[str]:
    """The source of the runtime functions that the code calls, and of those that they call."""
    own = numpy_runtime if arrays else math_runtime
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

    wanted = {name: uses(name) for name in ("hashlib", "math", "platform")}
    threaded = uses_threads([code])
    wanted |= {"os": threaded, "threading": threaded}
    wanted |= dict.fromkeys(("importlib", "pathlib"), compiled)
    plain = [name for name, used in wanted.items() if used]
    lines = ["", *(f"import {name}" for name in sorted(plain))]
    lines += ["from collections import deque"] if threaded else []
    abstract = [
        name
        for name in ("Callable", "Iterator", "Mapping", "Sequence")
        if uses(name) or (compiled and name == "Callable")
    ]
    if abstract:
        lines.append(f"from collections.abc import {', '.join(abstract)}")
    lines += IMPORTS if threaded else ()
    if uses("Path"):
        lines.append("from pathlib import Path")
    alias = arrays and uses("Array")
    names = {"NamedTuple": uses("NamedTuple"), "TypeAlias": alias, "TypeVar": compiled}
    typing = ["Any", *(name for name, used in names.items() if used)]
    lines.append(f"from typing import {', '.join(typing)}")
    if uses("np") or alias:
        lines += ["", "import numpy as np"]
        lines += ["from numpy.typing import ArrayLike"] if uses("ArrayLike") else []
    if alias:
        lines += ["", "Array: TypeAlias = np.ndarray[Any, Any]"]
    return [*lines, *loading()] if compiled else lines
