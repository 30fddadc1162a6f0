"""What to differentiate by: from names of inputs, arguments and steps to nodes."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.errors import DerivativeError, DTypeError, InputError
from graphcomp.graph import Argument, GraphData
from graphcomp.node import Node
from graphcomp.trees import LEAF

Wrt = Sequence[str] | str | None


def resolve_wrt(graph: GraphData, wrt: Wrt) -> dict[str, Node]:
    """The nodes to differentiate by, from names of inputs, arguments and steps; None: every real input.

    The name of an argument that is a list, tuple or dict stands for all arrays in it.

    Raises:
        NamingError: there is no such input or step.
        DTypeError: an integer or boolean input.
        InputError: an input comes twice, alone and as a part of its argument.
    """
    return {
        name: node
        for variable in variables(graph, wrt)
        for name, node in zip(variable.leaves, variable.nodes, strict=True)
    }


def variables(graph: GraphData, wrt: Wrt) -> tuple[Argument, ...]:
    """The same, as they are arranged: one thing for each name, or for each argument with real arrays.

    Raises:
        As for `resolve_wrt`.
    """
    if wrt is None:
        real = [each.only([node.is_real for node in each.nodes]) for each in graph.arguments]
        found = [each for each in real if each.nodes]
        if not found:
            msg = f"graph {graph.name!r} has no real input: there is nothing to differentiate by"
            raise DerivativeError(msg)
        return tuple(found)
    names = (wrt,) if isinstance(wrt, str) else tuple(dict.fromkeys(wrt))
    found = [graph.argument(name) or _alone(graph, name) for name in names]
    seen: set[str] = set()
    for each in found:
        for leaf, title, node in zip(each.leaves, each.titles, each.nodes, strict=True):
            if not node.is_real:
                msg = f"{title!r} is {node.dtype}: it has no derivative; convert to float (the values may be integers)"
                raise DTypeError(msg)
            if leaf in seen:
                msg = f"{leaf!r} comes twice in wrt, alone and as a part of its argument"
                raise InputError(msg)
            seen.add(leaf)
    if not seen:
        msg = f"graph {graph.name!r}: nothing to differentiate by"
        raise DerivativeError(msg)
    return tuple(found)


def _alone(graph: GraphData, name: str) -> Argument:
    return Argument(name, LEAF, (name,), (graph.find(name),))
