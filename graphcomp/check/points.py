"""Points to check at: given by the caller, or drawn until the function is finite there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from graphcomp.errors import InputError, ShapeError
from graphcomp.evaluate import bind
from graphcomp.node import Node
from graphcomp.shape import dimension_names, resolve_dimension

Array: TypeAlias = np.ndarray[Any, Any]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, ...]], Array]

#: Where functions tend to be defined: anywhere, right of 0, within -1..1, beyond 1, near 0.
_DRAWS: tuple[Draw, ...] = (
    lambda rng, shape: rng.standard_normal(shape),
    lambda rng, shape: rng.uniform(0.25, 1.75, shape),
    lambda rng, shape: rng.uniform(-0.9, 0.9, shape),
    lambda rng, shape: rng.uniform(1.1, 2.5, shape),
    lambda rng, shape: 0.1 * rng.standard_normal(shape),
)
_ATTEMPTS = 60


def find_point(
    inputs: Sequence[Node],
    given: Mapping[str, Any],
    rng: np.random.Generator,
    usable: Callable[[dict[str, Array]], bool],
    *,
    smallest: int = 2,
) -> dict[str, Array]:
    """Values for all inputs: those given, and others at which the function is usable.

    Args:
        inputs: the inputs.
        given: values of some.
        rng: of the others.
        usable: whether a point will do.
        smallest: the least size of a named dimension.

    Raises:
        InputError: nothing usable was found; says which inputs to give.
    """
    missing = [node for node in inputs if node.param("name") not in given]
    for values in _candidates(inputs, missing, given, rng, smallest):
        arrays, _ = bind(inputs, values)
        point = {node.param("name"): array for node, array in arrays.items()}
        if not missing or usable(point):
            return point
    names = ", ".join(node.param("name") for node in missing)
    msg = f"found no point where the function is finite; give values for {names}"
    raise InputError(msg)


def _candidates(
    inputs: Sequence[Node],
    missing: Sequence[Node],
    given: Mapping[str, Any],
    rng: np.random.Generator,
    smallest: int,
) -> Iterator[dict[str, Any]]:
    known = _sizes(inputs, given)
    names = dimension_names(node.shape for node in inputs)
    for attempt in range(_ATTEMPTS if missing else 1):
        low = (smallest, 5, 9)[attempt * 3 // _ATTEMPTS]
        sizes = {name: low + i for i, name in enumerate(names)} | known
        shapes = [tuple(resolve_dimension(dim, sizes) for dim in node.shape) for node in missing]
        if any(size < 0 for shape in shapes for size in shape):
            continue
        drawn = {
            node.param("name"): _draw(node, shape, attempt, rng)
            for node, shape in zip(missing, shapes, strict=True)
        }
        yield {**given, **drawn}


def _draw(node: Node, shape: tuple[int, ...], attempt: int, rng: np.random.Generator) -> Array:
    if node.dtype.kind == "b":
        return np.asarray(rng.random(shape) < 0.5)
    if not node.is_real:
        return np.asarray(rng.integers(1, 5, shape))
    which = attempt if attempt < len(_DRAWS) else int(rng.integers(len(_DRAWS)))
    return np.asarray(_DRAWS[which](rng, shape))


def _sizes(inputs: Sequence[Node], given: Mapping[str, Any]) -> dict[str, int]:
    """The sizes of dimensions that stand alone as an axis of a given value."""
    sizes: dict[str, int] = {}
    for node in inputs:
        if node.param("name") in given:
            shape = np.shape(given[node.param("name")])
            if len(shape) != node.ndim:
                msg = f"{node.param('name')} has shape {shape}, expected {node.ndim} dimensions"
                raise ShapeError(msg)
            for dim, size in zip(node.shape, shape, strict=True):
                if not isinstance(dim, int) and dim.is_Symbol:
                    sizes.setdefault(dim.name, size)
    return sizes
