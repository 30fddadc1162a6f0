"""What the passes did on the way to a module, for people: ``graphcomp compile --explain``."""

from __future__ import annotations

from collections.abc import Sequence

import sympy

from graphcomp.ad import Wrt
from graphcomp.codegen.dialects import Dialect
from graphcomp.codegen.live import TYPICAL
from graphcomp.codegen.memory import Planned
from graphcomp.codegen.module import make_writer, requested
from graphcomp.codegen.options import Options
from graphcomp.codegen.plans import Plan
from graphcomp.codegen.prepare import FREE, Prepared, prepare
from graphcomp.codegen.regions import CALL, PART, Region
from graphcomp.codegen.source import cutter_of
from graphcomp.codegen.stacked import in_stacks
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.rewrite import PASSES, Report
from graphcomp.shape import size_of
from graphcomp.traversal import topological


def explain(
    graph: GraphData,
    functions: Sequence[str] = ("value",),
    wrt: Wrt = None,
    *,
    target: str = "numpy",
    output: str | None = None,
    along: str | None = None,
) -> str:
    """What the passes do for each function: operations, rules, arrays alive, traffic, blocks or loops.

    Sizes are in entries of arrays, in the names of the dimensions. Traffic is what is read and written
    if every operation goes through memory: all of an array once for each operation on it. Memory is
    what the function holds at its peak beyond its arguments, results included, in numbers of 8 bytes:
    with the statements in the order of the program and each result in an array of its own, and as it
    is generated. The blocks of rows come on top; they stay within a fixed size.

    Args:
        graph: the graph.
        functions: kinds, as for `generate`.
        wrt: what to differentiate by, as for `generate`.
        target: as for `generate`.
        output: the output that gradients are of, where there are several.
        along: the dimension that "blocks" stand along, where several arrays share several.

    Raises:
        InputError: no such kind or target.

    >>> import graphcomp as gc
    >>> X, w = gc.array("X", "n d"), gc.array("w", "d")
    >>> loss = gc.sum(gc.log(1 + gc.exp(X @ w)))
    >>> print(explain(GraphData([X, w], {"loss": loss}), ["value_and_grad"], "w"))
    loss_value_and_grad
      operations  6 before the passes, 13 after them
      stability   softplus 1
      sharing     softplus 1, sigmoid 1
      arrays      at most 5*n entries alive, 2*d*n + 2*d + 26*n read and written
      memory      d at the peak as written, d as generated
      blocks      16 operations along n; d entries stored
    """
    _, plans, report, _ = requested(graph, functions, wrt, Options(target), None, output, along)
    writer, _ = make_writer(graph, plans, set(), Options(target), report)
    lines = []
    for each in plans:
        if writer.context.dialect.arrays:
            writer.function(each)
        planned = writer.planned.get(each.name, ())
        lines += _of_plan(each, report, writer.context.dialect, planned)
    return "\n".join(lines)


def _of_plan(plan: Plan, report: Report, dialect: Dialect, planned: Sequence[Planned]) -> list[str]:
    sharing = dialect.sharing
    prepared = cut = prepare(plan, PASSES, report, dialect.spells, sharing=sharing)
    if dialect.arrays:
        cutter = cutter_of(dialect)
        cut = prepare(plan, PASSES, report, dialect.spells, sharing=sharing, cutter=cutter)
        if not dialect.compiled:
            in_stacks(cut)  # which counts what it does
    before = [n for n in topological([*plan.outputs.values()]) if n.args]
    rows = [("operations", f"{len(before)} before the passes, {_operations(prepared)} after them")]
    for line in cut.report.lines():
        stage, _, rules = line.partition(": ")
        rows.append((stage, rules))
    if dialect.arrays:
        rows.append(("arrays", _memory(prepared)))
        rows += _peaks(planned)
        rows.append(("loops", _loops(cut)) if dialect.compiled else ("blocks", _blocks(cut)))
    width = max(len(label) for label, _ in rows)
    return [plan.name, *(f"  {label:<{width}}  {text}" for label, text in rows)]


def _operations(prepared: Prepared) -> int:
    return sum(bool(node.args) and node.op.form not in FREE for node in prepared.order)


def _memory(prepared: Prepared) -> str:
    """The entries that are alive at one time, at most, and those read and written."""
    order = [
        node
        for node in prepared.order
        if not _shows(node) and any(each.shape for each in (node, *node.args))
    ]
    last: dict[Node, int] = {}
    for i, node in enumerate(order):
        for arg in map(_base, node.args):
            last[arg] = i
    for result in prepared.outputs.values():
        last[_base(result)] = len(order)
    alive, most, traffic = sympy.S.Zero, sympy.S.Zero, sympy.S.Zero
    ending: dict[int, list[Node]] = {}
    for node, i in last.items():
        ending.setdefault(i, []).append(node)
    for i, node in enumerate(order):
        if node.args:
            own = _size(node) if node.shape else sympy.S.Zero
            alive += own
            traffic += own + sum(_size(arg) for arg in map(_base, node.args) if arg.shape)
            most = max(most, alive, key=_typical)
        for dead in ending.get(i, ()):
            alive -= _size(dead) if dead.args and dead.shape else 0
    if not traffic:
        return "none"
    return f"at most {sympy.expand(most)} entries alive, {sympy.expand(traffic)} read and written"


def _peaks(planned: Sequence[Planned]) -> list[tuple[str, str]]:
    """What a function holds at its peak, and one that it returns."""
    rows = []
    for each, where in zip(planned, ("", ", on the way back"), strict=False):
        if each.before != 0:
            text = f"{each.before} at the peak as written, {each.after} as generated{where}"
            rows.append(("memory", text))
    return rows


def _loops(prepared: Prepared) -> str:
    found = [node.param("region") for node in prepared.order if node.op is CALL]
    if not found:
        return "none"
    blocks = [part for part in found if isinstance(part, Region)]
    nodes = [node for part in blocks for node in topological(part.outputs)]
    count = sum(bool(node.args) and not _shows(node) for node in nodes)
    count += sum(len(part.nodes) for part in found if not isinstance(part, Region))
    along = ", ".join(dict.fromkeys(str(part.dim) for part in blocks))
    text = f"{count} operations in {len(found)} compiled function{'s' * (len(found) > 1)}"
    return f"{text}, {len(blocks)} of them in blocks along {along}" if blocks else text


def _blocks(prepared: Prepared) -> str:
    found = [node.param("region") for node in prepared.order if node.op is CALL]
    if not found:
        return "none"
    parts = []
    for region in found:
        inner = sum(bool(node.args) for node in topological(region.outputs))
        parts.append(f"{inner} operations along {region.dim}")
    stored = sum((_size(n) for n in prepared.order if n.op is PART and n.shape), sympy.S.Zero)
    return f"{', '.join(parts)}; {sympy.expand(stored)} entries stored"


def _shows(node: Node) -> bool:
    return node.op.form in FREE or (node.op.view and bool(node.args))


def _base(node: Node) -> Node:
    """The array that a view shows."""
    while _shows(node):
        node = node.args[0]
    return node


def _size(node: Node) -> sympy.Expr:
    return sympy.sympify(size_of(node.shape))


def _typical(size: sympy.Expr) -> float:
    return float(size.subs(dict.fromkeys(size.free_symbols, TYPICAL)))
