"""Where a sweep starts: the tangents of inputs, the cotangents of outputs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from graphcomp.derivation.records import Array, Seed
from graphcomp.errors import DerivativeError, InputError, NamingError, ShapeError
from graphcomp.node import Node
from graphcomp.program import Program, Role, seed_inputs
from graphcomp.shape import format_shape, resolve_dimension

#: By name: a number, an array, or the name of a unit entry ("E21"); several of these, a sweep each;
#: "each".
SeedValues: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | float | None

#: More outputs than this get no sweep each unless they are asked for.
MOST_SWEEPS = 4

#: A sweep for each entry is refused beyond so many.
MOST_ENTRIES = 64

_UNIT = re.compile(r"[Ee]_?\(?(\d+(?:,\d+)*)\)?\Z")
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def forward_seeds(
    program: Program, wrt: Sequence[str], given: SeedValues, sizes: Mapping[str, int] | None
) -> list[tuple[Seed, ...]]:
    """The seeds of each forward sweep: the first of `wrt` moves, unless told otherwise.

    Raises:
        DerivativeError: everything is at rest.
        NamingError: there is no such input or step.
        ShapeError: a seed has another shape than its input.
    """
    if isinstance(given, str) and given == "each":
        return [_tangents(program, wrt, one, sizes) for one in _entries(program, wrt, sizes)]
    if isinstance(given, Mapping):
        return [_tangents(program, wrt, given, sizes)]
    if (several := several_seeds(given)) is not None:
        return [_tangents(program, wrt, one, sizes) for one in several]
    return [_tangents(program, wrt, {wrt[0]: given}, sizes)]


def _tangents(
    program: Program,
    wrt: Sequence[str],
    given: Mapping[str, Any],
    sizes: Mapping[str, int] | None,
) -> tuple[Seed, ...]:
    _check_names(program, given, Role.TANGENT)
    nodes = seed_inputs(program, list(given), Role.TANGENT)
    seeds = {
        name: make_seed(name, nodes[name], value, sizes, program.graph.name)
        for name, value in given.items()
    }
    resting = {
        name
        for name, seed in seeds.items()
        if seed.value is not None and seed.value.size and not seed.value.any()
    }
    if resting == set(seeds):
        msg = f"all seeds are zero, so every tangent is; seed one of {', '.join(wrt)} with 1"
        raise DerivativeError(msg)
    for name in [*resting, *(name for name in wrt if name not in seeds)]:
        shape = program.step_of(name).node.shape
        seeds[name] = Seed(name, None, None if shape else np.zeros(()))
    order = list(dict.fromkeys([*wrt, *seeds]))
    return tuple(seeds[name] for name in order)


def reverse_seeds(
    program: Program, given: SeedValues, sizes: Mapping[str, int] | None
) -> list[tuple[Seed, ...]]:
    """The seeds of each reverse sweep: 1 for a scalar output, one sweep for each output.

    Raises:
        DerivativeError: an output is an array, and numbers were asked for without a seed.
        NamingError: there is no such output.
        ShapeError: a seed has another shape than its output.
    """
    graph = program.graph
    real = {
        name: node
        for name, node in zip(graph.output_names, graph.outputs, strict=True)
        if node.is_real
    }
    if not real:
        msg = f"graph {graph.name!r} has no real output to differentiate"
        raise DerivativeError(msg)
    if given is None:
        return [_cotangents(program, {name: None}, sizes) for name in list(real)[:MOST_SWEEPS]]
    if isinstance(given, str) and given == "each":
        return [_cotangents(program, one, sizes) for one in _entries(program, list(real), sizes)]
    if (several := several_seeds(given)) is not None:
        for one in several:
            _check_names(program, one, Role.ADJOINT)
        return [_cotangents(program, one, sizes) for one in several]
    if not isinstance(given, Mapping):
        given = {next(iter(real)): given}
    _check_names(program, given, Role.ADJOINT)
    return [_cotangents(program, given, sizes)]


def several_seeds(given: object) -> list[Mapping[str, Any]] | None:
    """The seeds of several sweeps, if that is what is given.

    Raises:
        InputError: the list is empty.
    """
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence):
        return None
    if not given:
        msg = "seed is an empty list; give one mapping for each sweep, or leave it out"
        raise InputError(msg)
    if not all(isinstance(one, Mapping) for one in given):
        return None
    return list(given)


def _entries(
    program: Program, names: Sequence[str], sizes: Mapping[str, int] | None
) -> list[dict[str, Any]]:
    """A seed for each scalar, and for each entry of an array where the sizes are known.

    Raises:
        DerivativeError: there are too many.
    """
    found: list[dict[str, Any]] = []
    for name in names:
        dims = program.step_of(name).node.shape
        if not dims or (sizes is None and not all(isinstance(dim, int) for dim in dims)):
            found.append({name: None})
            continue
        shape = tuple(resolve_dimension(dim, sizes or {}) for dim in dims)
        if math.prod(shape) + len(found) > MOST_ENTRIES:
            msg = (
                f"seed 'each': {name!r} of shape {shape} takes more than {MOST_ENTRIES} sweeps; "
                f"name the entries that you want, as in seed=[{{{name!r}: {_unit_text(shape)}}}]"
            )
            raise DerivativeError(msg)
        units: list[Any] = [
            f"E{','.join(str(i + 1) for i in index)}" for index in np.ndindex(shape)
        ]
        found += [{name: unit} for unit in units or [np.zeros(shape)]]
    return found


def _unit_text(shape: tuple[int, ...]) -> str:
    return repr("E" + ",".join("1" * len(shape)))


def _cotangents(
    program: Program, given: Mapping[str, Any], sizes: Mapping[str, int] | None
) -> tuple[Seed, ...]:
    nodes = seed_inputs(program, list(given), Role.ADJOINT)
    for name, value in given.items():
        if value is None and nodes[name].shape and sizes is not None:
            shape = format_shape(nodes[name].shape)
            msg = (
                f"output {name!r} has shape {shape}: an adjoint needs a cotangent of that shape; "
                f"give seed={{{name!r}: array}}, or 'E1' for the first entry"
            )
            raise DerivativeError(msg)
    return tuple(
        make_seed(name, nodes[name], value, sizes, program.graph.name)
        for name, value in given.items()
    )


def _check_names(program: Program, given: Mapping[str, Any], role: Role) -> None:
    graph = program.graph
    for name in given:
        if role is Role.ADJOINT and name not in graph.output_names:
            msg = f"graph {graph.name!r} has no output {name!r} to seed; it has {', '.join(graph.output_names)}"
            raise NamingError(msg)
        program.step_of(name)


def make_seed(
    name: str, node: Node, value: object, sizes: Mapping[str, int] | None, graph: str
) -> Seed:
    """A seed from a number, an array, the name of a unit entry, or None for the default.

    By default a scalar moves with 1, an array in its first entry; without a point an array's seed
    stays a symbol.

    Raises:
        InputError: the seed is no number and no unit entry.
        ShapeError: it has another shape than `node`.
    """
    known = all(isinstance(dim, int) for dim in node.shape) or sizes is not None
    shape = tuple(resolve_dimension(dim, sizes or {}) for dim in node.shape) if known else None
    if value is None and not node.shape:
        return Seed(name, node, np.ones(()))
    if shape is None and (value is None or isinstance(value, str)):
        return Seed(name, node, None, None if value is None else _position(name, value, node.ndim))
    if shape is not None and value is None and 0 in shape:
        return Seed(name, node, np.zeros(shape))  # no entry to be one
    if shape is not None and (value is None or isinstance(value, str)):
        position = (1,) * len(shape) if value is None else _position(name, value, node.ndim)
        return Seed(name, node, _unit(name, position, shape), position)
    array = _array(name, value)
    if shape is None:
        if array.ndim != node.ndim:
            msg = f"the seed of {name!r} has shape {array.shape}, expected {format_shape(node.shape)} (graph {graph!r})"
            raise ShapeError(msg)
        return Seed(name, node, array, _unit_position(array))
    if array.shape != shape:
        msg = f"the seed of {name!r} has shape {array.shape}, expected {shape} (graph {graph!r})"
        raise ShapeError(msg)
    return Seed(name, node, array, _unit_position(array))


def _array(name: str, value: object) -> Array:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        msg = f"the seed of {name!r} must be a number, an array, or a unit entry such as 'E21', not {value!r}"
        raise InputError(msg) from None


def _position(name: str, text: str, rank: int) -> tuple[int, ...]:
    """Where a unit entry is one: "E21", "E₂₁" or "E12,3" in a matrix, counted from one."""
    found = _UNIT.match(text.translate(_DIGITS))
    if found is None:
        msg = f"the seed of {name!r} is {text!r}; a unit entry is written 'E21' or 'E12,3', counted from one"
        raise InputError(msg)
    digits = found[1]
    apart = rank < 2 or "," in digits
    return tuple(int(part) for part in (digits.split(",") if apart else digits))


def _unit(name: str, position: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    fits = len(position) == len(shape) and all(
        1 <= i <= size for i, size in zip(position, shape, strict=True)
    )
    if not fits:
        msg = f"the seed of {name!r} is one in entry {position}, counted from one, but the shape is {shape}"
        raise ShapeError(msg)
    array = np.zeros(shape)
    array[tuple(i - 1 for i in position)] = 1.0
    return array


def _unit_position(array: Array) -> tuple[int, ...] | None:
    if array.ndim == 0 or np.count_nonzero(array) != 1 or array.sum() != 1:
        return None
    return tuple(int(i) + 1 for i in np.argwhere(array)[0])
