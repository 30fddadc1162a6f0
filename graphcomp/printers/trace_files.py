"""Traces in any format, as text or as a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from graphcomp.derivation import STYLE_CHOICES, Derivation
from graphcomp.errors import InputError, OutputError
from graphcomp.files import write_file
from graphcomp.printers import html_page, latex, markdown, text
from graphcomp.printers.render import MARKER, is_own

FORMATS = ("text", "ascii", "markdown", "latex", "html", "json")

_SUFFIXES: Mapping[str, str] = {
    ".txt": "text",
    ".md": "markdown",
    ".tex": "latex",
    ".html": "html",
    ".json": "json",
}
_CHOICES = frozenset(STYLE_CHOICES)
_OPTIONS: Mapping[str, frozenset[str]] = {
    "text": _CHOICES | {"width", "detail", "digits"},
    "ascii": _CHOICES | {"width", "detail", "digits"},
    "markdown": _CHOICES | {"detail", "digits"},
    "latex": _CHOICES | {"form", "detail", "digits", "standalone"},
    "html": _CHOICES | {"detail", "digits"},
    "json": frozenset(),
}


def printed(derivation: Derivation, chosen: str, **options: Any) -> str:
    """The derivation in one of the formats.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        chosen: "text", "ascii", "markdown", "latex", "html" or "json".
        **options: of that format; those that are None are not given.

    Raises:
        InputError: there is no such format, or the format has no such option.

    >>> import graphcomp as gc
    >>> from graphcomp.derivation import derive
    >>> from graphcomp.graph import GraphData
    >>> found = derive(GraphData([gc.scalar("x")], {"y": gc.scalar("x") ** 2}), "reverse")
    >>> printed(found, "json", width=80)
    Traceback (most recent call last):
    graphcomp.errors.InputError: a trace as json has no width; leave it out
    """
    if chosen not in FORMATS:
        msg = f"format must be one of {', '.join(FORMATS)}, not {chosen!r}"
        raise InputError(msg)
    given = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in _OPTIONS[chosen]:
            msg = f"a trace as {chosen} has no {name}; leave it out"
            raise InputError(msg)
    return _PRINTERS[chosen](derivation, **given)


def _ascii(derivation: Derivation, **options: Any) -> str:
    return text.render(derivation, ascii=True, **options)


def _json(derivation: Derivation) -> str:
    return json.dumps(derivation.to_json(), indent=2, ensure_ascii=False, allow_nan=False)


_PRINTERS: Mapping[str, Callable[..., str]] = {
    "text": text.render,
    "ascii": _ascii,
    "markdown": markdown.render,
    "latex": latex.render,
    "html": html_page.render,
    "json": _json,
}


def write(
    derivation: Derivation,
    path: str | Path,
    chosen: str | None = None,
    *,
    force: bool = False,
    **options: Any,
) -> Path:
    """Write the derivation to a file; LaTeX is a whole document there.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        path: the file.
        chosen: the format; by default that of the suffix: .txt, .md, .tex, .html or .json.
        force: replace a file that graphcomp did not make.
        **options: of the format.

    Returns:
        The path.

    Raises:
        InputError: there is no such format, or the format has no such option.
        OutputError: the suffix says no format, the file can't be written, or is not ours to replace.
    """
    target = Path(path)
    found = chosen or _SUFFIXES.get(target.suffix.lower())
    if found is None:
        listed = ", ".join(_SUFFIXES)
        msg = (
            f"can't tell the format of {str(target)!r}: end it in one of {listed}, or name a format"
        )
        raise OutputError(msg)
    if found == "latex":
        options = {"standalone": True} | options
    body = printed(derivation, found, **options)
    return write_file(target, _marked(body, found), is_ours=_is_own, force=force)


def _marked(body: str, chosen: str) -> str:
    """The mark by which graphcomp knows its own files again, where there is none yet."""
    match chosen:
        case "markdown":
            return f"<!-- {MARKER} -->\n\n{body}\n"
        case "text" | "ascii":
            return f"{body}\n\n{MARKER}\n"
        case "json":
            return f"{body}\n"
        case _:
            return body if MARKER in body else f"% {MARKER}\n{body}\n"


def _is_own(content: str) -> bool:
    return is_own(content.encode())
