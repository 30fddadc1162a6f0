"""What can go wrong, said once and clearly: the thing, the place and the remedy.

Every error that graphcomp raises on purpose derives from `GraphcompError` and from the built-in
exception that a caller would expect (`ValueError`, `TypeError`), so both styles of `except` work.
"""

from __future__ import annotations

import linecache
import sys
from pathlib import Path

_PACKAGE = str(Path(__file__).resolve().parent)


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
    """The innermost line outside graphcomp that is running now, as ``file:line: source``.

    Empty when there is none (graphcomp called from C, or from an interactive prompt without source).
    """
    frame = sys._getframe(1)  # noqa: SLF001  (the only way to the caller's line without a traceback)
    while frame is not None:
        filename = frame.f_code.co_filename
        if not filename.startswith(_PACKAGE):
            source = linecache.getline(filename, frame.f_lineno).strip()
            place = f"{Path(filename).name}:{frame.f_lineno}"
            return f"{place}: {source}" if source else place
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""


def with_user_line(message: str) -> str:
    """The message, with the user's file and line on a second line.

    >>> with_user_line("matmul: inner dimensions differ").startswith("matmul: inner")
    True
    """
    line = user_line()
    return f"{message}\n  at {line}" if line else message
