"""Names that are safe everywhere: in Python source, in DOT, in HTML, in LaTeX."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Container, Iterable

from graphcomp.errors import NamingError

MAX_NAME_LENGTH = 100


def check_name(name: object, what: str = "name") -> str:
    """Return `name` if it is an ASCII identifier that generated code may use; raise otherwise.

    Raises:
        NamingError: not a string, not an ASCII identifier, a keyword, a dunder, or too long.

    >>> check_name("W1")
    'W1'
    >>> check_name("lambda")
    Traceback (most recent call last):
    graphcomp.errors.NamingError: name 'lambda' is a Python keyword; choose another
    """
    if not isinstance(name, str):
        msg = f"{what} must be a string, not {type(name).__name__}"
        raise NamingError(msg)
    shown = repr(name[:MAX_NAME_LENGTH])
    if len(name) > MAX_NAME_LENGTH:
        msg = f"{what} {shown}... is longer than {MAX_NAME_LENGTH} characters"
        raise NamingError(msg)
    if unicodedata.normalize("NFKC", name) != name or not name.isascii():
        msg = f"{what} {name!a} is not plain ASCII; spell it out (alpha, x_hat, ...)"
        raise NamingError(msg)
    if not name.isidentifier():
        msg = f"{what} {shown} is not an identifier; use letters, digits and _, not starting with a digit"
        raise NamingError(msg)
    if keyword.iskeyword(name):
        msg = f"{what} {shown} is a Python keyword; choose another"
        raise NamingError(msg)
    if name.startswith("__"):
        msg = f"{what} {shown} starts with two underscores; choose another"
        raise NamingError(msg)
    return name


def check_names(names: Iterable[str], what: str = "name") -> tuple[str, ...]:
    """Check each name, and that none comes twice."""
    seen: set[str] = set()
    for name in names:
        check_name(name, what)
        if name in seen:
            msg = f"{what} {name!r} comes twice; names must differ"
            raise NamingError(msg)
        seen.add(name)
    return tuple(names)


def fresh_name(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or `wanted_2`, `wanted_3`, ... : the first that is not taken.

    >>> fresh_name("x_dot", {"x_dot", "x"})
    'x_dot_2'
    """
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def identifier(text: str) -> str:
    """A name like a text that may be none.

    >>> identifier("params_layer 1"), identifier("lambda"), identifier("_x")
    ('params_layer_1', 'x_lambda', 'x')
    """
    name = re.sub(r"\W", "_", text, flags=re.ASCII).lstrip("_") or "x"
    try:
        return check_name(name)
    except NamingError:
        return check_name(f"x_{name}"[:80])


class FreshNames:
    """Gives each name once: `fresh_name` in constant time, also for the thousandth of one kind.

    >>> names = FreshNames({"x"})
    >>> names.give("h"), names.give("h"), names.give("x")
    ('h', 'h_2', 'x_2')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._last: dict[str, int] = {}

    def give(self, wanted: str) -> str:
        """The wanted name, or the first like it that is not taken."""
        name = wanted
        while name in self.taken:
            number = self._last[wanted] = self._last.get(wanted, 1) + 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name
