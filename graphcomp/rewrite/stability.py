"""Expressions that overflow or cancel on the way to a finite value, replaced by ops that do not.

The derivative of 1/(1 + exp(-x)) at -800 is 0 times infinity, NaN; that of `sigmoid` is right. Run
this before differentiating. Patterns stop at steps that the user named, so what the user looks at
stays as it was written; what else reads the parts of a pattern goes on doing so.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.graph import G
from graphcomp.node import Node
from graphcomp.rewrite import exponentials, logistic, roots
from graphcomp.rewrite.rules import Report, Rule, by_op, rewrite

#: Specific patterns come before those that they contain.
RULES: tuple[Rule, ...] = (*logistic.RULES, *exponentials.RULES, *roots.RULES)
_BY_OP = by_op(RULES)
NAME = "stability"


def stabilize_graph(graph: G, report: Report | None = None) -> G:
    """The graph with every 1/(1 + exp(-x)) a sigmoid, every log(1 + exp(x)) a softplus...

    >>> import graphcomp as gc
    >>> from graphcomp.graph import GraphData
    >>> x = gc.scalar("x")
    >>> stabilize_graph(GraphData([x], {"y": 1 / (1 + gc.exp(-x))})).outputs
    (<node sigmoid(x) float64 ()>,)
    """
    hinted = list(graph.hints)
    results = stabilize([*graph.outputs, *hinted], report)
    outputs = dict(zip(graph.output_names, results, strict=False))
    hints = {
        node: graph.hints[old] for old, node in zip(hinted, results[len(outputs) :], strict=True)
    }
    return graph.derive(graph.inputs, outputs, graph.name, hints=hints)


def stabilize(nodes: Sequence[Node], report: Report | None = None) -> list[Node]:
    """The nodes with stable ops in place of the patterns.

    >>> import graphcomp as gc
    >>> x, report = gc.scalar("x"), Report()
    >>> stabilize([gc.log(1 + gc.exp(x))], report)
    [<node softplus(x) float64 ()>]
    >>> report.lines()
    ['stability: softplus 1']
    """
    return rewrite(nodes, _BY_OP, report, NAME)
