"""The arguments of a call: what is traced, what is fixed, and what is differentiated by."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from graphcomp.errors import DTypeError, InputError
from graphcomp.names import fresh_name, identifier
from graphcomp.node import Node
from graphcomp.shape import check_dtype
from graphcomp.trees import Structure, flatten, tuple_of


@dataclass(frozen=True, slots=True)
class Wrt:
    """Which arguments to differentiate by.

    Attributes:
        argnums: positions; an int for one argument alone.
        argnames: names of parameters; a str for one argument alone.
        every: all positional arguments.
    """

    argnums: int | tuple[int, ...] | None = None
    argnames: str | tuple[str, ...] | None = None
    every: bool = False

    @classmethod
    def of(cls, argnums: Any, argnames: Any) -> Wrt:
        """From what the user wrote; the first argument if that is nothing.

        Raises:
            InputError: neither ints nor names.
        """
        if argnums is None and argnames is None:
            argnums = 0
        if not (argnums is None or _is_int(argnums)):
            if not (isinstance(argnums, Sequence) and all(map(_is_int, argnums))) or not argnums:
                msg = f"argnums must be an int or several ints, not {argnums!r}"
                raise InputError(msg)
            argnums = tuple(argnums)
        if not (argnames is None or isinstance(argnames, str)):
            if not all(isinstance(name, str) for name in argnames) or not argnames:
                msg = f"argnames must be a name or several names, not {argnames!r}"
                raise InputError(msg)
            argnames = tuple(argnames)
        return cls(argnums, argnames)

    @property
    def single(self) -> bool:
        """Whether the derivative is that by one argument alone, not a tuple."""
        chosen = [what for what in (self.argnums, self.argnames) if what is not None]
        return len(chosen) == 1 and not isinstance(chosen[0], tuple)


def _is_int(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one call, taken apart.

    Attributes:
        structure: of the pair of positional and keyword arguments.
        leaves: arrays and nodes where `traced`, else fixed values.
        labels: a name for each leaf.
        traced: which leaves are arguments of the traced function.
        wrt: the places of the leaves to differentiate by.
        wrt_structure: how the derivatives by them are arranged.
        key: what the traced function depends on.
    """

    structure: Structure
    leaves: tuple[Any, ...]
    labels: tuple[str, ...]
    traced: tuple[bool, ...]
    wrt: tuple[int, ...]
    wrt_structure: Structure
    key: tuple[Any, ...]

    @property
    def values(self) -> list[Any]:
        """The arrays and nodes among the leaves."""
        return [leaf for leaf, traced in zip(self.leaves, self.traced, strict=True) if traced]

    @property
    def symbolic(self) -> bool:
        """Whether there is a node among the arguments."""
        return any(isinstance(leaf, Node) for leaf in self.leaves)


def collect(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], wrt: Wrt
) -> Call:
    """The arguments of a call of `function`.

    Raises:
        InputError: there is no such argument to differentiate by, or a fixed one has no hash.
        DTypeError: an integer or boolean array to differentiate by, or an unsupported dtype.
    """
    names = parameter_names(function, len(args))
    entries: dict[int | str, Any] = dict(enumerate(args))
    entries.update(kwargs.items())
    chosen = _chosen(title_of(function), names, entries, wrt)
    leaves: list[Any] = []
    parts: dict[int | str, Structure] = {}
    places: dict[int | str, range] = {}
    for entry, value in entries.items():
        found, parts[entry] = flatten(value)
        places[entry] = range(len(leaves), len(leaves) + len(found))
        leaves += found
    titles = tuple(names[entry] if isinstance(entry, int) else entry for entry in entries)
    labels = _labels(titles, tuple(parts.values()))
    positions = tuple(place for entry in chosen for place in places[entry])
    own = frozenset(positions)
    read = [
        _read(leaf, label, place in own)
        for place, (leaf, label) in enumerate(zip(leaves, labels, strict=True))
    ]
    arranged = [parts[entry] for entry in chosen]
    structure = tuple_of(
        (
            tuple_of(parts[i] for i in range(len(args))),
            Structure(dict, tuple(kwargs), tuple(parts[name] for name in kwargs)),
        )
    )
    return Call(
        structure,
        tuple(value for value, _ in read),
        labels,
        tuple(key[0] == "array" for _, key in read),
        positions,
        arranged[0] if wrt.single and not wrt.every else tuple_of(arranged),
        (structure, positions, tuple(key for _, key in read)),
    )


def title_of(function: Callable[..., Any]) -> str:
    """What the function is called, as an identifier."""
    name = getattr(function, "__name__", type(function).__name__)
    return identifier("f" if name == "<lambda>" else name)


@lru_cache(maxsize=1024)
def _labels(titles: tuple[str, ...], parts: tuple[Structure, ...]) -> tuple[str, ...]:
    """A name for each leaf of the arguments, all of them different identifiers."""
    labels: list[str] = []
    for title, part in zip(titles, parts, strict=True):
        for path in part.paths(title):
            labels.append(fresh_name(identifier(path), labels))
    return tuple(labels)


_parameters: WeakKeyDictionary[Callable[..., Any], list[inspect.Parameter]] = WeakKeyDictionary()


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first parameters, made up where they can't be known."""
    names: list[str] = []
    for parameter in _parameters_of(function):
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}:
            names.append(parameter.name)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}_{i}" for i in range(count - len(names))]
    return names + [f"arg_{i}" for i in range(len(names), count)]


def _parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters, found once, as that takes long."""
    try:
        found = _parameters.get(function)
    except TypeError:  # no hash, or no weak references
        return _found_parameters(function)
    if found is None:
        found = _parameters[function] = _found_parameters(function)
    return found


def _found_parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []


def _chosen(
    title: str, names: Sequence[str], entries: Mapping[int | str, Any], wrt: Wrt
) -> list[int | str]:
    """The arguments to differentiate by, as positions or as keywords."""
    count = sum(isinstance(entry, int) for entry in entries)
    if wrt.every:
        return list(range(count))
    result: list[int | str] = []
    for number in _several(wrt.argnums):
        place = number + count if number < 0 else number
        keyword = names[place] if 0 <= place < len(names) else None
        if not 0 <= place < count and keyword not in entries:
            msg = f"argnums={number}: {title} was called with {count} positional arguments"
            raise InputError(msg)
        result.append(place if 0 <= place < count else str(keyword))
    for name in _several(wrt.argnames):
        if name not in entries and name not in names[:count]:
            known = ", ".join([*names[:count], *(e for e in entries if isinstance(e, str))])
            msg = f"argnames={name!r}: {title} was called with {known or 'no arguments'}"
            raise InputError(msg)
        result.append(name if name in entries else names.index(name))
    if len(set(result)) < len(result):
        msg = f"{title}: an argument to differentiate by comes twice in argnums and argnames"
        raise InputError(msg)
    return result


def _several(what: Any) -> tuple[Any, ...]:
    return () if what is None else what if isinstance(what, tuple) else (what,)


def _read(leaf: Any, label: str, differentiated: bool) -> tuple[Any, tuple[Any, ...]]:
    """The leaf as it is used, and what the traced function depends on of it."""
    number = isinstance(leaf, (int, float)) and not isinstance(leaf, (bool, np.generic))
    if isinstance(leaf, float) or (number and differentiated):
        leaf = leaf if isinstance(leaf, np.generic) else np.float64(leaf)
    whole = isinstance(leaf, (np.integer, np.bool_))  # fixed, as Python's are
    if isinstance(leaf, (Node, np.ndarray, np.generic)) and (differentiated or not whole):
        if isinstance(leaf, (np.matrix, np.ma.MaskedArray)):
            raise InputError(_foreign(leaf, label))
        dtype = check_dtype(leaf.dtype)
        if differentiated and dtype.kind != "f":
            msg = f"{label!r} is {dtype}: it has no derivative; convert to float (the values may be integers)"
            raise DTypeError(msg)
        return leaf, ("array", dtype.str, leaf.shape)
    if differentiated:
        msg = f"{label!r} is {type(leaf).__name__} {leaf!r:.40}: convert to float, or leave it out of argnums"
        raise DTypeError(msg)
    if hasattr(leaf, "__array__") and not isinstance(leaf, (type, np.generic)):
        raise InputError(_foreign(leaf, label))
    key = (
        "fixed",
        type(leaf),
        (leaf.start, leaf.stop, leaf.step) if isinstance(leaf, slice) else leaf,
    )
    try:
        hash(key)
    except TypeError:
        msg = f"{label!r} is {type(leaf).__name__}: neither an array nor a fixed value that can be hashed"
        raise InputError(msg) from None
    return leaf, key


def _foreign(leaf: object, label: str) -> str:
    kind = type(leaf).__name__
    return f"{label!r} is {kind}, whose arithmetic is not NumPy's: pass np.asarray({label})"
