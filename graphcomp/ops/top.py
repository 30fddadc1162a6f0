"""Parts of normalised exponentials: the largest entry, what is below it, the logarithm of a total.

They are not among `ops.ALL`: graphs of users do not have them, they appear where code is generated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphcomp.nest import Join, Nest, reducing
from graphcomp.op import Kind, Op, Spelling, broadcast_result, first_dtype
from graphcomp.ops.numpy_runtime import _below, _log_total, _top
from graphcomp.shape import Shape

Axes = tuple[int, ...]
_JOIN = Join({"f": "-np.inf"}, "np.maximum({0}, {1})")


def _shape(x: Shape, *, axes: Axes) -> Shape:
    return tuple(1 if axis in axes else dim for axis, dim in enumerate(x))


def _numpy(_count: int, *, axes: Axes) -> Spelling:
    return Spelling(f"_top({{0}}, {axes})")


def _nest(shapes: Any, *, axes: Axes) -> Nest:
    return reducing(shapes[0], axes, keepdims=True, join=_JOIN)


def _same_axis(cut: Sequence[int | None], _shapes: Sequence[Shape], *, axes: Axes) -> int | None:
    """Blocks along another axis than those that are reduced."""
    return None if cut[0] in axes or len(set(cut)) > 1 else cut[0]


#: The largest entry along axes, of none at all minus infinity.
TOP = Op(
    name="top",
    kind=Kind.DISCRETE,
    evaluate=lambda x, axes: _top(x, axes),
    shape=_shape,
    dtype=first_dtype,
    along=_same_axis,
    nest=_nest,
    spell={"text": Spelling("top({0})"), "numpy": _numpy},
)
#: x - top; 0 where both are the same infinity.
BELOW = Op(
    name="below",
    kind=Kind.DISCRETE,
    arity=2,
    evaluate=_below,
    shape=broadcast_result("below"),
    dtype=first_dtype,
    broadcasts=True,
    spell={"text": Spelling("below({0}, {1})"), "numpy": Spelling("_below({0}, {1})")},
)


def _log_total_shape(_weights: Shape, total: Shape, *_top: Shape, axes: Axes) -> Shape:
    return tuple(dim for axis, dim in enumerate(total) if axis not in axes)


def _log_total_numpy(count: int, *, axes: Axes) -> Spelling:
    top = "{2}" if count > 2 else "0.0"
    text = f"_log_total({{0}}, {{1}}, {top})"
    dropped = axes[0] if len(axes) == 1 else axes
    return Spelling(f"{text}.squeeze({dropped})" if axes else text)


def _log_total_along(
    cut: Sequence[int | None], _shapes: Sequence[Shape], *, axes: Axes
) -> int | None:
    if len(set(cut)) > 1 or cut[0] is None or cut[0] in axes:
        return None
    return cut[0] - sum(axis < cut[0] for axis in axes)


#: top + log(total) for the total of some weights, without these axes.
LOG_TOTAL = Op(
    name="log_total",
    kind=Kind.DISCRETE,
    arity=-1,
    evaluate=lambda weights, total, top=0.0, *, axes: np.squeeze(
        _log_total(weights, total, top), axes
    ),
    shape=_log_total_shape,
    dtype=first_dtype,
    along=_log_total_along,
    spell={"text": Spelling("log_total({0}, {1})"), "numpy": _log_total_numpy},
)
