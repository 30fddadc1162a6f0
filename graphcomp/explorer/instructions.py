"""What the page computes, as data: a list of instructions, each an op with the places of its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphcomp.errors import InputError
from graphcomp.evaluate import resolve_params
from graphcomp.explorer.ported import is_ported
from graphcomp.node import Node, is_input
from graphcomp.ops.leaves import Value
from graphcomp.rewrite.expansion import expand
from graphcomp.shape import resolve_dimension
from graphcomp.traversal import topological

#: What a browser computes anew while somebody types.
MOST_INSTRUCTIONS, MOST_NUMBERS = 20_000, 200_000


@dataclass(frozen=True, slots=True)
class Instructions:
    """A list of instructions.

    Attributes:
        listed: one dictionary each, ready for JSON; arguments are places earlier in the list.
        places: where the value of a node is found.
        missing: names of ops that the page can't compute.
    """

    listed: tuple[dict[str, Any], ...]
    places: Mapping[Node, int]
    missing: tuple[str, ...]


def instructions(
    roots: Iterable[Node], sizes: Mapping[str, int], known: Sequence[Node] = ()
) -> Instructions:
    """The instructions that compute the given nodes.

    Args:
        roots: what is wanted.
        sizes: of the named dimensions.
        known: nodes to list even if nothing depends on them.

    Raises:
        InputError: there is more to compute than a page can do while somebody types.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> [one["op"] for one in instructions([gc.exp(x)], {}).listed]
    ['input', 'exp']
    """
    wanted = list(dict.fromkeys((*known, *roots)))
    written = expand(wanted, lambda node: is_ported(node.op))
    order = topological(written)
    if len(order) > MOST_INSTRUCTIONS:
        raise InputError(_too_much(f"{len(order):,} operations", f"{MOST_INSTRUCTIONS:,}"))
    own = {node: i for i, node in enumerate(order)}
    listed = []
    numbers = 0
    for node in order:
        shape = [resolve_dimension(dim, sizes) for dim in node.shape]
        numbers += int(np.prod(shape, dtype=float))
        one: dict[str, Any] = {"op": node.op.name, "dtype": node.dtype.name, "shape": shape}
        if node.args:
            one["args"] = [own[arg] for arg in node.args]
        if node.params and not is_input(node):
            params = resolve_params(node.params, sizes)
            one["params"] = {name: plain(value) for name, value in params.items()}
        listed.append(one)
    if numbers > MOST_NUMBERS:
        raise InputError(_too_much(f"{numbers:,} numbers", f"{MOST_NUMBERS:,}"))
    missing = {node.op.name for node in order if not is_input(node) and not is_ported(node.op)}
    places = {node: own[new] for node, new in zip(wanted, written, strict=True)}
    return Instructions(tuple(listed), places, tuple(sorted(missing)))


def _too_much(found: str, limit: str) -> str:
    return (
        f"an explorer page would compute {found} again at every change, and the limit is {limit}; "
        "give smaller arrays with at=, or explore a part of the graph"
    )


def plain(value: Any) -> Any:
    """A parameter, ready for JSON; an array as its shape and its entries.

    >>> plain((1, None, float("inf"))), plain(Value(np.eye(2)))
    ([1, None, 'Infinity'], {'shape': [2, 2], 'data': [1.0, 0.0, 0.0, 1.0]})
    """
    if isinstance(value, Value):
        return array(value.array)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return _number(value) if isinstance(value, float) else value


def array(values: np.ndarray[Any, Any]) -> dict[str, Any]:
    """An array as its shape and its entries, row by row."""
    data = [_number(entry) for entry in values.ravel().tolist()]
    return {"shape": list(values.shape), "data": data}


def _number(value: float) -> float | str:
    """A number; what JSON has no number for, as the text that JavaScript reads as such."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
