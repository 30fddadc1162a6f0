"""Elementwise functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.against_jax.cases import Case, Draw, between, case, fractions, positive, real, spread

MASK = np.array([True, False, True, True, False])


def named(name: str, *draws: Draw) -> Case:
    """The function of this name, on these arguments."""

    def function(xp: Any, *args: Any) -> Any:
        return getattr(xp, name)(*args)

    return case(name, function, *draws)


def flat(name: str, f: Callable[..., Any]) -> Case:
    """A step function, in a product: what it adds to the derivative must be nothing."""
    return case(name, lambda xp, x: x * f(xp, x) + x**2, real(4))


def safe_root(xp: Any, x: Any) -> Any:
    inside = x > 0
    return xp.where(inside, xp.sqrt(xp.where(inside, x, 1.0)), x**3)


def selected(xp: Any, x: Any) -> Any:
    return xp.select([x < -1, x < 1], [x**2, xp.sin(x)], xp.exp(-x))


def pieces(xp: Any, x: Any) -> Any:
    return xp.piecewise(x, [x < -1, x > 1], [lambda t: t**2, xp.exp, lambda t: t**3])


ONE = [
    named("negative", real(3)),
    named("absolute", real(4)),
    named("fabs", real(4)),
    named("square", real(3)),
    named("sqrt", positive(3)),
    named("cbrt", between(-2, -0.2, 3)),
    named("reciprocal", positive(3)),
    named("exp", real(3)),
    named("exp2", real(3)),
    named("expm1", real(3)),
    named("log", positive(3)),
    named("log2", positive(3)),
    named("log10", positive(3)),
    named("log1p", positive(3)),
    named("sin", real(3)),
    named("cos", real(3)),
    named("tan", between(-1.2, 1.2, 3)),
    named("arcsin", between(-0.9, 0.9, 3)),
    named("arccos", between(-0.9, 0.9, 3)),
    named("arctan", real(3)),
    named("sinh", real(3)),
    named("cosh", real(3)),
    named("tanh", real(3)),
    named("arcsinh", real(3)),
    named("arccosh", between(1.2, 3, 3)),
    named("arctanh", between(-0.9, 0.9, 3)),
    named("deg2rad", real(3)),
    named("rad2deg", real(3)),
    named("sinc", real(4)),
    named("nan_to_num", real(4)),
    named("erf", real(3)),
    named("erfc", real(3)),
    named("gammaln", positive(3)),
    named("digamma", positive(3)),
    named("expit", real(3)),
    named("logit", fractions(3)),
    flat("sign", lambda xp, x: xp.sign(x)),
    flat("floor", lambda xp, x: xp.floor(x)),
    flat("ceil", lambda xp, x: xp.ceil(x)),
    flat("trunc", lambda xp, x: xp.trunc(x)),
    flat("rint", lambda xp, x: xp.rint(x)),
    flat("round", lambda xp, x: xp.round(x)),
    flat("round to decimals", lambda xp, x: xp.round(x, 1)),
    flat("floor_divide", lambda xp, x: x // 0.7),
]

TWO = [
    named("add", real(2, 3), real(3)),
    named("subtract", real(2, 3), real(2, 1)),
    named("multiply", real(2, 3), real(3)),
    named("divide", real(2, 3), positive(3)),
    named("true_divide", real(), positive(3)),
    named("power", positive(2, 3), real(3)),
    named("float_power", positive(3), real(3)),
    named("arctan2", real(3), real(3)),
    named("hypot", real(3), real(3)),
    named("logaddexp", real(3), real(3)),
    named("logaddexp2", real(3), real(3)),
    named("xlogy", real(3), positive(3)),
    named("maximum", real(2, 3), real(3)),
    named("minimum", real(2, 3), real(3)),
    named("fmax", real(3), real(3)),
    named("fmin", real(3), real(3)),
    named("mod", real(3), positive(3)),
    named("remainder", real(3), between(-2, -0.3, 3)),
    named("fmod", real(3), positive(3)),
    case("copysign", lambda xp, x, y: xp.copysign(x, y) * y, real(3), real(3)),
    case("heaviside", lambda xp, x: xp.heaviside(x, 0.5) * x**2, real(4)),
    case("positive powers", lambda xp, x: x**2 + x**3 - 2 * x**5, real(3)),
    case("negative powers", lambda xp, x: x**-1 + 3 * x**-2, positive(3)),
    case("broken powers", lambda xp, x: x**0.5 + x**-1.5 + x**2.5, positive(3)),
    case("power of a number", lambda xp, x: 2.0**x + 0.5 ** (x**2), real(3)),
    case("power of itself", lambda xp, x: x**x, positive(3)),
    case("operators", lambda xp, x, y: (-x + 2 * y - 3) / (y + 5) * +1.5 - x / 4, real(3), real(3)),
    case("numbers of Python", lambda xp, x: 3 - (2 / (1 + x * 4)) // 100 + 7 * x**2, positive(3)),
    case("a scalar", lambda xp, x: xp.sin(x) * xp.exp(-x), real()),
    case("scalar and array", lambda xp, x, y: x * xp.cos(y) + y / x, positive(), real(3)),
    case("outer by broadcasting", lambda xp, x, y: x[:, None] ** 2 * y, real(3), real(2)),
]

CHOICES = [
    case("where", lambda xp, x, y: xp.where(x > y, x * y, x - y**2), real(4), real(4)),
    case("where, broadcast", lambda xp, x, y: xp.where(x > 0, x**2, y), real(2, 3), real(3)),
    case("where, a constant mask", lambda xp, x: xp.where(MASK, xp.exp(x), x**3), real(5)),
    case("where, safe inside", safe_root, real(6)),
    case("clip", lambda xp, x: xp.clip(x, -0.5, 0.7) * x, real(6)),
    case("clip by arrays", lambda xp, x, y: xp.clip(x, -y, y), real(6), positive(6)),
    case("select", selected, spread(6)),
    case("piecewise", pieces, spread(6)),
    case(
        "conditions joined",
        lambda xp, x: xp.where(xp.logical_or(x < -1, xp.logical_not(x < 1)), x**2, xp.sin(x)),
        spread(6),
    ),
]

NEURAL = [
    named("relu", real(5)),
    named("sigmoid", real(3)),
    named("softplus", real(3)),
    named("silu", real(3)),
    named("gelu", real(3)),
    named("elu", real(5)),
    case("elu, a slope", lambda xp, x: xp.elu(x, 0.3), real(5)),
    named("leaky_relu", real(5)),
    case("leaky_relu, a slope", lambda xp, x: xp.leaky_relu(x, 0.2), real(5)),
    case("softmax by rows", lambda xp, x: xp.softmax(x, axis=-1), real(2, 3)),
    case("softmax by columns", lambda xp, x: xp.softmax(x, axis=0), real(3, 2)),
    case("log_softmax by rows", lambda xp, x: xp.log_softmax(x, axis=-1), real(2, 3)),
    case("log_softmax by columns", lambda xp, x: xp.log_softmax(x, axis=0), real(3, 2)),
]


CASES = [*ONE, *TWO, *CHOICES, *NEURAL]
