"""What a function called its values: its local variables, kept as the names of steps.

The locals are taken when the function returns, by Python's profiling hook; where somebody else is
profiling in C, they are left alone, and the steps stay without names.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any

from graphcomp.errors import NamingError, TracingError
from graphcomp.names import check_name
from graphcomp.node import Node, intern, is_input
from graphcomp.ops.leaves import LET
from graphcomp.traversal import topological


def call_and_watch(
    function: Callable[..., Any], positional: Sequence[Any], keyword: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """The result of a call, and the function's local variables when it returned.

    Raises:
        TracingError: it uses a symbolic value as a number, or stores one in an array of numbers.

    >>> def f(x):
    ...     y = x + 1
    ...     return y
    >>> call_and_watch(f, [1], {})
    (2, {'x': 1, 'y': 2})
    """
    try:
        return _watched(function, positional, keyword)
    except ValueError as error:
        # NumPy hides what a node said in an error of its own: "setting an array element with ..."
        if isinstance(error.__cause__, TracingError):
            raise error.__cause__ from None
        raise


def _watched(
    function: Callable[..., Any], positional: Sequence[Any], keyword: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    code = _code(function)
    other = sys.getprofile()
    if code is None or not (other is None or callable(other)):
        return function(*positional, **keyword), {}
    watched: FrameType | None = None
    found: dict[str, Any] = {}

    def watch(frame: FrameType, event: Any, argument: object) -> None:
        nonlocal watched
        if other is not None:
            other(frame, event, argument)
        if event == "call" and watched is None and frame.f_code is code:
            watched = frame
        elif event == "return" and frame is watched:
            found.update(frame.f_locals)

    sys.setprofile(watch)
    try:
        result = function(*positional, **keyword)
    finally:
        sys.setprofile(other)
        watched = None
    return result, found


def _code(function: Callable[..., Any]) -> CodeType | None:
    """The code of a function, of a method, or of what a decorator wraps."""
    inner: Any = inspect.unwrap(function)
    inner = getattr(inner, "func", inner)  # functools.partial
    if not inspect.isfunction(inner) and not inspect.ismethod(inner):
        inner = getattr(inner, "__call__", None)  # noqa: B004  (an object that is a function)
    code = getattr(inner, "__code__", None)
    return code if isinstance(code, CodeType) else None


def with_names(
    outputs: Sequence[Node], variables: Mapping[str, object], reserved: Iterable[str]
) -> list[Node]:
    """The outputs, with the nodes that variables hold as named steps.

    Inputs, constants and named steps keep their own names; of several names the first stands.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> y = gc.exp(x)
    >>> named = with_names([1 + y], {"x": x, "y": y}, ["x"])
    >>> named[0] is 1 + gc.let("y", y)
    True
    """
    order = topological(outputs)
    taken = {node.param("name") for node in order if node.op is LET or is_input(node)}
    taken.update(reserved)
    names: dict[Node, str] = {}
    for name, value in variables.items():
        if not isinstance(value, Node) or value in names or name in taken or not _usable(name):
            continue
        if value.args and value.op is not LET and not value.is_constant:
            names[value] = name
            taken.add(name)
    return _rename(order, outputs, names)


def _rename(
    order: Sequence[Node], outputs: Sequence[Node], names: Mapping[Node, str]
) -> list[Node]:
    """The outputs again, with steps of these names around the nodes."""
    new: dict[Node, Node] = {}
    for node in order:
        args = tuple(new[arg] for arg in node.args)
        made = node if args == node.args else node.rebuild(args)
        if node in names:
            made = intern(LET, (made,), (("name", names[node]),), node.scope)
        new[node] = made
    return [new[node] for node in outputs]


def _usable(name: str) -> bool:
    try:
        check_name(name)
    except NamingError:
        return False
    return True
