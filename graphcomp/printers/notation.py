"""How the signs of a formula look: in Unicode, as on paper; the other notations build on it.

A notation knows nothing of nodes. It spells names, numbers and the forms that differ between
mathematics on paper, on a plain terminal and in markup; `layout` decides what stands where.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, TypeAlias

import numpy as np

from graphcomp.errors import InputError
from graphcomp.op import ATOM, EXPONENT, MULTIPLICATIVE, Op, Params, Spelling
from graphcomp.shape import Shape

Accent: TypeAlias = Literal["dot", "bar", "bar_dot"]
#: A text and its binding strength, on the scale of `graphcomp.op`.
Text: TypeAlias = tuple[str, int]

#: Products by juxtaposition bind tighter than elementwise ones: ``W x ⊙ y`` is ``(W x) ⊙ y``.
JUXTAPOSED = MULTIPLICATIVE + 2

_NUMBERED = re.compile(r"(.*?[^\W\d])_?(\d+)\Z")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_ACCENTS = {
    "dot": "\N{COMBINING DOT ABOVE}",
    "bar": "\N{COMBINING MACRON}",
    "bar_dot": "\N{COMBINING MACRON}\N{COMBINING DOT ABOVE}",
}

#: Arrays up to this size are printed whole.
MOST_ENTRIES, MOST_ROWS = 8, 4

#: Arrays of more than so many entries are printed in fewer digits, unless digits were asked for.
USUAL_DIGITS, MOST_DIGITS = 6, 17
DIGITS = ((4, USUAL_DIGITS), (12, 4), (float("inf"), 3))


class Notation:
    """Formulas in Unicode, as on paper.

    Args:
        digits: significant digits of numbers; six by default, fewer in larger arrays.

    Raises:
        InputError: digits that no number has.

    >>> UNICODE.symbol("w3", "bar"), UNICODE.symbol("w3", "dot")
    ('w̄₃', 'ẇ₃')
    >>> UNICODE.number(-0.2706705664)
    '−0.270671'
    """

    name = "unicode"
    #: The dialect of the spellings on op records, and whether these are markup already.
    dialect = "text"
    equals, plus, comma = " = ", "+", ", "
    minus, times, hadamard, space, half = "−", "·", " ⊙ ", " ", "½"
    number_times = "·"
    gap, row_gap = " ", "; "  # between the entries, and the rows, of an array of numbers
    folded = True  # a tangent goes into its partial: −ẇ₁·w₂, not ẇ₁·(−w₂)
    aside = "   "  # between a formula and what is added to it
    built_up = False  # a fraction's bar groups what stands above it
    marks = True  # results are marked dx where that is enough; else ∂y/∂x
    ellipsis, prime, partial = "…", "′", "∂"
    columns = True  # vectors are columns: the row of x @ W is written as the column Wᵀ x
    total, vertical, cross, line, tee_up = "Σ", "│", "┼", "─", "┴"
    arrows: Mapping[str, str] = {"down": "↓", "up": "↑"}
    cost_rule = (
        "f: Rⁿ → Rᵐ: forward mode wins for n ≪ m, reverse mode for n ≫ m "
        "(backpropagation is reverse mode)"
    )
    signs: Mapping[str, str] = {}

    def __init__(self, digits: int | None = None) -> None:
        if digits is not None and (
            not isinstance(digits, int)
            or isinstance(digits, bool)
            or not 1 <= digits <= MOST_DIGITS
        ):
            msg = f"digits must be a whole number from 1 to {MOST_DIGITS}, not {digits!r}"
            raise InputError(msg)
        self.digits = digits

    def with_digits(self, digits: int | None) -> Self:
        """The same notation with so many significant digits."""
        return type(self)(digits)

    # ------------------------------------------------------------ names and numbers

    def symbol(self, name: str, accent: Accent | None = None) -> str:
        """A name as a symbol: ``x1`` as x₁, its adjoint as x̄₁, its tangent as ẋ₁.

        An accent has room over one letter only: the adjoint of ``loss`` is loss_bar, as in code.
        """
        base, digits = split_name(name)
        numbered = digits.translate(_SUBSCRIPTS)
        if accent and len(base) > 1:
            return f"{base}{numbered}_{accent}"
        accented = base + (_ACCENTS[accent] if accent else "")
        return unicodedata.normalize("NFC", accented) + numbered

    def unit(self, *position: int) -> str:
        """The array that is one at a position (counted from one) and zero elsewhere: E₂₁."""
        separator = "" if all(0 < i < 10 for i in position) else ","
        return "E" + separator.join(str(i) for i in position).translate(_SUBSCRIPTS)

    def entry(self, symbol: str, *position: int) -> str:
        """One entry of an array: (W̄₁)₂₁."""
        return f"({symbol})" + self.unit(*position)[1:]

    def derivative(self, of: str, by: str) -> str:
        """The partial derivative of one symbol by another: ∂y/∂x."""
        return f"{self.partial}{of}/{self.partial}{by}"

    def second_derivative(self, of: str, by: str, then: str) -> str:
        """A second partial derivative: ∂²y/∂x₁∂x₂."""
        twice = self.power(self.partial, 2.0)[0]
        if by == then:
            return f"{twice}{of}/{self.partial}{self.power(by, 2.0)[0]}"
        return f"{twice}{of}/{self.partial}{by}{self.partial}{then}"

    def rule(self, text: str) -> str:
        """A rule of differentiation, from the record of an op."""
        return self.plain(text).replace(".T", "ᵀ")

    def more(self, count: int) -> str:
        """A gap in a sum, and how many terms are not shown there."""
        return f"{self.ellipsis} ({count} more)"

    def heading(self, text: str, way: str) -> str:
        """The head of a trace, with an arrow for the way it is read."""
        return f"{text} {self.arrows[way]}"

    def local(self, of: str, by: str) -> str:
        """The local partial of a step, where it is a factor: ∂w₅/∂w₄."""
        return self.derivative(of, by)

    def differential(self, symbol: str) -> str:
        """What the derivative by a symbol is called where the output is clear: dx."""
        return f"d{symbol}"

    def number(self, value: Any, digits: int | None = None) -> str:
        """A number, or an array of them, in `digits` significant digits.

        Large arrays are abbreviated, and say their shape.

        >>> import numpy as np
        >>> UNICODE.number(np.array([[1, -1], [2, 1]]))
        '[1 −1; 2 1]'
        >>> UNICODE.number(np.arange(20.0))
        '[0 1 2 3 4 5 … 19] (20 entries)'
        >>> UNICODE.with_digits(3).number(2 / 3)
        '0.667'
        """
        array = np.asarray(value)
        digits = digits or self.digits
        if array.ndim == 0:
            return self.literal(_digits(array[()], digits or USUAL_DIGITS))
        text = self.array(array, digits or next(d for size, d in DIGITS if array.size <= size))
        fits = array.shape[-1] <= MOST_ENTRIES and max(array.shape[:-1], default=0) <= MOST_ROWS
        return text if fits else f"{text}{self.size(array.shape)}"

    def cell(self, value: Any) -> str:
        """A number by itself in a cell of a table."""
        return self.inline(self.number(value))

    def array(self, array: np.ndarray[Any, Any], digits: int) -> str:
        """An array in brackets, rows apart by semicolons; large ones are abbreviated."""
        if array.ndim == 1:
            return f"[{self.gap.join(self._entries(array, digits))}]"
        rows = [array[i] for i in _shown(len(array), MOST_ROWS)]
        if array.ndim == 2:
            texts = [self.gap.join(self._entries(row, digits)) for row in rows]
            separator = self.row_gap
        else:
            texts = [self.array(row, digits) for row in rows]
            separator = self.gap
        if len(rows) < len(array):
            texts.insert(-1, self.ellipsis)
        return f"[{separator.join(texts)}]"

    def _entries(self, row: np.ndarray[Any, Any], digits: int) -> list[str]:
        indices = _shown(len(row), MOST_ENTRIES)
        texts = [self.entry_literal(_digits(row[i], digits)) for i in indices]
        if len(indices) < len(row):
            texts.insert(-1, self.ellipsis)
        return texts

    def literal(self, text: str) -> str:
        """A number as Python prints it, with the signs of the notation."""
        return text.replace("-", self.minus).replace("inf", "∞")

    def entry_literal(self, text: str) -> str:
        """The same as an entry of an array."""
        return self.literal(text)

    def size(self, shape: tuple[int, ...]) -> str:
        """What is said of an array that is not printed whole."""
        return f" ({'×'.join(map(str, shape)) if shape[1:] else f'{shape[0]} entries'})"

    def shape(self, shape: Shape) -> str:
        """The dimensions of a shape, one word each: "k n"."""
        return self.plain(" ".join(str(dim).replace(" ", "") for dim in shape))

    # ------------------------------------------------------------ forms

    def fenced(self, text: str) -> str:
        """A text in parentheses."""
        return f"({text})"

    def grouped(self, text: Text, least: int) -> str:
        """The text, in parentheses if it binds less tightly than its place asks."""
        return text[0] if text[1] >= least else self.fenced(text[0])

    def bracketed(self, condition: str) -> str:
        """Iverson's bracket."""
        return f"[{condition}]"

    def function(self, name: str) -> str:
        """The name of a function."""
        return name

    def primed(self, function: str, argument: str) -> str:
        """The derivative of a function: relu′(z)."""
        return f"{self.function(function)}{self.prime}{self.fenced(argument)}"

    def over(self, above: Text, below: Text) -> Text:
        """A quotient."""
        return (
            f"{self.grouped(above, MULTIPLICATIVE)}/{self.grouped(below, EXPONENT)}",
            MULTIPLICATIVE,
        )

    def spelling(self, op: Op, count: int, params: Params) -> Spelling:
        """How an op is written that has no form of its own: as its record says."""
        found = op.spelling(self.dialect, count, params) if self.dialect != "text" else None
        if found is not None:
            return found
        plain = op.spelling("words", count, params) or op.spelling("text", count, params)
        plain = plain or Spelling(f"{op.name}(…)")
        return Spelling(self.worded(plain.template), plain.precedence, plain.operands)

    def filled(self, template: str, parts: Sequence[str]) -> str:
        """A template with the arguments put in."""
        return template.format(*parts)

    def worded(self, template: str) -> str:
        """A template of the dialect "text" in the signs of the notation."""
        return self.plain(template)

    def power(self, base: str, exponent: float | str) -> Text:
        """A power; `base` is an atom."""
        if isinstance(exponent, float) and exponent.is_integer() and exponent >= 0:
            return base + str(int(exponent)).translate(_SUPERSCRIPTS), EXPONENT
        return f"{base}^{self.exponent(exponent)}", EXPONENT

    def exponent(self, exponent: float | str) -> str:
        """An exponent as a text."""
        return exponent if isinstance(exponent, str) else self.number(exponent, 12)

    def transposed(self, atom: str) -> Text:
        """The transpose of an atom."""
        return f"{atom}ᵀ", ATOM

    def contraction(self, left: str, right: str) -> Text:
        """A matrix product."""
        return f"{left} {right}", JUXTAPOSED

    def inner(self, left: str, right: str) -> Text:
        """The inner product of two vectors, both atoms."""
        gap = "" if left == right else " "
        return f"{self.transposed(left)[0]}{gap}{right}", JUXTAPOSED

    def outer(self, left: Text, right: Text) -> Text:
        """The outer product of two vectors."""
        row, _ = self.transposed(self.grouped(right, ATOM))
        return self.contraction(self.grouped(left, JUXTAPOSED), row)[0], JUXTAPOSED

    def pairing(self, left: str, right: str) -> Text:
        """The sum of the products of all entries of two arrays."""
        return f"⟨{left}, {right}⟩", ATOM

    def squares(self, base: Text) -> Text:
        """The sum of the squares of all entries."""
        return f"‖{base[0]}‖²", ATOM

    # ------------------------------------------------------------ in sentences and tables

    def inline(self, formula: str) -> str:
        """A formula in the middle of a sentence, or by itself in a cell."""
        return formula

    def joined(self, *sides: str) -> str:
        """An equation of all sides that say something, each once."""
        return self.equals.join(dict.fromkeys(side for side in sides if side))

    def plain(self, text: str) -> str:
        """A text from outside in the characters of the notation, without control characters."""
        text = "".join(c for c in text if c.isprintable()).replace("-", self.minus)
        text = re.sub(r"\*\*(\d+)", lambda found: found[1].translate(_SUPERSCRIPTS), text)
        return text.replace("*", self.times)


UNICODE = Notation()


def split_name(name: str) -> tuple[str, str]:
    """A name, and the number at its end that becomes a subscript.

    >>> split_name("w12"), split_name("x_1"), split_name("loss")
    (('w', '12'), ('x', '1'), ('loss', ''))
    """
    found = _NUMBERED.match(name)
    return (found[1], found[2]) if found else (name, "")


def _digits(value: Any, digits: int) -> str:
    """A number as Python prints it, in so many significant digits."""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    number = float(value)
    if number.is_integer() and abs(number) < 1e9:
        return str(int(number))
    return f"{number:.{digits}g}"


def _shown(count: int, limit: int) -> list[int]:
    """The indices that are printed of so many: all, or the first ones and the last."""
    return list(range(count)) if count <= limit else [*range(limit - 2), count - 1]


def width(text: str) -> int:
    """The columns that a text takes on a terminal: combining accents take none, wide signs two.

    >>> width("w̄₃"), width("W̄₁ = z̄ xᵀ")
    (2, 9)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def pad(text: str, columns: int) -> str:
    """The text with blanks up to so many columns."""
    return text + " " * (columns - width(text))
