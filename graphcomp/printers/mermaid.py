"""Drawings as Mermaid text, which GitHub and many wikis draw by themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from graphcomp.graph import GraphData
from graphcomp.names import fresh_name
from graphcomp.printers.collapse import Path
from graphcomp.printers.compose import compose
from graphcomp.printers.palette import AUTO, Ink, Look, Theme, theme_named
from graphcomp.printers.picture import Arrow, Line, Picture, Vertex
from graphcomp.printers.render import MARKER

#: What opens and closes a vertex.
_SHAPES = {
    Look.INPUT: ('(["', '"])'),
    Look.PARAMETER: ('(["', '"])'),
    Look.CONSTANT: ('["', '"]'),
    Look.OPERATION: ('("', '")'),
    Look.OUTPUT: ('[["', '"]]'),
    Look.GROUP: ('{{"', '"}}'),
    Look.REST: ('("', '")'),
}
_BORDERS = {
    Look.PARAMETER: "stroke-width:3px",
    Look.OUTPUT: "stroke-width:2px",
    Look.CONSTANT: "stroke-dasharray:5 4",
    Look.REST: "stroke-dasharray:5 4",
}

#: Words of the language, in any case, which can't be the id of a vertex.
_RESERVED = frozenset(
    {
        *("accdescr", "acctitle", "call", "class", "classdef", "click", "constructor", "default"),
        *(
            "direction",
            "end",
            "flowchart",
            "graph",
            "href",
            "interpolate",
            "linkstyle",
            "prototype",
        ),
        *("style", "subgraph"),
    }
)

#: Whatever could be syntax, an entity, Markdown or a comment becomes a code of Mermaid's own.
_SPECIAL = re.compile(r"""["#<>&`%:;*_~$\\]|(?<=\])\(|^[-+](?= |$)|(?<=^\d)[.)](?= |$)""")

#: The title is cleaned as HTML, and codes are not read there.
_NO_MARKUP = str.maketrans({"<": "‹", ">": "›", "&": "＆"})


def mermaid_source(graph: GraphData, *, theme: str = AUTO, **options: Any) -> str:
    """The drawing of a graph as a Mermaid flowchart.

    Args:
        graph: the graph.
        theme: "light" or "dark"; "auto", the default, is light here.
        **options: what is drawn, see `graphcomp.printers.compose.compose`.

    Raises:
        InputError: an option has no meaning, or the point is not complete.
        DerivativeError: there is nothing to differentiate.

    >>> import graphcomp as gc
    >>> source = mermaid_source(GraphData([gc.scalar("x")], {"y": gc.exp(gc.scalar("x"))}))
    >>> [line.strip() for line in source.splitlines() if "-->" in line]
    ['w1 -->|"exp(w₁)"| w2']
    """
    theme_named(theme)
    return picture_mermaid(compose(graph, **options), theme)


def picture_mermaid(picture: Picture, theme: str = AUTO) -> str:
    """A picture as Mermaid text, in the colours of a theme."""
    return _Writer(picture, theme_named(theme), either=theme == AUTO).source()


class _Writer:
    """Writes one picture."""

    def __init__(self, picture: Picture, theme: Theme, *, either: bool) -> None:
        self.picture = picture
        self.theme = theme
        # the title stands on the page itself, which may be light or dark
        self.title_colour = theme.strokes[Look.CONSTANT] if either else theme.ink[Ink.TEXT]
        taken = {vertex.name for vertex in picture.vertices}
        self.ids = {}
        for vertex in picture.vertices:
            name = vertex.name
            # "direction" at the end of a line takes the next line for its argument
            if name.lower() in _RESERVED or name.startswith("__") or name.endswith("direction"):
                name = fresh_name(f"n_{name}_", taken)
                taken.add(name)
            self.ids[vertex.name] = name
        self.taken = taken
        self.scopes: list[str] = []

    def source(self) -> str:
        """The text."""
        picture, theme = self.picture, self.theme
        legend = [f"%% {_one_line(line.text)}" for line in picture.legend]
        title = _one_line(picture.caption).translate(_NO_MARKUP)
        lines = [
            "---",
            f"title: {json.dumps(title, ensure_ascii=False)}",
            "config:",
            "  theme: base",
            "  themeVariables:",
            f'    textColor: "{self.title_colour}"',
            f'    lineColor: "{theme.edge}"',
            f'    edgeLabelBackground: "{theme.background}"',
            "  flowchart:",
            "    wrappingWidth: 600",
            "---",
            f"%% {MARKER}; draw again instead of editing",
            *legend,
            f"flowchart {picture.rankdir}",
            f"    accTitle: {escaped(picture.caption)}",
            f"    accDescr: {escaped(picture.description)}",
            *self._scope((), picture.vertices, "    "),
            *(f"    {self._arrow(arrow)}" for arrow in picture.arrows),
            *(f"    {line}" for line in self._styles()),
        ]
        return "\n".join(lines) + "\n"

    def _scope(self, path: Path, vertices: Sequence[Vertex], indent: str) -> list[str]:
        """The vertices of a scope, with the scopes inside it as subgraphs."""
        lines: list[str] = []
        inner: dict[str, list[Vertex]] = {}
        for vertex in vertices:
            if vertex.scope == path:
                lines.append(indent + self._vertex(vertex))
            else:
                inner.setdefault(vertex.scope[len(path)], []).append(vertex)
        for name, members in inner.items():
            key = fresh_name(f"box{len(self.scopes) + 1}", self.taken)
            self.taken.add(key)
            self.scopes.append(key)
            lines.append(f'{indent}subgraph {key}["{escaped(name) or " "}"]')
            lines += self._scope((*path, name), members, f"{indent}    ")
            lines.append(f"{indent}end")
        return lines

    def _vertex(self, vertex: Vertex) -> str:
        opening, closing = _SHAPES[vertex.look]
        kind = "final" if vertex.final and vertex.look is not Look.OUTPUT else vertex.look.value
        return f"{self.ids[vertex.name]}{opening}{_label(vertex.lines)}{closing}:::{kind}"

    def _arrow(self, arrow: Arrow) -> str:
        tail, head = self.ids[arrow.tail], self.ids[arrow.head]
        line = "-->"
        if arrow.ink is Ink.ADJOINT:
            tail, head, line = head, tail, "-.->"
        elif arrow.again or arrow.ink is Ink.NEGATIVE:
            line = "-.->"
        elif arrow.ink is Ink.TANGENT:
            line = "==>"
        label = f'|"{_label(arrow.lines)}"|' if arrow.lines else ""
        return f"{tail} {line}{label} {head}"

    # ------------------------------------------------------------ colours

    def _styles(self) -> list[str]:
        theme = self.theme
        looks = list(dict.fromkeys(vertex.look for vertex in self.picture.vertices))
        lines = [f"classDef {look.value} {self._class(look, look)}" for look in looks]
        finals = {v.look for v in self.picture.vertices if v.final} - {Look.OUTPUT}
        if finals:
            lines.append(f"classDef final {self._class(finals.pop(), Look.OUTPUT)}")
        if self.scopes:
            lines.append(f"classDef box {self._class(Look.GROUP, Look.GROUP)}")
            lines.append(f"class {','.join(self.scopes)} box")
        inks: dict[tuple[Ink, float | None], list[str]] = {}
        for i, arrow in enumerate(self.picture.arrows):
            inks.setdefault((arrow.ink, arrow.width), []).append(str(i))
        for (ink, width), places in inks.items():
            stroke = theme.edge if ink is Ink.MUTED else theme.ink[ink]
            style = f"stroke:{stroke},color:{theme.ink[ink]}"
            if width is not None:
                style += f",stroke-width:{width:.2f}px"
            lines.append(f"linkStyle {','.join(places)} {style}")
        return lines

    def _class(self, look: Look, border: Look) -> str:
        theme = self.theme
        colours = f"fill:{theme.fills[look]},stroke:{theme.strokes[border]}"
        styles = [colours, f"color:{theme.ink[Ink.TEXT]}", _BORDERS.get(border)]
        return ",".join(style for style in styles if style)


def escaped(text: str) -> str:
    """Text within quotes: never syntax, markup, an entity, a list or an address.

    >>> escaped('say "x" <b> #1; `y`')
    'say #quot;x#quot; #lt;b#gt; #35;1#59; #96;y#96;'
    """
    codes = {'"': "quot", "<": "lt", ">": "gt", "&": "amp"}
    return _SPECIAL.sub(lambda c: f"#{codes.get(c[0], ord(c[0]))};", _one_line(text))


def _label(lines: Sequence[Line]) -> str:
    """Lines of text, bold ones in bold."""
    texts = [(escaped(line.text), line.bold) for line in lines]
    return "<br/>".join(f"<b>{text}</b>" if bold else text for text, bold in texts)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text).strip()
