"""Mapping a graph over a new leading axis of some of its inputs: all rows of a Jacobian at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphcomp.node import Node, apply
from graphcomp.shape import Dim
from graphcomp.traversal import topological


def batched(outputs: Sequence[Node], size: Dim, inputs: Mapping[Node, Node]) -> list[Node]:
    """The outputs with each of the inputs replaced by `size` of them, stacked on a leading axis.

    What does not depend on the inputs is computed once. An output that depends on none of them is
    broadcast.
    """
    mapped: dict[Node, Node] = dict(inputs)
    for node in topological(outputs, stop=inputs.__contains__):
        if node in mapped:
            continue
        flags = tuple(arg in mapped for arg in node.args)
        if not any(flags):
            continue
        args = tuple(mapped.get(arg, arg) for arg in node.args)
        params = dict(node.params)
        if node.op.broadcasts:
            args = tuple(
                arg if flag else arg.broadcast_to((size, *arg.shape))
                for arg, flag in zip(args, flags, strict=True)
            )
        if node.op.batch is not None:
            mapped[node] = node.op.batch(size, args, flags, **params)
        elif node.op.broadcasts:
            mapped[node] = apply(node.op, *args, **params)
        else:
            msg = f"op {node.op.name} has no batch rule"
            raise AssertionError(msg)
    return [
        mapped[node] if node in mapped else node.broadcast_to((size, *node.shape))
        for node in outputs
    ]
