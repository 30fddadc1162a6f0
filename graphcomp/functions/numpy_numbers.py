"""Which NumPy callables stand for functions of single entries that have parameters, or are composed."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.functions import choices, logarithms, rounding
from graphcomp.node import Node, Operand
from graphcomp.numpy_protocol import NUMPY


def _clip(
    a: Operand, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Node:
    return choices.clip(a, min if a_min is None else a_min, max if a_max is None else a_max)


def _nan_to_num(x: Operand, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Node:
    return choices.nan_to_num(x, nan, posinf, neginf)


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Node:
    return choices.select(condlist, choicelist, default)


NUMPY.update(
    {
        np.fabs: rounding.fabs,
        np.copysign: rounding.copysign,
        np.round: rounding.round,
        np.around: rounding.round,
        np.fix: rounding.trunc,
        np.float_power: logarithms.float_power,
        np.sinc: logarithms.sinc,
        np.deg2rad: logarithms.deg2rad,
        np.radians: logarithms.deg2rad,
        np.rad2deg: logarithms.rad2deg,
        np.degrees: logarithms.rad2deg,
        np.fmax: choices.fmax,
        np.fmin: choices.fmin,
        np.clip: _clip,
        np.heaviside: choices.heaviside,
        np.nan_to_num: _nan_to_num,
        np.select: _select,
        np.piecewise: choices.piecewise,
    }
)
