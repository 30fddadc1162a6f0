"""What an output is called that has no name of its own."""

from __future__ import annotations

from collections.abc import Container

from graphcomp.errors import NamingError
from graphcomp.names import check_name, fresh_name

_USUAL = ("y", "z", "f")


def output_name(name: str | None, taken: Container[str]) -> str:
    """The graph's name, or y, or another usual letter if that is an input.

    Raises:
        NamingError: the graph's name is that of an input or a step.

    >>> output_name(None, {"x", "y"}), output_name("loss", {"x"})
    ('z', 'loss')
    """
    if name is None:
        free = [letter for letter in _USUAL if letter not in taken]
        return free[0] if free else fresh_name("y", taken)
    if check_name(name, "graph name") in taken:
        msg = f"the output would be called {name!r} as the graph, but that's an input or a step; choose another name"
        raise NamingError(msg)
    return name
