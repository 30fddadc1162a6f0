"""Blocks of rows on several threads: the loop over them, and what a module needs for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

from graphcomp.codegen import threads_runtime
from graphcomp.codegen.layout import INDENT, docstring, layout, returned
from graphcomp.op import SUMMED

#: Names that a module uses itself if there are threads.
THREADED = frozenset(
    {"cache", "copy_context", "deque", "os", "threading", "wait", "map", "Future"}
    | {"Iterator", "ThreadPoolExecutor", "_THREADS", "_in_order", "_of_thread", "_pool"}
)
#: What it imports then.
IMPORTS = (
    "from concurrent.futures import Future, ThreadPoolExecutor, wait",
    "from contextvars import copy_context",
    "from functools import cache",
)
_CALL = "_in_order("


def uses_threads(lines: Sequence[str]) -> bool:
    """Whether some lines go over blocks on several threads."""
    return any(_CALL in line for line in lines)


def thread_helpers(lines: Sequence[str], workers: int) -> list[str]:
    """The functions that such lines call."""
    if not uses_threads(lines):
        return []
    found = ["", f"_THREADS = {workers}"]
    called = any("_of_thread(" in line for line in lines)
    for name in ("_pool", "_in_order", *(["_of_thread"] if called else [])):
        source = inspect.getsource(vars(threads_runtime)[name]).rstrip()
        found += ["", "", *source.replace("  # noqa: ARG001", "").split("\n")]
    return found


def threaded_turns(
    give: Callable[[str], str],
    start: tuple[str, str],
    turns: str,
    call: str,
    results: Sequence[tuple[str, str, int]],
    ahead: Sequence[str] = (),
) -> list[str]:
    """A loop over blocks, of which each may be computed by another thread.

    What is joined is written by that thread, each block to its own place; what is summed is added up
    by the caller, in the order of the blocks.

    Args:
        give: makes a name that is not taken.
        start: the variable for the start of a block, and the line that finds its end.
        turns: the range of the starts.
        call: computes a block.
        results: of each part the variable, its place for one block, if it is not there already, and
            how it is joined.
        ahead: lines before the call.
    """
    i, end = start
    several = len(results) > 1
    sums = [name for name, _, joined in results if joined == SUMMED]
    block, parts = give("block"), give("parts" if several else "part")
    values = [f"{parts}[{k}]" for k in range(len(results))] if several else [parts]
    pairs = list(zip(results, values, strict=True))
    kind = {0: "None", 1: "Any"}.get(len(sums), "tuple[Any, ...]")
    about = "A block; what is summed over all of them." if sums else "A block."
    lines = ["", f"{INDENT}def {block}({i}: int) -> {kind}:", *docstring(about, indent=2)]
    lines += [text for line in (end, *ahead) for text in layout(line, 2)]
    if len(sums) == len(results):
        lines += layout(f"return {call}", 2)
    elif not any(place for _, place, _ in results):
        lines += layout(call, 2)
    else:
        own = [(place, value) for (_, place, joined), value in pairs if joined != SUMMED and place]
        lines += layout(f"{parts} = {call}", 2)
        lines += [f"{INDENT * 2}{place} = {value}" for place, value in own]
        added = tuple(value for (_, _, joined), value in pairs if joined == SUMMED)
        lines += returned(added if len(added) > 1 else added[0], 2) if added else []
    some = "_" if not sums else give("part") if several and len(sums) == 1 else parts
    lines += ["", *layout(f"for {some} in {_CALL}{block}, {turns}):", 1)]
    if len(sums) == 1:
        return [*lines, f"{INDENT * 2}{sums[0]} += {some}"]
    added_up = [f"{INDENT * 2}{name} += {some}[{k}]" for k, name in enumerate(sums)]
    return [*lines, *(added_up or [f"{INDENT * 2}pass"])]
