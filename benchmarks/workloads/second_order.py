"""Second derivatives of a function of 30 variables: Hessian times vector, and the Hessian."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.case import Case
from benchmarks.workloads.rosenbrock import model


def hvp(x: Any, v: Any) -> Any:
    """The Hessian has three diagonals; none is built."""
    left = x[:-1]
    result = np.empty_like(x)
    side = left * -400.0
    main = left * left
    main *= 1200.0
    main += 2.0
    main -= 400.0 * x[1:]
    main *= v[:-1]
    side_v = side * v[1:]
    main += side_v
    result[:-1] = main
    result[-1] = 0.0
    after = result[1:]
    side *= v[:-1]
    after += side
    after += 200.0 * v[1:]
    return result


def hessian(x: Any) -> Any:
    """Three diagonals, written as strided views of the result."""
    n = len(x)
    H = np.zeros((n, n))
    entries = H.reshape(n * n)
    left = x[:-1]
    side = left * -400.0
    main = entries[:: n + 1]
    np.multiply(left, left, main[:-1])
    main[:-1] *= 1200.0
    main[:-1] += 2.0
    main[:-1] -= 400.0 * x[1:]
    main[1:] += 200.0
    entries[1 :: n + 1] = side
    entries[n :: n + 1] = side
    return H


def make_hvp(n: int) -> Case:
    """Rosenbrock's function, in a random direction."""
    rng = np.random.default_rng(0)
    return Case(
        name=f"Hessian times vector, n = {n}",
        model=model,
        arguments={"x": rng.standard_normal(n)},
        shapes={"x": "n"},
        wrt=("x",),
        expert=hvp,
        task="hvp",
        direction=rng.standard_normal(n),
    )


def make_hessian(n: int) -> Case:
    """Rosenbrock's function, its dense Hessian."""
    return Case(
        name=f"Hessian, n = {n}",
        model=model,
        arguments={"x": np.random.default_rng(0).standard_normal(n)},
        shapes={"x": "n"},
        wrt=("x",),
        expert=hessian,
        task="hessian",
    )


CASES = (partial(make_hvp, 30), partial(make_hessian, 30))
TINY = (partial(make_hvp, 5), partial(make_hessian, 5))
