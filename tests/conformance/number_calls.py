"""Calls of NumPy functions on single entries that stand for compositions, or take parameters."""

from typing import Any

import numpy as np

_ONE: list[Any] = [((3,), lambda f, x: f(x))]
_TWO: list[Any] = [(((3, 1), (2,)), lambda f, x, y: f(x, y)), (((), ()), lambda f, x, y: f(x, y))]

NUMBER_CALLS: dict[Any, Any] = {
    np.fabs: _ONE,
    np.fix: _ONE,
    np.sinc: _ONE,
    np.deg2rad: _ONE,
    np.radians: _ONE,
    np.rad2deg: _ONE,
    np.degrees: _ONE,
    np.copysign: _TWO,
    np.fmax: _TWO,
    np.fmin: _TWO,
    np.heaviside: [*_TWO, ((3,), lambda f, x: f(x - x, 0.25))],
    np.float_power: [*_TWO, ((3,), lambda f, x: f(x, 2))],
    np.round: [*_ONE, ((3,), lambda f, x: f(100 * x, -1)), ((3,), lambda f, x: f(x, decimals=2))],
    np.around: _ONE,
    np.clip: [
        ((4,), lambda f, x: f(x, 0.8, 1.5)),
        ((4,), lambda f, x: f(x, 0.8, None)),
        ((4,), lambda f, x: f(x, None, 1.5)),
        ((4,), lambda f, x: f(x, a_min=0.8, a_max=1.5)),
        ((4,), lambda f, x: f(x, min=0.8)),
        (((2, 3), (3,)), lambda f, x, y: f(x, y - 0.2, y + 0.2)),
    ],
    np.nan_to_num: [*_ONE, ((3,), lambda f, x: f(x, nan=2.0, posinf=3.0))],
    np.select: [((4,), lambda f, x: f([x < 0.8, x < 1.2], [x, 2 * x], 7.0))],
    np.piecewise: [
        ((4,), lambda f, x: f(x, [x < 0.8, x < 1.2], [lambda x: 2 * x, 1.0])),
        ((4,), lambda f, x: f(x, [x < 0.8], [lambda x: 2 * x, lambda x: -x])),
    ],
}
