"""The operations, each an `Op` record. Adding one is adding a record: see CONTRIBUTING.md."""

from __future__ import annotations

from graphcomp.op import Op
from graphcomp.ops import (
    arithmetic,
    comparison,
    contraction,
    cumulative,
    einsum,
    factors,
    gather,
    hyperbolic,
    leaves,
    linalg,
    logarithms,
    normalising,
    piecewise,
    placing,
    powers,
    reductions,
    rounding,
    searching,
    shaping,
    slopes,
    special,
    transcendental,
    triangular,
)

_MODULES = (
    leaves,
    comparison,
    arithmetic,
    transcendental,
    powers,
    piecewise,
    rounding,
    logarithms,
    hyperbolic,
    special,
    slopes,
    reductions,
    cumulative,
    searching,
    normalising,
    shaping,
    placing,
    contraction,
    einsum,
    triangular,
    linalg,
    factors,
    gather,
)

#: Every op record, in the order of the modules and of their source.
ALL: tuple[Op, ...] = tuple(
    dict.fromkeys(
        value for module in _MODULES for value in vars(module).values() if isinstance(value, Op)
    )
)

BY_NAME: dict[str, Op] = {op.name: op for op in ALL}
