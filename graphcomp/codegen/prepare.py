"""From the plan of a function to the nodes that are computed, each with its name.

In order: the passes of `graphcomp.rewrite` over values and derivatives in one graph, names taken off
the nodes, and the choice of what becomes a statement.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from graphcomp.codegen.plans import Plan
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.rewrite import Pass, Report, expand, run_passes, without_names
from graphcomp.traversal import leading, topological, use_counts

#: Written out again wherever they are used: they cost nothing, or next to nothing.
FREE = {Form.BROADCAST, Form.TRANSPOSE, Form.BRACKET}

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
    """

    outputs: Mapping[str, Node]
    names: Mapping[Node, str]
    order: tuple[Node, ...]
    ahead: tuple[Node, ...]
    cut: frozenset[Node]
    user_named: frozenset[Node]
    report: Report


def prepare(
    plan: Plan,
    passes: Sequence[Pass],
    before: Report,
    spelled: Callable[[Node], bool] = lambda _node: True,
    *,
    cutter: Cutter | None = None,
) -> Prepared:
    """Run the passes over the joint graph of all results of a function.

    `before` says what was done to the graph before it was differentiated. An op that is not
    `spelled`, and says what it consists of, is replaced by that. With a `cutter`, parts that are
    computed by functions of their own become calls.
    """
    hinted = list(plan.hints)
    given = plan.roots.replaced(expand(plan.roots.all, spelled, plan.roots.order))
    roots, report = run_passes(given, passes, before.copy())
    bare, user = without_names(roots.all, roots.order)
    report.follow(bare)
    stripped = [bare.get(node, node) for node in roots.all]
    outputs = dict(zip(plan.outputs, stripped, strict=False))
    names = dict(user)
    for name, node in outputs.items():
        names.setdefault(node, name)
    order = tuple(roots.computed)
    if bare:
        order = tuple(dict.fromkeys([bare.get(node, node) for node in order]))
    used = set(order)
    for old, node in zip(hinted, stripped[len(outputs) :], strict=False):
        if node in used:
            names.setdefault(node, plan.hints[old])
    own = set(user)
    base = stripped[len(outputs) + len(hinted) :]
    if cutter is not None:
        late = [node for seed in plan.seeds for node in seed.nodes]
        called, names, left = cutter(list(outputs.values()), names, late)
        if left:
            outputs = dict(zip(outputs, called, strict=True))
            order = tuple(topological(called))
            used = set(order)
            own = {left[node] for node in own if node in left}
            base = [left[node] for node in base if node in left]
    results = tuple(outputs.values())
    cut = choose_statements(order, results, names, own)
    forward = leading(order, base) if results[: len(base)] == tuple(base) else topological(base)
    ahead = tuple(node for node in forward if node in used and node in cut)
    return Prepared(outputs, names, order, ahead, frozenset(cut), frozenset(own), report)


def choose_statements(
    order: Sequence[Node],
    results: Iterable[Node],
    names: Mapping[Node, str],
    user_named: set[Node],
) -> set[Node]:
    """The nodes that are statements: named, results, or used more than once."""
    uses = use_counts(order)
    ops = {op for op in {node.op for node in order} if op.form in FREE}
    free = [node for node in order if node.op in ops]
    for node in reversed(free):  # what is free passes its uses on to its argument
        if node not in user_named:
            for arg in node.args:
                uses[arg] += uses.get(node, 0) - 1
    wanted = {node for node, count in uses.items() if count > 1}.union(names).intersection(order)
    wanted -= {node for node in free if node not in user_named}
    return {
        node for node in wanted.union(results) if node.args and node.op.form is not Form.BROADCAST
    }
