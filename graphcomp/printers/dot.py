"""Drawings as DOT source, for Graphviz."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import graphviz

from graphcomp.graph import GraphData
from graphcomp.printers.collapse import Path
from graphcomp.printers.compose import compose
from graphcomp.printers.palette import AUTO, FONT, Ink, Look, Theme, theme_named
from graphcomp.printers.picture import Arrow, Line, Picture, Vertex
from graphcomp.printers.render import MARKER

_PADDING = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'

#: How a line differs by what it tells, besides the colour.
_LINES: dict[Ink, dict[str, str]] = {
    Ink.ADJOINT: {"class": "rev", "dir": "back", "style": "dashed", "penwidth": "1.4"},
    Ink.TANGENT: {"penwidth": "2.2"},
    Ink.NEGATIVE: {"style": "dashed"},
}


def dot_source(graph: GraphData, *, theme: str = AUTO, **options: Any) -> str:
    """The drawing of a graph as DOT source.

    Args:
        graph: the graph.
        theme: "light" or "dark"; "auto", the default, is light here.
        **options: what is drawn, see `graphcomp.printers.compose.compose`.

    Raises:
        InputError: an option has no meaning, or the point is not complete.
        DerivativeError: there is nothing to differentiate.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> source = dot_source(GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}))
    >>> [line.split(" [")[0].strip() for line in source.splitlines() if "->" in line]
    ['w1 -> w3', 'w2 -> w3', 'w3 -> w4', 'w4 -> w5']
    """
    colours = theme_named(theme)
    return picture_dot(compose(graph, **options), colours)


def picture_dot(picture: Picture, theme: Theme) -> str:
    """A picture as DOT source, in the colours of a theme."""
    return _Writer(picture, theme).source()


class _Writer:
    """Writes one picture as DOT."""

    def __init__(self, picture: Picture, theme: Theme) -> None:
        self.picture = picture
        self.theme = theme

    def source(self) -> str:
        """The DOT source."""
        dot = graphviz.Digraph(
            self.picture.name, comment=f"{MARKER}; draw again instead of editing"
        )
        self._defaults(dot)
        self._scope(dot, (), self.picture.vertices, [0])
        for layer in () if self.picture.placed else self.picture.layers:
            with dot.subgraph() as row:
                row.attr(rank="same")
                for above, below in pairwise(layer):
                    row.edge(above, below, style="invis")
        for arrow in self.picture.arrows:
            dot.edge(arrow.tail, arrow.head, **self._arrow(arrow))
            if arrow.label_at is not None:
                dot.node(f"{arrow.tail}-{arrow.head}-label", **self._label(arrow))
        return str(dot.source)

    def _defaults(self, dot: graphviz.Digraph) -> None:
        picture, theme = self.picture, self.theme
        if picture.placed:
            distances = {"layout": "neato"}
        elif picture.matrix:
            distances = {"nodesep": "0.45", "ranksep": "0.5", "newrank": "true"}
        else:
            nodesep, ranksep = {
                None: ("0.35", "0.7"),
                "forward": ("0.35", "0.8"),
                "reverse": ("0.3", "0.55"),
            }[picture.mode]
            distances = {"nodesep": nodesep, "ranksep": ranksep}
        dot.attr(
            "graph",
            rankdir=picture.rankdir,
            bgcolor=theme.background,
            fontname=FONT,
            fontcolor=theme.ink[Ink.TEXT],
            fontsize="15",
            labelloc="t",
            labeljust="l",
            label=self._heading(),
            tooltip=_plain(picture.caption),
            id="drawing-0",
            pad="0.2",
            splines="line" if picture.placed else "spline",
            outputorder="edgesfirst",
            **distances,
        )
        dot.attr(
            "node",
            fontname=FONT,
            fontcolor=theme.ink[Ink.TEXT],
            fontsize="12",
            penwidth="1.4",
            margin="0.10,0.06",
        )
        dot.attr(
            "edge",
            fontname=FONT,
            fontcolor=theme.ink[Ink.MUTED],
            color=theme.edge,
            fontsize="10.5",
            penwidth="1.2",
            arrowsize="0.75",
        )

    def _heading(self) -> str:
        lines = self.picture.title.splitlines() or [""]
        cells = [f"<B>{_escaped(line) or ' '}</B>" for line in lines]
        cells += [_font(line.text, self.theme.ink[line.ink], 11) for line in self.picture.legend]
        rows = "".join(f'<TR><TD ALIGN="LEFT">{cell}</TD></TR>' for cell in cells)
        return f'<<TABLE {_PADDING} CELLPADDING="3">{rows}<TR><TD HEIGHT="6"></TD></TR></TABLE>>'

    # ------------------------------------------------------------ vertices

    def _scope(
        self, dot: graphviz.Digraph, path: Path, vertices: Sequence[Vertex], counter: list[int]
    ) -> None:
        """The vertices of a scope, with the scopes inside it as clusters."""
        inner: dict[str, list[Vertex]] = {}
        for vertex in vertices:
            if vertex.scope == path:
                dot.node(vertex.name, **self._vertex(vertex))
            else:
                inner.setdefault(vertex.scope[len(path)], []).append(vertex)
        for name, members in inner.items():
            counter[0] += 1
            with dot.subgraph(name=f"cluster_{counter[0]}") as cluster:
                cluster.attr(id=f"scope-{counter[0]}", **self._cluster((*path, name)))
                self._scope(cluster, (*path, name), members, counter)
        for vertex in vertices:
            if vertex.scope == path and vertex.beside is not None:
                with dot.subgraph() as row:
                    row.attr(rank="same")
                    row.node(vertex.name)
                    row.node(vertex.beside)

    def _cluster(self, path: Path) -> dict[str, str]:
        theme = self.theme
        return {
            "label": f"<{_font(path[-1], theme.ink[Ink.MUTED], 11, bold=True)}>",
            "labelloc": "t",
            "labeljust": "l",
            "style": "rounded,filled",
            "fillcolor": theme.fills[Look.GROUP],
            "color": theme.strokes[Look.GROUP],
            "margin": "12",
            "tooltip": _plain(f"scope {'/'.join(path)}"),
        }

    def _vertex(self, vertex: Vertex) -> dict[str, str]:
        attributes = {
            "id": vertex.name,
            "class": vertex.look.value,
            **self.theme.attributes(vertex.look),
            "label": self._table(vertex.lines, 2, 11.5 if self.picture.matrix else 12),
            "tooltip": _plain(vertex.tooltip),
        }
        if vertex.at is not None:
            attributes["pos"] = _position(vertex.at)
        if vertex.final and vertex.look is not Look.OUTPUT:
            stroke = self.theme.strokes[Look.OUTPUT]
            attributes |= {"class": f"{vertex.look.value} final", "color": stroke}
            attributes["peripheries"] = "2"
        return attributes | ({"group": "main"} if vertex.main else {})

    def _table(self, lines: Sequence[Line], padding: int, size: float) -> str:
        cells = []
        for line in lines:
            if line.ink is Ink.TEXT:
                cells.append(f"<B>{_escaped(line.text)}</B>" if line.bold else _escaped(line.text))
            else:
                points = 10.5 if line.small else size
                cells.append(_font(line.text, self.theme.ink[line.ink], points, bold=line.bold))
        rows = "".join(f"<TR><TD>{cell}</TD></TR>" for cell in cells)
        return f'<<TABLE {_PADDING} CELLPADDING="{padding}">{rows}</TABLE>>'

    # ------------------------------------------------------------ arrows

    def _label(self, arrow: Arrow) -> dict[str, str]:
        """The label of an arrow as a vertex of its own, which breaks the line that it stands on."""
        cells = [_font(line.text, self.theme.ink[line.ink], 10.5) for line in arrow.lines]
        rows = "".join(
            f'<TR><TD BGCOLOR="{self.theme.background}">{cell}</TD></TR>' for cell in cells
        )
        return {
            "id": f"{arrow.tail}-{arrow.head}-label",
            "class": "label",
            "shape": "plain",
            "label": f'<<TABLE {_PADDING} CELLPADDING="1">{rows}</TABLE>>',
            "pos": _position(arrow.label_at or (0.0, 0.0)),
            "tooltip": _plain(arrow.tooltip),
        }

    def _arrow(self, arrow: Arrow) -> dict[str, str]:
        ink = self.theme.ink[arrow.ink]
        back = arrow.ink is Ink.ADJOINT
        ends = (arrow.head, arrow.tail) if back else (arrow.tail, arrow.head)
        attributes = {"id": "-".join(ends), "class": "fwd", "tooltip": _plain(arrow.tooltip)}
        if arrow.lines and arrow.label_at is None:
            attributes["label"] = self._table(arrow.lines, 3, 10.5)
        attributes |= _LINES.get(arrow.ink, {})
        if arrow.again:
            attributes |= {"class": "again", "style": "dotted", "constraint": "false"}
            attributes["id"] += "-again"
        if arrow.width is not None:
            attributes["penwidth"] = f"{arrow.width:.2f}"
        if arrow.ink is not Ink.MUTED:
            attributes |= {"color": ink, "fontcolor": ink}
        if arrow.loose:
            attributes["constraint"] = "false"
        if back or arrow.again or arrow.loose:
            return attributes
        if arrow.main:
            attributes["weight"] = "10"
        elif self.picture.mode == "reverse" and not self.picture.matrix:
            attributes["weight"] = "2"
        return attributes


def _position(at: tuple[float, float]) -> str:
    """A place in inches, to stay there."""
    return f"{at[0] / 72:.3f},{at[1] / 72:.3f}!"


def _escaped(text: str) -> str:
    """User text inside an HTML-like label: never markup."""
    return html.escape("".join(c if c.isprintable() else " " for c in text))


def _font(text: str, colour: str, size: float, *, bold: bool = False) -> str:
    shown = f"<B>{_escaped(text)}</B>" if bold else _escaped(text)
    return f'<FONT COLOR="{colour}" POINT-SIZE="{size:g}">{shown}</FONT>'


def _plain(text: str) -> str:
    """User text as a plain string: never an escape sequence, an entity or HTML."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    escaped: str = graphviz.escape(shown.replace("&", "&amp;"))
    return escaped
