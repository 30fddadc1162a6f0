"""The page: a template, a style sheet, scripts and the data, put together into one file."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from graphcomp.ad import Wrt
from graphcomp.errors import InputError, OutputError
from graphcomp.explorer.contents import contents
from graphcomp.explorer.point import starting_point
from graphcomp.files import write_file
from graphcomp.graph import GraphData
from graphcomp.printers.render import MARKER, is_own
from graphcomp.version import __version__

SUFFIXES = (".html", ".htm")

#: In the order in which they build on each other; they become one script.
SCRIPTS = (
    "arrays.js",
    "ops.js",
    "interpreter.js",
    "numbers.js",
    "model.js",
    "elements.js",
    "picture.js",
    "table.js",
    "explanation.js",
    "inputs.js",
    "prediction.js",
    "keyboard.js",
    "explorer.js",
)
_SLOT = re.compile("@@([a-z]+)@@")
_ASSETS = resources.files("graphcomp.explorer") / "assets"


def explore(
    graph: GraphData, path: str | os.PathLike[str], *, force: bool = False, **options: Any
) -> Path:
    """Write a page that walks through a graph: one HTML file that needs no network.

    Args:
        graph: the graph.
        path: the file, with the suffix .html or .htm.
        force: replace a file that graphcomp did not make.
        **options: see `page`.

    Returns:
        The path.

    Raises:
        OutputError: another suffix, the file can't be written, or it is not ours to replace.
        InputError: the graph is too large for a page, or an option has no meaning.
        DerivativeError: there is nothing to differentiate.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> graph = GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")
    >>> explore(graph, "sigmoid.html", at={"x": 1, "a": 2}).name
    'sigmoid.html'
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise OutputError(
            f"can't write a page to {str(target)!r}: the suffix must be .html; write "
            f"{target.stem or 'page'}.html"
        )
    return write_file(target, page(graph, **options).encode(), is_ours=is_own, force=force)


def page(
    graph: GraphData,
    *,
    at: Mapping[str, Any] | None = None,
    mode: str = "reverse",
    wrt: Wrt = None,
    steps: str = "grouped",
    letter: str | None = "w",
    heading: str | None = None,
) -> str:
    """The text of the page.

    Args:
        graph: the graph.
        at: values of inputs, to start with; some are chosen for those left out.
        mode: what the page shows first, "forward" or "reverse".
        wrt: inputs or named steps to differentiate by; all real inputs by default.
        steps: how the graph is cut into steps: "grouped", "named" or "primitive".
        letter: of numbered steps; None to go by names alone.
        heading: instead of the name of the graph.

    Raises:
        InputError: the graph is too large for a page, or an option has no meaning.
        DerivativeError: there is nothing to differentiate.

    >>> import graphcomp as gc
    >>> page(GraphData([gc.scalar("x")], {"y": gc.scalar("x") ** 2}))[:15]
    '<!doctype html>'
    """
    if mode not in {"forward", "reverse"}:
        raise InputError(f"mode must be 'forward' or 'reverse', not {mode!r}")
    point = starting_point(graph, at)
    data = contents(graph, at=point, wrt=wrt, steps=steps, letter=letter) | {"mode": mode}
    shown = heading if heading is not None else graph.name
    script, style = script_text(), asset("page.css")
    parts = {
        "marker": f"{MARKER} {__version__}; make it again instead of editing",
        "policy": _policy(script, style),
        "version": __version__,
        "title": html.escape(shown),
        "style": style,
        "data": _embedded(data),
        "script": script,
    }
    # in one pass: what stands in a part, the user's text above all, is never a place for another
    return _SLOT.sub(lambda slot: parts[slot[1]], asset("page.html"))


def asset(name: str) -> str:
    """A file that the page is made of."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def script_text(names: tuple[str, ...] = SCRIPTS) -> str:
    """The scripts as one, in a scope of its own."""
    body = "\n".join(asset(name) for name in names)
    return f'(() => {{\n"use strict";\n{body}}})();\n'


def _policy(script: str, style: str) -> str:
    """Nothing may be loaded, and nothing may run but this one script and this one style sheet."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that can stand in a page: no character in it can end the element or begin another."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
