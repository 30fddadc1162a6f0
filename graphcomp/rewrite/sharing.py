"""Ops that have work in common, written out so that it is done once.

softmax(x) and logsumexp(x) both need the exponentials of x - max(x), sigmoid(x) and softplus(x) both
exp(-|x|). As calls they would compute it twice. What an op consists of stands on its record; where
two of a graph would have something in common, both are written in these terms, and equal nodes are
one. This comes after all rules: to these, an op as a whole says more than its parts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.rewrite.rules import Report
from graphcomp.rewrite.simplification import simplify
from graphcomp.traversal import topological

NAME = "sharing"


def share(
    nodes: Sequence[Node], dialect: str, report: Report | None = None, *, arrays: bool = True
) -> tuple[dict[Node, Node], dict[Node, str]]:
    """What nodes become, with all below them, and names for some that are new; nothing: they stay.

    Args:
        nodes: the roots of a graph, with the names of steps still on them.
        dialect: whose way of writing an op is meant, as in `Op.shared`.
        report: counts the ops that were written out.
        arrays: only those that compute with arrays. For a single number, a call takes little longer, and
            says more.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> nodes = [gc.softplus(x), gc.sigmoid(x)]
    >>> found, names = share(nodes, "numpy")
    >>> [found[node] for node in nodes]
    [<node max(x, 0) + log1p(exp(-|x|)) float64 (n,)>, \
<node max(exp(-|x|), sign(x))/(1 + exp(-|x|)) float64 (n,)>]
    >>> names
    {<node exp(-|x|) float64 (n,)>: 'small'}
    """
    order = topological(nodes)
    candidates = [node for node in order if dialect in node.op.shared]
    if arrays:
        candidates = [node for node in candidates if any(x.shape for x in (node, *node.args))]
    chosen = _chosen(candidates, dialect)
    memo: dict[Node, Node] = {}
    names: dict[Node, str] = {}
    for node in order if chosen else ():
        args = tuple([memo[arg] for arg in node.args])
        if node in chosen:
            memo[node], inner = _ways(node, args, dialect)[chosen[node]]
            names |= {found: name for found, name in inner.items() if found not in names}
            if report is not None:
                report.count(NAME, node.op.name)
        else:
            memo[node] = node if args == node.args else node.rebuild(args)
    if report is not None and chosen:
        report.follow(memo, chosen)
    return memo, names


def _chosen(candidates: Sequence[Node], dialect: str) -> dict[Node, int]:
    """The nodes to be written out, and which of its ways for each: that with most in common."""
    if len(candidates) < 2:
        return {}
    insides = {
        node: [_inside(way, node.args) for way, _ in _ways(node, node.args, dialect)]
        for node in candidates
    }
    readers: dict[Node, set[Node]] = {}
    for node, ways in insides.items():
        for inner in set[Node]().union(*ways):
            readers.setdefault(inner, set()).add(node)
    chosen: dict[Node, int] = {}
    for node, ways in insides.items():
        common = [sum(len(readers[inner]) > 1 for inner in way) for way in ways]
        if any(common):
            chosen[node] = common.index(max(common))
    return chosen


def _ways(
    node: Node, args: tuple[Node, ...], dialect: str
) -> list[tuple[Node, Mapping[Node, str]]]:
    """The ways to write a node on some arguments, and names inside."""
    found: list[tuple[Node, Mapping[Node, str]]] = []
    for way, names in node.op.shared[dialect](*args, **dict(node.params)):
        result, *inner = simplify([way, *names.values()], keep=args)
        found.append((result, dict(zip(inner, names, strict=True))))
    return found


def _inside(way: Node, args: Collection[Node]) -> set[Node]:
    """What is computed on the way from the arguments, by more than a sign."""
    order = topological([way], stop=set(args).__contains__)
    return {
        node
        for node in order
        if node.args
        and node not in args
        and node.op.form not in {Form.BROADCAST, Form.NEGATION}
        and not node.is_constant
    }
