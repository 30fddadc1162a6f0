"""Arguments and results that are structures: arrays in lists, tuples and dicts, taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graphcomp.errors import InputError


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
        for key, part in zip(self.names(), self.parts, strict=True):
            yield from part.paths(f"{name}_{key}" if name else str(key))

    def titles(self, name: str) -> Iterator[str]:
        """What each leaf is called for people: ``params['W'][0]``."""
        if self.kind is None:
            yield name
        for access, part in zip(self.accesses(), self.parts, strict=True):
            yield from part.titles(f"{name}{access}")

    def accesses(self) -> list[str]:
        """How each part is reached: ``['W']``, ``[0]``, ``.W``."""
        dots = self.kind is not dict and hasattr(self.kind, "_fields")
        return [f".{key}" if dots else f"[{key!r}]" for key in self.names()]

    def names(self) -> Iterable[Any]:
        """The key, field or number of each part."""
        fields: Iterable[Any] | None = getattr(self.kind, "_fields", None)
        return self.keys or fields or range(len(self.parts))

    @property
    def count(self) -> int:
        """The number of leaves."""
        return sum(part.count for part in self.parts) if self.kind is not None else 1

    def only(self, wanted: Iterable[bool]) -> Structure:
        """The structure with None in place of the leaves that are not wanted."""
        return self._only(iter(wanted))

    def _only(self, wanted: Iterator[bool]) -> Structure:
        if self.kind is None:
            return self if next(wanted) else NOTHING
        parts = tuple(part._only(wanted) for part in self.parts)  # noqa: SLF001  (its own class)
        return Structure(self.kind, self.keys, parts)

    def take(self, value: Any, name: str) -> Iterator[tuple[str, Any]]:
        """The leaves of a value that has this structure, each with its title.

        A leaf may be a list of numbers, as it is told from a part of the structure by its place.

        Raises:
            InputError: it is no list or no dict, or has other lengths or keys.

        >>> _, structure = flatten({"W": [1.0, 2.0]})
        >>> list(structure.take({"W": [[3, 4], 5]}, "p"))
        [("p['W'][0]", [3, 4]), ("p['W'][1]", 5)]
        >>> list(structure.take({"W": [3]}, "p"))
        Traceback (most recent call last):
        graphcomp.errors.InputError: p['W'] has 1 entry, expected 2
        """
        if self.kind is None:
            yield name, value
        elif self.kind is not type(None):
            parts = self._parts_of(value, name)
            for access, structure, part in zip(self.accesses(), self.parts, parts, strict=True):
                yield from structure.take(part, f"{name}{access}")

    def _parts_of(self, value: Any, name: str) -> list[Any]:
        """The parts of a value, in order."""
        mapping = self.kind is dict
        fits = isinstance(value, Mapping if mapping else Sequence) and not isinstance(value, str)
        if not fits:
            wanted = "dict" if mapping else "list or tuple"
            msg = f"{name}: expected a {wanted}, got {type(value).__name__}"
            raise InputError(msg)
        if not mapping:
            if len(value) != len(self.parts):
                entries = "entry" if len(value) == 1 else "entries"
                msg = f"{name} has {len(value)} {entries}, expected {len(self.parts)}"
                raise InputError(msg)
            return list(value)
        if set(value) != set(self.keys):
            given, expected = (", ".join(map(repr, keys)) for keys in (value, self.keys))
            msg = f"{name} has the keys {given or 'none'}, expected {expected or 'none'}"
            raise InputError(msg)
        return [value[key] for key in self.keys]

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
NOTHING = Structure(type(None))


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
        return NOTHING
    if isinstance(value, Mapping):
        parts = tuple(_taken_apart(part, leaves) for part in value.values())
        return Structure(dict, tuple(value), parts)
    if isinstance(value, (list, tuple)):
        named = isinstance(value, tuple) and hasattr(value, "_fields")
        kind = type(value) if named else list if isinstance(value, list) else tuple
        return Structure(kind, (), tuple(_taken_apart(part, leaves) for part in value))
    leaves.append(value)
    return LEAF
