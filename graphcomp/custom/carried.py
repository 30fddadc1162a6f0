"""Python functions of users whose source generated modules carry."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from graphcomp.errors import InputError

#: Columns that a line of a generated module may have.
WIDTH = 88
_ALLOWED = {name for name in vars(builtins) if not name.startswith("_")} - {
    "eval",
    "exec",
    "compile",
    "open",
    "input",
    "breakpoint",
    "globals",
    "locals",
    "vars",
}

_WORDS: dict[type[ast.AST], str] = {
    ast.Import: "imports",
    ast.ImportFrom: "imports",
    ast.Global: "global",
    ast.Nonlocal: "nonlocal",
    ast.FunctionDef: "another def",
    ast.AsyncFunctionDef: "another def",
    ast.ClassDef: "a class",
}
_REFUSED = tuple(_WORDS)


def carried_source(function: Callable[..., Any], name: str, title: str, count: int) -> str:
    """The source of a function that uses NumPy alone, under another name and typed.

    Args:
        function: a plain ``def`` of `count` arrays.
        name: what it is called in generated modules.
        title: what it is for, in errors.
        count: the number of its arguments.

    Raises:
        InputError: it is no such function, or its source can't be read.

    >>> def half(x):
    ...     return 0.5 * x
    >>> print(carried_source(half, "_half", "op 'half'", 1), end="")
    def _half(x: Any) -> Any:
        # fmt: off
        return 0.5 * x
        # fmt: on
    """
    shown = f"{title}: numpy={getattr(function, '__name__', repr(function)[:60])}"
    if not inspect.isfunction(function) or function.__name__ == "<lambda>":
        msg = f"{shown} is no function made by def, so its source can't be carried; write def"
        raise InputError(msg)
    try:
        text = textwrap.dedent(inspect.getsource(function))
        (tree,) = ast.parse(text).body
    except (OSError, SyntaxError, ValueError):
        msg = f"{shown}: its source can't be read; define it in a file"
        raise InputError(msg) from None
    if not isinstance(tree, ast.FunctionDef) or tree.decorator_list:
        msg = f"{shown} must be one plain def, without decorators"
        raise InputError(msg)
    if function.__globals__.get("np", np) is not np:
        msg = f"{shown}: np must be NumPy there, as it is in generated modules"
        raise InputError(msg)
    params = _parameters(tree, shown, count)
    _check_names(tree, params, shown)
    head = f"def {name}({', '.join(f'{param}: Any' for param in params)}) -> Any:"
    body = _body(tree, text)
    margin = " " * (len(body[0]) - len(body[0].lstrip()))
    lines = [head, f"{margin}# fmt: off", *body, f"{margin}# fmt: on"]
    for line in lines:
        if len(line) > WIDTH:
            msg = f"{shown}: a line has {len(line)} columns, at most {WIDTH} fit generated modules: {line.strip()}"
            raise InputError(msg)
    return "\n".join(lines) + "\n"


def _parameters(tree: ast.FunctionDef, shown: str, count: int) -> list[str]:
    given = tree.args
    others = [*given.kwonlyargs, *given.defaults, given.vararg, given.kwarg]
    params = [param.arg for param in (*given.posonlyargs, *given.args)]
    if any(other is not None for other in others) or len(params) != count:
        plural = "" if count == 1 else "s"
        msg = f"{shown} must take {count} plain argument{plural}, one for each of the formula, without defaults"
        raise InputError(msg)
    return params


def _check_names(tree: ast.FunctionDef, params: list[str], shown: str) -> None:
    """All names that it uses are its own, NumPy's or Python's."""
    bound, used = set(params), []
    for part in ast.walk(ast.Module(tree.body, [])):
        if isinstance(part, _REFUSED):
            word = next(word for kind, word in _WORDS.items() if isinstance(part, kind))
            msg = f"{shown} may not hold {word}: it has np and its own arguments"
            raise InputError(msg)
        if isinstance(part, ast.Name):
            if isinstance(part.ctx, ast.Load):
                used.append(part.id)
            else:
                bound.add(part.id)
        elif isinstance(part, ast.arg):
            bound.add(part.arg)
    for name in used:
        if name not in bound and name != "np" and name not in _ALLOWED:
            msg = f"{shown} uses {name!r}, which generated modules do not have; it has np and its own arguments"
            raise InputError(msg)


def _body(tree: ast.FunctionDef, text: str) -> list[str]:
    """The lines behind the head, without a docstring, as they were written."""
    first = tree.body[0]
    described = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    statements = tree.body[1:] if described and len(tree.body) > 1 else tree.body
    lines = text.rstrip().split("\n")
    start = statements[0].lineno
    if lines[start - 1][: statements[0].col_offset].strip():  # behind the head, or behind a ";"
        return [f"    {ast.unparse(statement)}" for statement in statements]
    while start - 1 > tree.lineno and lines[start - 2].lstrip().startswith("#"):
        start -= 1
    return [line.rstrip() for line in lines[start - 1 : tree.end_lineno]]
