"""Walks over graphs: iterative, linear, in a fixed order; and the rest that they need."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

N = TypeVar("N", bound=Any)


def topological(outputs: Iterable[N], stop: Callable[[N], bool] | None = None) -> list[N]:
    """All nodes that the outputs depend on, arguments before users, in a fixed order.

    The arguments of nodes for which `stop` is true are not followed. Linear time, no recursion.
    """
    order: list[N] = []
    seen: set[N] = set()
    path: list[N] = []  # the nodes that wait for their arguments, each for one of the next
    left: list[Iterator[N]] = [iter(tuple(outputs))]
    while left:
        for node in left[-1]:
            if node in seen:
                continue
            seen.add(node)
            if node.args and (stop is None or not stop(node)):
                path.append(node)
                left.append(iter(node.args))
                break
            order.append(node)
        else:
            left.pop()
            if path:
                order.append(path.pop())
    return order


def use_counts(nodes: Iterable[N]) -> dict[N, int]:
    """How often each node is an argument of the given nodes."""
    counts: dict[N, int] = {}
    for node in nodes:
        for arg in node.args:
            counts[arg] = counts.get(arg, 0) + 1
    return counts


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Without the cyclic collector, which takes half the time on large graphs and finds nothing."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
