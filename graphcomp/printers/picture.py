"""A drawing as data: vertices and arrows with their texts, before any DOT."""

from __future__ import annotations

from dataclasses import dataclass

from graphcomp.printers.collapse import Path
from graphcomp.printers.palette import Ink, Look


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in a vertex, at an arrow, or under the title."""

    text: str
    ink: Ink = Ink.TEXT
    bold: bool = False
    small: bool = False


@dataclass(frozen=True, slots=True)
class Vertex:
    """A step, a folded scope, or what was left out.

    Attributes:
        name: unique, an identifier.
        look: how it is drawn.
        lines: from top to bottom.
        scope: the scopes around it, outermost first.
        tooltip: what shows when the mouse rests on it.
        beside: the vertex that it is drawn next to, across the direction of the layout.
        main: whether it lies on the longest path, which is drawn as straight as can be.
    """

    name: str
    look: Look
    lines: tuple[Line, ...]
    scope: Path = ()
    tooltip: str = ""
    beside: str | None = None
    main: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge: data that flows forward, plain or with a tangent, or an adjoint that flows back.

    Attributes:
        tail, head: the earlier and the later vertex, also for adjoints.
        ink: `MUTED` for data, `TANGENT` for data with a tangent, `ADJOINT` for an adjoint.
        lines: the label.
        tooltip: what shows when the mouse rests on it.
        main: whether it is part of the longest path.
    """

    tail: str
    head: str
    ink: Ink = Ink.MUTED
    lines: tuple[Line, ...] = ()
    tooltip: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole drawing.

    Attributes:
        name: an identifier.
        title: what it shows; may have several lines.
        legend: what the colours mean, and what was left out.
        vertices: in the order of the steps.
        arrows: in the order of the steps that they lead to.
        matrix: whether arrays flow in it.
        mode: None, "forward" or "reverse".
    """

    name: str
    title: str
    legend: tuple[Line, ...]
    vertices: tuple[Vertex, ...]
    arrows: tuple[Arrow, ...]
    matrix: bool
    mode: str | None
