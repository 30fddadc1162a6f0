"""A hash of a graph that is the same in every process."""

from __future__ import annotations

import hashlib
from typing import Any

from graphcomp.graph import GraphData
from graphcomp.ops.leaves import Value


def graph_digest(graph: GraphData) -> str:
    """The SHA-256 of the structure of a graph: ops, parameters, names, in topological order.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> len(graph_digest(GraphData([x], {"y": x * x})))
    64
    """
    result = hashlib.sha256()
    nodes = graph.nodes
    numbers = {node: i for i, node in enumerate([*graph.inputs, *nodes])}
    dtypes = {dtype: str(dtype) for dtype in {node.dtype for node in numbers}}
    for node in (*graph.inputs, *nodes):
        args = " ".join([str(numbers[arg]) for arg in node.args])
        params = " ".join([f"{name}={_text(value)}" for name, value in node.params])
        op = f"{node.op.name}{node.op.digest}"
        result.update(f"{op} {args} {params} {dtypes[node.dtype]}\n".encode())
    for name, node in zip(graph.output_names, graph.outputs, strict=True):
        result.update(f"{name} {numbers[node]}\n".encode())
    result.update(graph.name.encode())
    return result.hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, Value):
        array = value.array
        return f"{array.dtype.str}{array.shape}{hashlib.sha256(array.tobytes()).hexdigest()}"
    if isinstance(value, tuple):
        return f"({','.join(map(_text, value))})"
    return str(value)
