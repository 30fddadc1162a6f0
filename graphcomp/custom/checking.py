"""Rules of users compared with differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from graphcomp.check import check_graph
from graphcomp.check.points import Array
from graphcomp.custom.application import Application
from graphcomp.errors import DerivativeError, InputError
from graphcomp.evaluate import bind, evaluate
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.op import Op
from graphcomp.trees import flatten


def check_rule(found: Application, values: Sequence[Node], op: Op) -> None:
    """Compare the rule with differences, and its value with that of the function.

    Raises:
        DerivativeError: it is wrong; the message names the argument.
        InputError: there is no point to compare at.
    """
    outputs = flatten(found.apply(op, found.inputs))[0]
    named = {f"out_{i}": node for i, node in enumerate(outputs)}
    graph = GraphData(found.inputs, named, found.title)
    remedy = "say check=False if this is meant"
    real = [node.param("name") for node in found.inputs if node.is_real]
    point: Mapping[str, Array] = {}
    if real and any(node.is_real for node in outputs):
        try:
            report = check_graph(graph, wrt=real)
        except InputError as error:
            msg = f"the rule of {found.title} could not be checked: {error}; or say check=False"
            raise InputError(msg) from None
        if not report.passed:
            wrong = next((row for row in report.rows if row.verdict == "fail"), report.rows[0])
            msg = (
                f"the rule of {found.title} is not its derivative by {wrong.argument!r} "
                f"({wrong.method}): {remedy}\n{report}"
            )
            raise DerivativeError(msg)
        point = report.point
    if not point and found.inputs:
        return
    arrays, sizes = bind(found.inputs, point)
    computed = evaluate([*found.body, *values], arrays, sizes)
    for mine, other in zip(found.body, values, strict=True):
        tolerance = 1e4 * float(np.finfo(mine.dtype).eps) if mine.is_real else 0.0
        if not np.allclose(computed[mine], computed[other], tolerance, tolerance, equal_nan=True):
            msg = f"the value that the rule of {found.title} gives is not that of {found.title}: {remedy}"
            raise DerivativeError(msg)
