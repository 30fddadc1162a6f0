"""The blocks of a Jacobian that is zero but for them: one for each entry along a dimension.

Observations, samples, pixels: where output column n depends on column n of the inputs alone, the
full Jacobian has n times as many zeros as entries. One sweep computes a row of all blocks at once.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence

from graphcomp.ad.along import axes_along, common_dimension, own_axis
from graphcomp.ad.batch import batched
from graphcomp.ad.build import filled, ones_like, unscoped, zeros_like
from graphcomp.ad.local import active_nodes, primitive_blocks
from graphcomp.ad.modes import forward, reverse
from graphcomp.ad.variables import Wrt, resolve_wrt
from graphcomp.errors import DerivativeError, DerivativeWarning
from graphcomp.graph import G, input_node
from graphcomp.node import Node, apply
from graphcomp.op import Form
from graphcomp.ops.leaves import IDENTITY
from graphcomp.ops.shaping import CONCATENATE, GETITEM, RESHAPE, WHOLE, Index
from graphcomp.shape import Dim, Shape, combine, size_of
from graphcomp.traversal import topological

#: Up to so many rows each get a sweep of their own, which can leave out what is zero in it.
SWEEPS = 8


def blocks(graph: G, wrt: Wrt = None, along: str | None = None) -> G:
    """The derivatives of entries by entries at the same place along a dimension, ``d_y_d_x``.

    For an output ``(2, n)`` and a variable ``(11, n)`` along n, the blocks are ``(2, 11, n)``; for
    ``(n, 2)`` and ``(n, 11)`` they are ``(n, 2, 11)``. The dimension stands first if it does so in
    both, else last.

    Args:
        graph: with that dimension in all variables.
        wrt: names; None for every real input.
        along: the name of the dimension; None: the only one that all of them have.

    Raises:
        DerivativeError: an output at one place depends on a variable at another, or is not real.
        ShapeError: a variable does not have the dimension just once, or it is not clear which.
    """
    variables = resolve_wrt(graph, wrt)
    outputs = dict(zip(graph.output_names, graph.outputs, strict=True))
    dim = common_dimension(variables | outputs, along)
    parts = primitive_blocks(graph.nodes)
    active = active_nodes(parts, variables.values())
    axes = axes_along(graph.nodes, active, dim, variables)
    results: dict[str, Node] = {}
    for out, node in outputs.items():
        if not node.is_real:
            msg = f"output {out!r} is {node.dtype}: it has no derivative"
            raise DerivativeError(msg)
        places = axes if node in axes else {**axes, node: own_axis(out, node, dim)}
        stacks, per_input = _stacks(node, list(variables.values()), places)
        for name, variable in variables.items():
            stack = stacks.get(variable)
            if stack is None:
                msg = f"{out} of graph {graph.name!r} does not depend on {name!r}: its derivative is zero"
                warnings.warn(msg, DerivativeWarning, stacklevel=3)
            results[f"d_{out}_d_{name}"] = _block(node, variable, places, stack, per_input)
    return graph.derive(graph.inputs, results, f"{graph.name}_blocks")


def stands_first(output: tuple[int, int], variable: tuple[int, int]) -> bool:
    """Whether the dimension stands first in a block, by its axis in both, and their numbers of axes."""
    return output[0] == variable[0] == 0 and max(output[1], variable[1]) > 1


def _rest(node: Node, axis: int) -> Shape:
    """The shape beside the dimension."""
    return (*node.shape[:axis], *node.shape[axis + 1 :])


def _stacks(
    output: Node, variables: Sequence[Node], axes: Mapping[Node, int]
) -> tuple[dict[Node, Node], bool]:
    """By variable, what all sweeps give, stacked on a leading axis; whether sweeps are by input.

    Without the variables on which the output does not depend.
    """
    rows = size_of(_rest(output, axes[output]))
    columns: Dim = 0
    for variable in variables:
        columns = combine("+", columns, size_of(_rest(variable, axes[variable])))
    fewer = combine("-", rows, columns)
    per_input = fewer > 0 if isinstance(fewer, int) else bool(fewer.is_positive)
    if per_input:
        found = {v: _pushed(output, v, axes[v]) for v in variables}
        return {v: stack for v, stack in found.items() if stack is not None}, True
    if isinstance(rows, int) and rows <= SWEEPS:
        return _swept(output, axes[output], variables), False
    return _pulled(output, axes[output], variables), False


def _swept(output: Node, axis: int, variables: Sequence[Node]) -> dict[Node, Node]:
    """A sweep of reverse mode for each row, of ones."""
    found: dict[Node, list[Node | None]] = {variable: [] for variable in variables}
    for place in itertools.product(*(range(int(size)) for size in _rest(output, axis))):
        row = _row(output, (*place[:axis], WHOLE, *place[axis:]))
        adjoints = reverse(primitive_blocks(topological([row])), {row: ones_like(row)}, variables)
        for variable, parts in found.items():
            parts.append(adjoints[variable].value if variable in adjoints else None)
    return {
        variable: _stacked([zeros_like(variable) if part is None else part for part in parts])
        for variable, parts in found.items()
        if any(part is not None for part in parts)
    }


def _row(node: Node, index: Index) -> Node:
    """The entries at an index; of what was joined, those of the part, so that no other is read."""
    while True:
        if node.op.form is Form.NAMED:
            (node,) = node.args
        elif node.op is CONCATENATE and isinstance(index[axis := node.param("axis")], int):
            start = 0
            for part in node.args:
                size = part.shape[axis]
                if not isinstance(size, int):
                    return apply(GETITEM, node, index=index)
                if index[axis] < start + size:
                    break
                start += size
            index = (*index[:axis], index[axis] - start, *index[axis + 1 :])
            node = part
        elif node.op is RESHAPE and node.shape == (1, *node.args[0].shape):
            index, node = index[1:], node.args[0]
        else:
            break
    return node if all(entry == WHOLE for entry in index) else apply(GETITEM, node, index=index)


def _stacked(parts: Sequence[Node]) -> Node:
    """The parts along a new leading axis."""
    with unscoped():
        rows = [part.reshape((1, *part.shape)) for part in parts]
        return rows[0] if len(rows) == 1 else apply(CONCATENATE, *rows, axis=0)


def _pulled(output: Node, axis: int, variables: Sequence[Node]) -> dict[Node, Node]:
    """All sweeps of reverse mode at once."""
    seed = input_node("seed", output.shape, output.dtype, scope="blocks")
    found = reverse(primitive_blocks(topological([output])), {output: seed}, variables)
    reached = [variable for variable in variables if variable in found]
    with unscoped():
        size, basis = _basis(output, axis)
        stacks = batched([found[variable].value for variable in reached], size, {seed: basis})
    return dict(zip(reached, stacks, strict=True))


def _pushed(output: Node, variable: Node, axis: int) -> Node | None:
    """All sweeps of forward mode at once."""
    seed = input_node("seed", variable.shape, variable.dtype, scope="blocks")
    found = forward(primitive_blocks(topological([output])), {variable: seed})
    if output not in found:
        return None
    with unscoped():
        size, basis = _basis(variable, axis)
        (stack,) = batched([found[output].value], size, {seed: basis})
        return stack


def _basis(node: Node, axis: int) -> tuple[Dim, Node]:
    """For each entry beside the dimension an array that is 1 there, and 0 elsewhere."""
    rest = _rest(node, axis)
    size = size_of(rest)
    one = apply(IDENTITY, size=size, dtype=node.dtype.name)
    spread = one.reshape((size, *rest[:axis], 1, *rest[axis:]))
    return size, spread.broadcast_to((size, *node.shape))


def _block(
    output: Node, variable: Node, axes: Mapping[Node, int], stack: Node | None, per_input: bool
) -> Node:
    """A stack of sweeps as a block: the rest of the output, the rest of the variable, the dimension.

    The dimension stands first if it does so in both.
    """
    mine, other = axes[output], axes[variable]
    first = stands_first((mine, output.ndim), (other, variable.ndim))
    rest = (*_rest(output, mine), *_rest(variable, other))
    dim = output.shape[mine]
    shape = (dim, *rest) if first else (*rest, dim)
    if stack is None:
        return filled(0.0, shape, output)
    with unscoped():
        inside, axis = (output, mine) if per_input else (variable, other)
        beside = [1 + a for a in range(inside.ndim) if a != axis]
        swept = [*beside, 0] if per_input else [0, *beside]
        order = (1 + axis, *swept) if first else (*swept, 1 + axis)
        moved = stack if order == tuple(range(stack.ndim)) else stack.transpose(order)
        return moved.reshape(shape)
