"""Long runs of operators, made flat before Python's parser sees them.

A sum of 5,000 terms nests 5,000 deep in Python's syntax tree, more than its parser bears. So a long
run ``a + b - c`` of operators of equal strength is parsed as the list ``[a , b , c]``, and its
operators are kept beside it. What can't be made flat (signs, powers, conditionals, trailers such as
``.T``) is counted and limited.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from graphcomp.errors import GraphcompError
from graphcomp.frontends.excerpts import Source
from graphcomp.frontends.tokens import Token

#: Runs of more operators than this are made flat.
LONG = 20
#: How many signs, powers, conditionals or trailers may nest without a bracket between them.
NESTED = 40

_ADDITIVE = frozenset(["+", "-"])
_MULTIPLICATIVE = frozenset(["*", "/", "//", "%", "@"])


@dataclass(frozen=True, slots=True)
class Chain:
    """A run of operators of equal strength, from the first operand's start to the last's end."""

    start: int
    stop: int
    operators: tuple[Token, ...]


@dataclass(slots=True)
class _Run:
    """A chain that may still grow."""

    start: int | None = None
    operators: list[Token] = field(default_factory=list)


@dataclass(slots=True)
class _Level:
    """What has been read between two brackets."""

    sums: _Run = field(default_factory=_Run)
    products: _Run = field(default_factory=_Run)
    nested: int = 0
    conditionals: int = 0


class Levels:
    """Finds the chains of a statement, and bounds what nests."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.chains: list[Chain] = []
        self._levels = [_Level()]
        self._last: Token | None = None

    def read(self, token: Token, after_operand: bool) -> None:
        """Take note of a token that is no bracket."""
        level = self._levels[-1]
        text = token.text
        if after_operand and text in _ADDITIVE:
            self._end(level.products)
            level.sums.operators.append(token)
            level.nested = 0
        elif after_operand and text in _MULTIPLICATIVE:
            level.products.operators.append(token)
            level.nested = 0
        elif text in _ADDITIVE or text in {"**", ".", "not"}:
            if text == "not":
                self._separate(level)
            else:
                self._begin(token)
            self._nest(level, token)
        elif token.kind != "operator" and text not in {"if", "else", "and", "or"}:
            self._begin(token)
        else:
            self._separate(level)
            level.nested = 0
            if text == "if":
                level.conditionals += 1
                if level.conditionals > NESTED:
                    raise self._too_deep(token)
            elif text == ",":
                level.conditionals = 0
        self._last = token

    def open(self, token: Token, *, trailer: bool) -> None:
        """Take note of an opening bracket; a trailer is that of a call or of an index."""
        self._begin(token)
        if trailer:
            self._nest(self._levels[-1], token)
        self._levels.append(_Level())
        self._last = token

    def close(self, token: Token) -> None:
        """Take note of a closing bracket."""
        self._separate(self._levels.pop())
        self._last = token

    def finish(self) -> None:
        """Take note of the end."""
        self._separate(self._levels[-1])

    def _begin(self, token: Token) -> None:
        level = self._levels[-1]
        for run in (level.sums, level.products):
            if run.start is None:
                run.start = token.start

    def _separate(self, level: _Level) -> None:
        self._end(level.products)
        self._end(level.sums)

    def _end(self, run: _Run) -> None:
        if len(run.operators) > LONG and run.start is not None and self._last is not None:
            self.chains.append(Chain(run.start, self._last.stop, tuple(run.operators)))
        run.start = None
        if run.operators:
            run.operators = []

    def _nest(self, level: _Level, token: Token) -> None:
        level.nested += 1
        if level.nested > NESTED:
            raise self._too_deep(token)

    def _too_deep(self, token: Token) -> GraphcompError:
        message = f"more than {NESTED} of {token.text!r} and its like within each other; name parts of the expression"
        return self.source.error(message, token.start, token.stop)


class Flattened:
    """A text with its chains written as lists, and the way back to the original places.

    >>> chain = Chain(0, 5, (Token("operator", "+", 2),))
    >>> flat = Flattened("a + b", 0, [chain])
    >>> flat.text, flat.original(5), list(flat.operators)
    ('[a , b]', 4, [0])
    """

    def __init__(self, text: str, start: int, chains: list[Chain]) -> None:
        #: The operators of the list that begins at a place of the new text.
        self.operators: dict[int, tuple[Token, ...]] = {}
        edits: list[tuple[int, int, int, int, Chain | None, str]] = []
        for chain in chains:
            first, last = chain.start - start, chain.stop - start
            edits.append((first, 1, -last, 0, chain, "["))
            edits.append((last, 0, -first, 0, None, "]"))
            edits += [
                (token.start - start, 1, 0, len(token.text), None, ",".ljust(len(token.text)))
                for token in chain.operators
            ]
        edits.sort(key=lambda edit: edit[:3])
        pieces: list[str] = []
        self._new, self._old = [0], [start]
        done = length = 0
        for place, _, _, replaced, opened, written in edits:
            pieces += [text[done:place], written]
            length += place - done
            if opened is not None:
                self.operators[length] = opened.operators
            length += len(written)
            done = place + replaced
            self._new.append(length)
            self._old.append(start + done)
        self.text = "".join((*pieces, text[done:]))

    def original(self, place: int) -> int:
        """Where in the source stands what is at `place` in the new text."""
        i = bisect_right(self._new, place) - 1
        return self._old[i] + place - self._new[i]
