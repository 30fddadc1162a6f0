"""How the signs of a formula look: in Unicode, and in plain ASCII.

A notation knows nothing of nodes. It spells names, numbers and the few forms that differ between
mathematics on paper and on a plain terminal; `layout` decides what stands where.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np

from graphcomp.op import ATOM, EXPONENT, MULTIPLICATIVE
from graphcomp.shape import Shape

Accent: TypeAlias = Literal["dot", "bar"]
#: A text and its binding strength, on the scale of `graphcomp.op`.
Text: TypeAlias = tuple[str, int]

#: Products by juxtaposition bind tighter than elementwise ones: ``W x ⊙ y`` is ``(W x) ⊙ y``.
JUXTAPOSED = MULTIPLICATIVE + 2

_NUMBERED = re.compile(r"(.*?[^\W\d])_?(\d+)\Z")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_ACCENTS = {"dot": "\N{COMBINING DOT ABOVE}", "bar": "\N{COMBINING MACRON}"}

#: Arrays up to this size are printed whole.
MOST_ENTRIES, MOST_ROWS = 8, 4

#: Arrays of more than so many entries are printed in fewer digits.
DIGITS = ((4, 6), (12, 4), (float("inf"), 3))


class Notation:
    """Formulas in Unicode, as on paper.

    >>> UNICODE.symbol("w3", "bar"), ASCII.symbol("w3", "bar")
    ('w̄₃', 'w3_bar')
    >>> UNICODE.number(-0.2706705664)
    '−0.270671'
    """

    name = "unicode"
    minus, times, hadamard, space, half = "−", "·", " ⊙ ", " ", "½"
    ellipsis, prime, partial = "…", "′", "∂"
    columns = True  # vectors are columns: the row of x @ W is written as the column Wᵀ x
    total, vertical, cross, line, tee_up = "Σ", "│", "┼", "─", "┴"
    arrows: Mapping[str, str] = {"down": "↓", "up": "↑"}
    cost_rule = (
        "f: Rⁿ → Rᵐ: forward mode wins for n ≪ m, reverse mode for n ≫ m "
        "(backpropagation is reverse mode)"
    )
    signs: Mapping[str, str] = {}

    # ------------------------------------------------------------ names and numbers

    def symbol(self, name: str, accent: Accent | None = None) -> str:
        """A name as a symbol: ``x1`` as x₁, its adjoint as x̄₁, its tangent as ẋ₁."""
        found = _NUMBERED.match(name)
        base, digits = found.groups() if found else (name, "")
        accented = base + (_ACCENTS[accent] if accent else "")
        return unicodedata.normalize("NFC", accented) + digits.translate(_SUBSCRIPTS)

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

    def heading(self, text: str, way: str) -> str:
        """The head of a trace, with an arrow for the way it is read."""
        return f"{text} {self.arrows[way]}"

    def number(self, value: Any, digits: int = 6) -> str:
        """A number, or an array of them, in `digits` significant digits.

        >>> import numpy as np
        >>> UNICODE.number(np.array([[1, -1], [2, 1]]))
        '[1 −1; 2 1]'
        """
        array = np.asarray(value)
        return self._scalar(array[()], digits) if array.ndim == 0 else self._array(array, digits)

    def _scalar(self, value: Any, digits: int) -> str:
        if isinstance(value, (bool, np.bool_)):
            return "true" if value else "false"
        if isinstance(value, (int, np.integer)):
            return self.signed(str(int(value)))
        number = float(value)
        if number.is_integer() and abs(number) < 1e9:
            return self.signed(str(int(number)))
        text = f"{number:.{digits}g}"
        return self.signed(text.replace("inf", self.infinity()))

    def _array(self, array: np.ndarray[Any, Any], digits: int) -> str:
        digits = min(digits, next(most for size, most in DIGITS if array.size <= size))
        if array.ndim == 1:
            return f"[{' '.join(self._entries(array, digits))}]"
        rows = [array[i] for i in _shown(len(array), MOST_ROWS)]
        if array.ndim == 2:
            texts = [" ".join(self._entries(row, digits)) for row in rows]
            separator = "; "
        else:
            texts = [self._array(row, digits) for row in rows]
            separator = " "
        if len(rows) < len(array):
            texts.insert(-1, self.ellipsis)
        return f"[{separator.join(texts)}]"

    def _entries(self, row: np.ndarray[Any, Any], digits: int) -> list[str]:
        indices = _shown(len(row), MOST_ENTRIES)
        texts = [self._scalar(row[i], digits) for i in indices]
        if len(indices) < len(row):
            texts.insert(-1, self.ellipsis)
        return texts

    def signed(self, text: str) -> str:
        """A decimal number with the notation's own minus sign."""
        return text.replace("-", self.minus)

    def infinity(self) -> str:
        """The sign for infinity."""
        return "∞"

    def shape(self, shape: Shape) -> str:
        """The dimensions of a shape, one word each: "k n"."""
        return self.plain(" ".join(str(dim).replace(" ", "") for dim in shape))

    # ------------------------------------------------------------ forms

    def power(self, base: str, exponent: float | str) -> Text:
        """A power; `base` is an atom."""
        if isinstance(exponent, float) and exponent.is_integer() and exponent >= 0:
            return base + str(int(exponent)).translate(_SUPERSCRIPTS), EXPONENT
        shown = exponent if isinstance(exponent, str) else self._scalar(exponent, 12)
        return f"{base}^{shown}", EXPONENT

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
        row, _ = self.transposed(grouped(right, ATOM))
        return f"{grouped(left, JUXTAPOSED)} {row}", JUXTAPOSED

    def pairing(self, left: str, right: str) -> Text:
        """The sum of the products of all entries of two arrays."""
        return f"⟨{left}, {right}⟩", ATOM

    def squares(self, base: Text) -> Text:
        """The sum of the squares of all entries."""
        return f"‖{base[0]}‖²", ATOM

    def plain(self, text: str) -> str:
        """A text from outside in the characters of the notation, without control characters."""
        text = "".join(c for c in text if c.isprintable()).replace("-", self.minus)
        text = re.sub(r"\*\*(\d+)", lambda found: found[1].translate(_SUPERSCRIPTS), text)
        return text.replace("*", self.times)


class _Ascii(Notation):
    """Formulas in ASCII alone, in the language that graphcomp reads."""

    name = "ascii"
    minus, times, hadamard, space, half = "-", "*", "*", "*", "0.5"
    ellipsis, prime, partial = "...", "'", "d"
    columns = False
    total, vertical, cross, line, tee_up = "sum of", "|", "+", "-", "+"
    arrows: Mapping[str, str] = {"down": "(down)", "up": "(up)"}
    cost_rule = (
        "f: R^n -> R^m: forward mode wins for n << m, reverse mode for n >> m "
        "(backpropagation is reverse mode)"
    )
    signs: Mapping[str, str] = {"≥": ">=", "≤": "<=", "≠": "!=", "ᵀ": ".T", "∞": "inf", "·": "*"}

    def symbol(self, name: str, accent: Accent | None = None) -> str:
        return name + (f"_{accent}" if accent else "")

    def unit(self, *position: int) -> str:
        return f"E[{','.join(map(str, position))}]"

    def derivative(self, of: str, by: str) -> str:
        return f"d{of}/d{by}"

    def entry(self, symbol: str, *position: int) -> str:
        return f"{symbol}[{','.join(map(str, position))}]"

    def infinity(self) -> str:
        return "inf"

    def power(self, base: str, exponent: float | str) -> Text:
        shown = exponent if isinstance(exponent, str) else self._scalar(exponent, 12)
        return f"{base}**{f'({shown})' if shown.startswith('-') else shown}", EXPONENT

    def transposed(self, atom: str) -> Text:
        return f"{atom}.T", ATOM

    def contraction(self, left: str, right: str) -> Text:
        return f"{left} @ {right}", MULTIPLICATIVE  # @ binds no tighter than *

    def inner(self, left: str, right: str) -> Text:
        return f"{left} @ {right}", MULTIPLICATIVE

    def outer(self, left: Text, right: Text) -> Text:
        return f"outer({left[0]}, {right[0]})", ATOM

    def pairing(self, left: str, right: str) -> Text:
        return f"sum({left}*{right})", ATOM

    def squares(self, base: Text) -> Text:
        text, precedence = base
        return f"sum({text if precedence >= ATOM else f'({text})'}**2)", ATOM

    def plain(self, text: str) -> str:
        for sign, spelled in self.signs.items():
            text = text.replace(sign, spelled)
        shown = "".join(c for c in text if c.isprintable())
        return shown.encode("ascii", "backslashreplace").decode("ascii")


def grouped(text: Text, least: int) -> str:
    """The text, in parentheses if it binds less tightly than its place asks."""
    return text[0] if text[1] >= least else f"({text[0]})"


UNICODE = Notation()
ASCII: Notation = _Ascii()


def _shown(count: int, limit: int) -> list[int]:
    """The indices that are printed of so many: all, or the first ones and the last."""
    return list(range(count)) if count <= limit else [*range(limit - 2), count - 1]


def width(text: str) -> int:
    """The columns that a text takes on a terminal: combining accents take none, wide signs two.

    >>> width("w̄₃"), width("W̄₁ = z̄ xᵀ")
    (2, 9)
    """
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def pad(text: str, columns: int) -> str:
    """The text with blanks up to so many columns."""
    return text + " " * (columns - width(text))
