"""From the plan of a function to the nodes that are computed, each with its name.

In order: the passes of `graphcomp.rewrite` over values and derivatives in one graph, names taken off
the nodes, and the choice of what becomes a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphcomp.codegen.notes import rule_of, with_notes
from graphcomp.codegen.plans import Plan
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.rewrite import (
    Pass,
    Report,
    Rule,
    expand,
    factors_at_source,
    inside_fences,
    run_passes,
    share,
    without_names,
)
from graphcomp.traversal import leading, topological, use_counts

#: Written out again wherever they are used: they cost nothing, or next to nothing.
FREE = {Form.BROADCAST, Form.TRANSPOSE, Form.BRACKET, Form.NAMED}
_BROADCAST = Form.BROADCAST  # a look at the enumeration for each node takes long

#: Puts calls in place of parts of a graph: see `regions.cut_into_rows`.
Cutter = Callable[
    [Sequence[Node], Mapping[Node, str], Collection[Node]],
    tuple[list[Node], dict[Node, str], dict[Node, Node]],
]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The nodes of a function, ready to be written.

    Attributes:
        outputs: as in the plan, rewritten.
        names: wanted names of nodes.
        order: all nodes, arguments before users, values before derivatives.
        ahead: the statements that belong to the value, which come first.
        cut: the nodes that are statements.
        user_named: the nodes that the user named.
        report: what the passes did; its notes are on the nodes in `order`.
        written_out: whether ops were written out that have work in common.
        report: what the passes did.
        rules: those that made some of the nodes, if their names tell a reader something.
        values: the values, of which the other outputs are derivatives.
    """

    outputs: Mapping[str, Node]
    names: Mapping[Node, str]
    order: tuple[Node, ...]
    ahead: tuple[Node, ...]
    cut: frozenset[Node]
    user_named: frozenset[Node]
    report: Report
    written_out: bool = False
    rules: tuple[Rule, ...] = ()
    values: tuple[Node, ...] = ()


def prepare(
    plan: Plan,
    passes: Sequence[Pass],
    before: Report,
    spelled: Callable[[Node], bool] = lambda _node: True,
    *,
    sharing: tuple[str, bool] | None = None,
    cutter: Cutter | None = None,
    fences: bool = False,
) -> Prepared:
    """Run the passes over the joint graph of all results of a function.

    `before` says what was done to the graph before it was differentiated. An op that is not
    `spelled`, and says what it consists of, is replaced by that. Ops that have work in common are
    written out as the dialect `sharing` does. With a `cutter`, parts that are computed by functions of
    their own become calls. With `fences`, these stay in the graph where that makes no difference.
    """
    report = before.copy()
    given = plan.roots.replaced(expand(plan.roots.all, spelled, report, plan.roots.order))
    roots, report = run_passes(given, passes, report)
    inner: dict[Node, str] = {}
    written: dict[Node, Node] = {}
    if sharing is not None and any(sharing[0] in op.shared for op in roots.ops):
        written, inner = share(roots.all, sharing[0], report, arrays=sharing[1])
        if written:
            roots = roots.replaced([written[node] for node in roots.all])
    moved = factors_at_source(roots.order, roots.all, report)
    if moved:
        report.follow(moved)
        roots = roots.replaced([moved.get(node, node) for node in roots.all])
    inside = inside_fences(roots.order) if fences and not report.notes else None
    bare, user = without_names(roots.all, roots.order) if inside is None else (inside, {})
    if report.notes:
        report.follow(bare)
        bare, user = _noted(roots.order, bare, user, report)
    stripped = [bare.get(node, node) for node in roots.all]
    outputs = dict(zip(plan.outputs, stripped, strict=False))
    names = dict(user)
    for name, node in outputs.items():
        names.setdefault(node, name)
    order = tuple(roots.computed)
    if bare and inside is None:
        order = tuple(dict.fromkeys([bare.get(node, node) for node in order]))
    scoped = [node for node in order if node.scope]
    rules = tuple(dict.fromkeys(each for n in scoped if (each := rule_of(n)) is not None))
    hints = zip(stripped[len(outputs) :], plan.hints.values(), strict=False)
    _give_hints(names, hints, order, inside or {})
    for node, name in inner.items():
        names.setdefault(bare.get(node, node), name)
    own = set(user)
    base = stripped[len(outputs) + len(plan.hints) :]
    if cutter is not None:
        late = [node for seed in plan.seeds for node in seed.nodes]
        called, names, left = cutter(list(outputs.values()), names, late)
        if left:
            outputs = dict(zip(outputs, called, strict=True))
            order = tuple(topological(called))
            own = {left[node] for node in own if node in left}
            base = [left[node] for node in base if node in left]
    results = tuple(outputs.values())
    ahead, cut = statements_of(order, results, base, names, own)
    rest = (ahead, cut, frozenset(own), report, bool(written), rules, tuple(base))
    return Prepared(outputs, names, order, *rest)


def statements_of(
    order: Sequence[Node],
    results: Sequence[Node],
    values: Sequence[Node],
    names: Mapping[Node, str],
    user_named: Collection[Node],
) -> tuple[tuple[Node, ...], frozenset[Node]]:
    """The statements that belong to the values, and all that are statements."""
    cut = choose_statements(order, results, names, user_named)
    first = results[: len(values)] == tuple(values)
    forward = leading(order, values) if first else topological(values)
    used = set(order)
    return tuple(node for node in forward if node in used and node in cut), frozenset(cut)


def _noted(
    order: Sequence[Node], bare: Mapping[Node, Node], user: Mapping[Node, str], report: Report
) -> tuple[dict[Node, Node], dict[Node, str]]:
    """What nodes become when those that a rule made say so; and the names of the user."""
    noted = with_notes([bare.get(node, node) for node in order], report.notes)
    report.follow(noted)
    found = {node: noted[bare.get(node, node)] for node in order}
    return found, {noted[node]: name for node, name in user.items()}


def _give_hints(
    names: dict[Node, str],
    hints: Iterable[tuple[Node, str]],
    order: Sequence[Node],
    inside: Mapping[Node, Node],
) -> None:
    """Names for nodes that have none; of what is there with the other sign only, minus the name."""
    used = set(order)
    opposite: dict[Node, str] = {}
    for node, name in hints:
        if node in used:
            names.setdefault(node, name)
        elif node.op.form is Form.NEGATION and node.args[0] in used:
            opposite[inside.get(node.args[0], node.args[0])] = f"minus_{name}"
    if opposite:
        uses = use_counts(order)
        uses |= {node: uses.get(fence, 0) for fence, node in inside.items()}
        names |= {n: name for n, name in opposite.items() if uses.get(n, 0) > 1 and n not in names}


def choose_statements(
    order: Sequence[Node],
    results: Iterable[Node],
    names: Mapping[Node, str],
    user_named: Collection[Node],
) -> set[Node]:
    """The nodes that are statements: named, results, or used more than once."""
    uses = use_counts(order)
    ops = {op for op in {node.op for node in order} if op.form in FREE}
    free = [node for node in order if node.op in ops] if ops else []
    for node in reversed(free):  # what is free passes its uses on to its argument
        if node not in user_named:
            for arg in node.args:
                uses[arg] += uses.get(node, 0) - 1
    wanted = {node for node, count in uses.items() if count > 1}.union(names).intersection(order)
    wanted -= {node for node in free if node not in user_named}
    wanted.update(results)
    return {node for node in wanted if node.args and node.op.form is not _BROADCAST}
