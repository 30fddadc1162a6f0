"""Whether numbers are the same up to rounding: conditions, without derivatives."""

from __future__ import annotations

from graphcomp.functions.searching import all as all_hold
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import EQUAL, LESS_EQUAL, LOGICAL_AND, LOGICAL_OR
from graphcomp.ops.piecewise import ABS
from graphcomp.ops.rounding import ISFINITE, ISNAN


def isclose(
    x: Operand, y: Operand, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Node:
    """True where ``|x - y| <= atol + rtol*|y|``, or both are the same infinity.

    >>> import graphcomp as gc
    >>> gc.isclose(*gc.scalars("x y")).dtype
    dtype('bool')
    """
    first, second = constant(x), constant(y)
    near = apply(LESS_EQUAL, apply(ABS, first - second), atol + rtol * apply(ABS, second))
    if second.is_real:
        near = apply(LOGICAL_AND, near, apply(ISFINITE, second))
    result = apply(LOGICAL_OR, near, apply(EQUAL, first, second))
    if equal_nan and first.is_real and second.is_real:
        both = apply(LOGICAL_AND, apply(ISNAN, first), apply(ISNAN, second))
        result = apply(LOGICAL_OR, result, both)
    return result


def allclose(
    x: Operand, y: Operand, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Node:
    """Whether `isclose` holds for all entries.

    >>> import graphcomp as gc
    >>> gc.allclose(gc.array("u", "n"), gc.array("v", "n")).shape
    ()
    """
    return all_hold(isclose(x, y, rtol, atol, equal_nan))
