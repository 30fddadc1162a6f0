"""Along one dimension: where each node has it, and the proof that entries there are not mixed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from graphcomp.errors import DerivativeError, ShapeError
from graphcomp.node import Node
from graphcomp.op import SUMMED
from graphcomp.shape import Dim, dimension_names, dimension_symbol, format_shape


def own_axis(name: str, node: Node, dim: Dim) -> int:
    """The one axis of that dimension.

    Raises:
        ShapeError: there is none, or there are several.
    """
    found = [axis for axis, size in enumerate(node.shape) if size == dim]
    if len(found) != 1:
        problem = f"{len(found)} axes of size {dim}" if found else f"no axis of size {dim}"
        msg = f"blocks along {dim}: {name!r} of shape {format_shape(node.shape)} has {problem}, not one"
        raise ShapeError(msg)
    return found[0]


def common_dimension(named: Mapping[str, Node], wanted: str | None) -> Dim:
    """The named dimension that all of them have, or the wanted one.

    Raises:
        ShapeError: there is none, or several and none is wanted.
    """
    if wanted is not None:
        return dimension_symbol(wanted)
    names = [set(dimension_names([node.shape])) for node in named.values()]
    common = sorted(set.intersection(*names))
    if len(common) == 1:
        return dimension_symbol(common[0])
    listed = ", ".join(f"{name} {format_shape(node.shape)}" for name, node in named.items())
    if common:
        remedy = f"share the dimensions {', '.join(common)}: say which, as in along={common[0]!r}"
    else:
        remedy = "share no named dimension: name others in wrt, or use jacobian"
    msg = f"blocks: {listed} {remedy}"
    raise ShapeError(msg)


def axes_along(
    order: Sequence[Node], active: Collection[Node], dim: Dim, variables: Mapping[str, Node]
) -> dict[Node, int]:
    """The axis of the dimension in each node through which derivatives pass.

    By induction from the variables: entry i along the axis depends on nothing of the variables but
    their entries i. Elementwise ops keep that if their arguments have the dimension at the same
    axis; of the others the record says what becomes of blocks of their arguments.

    Raises:
        DerivativeError: a step mixes entries, which it names.
        ShapeError: a variable does not have the dimension just once.
    """
    axes = {node: own_axis(name, node, dim) for name, node in variables.items()}
    for node in order:
        if node in axes or node not in active:
            continue
        axis = _kept(node, axes, dim)
        if axis is None:
            msg = (
                f"blocks along {dim}: {_step(node)} can mix entries at different places along {dim}; "
                f"use jacobian or vjp"
            )
            raise DerivativeError(msg)
        axes[node] = axis
    return axes


def _kept(node: Node, axes: Mapping[Node, int], dim: Dim) -> int | None:
    """The axis along which the node keeps entries apart."""
    op = node.op
    mine = {axes[arg] for arg in node.args if arg in axes}
    if op.pointwise:
        return mine.pop() if len(mine) == 1 else None
    if op.along is None:
        return None
    cuts = [axes[arg] if arg in axes else _place(arg, dim) for arg in node.args]
    found: int | None = op.along(cuts, [arg.shape for arg in node.args], **dict(node.params))
    return None if found is None or found == SUMMED or node.shape[found] != dim else found


def _place(node: Node, dim: Dim) -> int | None:
    places = [axis for axis, size in enumerate(node.shape) if size == dim]
    return places[0] if len(places) == 1 else None


def _step(node: Node) -> str:
    """How an error names a node."""
    return repr(node)[len("<node ") : -1]
