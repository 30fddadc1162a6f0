"""How modules for the target "numba" get numba, and what they say if it is not there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from importlib.util import find_spec

from graphcomp.codegen.vectors import vector_definitions, with_vectors
from graphcomp.errors import InputError
from graphcomp.ops import numba_runtime

#: What installs it.
INSTALL = "pip install numba"
#: What stands above a function that is compiled.
DECORATORS = frozenset({"@_compiled", "@_threaded", "@_summed"})

_WORD = re.compile(r"\b_[a-z]\w*\b")
_HEAD = f"""try:
    numba: Any = importlib.import_module("numba")
except ImportError as error:
    raise ImportError("this module needs numba: {INSTALL}") from error

Function = TypeVar("Function", bound=Callable[..., Any])"""

_DECORATOR = '''

def _compiled(function: Function, **options: Any) -> Function:
    """Machine code for a function, made at its first call and kept on disk."""
    cache = pathlib.Path(__file__).is_file()
    make = numba.njit(cache=cache, error_model="numpy", **options)
    result: Function = make(function)
    return result'''

#: Machine code that calls a C library is of no use with another one.
_NAMED = '    function.__qualname__ += "_" + "_".join(platform.libc_ver()) if _KNOWN else ""'

_THREADS = '''

def _threaded(function: Function) -> Function:
    """As _compiled; the turns of its outer loops are shared out among threads."""
    return _compiled(function, parallel=True)'''

_SUMS = '''

def _summed(function: Function) -> Function:
    """As _compiled; terms may be added in any order, several at once."""
    return _compiled(function, fastmath={"reassoc", "contract"})'''


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


def compiled_part(lines: Sequence[str]) -> list[str]:
    """Functions, behind those that compile them, and functions of single entries that they call."""
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
    helpers: list[str] = []
    for name, function in known.items():
        if name in wanted:
            decorator = "@_summed" if name in numba_runtime.SUMS else "@_compiled"
            helpers += ["", "", decorator, *inspect.getsource(function).rstrip().split("\n")]
    functions = with_vectors([*helpers, *lines])
    if not any(line in DECORATORS for line in functions):
        return functions
    vectors = vector_definitions(functions)
    decorators = _DECORATOR.split("\n")
    if vectors:
        place = next(i for i, line in enumerate(decorators) if "make =" in line)
        decorators.insert(place, _NAMED)
    for name, text in (("@_threaded", _THREADS), ("@_summed", _SUMS)):
        if name in functions:
            decorators += text.split("\n")
    return [*vectors, *decorators, *functions]
