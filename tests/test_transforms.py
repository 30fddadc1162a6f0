"""Transforms of plain functions: values, structures, nesting, what is cached, what is refused."""

from __future__ import annotations

import functools
import gc as collector
import warnings
import weakref
from typing import Any, NamedTuple

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.transforms.cache import SIZE


def loss(x, y, W1, W2):
    h = np.maximum(W1 @ x, 0)
    r = W2 @ h - y
    return 0.5 * np.sum(r**2)


@pytest.fixture
def point():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in [(3,), (2,), (4, 3), (2, 4)]]


def by_hand(x, y, W1, W2):
    h = np.maximum(W1 @ x, 0)
    r = W2 @ h - y
    return np.outer((W2.T @ r) * (W1 @ x > 0), x), np.outer(r, h)


# ---------------------------------------------------------------- values


def test_the_gradient_by_several_arguments_is_a_tuple(point):
    found = gc.grad(loss, argnums=(2, 3))(*point)
    assert isinstance(found, tuple)
    for mine, theirs in zip(found, by_hand(*point), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_one_argument_is_bare_by_number_and_by_name(point):
    expected = by_hand(*point)[1]
    for slope in [gc.grad(loss, 3), gc.grad(loss, -1), gc.grad(loss, argnames="W2")]:
        np.testing.assert_allclose(slope(*point), expected, rtol=1e-12)
    (found,) = gc.grad(loss, argnames=["W2"])(*point)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    x, y, W1, W2 = point
    for slope in [gc.grad(loss, 3), gc.grad(loss, argnames="W2")]:
        np.testing.assert_allclose(slope(x, y, W2=W2, W1=W1), expected, rtol=1e-12)


def test_value_and_grad_gives_both(point):
    value, slopes = gc.value_and_grad(loss, (2, 3))(*point)
    assert value == pytest.approx(loss(*point))
    np.testing.assert_allclose(slopes[0], by_hand(*point)[0], rtol=1e-12)


def test_vjp_and_linearize_can_be_applied_again():
    x = np.array([0.5, -1.0, 2.0])
    value, pull = gc.vjp(lambda x, a: a * np.sin(x), x, 2.0)
    np.testing.assert_allclose(value, 2 * np.sin(x))
    for u in np.eye(3):
        dx, da = pull(u)
        np.testing.assert_allclose(dx, 2 * u * np.cos(x))
        assert da == pytest.approx(u @ np.sin(x))
    value, push = gc.linearize(lambda x, a: a * np.sin(x), x, 2.0)
    np.testing.assert_allclose(value, 2 * np.sin(x))
    for u in np.eye(3):
        np.testing.assert_allclose(push(u, 1.0), 2 * u * np.cos(x) + np.sin(x))
    assert "def " in pull.source
    assert "np.sin" not in push.source.split("_tangent(")[-1]


def test_linearize_of_structures_and_of_an_identity():
    value, push = gc.linearize(lambda p: {"s": p["a"] * p["b"], "a": p["a"]}, {"a": 2.0, "b": 3.0})
    assert value == {"s": 6.0, "a": 2.0}
    assert push({"a": 1.0, "b": 10.0}) == {"s": 23.0, "a": 1.0}


def test_jvp_takes_tuples():
    value, tangent = gc.jvp(lambda x, y: (x * y, x + y), (2.0, 3.0), (1.0, 10.0))
    assert value == (6.0, 5.0)
    assert tangent == (23.0, 11.0)
    with pytest.raises(gc.InputError, match="arranged as"):
        gc.jvp(np.multiply, (2.0, 3.0), (1.0,))


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
def test_jacobians_by_every_mode(mode):
    x, A = np.array([1.0, 2.0, 3.0]), np.arange(6.0).reshape(2, 3)
    J = gc.jacobian(lambda x: np.tanh(A @ x), mode=mode)(x)
    np.testing.assert_allclose(J, (1 - np.tanh(A @ x) ** 2)[:, None] * A, atol=1e-15)
    J = gc.jacobian(lambda A, x: {"y": A @ x}, argnums=(0, 1), mode=mode)(A, x)
    np.testing.assert_allclose(J["y"][0], np.einsum("ik,j->ikj", np.eye(2), x))
    np.testing.assert_allclose(J["y"][1], A)


def test_hessians_block_by_block():
    def f(p):
        return np.sum(p["w"] ** 3) * p["b"] ** 2

    w = np.array([1.0, 2.0])
    H = gc.hessian(f)({"w": w, "b": 3.0})
    np.testing.assert_allclose(H["w"]["w"], np.diag(6 * w * 9))
    np.testing.assert_allclose(H["w"]["b"], 3 * w**2 * 6)
    np.testing.assert_allclose(H["b"]["w"], H["w"]["b"])
    assert H["b"]["b"] == pytest.approx(18)
    v = {"w": np.array([1.0, -1.0]), "b": 0.5}
    got = gc.hvp(f)({"w": w, "b": 3.0}, v)
    np.testing.assert_allclose(got["w"], H["w"]["w"] @ v["w"] + H["w"]["b"] * v["b"])
    assert got["b"] == pytest.approx(H["b"]["w"] @ v["w"] + H["b"]["b"] * v["b"])


def test_hvp_by_several_arguments_takes_a_tuple():
    found = gc.hvp(lambda x, y, k: k * x**2 * y, argnums=(0, 1))(2.0, 3.0, 2.0, (1.0, 10.0))
    assert found == (92.0, 8.0)
    with pytest.raises(gc.InputError, match="arranged as"):
        gc.hvp(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0, 1.0)


def test_saturated_functions_stay_finite():
    slope = gc.grad(lambda x: 1 / (1 + np.exp(-x)))
    assert slope(-800.0) == 0.0
    assert slope(800.0) == 0.0
    assert gc.grad(lambda x: np.log(1 + np.exp(x)) * 2.0)(800.0) == 2.0
    assert gc.grad(gc.grad(lambda x: 1 / (1 + np.exp(-x))))(-800.0) == 0.0


def test_float32_stays():
    x = np.ones(3, np.float32)
    assert gc.grad(lambda x, a: np.sum(a * x**2))(x, np.float32(2)).dtype == np.float32
    assert gc.jacobian(np.sin)(x).dtype == np.float32


# ---------------------------------------------------------------- structures


class Layer(NamedTuple):
    W: Any
    b: Any


def test_structures_come_back_as_they_are():
    def f(layers, x):
        for layer in layers["all"]:
            x = np.tanh(layer.W @ x + layer.b)
        return np.sum(x) + layers["scale"][0] ** 2

    rng = np.random.default_rng(1)
    layers = {
        "all": [Layer(rng.standard_normal((3, 3)), rng.standard_normal(3)) for _ in range(2)],
        "scale": (2.0, None),
    }
    found = gc.grad(f)(layers, np.ones(3))
    assert list(found) == ["all", "scale"]
    assert isinstance(found["all"][1], Layer)
    assert found["all"][0].W.shape == (3, 3)
    assert found["scale"] == (4.0, None)
    gc.check_grads(f, (layers, np.ones(3)))


def test_names_that_are_no_identifiers_and_equal_names():
    value = {"a b": 2.0, "a_b": 3.0, 1: 5.0, "class": 7.0, "α": 11.0}
    found = gc.grad(lambda p: p["a b"] * p["a_b"] * p[1] * p["class"] * p["α"])(value)
    assert found == {key: pytest.approx(2310 / entry) for key, entry in value.items()}


def test_aux():
    def f(x, note):
        return np.sum(x**2), {"twice": 2 * x, "note": note, "n": None, "count": len(x)}

    x = np.array([1.0, 2.0])
    slope, aux = gc.grad(f, has_aux=True)(x, "hello")
    np.testing.assert_allclose(slope, 2 * x)
    np.testing.assert_allclose(aux["twice"], 2 * x)
    assert (aux["note"], aux["n"], aux["count"]) == ("hello", None, 2)
    (value, aux), slope = gc.value_and_grad(f, has_aux=True)(x, "hello")
    assert value == 5.0
    np.testing.assert_allclose(slope, aux["twice"])
    value, pull, aux = gc.vjp(lambda x: f(x, "y"), x, has_aux=True)
    np.testing.assert_allclose(pull(1.0)[0], aux["twice"])
    value, push, aux = gc.linearize(lambda x: f(x, "y"), x, has_aux=True)
    assert push(x) == 10.0
    value, tangent, aux = gc.jvp(lambda x: f(x, "y"), (x,), (x,), has_aux=True)
    assert (value, tangent, aux["note"]) == (5.0, 10.0, "y")
    with pytest.raises(gc.InputError, match=r"\(value, aux\)"):
        gc.grad(lambda x: x, has_aux=True)(1.0)


def test_fixed_arguments():
    def f(x, axis=0, *, how="sum", power=2, flag=False):
        y = np.sum(x**power, axis=axis)
        return np.sum(y) if how == "sum" and not flag else np.mean(y)

    x = np.arange(6.0).reshape(2, 3)
    slope = gc.grad(f)
    np.testing.assert_allclose(slope(x, 1), 2 * x)
    np.testing.assert_allclose(slope(x, axis=1, how="mean"), x)
    np.testing.assert_allclose(slope(x, axis=np.int64(1), power=3), 3 * x**2)
    np.testing.assert_allclose(slope(x, flag=True), 2 * x / 3)


def test_whole_numbers_are_scalars_where_they_are_differentiated():
    assert gc.grad(lambda x, n: x**n)(3, 2) == 6.0
    found = gc.grad(lambda p: p[0] * p[1])([2, 3])
    assert found == [3.0, 2.0]


# ---------------------------------------------------------------- nesting


def test_third_order():
    f = gc.grad(gc.grad(gc.grad(lambda x: x**4)))
    assert f(2.0) == pytest.approx(48)
    f = gc.grad(gc.grad(gc.grad(np.sin)))
    assert f(0.3) == pytest.approx(-np.cos(0.3))
    assert gc.grad(gc.hvp(lambda x: x**4), argnums=0)(2.0, 1.0) == pytest.approx(48)


def test_modes_nest_in_each_other():
    x = np.array([0.3, 0.7])

    def f(x):
        return np.sum(np.sin(x) * x[0])

    H = gc.hessian(f)(x)
    np.testing.assert_allclose(gc.jacobian(gc.grad(f))(x), H)
    np.testing.assert_allclose(gc.jacobian(gc.jacobian(f, mode="reverse"), mode="reverse")(x), H)
    v = np.array([1.0, -2.0])
    np.testing.assert_allclose(gc.jvp(gc.grad(f), (x,), (v,))[1], H @ v)
    np.testing.assert_allclose(gc.vjp(gc.grad(f), x)[1](v)[0], H @ v)
    np.testing.assert_allclose(gc.linearize(gc.grad(f), x)[1](v), H @ v)
    np.testing.assert_allclose(gc.grad(lambda x: gc.jvp(f, (x,), (v,))[1])(x), H @ v)
    np.testing.assert_allclose(gc.grad(lambda x: gc.vjp(f, x)[1](1.0)[0] @ v)(x), H @ v)
    np.testing.assert_allclose(gc.grad(lambda x: gc.linearize(f, x)[1](v))(x), H @ v)
    np.testing.assert_allclose(gc.grad(lambda x: gc.hvp(f)(x, v) @ v)(x).shape, (2,))


def test_perturbations_are_not_confused():
    # d/dx (x * d/dy (x + y)) at 1, and one where both functions call their argument x
    assert gc.grad(lambda x: x * gc.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert gc.grad(lambda x: x * gc.grad(lambda x: x * x)(x))(3.0) == 12.0
    outer = gc.grad(lambda x: x * gc.grad(lambda y: x * y, argnums=0)(x))
    assert outer(3.0) == 6.0
    assert gc.grad(lambda x: gc.jvp(lambda y: x * y, (x,), (x,))[1])(3.0) == 6.0


def test_aux_of_an_inner_function_is_differentiated_too():
    def f(x):
        return x**3, {"aux": x**2, "n": 3}

    def g(x):
        slope, aux = gc.grad(f, has_aux=True)(x)
        (value, _), _ = gc.value_and_grad(f, has_aux=True)(x)
        return slope * aux["n"] + aux["aux"] + value  # 10 x^2 + x^3

    assert g(2.0) == 48.0
    assert gc.grad(g)(2.0) == 52.0


def test_steps_may_be_called_as_the_function_or_an_argument():
    def f(x):
        x_1 = gc.let("f", np.sin(x))
        f_dot = gc.let("d_f_d_x", x_1 * 2)
        return f_dot

    x = f
    for _ in range(3):
        x = gc.grad(x)
    assert x(0.5) == pytest.approx(-2 * np.cos(0.5))
    assert gc.jvp(f, (0.5,), (1.0,))[1] == pytest.approx(2 * np.cos(0.5))
    assert gc.vjp(f, 0.5)[1](1.0)[0] == pytest.approx(2 * np.cos(0.5))
    assert gc.linearize(f, 0.5)[1](1.0) == pytest.approx(2 * np.cos(0.5))
    assert gc.hessian(f)(0.5) == pytest.approx(-2 * np.sin(0.5))


def test_a_captured_step_is_held_fixed():
    def f(x):
        z = 2 * x
        return gc.grad(lambda y: z * y**2 + (2 * y) * z)(x)  # 2 z y + 2 z = 4 x^2 + 4 x

    assert f(3.0) == 48.0
    assert gc.grad(f)(3.0) == 28.0


def test_a_vjp_function_takes_nodes_of_a_function_around_it():
    _, pull = gc.vjp(np.sin, 0.5)
    assert gc.grad(lambda u: pull(u)[0] * u)(2.0) == pytest.approx(4 * np.cos(0.5))
    _, push = gc.linearize(np.sin, 0.5)
    assert gc.grad(lambda x: push(x) * x)(2.0) == pytest.approx(4 * np.cos(0.5))


def test_inside_a_function_that_is_traced():
    def energy(x, k):
        return 0.5 * k * np.sum(x**2) + np.sum(np.cos(x))

    def force(x, k):
        return -gc.grad(energy)(x, k)

    graph = gc.from_function(force, x="n", k=())
    x = np.array([0.1, 0.2, 0.3])
    found = graph.evaluate(x=x, k=2.0)["force"]
    np.testing.assert_allclose(found, -(2 * x - np.sin(x)))
    np.testing.assert_allclose(graph.compile("value")(x, 2.0), found)


def test_numbers_inside_a_function_of_named_dimensions():
    def f(x):
        return np.sum(x) * gc.grad(lambda k: k**2 / x.shape[0])(3.0)

    graph = gc.from_function(f, x="n")
    assert graph.evaluate(x=np.ones(4))["f"] == pytest.approx(6.0)

    def jacobian(x):
        return gc.jacobian(lambda x: np.sin(x) * x[0])(x)

    x = np.array([0.5, 1.0])
    expected = np.diag(np.cos(x) * x[0]) + np.outer(np.sin(x), [1, 0])
    graph = gc.from_function(jacobian, x="n")
    np.testing.assert_allclose(graph.compile("value")(x), expected)


def test_gradient_descent_inside_an_objective():
    target = np.array([1.0, -2.0])

    def inner(w, a):
        return np.sum((a * w - target) ** 2)

    def objective(a, rate):
        w = np.zeros(2)
        for _ in range(5):
            w = w - rate * gc.grad(inner)(w, a)
        return inner(w, a)

    gc.check_grads(objective, (1.5, 0.1), order=2)
    # w_k = (1 - (1 - 2 rate a^2)^k) target / a, so the objective is q^2k |target|^2
    q = 1 - 2 * 0.1 * 1.5**2
    slope = gc.grad(objective)(1.5, 0.1)
    assert slope == pytest.approx(5 * 10 * q**9 * (-4 * 0.1 * 1.5))


def test_methods_partials_and_objects_that_are_called():
    class Model:
        k = 2.0

        def f(self, x):
            return self.k * x**2

        def __call__(self, x, *rest, **options):
            return self.k * x**3 * sum(rest) * options.get("scale", 1.0)

    model = Model()
    assert gc.grad(model.f)(3.0) == 12.0
    assert gc.vjp(model.f, 3.0)[1](1.0) == (12.0,)
    assert gc.grad(functools.partial(model.f))(3.0) == 12.0
    assert gc.grad(model, argnums=(0, 2))(1.0, 2.0, 3.0, scale=2.0) == (60.0, 4.0)
    assert gc.grad(model, argnames="scale")(1.0, 2.0, scale=3.0) == 4.0
    assert gc.grad(lambda x, act: act(x))(0.0, np.tanh) == 1.0


def test_a_mistake_names_the_line_of_the_function():
    def f(x):
        return np.sum(np.ones((2, 4)) @ x)  # the place

    with pytest.raises(gc.ShapeError, match="the place"):
        gc.grad(f)(np.ones(3))
    with pytest.raises(gc.InputError, match="return missing"):
        gc.grad(lambda x: None)(1.0)
    with pytest.raises(gc.InputError, match="str 'no'"):
        gc.grad(lambda x: "no")(1.0)


# ---------------------------------------------------------------- cache, source


def test_traced_once_a_signature():
    count = 0

    def f(x, axis):
        nonlocal count
        count += 1
        return np.sum(np.sum(x, axis=axis) ** 2)

    slope = gc.grad(f)
    for _ in range(3):
        slope(np.ones((2, 3)), 0)
        slope(np.zeros((2, 3)), 0)
    assert count == 1
    slope(np.ones((2, 3)), 1)
    slope(np.ones((3, 3)), 1)
    slope(np.ones((3, 3), np.float32), 1)
    assert count == 4
    for _ in range(2):
        slope(np.ones((3, 3)), axis=1)
    assert count == 5


def test_functions_that_return_functions_are_compiled_once():
    count = 0

    def f(x):
        nonlocal count
        count += 1
        return x**2

    for _ in range(3):
        gc.vjp(f, 2.0)
        gc.linearize(f, 2.0)
        gc.jvp(f, (2.0,), (1.0,))
    assert count == 3


def test_true_is_not_one():
    slope = gc.grad(lambda x, k: x * (10.0 if k is True else 1.0))
    assert (slope(1.0, 1), slope(1.0, True)) == (1.0, 10.0)


def test_the_cache_is_bounded():
    slope = gc.grad(lambda x, k: k * x)
    for k in range(SIZE + 3):
        assert slope(1.0, k) == k
    assert len(slope._cache) == SIZE


def test_nothing_keeps_a_function_alive():
    def f(x):
        return x**2

    gc.vjp(f, 2.0)
    gc.jvp(f, (2.0,), (1.0,))
    gc.linearize(f, 2.0)
    reference = weakref.ref(f)
    del f
    collector.collect()
    assert reference() is None


def test_the_source_is_shown(point):
    slope = gc.grad(loss, argnums=(2, 3))
    assert slope.source == ""
    slope(*point)
    assert "def loss_grad(" in slope.source
    assert "np.maximum(h, _0, out=h)" in slope.source
    assert "graphcomp" not in slope.source.split('"""', 2)[2]
    assert slope.source_for(*point) == slope.source
    assert slope.__name__ == "loss_grad"


# ---------------------------------------------------------------- refusals


def test_argnums_that_do_not_exist():
    with pytest.raises(gc.InputError, match=r"argnums=2.*2 positional"):
        gc.grad(lambda x, y: x * y, argnums=2)(1.0, 2.0)
    with pytest.raises(gc.InputError, match="argnames='z'"):
        gc.grad(lambda x, y: x * y, argnames="z")(1.0, 2.0)
    with pytest.raises(gc.InputError, match="twice"):
        gc.grad(lambda x, y: x * y, argnums=(0, -2))(1.0, 2.0)
    for wrong in [1.5, "x", (), True, [0.5]]:
        with pytest.raises(gc.InputError, match="argnums must be"):
            gc.grad(np.sin, argnums=wrong)  # type: ignore[arg-type]
    with pytest.raises(gc.InputError, match="mode"):
        gc.jacobian(np.sin, mode="sideways")
    for transform in [gc.grad, gc.hessian]:
        with pytest.raises(gc.InputError, match="needs a function"):
            transform(3)  # type: ignore[arg-type]
    with pytest.raises(gc.InputError, match="needs a function"):
        gc.vjp(3, 1.0)  # type: ignore[arg-type]


def test_a_gradient_needs_a_scalar():
    def model(x):
        return 2 * x

    for transform in [gc.grad, gc.value_and_grad, gc.hessian]:
        with pytest.raises(gc.DerivativeError, match=r"model returns shape \(3,\)"):
            transform(model)(np.ones(3))
    with pytest.raises(gc.DerivativeError, match="model returns shape"):
        gc.hvp(model)(np.ones(3), np.ones(3))
    with pytest.raises(gc.DerivativeError, match=r"returns \(\*, \*\)"):
        gc.grad(lambda x: (x, x))(1.0)
    with pytest.raises(gc.DerivativeError, match="bool"):
        gc.grad(lambda x: x > 0)(1.0)


def test_whole_arrays_have_no_derivative():
    for value in [np.arange(3), True, np.array([True]), np.int64(3)]:
        with pytest.raises(gc.DTypeError, match="convert to float"):
            gc.grad(np.sum)(value)
    with pytest.raises(gc.DTypeError, match="complex"):
        gc.grad(np.sum)(np.array([1j]))
    with pytest.raises(gc.DTypeError, match="'x' is str"):
        gc.grad(lambda x: 1.0)("text")


def test_arrays_of_other_kinds_are_refused():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.ones(3)

    for value in [np.ma.masked_array([1.0]), np.asarray([[1.0]]).view(np.matrix), Tensor()]:
        with pytest.raises(gc.InputError, match=r"np.asarray\(a\)"):
            gc.grad(lambda x, a: np.sum(x * a))(1.0, value)
    assert gc.grad(lambda x, kind: np.sum(x * kind(2)))(1.0, np.float32) == 2.0


def test_whole_arrays_may_be_indices():
    found = gc.grad(lambda x, i: np.sum(x[i] ** 2))(np.arange(3.0), np.array([2, 2]))
    np.testing.assert_allclose(found, [0, 0, 8])


def test_what_does_not_matter_has_derivative_zero_and_a_warning():
    slope = gc.grad(lambda x, y: np.sum(x), argnums=(0, 1))
    with pytest.warns(gc.DerivativeWarning, match="depend on 'y'") as caught:
        found = slope(np.ones(2), np.ones(3))
    assert caught[0].filename == __file__
    assert len(caught) == 1
    np.testing.assert_array_equal(found[1], np.zeros(3))
    with pytest.warns(gc.DerivativeWarning):
        assert gc.grad(lambda x: 3.0)(1.0) == 0.0
    with pytest.warns(gc.DerivativeWarning):
        np.testing.assert_array_equal(gc.jacobian(lambda x: np.ones(2))(1.0), np.zeros(2))


def test_values_can_not_be_branched_on():
    with pytest.raises(gc.TracingError, match="where"):
        gc.grad(lambda x: x if x > 0 else -x)(1.0)


def test_what_can_not_be_hashed_is_named():
    with pytest.raises(gc.InputError, match="'options' is set"):
        gc.grad(lambda x, options: x)(1.0, {1})


def test_arguments_are_not_written_to():
    x = np.ones(3)
    x.setflags(write=False)
    found = gc.grad(np.sum)(x)
    found += 1
    value, _ = gc.vjp(lambda x: x, x)
    assert not np.shares_memory(value, x)


# ---------------------------------------------------------------- checks


def test_check_grads_finds_what_is_wrong():
    reports = gc.check_grads(lambda x, y: np.outer(x, np.exp(y)), (np.ones(2), np.zeros(3)), 2)
    assert [report.passed for report in reports] == [True, True]

    def wrong(x):
        return np.sum(x * gc.stop_gradient(x))

    with warnings.catch_warnings(), pytest.raises(gc.DerivativeError, match="wrong"):
        gc.check_grads(wrong, (np.array([1.0, 2.0]),))
    with pytest.raises(gc.InputError, match="order"):
        gc.check_grads(np.sin, (1.0,), order=3)
    gc.check_grads(lambda x, k: np.sum(x**k), (np.ones(2), 3), argnums=0)
    gc.check_grads(lambda x, y: 2 * x + y * x, (np.ones(2, np.float32), 1.5), 2)
    gc.check_grads(lambda x: 2 * x, (np.ones(2),), 2)
    with pytest.raises(gc.InputError, match="symbolic"):
        gc.check_grads(np.sin, (gc.scalar("x"),))
