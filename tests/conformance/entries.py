"""A call of a function as the conformance tables hold it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

Call = Callable[..., Any]


class Entry(NamedTuple):
    """A NumPy function, the shapes of the arrays, and the call ``call(function, *arrays)``."""

    function: Any
    shapes: tuple[tuple[int, ...], ...]
    call: Call


def _same(f: Any, *arrays: Any) -> Any:
    return f(*arrays)


def entry(function: Any, *shapes: tuple[int, ...], call: Call = _same) -> Entry:
    return Entry(function, shapes, call)
