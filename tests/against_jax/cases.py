"""What a compared function consists of, and how its arguments are drawn.

A function is written once, against a namespace `xp` that has NumPy's names and those of the special
functions and activations. It is called with that of NumPy and this package, and with that of JAX.
The tables import no JAX, so they can be read where it is missing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Draw = Callable[[np.random.Generator], Array]


class Names:
    """The names of several modules, each from the first that has it."""

    def __init__(self, *modules: Any) -> None:
        self._modules = modules

    def __getattr__(self, name: str) -> Any:
        for module in self._modules:
            if hasattr(module, name):
                return getattr(module, name)
        msg = f"none of the modules has {name}"
        raise AttributeError(msg)


@dataclass(frozen=True)
class Case:
    """A function of `xp` and arrays, and its arguments."""

    name: str
    function: Callable[..., Any]
    draws: tuple[Draw, ...]

    def arguments(self) -> tuple[Array, ...]:
        """The arguments, the same in every run and whatever other cases there are."""
        rng = self.rng()
        return tuple(draw(rng) for draw in self.draws)

    def rng(self) -> np.random.Generator:
        """Random numbers of this case alone."""
        return np.random.default_rng(zlib.crc32(self.name.encode()))


def case(name: str, function: Callable[..., Any], *draws: Draw) -> Case:
    """A case, in one line of a table."""
    return Case(name, function, draws)


def between(low: float, high: float, *shape: int) -> Draw:
    """Uniform on an interval."""
    return lambda rng: np.asarray(rng.uniform(low, high, shape))


def real(*shape: int) -> Draw:
    """Of both signs."""
    return between(-2, 2, *shape)


def positive(*shape: int) -> Draw:
    """Positive, and not close to 0."""
    return between(0.3, 2.0, *shape)


def fractions(*shape: int) -> Draw:
    """Inside of (0, 1)."""
    return between(0.1, 0.9, *shape)


def spread(*shape: int) -> Draw:
    """All of them well apart, in no order: no ties where entries are compared."""

    def draw(rng: np.random.Generator) -> Array:
        size = int(np.prod(shape))
        return np.asarray(rng.permutation(np.linspace(-2, 2, size)).reshape(shape)) + 0.05

    return draw


def regular(n: int, *more: int) -> Draw:
    """Square matrices far from singular, and not symmetric."""
    return lambda rng: np.asarray(
        rng.uniform(-0.5, 0.5, (*more, n, n)) + np.diag(np.arange(1.0, n + 1))
    )


def spd(n: int, *more: int) -> Draw:
    """Symmetric positive definite matrices with distinct eigenvalues."""

    def draw(rng: np.random.Generator) -> Array:
        a = rng.uniform(-0.4, 0.4, (*more, n, n))
        return np.asarray(a + np.swapaxes(a, -1, -2) + np.diag(np.arange(2.0, n + 2)))

    return draw
