"""Drawings as DOT source, for Graphviz."""

from __future__ import annotations

import html
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import graphviz

from graphcomp.ad import Wrt
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.printers.collapse import Path
from graphcomp.printers.compose import MAX_NODES, compose
from graphcomp.printers.palette import FONT, Ink, Look, Theme, theme_named
from graphcomp.printers.picture import Arrow, Line, Picture, Vertex
from graphcomp.printers.render import MARKER

DIRECTIONS = ("LR", "TB", "RL", "BT")

_PADDING = 'BORDER="0" CELLBORDER="0" CELLSPACING="0"'


def dot_source(
    graph: GraphData,
    *,
    mode: str | None = None,
    at: Mapping[str, Any] | None = None,
    wrt: Wrt = None,
    seed: Mapping[str, Any] | None = None,
    steps: str = "grouped",
    letter: str | None = "w",
    theme: str = "light",
    rankdir: str = "LR",
    parameters: Collection[str] = (),
    title: str | None = None,
    max_nodes: int = MAX_NODES,
    expand: Collection[str] = (),
) -> str:
    """The drawing of a graph as DOT source.

    Args:
        graph: the graph.
        mode: None for the graph with local partials on its edges, "forward" for values and
            tangents, "reverse" for values and adjoints.
        at: a value for every input, to show numbers.
        wrt: inputs or named steps to differentiate by; all real inputs by default. Inputs left out
            are drawn as constants.
        seed: by name, tangents of inputs (forward) or cotangents of outputs (reverse): numbers,
            arrays, or unit entries such as "E21"; by default one for the first, zero for the others.
        steps: how the graph is cut into steps: "grouped", "named" or "primitive".
        letter: of numbered steps; None to go by names alone.
        theme: "light" or "dark".
        rankdir: the direction of the layout: "LR", "TB", "RL" or "BT".
        parameters: names of inputs that are drawn as parameters.
        title: instead of the formula; several lines are possible.
        max_nodes: a larger graph is drawn with its scopes folded, then cut in the middle.
        expand: scopes ("encoder/layer1") that stay open.

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
    if rankdir not in DIRECTIONS:
        raise InputError(f"rankdir must be one of {', '.join(DIRECTIONS)}, not {rankdir!r}")
    picture = compose(
        graph,
        mode=mode,
        at=at,
        wrt=wrt,
        seed=seed,
        steps=steps,
        letter=letter,
        parameters=parameters,
        title=title,
        max_nodes=max_nodes,
        expand=expand,
    )
    return _Writer(picture, colours, rankdir).source()


class _Writer:
    """Writes one picture as DOT."""

    def __init__(self, picture: Picture, theme: Theme, rankdir: str) -> None:
        self.picture = picture
        self.theme = theme
        self.rankdir = rankdir

    def source(self) -> str:
        """The DOT source."""
        dot = graphviz.Digraph(
            self.picture.name, comment=f"{MARKER}; draw again instead of editing"
        )
        self._defaults(dot)
        self._scope(dot, (), self.picture.vertices, [0])
        for arrow in self.picture.arrows:
            dot.edge(arrow.tail, arrow.head, **self._arrow(arrow))
        return str(dot.source)

    def _defaults(self, dot: graphviz.Digraph) -> None:
        picture, theme = self.picture, self.theme
        if picture.matrix:
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
            rankdir=self.rankdir,
            bgcolor=theme.background,
            fontname=FONT,
            fontcolor=theme.ink[Ink.TEXT],
            fontsize="15",
            labelloc="t",
            labeljust="l",
            label=self._heading(),
            tooltip=_plain(" ".join(picture.title.split())),
            pad="0.2",
            splines="spline",
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
                cluster.attr(**self._cluster((*path, name)))
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
            "class": vertex.look.value,
            **self.theme.attributes(vertex.look),
            "label": self._table(vertex.lines, 2, 11.5 if self.picture.matrix else 12),
            "tooltip": _plain(vertex.tooltip),
        }
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

    def _arrow(self, arrow: Arrow) -> dict[str, str]:
        ink = self.theme.ink[arrow.ink]
        attributes = {"class": "fwd", "tooltip": _plain(arrow.tooltip)}
        if arrow.lines:
            attributes["label"] = self._table(arrow.lines, 3, 10.5)
        if arrow.ink is Ink.ADJOINT:
            attributes |= {"class": "rev", "dir": "back", "style": "dashed", "penwidth": "1.4"}
        elif arrow.ink is Ink.TANGENT:
            attributes |= {"penwidth": "2.2"}
        if arrow.ink is not Ink.MUTED:
            attributes |= {"color": ink, "fontcolor": ink}
        if arrow.ink is Ink.ADJOINT:
            return attributes
        if arrow.main:
            attributes["weight"] = "10"
        elif self.picture.mode == "reverse" and not self.picture.matrix:
            attributes["weight"] = "2"
        return attributes


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
