"""Maps that must be linear: taken apart by argument, transposed, and compared with themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from graphcomp.ad import forward, primitive_blocks, reverse
from graphcomp.check.points import Array, find_point
from graphcomp.evaluate import bind, evaluate
from graphcomp.graph import input_node
from graphcomp.node import Node
from graphcomp.rewrite import simplify, substitute
from graphcomp.traversal import topological


def linear_part(outputs: Sequence[Node], seed: Node, seeds: Sequence[Node]) -> list[Node | None]:
    """The outputs as maps of one seed, all others at rest, in terms of that seed.

    Raises:
        ValueError: the derivative by the seed depends on a seed, so the map is not linear.
    """
    moved = input_node(seed.param("name"), seed.shape, seed.dtype, scope="moved seed")
    found = forward(primitive_blocks(topological(outputs)), {seed: moved})
    parts = [found[node].value if node in found else None for node in outputs]
    some = simplify([part for part in parts if part is not None])
    if not set(seeds).isdisjoint(topological(some)):
        raise ValueError
    left = iter(substitute(some, {moved: seed}))
    return [None if part is None else next(left) for part in parts]


def transposed(part: Node | None, seed: Node, ct: Node) -> Node | None:
    """The transpose of a linear map of `seed`, as a map of `ct`."""
    if part is None:
        return None
    found = reverse(primitive_blocks(topological([part])), {part: ct}, {seed})
    return simplify([found[seed].value])[0] if seed in found else None


def is_sum(
    wholes: Sequence[Node], parts: Sequence[Sequence[Node | None]], inputs: Sequence[Node]
) -> bool:
    """Whether each whole is the sum of its parts, at a random point.

    Where the parts are the derivatives of the whole by its seeds, that says that it is linear and
    not merely affine or linear in pieces.

    Raises:
        InputError: no point was found.
    """
    nodes = [*wholes, *(part for row in parts for part in row if part is not None)]

    def values(point: Mapping[str, Array]) -> dict[Node, Array]:
        arrays, sizes = bind(inputs, point)
        return evaluate(nodes, arrays, sizes)

    def usable(point: Mapping[str, Array]) -> bool:
        found = values(point)
        return all(bool(np.all(np.isfinite(found[node]))) for node in nodes)

    point = find_point(inputs, {}, np.random.default_rng(0), usable)
    found = values(point)
    for whole, row in zip(wholes, parts, strict=True):
        terms = [found[part] for part in row if part is not None]
        total = sum(terms, np.zeros_like(found[whole]))
        scale = 1.0 + sum(float(np.max(np.abs(term), initial=0.0)) for term in terms)
        tolerance = 1e4 * float(np.finfo(whole.dtype).eps) * scale
        if np.max(np.abs(found[whole] - total), initial=0.0) > tolerance:
            return False
    return True
