"""Formulas in LaTeX, in the part of it that LaTeX (with amsmath), MathJax and KaTeX share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from graphcomp.op import ATOM, EXPONENT, MULTIPLICATIVE
from graphcomp.ops.wording import latex_template, latex_word
from graphcomp.printers.notation import JUXTAPOSED, UNICODE, Accent, Notation, Text, split_name
from graphcomp.shape import Shape

#: Signs that text in LaTeX does not hold as they are.
_TEXT_SIGNS = {
    "·": r"$\cdot$",
    "*": r"$\cdot$",
    "−": "$-$",
    "^": r"\^{}",
    "ᵀ": r"$^{\mathsf T}$",
    "⊙": r"$\odot$",
    "Σ": r"$\Sigma$",
    **{sign: f"$^{power}$" for power, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "<": "$<$",
    ">": "$>$",
    **{sign: f"\\{sign}" for sign in "_%#&{}"},
}
_GROWING = re.compile(r"\\(?:left|right)([()\[\]|])")
_TALL = re.compile(r"\\(t?frac|sum|begin|left|overline)\b")


class _Latex(Notation):
    name = "latex"
    dialect = "latex"
    minus, times, hadamard, space, half = "-", r"\,", r" \odot ", r"\,", r"\tfrac{1}{2}"
    number_times = r"\cdot "
    gap, row_gap = r"\;", r";\;"
    ellipsis, prime, partial, total = r"\dots", "'", r"\partial ", r"\Sigma"
    arrows: Mapping[str, str] = {"down": r"\downarrow", "up": r"\uparrow"}
    cost_rule = (
        r"$f\colon\mathbb{R}^n\to\mathbb{R}^m$: forward mode wins for $n\ll m$, reverse mode for "
        r"$n\gg m$ (backpropagation is reverse mode)"
    )
    aside = ", "
    folded = False
    built_up = True
    marks = False

    # ------------------------------------------------------------ names and numbers

    def symbol(self, name: str, accent: Accent | None = None) -> str:
        base, digits = split_name(name)
        shown = base if len(base) == 1 else rf"\mathrm{{{latex_word(base)}}}"
        if accent in {"bar", "bar_dot"}:
            shown = rf"\{'overline' if len(base) > 1 else 'bar'}{{{shown}}}"
        if accent in {"dot", "bar_dot"}:
            shown = rf"\dot{{{shown}}}"
        return f"{shown}_{_argument(digits)}" if digits else shown

    def unit(self, *position: int) -> str:
        separator = "" if all(0 < i < 10 for i in position) else ","
        return f"E_{{{separator.join(map(str, position))}}}"

    def local(self, of: str, by: str) -> str:
        return rf"\frac{{\partial {of}}}{{\partial {by}}}"

    def differential(self, symbol: str) -> str:
        return rf"\mathrm{{d}}{symbol}"

    def rule(self, text: str) -> str:
        return "".join(_TEXT_SIGNS.get(c, c) for c in UNICODE.rule(text))

    def more(self, count: int) -> str:
        return rf"{self.ellipsis}\,(\text{{{count} more}})"

    def heading(self, text: str, way: str) -> str:
        return rf"\text{{{text}}}{self.arrows[way]}"

    def literal(self, text: str) -> str:
        mantissa, e, exponent = text.partition("e")
        if e and exponent.lstrip("+-").isdigit():
            return rf"{mantissa}\times 10^{{{int(exponent)}}}"
        if text.lstrip("-") == "inf":
            return text.replace("inf", r"\infty")
        return rf"\mathrm{{{text}}}" if text.isalpha() else text

    def entry_literal(self, text: str) -> str:
        shown = self.literal(text)
        return f"{{{shown}}}" if shown.startswith("-") else shown

    def size(self, shape: tuple[int, ...]) -> str:
        words = super().size(shape).replace("×", r"$\times$")
        return rf"\text{{{words}}}"

    def shape(self, shape: Shape) -> str:
        return r"\times ".join(self.worded(str(dim).replace(" ", "")) for dim in shape)

    # ------------------------------------------------------------ forms

    def fenced(self, text: str) -> str:
        return rf"\left({text}\right)" if _TALL.search(text) else f"({text})"

    def bracketed(self, condition: str) -> str:
        return rf"\left[{condition}\right]" if _TALL.search(condition) else f"[{condition}]"

    def function(self, name: str) -> str:
        return name if len(name) == 1 else rf"\operatorname{{{latex_word(name)}}}"

    def over(self, above: Text, below: Text) -> Text:
        weak = above[1] < MULTIPLICATIVE or below[1] < EXPONENT
        if weak or _TALL.search(above[0] + below[0]):
            return rf"\frac{{{above[0]}}}{{{below[0]}}}", MULTIPLICATIVE
        return f"{above[0]}/{below[0]}", MULTIPLICATIVE

    def power(self, base: str, exponent: float | str) -> Text:
        if "^" in base and not base.endswith(")"):  # a spelling of a user's own
            base = f"{{{base}}}"
        return f"{base}^{_argument(self.exponent(exponent))}", EXPONENT

    def transposed(self, atom: str) -> Text:
        return rf"{atom}^{{\mathsf T}}", EXPONENT

    def contraction(self, left: str, right: str) -> Text:
        return rf"{left}\,{right}", JUXTAPOSED

    def inner(self, left: str, right: str) -> Text:
        gap = "" if left == right else r"\,"
        return f"{self.transposed(left)[0]}{gap}{right}", JUXTAPOSED

    def pairing(self, left: str, right: str) -> Text:
        return rf"\langle {left}, {right}\rangle", ATOM

    def squares(self, base: Text) -> Text:
        return rf"\lVert {base[0]}\rVert^2", EXPONENT

    def filled(self, template: str, parts: Sequence[str]) -> str:
        if not any(_TALL.search(part) for part in parts):
            template = _GROWING.sub(r"\1", template)
        return template.format(*parts)

    def worded(self, template: str) -> str:
        return latex_template(template)

    # ------------------------------------------------------------ in sentences and tables

    def inline(self, formula: str) -> str:
        return f"${formula}$"


LATEX: Notation = _Latex()


def math_of(prose: str) -> str:
    r"""Prose with formulas marked by dollar signs, inside of mathematics.

    >>> math_of("mask $= f'(z)$"), math_of("$w_1$"), math_of("")
    ("\\text{mask $= f'(z)$}", 'w_1', '')
    """
    if prose.startswith("$") and prose.endswith("$") and prose.count("$") == 2:
        return prose[1:-1]
    return rf"\text{{{prose}}}" if prose else ""


def _argument(text: str) -> str:
    return text if len(text) == 1 else f"{{{text}}}"
