"""Expression text in pieces: tokens, each checked against the alphabet of the language.

Everything that the language does not know is refused here, before any parser sees it.
"""

from __future__ import annotations

import keyword
import math
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from graphcomp.errors import GraphcompError, NamingError
from graphcomp.frontends.excerpts import Source
from graphcomp.names import check_name

_TOKEN = re.compile(
    r"""(?P<space>[ \t]+)
    |   (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |   (?P<name>[^\W\d]\w*)
    |   (?P<operator>\*\*|//|==|!=|<=|>=|\.\.\.|[-+*/%@<>=,:.()\[\]])
    |   (?P<newline>\r\n|\r|\n)
    |   (?P<comment>\#[^\r\n]*)
    |   (?P<end>;)
    |   (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

#: Python's keywords that are words of the language.
WORDS = frozenset({"if", "else", "and", "or", "not", "True", "False", "None"})
VALUES = frozenset({"True", "False", "None"})

_REMEDIES = {
    "^": "'^' is no operator here; a power is written **",
    "!": "'!' is no operator here; write 'not', or '!=' for 'differs from'",
    "&": "'&' is no operator here; write 'and'",
    "|": "'|' is no operator here; write 'or', and abs(x) for an absolute value",
    "~": "'~' is no operator here; write 'not'",
    "\\": "'\\' can't continue a line; put the expression in parentheses instead",
    "{": "braces have no meaning here; group by parentheses",
    "}": "braces have no meaning here; group by parentheses",
    "'": "quoted text has no meaning here; names and shapes are given as arguments beside the text",
    '"': "quoted text has no meaning here; names and shapes are given as arguments beside the text",
    "\u2212": "this minus sign is not ASCII; write -",
    "\u2013": "this dash is not ASCII; write -",
    "\u00b7": "this dot is not ASCII; write * between factors",
    "\u22c5": "this dot is not ASCII; write * between factors",
    "\u00d7": "this multiplication sign is not ASCII; write *",
    "\u00f7": "this division sign is not ASCII; write /",
    "\u00b2": "this exponent is not ASCII; write **2",
    "\u00b3": "this exponent is not ASCII; write **3",
    "\u221a": "this root is not ASCII; write sqrt(x)",
    "\u2264": "this sign is not ASCII; write <=",
    "\u2265": "this sign is not ASCII; write >=",
    "\u2260": "this sign is not ASCII; write !=",
    "\u00a0": "this space is not ASCII; write an ordinary one",
}
_KEYWORDS = {
    "is": "'is' has no meaning here; write ==",
    "in": "'in' has no meaning here",
    "lambda": "there are no functions to define here; write a formula for each step",
    "for": "there are no loops here; use array functions such as sum(x)",
}


class Token(NamedTuple):
    """A piece of the text: "name", "number", "operator", "newline", "comment" or "end"."""

    kind: str
    text: str
    start: int

    @property
    def stop(self) -> int:
        """Where the piece ends."""
        return self.start + len(self.text)


def tokens(source: Source) -> Iterator[Token]:
    """The tokens of the text, without spaces.

    Raises:
        ParseError: a character, a number or a word that the language does not know.
        NamingError: a name that is no plain identifier.
    """
    known = set(WORDS)
    text = source.text
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "space":
            continue
        token = Token(kind, match.group(), match.start())
        if kind == "name":
            if token.text not in known:
                _check_word(source, token)
                known.add(token.text)
        elif kind == "number":
            _check_number(source, token)
        elif kind == "other":
            raise _foreign(source, token)
        yield token


def _check_word(source: Source, token: Token) -> None:
    if keyword.iskeyword(token.text):
        message = _KEYWORDS.get(token.text, f"the word {token.text!r} has no meaning here")
        raise source.error(message, token.start, token.stop)
    try:
        check_name(token.text)
    except NamingError as error:
        for i, char in enumerate(token.text):
            if char in _REMEDIES:
                raise source.error(_REMEDIES[char], token.start + i) from None
        raise source.error(str(error), token.start, token.stop, kind=NamingError) from None


def _check_number(source: Source, token: Token) -> None:
    text = token.text
    if len(text) > 1 and text[0] == "0" and text.isdigit():
        message = f"a number can't start with 0: {text[:20]}"
        raise source.error(message, token.start, token.stop)
    value = float(text)
    mantissa = text.lower().partition("e")[0]
    if math.isinf(value) or (value == 0 and any(digit in mantissa for digit in "123456789")):
        shown = text if len(text) <= 20 else f"{text[:12]}... ({len(text)} characters)"
        message = f"the number {shown} is out of the range of float64 (5e-324 to 1.8e308)"
        raise source.error(message, token.start, token.stop)
    follower = source.text[token.stop : token.stop + 1]
    if follower.isalnum() or follower == "_":
        message = f"a number must be followed by an operator: write {text[:20]}*{follower}..."
        if follower in "jJ":
            message = "complex numbers are not supported"
        elif text == "0" and follower in "xXbBoO":
            message = "numbers are written in decimal"
        elif follower == "_":
            message = "write numbers without underscores"
        raise source.error(message, token.start, token.stop + 1)


def _foreign(source: Source, token: Token) -> GraphcompError:
    char = token.text
    message = _REMEDIES.get(char)
    if message is None:
        name = unicodedata.name(char, "")
        shown = f"{char!r} " if char.isascii() and char.isprintable() else ""
        message = f"the character {shown}U+{ord(char):04X}{f' ({name})' if name else ''} has no meaning here"
        plain = unicodedata.normalize("NFKC", char)
        if plain != char and plain.isascii() and plain.isprintable() and plain.strip():
            message += f"; write {plain}"
    return source.error(message, token.start)
