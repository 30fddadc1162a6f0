"""A drawing as data: vertices and arrows with their texts, before any DOT."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from graphcomp.printers.collapse import Path
from graphcomp.printers.palette import Ink, Look

DIRECTIONS = ("LR", "TB", "RL", "BT")

#: So many outputs are named in words.
MOST_TOLD = 5

_WORDS = {
    Look.INPUT: "input",
    Look.PARAMETER: "parameter",
    Look.CONSTANT: "constant",
    Look.OPERATION: "operation",
    Look.OUTPUT: "output",
    Look.GROUP: "folded scope",
    Look.REST: "gap",
}


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
        final: whether an output is among what it stands for.
        at: where its middle is, in points from the lower left; None where the layout decides.
    """

    name: str
    look: Look
    lines: tuple[Line, ...]
    scope: Path = ()
    tooltip: str = ""
    beside: str | None = None
    main: bool = False
    final: bool = False
    at: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge: data that flows forward, plain or with a tangent, or an adjoint that flows back.

    Attributes:
        tail, head: the earlier and the later vertex, also for adjoints.
        ink: `MUTED` for data, `TANGENT` for data with a tangent, `ADJOINT` for an adjoint,
            `POSITIVE` and `NEGATIVE` for a weight.
        lines: the label.
        tooltip: what shows when the mouse rests on it.
        main: whether it is part of the longest path.
        again: whether it leads from one repetition of a block to the next.
        width: of the line; None for what goes with the ink.
        loose: whether its ends may stand anywhere, and not one behind the other.
        label_at: where the middle of its label is, if places are given.
    """

    tail: str
    head: str
    ink: Ink = Ink.MUTED
    lines: tuple[Line, ...] = ()
    tooltip: str = ""
    main: bool = False
    again: bool = False
    width: float | None = None
    loose: bool = False
    label_at: tuple[float, float] | None = None


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
        rankdir: the direction of the layout: "LR", "TB", "RL" or "BT".
        messages: what was left out or put together, and what to do about it.
        layers: vertices that stand side by side, in their order.
    """

    name: str
    title: str
    legend: tuple[Line, ...]
    vertices: tuple[Vertex, ...]
    arrows: tuple[Arrow, ...]
    matrix: bool
    mode: str | None
    rankdir: str = "LR"
    messages: tuple[str, ...] = ()
    layers: tuple[tuple[str, ...], ...] = ()

    @property
    def placed(self) -> bool:
        """Whether every vertex has its place, so that nothing is left to the layout."""
        return bool(self.vertices) and all(vertex.at is not None for vertex in self.vertices)

    @property
    def caption(self) -> str:
        """The title on one line."""
        return " ".join(self.title.split())

    @property
    def description(self) -> str:
        """The picture in words, for those who can't see it."""
        kinds = Counter(vertex.look for vertex in self.vertices)
        counts = [
            f"{kinds[look]} {word}{'s' if kinds[look] > 1 else ''}"
            for look, word in _WORDS.items()
            if kinds[look]
        ]
        texts = [
            line.text
            for vertex in self.vertices
            if vertex.look is Look.OUTPUT or vertex.final
            for line in vertex.lines[:1]
        ]
        shown = ", ".join(counts) or "nothing"
        parts = [
            f"A graph of {shown}, and {len(self.arrows)} arrow{'s' if len(self.arrows) != 1 else ''}.",
            *self.messages,
        ]
        if texts:
            parts.insert(1, f"Outputs: {'; '.join(texts[:MOST_TOLD])}.")
        return " ".join(parts)
