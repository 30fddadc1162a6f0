"""Walks over graphs: iterative, linear, in a fixed order; and the rest that they need."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

N = TypeVar("N", bound=Any)


#: Of nodes with more arguments than this, it is kept how far they have been followed.
_FEW = 3


def topological(outputs: Iterable[N], stop: Callable[[N], bool] | None = None) -> list[N]:
    """All nodes that the outputs depend on, arguments before users, in a fixed order.

    The arguments of nodes for which `stop` is true are not followed. Linear time, no recursion.
    """
    order: list[N] = []
    done: set[N] = set()
    waiting: list[N] = []  # each for one of its arguments
    followed: dict[N, Iterator[N]] = {}
    for output in tuple(outputs):
        if output in done:
            continue
        node = output
        while True:
            args: Iterable[N] = node.args
            if stop is not None and stop(node):
                args = ()
            elif len(node.args) > _FEW:
                args = followed.get(node) or followed.setdefault(node, iter(node.args))
            for arg in args:  # from the first again: for a few that is cheaper than an iterator
                if arg not in done:
                    waiting.append(node)
                    node = arg
                    break
            else:
                done.add(node)
                order.append(node)
                if not waiting:
                    break
                node = waiting.pop()
    return order


def leading(order: Sequence[N], first: Collection[N]) -> Sequence[N]:
    """What the first of some roots depend on: the order of all of them begins with that."""
    wanted = set(first)
    end = next((i for i in reversed(range(len(order))) if order[i] in wanted), -1)
    return order[: end + 1]


def use_counts(nodes: Iterable[N]) -> dict[N, int]:
    """How often each node is an argument of the given nodes."""
    return Counter(chain.from_iterable(map(attrgetter("args"), nodes)))


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
