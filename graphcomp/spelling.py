"""Expressions as text in any dialect, from the spellings on the op records.

Works on anything with `op`, `args` and `params`, iteratively, with parentheses only where needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphcomp.op import ATOM, Form, Spelling

Leaf = Callable[[Any], "str | tuple[str, int] | None"]


def spell(node: Any, dialect: str, leaf: Leaf, *, limit: int = 2000) -> tuple[str, int]:
    """The expression of `node` in a dialect, and its precedence.

    `leaf` gives the text of a node that is written by name (text, or text with its precedence),
    and None for one that is to be written out. Named and broadcast nodes stand for their argument.
    Past `limit` nodes the rest is written "...".

    Raises:
        KeyError: an op has no spelling in this dialect.
    """
    done: list[tuple[str, int]] = []
    stack: list[tuple[Any, Spelling | None]] = [(node, None)]
    visited = 0
    while stack:
        current, spelling = stack.pop()
        if spelling is not None:
            count = len(current.args)
            parts = done[len(done) - count :]
            del done[len(done) - count :]
            shown = [
                f"({text})" if precedence < spelling.least(i) else text
                for i, (text, precedence) in enumerate(parts)
            ]
            done.append((spelling.template.format(*shown), spelling.precedence))
            continue
        named = leaf(current)
        visited += 1
        if named is None and visited > limit:
            named = "..."
        if named is not None:
            done.append((named, ATOM) if isinstance(named, str) else named)
            continue
        if current.op.form in {Form.NAMED, Form.BROADCAST}:
            stack.append((current.args[0], None))
            continue
        found = current.op.spelling(dialect, len(current.args), current.params)
        if found is None:
            raise KeyError(f"{current.op.name} has no spelling in {dialect}")
        stack.append((current, found))
        stack.extend((arg, None) for arg in reversed(current.args))
    return done[0]
