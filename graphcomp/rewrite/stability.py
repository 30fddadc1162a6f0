"""Expressions that overflow or cancel on the way to a finite value, replaced by ops that do not.

The derivative of 1/(1 + exp(-x)) at -800 is 0 times infinity, NaN; that of `sigmoid` is right. Run
this before differentiating. Patterns stop at steps that the user named, so what the user looks at
stays as it was written, unless its result would be lost: see `through`. What else reads the parts of a
pattern goes on doing so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from graphcomp.graph import G
from graphcomp.node import Node
from graphcomp.rewrite import exponentials, logistic, roots
from graphcomp.rewrite.rules import Report, Rule, by_op
from graphcomp.rewrite.through import has_names, look_through
from graphcomp.rewrite.walks import rewrite
from graphcomp.traversal import topological

#: Specific patterns come before those that they contain.
RULES: tuple[Rule, ...] = (*logistic.RULES, *exponentials.RULES, *roots.RULES)
_BY_OP = by_op(RULES)
NAME = "stability"


def stabilize_graph(graph: G, report: Report | None = None, kept: Collection[str] | None = ()) -> G:
    """The graph with every 1/(1 + exp(-x)) a sigmoid, every log(1 + exp(x)) a softplus...

    Args:
        graph: the graph.
        report: counts rules, and keeps notes.
        kept: names of steps that no rule looks through, as derivatives by them are wanted; None: all.

    >>> import graphcomp as gc
    >>> from graphcomp.graph import GraphData
    >>> x = gc.scalar("x")
    >>> stabilize_graph(GraphData([x], {"y": 1 / (1 + gc.exp(-x))})).outputs
    (<node sigmoid(x) float64 ()>,)
    """
    hinted = list(graph.hints)
    results = stabilize([*graph.outputs, *hinted], report, kept)
    outputs = dict(zip(graph.output_names, results, strict=False))
    hints = {
        node: graph.hints[old] for old, node in zip(hinted, results[len(outputs) :], strict=True)
    }
    return graph.derive(graph.inputs, outputs, graph.name, hints=hints)


def stabilize(
    nodes: Sequence[Node],
    report: Report | None = None,
    kept: Collection[str] | None = (),
    order: Sequence[Node] | None = None,
) -> list[Node]:
    """The nodes with stable ops in place of the patterns.

    Args:
        nodes: the roots.
        report: counts rules, and keeps notes.
        kept: as for `stabilize_graph`.
        order: the nodes in topological order, where that is known.

    >>> import graphcomp as gc
    >>> x, report = gc.scalar("x"), Report()
    >>> stabilize([gc.log(1 + gc.exp(x))], report)
    [<node softplus(x) float64 ()>]
    >>> report.lines()
    ['stability: softplus 1']
    """
    order = topological(nodes) if order is None else order
    found = rewrite(nodes, _BY_OP, report, NAME, order=order)
    if kept is None or not has_names(order):
        return found
    return look_through(found, _BY_OP, report, NAME, lambda node: node.param("name") in kept)
