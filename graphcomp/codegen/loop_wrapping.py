"""Statements of loops on lines that fit."""

from __future__ import annotations

import re

from graphcomp.codegen.layout import INDENT, WIDTH, layout

_OPERATOR = re.compile(r" [-+*/] ")


def wrapped(text: str, depth: int) -> list[str]:
    """A statement on lines that fit; what is too long stands in parentheses of its own."""
    margin = INDENT * depth
    head, equals, value = text.partition("= ")
    operands = _operands(value)
    if len(margin) + len(text) <= WIDTH or len(operands) == 1:
        return layout(text, depth)
    if len(margin) + len(INDENT) + len(value) <= WIDTH:
        operands = [value]
    return [f"{margin}{head}{equals}(", *(margin + INDENT + o for o in operands), f"{margin})"]


def _operands(value: str) -> list[str]:
    """The operands of an expression, all but the first with the operator before them."""
    depth, start, found = 0, 0, []
    for i, letter in enumerate(value):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and _OPERATOR.match(value, i):
            found.append(value[start:i])
            start = i + 1
    return [*found, value[start:]]
