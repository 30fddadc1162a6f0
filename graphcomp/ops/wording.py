"""Spellings of the dialect "text" taken apart, so that markup can be made of them.

Many ops are written as calls with options, ``sum(x, axis=0)``, in every dialect. What they look like
in LaTeX follows from the parts of that text: words, numbers, signs, and places for arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum

from graphcomp.op import Spelling


class Part(Enum):
    """What a part of a template is."""

    PLACE = "the place of an argument"
    CALLED = "a word before parentheses"
    WORD = "another word"
    NUMBER = "a number"
    SIGN = "a sign"
    SPACE = "a blank"


_PARTS = re.compile(
    r"(?P<PLACE>\{\d+\})|(?P<CALLED>[A-Za-z_]\w*(?='*\())|(?P<WORD>[A-Za-z_]\w*)"
    r"|(?P<NUMBER>\d+(?:\.\d*)?)|(?P<SPACE>\s+)|(?P<SIGN>\{\{|\}\}|.)",
    re.DOTALL,
)


def parts(template: str) -> Iterator[tuple[Part, str]]:
    """The parts of a template.

    >>> [text for _, text in parts("sum({0}, axis=1)")]
    ['sum', '(', '{0}', ',', ' ', 'axis', '=', '1', ')']
    """
    for found in _PARTS.finditer(template):
        kind = Part[found.lastgroup or "SIGN"]
        text = found[0]
        yield kind, text[0] if kind is Part.SIGN else text


_LATEX_SIGNS = {
    "(": r"\left(",
    ")": r"\right)",
    "{": r"\{{",
    "}": r"\}}",
    "%": r"\%",
    "#": r"\#",
    "&": r"\&",
    "$": r"\$",
    "_": r"\_",
    "\\": r"\backslash ",
    "^": r"\wedge ",
    "~": r"\sim ",
    ":": "{{:}}",
    "*": r"\cdot ",
    "·": r"\cdot ",
    "×": r"\times ",
    "−": "-",
    "≥": r"\ge ",
    "≤": r"\le ",
    "≠": r"\ne ",
    "∞": r"\infty ",
    "…": r"\dots ",
    "ᵀ": r"^{{\mathsf T}}",
    '"': r"\text{{''}}",
}


def latex_template(template: str) -> str:
    r"""A template of the dialect "text" in LaTeX.

    >>> latex_template("sum({0}, axis=1)")
    '\\operatorname{{sum}}\\left({0},\\;\\mathrm{{axis}}=1\\right)'
    """
    shown = []
    for kind, text in parts(template):
        match kind:
            case Part.CALLED:
                shown.append(rf"\operatorname{{{{{latex_word(text)}}}}}")
            case Part.WORD if len(text) > 1:
                shown.append(rf"\mathrm{{{{{latex_word(text)}}}}}")
            case Part.SPACE:
                shown.append(r"\;")  # not "\ ", of which MathJax takes a few thousand characters
            case Part.SIGN:
                shown.append(
                    _LATEX_SIGNS.get(text, text if text.isascii() else rf"\text{{{{{text}}}}}")
                )
            case _:
                shown.append(text)
    return "".join(shown)


def latex_word(text: str) -> str:
    r"""A word with the signs that LaTeX reads otherwise.

    >>> latex_word("d_loss")
    'd\\_loss'
    """
    return text.replace("_", r"\_")


def in_latex(rule: Callable[..., Spelling]) -> Callable[..., Spelling]:
    """The rule that gives the spelling of the dialect "text", in LaTeX."""

    def latex(count: int, **params: object) -> Spelling:
        found = rule(count, **params)
        return Spelling(latex_template(found.template), found.precedence, found.operands)

    return latex
