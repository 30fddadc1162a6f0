"""Where the two differ, both answers, and why.

Either the derivative does not exist and the conventions differ, or it does exist and JAX loses it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

NAN, INF = np.nan, np.inf


@dataclass(frozen=True)
class Difference:
    """A function at a point, its value and derivative on both sides, and the reason."""

    name: str
    function: Callable[..., Any]
    at: Any
    ours: tuple[Any, Any]
    theirs: tuple[Any, Any]
    why: str


def _vectors_of_equal_eigenvalues(xp: Any, A: Any) -> Any:
    return xp.sum(xp.linalg.eigh(A)[1] * np.array([[1.0, 2.0], [3.0, 4.0]]))


CONVENTIONS = [
    Difference(
        "maximum with a constant, at the tie",
        lambda xp, x: xp.maximum(x, 0.0),
        0.0,
        (0.0, 0.0),
        (0.0, 0.5),
        "the subgradient of least norm, as for relu; JAX takes the mean of both sides",
    ),
    Difference(
        "clip at a bound",
        lambda xp, x: xp.clip(x, 0.0, 1.0),
        0.0,
        (0.0, 0.0),
        (0.0, 0.5),
        "the subgradient of least norm; JAX takes the mean of both sides",
    ),
    Difference(
        "abs at 0",
        lambda xp, x: xp.abs(x),
        0.0,
        (0.0, 0.0),
        (0.0, 1.0),
        "the subgradient of least norm; JAX takes the side of the positive numbers",
    ),
    Difference(
        "leaky_relu at 0",
        lambda xp, x: xp.leaky_relu(x, 0.1),
        0.0,
        (0.0, 0.1),
        (0.0, 1.0),
        "the subgradient of least norm is the slope below",
    ),
    Difference(
        "hypot at the origin",
        lambda xp, x: xp.hypot(x, 2 * x),
        0.0,
        (0.0, 0.0),
        (0.0, 1.5),
        "the subgradient of least norm; JAX's is none of a function with slope sqrt(5)",
    ),
    Difference(
        "norm at 0",
        lambda xp, x: xp.linalg.norm(x),
        np.zeros(2),
        (0.0, [0.0, 0.0]),
        (0.0, [NAN, NAN]),
        "the subgradient of least norm; JAX divides 0 by 0",
    ),
    Difference(
        "std of equal entries",
        lambda xp, x: xp.std(x),
        np.ones(3),
        (0.0, [0.0, 0.0, 0.0]),
        (0.0, [NAN, NAN, NAN]),
        "a norm at 0; JAX multiplies infinity by 0",
    ),
    Difference(
        "median of equal entries",
        lambda xp, x: xp.median(x),
        np.array([1.0, 1.0, 0.0, 2.0, 1.0]),
        (1.0, [1 / 3, 1 / 3, 0.0, 0.0, 1 / 3]),
        (1.0, [0.0, 1.0, 0.0, 0.0, 0.0]),
        "equal entries have equal shares, as with max; JAX follows the one that sorting puts there",
    ),
    Difference(
        "eigenvectors of equal eigenvalues",
        _vectors_of_equal_eigenvalues,
        np.eye(2),
        (5.0, [[0.0, 0.0], [0.0, 0.0]]),
        (5.0, [[NAN, NAN], [NAN, NAN]]),
        "nothing between equal ones, so that what depends on the space alone comes out right",
    ),
    Difference(
        "power with the exponent 0.0, at 0",
        lambda xp, x: x**0.0,
        0.0,
        (1.0, 0.0),
        (1.0, NAN),
        "a constant function; JAX multiplies 0 by infinity",
    ),
]

LOST = [
    Difference(
        "sigmoid as written, far left",
        lambda xp, x: 1 / (1 + xp.exp(-x)),
        -800.0,
        (0.0, 0.0),
        (0.0, NAN),
        "the pattern is recognised; in JAX the square of an overflow divides an overflow",
    ),
    Difference(
        "softplus as written, far right",
        lambda xp, x: xp.log(1 + xp.exp(x)),
        800.0,
        (800.0, 1.0),
        (INF, NAN),
        "the pattern is recognised; in JAX the exponential overflows",
    ),
    Difference(
        "softplus by log1p, far right",
        lambda xp, x: xp.log1p(xp.exp(x)),
        800.0,
        (800.0, 1.0),
        (INF, NAN),
        "the same",
    ),
    Difference(
        "where, and a root of a negative number in the other branch",
        lambda xp, x: xp.where(x > 0, xp.sqrt(x), x),
        -1.0,
        (-1.0, 1.0),
        (-1.0, NAN),
        "the branch not taken contributes nothing; in JAX 0 times NaN",
    ),
    Difference(
        "where, and a logarithm of 0 in the other branch",
        lambda xp, x: xp.where(x > 0, xp.log(x), 0.0),
        0.0,
        (0.0, 0.0),
        (0.0, NAN),
        "the branch not taken contributes nothing; in JAX 0 times infinity",
    ),
    Difference(
        "norm of large numbers",
        lambda xp, x: xp.linalg.norm(x),
        np.array([3e200, 4e200]),
        (5e200, [0.6, 0.8]),
        (INF, [0.0, 0.0]),
        "scaled before squaring; in JAX the squares overflow",
    ),
    Difference(
        "hypot of large numbers",
        lambda xp, x: xp.hypot(x, 2 * x),
        1e200,
        (np.sqrt(5) * 1e200, np.sqrt(5)),
        (np.sqrt(5) * 1e200, 6 / np.sqrt(5)),
        "x/hypot and y/hypot; JAX differentiates its own scaling",
    ),
    Difference(
        "arctan2 of large numbers",
        lambda xp, x: xp.arctan2(x, 2e200),
        1e200,
        (np.arctan(0.5), 4e-201),
        (np.arctan(0.5), 0.0),
        "divided by the hypotenuse twice; in JAX its square overflows",
    ),
    Difference(
        "a quotient of large numbers",
        lambda xp, x: 1e200 / x,
        1e200,
        (1.0, -1e-200),
        (1.0, 0.0),
        "-(a/x)/x; in JAX x**2 overflows",
    ),
    Difference(
        "expm1, far left",
        lambda xp, x: xp.expm1(x),
        -50.0,
        (-1.0, np.exp(-50.0)),
        (-1.0, 0.0),
        "exp(x), not the value plus 1",
    ),
    Difference(
        "sinc near 0",
        lambda xp, x: xp.sinc(x),
        1e-9,
        (1.0, -(np.pi**2) / 3 * 1e-9),
        (1.0, 0.0),
        "a series near 0; JAX computes the difference of equal numbers",
    ),
    Difference(
        "logsumexp of nothing but -inf",
        lambda xp, x: xp.logsumexp(x),
        np.array([-INF, -INF]),
        (-INF, [0.5, 0.5]),
        (-INF, [NAN, NAN]),
        "the limit for equal entries; JAX subtracts infinities",
    ),
    Difference(
        "logaddexp of -inf twice",
        lambda xp, x: xp.logaddexp(x, x + 1),
        -INF,
        (-INF, 1.0),
        (-INF, NAN),
        "the limit for equal entries, half and half; JAX subtracts infinities",
    ),
    Difference(
        "softmax with an infinite entry",
        lambda xp, x: xp.softmax(x, axis=0)[0],
        np.array([INF, 1.0]),
        (1.0, [0.0, 0.0]),
        (NAN, [NAN, NAN]),
        "the limit; JAX subtracts infinities",
    ),
]

DIFFERENCES = [*CONVENTIONS, *LOST]
