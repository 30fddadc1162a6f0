"""What can go wrong, said once and clearly: the thing, the place and the remedy.

Every error that graphcomp raises on purpose derives from `GraphcompError` and from the built-in
exception that a caller would expect (`ValueError`, `TypeError`), so both styles of `except` work.
"""

from __future__ import annotations

import itertools
import linecache
import opcode
import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_PACKAGE = str(Path(__file__).resolve().parent) + os.sep
#: Where Python's own library is, in a virtual environment too.
_STANDARD = str(Path(sysconfig.__file__).resolve().parent) + os.sep
#: The directories that libraries are installed into, by whatever installer.
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


class GraphcompError(Exception):
    """The base of every error that graphcomp raises on purpose."""


class ShapeError(GraphcompError, ValueError):
    """Shapes or dimensions do not fit together."""


class DTypeError(GraphcompError, TypeError):
    """A dtype is not supported, or has no derivative."""


class NamingError(GraphcompError, ValueError):
    """A name is not usable: not an identifier, a keyword, a duplicate, unknown."""


class ParseError(GraphcompError, ValueError):
    """Expression text is not in the accepted language."""


class TracingError(GraphcompError, TypeError):
    """A symbolic node was used where Python or NumPy needs a number."""


class DerivativeError(GraphcompError, ValueError):
    """A derivative was asked for that does not exist or is not defined."""


class InputError(GraphcompError, ValueError):
    """An argument or option of a public function has no meaning."""


class OutputError(GraphcompError, OSError):
    """A file could not be written, or must not be overwritten."""


class DerivativeWarning(UserWarning):
    """A derivative is identically zero because the output does not depend on the input."""


def user_line() -> str:
    """The innermost line of the user that is running now, as ``file:line: source``.

    That is a line outside graphcomp and outside installed libraries, which may stand between; where
    there is no such line, one of a library. Empty when there is none at all (graphcomp called from
    C, or from an interactive prompt without source).
    """
    frame = _user_frame()
    if frame is None:
        return ""
    filename = frame.f_code.co_filename
    source = linecache.getline(filename, frame.f_lineno).strip()
    place = f"{Path(filename).name}:{frame.f_lineno}"
    return f"{place}: {source}" if source else place


def library_call() -> str:
    """The function of an installed library that the user's line called, such as ``np.vectorize``.

    Empty when the line called graphcomp directly, or a function written in C.

    >>> library_call()
    ''
    """
    called = ""
    for frame in _outside():
        if not _in_library(frame):
            return called
        called = _public_name(frame.f_globals.get("__name__", ""), frame.f_code.co_qualname)
    return ""


def assigns_an_entry() -> bool:
    """Whether the user's line is ``a[i] = value`` on an object written in C, such as an array."""
    frame = next(_outside(), None)
    return frame is not None and (
        opcode.opname[frame.f_code.co_code[frame.f_lasti]] == "STORE_SUBSCR"
    )


def _public_name(module: str, function: str) -> str:
    """A function as its users write it, without the private modules that it stands in."""
    public = itertools.takewhile(lambda part: part[:1] != "_", module.split("."))
    parts = [part for part in public if part not in {"lib", "core"}]
    names = [part for part in function.split(".") if part[:2] != "__"]
    return ".".join(["np" if part == "numpy" else part for part in parts] + names)


def _outside() -> Iterator[FrameType]:
    """The frames that are running now, the innermost first, without those of this package."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  (the only way without a traceback)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            yield frame
        frame = frame.f_back


def _user_frame() -> FrameType | None:
    frames = list(_outside())
    mine = (frame for frame in frames if not _in_library(frame))
    return next(mine, frames[0] if frames else None)


def _in_library(frame: FrameType) -> bool:
    """Whether the line is one of Python's own library or of an installed one."""
    filename = frame.f_code.co_filename
    return filename.startswith((_STANDARD, "<frozen ")) or any(
        place in filename for place in _INSTALLED
    )


def with_user_line(message: str) -> str:
    """The message, with the user's file and line on a second line.

    >>> with_user_line("matmul: inner dimensions differ").startswith("matmul: inner")
    True
    """
    line = user_line()
    return f"{message}\n  at {line}" if line else message
