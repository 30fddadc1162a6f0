"""The tables of calls as one: what every NumPy callable that is registered is tested with."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.conformance.array_calls import ARRAY_CALLS
from tests.conformance.number_calls import NUMBER_CALLS
from tests.conformance.statistics_calls import STATISTICS_CALLS

#: NumPy functions that stand for several nodes, or take parameters: calls on arrays of these shapes.
CALLS: dict[Any, Any] = {
    np.power: [((3,), lambda f, x: f(x, 3)), ((3,), lambda f, x: f(x, 2.0))],
    np.matmul: [
        (((2, 3), (3,)), lambda f, a, b: f(a, b)),
        (((2, 2, 3), (3, 2)), lambda f, a, b: f(a, b)),
        (((3,), (4, 3, 2)), lambda f, a, b: f(a, b)),
        (((5, 1, 2, 3), (4, 3, 2)), lambda f, a, b: f(a, b)),
        (((4, 2, 3), (3,)), lambda f, a, b: f(a, b)),
    ],
    np.dot: [
        (((2, 3), (3,)), lambda f, a, b: f(a, b)),
        (((), (3,)), lambda f, a, b: f(a, b)),
        (((2, 3), (4, 3, 5)), lambda f, a, b: f(a, b)),
        (((3,), (4, 3, 2)), lambda f, a, b: f(a, b)),
        (((2, 2, 3), (2, 4, 3, 2)), lambda f, a, b: f(a, b)),
    ],
    np.outer: [(((2, 2), (3,)), lambda f, a, b: f(a, b))],
    np.transpose: [((2, 3, 4), lambda f, x: f(x)), ((2, 3, 4), lambda f, x: f(x, (1, -1, 0)))],
    np.reshape: [((2, 3), lambda f, x: f(x, (3, 2))), ((2, 3), lambda f, x: f(x, -1))],
    np.broadcast_to: [((3, 1), lambda f, x: f(x, (2, 3, 4)))],
    np.concatenate: [(((2, 3), (1, 3)), lambda f, a, b: f([a, b], axis=-2))],
    np.stack: [(((2, 3), (2, 3)), lambda f, a, b: f([a, b], axis=-1))],
    np.where: [(((3,), (2, 1), ()), lambda f, a, b, c: f(a > 0, b, c))],
    np.sum: [((2, 3), lambda f, x: f(x)), ((2, 3), lambda f, x: f(x, axis=-1, keepdims=True))],
    np.mean: [((2, 3), lambda f, x: f(x)), ((2, 3), lambda f, x: f(x, axis=0))],
    np.max: [((2, 3), lambda f, x: f(x)), ((2, 3), lambda f, x: f(x, axis=(0,)))],
    np.min: [((2, 3), lambda f, x: f(x)), ((2, 3), lambda f, x: f(x, axis=1, keepdims=True))],
    np.shape: [((2, 3), lambda f, x: f(x))],
    np.ndim: [((2, 3), lambda f, x: f(x))],
    np.size: [((2, 3), lambda f, x: f(x))],
    np.prod: [((2, 3), lambda f, x: f(x)), ((2, 3), lambda f, x: f(x, axis=0, keepdims=True))],
}
for _table in (ARRAY_CALLS, NUMBER_CALLS, STATISTICS_CALLS):
    for _function, _calls in _table.items():
        CALLS[_function] = [*CALLS.get(_function, ()), *_calls]
