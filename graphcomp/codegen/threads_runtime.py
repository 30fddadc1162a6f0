"""How generated modules compute blocks of rows on several threads.

These modules carry a copy of the source of these functions, so each needs Python alone, and its
lines are at most 88 columns wide.

Blocks are the same, and what is summed over them is added up in the same order, by the thread that
called: so the result does not depend, not in its last bit, on the number of threads.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import cache
from typing import Any

_THREADS = 2


@cache
def _pool(process: int) -> ThreadPoolExecutor:  # noqa: ARG001
    """The threads of a process: one that was forked has none of its parent's."""
    return ThreadPoolExecutor(_THREADS, "graphcomp")


def _in_order(block: Callable[[int], Any], starts: range) -> Iterator[Any]:
    """What a function gives for the starts of blocks, in order; computed on threads.

    Few blocks are under way at one time, so that results do not pile up.
    """
    if threading.current_thread().name.startswith("graphcomp_"):
        yield from map(block, starts)  # a thread that waits for others could block all
        return
    pool = _pool(os.getpid())
    ahead: deque[Future[Any]] = deque()
    try:
        for start in starts:
            ahead.append(pool.submit(copy_context().run, block, start))
            if len(ahead) > 2 * _THREADS:
                yield ahead[0].result()
                ahead.popleft()
        while ahead:
            yield ahead[0].result()
            ahead.popleft()
    finally:  # after an error nothing goes on behind the caller's back
        wait([future for future in ahead if not future.cancel()])


def _of_thread(workspace: dict[str, Any] | None) -> dict[str, Any] | None:
    """The part of a workspace that the thread which asks has for itself."""
    if workspace is None:
        return None
    name = f"thread {threading.current_thread().name}"
    part: dict[str, Any] = workspace.setdefault(name, {})
    return part
