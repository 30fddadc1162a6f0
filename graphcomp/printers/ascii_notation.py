"""Formulas in plain ASCII."""

from __future__ import annotations

from collections.abc import Mapping

from graphcomp.op import ATOM, EXPONENT, MULTIPLICATIVE
from graphcomp.printers.notation import Accent, Notation, Text


class _Ascii(Notation):
    """Formulas in ASCII alone, in the language that graphcomp reads.

    >>> ASCII.symbol("w3", "bar"), ASCII.number(-0.5)
    ('w3_bar', '-0.5')
    """

    name = "ascii"
    minus, times, hadamard, space, half = "-", "*", "*", "*", "0.5"
    number_times = "*"
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

    def second_derivative(self, of: str, by: str, then: str) -> str:
        return f"d2{of}/d{by}**2" if by == then else f"d2{of}/d{by}d{then}"

    def rule(self, text: str) -> str:
        return self.plain(text)

    def entry(self, symbol: str, *position: int) -> str:
        return f"{symbol}[{','.join(map(str, position))}]"

    def literal(self, text: str) -> str:
        return text

    def size(self, shape: tuple[int, ...]) -> str:
        return super().size(shape).replace("×", "x")

    def power(self, base: str, exponent: float | str) -> Text:
        shown = self.exponent(exponent)
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
        return f"sum({self.grouped(base, ATOM)}**2)", ATOM

    def plain(self, text: str) -> str:
        for sign, spelled in self.signs.items():
            text = text.replace(sign, spelled)
        shown = "".join(c for c in text if c.isprintable())
        return shown.encode("ascii", "backslashreplace").decode("ascii")


ASCII: Notation = _Ascii()
