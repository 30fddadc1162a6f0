"""Arguments that fit pass the prologue by a few tests; all others go the long way, as if there were no other."""

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen import load

SHAPES = {"X": "n d", "y": "n", "w": "d", "b": ""}


def model() -> gc.Graph:
    return gc.from_function(lambda X, y, w, b: gc.sum((X @ w + b - y) ** 2), name="loss", **SHAPES)


def given(**changed: object) -> dict[str, object]:
    fitting = {"X": np.arange(6.0).reshape(3, 2), "y": np.ones(3), "w": np.ones(2), "b": 0.5}
    return fitting | changed


@pytest.fixture(scope="module")
def loss():
    return model().compile("value")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch):
    """The checks of the model, where the long way is closed."""
    module = load(model().source(["value"]), "model")

    def closed(*_args: object) -> None:
        raise AssertionError("the long way")

    for name in ("_as_array", "_as_scalar"):
        monkeypatch.setattr(module, name, closed)
    return module._checked


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"X": np.arange(12.0).reshape(3, 4)[:, ::2]},
        {"X": np.ones((0, 2)), "y": np.ones(0)},
        {"X": np.asfortranarray(np.ones((3, 2)))},
    ],
    ids=["plain", "strided", "empty", "Fortran order"],
)
def test_arrays_of_the_right_dtype_and_shape_pass_as_they_are(short, changed):
    arguments = given(**changed)
    found = short(**arguments)
    for value, name in zip(found, "Xyw", strict=False):
        assert value is arguments[name]
    assert type(found[3]) is np.float64


class Own(np.ndarray):
    """An array of the user's."""


@pytest.mark.parametrize(
    "changed",
    [
        {"X": [[0, 1], [2, 3], [4, 5]]},
        {"X": np.arange(6.0, dtype=np.float32).reshape(3, 2)},
        {"X": np.arange(6.0).reshape(3, 2).astype(">f8")},
        {"y": np.ones(3).view(Own)},
        {"b": 1},
        {"b": np.array(0.5)},
    ],
    ids=["list", "float32", "big-endian", "subclass", "whole number", "array for a number"],
)
def test_what_must_be_converted_goes_the_long_way(short, loss, changed):
    with pytest.raises(AssertionError, match="the long way"):
        short(**given(**changed))
    assert loss(**given(**changed)) == loss(**given(b=float(changed.get("b", 0.5))))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"X": np.ones(3)}, r"X has shape \(3,\), expected \(n, d\): 2 dimensions"),
        ({"y": np.ones(4)}, r"y has shape \(4,\), .*: axis 0 is 4, not n \(n is 3, from X\)"),
        ({"w": np.ones((2, 1))}, r"w has shape \(2, 1\), expected \(d,\): 1 dimensions"),
        ({"b": np.ones(2)}, r"b has shape \(2,\), expected \(\): 0 dimensions"),
    ],
)
def test_what_does_not_fit_is_named(loss, changed, message):
    with pytest.raises(ValueError, match=message):
        loss(**given(**changed))


def test_other_dtypes_have_no_short_way():
    graph = gc.from_function(gc.sum, name="y", x=gc.array("x", "n", "int64"))
    assert "_FLOAT" not in graph.source(["value"])
