"""Drawings as files, and as SVG for notebooks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from graphcomp.errors import OutputError
from graphcomp.files import write_file
from graphcomp.graph import GraphData
from graphcomp.printers.dot import dot_source
from graphcomp.printers.render import FORMATS, is_own, render

__all__ = ["SUFFIXES", "dot_source", "draw", "svg"]

SUFFIXES = tuple(f".{name}" for name in (*FORMATS, "dot"))


def draw(
    graph: GraphData, path: str | os.PathLike[str], *, force: bool = False, **options: Any
) -> Path:
    """Draw a graph to a file, in the format that its suffix names: svg, png, pdf or dot.

    A drawing that graphcomp made before is replaced, any other file is not: all four formats carry
    a mark (a comment in SVG, DOT and PDF, a text chunk in PNG).

    Args:
        graph: the graph.
        path: the file.
        force: replace a file that graphcomp did not make.
        **options: see `dot_source`.

    Returns:
        The path.

    Raises:
        OutputError: another suffix, the file can't be written, or it is not ours to replace.
        InputError: an option has no meaning.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> graph = GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")
    >>> draw(graph, "sigmoid.svg", mode="reverse", at={"x": 1, "a": 2}).name
    'sigmoid.svg'
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        listed = ", ".join(SUFFIXES)
        given = f"not {suffix!r}" if suffix else "and this name has none"
        raise OutputError(
            f"can't draw to {str(target)!r}: the suffix must be one of {listed}, {given}"
        )
    source = dot_source(graph, **options)
    data = source.encode() if suffix == ".dot" else render(source, suffix[1:])
    return write_file(target, data, is_ours=is_own, force=force)


def svg(graph: GraphData, **options: Any) -> str:
    """A drawing as SVG text.

    Args:
        graph: the graph.
        **options: see `dot_source`.

    >>> import graphcomp as gc
    >>> svg(GraphData([gc.scalar("x")], {"y": gc.scalar("x") ** 2})).startswith("<?xml")
    True
    """
    return render(dot_source(graph, **options), "svg").decode("utf-8")
