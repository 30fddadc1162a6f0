"""The functions and constants of expression text.

Every function of the package whose first arguments are formulas is one of the language, so that a
new function needs no second list; what it takes is read off its signature.
"""

from __future__ import annotations

import difflib
import inspect
import math
import sys
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, NamedTuple

from graphcomp import functions

CONSTANTS = {"pi": math.pi, "e": math.e}
ATTRIBUTES = frozenset({"T", "mT"})
METHODS = frozenset({"sum", "mean", "max", "min", "prod", "dot", "reshape", "transpose"})
METHOD_LIST = ", .".join(sorted(METHODS))

ALIASES = {
    "abs": "absolute",
    "ln": "log",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "pow": "power",
    "sgn": "sign",
    "ceiling": "ceil",
    "logistic": "sigmoid",
}


class Function(NamedTuple):
    """A function of the language.

    Attributes:
        name: as it is written.
        build: takes the operands, then the settings by name.
        least, most: how many operands it takes.
        sequence: whether the operands come as one list.
        settings: the names of what must be known now: axis, shape, ...
        real: those of the settings that need not be whole numbers.
    """

    name: str
    build: Callable[..., Any]
    least: int
    most: int
    sequence: bool
    settings: tuple[str, ...]
    real: frozenset[str] = frozenset()

    @property
    def usage(self) -> str:
        """How it is called.

        >>> FUNCTIONS["sum"].usage, FUNCTIONS["max"].usage
        ('sum(x, axis, keepdims)', 'max(x, ..., axis, keepdims)')
        """
        operands = ["x", "y", "z"][: self.least]
        if self.sequence:
            operands = ["[x, y, ...]"]
        elif self.most > self.least:
            operands.append("...")
        return f"{self.name}({', '.join([*operands, *self.settings])})"


def _read(name: str, build: Callable[..., Any]) -> Function | None:
    """The function as its signature describes it; None if it is none from formulas to a formula."""
    signature = inspect.signature(build)
    parameters = list(signature.parameters.values())
    kinds = [str(parameter.annotation).partition(" ")[0] for parameter in parameters]
    if not kinds or kinds[0] not in {"Operand", "Sequence[Operand]"}:
        return None
    if signature.return_annotation != "Node":
        return None
    operands = [p for p, kind in zip(parameters, kinds, strict=True) if kind == "Operand"]
    settings = [p.name for p in parameters if p not in operands]
    real = frozenset(p.name for p, kind in zip(parameters, kinds, strict=True) if kind == "float")
    if kinds[0] == "Sequence[Operand]":
        return Function(name, build, 1, 1, True, tuple(settings[1:]), real)
    least = sum(p.default is inspect.Parameter.empty for p in operands)
    return Function(name, build, least, len(operands), False, tuple(settings), real)


def _several(pair: Callable[..., Any], one: Callable[..., Any]) -> Callable[..., Any]:
    """max(x, y) is the larger of two, max(x, axis=0) the largest entry."""

    def build(*operands: Any, **settings: Any) -> Any:
        return one(*operands, **settings) if len(operands) == 1 else reduce(pair, operands)

    return build


def _table() -> dict[str, Function]:
    found = {name: _read(name, getattr(functions, name)) for name in functions.__all__}
    table = {name: function for name, function in found.items() if function is not None}
    for alias, name in ALIASES.items():
        if name in table:
            table[alias] = table[name]._replace(name=alias)
    for name, pair in (("max", functions.maximum), ("min", functions.minimum)):
        one = table[name]
        table[name] = one._replace(build=_several(pair, one.build), most=sys.maxsize)
    return dict(sorted(table.items()))


#: The functions of the language, by name.
FUNCTIONS: dict[str, Function] = _table()


def suggestion(name: str, known: Iterable[str]) -> str:
    """A hint at the name that was probably meant, to be appended to a message.

    >>> suggestion("sigmod", FUNCTIONS)
    "; did you mean 'sigmoid'?"
    """
    close = difflib.get_close_matches(name, sorted(known), 1)
    return f"; did you mean {close[0]!r}?" if close else ""
