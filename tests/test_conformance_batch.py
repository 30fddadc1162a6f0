"""Every op over a new leading axis of any of its real arguments: what Jacobians are made of.

Seeds are real and enter linearly, so that conditions and indices never have the new axis.
"""

from itertools import product
from typing import Any

import numpy as np
import pytest

from graphcomp.ad.batch import batched
from graphcomp.graph import GraphData, input_node
from tests.conformance.cases import SMOOTH, Case, cases, run

SIZE = 3


@cases(SMOOTH)
def test_an_op_over_a_leading_axis_is_the_op_row_by_row(case: Case):
    graph = case.graph()
    rows = [case.values(seed) for seed in (40, 41, 42)]
    choices = [(False, True) if name in case.real else (False,) for name in case.names]
    for flags in product(*choices):
        if not any(flags):
            continue
        chosen = [n for n, flag in zip(graph.inputs, flags, strict=True) if flag]
        stacks = {
            n: input_node(f"stack_{n.param('name')}", (SIZE, *n.shape), n.dtype) for n in chosen
        }
        (result,) = batched(graph.outputs, SIZE, stacks)
        values: dict[str, Any] = {}
        for node, flag in zip(graph.inputs, flags, strict=True):
            name = node.param("name")
            stack = np.stack([row[name] for row in rows])
            values |= {f"stack_{name}": stack} if flag else {name: rows[0][name]}
        kept = [n for n in graph.inputs if n not in stacks]
        found = run(GraphData([*stacks.values(), *kept], {"y": result}), values)["y"]
        for i, row in enumerate(rows):
            point = {
                name: (row if flag else rows[0])[name]
                for name, flag in zip(case.names, flags, strict=True)
            }
            expected = case.result(point)
            assert found[i].shape == expected.shape
            np.testing.assert_allclose(
                found[i], expected, rtol=1e-14, atol=1e-15, err_msg=str(flags)
            )


def test_what_does_not_depend_on_the_batch_is_computed_once():
    x, y = input_node("x", (3,)), input_node("y", (3,))
    shared = (y * y).sum()
    seed = input_node("seed", (5, 3))
    (result,) = batched([x.sum() * shared], 5, {x: seed})
    assert shared in GraphData([seed, y], {"r": result}).nodes
    (alone,) = batched([shared], 5, {x: seed})
    assert alone is shared.broadcast_to((5,))


@pytest.mark.parametrize("size", [0, 1])
def test_batches_may_be_empty_or_of_one(size: int):
    x, A = input_node("x", (3,)), input_node("A", (2, 3))
    seed = input_node("seed", (size, 3))
    (result,) = batched([A @ x], size, {x: seed})
    found = run(
        GraphData([seed, A], {"r": result}), {"seed": np.ones((size, 3)), "A": np.ones((2, 3))}
    )
    assert found["r"].tolist() == [[3, 3]] * size
