"""Formulas as people write them on paper, in the characters of the expression language.

``w̄₃ = w̄₄·exp(w₃)`` becomes ``w3_bar = w4_bar*exp(w3)``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_ACCENTS = {"\u0304": "_bar", "\u0305": "_bar", "\u0307": "_dot"}
_SIGNS = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "·": "*",
        "⋅": "*",
        "×": "*",
        "⊙": "*",
        "∘": "*",
        "÷": "/",
        "≥": ">=",
        "≤": "<=",
        "≠": "!=",
        "ᵀ": ".T",
        "\u00a0": " ",
    }
    | {digit: str(i) for i, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")}
)
_POWERS = {digit: str(i) for i, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
_RAISED = re.compile(f"[{''.join(_POWERS)}]+")
_PARTIAL = re.compile(r"∂\s*(\w+)\s*/\s*∂\s*(\w+)")
_NUMPY = re.compile(r"\b(?:np|numpy)\.(?=\w)")
_RATIO = re.compile(r"\s*d\s?(\w+)\s*/\s*d\s?(\w+)\s*=")

_STATED = re.compile(
    r"(?P<line>[^;]*?(?<![<>=!])=(?!=)[^;]*?)(?<![<>=!])=(?!=)\s*"
    r"(?P<value>[-+]?(?:\d+(?:\.(?P<decimals>\d*))?|\.(?P<more>\d+))(?:[eE](?P<power>[-+]?\d+))?)\s*\Z"
)


class Stated(NamedTuple):
    """A value that a line gives besides its formula, and one unit of its last digit."""

    value: float
    unit: float


def split_value(text: str) -> tuple[str, Stated | None]:
    """A line without the value behind its second ``=``, and that value, if there is one.

    >>> split_value("w3_bar = w4_bar*exp(w3) = -0.105")
    ('w3_bar = w4_bar*exp(w3) ', Stated(value=-0.105, unit=0.001))
    >>> split_value("w3_bar = -2")
    ('w3_bar = -2', None)
    """
    code, hash_sign, comment = text.partition("#")
    found = _STATED.fullmatch(code.rstrip())
    if found is None:
        return text, None
    decimals = len(found["decimals"] or found["more"] or "")
    unit = 10.0 ** (int(found["power"] or 0) - decimals)
    return found["line"] + hash_sign + comment, Stated(float(found["value"]), unit)


def accented(text: str) -> bool:
    """Whether derivatives are written with dots and bars over letters."""
    return any(accent in unicodedata.normalize("NFD", text) for accent in _ACCENTS)


def plain(text: str) -> str:
    """The text in the characters of the language; what it has no character for stays.

    >>> plain("w̄₃ = −w̄₄·w₃²"), plain("∂L/∂W₁ = r̄ xᵀ"), plain("dL/dx = 2*x")
    ('w3_bar = -w4_bar*w3**2', 'd_L_d_W1 = r_bar x.T', 'd_L_d_x = 2*x')
    """
    text = _RAISED.sub(lambda found: f"**{''.join(_POWERS[c] for c in found[0])}", text)
    text = _moved_accents(text.translate(_SIGNS))
    text = _NUMPY.sub("", text)
    text = _RATIO.sub(r"d_\1_d_\2 =", text)
    return _PARTIAL.sub(r"d_\1_d_\2", text)


def _moved_accents(text: str) -> str:
    """Bars and dots behind the whole name that they stand in: w̄3 is w3_bar."""
    parts = unicodedata.normalize("NFD", text)
    result, i = [], 0
    while i < len(parts):
        if not (parts[i].isalnum() or parts[i] == "_"):
            result.append(parts[i])
            i += 1
            continue
        word, suffix = "", ""
        while i < len(parts) and (
            parts[i].isalnum() or parts[i] == "_" or unicodedata.combining(parts[i])
        ):
            if parts[i] in _ACCENTS:
                suffix = _ACCENTS[parts[i]]
            else:
                word += parts[i]
            i += 1
        result.append(unicodedata.normalize("NFC", word) + suffix)
    return "".join(result)
