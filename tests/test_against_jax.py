"""Values and derivatives of many functions, against those of JAX.

JAX comes from other hands, with other rules: what both agree on is no shared mistake. It is a tool
of the tests alone; where it can't be imported the comparison is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from tests.against_jax import arrays, elementwise, models, products, reductions
from tests.against_jax.cases import Array, Case, Names
from tests.against_jax.differences import DIFFERENCES, Difference

jax = pytest.importorskip(
    "jax",
    reason="JAX can't be imported here: the comparison with it is left out",
    exc_type=ImportError,
)
jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platforms", "cpu")

# Each function is compiled to be run a few times: what makes the compiler faster is worth more than
# what makes the code faster. Other versions may not know these options; they are tried first.
jax.config.update("jax_disable_most_optimizations", True)
QUICK = {"xla_cpu_use_fusion_emitters": False, "xla_cpu_parallel_codegen_split_count": 1}
try:
    jax.jit(abs).lower(1.0).compile(compiler_options=QUICK)
except (ValueError, RuntimeError):
    QUICK.clear()

CASES = [
    *elementwise.CASES,
    *reductions.CASES,
    *products.CASES,
    *arrays.CASES,
    *models.CASES,
]

#: Full Hessians up to so many entries of all arguments together, else the product with a vector.
SMALL = 16
TOLERANCE = 1e-10


def _binary_cross_entropy(logits: Any, targets: Any) -> Any:
    z, t = logits, targets
    return jax.numpy.mean(t * jax.nn.softplus(-z) + (1 - t) * jax.nn.softplus(z))


def _softmax_cross_entropy(logits: Any, targets: Any) -> Any:
    if targets.ndim < logits.ndim:
        targets = jax.nn.one_hot(targets, logits.shape[-1])
    return -jax.numpy.mean(jax.numpy.sum(targets * jax.nn.log_softmax(logits), axis=-1))


LOSSES = SimpleNamespace(
    mean_squared_error=lambda p, y: jax.numpy.mean((p - y) ** 2),
    squared_loss=lambda p, y: 0.5 * jax.numpy.sum((p - y) ** 2),
    binary_cross_entropy_with_logits=_binary_cross_entropy,
    softmax_cross_entropy_with_logits=_softmax_cross_entropy,
)
OURS = Names(np, gc.nn, gc)
THEIRS = Names(jax.numpy, jax.nn, jax.scipy.special, LOSSES)


def leaves(value: Any) -> list[Array]:
    """The arrays of a value, which may be a tuple."""
    return [np.asarray(v) for v in value] if isinstance(value, tuple) else [np.asarray(value)]


def agree(what: str, found: Sequence[Any], expected: Sequence[Any]) -> None:
    """Each array to ten digits of its largest entry.

    Of the largest, as entries that cancel to zero leave rounding errors of the size of the others
    behind. An array of zeros may differ by rounding errors of numbers around 1.
    """
    for i, pair in enumerate(zip(found, expected, strict=True)):
        mine, theirs = map(np.asarray, pair)
        assert mine.shape == theirs.shape, f"{what} [{i}]: shape {mine.shape}, not {theirs.shape}"
        assert np.isfinite(theirs).all(), f"{what} [{i}]: JAX gives {theirs}"
        assert np.isfinite(mine).all(), f"{what} [{i}]: {mine}"
        allowed = TOLERANCE * np.max(np.abs(theirs), initial=0) + 1e-14
        error = np.max(np.abs(mine - theirs), initial=0)
        assert error <= allowed, f"{what} [{i}]: {error:.1e} off\n{mine}\nnot\n{theirs}"


class Point:
    """A case at its arguments, with random tangents and cotangents.

    Attributes:
        ours: the function on NumPy and this package.
        cotangent: arranged as the value.
        theirs: JAX's ((value, vjp), (jvp, Hessian times tangents)) of arguments and tangents.
    """

    def __init__(self, case: Case) -> None:
        def ours(*args: Any) -> Any:
            return case.function(OURS, *args)

        def pulled(*args: Any) -> Any:
            value, pullback = jax.vjp(lambda *args: case.function(THEIRS, *args), *args)
            return value, pullback(self.cotangent)

        rng = case.rng()
        self.ours, self.args = ours, case.arguments()
        self.tangents = tuple(np.asarray(rng.normal(size=np.shape(a))) for a in self.args)
        self.value, self.tangent = gc.jvp(ours, self.args, self.tangents)
        cotangents = tuple(np.asarray(rng.normal(size=y.shape)) for y in leaves(self.value))
        self.cotangent: Any = cotangents if isinstance(self.value, tuple) else cotangents[0]
        both = jax.jit(lambda args, tangents: jax.jvp(pulled, args, tangents))
        self.theirs = both.lower(self.args, self.tangents).compile(compiler_options=QUICK)

    def contracted(self, *args: Any) -> Any:
        """One number: the value against the cotangents."""
        value = self.ours(*args)
        if not isinstance(value, tuple):
            return np.sum(self.cotangent * value)
        return sum(np.sum(u * y) for u, y in zip(self.cotangent, value, strict=True))

    def hessian_of_jax(self) -> Array:
        """The full Hessian over all arguments as one vector, row by row."""
        ends = np.cumsum([a.size for a in self.args])
        rows = []
        for direction in np.eye(ends[-1]):
            pieces = zip(np.split(direction, ends[:-1]), self.args, strict=True)
            moved = tuple(piece.reshape(a.shape) for piece, a in pieces)
            products = self.theirs(self.args, moved)[1][1]
            rows.append(np.concatenate([np.ravel(h) for h in products]))
        return np.array(rows)

    def second_order(self) -> None:
        """The Hessian of the contraction, or its product with the tangents if it is large."""
        sizes, argnums = [a.size for a in self.args], tuple(range(len(self.args)))
        if sum(sizes) > SMALL:
            found = gc.hvp(self.contracted, argnums)(*self.args, self.tangents)
            agree("Hessian times vector", found, self.theirs(self.args, self.tangents)[1][1])
            return
        blocks = gc.hessian(self.contracted, argnums)(*self.args)
        for i in argnums:
            for j in argnums:
                assert np.shape(blocks[i][j]) == self.args[i].shape + self.args[j].shape
        flat = [[np.reshape(blocks[i][j], (sizes[i], -1)) for j in argnums] for i in argnums]
        agree("Hessian", [np.block(flat)], [self.hessian_of_jax()])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_values_and_derivatives_agree_with_jax(case: Case):
    point = Point(case)
    (value, gradients), (tangent, _) = point.theirs(point.args, point.tangents)
    agree("value", leaves(point.value), leaves(value))
    agree("jvp", leaves(point.tangent), leaves(tangent))
    value_again, pullback = gc.vjp(point.ours, *point.args)
    agree("value of vjp", leaves(value_again), leaves(value))
    agree("vjp", pullback(point.cotangent), gradients)
    point.second_order()


def test_many_functions_are_compared_and_each_once():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= 150


def same(found: tuple[Any, Any], expected: tuple[Any, Any]) -> bool:
    return all(
        np.allclose(a, b, rtol=1e-12, atol=0, equal_nan=True)
        for a, b in zip(found, expected, strict=True)
    )


@pytest.mark.parametrize("case", DIFFERENCES, ids=lambda case: case.name)
def test_where_jax_differs_both_answers_are_known(case: Difference):
    with np.errstate(all="ignore"):
        found = gc.value_and_grad(lambda x: case.function(OURS, x))(case.at)
        pushed = gc.jvp(lambda x: case.function(OURS, x), (case.at,), (np.ones_like(case.at),))
    assert same(found, case.ours), f"{found}, not {case.ours}: {case.why}"
    assert same(pushed, (case.ours[0], np.sum(case.ours[1]))), f"{pushed}: {case.why}"
    theirs = jax.value_and_grad(lambda x: case.function(THEIRS, x))(case.at)
    # A later JAX may well come to the same answer.
    assert same(theirs, case.theirs) or same(theirs, case.ours), f"JAX gives {theirs}: {case.why}"
    assert not same(case.ours, case.theirs)
