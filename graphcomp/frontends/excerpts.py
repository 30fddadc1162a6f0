"""Errors that show the place in the text: line, column, and a caret under the culprit."""

from __future__ import annotations

import re

from graphcomp.errors import GraphcompError, ParseError

_LINE_END = re.compile(r"\r\n|\r|\n")
_WIDTH = 72


class Source:
    """A text, and errors that point into it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def error(
        self,
        message: str,
        start: int,
        end: int | None = None,
        *,
        statement: str | None = None,
        kind: type[GraphcompError] = ParseError,
    ) -> GraphcompError:
        """An error whose message ends with the line and a caret under ``text[start:end]``.

        >>> print(Source("y = 1 + sgimoid(x)").error("unknown function 'sgimoid'", 8, 15))
        unknown function 'sgimoid'
          line 1, column 9
            y = 1 + sgimoid(x)
                    ^^^^^^^
        """
        first, number = 0, 1
        for match in _LINE_END.finditer(self.text, 0, start):
            first, number = match.end(), number + 1
        ending = _LINE_END.search(self.text, first)
        last = ending.start() if ending else len(self.text)
        column = start - first
        place = f"line {number}, column {column + 1}"
        if statement is not None:
            place = f"in {statement!r}, {place}"
        line = "".join(c if c.isprintable() else "?" for c in self.text[first:last])
        width = min(start + 1 if end is None else end, last) - start
        line, column, width = _window(line, column, max(1, width))
        return kind(f"{message}\n  {place}\n    {line}\n    {' ' * column}{'^' * width}")


def _window(line: str, column: int, width: int) -> tuple[str, int, int]:
    """The part of a long line around the caret, which must not fill a terminal."""
    left = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    right = min(len(line), left + _WIDTH)
    before, after = "..." if left else "", "..." if right < len(line) else ""
    shown = before + line[left:right] + after
    column += len(before) - left
    return shown, column, max(1, min(width, len(shown) - len(after) - column))
