"""What is written after ``--at``, ``--shape`` and the like, as data."""

from __future__ import annotations

import json
import re
from typing import Any

from graphcomp.errors import InputError

_OPENING, _CLOSING = "[({", "])}"


def split_assignments(text: str, option: str, *, example: str = "x=1,a=2") -> dict[str, str]:
    """Names and texts out of ``x=1,W=[[1,2],[3,4]]``; commas inside brackets do not split.

    Raises:
        InputError: a part is not NAME=VALUE, or a name comes twice.

    >>> split_assignments("x=1,W=[[1,2],[3,4]]", "--at")
    {'x': '1', 'W': '[[1,2],[3,4]]'}
    """
    found: dict[str, str] = {}
    for part in _split(text):
        name, equals, value = part.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name:
            msg = f"{option}: {part.strip()!r} is not NAME=VALUE; write {option} {example}"
            raise InputError(msg)
        if name in found:
            msg = f"{option}: {name!r} is given twice"
            raise InputError(msg)
        found[name] = value
    return found


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def parse_point(text: str | None, option: str, *, units: bool = False) -> dict[str, Any] | None:
    """Numbers and arrays by name: ``x=1,v=[1,2]``; with `units` also ``v=E1``, one entry 1, others 0.

    Raises:
        InputError: a value is neither a number nor a list, nor a dict of these in JSON.
    """
    if text is None:
        return None
    return {
        name: value if units and _UNIT.fullmatch(value) else _number(value, f"{option} {name}")
        for name, value in split_assignments(text, option).items()
    }


_UNIT = re.compile(r"E[1-9]\d{0,9}")


def _number(text: str, where: str) -> Any:
    words = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
    plain = words.get(text.lower(), text.removeprefix("+"))
    try:
        value = json.loads(f"0{plain}" if plain.startswith(".") else plain)
    except (ValueError, RecursionError):
        value = _python_float(text)
    if isinstance(value, bool) or not isinstance(value, (int, float, list, dict)):
        msg = (
            f"{where}: {text[:60]!r} is neither a number nor a list such as [1,2] or [[1,2],[3,4]]"
        )
        raise InputError(msg)
    return value


def _python_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def parse_shapes(text: str | None) -> dict[str, str]:
    """Shapes by name: ``x=n,W=m:n`` (dimensions separated by colons, nothing for a scalar).

    >>> parse_shapes("x=n,W=m:n,s=")
    {'x': 'n', 'W': 'm n', 's': ''}
    """
    if text is None:
        return {}
    found = split_assignments(text, "--shape", example="x=n,W=m:n")
    return {name: shape.replace(":", " ") for name, shape in found.items()}


def parse_names(text: str | None, option: str) -> list[str] | None:
    """Names separated by commas.

    Raises:
        InputError: there are none.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        msg = f"{option}: {text!r} holds no name; write {option} x,a, or leave it out"
        raise InputError(msg)
    return names
