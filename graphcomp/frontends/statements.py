"""The statements of a text, each checked so far that Python's parser can't be hurt by it.

A statement is an expression, an assignment ``w = x*a``, or a function header ``y(x, a) = x*a``.
They are cut apart here, one `ast.parse` each, so that many of them cost linear time; brackets,
chains of operators and sizes are bounded before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphcomp.errors import GraphcompError, InputError
from graphcomp.frontends.chains import Chain, Levels
from graphcomp.frontends.excerpts import Source
from graphcomp.frontends.tokens import VALUES, WORDS, Token, tokens

_CLOSING = {"(": ")", "[": "]"}
_BINARY = frozenset(
    [
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "@",
        "**",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "if",
        "else",
        "and",
        "or",
    ]
)
_ARITHMETIC = frozenset(["+", "-", "*", "/", "//", "%", "@", "**"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a text may cost at most; beyond is an error instead of a crash or a long wait.

    Attributes:
        characters: of the whole text.
        tokens: names, numbers and operators of one statement.
        depth: brackets within brackets; at most 150, which every Python version's parser bears.

    >>> Limits(depth=10)
    Limits(characters=20000000, tokens=200000, depth=10)
    """

    characters: int = 20_000_000
    tokens: int = 200_000
    depth: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.depth <= 150:
            msg = f"the limit of depth must be between 1 and 150, not {self.depth}"
            raise InputError(msg)


@dataclass(slots=True)
class Statement:
    """One statement, cut out of its source.

    Attributes:
        source: where it stands.
        name: what it assigns to; None for a bare expression.
        header: the tokens of the inputs of ``y(x, a) = ...``; None without a header.
        start, stop: the statement in the source.
        body: where the expression begins.
        chains: long runs of operators of equal strength.
        masks: comments and ends of lines inside.
    """

    source: Source
    name: str | None
    header: list[Token] | None
    start: int
    stop: int
    body: int
    chains: list[Chain] = field(default_factory=list)
    masks: list[Token] = field(default_factory=list)

    def error(
        self,
        message: str,
        start: int,
        stop: int | None = None,
        kind: type[GraphcompError] | None = None,
    ) -> GraphcompError:
        """An error at a place of the source that names the statement."""
        options = {} if kind is None else {"kind": kind}
        return self.source.error(message, start, stop, statement=self.name, **options)

    def expression(self) -> str:
        """The expression on one line, every character in its place."""
        text = self.source.text[self.body : self.stop]
        for token in self.masks:
            if self.body <= token.start < self.stop:
                first, last = token.start - self.body, token.stop - self.body
                text = text[:first] + " " * (last - first) + text[last:]
        return text.replace("\t", " ")


def statements(source: Source, limits: Limits) -> Iterator[Statement]:
    """The statements of the text, in order.

    Raises:
        ParseError: the text is no sequence of statements, or is beyond the limits.
    """
    if len(source.text) > limits.characters:
        message = f"the text has {len(source.text)} characters, {limits.characters} are allowed"
        raise source.error(message, 0)
    reader = _Reader(source, limits)
    for token in tokens(source):
        if token.kind in {"newline", "end"}:
            statement = reader.end(token)
            if statement is not None:
                yield statement
                reader = _Reader(source, limits)
        else:
            reader.read(token)
    statement = reader.end(None)
    if statement is not None:
        yield statement


class _Reader:
    """One statement being read, token by token."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source, self.limits = source, limits
        self.left: list[Token] = []
        self.equals: Token | None = None
        self.first: Token | None = None
        self.last: Token | None = None
        self.count = 0
        self.brackets: list[Token] = []
        self.masks: list[Token] = []
        self.levels = Levels(source)

    def read(self, token: Token) -> None:
        if token.kind == "comment":
            self.masks.append(token)
            return
        self.count += 1
        if self.count > self.limits.tokens:
            message = f"a statement has at most {self.limits.tokens} names, numbers and operators; name parts of it"
            raise self.source.error(message, token.start)
        if token.text == "=" and not self.brackets:
            self._assign(token)
            return
        if self.equals is None:
            self.left.append(token)
        self._check_order(token)
        if token.text in _CLOSING:
            self._open(token)
        elif token.text in {")", "]"}:
            self._close(token)
        else:
            self.levels.read(token, self._operand_ended)
        self.first, self.last = self.first or token, token

    def end(self, token: Token | None) -> Statement | None:
        """The statement that ends with the token (None: the text ends), if there is one."""
        if self.brackets and token is not None and token.kind == "newline":
            self.masks.append(token)
            return None
        if self.brackets:
            opened = self.brackets[-1]
            message = f"{opened.text!r} is never closed: a {_CLOSING[opened.text]!r} is missing"
            raise self.source.error(message, opened.start)
        if self.last is None or self.first is None:
            if self.equals is not None:
                raise self.source.error("nothing follows the =", self.equals.start)
            self.masks.clear()
            return None
        if not self._operand_ended:
            message = f"something must follow {self.last.text!r}"
            raise self.source.error(message, self.last.start, self.last.stop)
        self.levels.finish()
        name, header = self._target() if self.equals is not None else (None, None)
        start = self.left[0].start if self.equals is not None else self.first.start
        return Statement(
            self.source,
            name,
            header,
            start,
            self.last.stop,
            self.first.start,
            self.levels.chains,
            self.masks,
        )

    @property
    def _operand_ended(self) -> bool:
        """Whether what was read so far ends an operand, so that an operator may follow."""
        last = self.last
        if last is None:
            return False
        if last.kind == "operator":
            return last.text in {")", "]", "..."}
        return last.kind == "number" or last.text not in WORDS or last.text in VALUES

    def _assign(self, token: Token) -> None:
        if self.equals is not None:
            message = "a statement has one = only; compare by =="
            raise self.source.error(message, token.start)
        if not self.left:
            raise self.source.error("a name must stand before the =", token.start)
        last = self.last
        if last is not None and last.text in {"+", "-", "*", "/", "//", "%", "@", "**", ":"}:
            message = f"there is no {last.text}= here; give every step a name of its own"
            raise self.source.error(message, last.start, token.stop)
        self.equals, self.first, self.last = token, None, None
        self.levels = Levels(self.source)

    def _check_order(self, token: Token) -> None:
        """Refuse operands side by side, and operators without an operand before them."""
        last, ended = self.last, self._operand_ended
        operator = token.text in _BINARY
        if operator and not ended and token.text not in {"+", "-"}:
            raise self._missing(token)
        if token.text == "not":
            if ended or (last is not None and last.text in _ARITHMETIC):
                raise self.source.error("'not' can't stand here", token.start, token.stop)
        elif ended and last is not None:
            if token.kind == "number" or (token.kind == "name" and not operator):
                message = f"an operator is missing between {last.text!r:.40} and {token.text!r:.40}"
                raise self.source.error(message, last.start, token.stop)
            if token.text == "(" and (last.kind != "name" or last.text in WORDS):
                message = f"an operator is missing between {last.text!r:.40} and '('"
                raise self.source.error(message, last.start, token.stop)
        elif (
            token.text in {")", "]", ","}
            and last is not None
            and (last.text in _BINARY or last.text == "not")
        ):
            message = f"something must follow {last.text!r}"
            raise self.source.error(message, last.start, last.stop)

    def _missing(self, token: Token) -> GraphcompError:
        message = f"something must stand before {token.text!r}"
        return self.source.error(message, token.start, token.stop)

    def _open(self, token: Token) -> None:
        if len(self.brackets) >= self.limits.depth:
            message = f"more than {self.limits.depth} brackets within each other; name parts of the expression"
            raise self.source.error(message, token.start)
        self.levels.open(token, trailer=self._operand_ended)
        self.brackets.append(token)

    def _close(self, token: Token) -> None:
        if not self.brackets or _CLOSING[self.brackets[-1].text] != token.text:
            message = f"{token.text!r} closes nothing that is open"
            raise self.source.error(message, token.start)
        self.levels.close(token)
        self.brackets.pop()

    def _target(self) -> tuple[str, list[Token] | None]:
        """The name to the left of the =, and the inputs of a header."""
        name, *rest = self.left
        plain = name.kind == "name" and name.text not in WORDS
        if plain and not rest:
            return name.text, None
        inner = rest[1:-1]
        names, commas = inner[::2], inner[1::2]
        if (
            plain
            and rest[0].text == "("
            and rest[-1].text == ")"
            and all(token.kind == "name" and token.text not in WORDS for token in names)
            and all(token.text == "," for token in commas)
        ):
            return name.text, names
        message = "left of the = stands one name, or a header such as y(x, a)"
        raise self.source.error(message, name.start, self.left[-1].stop)
