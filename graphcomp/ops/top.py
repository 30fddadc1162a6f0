"""The largest entry, where none at all counts as minus infinity: a part of other ops only.

It is not among `ops.ALL`: graphs of users do not have it, it appears where code is generated.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.nest import Join, Nest, reducing
from graphcomp.op import Kind, Op, Spelling, first_dtype
from graphcomp.shape import Shape

Axes = tuple[int, ...]
_JOIN = Join({"f": "-np.inf"}, "np.maximum({0}, {1})")


def _shape(x: Shape, *, axes: Axes) -> Shape:
    return tuple(1 if axis in axes else dim for axis, dim in enumerate(x))


def _numpy(_count: int, *, axes: Axes) -> Spelling:
    return Spelling(f"np.max({{0}}, axis={axes}, keepdims=True, initial=-np.inf)")


def _nest(shapes: Any, *, axes: Axes) -> Nest:
    return reducing(shapes[0], axes, keepdims=True, join=_JOIN)


TOP = Op(
    name="top",
    kind=Kind.DISCRETE,
    evaluate=lambda x, axes: np.max(x, axis=axes, keepdims=True, initial=-np.inf),
    shape=_shape,
    dtype=first_dtype,
    along=lambda cut, _shapes, *, axes: None if cut[0] in axes else cut[0],
    nest=_nest,
    spell={"text": Spelling("top({0})"), "numpy": _numpy},
)
