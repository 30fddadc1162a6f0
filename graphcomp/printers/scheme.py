"""SVG that follows the reader's colour scheme, light or dark.

Graphviz writes colours into attributes, where one colour may stand for several roles. So the drawing
is made with a colour of its own for each role (`MARKED`), and each of these becomes the light colour
and a class. The light colours stay attributes: what knows no CSS shows a light drawing.
"""

from __future__ import annotations

import re

from graphcomp.printers.palette import THEMES, Ink, Look, Theme

_PREFIX = "#fe01"
_TAG = re.compile(r"<(?:polygon|polyline|path|ellipse|text)\b[^>]*>")
_COLOUR = re.compile(rf' (fill|stroke)="{_PREFIX}([0-9a-f]{{2}})"')


def _roles(theme: Theme) -> dict[str, str]:
    """The colour of every role."""
    return {
        "background": theme.background,
        "edge": theme.edge,
        **{f"ink-{ink.value}": theme.ink[ink] for ink in Ink},
        **{f"in-{look.value}": theme.fills[look] for look in Look},
        **{f"around-{look.value}": theme.strokes[look] for look in Look},
    }


_LIGHT, _DARK = _roles(THEMES["light"]), _roles(THEMES["dark"])
_NAMES = tuple(_LIGHT)
_MARKS = {name: f"{_PREFIX}{i:02x}" for i, name in enumerate(_NAMES)}

#: A theme whose colours are not to be seen: each stands for one role.
MARKED = Theme(
    background=_MARKS["background"],
    edge=_MARKS["edge"],
    ink={ink: _MARKS[f"ink-{ink.value}"] for ink in Ink},
    fills={look: _MARKS[f"in-{look.value}"] for look in Look},
    strokes={look: _MARKS[f"around-{look.value}"] for look in Look},
)


def follow_scheme(svg: str) -> str:
    """An SVG drawn in `MARKED` as one that is light, and dark for readers who prefer that.

    Args:
        svg: what Graphviz made.

    >>> mark = MARKED.fills[Look.INPUT]
    >>> shown = follow_scheme(f'<svg w="1"><ellipse fill="{mark}" stroke="black"/></svg>')
    >>> print(shown)
    <svg w="1">
    <style>
    @media (prefers-color-scheme: dark) {
    .gc-fill-in-input { fill: #10263A }
    }
    </style><ellipse class="gc-fill-in-input" fill="#E3F0FA" stroke="black"/></svg>
    """
    used: dict[str, str] = {}

    def coloured(match: re.Match[str]) -> str:
        tag = match[0]
        classes = []
        for found in _COLOUR.finditer(tag):
            attribute, name = found[1], _NAMES[int(found[2], 16)]
            classes.append(f"gc-{attribute}-{name}")
            used[classes[-1]] = f".{classes[-1]} {{ {attribute}: {_DARK[name]} }}"
        if not classes:
            return tag
        tag = _COLOUR.sub(lambda c: f' {c[1]}="{_LIGHT[_NAMES[int(c[2], 16)]]}"', tag)
        head, rest = tag.split(" ", 1)
        return f'{head} class="{" ".join(classes)}" {rest}'

    body = _TAG.sub(coloured, svg)
    rules = "\n".join(used[name] for name in sorted(used))
    style = f"\n<style>\n@media (prefers-color-scheme: dark) {{\n{rules}\n}}\n</style>"
    return re.sub(r"<svg\b[^>]*>", lambda root: root[0] + style, body, count=1)
