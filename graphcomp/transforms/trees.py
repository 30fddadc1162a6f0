"""Arguments and results that are structures: arrays in lists, tuples and dicts, taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Structure:
    """What is left of a structure without its leaves; it can be a key of a dict.

    Attributes:
        kind: list, dict, tuple or the class of a named tuple, the type of None; None for a leaf.
        keys: of a dict, in their order.
        parts: the structures inside, in order.
    """

    kind: type | None = None
    keys: tuple[Any, ...] = ()
    parts: tuple[Structure, ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # found once: every call looks for its structure in several dicts
        object.__setattr__(self, "_hash", hash((self.kind, self.keys, self.parts)))

    def __hash__(self) -> int:
        return self._hash

    def paths(self, name: str) -> Iterator[str]:
        """A name for each leaf: ``params_W_0``."""
        if self.kind is None:
            yield name
        for key, part in zip(self._names(), self.parts, strict=True):
            yield from part.paths(f"{name}_{key}" if name else str(key))

    def _names(self) -> Iterable[Any]:
        fields: Iterable[Any] | None = getattr(self.kind, "_fields", None)
        return self.keys or fields or range(len(self.parts))

    def build(self, leaves: Iterable[Any]) -> Any:
        """The structure with these leaves."""
        return self._build(iter(leaves))

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self.kind is None:
            return next(leaves)
        if self.kind is type(None):
            return None
        parts = [part._build(leaves) for part in self.parts]  # noqa: SLF001  (its own class)
        if self.kind is dict:
            return dict(zip(self.keys, parts, strict=True))
        return self.kind(*parts) if hasattr(self.kind, "_fields") else self.kind(parts)

    def nest(self, inner: Structure) -> Structure:
        """This structure with another one in place of each leaf."""
        if self.kind is None:
            return inner
        return Structure(self.kind, self.keys, tuple(part.nest(inner) for part in self.parts))

    def __str__(self) -> str:
        return str(self.build(iter(lambda: _STAR, None)))


class _Star:
    def __repr__(self) -> str:
        return "*"


_STAR = _Star()
LEAF = Structure()


def tuple_of(parts: Iterable[Structure]) -> Structure:
    """The structure of a tuple."""
    return Structure(tuple, (), tuple(parts))


def flatten(value: Any) -> tuple[list[Any], Structure]:
    """The leaves in order, and the structure without them.

    >>> leaves, structure = flatten({"W": [1.0, 2.0], "b": 3.0, "name": None})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> structure.build("abc")
    {'W': ['a', 'b'], 'b': 'c', 'name': None}
    >>> list(structure.paths("p"))
    ['p_W_0', 'p_W_1', 'p_b']
    """
    leaves: list[Any] = []
    return leaves, _taken_apart(value, leaves)


def _taken_apart(value: Any, leaves: list[Any]) -> Structure:
    if isinstance(value, (np.ndarray, float)):  # mostly
        leaves.append(value)
        return LEAF
    if value is None:
        return Structure(type(None))
    if isinstance(value, Mapping):
        parts = tuple(_taken_apart(part, leaves) for part in value.values())
        return Structure(dict, tuple(value), parts)
    if isinstance(value, (list, tuple)):
        named = isinstance(value, tuple) and hasattr(value, "_fields")
        kind = type(value) if named else list if isinstance(value, list) else tuple
        return Structure(kind, (), tuple(_taken_apart(part, leaves) for part in value))
    leaves.append(value)
    return LEAF
