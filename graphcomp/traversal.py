"""Walks over graphs: iterative, linear, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

N = TypeVar("N", bound=Any)


def topological(outputs: Iterable[N], stop: Callable[[N], bool] | None = None) -> list[N]:
    """All nodes that the outputs depend on, arguments before users, in a fixed order.

    The arguments of nodes for which `stop` is true are not followed. Linear time, no recursion.
    """
    order: list[N] = []
    seen: set[N] = set()
    waiting: list[N] = []
    stack: list[N | None] = [*reversed(tuple(outputs))]
    while stack:
        node = stack.pop()
        if node is None:  # the arguments of the last one that waits are done
            order.append(waiting.pop())
        elif node not in seen:
            seen.add(node)
            if not node.args or (stop is not None and stop(node)):
                order.append(node)
            else:
                waiting.append(node)
                stack.append(None)
                stack.extend(node.args[::-1])
    return order


def use_counts(nodes: Iterable[N]) -> dict[N, int]:
    """How often each node is an argument of the given nodes."""
    counts: dict[N, int] = {}
    for node in nodes:
        for arg in node.args:
            counts[arg] = counts.get(arg, 0) + 1
    return counts
