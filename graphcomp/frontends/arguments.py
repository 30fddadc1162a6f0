"""Symbolic arguments for a Python function, from shapes: arrays alone, in lists and in dicts.

A tuple of dimensions is one shape; a list, a dict or a named tuple is a structure of several arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from graphcomp import functions
from graphcomp.errors import InputError, NamingError
from graphcomp.frontends.annotations import annotated_shapes
from graphcomp.frontends.vocabulary import suggestion
from graphcomp.names import check_name, fresh_name, identifier
from graphcomp.node import Node
from graphcomp.trees import LEAF, Structure


@dataclass(slots=True)
class Arguments:
    """What a function is called with.

    Attributes:
        positional, keyword: the arguments of the call.
        inputs: the nodes among them, in order.
        structures: how they are arranged, by name of the argument.
    """

    positional: list[Any] = field(default_factory=list)
    keyword: dict[str, Any] = field(default_factory=dict)
    inputs: list[Node] = field(default_factory=list)
    structures: dict[str, Structure] = field(default_factory=dict)

    def make(self, name: str, shape: Any, dtype: Any) -> Any:
        """The argument called `name`: an input, or a structure of inputs."""
        leaves, structure = _taken_apart(shape)
        names = [name]
        if structure != LEAF:
            check_name(name, "argument")
            taken = {node.param("name") for node in self.inputs} | self.structures.keys() | {name}
            names = []
            for path in structure.paths(name):
                names.append(fresh_name(identifier(path), {*taken, *names}))
            _check_keys(structure, name)
        made = [_input(n, leaf, dtype) for n, leaf in zip(names, leaves, strict=True)]
        self.inputs += made
        self.structures[name] = structure
        return structure.build(made)


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
    shapes = {**annotated_shapes(function, parameters), **shapes}
    result = Arguments()
    for parameter in parameters:
        name = parameter.name
        if parameter.kind is parameter.VAR_KEYWORD:
            named = {p.name for p in parameters}
            for extra in shapes:
                if extra not in named:
                    result.keyword[extra] = result.make(extra, shapes[extra], dtype)
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            given = shapes.get(name, [])
            if not isinstance(given, (list, tuple)):
                given = [given]
            parts = enumerate(given)
            result.positional += [result.make(f"{name}_{i}", part, dtype) for i, part in parts]
            continue
        if name not in shapes and parameter.default is not parameter.empty:
            value = parameter.default
        else:
            value = result.make(name, shapes.get(name), dtype)
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


def _taken_apart(shape: Any) -> tuple[list[Any], Structure]:
    """The shapes in a structure, in order, and the structure without them."""
    named = isinstance(shape, tuple) and hasattr(shape, "_fields")
    several = isinstance(shape, tuple) and not all(_is_dimension(part) for part in shape)
    if not (isinstance(shape, (Mapping, list)) or named or several):
        return [shape], LEAF
    mapping = isinstance(shape, Mapping)
    kind: type = type(shape) if named else dict if mapping else list
    if several and not named:
        kind = tuple
    found = [_taken_apart(part) for part in (shape.values() if mapping else shape)]
    leaves = [leaf for some, _ in found for leaf in some]
    keys = tuple(shape) if mapping else ()
    return leaves, Structure(kind, keys, tuple(structure for _, structure in found))


def _check_keys(structure: Structure, name: str) -> None:
    """Raise unless the keys are such that generated source can show them."""
    for key, part in zip(structure.keys or structure.parts, structure.parts, strict=True):
        if structure.keys and type(key) not in {str, int}:
            msg = f"{name}: the keys of a dict of arrays must be str or int, not {key!r:.60}"
            raise InputError(msg)
        _check_keys(part, name)


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
