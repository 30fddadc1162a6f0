"""Each stability rule: where it applies, where not, and values and derivatives against 800 digits."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest

import graphcomp as gc
from graphcomp.rewrite import Report, stabilize
from graphcomp.rewrite.stability import RULES

mp = mpmath.mp
F = Callable[[Any], Any]

MAGNITUDES = (1e-300, 1e-8, 1e-3, 0.5, 1.0, 30.0, 45.0, 700.0, 800.0, 1e300)
POINTS = (0.0, *MAGNITUDES, *(-m for m in MAGNITUDES))
BELOW = tuple(x for x in POINTS if x < 0)
ABOVE = tuple(x for x in POINTS if x > 0)
LARGEST, SMALLEST = 1.7e308, 1e-300


def s(x):
    return 1 / (1 + mp.exp(-x))


def slope(x):
    return s(x) * s(-x)


class Case(NamedTuple):
    """A formula of one number, as it is written, and what it and its derivative come to."""

    rule: str
    f: F
    value: F
    derivative: F
    points: tuple[float, ...] = POINTS


CASES = [
    Case("softplus", lambda x: gc.log(1 + gc.exp(x)), lambda x: mp.log(1 + mp.exp(x)), s),
    Case("softplus", lambda x: gc.log(gc.exp(x) + 1), lambda x: mp.log(1 + mp.exp(x)), s),
    Case("softplus", lambda x: gc.log1p(gc.exp(x)), lambda x: mp.log(1 + mp.exp(x)), s),
    Case(
        "softplus",
        lambda x: gc.log(1 + gc.exp(-3 * x)),
        lambda x: mp.log(1 + mp.exp(-3 * x)),
        lambda x: -3 * s(-3 * x),
    ),
    Case(
        "log_of_two_exps",
        lambda x: gc.log(gc.exp(x) + gc.exp(2 * x)),
        lambda x: mp.log(mp.exp(x) + mp.exp(2 * x)),
        lambda x: 1 + s(x),
    ),
    Case("sigmoid", lambda x: 1 / (1 + gc.exp(-x)), s, slope),
    Case("sigmoid", lambda x: 1 / (gc.exp(x) + 1), lambda x: s(-x), lambda x: -slope(x)),
    Case("quotient_sigmoid", lambda x: gc.exp(x) / (1 + gc.exp(x)), s, slope),
    Case(
        "quotient_sigmoid",
        lambda x: 3 / (1 + gc.exp(-x)),
        lambda x: 3 * s(x),
        lambda x: 3 * slope(x),
    ),
    Case(
        "quotient_slope",
        lambda x: gc.exp(-x) / (1 + gc.exp(-x)) ** 2,
        slope,
        lambda x: slope(x) * (1 - 2 * s(x)),
    ),
    Case("reflected_sigmoid", lambda x: 1 - gc.sigmoid(x), lambda x: s(-x), lambda x: -slope(x)),
    Case(
        "reflected_sigmoid",
        lambda x: 1 - 1 / (1 + gc.exp(-x)),
        lambda x: s(-x),
        lambda x: -slope(x),
    ),
    Case(
        "sigmoid_slope",
        lambda x: gc.sigmoid(x) * (1 - gc.sigmoid(x)),
        slope,
        lambda x: slope(x) * (1 - 2 * s(x)),
    ),
    Case(
        "sigmoid_times_tail",
        lambda x: gc.exp(-x) * (1 / (1 + gc.exp(-x))) ** 2,
        slope,
        lambda x: slope(x) * (1 - 2 * s(x)),
    ),
    Case(
        "log_of_sigmoid",
        lambda x: gc.log(gc.sigmoid(x)),
        lambda x: -mp.log(1 + mp.exp(-x)),
        lambda x: s(-x),
    ),
    Case(
        "log_of_sigmoid",
        lambda x: gc.log(1 - 1 / (1 + gc.exp(-x))),
        lambda x: -mp.log(1 + mp.exp(x)),
        lambda x: -s(x),
    ),
    Case(
        "one_plus_tanh",
        lambda x: 1 + gc.tanh(x),
        lambda x: 2 * s(2 * x),
        lambda x: 4 * slope(2 * x),
    ),
    Case(
        "one_plus_tanh",
        lambda x: 1 - gc.tanh(x),
        lambda x: 2 * s(-2 * x),
        lambda x: -4 * slope(2 * x),
    ),
    Case(
        "tanh_slope",
        lambda x: 1 - gc.tanh(x) ** 2,
        lambda x: 4 * slope(2 * x),
        lambda x: -8 * slope(2 * x) * (2 * s(2 * x) - 1),
    ),
    Case(
        "inverse_square_of_cosh",
        lambda x: 1 / gc.cosh(x) ** 2,
        lambda x: 4 * slope(2 * x),
        lambda x: -8 * slope(2 * x) * (2 * s(2 * x) - 1),
    ),
    Case(
        "inverse_square_of_cosh",
        lambda x: gc.cosh(x) ** -2,
        lambda x: 4 * slope(2 * x),
        lambda x: -8 * slope(2 * x) * (2 * s(2 * x) - 1),
    ),
    Case(
        "sinh_by_cosh",
        lambda x: gc.sinh(x) / gc.cosh(x),
        lambda x: 2 * s(2 * x) - 1,
        lambda x: 4 * slope(2 * x),
    ),
    Case(
        "tanh_by_exps",
        lambda x: (gc.exp(x) - gc.exp(-x)) / (gc.exp(x) + gc.exp(-x)),
        lambda x: 2 * s(2 * x) - 1,
        lambda x: 4 * slope(2 * x),
    ),
    Case(
        "tanh_by_expm1",
        lambda x: (gc.exp(2 * x) - 1) / (gc.exp(2 * x) + 1),
        lambda x: 2 * s(2 * x) - 1,
        lambda x: 4 * slope(2 * x),
    ),
    Case(
        "tanh_by_expm1",
        lambda x: (1 - gc.exp(-2 * x)) / (1 + gc.exp(-2 * x)),
        lambda x: 2 * s(2 * x) - 1,
        lambda x: 4 * slope(2 * x),
    ),
    Case("sinh_by_exps", lambda x: (gc.exp(x) - gc.exp(-x)) / 2, mp.sinh, mp.cosh),
    Case("sinh_by_exps", lambda x: 0.5 * (gc.exp(x) + gc.exp(-x)), mp.cosh, mp.sinh),
    Case(
        "log1mexp",
        lambda x: gc.log(1 - gc.exp(x)),
        lambda x: mp.log(1 - mp.exp(x)),
        lambda x: mp.exp(x) / (mp.exp(x) - 1),
        (-1e-300, -1e-8, -0.5, -1.0, -30.0, -700.0, -800.0),
    ),
    Case(
        "log1mexp",
        lambda x: gc.log1p(-gc.exp(-x)),
        lambda x: mp.log(1 - mp.exp(-x)),
        lambda x: 1 / (mp.exp(x) - 1),
        (1e-300, 1e-8, 0.5, 1.0, 30.0, 700.0),
    ),
    Case("log_of_exp", lambda x: gc.log(gc.exp(x)), lambda x: x, lambda x: mp.mpf(1)),
    Case("log_of_exp", lambda x: gc.log1p(gc.expm1(x)), lambda x: x, lambda x: mp.mpf(1)),
    Case("expm1", lambda x: gc.exp(x) - 1, lambda x: mp.exp(x) - 1, mp.exp),
    Case("expm1", lambda x: 1 - gc.exp(x), lambda x: 1 - mp.exp(x), lambda x: -mp.exp(x)),
    Case("expm1", lambda x: -1 + gc.exp(x), lambda x: mp.exp(x) - 1, mp.exp),
    Case(
        "log1p",
        lambda x: gc.log(1 + x),
        lambda x: mp.log(1 + x),
        lambda x: 1 / (1 + x),
        (0.0, *ABOVE),
    ),
    Case(
        "log1p",
        lambda x: gc.log(1 - x),
        lambda x: mp.log(1 - x),
        lambda x: -1 / (1 - x),
        (0.0, *BELOW),
    ),
    Case(
        "log1p",
        lambda x: gc.log(1 + x**2),
        lambda x: mp.log(1 + x * x),
        lambda x: 2 * x / (1 + x * x),
        tuple(x for x in POINTS if abs(x) < 1e100),
    ),
    Case("one_minus_cos", lambda x: 1 - gc.cos(x), lambda x: 1 - mp.cos(x), mp.sin),
    Case("one_minus_cos", lambda x: gc.cos(x) - 1, lambda x: mp.cos(x) - 1, lambda x: -mp.sin(x)),
    Case("reciprocal_of_exp", lambda x: 1 / gc.exp(x), lambda x: mp.exp(-x), lambda x: -mp.exp(-x)),
    Case(
        "quotient_by_exp",
        lambda x: 3 / gc.exp(x),
        lambda x: 3 * mp.exp(-x),
        lambda x: -3 * mp.exp(-x),
    ),
    Case(
        "quotient_by_exp",
        lambda x: gc.exp(x) / gc.exp(2 * x),
        lambda x: mp.exp(-x),
        lambda x: -mp.exp(-x),
    ),
    Case("root_of_square", lambda x: gc.sqrt(x**2), abs, mp.sign),
    Case("root_of_square", lambda x: gc.sqrt(x * x), abs, mp.sign),
    Case(
        "hypot",
        lambda x: gc.sqrt(x**2 + 1),
        lambda x: mp.sqrt(x * x + 1),
        lambda x: x / mp.sqrt(x * x + 1),
    ),
    Case(
        "hypot",
        lambda x: gc.sqrt(x**2 + (2 * x) ** 2),
        lambda x: mp.sqrt(5) * abs(x),
        lambda x: mp.sqrt(5) * mp.sign(x),
    ),
]
IDS = [f"{case.rule}-{i}" for i, case in enumerate(CASES)]


def close(found: float, expected: Any) -> bool:
    """Within 1e-12 relative, wherever the true value is a normal number; tiny where that is tiny."""
    if abs(expected) > LARGEST:
        return bool(np.isinf(found))
    if abs(expected) < SMALLEST:
        return abs(found) <= 2 * SMALLEST
    return bool(abs(mp.mpf(float(found)) - expected) <= mp.mpf("1e-12") * abs(expected))


def representable(*values: Any) -> bool:
    return all(abs(value) <= LARGEST for value in values)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_rule_applies_by_its_name(case: Case):
    report = Report()
    stabilize([case.f(gc.scalar("x"))], report)
    assert case.rule in report.counts["stability"]


@pytest.mark.parametrize("target", ["numpy", "math"])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_value_and_derivative_in_generated_code(case: Case, target: str):
    x = gc.scalar("x")
    function = gc.Graph([x], {"y": case.f(x)}).compile("value_and_grad", wrt="x", target=target)
    with mp.workdps(800):
        for point in case.points:
            at = mp.mpf(point)
            value, derivative = case.value(at), case.derivative(at)
            if not representable(value, derivative):
                continue  # a warning is due
            with (
                warnings.catch_warnings(),
                np.errstate(over="raise", invalid="raise", divide="raise"),
            ):
                warnings.simplefilter("error")
                found, rate = function(point)
            assert close(found, value), (point, found, mp.nstr(value, 17))
            assert close(rate, derivative), (point, rate, mp.nstr(derivative, 17))


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_derivative_by_the_transform(case: Case):
    rate = gc.grad(case.f)
    with mp.workdps(800):
        for point in case.points:
            value, derivative = case.value(mp.mpf(point)), case.derivative(mp.mpf(point))
            if representable(value, derivative):
                assert close(rate(point), derivative), (point, rate(point), mp.nstr(derivative, 17))


#: Those whose derivative as it is written is one product, and so stable in code too.
WRITTEN = [c for c in CASES if c.rule in {"softplus", "sigmoid"}]


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case.rule)
def test_code_for_a_gradient_graph(case: Case):
    x = gc.scalar("x")
    function = gc.Graph([x], {"y": case.f(x)}).gradient().compile("value")
    with mp.workdps(800), np.errstate(over="raise", invalid="raise", divide="raise"):
        for point in case.points:
            assert close(function(point), case.derivative(mp.mpf(point))), point


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_second_run_changes_nothing(case: Case):
    once = stabilize([case.f(gc.scalar("x"))])
    report = Report()
    assert stabilize(once, report) == once
    assert report.total == 0


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_float32_stays(case: Case):
    node = case.f(gc.scalar("x", "float32"))
    assert node.dtype == np.float32
    assert stabilize([node])[0].dtype == np.float32


X, Y = gc.scalars("x y")
N = gc.scalar("n", "int64")
M = gc.array("m", "k k")


@pytest.mark.parametrize(
    "kept",
    [
        1 / gc.let("w", 1 + gc.exp(-X)),  # a step that the user named
        1 / (1 + gc.let("e", gc.exp(-X))),
        gc.log(2 + gc.exp(X)),
        gc.exp(gc.log(X)),  # NaN below 0
        gc.log(X / Y),
        gc.log(X * Y),
        gc.exp(X) * gc.exp(Y),
        1 / (1 + gc.exp(N)),  # -n wraps around for unsigned integers
        gc.exp(N) - 1,
        gc.sqrt(N * N + 1),
        gc.sqrt(X**2 - Y**2),
        gc.sqrt(X**2 + 0.3),
        gc.exp(X) - 2,
        gc.sinh(X) / gc.cosh(Y),
        gc.sigmoid(X) * gc.sigmoid(Y),
        gc.exp(M) / gc.exp(M).sum(axis=1),  # the sums of rows, over the columns
        gc.exp(M) / gc.exp(M).sum(axis=1, keepdims=True).T,
        gc.exp(M) / gc.exp(2 * M).sum(axis=1, keepdims=True),
    ],
    ids=repr,
)
def test_what_must_stay(kept):
    report = Report()
    assert stabilize([kept], report) == [kept]
    assert report.total == 0


def test_parts_that_something_else_reads_are_no_obstacle():
    e = gc.exp(X)
    found = stabilize([gc.log(1 + e), e, 1 / (1 + e)])
    assert found == [gc.softplus(X), e, gc.sigmoid(-X)]


def test_rules_keep_the_scope_of_what_they_replace():
    with gc.scope("layer"):
        node = 1 / (1 + gc.exp(-X))
    assert stabilize([node])[0].scope == "layer"


# ---------------------------------------------------------------- arrays

Z = gc.array("z", "n k")
LOGITS = np.array(
    [[0.0, 1.0, -2.0], [800.0, 799.0, -800.0], [-1e300, 3.0, 2.0], [30.0, -30.0, 0.5]]
)


def rows(z: Any) -> Any:
    return gc.exp(z - z.max(axis=1, keepdims=True))


def softmax_exact(row: Any) -> list[Any]:
    top = max(row)
    weights = [mp.exp(mp.mpf(float(v)) - float(top)) for v in row]
    return [w / sum(weights) for w in weights]


ARRAYS = [
    ("logsumexp", lambda z: gc.log(gc.exp(z).sum(axis=1)), gc.logsumexp(Z, axis=1)),
    (
        "logsumexp",
        lambda z: gc.log(gc.exp(z).sum(axis=1, keepdims=True)),
        gc.logsumexp(Z, axis=1, keepdims=True),
    ),
    ("logsumexp", lambda z: gc.log(gc.exp(z).sum()), gc.logsumexp(Z)),
    (
        "shifted_logsumexp",
        lambda z: z.max(axis=1, keepdims=True) + gc.log(rows(z).sum(axis=1, keepdims=True)),
        gc.logsumexp(Z, axis=1, keepdims=True),
    ),
    (
        "shifted_logsumexp",
        lambda z: gc.log(rows(z).sum(axis=1)) + z.max(axis=1),
        gc.logsumexp(Z, axis=1),
    ),
    ("softmax", lambda z: gc.exp(z) / gc.exp(z).sum(axis=1, keepdims=True), gc.softmax(Z, axis=1)),
    ("softmax", lambda z: gc.exp(z) / gc.exp(z).sum(axis=1)[:, None], gc.softmax(Z, axis=1)),
    ("softmax", lambda z: gc.exp(z) / gc.exp(z).sum(axis=0), gc.softmax(Z, axis=0)),
    ("softmax", lambda z: rows(z) / rows(z).sum(axis=1, keepdims=True), gc.softmax(Z, axis=1)),
    (
        "log_softmax",
        lambda z: z - gc.log(gc.exp(z).sum(axis=1, keepdims=True)),
        gc.log_softmax(Z, axis=1),
    ),
    (
        "log_of_softmax",
        lambda z: gc.log(gc.exp(z) / gc.exp(z).sum(axis=1, keepdims=True)),
        gc.log_softmax(Z, axis=1),
    ),
    (
        "log_of_softmax",
        lambda z: gc.log(gc.softmax(z, axis=1)[:, 0]),
        gc.log_softmax(Z, axis=1)[:, 0],
    ),
    (
        "log_of_softmax",
        lambda z: gc.log(gc.softmax(z, axis=1)[[0, 2], [1, 1]]),
        gc.log_softmax(Z, axis=1)[[0, 2], [1, 1]],
    ),
    ("log_of_softmax", lambda z: gc.log(gc.softmax(z, axis=1).T), gc.log_softmax(Z, axis=1).T),
    (
        "exp_of_log_softmax",
        lambda z: gc.exp(z - gc.log(gc.exp(z).sum(axis=1, keepdims=True))),
        gc.softmax(Z, axis=1),
    ),
    ("norm", lambda z: gc.sqrt((z**2).sum(axis=1)), gc.norm(Z, axis=1)),
    ("norm", lambda z: gc.sqrt((z * z).sum()), gc.norm(Z)),
]


@pytest.mark.parametrize(
    ("rule", "f", "expected"), ARRAYS, ids=[f"{row[0]}-{i}" for i, row in enumerate(ARRAYS)]
)
def test_rules_on_arrays(rule: str, f: F, expected: gc.Node):
    report = Report()
    assert stabilize([f(Z)], report) == [expected]
    assert rule in report.counts["stability"]


def test_log_softmax_as_a_sum():
    log = gc.log(gc.exp(Z).sum(axis=1, keepdims=True))
    assert stabilize([-log + Z]) == [gc.log_softmax(Z, axis=1)]


def test_the_gradient_of_log_sum_exp_as_written_is_a_softmax():
    z = gc.array("z", "n")
    function = gc.Graph([z], {"y": gc.log(gc.exp(z).sum())}).gradient().compile("value")
    assert "_softmax(z, (0,))" in function.source
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_allclose(function([800.0, 800.0, 0.0]), [0.5, 0.5, 0.0], atol=1e-300)


def test_a_maximum_that_was_taken_already_is_enough():
    shifted = Z - Z.max(axis=1, keepdims=True)
    written = gc.log(gc.exp(shifted).sum(axis=1))
    assert stabilize([written]) == [written]
    named = gc.log(gc.exp(gc.let("shifted", shifted)).sum(axis=1))
    assert stabilize([named]) == [named]


def test_log_softmax_of_shifted_logits():
    shifted = Z - Z.max(axis=1, keepdims=True)
    written = shifted - gc.log(gc.exp(shifted).sum(axis=1, keepdims=True))
    assert stabilize([written]) == [gc.log_softmax(Z, axis=1)]


@pytest.mark.parametrize("shifted", [False, True])
def test_cross_entropy_by_hand_with_large_logits(shifted: bool):
    z, y = gc.array("z", "n k"), gc.array("y", "n k")
    e = rows(z) if shifted else gc.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    graph = gc.Graph([z, y], {"loss": -(y * gc.log(p)).sum()})
    targets = np.eye(3)[[0, 1, 1, 2]]
    function = graph.compile("value_and_grad", wrt="z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradient = function(LOGITS, targets)
    with mp.workdps(800):
        exact = [softmax_exact(row) for row in LOGITS]
        expected = -sum(
            mp.log(p)
            for row, t in zip(exact, targets, strict=True)
            for p, w in zip(row, t, strict=True)
            if w
        )
        assert close(value, expected)
        for found, row, t in zip(gradient, exact, targets, strict=True):
            for g, p_exact, w in zip(found, row, t, strict=True):
                assert abs(g - float(p_exact - w)) < 1e-15


def test_binary_cross_entropy_by_hand():
    z = gc.scalar("z")
    p = 1 / (1 + gc.exp(-z))
    function = gc.Graph([z], {"loss": -(0.25 * gc.log(p) + 0.75 * gc.log(1 - p))}).compile(
        "value_and_grad", wrt="z"
    )
    with mp.workdps(800), warnings.catch_warnings():
        warnings.simplefilter("error")
        for point in (0.0, 30.0, -30.0, 800.0, -800.0):
            value, slope_found = function(point)
            x = mp.mpf(point)
            expected = mp.log(1 + mp.exp(-x)) / 4 + 3 * mp.log(1 + mp.exp(x)) / 4
            assert close(value, expected)
            assert abs(slope_found - float(s(x) - 0.25)) < 1e-15


def test_norms_at_zero_and_at_the_ends_of_the_range():
    z = gc.array("z", "n")
    function = gc.Graph([z], {"y": gc.sqrt((z**2).sum())}).compile("value_and_grad", wrt="z")
    for scale in (1e-300, 1.0, 1e300):
        value, gradient = function(scale * np.array([3.0, 4.0]))
        assert value == pytest.approx(5 * scale, rel=1e-15)
        np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-15)
    value, gradient = function(np.zeros(3))
    assert value == 0
    assert not gradient.any()


def test_the_slopes_of_sigmoid_and_tanh_have_digits_where_they_saturate():
    for f, exact in ((gc.sigmoid, slope), (gc.tanh, lambda x: 4 * slope(2 * x))):
        h = gc.scalar("x")
        named = gc.Graph([h], {"y": gc.let("h", f(h)) ** 1})
        plain = gc.Graph([h], {"y": f(h)})
        with mp.workdps(800):
            for graph in (named, plain):
                for kind in ("grad", "value_and_grad"):
                    function = graph.compile(kind, wrt="x")
                    for point in (0.0, 1e-8, 5.0, 30.0, -30.0, 100.0, 300.0):
                        found = function(point)
                        rate = found[1] if kind == "value_and_grad" else found
                        assert close(rate, exact(mp.mpf(point))), (point, rate)


@pytest.mark.parametrize("target", ["numpy", "math"])
def test_the_derivative_of_a_sigmoid_in_named_steps_saturates(target: str):
    graph = gc.from_string("w3 = -x*a; w4 = 1 + exp(w3); y = 1/w4", name="sigmoid")
    function = graph.compile("value_and_grad", wrt="x", target=target)
    second = graph.compile("hessian", wrt="x", target=target)
    with mp.workdps(800), np.errstate(over="ignore"):
        for point in (0.0, 30.0, -30.0, 800.0, -800.0):
            value, rate = function(point, 1.0)
            assert close(rate, slope(mp.mpf(point))), point
            assert value == pytest.approx(float(s(mp.mpf(point))), rel=1e-12)
            assert np.isfinite(second(point, 1.0))
    assert "w4 = 1.0 + " in function.source  # computed as the user wrote it


@pytest.mark.parametrize("target", ["numpy", "math"])
def test_the_derivative_of_a_logarithm_of_a_named_sigmoid(target: str):
    graph = gc.from_string("e = exp(-z); p = 1/(1 + e); loss = -log(p)", name="loss")
    function = graph.compile("grad", wrt="z", target=target)
    for point in (0.0, 30.0, -30.0, 700.0, -700.0, 800.0, -800.0):
        with mp.workdps(800), np.errstate(all="ignore"):
            assert close(function(point), -s(-mp.mpf(point))), point


def test_variables_of_a_function_are_no_obstacle_for_the_transforms():
    def loss(z):
        e = np.exp(-z)
        p = 1 / (1 + e)
        return -np.log(p)

    def cross_entropy(z):
        e = np.exp(z)
        total = e.sum()
        p = e / total
        return -np.log(p[0])

    slope_of = gc.grad(loss)
    with mp.workdps(800), warnings.catch_warnings():
        warnings.simplefilter("error")
        for point in (0.0, 30.0, -30.0, 800.0, -800.0):
            assert close(slope_of(point), -s(-mp.mpf(point))), point
        found = gc.grad(cross_entropy)(np.array([-800.0, 0.0, 0.0]))
    np.testing.assert_allclose(found, [-1.0, 0.5, 0.5])


def test_rules_have_unique_names_and_proofs():
    names = [each.name for each in RULES]
    assert len(set(names)) == len(names)
    assert all(each.name.isidentifier() and len(each.proof) > 10 for each in RULES)
    tested = (
        {case.rule for case in CASES}
        | {row[0] for row in ARRAYS}
        | {
            "added_log_softmax",
            "softmax_by_reciprocal",
        }
    )
    assert tested == set(names)


def test_the_report_notes_which_rule_made_a_node():
    report = Report()
    (found,) = stabilize([2 * gc.log(1 + gc.exp(X))], report)
    assert {node: each.note for node, each in report.notes.items()} == {
        found.args[1]: "log(1 + exp(x)), without overflow or cancellation"
    }
