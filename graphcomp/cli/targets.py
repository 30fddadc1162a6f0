"""What a command works on: an expression, a file of statements, or ``model.py:name``."""

from __future__ import annotations

import contextlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from graphcomp.api import Graph, from_function, from_string
from graphcomp.errors import GraphcompError, InputError, ParseError
from graphcomp.graph import GraphData

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
        msg = f"{target}: say which graph or function of the file: {target}:NAME"
        raise InputError(msg)
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
    attribute: str,
    *,
    inputs: Sequence[str] | None,
    shapes: Mapping[str, str],
    name: str | None,
) -> Graph:
    module = _import(path)
    try:
        found = getattr(module, attribute)
    except AttributeError:
        known = [n for n, value in vars(module).items() if isinstance(value, GraphData)]
        known += [
            n
            for n, value in vars(module).items()
            if callable(value) and getattr(value, "__module__", "") == module.__name__
        ]
        listed = f"; it has {', '.join(known)}" if known else ""
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
        result: Graph = _guarded(path, lambda: from_function(found, name=name, **shapes))
        return result
    kind = type(found).__name__
    msg = f"{path}:{attribute} is neither a graph nor a function, but of type {kind}"
    raise InputError(msg)


def _outputs(graph: GraphData) -> dict[str, Any]:
    return dict(zip(graph.output_names, graph.outputs, strict=True))


def _import(path: Path) -> ModuleType:
    """Run the user's file as a module; its own errors come back with file and line."""
    if not path.is_file():
        msg = f"{path}: no such file"
        raise InputError(msg)
    specification = importlib.util.spec_from_file_location(
        f"_graphcomp_model_{path.stem}", path.resolve()
    )
    if specification is None or specification.loader is None:
        msg = f"{path}: not a Python file"
        raise InputError(msg)
    loader = specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[module.__name__] = module
    folder = str(path.parent.resolve())
    sys.path.insert(0, folder)
    try:
        _guarded(path, lambda: loader.exec_module(module))
    finally:
        sys.path.remove(folder)
    return module


def _guarded(path: Path, run: Callable[[], Any]) -> Any:
    """Run the user's code; what it raises becomes one message, and what it prints no data."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return run()
    except GraphcompError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  (the user's code may raise anything)
        raise InputError(_blame(path, error)) from None


def _blame(path: Path, error: BaseException) -> str:
    """The user's file and line, and what went wrong there."""
    if isinstance(error, SyntaxError):
        file, line = Path(error.filename or path), error.lineno
        return f"{file.name}:{line}: {type(error).__name__}: {error.msg}"
    full = str(path.resolve())
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == full]
    place = f"{path}:{lines[-1]}" if lines else str(path)
    return f"{place}: {type(error).__name__}: {error}"
