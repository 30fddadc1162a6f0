"""Loops over many rows go strip by strip, and give what the interpreter gives at any length."""

from itertools import pairwise

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen import generate, load
from tests.generated import agree
from tests.test_codegen_numba import HAS_NUMBA, needs_numba, stand_in
from tests.test_codegen_style import tool

LENGTHS = (0, 1, 63, 64, 65, 200)


@pytest.fixture
def as_python(monkeypatch):
    stand_in(monkeypatch)


def two(x, w):
    """For each column two numbers of twelve."""
    first = gc.sin(x[0]) * x[1] + x[2] * x[3] * w + gc.exp(-(x[4] ** 2))
    second = first * x[5] + x[6] * gc.cos(x[7]) * w + x[8] * x[9]
    return first, second


def columns(x, w):
    return gc.stack(list(two(x, w)))


def loss(x, w):
    """One number of all; a row of x is not read."""
    first, second = two(x, w)
    return gc.sum(first * second + x[10] * w)


def graph(function=columns, dtype="float64", x="12 n", w="n") -> gc.Graph:
    inputs = {"x": gc.array("x", x, dtype), "w": gc.array("w", w, dtype)}
    return gc.Graph(list(inputs.values()), {"y": function(**inputs)}, name="f")


def values(n: int, dtype="float64") -> dict[str, np.ndarray]:
    rng = np.random.default_rng(n)
    return {"x": rng.uniform(0.5, 1.5, (12, n)).astype(dtype), "w": rng.random(n).astype(dtype)}


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_blocks_of_many_rows(n, dtype, as_python):
    made = graph(dtype=dtype)
    source = generate(made, ["blocks"], target="numba")
    assert "x_strip = np.empty((12, 64)" in source
    assert "d_y_d_x_strip = np.zeros((2, 12, 64)" in source
    assert "d_y_d_x = np.empty((2, 12, n)" in source
    numba, plain = (load(text, "f") for text in (source, generate(made, ["blocks"])))
    given = values(n, dtype)
    rtol = 1e-12 if dtype == "float64" else 1e-5
    (value, found), (wanted, expected) = numba.f_blocks(**given), plain.f_blocks(**given)
    for one, other in zip((value, *found), (wanted, *expected), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("n", LENGTHS)
def test_sums_go_on_from_strip_to_strip(n, as_python):
    source = agree(graph(loss), values(n), kinds=("value_and_grad", "hvp"), target="numba")
    assert "_strip" in source


@needs_numba
@pytest.mark.parametrize("n", [0, 65, 200])
def test_compiled(n):
    agree(graph(loss), values(n), kinds=("value_and_grad",), target="numba", rtol=1e-10)


def test_arrays_that_are_no_strips_of_memory(as_python):
    module = load(generate(graph(), ["blocks"], target="numba"), "f")
    given = values(200)
    value, found = module.f_blocks(given["x"][:, ::-2], np.repeat(given["w"][::-2], 2)[::2])
    wanted, expected = module.f_blocks(given["x"][:, ::-2].copy(), given["w"][::-2].copy())
    np.testing.assert_array_equal(value, wanted)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def few(x, w):
    return x[0] * x[1] * w


def shifted(x, w):
    return gc.sum(columns(x[:, 1:] * x[:, :-1], w[1:]))


def mixed(x, w):
    return columns(x - gc.sum(x, axis=0), w)


@pytest.mark.parametrize("function", [few, shifted, mixed])
def test_other_loops_stay_as_they_are(function, as_python):
    kinds = ("value_and_grad",) if function is shifted else ("value", "vjp")
    source = agree(graph(function), values(65), kinds=kinds, target="numba", rtol=1e-11)
    assert function is mixed or "_strip" not in source


def test_not_on_threads_and_not_for_short_rows(as_python):
    assert "_strip" not in generate(graph(), ["blocks"], target="numba", parallel=True)
    short = graph(loss, x="12 100", w="100")
    assert "_strip" not in generate(short, ["value_and_grad"], target="numba")


def test_not_for_many_arrays_of_one_row_each(as_python):
    inputs = [gc.array(f"x{i}", "n") for i in range(20)]
    outputs = {f"y{i}": gc.sin(a) * b for i, (a, b) in enumerate(pairwise(inputs))}
    made = gc.Graph(inputs, outputs, name="f")
    assert "_strip" not in generate(made, ["value"], target="numba")


def test_names_of_the_user_are_kept(as_python):
    start, length = gc.array("start", "12 n"), gc.array("length", "n")
    made = gc.Graph([start, length], {"y": loss(start, length)}, name="f")
    given = dict(zip(("start", "length"), values(65).values(), strict=True))
    source = agree(made, given, kinds=("value_and_grad",), target="numba")
    assert "start_strip" in source


def test_source_is_formatted_and_typed(tmp_path):
    (tmp_path / "f_blocks.py").write_text(generate(graph(), ["blocks"], target="numba"))
    assert tool("ruff", "check", "--isolated", str(tmp_path)) == ""
    assert tool("ruff", "format", "--isolated", "--diff", str(tmp_path)) == ""
    if HAS_NUMBA:
        assert tool("mypy", "--strict", "--config-file=", str(tmp_path)) == ""
