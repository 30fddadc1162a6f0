"""Symbolic arguments for a Python function, from shapes: arrays alone, in lists and in dicts.

A tuple of dimensions is one shape, a list or a dict is a structure of several arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from graphcomp import functions
from graphcomp.errors import InputError, NamingError
from graphcomp.frontends.vocabulary import suggestion
from graphcomp.names import check_name
from graphcomp.node import Node


@dataclass(slots=True)
class Arguments:
    """What a function is called with.

    Attributes:
        positional, keyword: the arguments of the call.
        inputs: the nodes among them, in order.
    """

    positional: list[Any] = field(default_factory=list)
    keyword: dict[str, Any] = field(default_factory=dict)
    inputs: list[Node] = field(default_factory=list)


def bind_shapes(function: Callable[..., Any], shapes: Mapping[str, Any], dtype: Any) -> Arguments:
    """Arguments for `function`: inputs for what has a shape and for what has no default.

    Raises:
        InputError: the parameters of the function can't be known, or have other names.

    >>> found = bind_shapes(lambda x, Ws, rate=0.1: None, {"Ws": ["n k", "k"]}, "float64")
    >>> found.inputs
    [<node x float64 ()>, <node Ws_0 float64 (n, k)>, <node Ws_1 float64 (k,)>]
    """
    parameters = _parameters(function)
    _check_names(function, parameters, shapes)
    result = Arguments()
    for parameter in parameters:
        name = parameter.name
        if parameter.kind is parameter.VAR_KEYWORD:
            named = {p.name for p in parameters}
            for extra in shapes:
                if extra not in named:
                    result.keyword[extra] = _made(extra, shapes[extra], dtype, result.inputs)
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            given = shapes.get(name, [])
            if not isinstance(given, (list, tuple)):
                given = [given]
            made = _made(name, list(given), dtype, result.inputs)
            result.positional += made
            continue
        if name not in shapes and parameter.default is not parameter.empty:
            value = parameter.default
        else:
            value = _made(name, shapes.get(name), dtype, result.inputs)
        if parameter.kind is parameter.KEYWORD_ONLY:
            result.keyword[name] = value
        else:
            result.positional.append(value)
    return result


def _parameters(function: object) -> list[inspect.Parameter]:
    if not callable(function):
        msg = f"a function is needed, not {function!r:.60}"
        raise InputError(msg)
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        msg = f"the parameters of {function!r} can't be known; wrap it: def f(x): ..."
        raise InputError(msg) from None


def _check_names(
    function: Callable[..., Any], parameters: list[inspect.Parameter], shapes: Mapping[str, Any]
) -> None:
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = [parameter.name for parameter in parameters]
    for name in shapes:
        if name not in known:
            called = getattr(function, "__name__", "the function")
            listed = ", ".join(known) or "no parameters"
            msg = f"a shape is given for {name!r}, but {called} takes {listed}{suggestion(name, known)}"
            raise InputError(msg)


def _made(name: str, shape: Any, dtype: Any, inputs: list[Node]) -> Any:
    """The argument called `name`: an input, or a structure of inputs, which are added to `inputs`."""
    structure = _structure(shape)
    if structure is None:
        made = _input(name, shape, dtype)
        inputs.append(made)
        return made
    parts = {key: _made(f"{name}_{key}", part, dtype, inputs) for key, part in structure}
    if isinstance(shape, Mapping):
        return parts
    return list(parts.values()) if isinstance(shape, list) else tuple(parts.values())


def _structure(shape: Any) -> Iterator[tuple[Any, Any]] | None:
    """The parts of a list, a dict, or a tuple of more than dimensions; None for one shape."""
    if isinstance(shape, Mapping):
        return iter(shape.items())
    if isinstance(shape, list) or (
        isinstance(shape, tuple) and not all(_is_dimension(part) for part in shape)
    ):
        return iter(enumerate(shape))
    return None


def _is_dimension(part: object) -> bool:
    if isinstance(part, str):
        return len(part.replace(",", " ").split()) == 1
    return isinstance(part, (int, np.integer, sympy.Expr))


def _input(name: str, shape: Any, dtype: Any) -> Node:
    try:
        check_name(name, "input")
    except NamingError as error:
        msg = f"{error} (inputs are called as the function's parameters)"
        raise NamingError(msg) from None
    if shape is None:
        return functions.scalar(name, dtype)
    if isinstance(shape, float):
        return functions.scalar(name, dtype)
    if hasattr(shape, "shape") and hasattr(shape, "dtype"):
        return functions.array(name, tuple(shape.shape), shape.dtype)
    return functions.array(name, shape, dtype)
