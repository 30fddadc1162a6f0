"""Python files of the user: run as modules, and what they raise told as file, line and message."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from graphcomp.errors import GraphcompError, InputError


def import_file(path: Path) -> ModuleType:
    """Run the user's file as a module; its own errors come back with file and line.

    Raises:
        InputError: there is no such file, or running it fails.
    """
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
        guarded(path, lambda: loader.exec_module(module))
    finally:
        sys.path.remove(folder)
    return module


def guarded(path: Path, run: Callable[[], Any]) -> Any:
    """Run the user's code; what it raises becomes one message, and what it prints no data.

    Raises:
        InputError: with file and line.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return run()
    except GraphcompError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001  (the user's code may raise anything)
        raise InputError(blame(path, error)) from None


def blame(path: Path, error: BaseException) -> str:
    """The user's file and line, and what went wrong there."""
    if isinstance(error, SyntaxError):
        file, line = Path(error.filename or path), error.lineno
        return f"{file.name}:{line}: {type(error).__name__}: {error.msg}"
    full = str(path.resolve())
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == full]
    place = f"{path}:{lines[-1]}" if lines else str(path)
    return f"{place}: {type(error).__name__}: {error}"
