"""Generated modules as files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphcomp.ad import Wrt
from graphcomp.codegen.constants import is_own_data
from graphcomp.codegen.header import GENERATED
from graphcomp.codegen.module import build_module
from graphcomp.errors import NamingError
from graphcomp.files import NewFile, write_files
from graphcomp.graph import GraphData
from graphcomp.names import check_name

#: Modules that a file beside a script would take the place of.
_SHADOWED = frozenset({*sys.stdlib_module_names, "numpy", "graphcomp"})


def write_module(
    graph: GraphData,
    path: str | Path,
    functions: Sequence[str] = ("value", "value_and_grad"),
    wrt: Wrt = None,
    *,
    target: str = "numpy",
    force: bool = False,
    **options: Any,
) -> Path:
    """Write a module that computes a graph and its derivatives.

    Constants of more than 1000 entries go to a file beside it, ``loss_grad.npz``, which the module
    reads when it is imported. Both files are written, or neither.

    Args:
        graph: the graph.
        path: of the file, named like a module: ``loss_grad.py``.
        functions: kinds of function, as for `generate`.
        wrt: what to differentiate by, as for `generate`.
        target: "numpy", "numba" or "math".
        force: replace an existing file even if graphcomp did not write it.
        **options: others of `generate`.

    Raises:
        NamingError: the file name is not that of a module, or would hide another one.
        OutputError: the file can't be written, or must not be replaced.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> write_module(GraphData([x], {"y": x * x}), "square.py", ["value"]).name
    'square.py'
    """
    return write_files_of(graph, path, functions, wrt, target=target, force=force, **options)[0]


def write_files_of(
    graph: GraphData,
    path: str | Path,
    functions: Sequence[str] = ("value", "value_and_grad"),
    wrt: Wrt = None,
    *,
    target: str = "numpy",
    force: bool = False,
    **options: Any,
) -> tuple[Path, ...]:
    """Write a module as by `write_module`; gives its path, and that of its large constants if it has any."""
    file = Path(path)
    check_module_name(file)
    made = build_module(graph, functions, wrt, target=target, **options)
    files = [
        NewFile(
            file, made.source.encode(), lambda data: is_generated(data.decode("utf-8", "replace"))
        )
    ]
    if made.data:
        files.append(NewFile(file.with_suffix(".npz"), made.data, is_own_data))
    return write_files(files, force=force)


def check_module_name(path: Path) -> None:
    """Raise unless a file can be imported under its name and hides no other module.

    >>> check_module_name(Path("numpy.py"))
    Traceback (most recent call last):
    graphcomp.errors.NamingError: a file called numpy.py would hide the module numpy; choose another
    """
    if path.suffix != ".py":
        msg = f"a module's file is called *.py, not {path.name!r}"
        raise NamingError(msg)
    name = check_name(path.stem, "module name")
    if name in _SHADOWED:
        msg = f"a file called {path.name} would hide the module {name}; choose another"
        raise NamingError(msg)


def is_generated(text: str) -> bool:
    """Whether a module's source says that graphcomp wrote it."""
    return text.startswith('"""') and any(
        line.startswith(GENERATED) for line in text.split("\n", 8)[:8]
    )
