"""Expressions that overflow on the way to a finite value, replaced by ops that do not.

The derivative of 1/(1 + exp(-x)) at -800 is 0 times infinity, NaN; that of `sigmoid` is right. Run
this before differentiating. Patterns stop at steps that the user named, and at values that
something else uses too, so what the user looks at stays as it was written.
"""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.graph import G
from graphcomp.node import Node, intern
from graphcomp.op import Op
from graphcomp.ops.arithmetic import ADD, DIV, NEG, RECIPROCAL
from graphcomp.ops.transcendental import EXP, LOG, LOG1P, SIGMOID, SOFTPLUS
from graphcomp.traversal import topological, use_counts


def stabilize_graph(graph: G) -> G:
    """The graph with every 1/(1 + exp(-x)) a sigmoid, every log(1 + exp(x)) a softplus.

    >>> import graphcomp as gc
    >>> from graphcomp.graph import GraphData
    >>> x = gc.scalar("x")
    >>> stabilize_graph(GraphData([x], {"y": 1 / (1 + gc.exp(-x))})).outputs
    (<node sigmoid(x) float64 ()>,)
    """
    hinted = list(graph.hints)
    results = stabilize([*graph.outputs, *hinted])
    outputs = dict(zip(graph.output_names, results, strict=False))
    hints = {
        node: graph.hints[old] for old, node in zip(hinted, results[len(outputs) :], strict=True)
    }
    return graph.derive(graph.inputs, outputs, graph.name, hints=hints)


def stabilize(nodes: Sequence[Node]) -> list[Node]:
    """The nodes with stable ops in place of the patterns."""
    order = topological(nodes)
    uses = use_counts(order)
    shared = {node for node in order if uses.get(node, 0) > 1}
    memo: dict[Node, Node] = {}
    for node in order:
        found = _sigmoid(node, shared) or _softplus(node, shared)
        if found is not None:
            op, arg, negated = found
            arg = memo[arg]
            if negated:
                arg = arg.args[0] if arg.op is NEG else intern(NEG, (arg,))
            memo[node] = intern(op, (arg,), scope=node.scope)
        else:
            args = tuple([memo[arg] for arg in node.args])
            memo[node] = node if args == node.args else node.rebuild(args)
    return [memo[node] for node in nodes]


def _one_plus(node: Node, shared: set[Node]) -> Node | None:
    """x of 1 + exp(x), if nothing else uses either."""
    if node.op is not ADD or not node.is_real or node in shared:
        return None
    for one, other in (node.args, node.args[::-1]):
        if one.constant == 1 and other.op is EXP and other not in shared:
            return other.args[0]
    return None


def _sigmoid(node: Node, shared: set[Node]) -> tuple[Op, Node, bool] | None:
    """1/(1 + exp(-x)): the argument of exp is negated."""
    if node.op is RECIPROCAL:
        below = node.args[0]
    elif node.op is DIV and node.args[0].constant == 1:
        below = node.args[1]
    else:
        return None
    arg = _one_plus(below, shared)
    return None if arg is None else (SIGMOID, arg, True)


def _softplus(node: Node, shared: set[Node]) -> tuple[Op, Node, bool] | None:
    """log(1 + exp(x)) and log1p(exp(x))."""
    arg: Node | None = None
    if node.op is LOG:
        arg = _one_plus(node.args[0], shared)
    elif node.op is LOG1P and node.args[0].op is EXP and node.args[0] not in shared:
        arg = node.args[0].args[0]
    return None if arg is None else (SOFTPLUS, arg, False)
