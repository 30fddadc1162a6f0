"""NumPy's signatures for the functions that stand for NumPy's.

Arguments that have NumPy's default value say nothing and are left out; what a function of this
package does not take (out, where, dtype, ...) is an error that names it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from graphcomp.errors import TracingError, with_user_line
from graphcomp.numpy_protocol import NUMPY

_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter] | None:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C, without a signature
        return None


def numpy_signature(
    function: Callable[..., Any], stand_in: Callable[..., Any]
) -> Callable[..., Any]:
    """`stand_in`, called as NumPy's `function` is.

    >>> import graphcomp as gc
    >>> np.sum(gc.array("A", "m n"), 0, None)
    <node sum(A, axis=0) float64 (n,)>
    """
    theirs, mine = _parameters(function), _parameters(stand_in)
    if theirs is None or mine is None:
        return stand_in
    if any(p.kind in _VARIADIC for p in (*theirs.values(), *mine.values())):
        return stand_in
    names = list(theirs)
    leading = sum(p.default is inspect.Parameter.empty for p in theirs.values())
    label = getattr(function, "__name__", str(function))

    @functools.wraps(stand_in)
    def traced(*args: Any, **kwargs: Any) -> Any:
        given = dict(zip(names, args, strict=False)) | kwargs
        first = [given.pop(name) for name in names[:leading] if name in given]
        settings = {}
        for name, value in given.items():
            if name in mine:
                if value is not np._NoValue:  # noqa: SLF001  (NumPy's own "not given")
                    settings[name] = value
            elif name not in theirs or not _says_nothing(value, theirs[name].default):
                known = ", ".join(list(mine)[leading:]) or "none"
                msg = f"np.{label}: {name}= can't be traced; what can be given is {known}"
                raise TracingError(with_user_line(msg))
        return stand_in(*first, **settings)

    return traced


def _says_nothing(value: Any, default: Any) -> bool:
    """Whether it is the default, or says as much: None or NumPy's "not given"."""
    if value is None or value is default or value is np._NoValue:  # noqa: SLF001
        return True
    return isinstance(value, (bool, int, str)) and type(value) is type(default) and value == default


def adopt() -> None:
    """NumPy's signatures, for all that is registered."""
    for function, stand_in in list(NUMPY.items()):
        NUMPY[function] = numpy_signature(function, stand_in)
