"""Steps of one kind computed together, as one step on a stack; the results are rows of the result.

NumPy takes about as long for a call as for some hundred entries. Where a loop over small arrays was
unrolled, with the same gates at each step, or where the same formula stands there for each of many
arrays, most of the time goes there. See `siblings` for what comes together.

Entry by entry, the same is computed as before; only the terms of long sums may be added in another
order. What has to be copied into a stack is weighed against the calls that are saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from graphcomp.node import Node
from graphcomp.rewrite.long_sums import long_sums
from graphcomp.rewrite.rules import Report
from graphcomp.rewrite.siblings import in_turns, is_stackable
from graphcomp.rewrite.stacks import Stacks
from graphcomp.shape import Shape
from graphcomp.traversal import topological

NAME = "stacking"
#: Graphs with fewer steps on arrays, or in which fewer calls are saved, stay as people wrote them.
FEWEST = 100


@dataclass(frozen=True, slots=True)
class Stacked:
    """A graph with siblings computed together.

    Attributes:
        memo: what nodes have become, with all below them.
        rows: the shapes of the rows of its stacks.
    """

    memo: Mapping[Node, Node]
    rows: tuple[Shape, ...]


def stacked(
    outputs: Sequence[Node],
    values: Sequence[Node],
    order: Sequence[Node] | None = None,
    report: Report | None = None,
) -> Stacked | None:
    """The graph with siblings computed together, where there are many; None: it stays as it is.

    Args:
        outputs: the roots of a graph, without names on steps.
        values: those of them that are values; the others are derivatives, and never computed with them.
        order: all nodes, arguments before users, if that is known.
        report: counts the stacks.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "150 n")
    >>> gates = [gc.tanh(gc.exp(x[i])) for i in range(150)]
    >>> found = stacked(gates, [])
    >>> found.memo[gates[7]], found.rows
    (<node tanh(exp(x))[7] float64 (n,)>, ((n,),))
    """
    order = topological(outputs) if order is None else order
    arrays = list(filter(attrgetter("shape"), order))
    if sum(map(is_stackable, arrays)) < FEWEST:
        return None
    early = set(topological(values))
    sums = long_sums(outputs, early)
    early = {sums[node] for node in early if node in sums}
    stacks = Stacks()
    for turn in in_turns(topological([sums[node] for node in outputs]), early):
        stacks.add(turn)
    if stacks.saved < FEWEST:
        return None
    if report is not None:
        for node in stacks.made:
            report.count(NAME, node.op.name)
    memo = {old: stacks.memo[new] for old, new in sums.items() if new in stacks.memo}
    return Stacked(memo, tuple(dict.fromkeys(node.shape[1:] for node in stacks.made)))
