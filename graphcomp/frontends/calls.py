"""A function of the language applied to values: operands first, then what must be known now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphcomp.errors import ParseError
from graphcomp.frontends.folding import Value, combine, node, operand, setting
from graphcomp.frontends.vocabulary import Function
from graphcomp.node import Node


def apply_function(function: Function, names: Sequence[str], *values: Value, dtype: Any) -> Value:
    """`function` on values, of which the last are settings with these names.

    Raises:
        ParseError: the values are not what the function takes.
    """
    positional = len(values) - len(names)
    count = min(positional, function.most if not names else max(1, function.least))
    operands, rest = values[:count], values[count:positional]
    free = [name for name in function.settings if name not in names]
    if function.name == "reshape" and len(rest) > 1:
        rest = (rest,)
    if count < function.least or len(rest) > len(free):
        msg = f"{function.name} is called as {function.usage}; here it has {positional} arguments"
        raise ParseError(msg)
    given = [*zip(free, rest, strict=False), *zip(names, values[positional:], strict=True)]
    settings = {name: setting(value, real=name in function.real) for name, value in given}
    if function.name in {"power", "pow"}:
        return combine("**", operands[0], operands[1], dtype)
    if function.sequence:
        return function.build(_entries(function, operands[0], dtype), **settings)
    lifted = [operand(value, dtype) for value in operands]
    if not any(isinstance(value, Node) for value in lifted):
        lifted = [node(value, dtype) for value in lifted]
    return function.build(*lifted, **settings)


def _entries(function: Function, values: Value, dtype: Any) -> list[Node]:
    if not isinstance(values, (list, tuple)):
        msg = f"{function.name} takes a list: {function.usage}"
        raise ParseError(msg)
    return [node(value, dtype) for value in values]
