"""stop_gradient: a constant to derivatives, in both modes, transforms, modules and traces."""

import numpy as np
import pytest

import graphcomp as gc
from graphcomp import ad
from tests.generated import agree


def f(x):
    return np.sum(x * gc.stop_gradient(np.exp(x)))


def graph() -> gc.Graph:
    return gc.from_function(f, x="n", name="f")


X = np.array([0.5, -1.0, 2.0])


def test_both_modes():
    pulled = ad.gradient(graph()).evaluate(x=X)["d_f_d_x"]
    pushed = ad.pushforward(graph()).evaluate(x=X, x_dot=np.ones(3))["f_dot"]
    np.testing.assert_allclose(pulled, np.exp(X))
    np.testing.assert_allclose(pushed, np.sum(np.exp(X)))


def test_transforms():
    np.testing.assert_allclose(gc.grad(f)(X), np.exp(X))
    np.testing.assert_allclose(gc.jvp(f, (X,), (np.ones(3),))[1], np.sum(np.exp(X)))
    for mode in ("forward", "reverse"):
        found = gc.jacobian(lambda x: x * gc.stop_gradient(x), mode=mode)(X)
        np.testing.assert_allclose(found, np.diag(X))
    value, pull = gc.vjp(f, X)
    assert value == pytest.approx(np.sum(X * np.exp(X)))
    np.testing.assert_allclose(pull(1.0)[0], np.exp(X))


def test_the_second_order_does_not_pass_either():
    assert not np.any(gc.hessian(f)(X))
    both = gc.hessian(lambda x: x**2 * gc.stop_gradient(x))(3.0)
    assert both == 6.0


def test_it_is_a_value_like_any_other():
    node = gc.stop_gradient(gc.array("x", "n", "float32"))
    assert node.dtype == np.float32
    assert graph().evaluate(x=X)["f"] == pytest.approx(np.sum(X * np.exp(X)))


@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
def test_generated_code():
    agree(graph(), {"x": X})
    source = graph().compile("value_and_grad").source
    assert "stop_gradient(" not in source.split('"""', 2)[2]


def test_a_result_is_never_the_argument_itself():
    x = gc.array("x", "n")
    compiled = gc.Graph([x], {"y": gc.stop_gradient(x)}).compile("value")
    given = X.copy()
    assert not np.shares_memory(compiled(given), given)


def test_traces_show_it_as_a_step_that_nothing_passes():
    trace = str(graph().derivation("reverse", at={"x": X}))
    assert "stop_gradient(" in trace
    assert "x̄ = w̄" in trace
    forward = str(graph().derivation("forward", at={"x": X}))
    assert "stop_gradient(" in forward


def test_drawing(tmp_path):
    path = graph().draw(tmp_path / "f.dot", mode="reverse", at={"x": X})
    assert "stop_gradient" in path.read_text()


def test_what_depends_on_nothing_else_warns():
    with pytest.warns(gc.DerivativeWarning, match="does not depend on 'x'"):
        assert gc.grad(lambda x: gc.stop_gradient(x) * 2.0)(1.0) == 0.0
