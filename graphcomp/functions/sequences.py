"""Sequences of samples: running sums from the start, differences, integrals, polynomials, grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.errors import InputError, ShapeError, with_user_line
from graphcomp.functions.arrays import concatenate, stack
from graphcomp.functions.cumulative import cumprod, cumsum, diff
from graphcomp.functions.shapes import located, moveaxis
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import WHERE
from graphcomp.ops.rounding import ISINF, TRUNC


def cumulative_sum(x: Operand, axis: int | None = None, include_initial: bool = False) -> Node:
    """The running sum along an axis, which a vector need not name; with a 0 before it if asked.

    Raises:
        ShapeError: no axis, and more than one to choose from.

    >>> import graphcomp as gc
    >>> gc.cumulative_sum(gc.array("v", "n"), include_initial=True).shape
    (n + 1,)
    """
    node, along = _along(x, axis, "cumulative_sum")
    return _begun(cumsum(node, along), along, 0, include_initial)


def cumulative_prod(x: Operand, axis: int | None = None, include_initial: bool = False) -> Node:
    """The running product along an axis, which a vector need not name; with a 1 before it if asked.

    Raises:
        ShapeError: no axis, and more than one to choose from.

    >>> import graphcomp as gc
    >>> gc.cumulative_prod(gc.array("v", "n")).shape
    (n,)
    """
    node, along = _along(x, axis, "cumulative_prod")
    return _begun(cumprod(node, along), along, 1, include_initial)


def _along(x: Operand, axis: int | None, name: str) -> tuple[Node, int]:
    node = constant(x)
    if axis is None and node.ndim != 1:
        msg = f"{name}: needs an axis, as there are {node.ndim}"
        raise ShapeError(with_user_line(msg))
    return node, 0 if axis is None else located(axis, node.ndim, name)


def _begun(x: Node, axis: int, start: int, include_initial: bool) -> Node:
    if not include_initial:
        return x
    first = constant(start, x.dtype).broadcast_to((*x.shape[:axis], 1, *x.shape[axis + 1 :]))
    return concatenate([first, x], axis)


def ediff1d(x: Operand, to_end: Operand | None = None, to_begin: Operand | None = None) -> Node:
    """The differences of neighbours of all entries in one row, with more before and after if given.

    >>> import graphcomp as gc
    >>> gc.ediff1d(gc.array("v", "n"), to_end=0.0).shape
    (n,)
    """
    parts = [to_begin, diff(constant(x).reshape(-1)), to_end]
    rows = [constant(part).reshape(-1) for part in parts if part is not None]
    return concatenate(rows) if len(rows) > 1 else rows[0]


def trapezoid(y: Operand, x: Operand | None = None, dx: Operand = 1.0, axis: int = -1) -> Node:
    """The integral along an axis of what is linear between samples, at places x or distances dx.

    >>> import graphcomp as gc
    >>> gc.trapezoid(gc.array("y", "n"), gc.array("x", "n")).shape
    ()
    """
    samples = constant(y)
    samples = moveaxis(samples, located(axis, samples.ndim, "trapezoid"), -1)
    if x is None:
        steps = constant(dx)
    else:
        places = constant(x)
        steps = diff(places if places.ndim == 1 else moveaxis(places, axis, -1))
    return (steps * (samples[..., 1:] + samples[..., :-1]) / 2.0).sum(-1)


def polyval(p: Any, x: Operand) -> Node:
    """The polynomial with coefficients p, the highest first, at x, by Horner's rule.

    Raises:
        InputError: the number of coefficients is not known.

    >>> import graphcomp as gc
    >>> gc.polyval([1, 0, 2], gc.scalar("x"))
    <node (1*x + 0)*x + 2 float64 ()>
    """
    node = constant(x)
    if isinstance(p, Node) and (p.ndim != 1 or not isinstance(p.shape[0], int)):
        msg = "polyval: needs a vector with a known number of coefficients"
        raise InputError(with_user_line(msg))
    first, *rest = list(p) or [0]
    result = constant(first)
    for coefficient in rest:
        result = result * node + coefficient
    wanted = result.dtype if rest else np.result_type(result.dtype, node.dtype)
    return (result if rest else result.broadcast_to(node.shape)).astype(wanted)


def vander(x: Operand, N: int | None = None, increasing: bool = False) -> Node:
    """The matrix with the powers of a vector as columns, N of them, the highest first.

    Raises:
        ShapeError: not a vector, or neither N nor its length is known.

    >>> import graphcomp as gc
    >>> gc.vander(gc.array("v", "n"), 3).shape
    (n, 3)
    """
    node = constant(x)
    count = N if N is not None or node.ndim != 1 else node.shape[0]
    if node.ndim != 1 or not isinstance(count, int) or count < 1:
        msg = "vander: needs a vector, and N or a known length, 1 or more"
        raise ShapeError(with_user_line(msg))
    powers = [constant(1, node.dtype).broadcast_to(node.shape)]
    for _ in range(count - 1):
        powers.append(powers[-1] * node if len(powers) > 1 else node)
    return stack(powers if increasing else powers[::-1], -1)


def linspace(
    start: Operand, stop: Operand, num: int = 50, endpoint: bool = True, axis: int = 0
) -> Node:
    """Numbers at equal distances between two ends, which may be arrays, along a new axis.

    Raises:
        InputError: num is negative.

    >>> import graphcomp as gc
    >>> gc.linspace(0.0, gc.scalar("b"), 5).shape
    (5,)
    """
    if num < 0:
        msg = f"linspace: num is {num}, not 0 or more"
        raise InputError(with_user_line(msg))
    ends = [constant(end) for end in (start, stop)]
    first, last = (end if end.is_real else end.astype("float64") for end in ends)
    parts = np.arange(num) / max(num - 1 if endpoint else num, 1)
    where = constant(parts.reshape((num, *(1,) * max(first.ndim, last.ndim))))
    return moveaxis((1.0 - where) * first + where * last, 0, axis)


def modf(x: Operand) -> tuple[Node, Node]:
    """The part after the point and the part before it, both with the sign of x.

    >>> import graphcomp as gc
    >>> part, whole = gc.modf(gc.scalar("x"))
    >>> whole
    <node trunc(x) float64 ()>
    """
    node = constant(x)
    node = node if node.is_real else node.astype("float64")
    whole = apply(TRUNC, node)
    return apply(WHERE, apply(ISINF, node), 0.0, node - whole), whole
