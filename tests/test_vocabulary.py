"""Functions composed of several ops: values against NumPy's or SciPy's, derivatives in both modes."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy import special

import graphcomp as gc
from graphcomp import ad
from graphcomp.errors import TracingError
from graphcomp.graph import GraphData
from graphcomp.ops import math_runtime
from graphcomp.ops.special import ERF, ERFC, GAMMALN, POLYGAMMA
from tests.conformance.cases import run
from tests.conformance.numerics import close, difference

rng = np.random.default_rng(3)
A, V = rng.normal(size=(3, 4)), rng.normal(size=5)
POSITIVE, LABELS = rng.uniform(0.5, 2, (3, 4)), np.array([2, 0, 3])


def cross_entropy(z: Any, t: Any) -> Any:
    return -np.mean(np.sum(t * special.log_softmax(z, axis=-1), axis=-1))


def one_hot_loss(z: Any) -> Any:
    return cross_entropy(z, np.eye(4)[LABELS])


def logistic(z: Any, t: Any) -> Any:
    return np.mean(-t * np.log(special.expit(z)) - (1 - t) * np.log(special.expit(-z)))


def tanh_gelu(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


#: name, function, the same on arrays, arguments
Row = tuple[str, Callable[..., Any], Callable[..., Any], tuple[Any, ...]]
TABLE: list[Row] = [
    ("float_power", lambda x: gc.float_power(x, 3), lambda x: x**3, (A,)),
    ("deg2rad", gc.deg2rad, np.deg2rad, (A,)),
    ("rad2deg", gc.rad2deg, np.rad2deg, (A,)),
    ("copysign", gc.copysign, np.copysign, (A, A.T.reshape(3, 4))),
    ("fmax", gc.fmax, np.fmax, (A, -A + 0.1)),
    ("fmin", gc.fmin, np.fmin, (A, -A + 0.1)),
    ("clip", lambda x: gc.clip(x, -0.5, 0.7), lambda x: np.clip(x, -0.5, 0.7), (A,)),
    ("nan_to_num", gc.nan_to_num, np.nan_to_num, (A,)),
    ("logit", gc.logit, special.logit, (POSITIVE / 3,)),
    ("xlogy", gc.xlogy, special.xlogy, (A, POSITIVE)),
    ("var", gc.var, np.var, (A,)),
    ("var axis", lambda x: gc.var(x, 0, ddof=1), lambda x: np.var(x, 0, ddof=1), (A,)),
    ("std", gc.std, np.std, (A,)),
    ("std axes", lambda x: gc.std(x, (0, 1)), lambda x: np.std(x, (0, 1)), (A,)),
    ("ptp", lambda x: gc.ptp(x, 1), lambda x: np.ptp(x, 1), (A,)),
    ("median odd", gc.median, np.median, (V,)),
    ("median even", lambda x: gc.median(x, 1), lambda x: np.median(x, 1), (A,)),
    (
        "average",
        lambda x, w: gc.average(x, weights=w),
        lambda x, w: np.average(x, weights=w),
        (A, POSITIVE),
    ),
    ("nansum", gc.nansum, np.nansum, (A,)),
    ("nanmean", lambda x: gc.nanmean(x, 0), lambda x: np.nanmean(x, 0), (A,)),
    ("norm", gc.norm, np.linalg.norm, (A,)),
    ("norm 1", lambda x: gc.norm(x, 1), lambda x: np.linalg.norm(x, 1), (V,)),
    ("norm inf", lambda x: gc.norm(x, np.inf), lambda x: np.linalg.norm(x, np.inf), (V,)),
    ("norm 3", lambda x: gc.norm(x, 3), lambda x: np.linalg.norm(x, 3), (V,)),
    ("norm fro", lambda x: gc.norm(x, "fro"), lambda x: np.linalg.norm(x, "fro"), (A,)),
    ("matrix 1", lambda x: gc.norm(x, 1), lambda x: np.linalg.norm(x, 1), (A,)),
    ("logsumexp", lambda x: gc.logsumexp(x, 1), lambda x: special.logsumexp(x, 1), (A,)),
    ("softmax", lambda x: gc.softmax(x, 1), lambda x: special.softmax(x, 1), (A,)),
    ("log_softmax", lambda x: gc.log_softmax(x, 1), lambda x: special.log_softmax(x, 1), (A,)),
    ("cumsum", gc.cumsum, np.cumsum, (A,)),
    ("cumprod", lambda x: gc.cumprod(x, 1), lambda x: np.cumprod(x, 1), (A,)),
    ("diff", lambda x: gc.diff(x, 2), lambda x: np.diff(x, 2), (A,)),
    (
        "gradient",
        lambda x: gc.gradient(x, 0.5, edge_order=2),
        lambda x: np.gradient(x, 0.5, edge_order=2),
        (V,),
    ),
    ("leaky_relu", gc.nn.leaky_relu, lambda x: np.where(x > 0, x, 0.01 * x), (A,)),
    ("elu", gc.nn.elu, lambda x: np.where(x > 0, x, np.expm1(x)), (A,)),
    ("silu", gc.nn.silu, lambda x: x * special.expit(x), (A,)),
    ("gelu", gc.nn.gelu, tanh_gelu, (A,)),
    ("mse", gc.nn.mean_squared_error, lambda p, y: np.mean((p - y) ** 2), (A, POSITIVE)),
    ("bce", gc.nn.binary_cross_entropy_with_logits, logistic, (A, POSITIVE / 3)),
    ("softmax ce", gc.nn.softmax_cross_entropy_with_logits, cross_entropy, (A, POSITIVE)),
    (
        "softmax ce classes",
        lambda z: gc.nn.softmax_cross_entropy_with_logits(z, LABELS),
        one_hot_loss,
        (A,),
    ),
]


@pytest.mark.parametrize(
    ("f", "reference", "at"), [r[1:] for r in TABLE], ids=[r[0] for r in TABLE]
)
def test_value_and_derivatives(f: Any, reference: Any, at: tuple[Any, ...]):
    values = {f"x{i}": np.asarray(value) for i, value in enumerate(at)}
    inputs = [gc.array(name, value.shape) for name, value in values.items()]
    graph = GraphData(inputs, {"y": f(*inputs)})
    found = run(graph, values)["y"]
    assert close(found, np.asarray(reference(*at)), 1e-13)
    directions = {name: rng.normal(size=value.shape) for name, value in values.items()}
    wrt = list(values) if f is not gc.copysign else ["x0"]
    moving = {name: directions[name] for name in wrt}
    seeds = {f"{name}_dot": value for name, value in moving.items()}
    image = run(ad.pushforward(graph, wrt), values | seeds)["y_dot"]
    expected = difference(lambda v: np.asarray(reference(*v.values())), values, moving)
    assert close(image, expected, 1e-6)
    ct = rng.normal(size=found.shape)
    pulled = run(ad.pullback(graph, wrt), values | {"y_bar": ct})
    reverse = sum(np.sum(pulled[f"{name}_bar"] * moving[name]) for name in wrt)
    assert reverse == pytest.approx(np.sum(ct * image), rel=1e-11, abs=1e-12)


#: op, its value in high precision, intervals, the relative error allowed
SPECIAL: list[tuple[Any, Any, list[tuple[float, float]], float]] = [
    (ERF, mpmath.erf, [(-6, 6), (1e-9, 1e-3)], 5e-16),
    (ERFC, mpmath.erfc, [(-6, 6), (6, 26)], 1e-15),
    (GAMMALN, mpmath.loggamma, [(1e-9, 0.9), (0.9, 2.1), (2.1, 12), (12, 1e9)], 1e-15),
    (POLYGAMMA, mpmath.digamma, [(1e-9, 3), (3, 1e6)], 1.5e-15),
]


@pytest.mark.parametrize(("op", "exact", "spans", "allowed"), SPECIAL, ids=lambda v: str(v)[:12])
def test_special_functions_are_accurate(op: Any, exact: Any, spans: Any, allowed: float):
    params = {"order": 0} if op is POLYGAMMA else {}
    with mpmath.workdps(40):
        for low, high in spans:
            points = rng.uniform(low, high, 200)
            for at, found in zip(points, op.evaluate(points, **params), strict=True):
                true = exact(mpmath.mpf(float(at)))
                assert abs(mpmath.mpf(float(found)) - true) <= allowed * abs(true), at


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_polygamma_on_floats_and_below_zero(order: int):
    for at in (0.3, 1.5, 40.0, -0.5, -3.3):
        exact = float(mpmath.polygamma(order, mpmath.mpf(at)))
        assert math_runtime._polygamma(at, order) == pytest.approx(exact, rel=1e-13)
        with np.errstate(all="ignore"):
            found = POLYGAMMA.evaluate(np.array(at), order)
        assert found == pytest.approx(exact, rel=1e-13)


def test_gammaln_of_positive_integers_divides_by_nothing():
    found = GAMMALN.evaluate(np.arange(1.0, 20.0))  # a warning would be an error
    exact = [float(mpmath.loggamma(n)) for n in range(1, 20)]
    np.testing.assert_allclose(found, exact, rtol=1e-15, atol=1e-16)


def test_norms_at_the_edges():
    x = gc.array("x", 3)
    for f in (gc.norm, gc.std, lambda x: gc.norm(x, 3)):
        slopes = ad.gradient(GraphData([x], {"y": f(x)}))
        assert run(slopes, {"x": np.zeros(3)})["d_y_d_x"].tolist() == [0, 0, 0]
    for scale in (1e200, 1e-200):
        graph = GraphData([x], {"y": gc.norm(x)})
        at = {"x": scale * np.array([2.0, 3.0, 6.0])}
        assert run(graph, at)["y"] == pytest.approx(7 * scale, rel=1e-15)
        slopes_at = run(ad.gradient(graph), at)["d_y_d_x"]
        assert np.allclose(slopes_at, [2 / 7, 3 / 7, 6 / 7], rtol=1e-14)


def test_losses_of_large_logits():
    z = gc.array("z", 2)
    graph = GraphData([z], {"y": gc.nn.softmax_cross_entropy_with_logits(z, np.array([0.0, 1.0]))})
    at = {"z": np.array([1000.0, -1000.0])}
    assert run(graph, at)["y"] == 2000
    assert run(ad.gradient(graph), at)["d_y_d_z"].tolist() == [1, -1]
    graph = GraphData([z], {"y": gc.nn.binary_cross_entropy_with_logits(z, np.array([0.0, 1.0]))})
    assert run(graph, at)["y"] == 1000
    assert run(ad.gradient(graph), at)["d_y_d_z"].tolist() == [0.5, -0.5]


def test_symbolic_sizes():
    x = gc.array("x", "n")
    values = {"x": V}
    for f, reference in ((gc.std, np.std), (gc.var, np.var), (gc.median, np.median)):
        assert run(GraphData([x], {"y": f(x)}), values)["y"] == pytest.approx(reference(V))


def test_keywords_that_can_not_be_traced_are_named():
    x = gc.array("x", 3)
    with pytest.raises(TracingError, match="dtype="):
        np.sum(x, dtype=np.float32)
    with pytest.raises(TracingError, match="where="):
        np.std(x, where=V[:3] > 0)
