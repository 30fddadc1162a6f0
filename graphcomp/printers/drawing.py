"""Drawings as files, and as SVG for notebooks."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from graphcomp.errors import OutputError
from graphcomp.files import write_file
from graphcomp.graph import GraphData
from graphcomp.printers.compose import compose
from graphcomp.printers.dot import picture_dot
from graphcomp.printers.mermaid import picture_mermaid
from graphcomp.printers.palette import AUTO, theme_named
from graphcomp.printers.picture import Picture
from graphcomp.printers.render import FORMATS, is_own, render
from graphcomp.printers.scheme import MARKED

SUFFIXES = (*(f".{name}" for name in FORMATS), ".dot", ".mmd")

#: Is told what was left out of a drawing, or put together in it.
Report: TypeAlias = Callable[[str], object]


class Drawing:
    """A drawing, ready to be shown or written; in a notebook it shows itself.

    Attributes:
        picture: its vertices and arrows.

    >>> import graphcomp as gc
    >>> drawing = gc.from_string("y = x**2").picture()
    >>> drawing.messages, drawing.write("square.png").name
    ((), 'square.png')
    """

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    def __repr__(self) -> str:
        return f"<drawing: {self.picture.caption}>"

    @property
    def messages(self) -> tuple[str, ...]:
        """What was left out or put together."""
        return self.picture.messages

    def svg(self, *, theme: str = AUTO) -> str:
        """As SVG text; "auto" follows the reader's colour scheme."""
        return self.data("svg", theme).decode("utf-8")

    def dot(self, *, theme: str = AUTO) -> str:
        """As DOT text; "auto" is light."""
        return picture_dot(self.picture, theme_named(theme))

    def mermaid(self, *, theme: str = AUTO) -> str:
        """As Mermaid text; "auto" is light."""
        return picture_mermaid(self.picture, theme)

    def write(
        self, path: str | os.PathLike[str], *, theme: str = AUTO, force: bool = False
    ) -> Path:
        """Write a file, in the format that its suffix names: svg, png, pdf, dot or mmd.

        A drawing that graphcomp made before is replaced, any other file is not: all formats carry a
        mark (a comment in SVG, DOT, Mermaid and PDF, a text chunk in PNG).

        Args:
            path: the file.
            theme: "light", "dark", or "auto": an SVG follows the reader's scheme, others are light.
            force: replace a file that graphcomp did not make.

        Returns:
            The path.

        Raises:
            OutputError: another suffix, the file can't be written, or it is not ours to replace.
        """
        target = drawable(path)
        data = self.data(target.suffix.lower()[1:], theme)
        return write_file(target, data, is_ours=is_own, force=force)

    def data(self, form: str, theme: str = AUTO) -> bytes:
        """The bytes of a file: svg, png, pdf, dot or mmd."""
        if form == "mmd":
            return self.mermaid(theme=theme).encode()
        if form == "dot":
            return self.dot(theme=theme).encode()
        colours = theme_named(theme)
        schemes = theme == AUTO and form == "svg"
        source = picture_dot(self.picture, MARKED if schemes else colours)
        return render(source, form, description=self.picture.description, schemes=schemes)

    def _repr_svg_(self) -> str:
        """For notebooks."""
        return self.svg()


def drawable(path: str | os.PathLike[str]) -> Path:
    """The path of a drawing, once its suffix is known to name a format."""
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        listed = ", ".join(SUFFIXES)
        given = f"not {suffix!r}" if suffix else "and this name has none"
        raise OutputError(
            f"can't draw to {str(target)!r}: the suffix must be one of {listed}, {given}"
        )
    return target


def draw(
    graph: GraphData,
    path: str | os.PathLike[str],
    *,
    theme: str = AUTO,
    force: bool = False,
    report: Report | None = None,
    **options: Any,
) -> Path:
    """Draw a graph to a file, see `Drawing.write`.

    Args:
        graph: the graph.
        path: the file.
        theme: see there.
        force: see there.
        report: called with every message about what was left out or put together.
        **options: what is drawn, see `graphcomp.printers.compose.compose`.

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
    drawable(path)
    drawing = Drawing(compose(graph, **options))
    written = drawing.write(path, theme=theme, force=force)
    if report is not None:
        for message in drawing.messages:
            report(message)
    return written


def svg(graph: GraphData, *, theme: str = AUTO, **options: Any) -> str:
    """A drawing as SVG text.

    Args:
        graph: the graph.
        theme: "light", "dark", or "auto": as the reader prefers.
        **options: what is drawn, see `graphcomp.printers.compose.compose`.

    >>> import graphcomp as gc
    >>> svg(GraphData([gc.scalar("x")], {"y": gc.scalar("x") ** 2})).startswith("<?xml")
    True
    """
    return Drawing(compose(graph, **options)).svg(theme=theme)
