"""Shapes that stand in the annotations of a function's parameters.

Two spellings: ``def f(W: "m n")``, and ``def f(W: Annotated[np.ndarray, "m n"])``, which type checkers
understand. Other annotations say nothing about shapes.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphcomp.errors import GraphcompError
from graphcomp.shape import parse_shape


def annotated_shapes(
    function: Callable[..., Any], parameters: Iterable[inspect.Parameter]
) -> dict[str, Any]:
    """The shapes by parameter, for those whose annotation gives one.

    >>> def f(x: "n", W: typing.Annotated[list, ["m n", "k m"]], rate: float): ...
    >>> annotated_shapes(f, inspect.signature(f).parameters.values())
    {'x': 'n', 'W': ['m n', 'k m']}
    """
    found: dict[str, Any] = {}
    names = _names_around(function)
    for parameter in parameters:
        shape = _shape(parameter.annotation, names)
        if shape is not None:
            found[parameter.name] = shape
    return found


def _shape(annotation: Any, names: Mapping[str, Any]) -> Any:
    if isinstance(annotation, str):
        return _from_text(annotation, names)
    if typing.get_origin(annotation) is typing.Annotated:
        return next((m for m in annotation.__metadata__ if isinstance(m, _SHAPES)), None)
    return None


_SHAPES = (str, list, tuple, dict)


def _from_text(text: str, names: Mapping[str, Any]) -> Any:
    """From an annotation that Python did not evaluate, or that was text from the start."""
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text if _is_shape(text) else None  # "m n" is no expression
    if isinstance(tree, ast.Subscript) and _is_annotated(tree.value, names):
        parts = tree.slice.elts if isinstance(tree.slice, ast.Tuple) else []
        literals = [_literal(part) for part in parts[1:]]
        return next((part for part in literals if isinstance(part, _SHAPES)), None)
    literal = _literal(tree)
    if isinstance(literal, str):
        return literal  # a quoted shape below `from __future__ import annotations`
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    known = any(name in names or hasattr(builtins, name) for name in used)
    return text if not known and _is_shape(text) else None


def _is_annotated(tree: ast.expr, names: Mapping[str, Any]) -> bool:
    if isinstance(tree, ast.Attribute):
        return tree.attr == "Annotated"
    return isinstance(tree, ast.Name) and names.get(tree.id) is typing.Annotated


def _literal(tree: ast.expr) -> Any:
    try:
        return ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _is_shape(text: str) -> bool:
    try:
        parse_shape(text)
    except GraphcompError:
        return False
    return True


def _names_around(function: Callable[..., Any]) -> Mapping[str, Any]:
    """What the names in an annotation can stand for."""
    return getattr(inspect.unwrap(function), "__globals__", {})
