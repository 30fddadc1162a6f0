"""Light work done by the loops that need it, rather than kept for them in an array.

``h > 0`` beside ``h = relu(x)`` is an array of its own if loops behind a product of matrices read
both; but those can compare again, which costs less than writing and reading an array.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from graphcomp.codegen.loop_choice import is_costly
from graphcomp.node import Node


def moved_later(
    order: Sequence[Node],
    bases: Mapping[Node, Node],
    level: Mapping[Node, int],
    looped: Collection[Node],
    results: Collection[Node],
) -> dict[Node, int]:
    """New levels for the nodes that are computed with their only readers, of one later level.

    Moved are single entries of light ops, which read what is kept for others too, or one array that is
    kept in place of theirs, or nodes that move too.

    Args:
        order: all nodes, arguments before users.
        bases: what each node shows.
        level: of the loops that each node is computed in.
        looped: the nodes that are computed in loops.
        results: nodes that are wanted themselves.
    """
    readers = _readers(order, bases)
    wanted = {bases[node] for node in results} | set(results)
    kept = wanted | {
        node
        for node in looped
        if any(reader not in looped or level[reader] != level[node] for reader in readers[node])
    }
    moving = kept - wanted
    found: dict[Node, int] = {}
    for node in reversed(order):
        if node not in moving or not _is_light(node):
            continue
        goals = {found.get(reader, level[reader]) for reader in readers[node]}
        goal = goals.pop()
        if goals or not all(reader in looped for reader in readers[node]):
            continue
        cone = _cone(node, bases, level, looped, readers, kept) if goal > level[node] else None
        if cone is None:
            continue
        held = [arg for arg in cone[1] if arg.ndim >= node.ndim and arg.args and arg not in wanted]
        longer = [
            arg
            for arg in held
            if all(found.get(r, level[r]) < goal for r in readers[arg] if r not in cone[0])
        ]
        if len(longer) <= 1:  # one array for another
            found |= dict.fromkeys(cone[0], goal)
    return found


def _readers(order: Sequence[Node], bases: Mapping[Node, Node]) -> dict[Node, list[Node]]:
    """The nodes that read each node, also through views."""
    readers: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        if bases[node] is node:
            for arg in node.args:
                readers[bases[arg]].append(node)
    return readers


def _cone(
    node: Node,
    bases: Mapping[Node, Node],
    level: Mapping[Node, int],
    looped: Collection[Node],
    readers: Mapping[Node, Sequence[Node]],
    kept: Collection[Node],
) -> tuple[list[Node], list[Node]] | None:
    """The nodes that move with one, and what they read; None if more would have to be kept."""
    cone, edge, queue = [node], dict[Node, None](), [node]
    while queue:
        for arg in [bases[arg] for arg in queue.pop().args]:
            if arg not in looped or level[arg] != level[node] or arg in kept:
                edge[arg] = None
            elif arg not in cone:
                if len(set(readers[arg])) > 1 or not _is_light(arg):
                    return None
                cone.append(arg)
                queue.append(arg)
    return cone, list(edge)


def _is_light(node: Node) -> bool:
    return node.op.broadcasts and not is_costly(node)
