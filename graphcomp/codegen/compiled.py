"""How modules for the target "numba" get numba, and what they say if it is not there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from importlib.util import find_spec

from graphcomp.errors import InputError
from graphcomp.ops import numba_runtime

#: What installs it.
INSTALL = "pip install numba"

_WORD = re.compile(r"\b_[a-z]\w*\b")
_HEAD = f"""try:
    numba: Any = importlib.import_module("numba")
except ImportError as error:
    raise ImportError("this module needs numba: {INSTALL}") from error

Function = TypeVar("Function", bound=Callable[..., Any])"""

_DECORATOR = '''

def _compiled(function: Function) -> Function:
    """Machine code for a function, made at its first call and kept on disk."""
    cache = pathlib.Path(__file__).is_file()
    make = numba.njit(cache=cache, error_model="numpy")
    result: Function = make(function)
    return result'''

_THREADS = '''

def _threaded(function: Function) -> Function:
    """As _compiled; the turns of its outer loops are shared out among threads."""
    cache = pathlib.Path(__file__).is_file()
    make = numba.njit(cache=cache, error_model="numpy", parallel=True)
    result: Function = make(function)
    return result'''


def require_numba() -> None:
    """Raise unless numba can be imported.

    Raises:
        InputError: it is not installed.
    """
    if find_spec("numba") is None:
        msg = f"target 'numba' needs numba, which is not installed: {INSTALL} (or graphcomp[numba])"
        raise InputError(msg)


def loading() -> list[str]:
    """The lines behind the imports of a module."""
    return ["", *_HEAD.split("\n")]


def compiled_helpers(lines: Sequence[str]) -> list[str]:
    """The function that compiles others, and functions of single entries that the lines call."""
    known = {
        name: value
        for name, value in vars(numba_runtime).items()
        if inspect.isfunction(value) and value.__module__ == numba_runtime.__name__
    }
    wanted: set[str] = set()
    queue = ["\n".join(lines)]
    while queue:
        for word in _WORD.findall(queue.pop()):
            if word in known and word not in wanted:
                wanted.add(word)
                queue.append(inspect.getsource(known[word]))
    found = _DECORATOR.split("\n") if any("@_compiled" in line for line in lines) or wanted else []
    if any("@_threaded" in line for line in lines):
        found += _THREADS.split("\n")
    for name, function in known.items():
        if name in wanted:
            found += ["", "", "@_compiled", *inspect.getsource(function).rstrip().split("\n")]
    return found
