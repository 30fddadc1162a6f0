"""What a command works on: an expression, a file of statements, or ``model.py:name``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from graphcomp.api import Graph, from_function, from_string
from graphcomp.errors import InputError, ParseError
from graphcomp.graph import GraphData
from graphcomp.user_code import guarded, import_file

MAX_FILE_BYTES = 10_000_000


def load_target(
    target: str, *, inputs: Sequence[str] | None, shapes: Mapping[str, str], name: str | None
) -> Graph:
    """The graph that a target names.

    Raises:
        InputError: the file or the name in it does not exist, or is neither graph nor function.
        ParseError: the expression is not understood.
    """
    path, colon, attribute = target.rpartition(":")
    if colon and path.endswith(".py"):
        return _from_module(Path(path), attribute, inputs=inputs, shapes=shapes, name=name)
    if target.endswith(".py"):
        return _from_module(Path(target), None, inputs=inputs, shapes=shapes, name=name)
    if _is_file(target):
        return from_string(_read(Path(target)), name=name, inputs=inputs, shapes=shapes)
    try:
        return from_string(target, name=name, inputs=inputs, shapes=shapes)
    except ParseError as error:
        if not _FILE_NAME.fullmatch(target):
            raise
        msg = f"{error}\nor is a file meant? There is no file {target!r}"
        raise ParseError(msg) from None


_FILE_NAME = re.compile(r"[\w~.-]*([/\\][\w~.-]*)+|[\w-]*\.\w*")  # notes.txt, ./notes, ..


def _is_file(target: str) -> bool:
    try:
        return Path(target).is_file()
    except (OSError, ValueError):  # too long, or with a null byte: no file name
        return False


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            msg = f"{path} is larger than {MAX_FILE_BYTES} bytes"
            raise InputError(msg)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: can't be read as text: {error}"
        raise InputError(msg) from None


def _from_module(
    path: Path,
    attribute: str | None,
    *,
    inputs: Sequence[str] | None,
    shapes: Mapping[str, str],
    name: str | None,
) -> Graph:
    module = import_file(path)
    if attribute is None:
        attribute = _only_name(path, module)
    try:
        found = getattr(module, attribute)
    except AttributeError:
        known = _models(module)
        listed = f"; it has {', '.join(known)}"
        msg = f"{path} has no {attribute!r}{listed}"
        raise InputError(msg) from None
    if inputs is not None:
        msg = f"--inputs is for expressions; {path}:{attribute} has an order of its own"
        raise InputError(msg)
    if isinstance(found, GraphData):
        if shapes:
            msg = f"--shape is for expressions and functions; {path}:{attribute} is a graph"
            raise InputError(msg)
        if isinstance(found, Graph) and name is None:
            return found
        arguments = {each.name: each.structure for each in found.arguments}
        return Graph(
            found.inputs,
            _outputs(found),
            name or found.name,
            arguments=arguments,
            results=found.results,
        )
    if callable(found):
        result: Graph = guarded(path, lambda: from_function(found, name=name, **shapes))
        return result
    kind = type(found).__name__
    msg = f"{path}:{attribute} is neither a graph nor a function, but of type {kind}"
    raise InputError(msg)


def _models(module: ModuleType) -> list[str]:
    """The graphs of a module, and the functions that it defines."""
    graphs = [n for n, value in vars(module).items() if isinstance(value, GraphData)]
    return graphs + [
        n
        for n, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
    ]


def _only_name(path: Path, module: ModuleType) -> str:
    """The graph or function of a file that has but one."""
    known = _models(module)
    if not known:
        msg = f"{path} defines no graph and no function; write one, such as: def y(x): return x**2"
        raise InputError(msg)
    if len(known) != 1:
        listed = ", ".join(known)
        msg = f"{path}: say which graph or function of the file: {path}:NAME; it has {listed}"
        raise InputError(msg)
    return known[0]


def _outputs(graph: GraphData) -> dict[str, Any]:
    return dict(zip(graph.output_names, graph.outputs, strict=True))
