"""Formulas in MathML Core, as it stands in HTML: what browsers show without any script.

A text is a row of elements, without one around them all; what takes a single argument groups them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from graphcomp.op import ATOM, EXPONENT, MULTIPLICATIVE
from graphcomp.ops.wording import Part, parts
from graphcomp.printers.notation import (
    JUXTAPOSED,
    UNICODE,
    Accent,
    Notation,
    Text,
    split_name,
)
from graphcomp.shape import Shape

#: The overline, as browsers draw a macron so thin and low that it can be missed.
_ACCENTS: Mapping[Accent, str] = {"dot": "˙", "bar": "‾", "bar_dot": "‾˙"}
#: Signs of spellings that look otherwise in mathematics.
_SIGNS = {"-": "−", "*": "·", "'": "′"}
_FENCE = re.compile(r"<mo>([()\[\]|])</mo>")
_SINGLE = re.compile(r"<(\w+)[^<>]*>[^<>]*</\1>\Z")


class _MathML(Notation):
    name = "mathml"
    dialect = "mathml"
    equals, plus, comma = "<mo>=</mo>", "<mo>+</mo>", "<mo>,</mo>"
    minus, times, hadamard = "<mo>−</mo>", "<mo>·</mo>", "<mo>⊙</mo>"
    number_times = times
    space = '<mo lspace="0" rspace="0.17em">\N{INVISIBLE TIMES}</mo>'
    half = "<mfrac><mn>1</mn><mn>2</mn></mfrac>"
    ellipsis, prime, partial, total = "<mo>…</mo>", "<mo>′</mo>", "<mi>∂</mi>", "<mo>Σ</mo>"
    aside = ", "
    folded = False
    built_up = True
    cost_rule = html.escape(Notation.cost_rule)

    # ------------------------------------------------------------ names and numbers

    def symbol(self, name: str, accent: Accent | None = None) -> str:
        base, digits = split_name(name)
        shown = f"<mi>{html.escape(base)}</mi>"
        for mark in _ACCENTS[accent] if accent else "":
            shown = f'<mover accent="true">{shown}<mo>{mark}</mo></mover>'
        return f"<msub>{shown}<mn>{digits}</mn></msub>" if digits else shown

    def unit(self, *position: int) -> str:
        return f"<msub><mi>E</mi>{_position(position)}</msub>"

    def entry(self, symbol: str, *position: int) -> str:
        return f"<msub>{self.fenced(symbol)}{_position(position)}</msub>"

    def derivative(self, of: str, by: str) -> str:
        above, below = _one(f"{self.partial}{of}"), _one(f"{self.partial}{by}")
        return f"<mfrac>{above}{below}</mfrac>"

    def second_derivative(self, of: str, by: str, then: str) -> str:
        twice, square = self.power(self.partial, "<mn>2</mn>")[0], self.power(by, "<mn>2</mn>")[0]
        below = f"{by}{self.partial}{then}" if by != then else square
        return f"<mfrac>{_one(f'{twice}{of}')}{_one(f'{self.partial}{below}')}</mfrac>"

    def rule(self, text: str) -> str:
        return html.escape(UNICODE.rule(text))

    def more(self, count: int) -> str:
        return f"{self.ellipsis}<mtext>({count} more)</mtext>"

    def differential(self, symbol: str) -> str:
        return f"<mi>d</mi>{symbol}"

    def literal(self, text: str) -> str:
        sign = self.minus if text.startswith("-") else ""
        mantissa, e, exponent = text.lstrip("-").partition("e")
        if e and exponent.lstrip("+-").isdigit():
            power = _one(self.literal(str(int(exponent))))
            return f"{sign}<mn>{mantissa}</mn><mo>×</mo><msup><mn>10</mn>{power}</msup>"
        shown = UNICODE.literal(text.lstrip("-"))
        return f"{sign}<mn>{shown}</mn>"

    def cell(self, value: Any) -> str:
        return html.escape(UNICODE.with_digits(self.digits).number(value))

    def array(self, array: Any, digits: int) -> str:
        return f"<mtext>{html.escape(UNICODE.array(array, digits))}</mtext>"

    def size(self, shape: tuple[int, ...]) -> str:
        return f"<mtext>{super().size(shape)}</mtext>"

    def shape(self, shape: Shape) -> str:
        return "<mo>×</mo>".join(self.worded(str(dim).replace(" ", "")) for dim in shape)

    # ------------------------------------------------------------ forms

    def fenced(self, text: str) -> str:
        return _between("(", text, ")")

    def bracketed(self, condition: str) -> str:
        return _between("[", condition, "]")

    def function(self, name: str) -> str:
        return f"<mi>{html.escape(name)}</mi>"

    def over(self, above: Text, below: Text) -> Text:
        return f"<mfrac>{_one(above[0])}{_one(below[0])}</mfrac>", MULTIPLICATIVE

    def power(self, base: str, exponent: float | str) -> Text:
        return f"<msup>{_one(base)}{_one(self.exponent(exponent))}</msup>", EXPONENT

    def transposed(self, atom: str) -> Text:
        return f'<msup>{_one(atom)}<mi mathvariant="normal">T</mi></msup>', EXPONENT

    def contraction(self, left: str, right: str) -> Text:
        return f"{left}{self.space}{right}", JUXTAPOSED

    def inner(self, left: str, right: str) -> Text:
        return self.contraction(self.transposed(left)[0], right)

    def pairing(self, left: str, right: str) -> Text:
        return _between("⟨", f"{left}{self.comma}{right}", "⟩"), ATOM

    def squares(self, base: Text) -> Text:
        return f"<msup>{_between('‖', base[0], '‖')}<mn>2</mn></msup>", EXPONENT

    def filled(self, template: str, parts: Sequence[str]) -> str:
        if not any("<mfrac" in part for part in parts):
            template = _FENCE.sub(r'<mo stretchy="false">\1</mo>', template)
        return template.format(*parts)

    def worded(self, template: str) -> str:
        shown: list[str] = []
        found = list(parts(template))
        for i, (kind, text) in enumerate(found):
            match kind:
                case Part.PLACE:
                    shown.append(text)
                case Part.CALLED | Part.WORD:
                    shown.append(f"<mi>{text}</mi>")
                case Part.NUMBER:
                    shown.append(f"<mn>{text}</mn>")
                case Part.SPACE if _apart(found, i):
                    shown.append("<mtext>\N{NO-BREAK SPACE}</mtext>")
                case Part.SPACE:
                    continue
                case _ if text == "ᵀ":
                    shown[-1:] = [f'<msup>{_one(shown[-1])}<mi mathvariant="normal">T</mi></msup>']
                case _:
                    sign = html.escape(_SIGNS.get(text, text), quote=False)
                    shown.append(f"<mo>{sign.replace('{', '{{').replace('}', '}}')}</mo>")
        return "".join(shown)

    # ------------------------------------------------------------ in sentences and tables

    def joined(self, *sides: str) -> str:
        grouped = (_one(side) if side.startswith(self.minus) else side for side in sides)
        return super().joined(*grouped)

    def inline(self, formula: str) -> str:
        large = ' displaystyle="true"' if "<mfrac" in formula else ""
        return f"<math{large}>{formula}</math>" if formula else ""


MATHML: Notation = _MathML()


def _one(text: str) -> str:
    """The text as one element."""
    return text if _SINGLE.match(text) else f"<mrow>{text}</mrow>"


def _apart(found: Sequence[tuple[Part, str]], i: int) -> bool:
    """Whether a blank stands beside a word: browsers set no gap there, but do so around signs."""
    before, after = found[max(i - 1, 0)], found[min(i + 1, len(found) - 1)]
    return before[1] != "," and Part.WORD in {before[0], after[0]}


def _between(left: str, text: str, right: str) -> str:
    """A text in brackets; the inner row lets a sign at its beginning be one."""
    tall = "" if "<mfrac" in text else ' stretchy="false"'
    return f"<mrow><mo{tall}>{left}</mo>{_one(text)}<mo{tall}>{right}</mo></mrow>"


def _position(position: tuple[int, ...]) -> str:
    separator = "" if all(0 < i < 10 for i in position) else ","
    return f"<mn>{separator.join(map(str, position))}</mn>"
