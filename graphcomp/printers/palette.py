"""Colours and shapes of drawings: a role is told by shape and border too, never by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from graphcomp.errors import InputError

#: DejaVu Sans has the combining dots and bars of ẇ and w̄; the others are what viewers may have.
FONT = "DejaVu Sans, Helvetica, Arial, sans-serif"


class Look(Enum):
    """What a vertex of a drawing stands for."""

    INPUT = "input"
    PARAMETER = "param"
    CONSTANT = "const"
    OPERATION = "op"
    OUTPUT = "output"
    GROUP = "group"
    REST = "rest"


class Ink(Enum):
    """What a text or an edge tells."""

    TEXT = "text"
    MUTED = "muted"
    VALUE = "value"
    ADJOINT = "adjoint"
    TANGENT = "tangent"
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of one theme: fill and stroke by look, and inks. Text contrast is at least 5:1."""

    background: str
    edge: str
    ink: Mapping[Ink, str]
    fills: Mapping[Look, str]
    strokes: Mapping[Look, str]

    def attributes(self, look: Look) -> dict[str, str]:
        """The DOT attributes of a vertex with this look."""
        return {**_SHAPES[look], "fillcolor": self.fills[look], "color": self.strokes[look]}


_SHAPES: dict[Look, dict[str, str]] = {
    Look.INPUT: {"shape": "ellipse", "style": "filled", "margin": "0.0,0.0"},
    Look.PARAMETER: {
        "shape": "ellipse",
        "style": "filled",
        "margin": "0.0,0.0",
        "penwidth": "2.4",
    },
    Look.CONSTANT: {"shape": "box", "style": "filled,dashed"},
    Look.OPERATION: {"shape": "box", "style": "filled,rounded"},
    Look.OUTPUT: {"shape": "box", "style": "filled,rounded", "peripheries": "2"},
    Look.GROUP: {"shape": "folder", "style": "filled"},
    Look.REST: {"shape": "box", "style": "filled,dashed,rounded"},
}

THEMES: dict[str, Theme] = {
    "light": Theme(
        background="white",
        edge="#57606A",
        ink={
            Ink.TEXT: "#1B1F24",
            Ink.MUTED: "#57606A",
            Ink.VALUE: "#005A9C",
            Ink.ADJOINT: "#B03A00",
            Ink.TANGENT: "#7A3E8E",
            Ink.POSITIVE: "#005A9C",
            Ink.NEGATIVE: "#B03A00",
        },
        fills={
            Look.INPUT: "#E3F0FA",
            Look.PARAMETER: "#E2F4EC",
            Look.CONSTANT: "#F3F4F6",
            Look.OPERATION: "#FFFFFF",
            Look.OUTPUT: "#FFF3D6",
            Look.GROUP: "#F6F8FA",
            Look.REST: "#F6F8FA",
        },
        strokes={
            Look.INPUT: "#0072B2",
            Look.PARAMETER: "#00795A",
            Look.CONSTANT: "#6E7781",
            Look.OPERATION: "#57606A",
            Look.OUTPUT: "#9A6700",
            Look.GROUP: "#AFB8C1",
            Look.REST: "#AFB8C1",
        },
    ),
    "dark": Theme(
        background="#0D1117",
        edge="#8B949E",
        ink={
            Ink.TEXT: "#E6EDF3",
            Ink.MUTED: "#9DA7B1",
            Ink.VALUE: "#79C0FF",
            Ink.ADJOINT: "#FF9E64",
            Ink.TANGENT: "#D2A8FF",
            Ink.POSITIVE: "#79C0FF",
            Ink.NEGATIVE: "#FF9E64",
        },
        fills={
            Look.INPUT: "#10263A",
            Look.PARAMETER: "#0E2A22",
            Look.CONSTANT: "#1C2128",
            Look.OPERATION: "#161B22",
            Look.OUTPUT: "#33270A",
            Look.GROUP: "#11161D",
            Look.REST: "#11161D",
        },
        strokes={
            Look.INPUT: "#56B4E9",
            Look.PARAMETER: "#3FC69A",
            Look.CONSTANT: "#8B949E",
            Look.OPERATION: "#8B949E",
            Look.OUTPUT: "#E6B422",
            Look.GROUP: "#3D444D",
            Look.REST: "#3D444D",
        },
    ),
}


#: An SVG follows the reader's colour scheme; other formats can't, and are light.
AUTO = "auto"


def theme_named(name: str) -> Theme:
    """The theme "light" or "dark"; "auto" is the light one, see `graphcomp.printers.scheme`.

    Raises:
        InputError: there is no such theme.
    """
    if name != AUTO and name not in THEMES:
        raise InputError(f"theme must be 'auto', 'light' or 'dark', not {name!r}")
    return THEMES["light" if name == AUTO else name]
