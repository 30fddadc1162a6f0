"""Sums of arrays that are zero but for some entries: these are added in place, one after the other."""

import numpy as np

import graphcomp as gc
from graphcomp.rewrite import Roots, run_passes
from graphcomp.rewrite.rows import MOST
from tests.generated import agree


def source_of(function, x, rng, **kinds):
    graph = gc.Graph([x], {"y": function(x)}, name="f")
    shape = tuple(dim if isinstance(dim, int) else 5 for dim in x.shape)
    return agree(graph, {"x": rng.uniform(0.5, 1, shape).astype(x.dtype)}, **kinds)


def test_rows_are_filled_into_one_array(rng):
    x = gc.array("x", "4 n")
    source = source_of(lambda x: (x[0] * x[1] + x[3] ** 2).sum(), x, rng, kinds=["grad"])
    assert "_place({0: w2, 1: w1, 3: w4_bar}, (4, n))" in source
    assert "_scatter(" not in source


def test_very_many_entries_take_linear_time(rng):
    """Not each sum a longer list: the time for a term is bounded."""
    x = gc.array("x", "n")
    node = x[0]
    for i in range(1, 1_500):
        node = node + x[i] * float(i)
    graph = gc.Graph([x], {"y": node}, name="f")
    _, report = run_passes(Roots(graph.gradient().outputs))
    assert report.counts["rows"] == {"rows_of_sum": MOST - 1}
    gradient = graph.compile("grad", wrt="x")(rng.normal(size=1_500))
    np.testing.assert_array_equal(gradient, [1.0, *range(1, 1_500)])


def test_neighbours_are_added_to_one_array(rng):
    source = source_of(
        lambda x: (x[2:] * x[1:-1] * x[:-2]).sum(), gc.array("x", "n"), rng, kinds=["grad"]
    )
    assert source.count("_scatter(") == 2  # its definition, and one call
    assert source.count("] += ") == 2


def test_a_whole_array_comes_first(rng):
    x = gc.array("x", "5")
    source = source_of(lambda x: (x**3).sum() + (x[1:] * x[:-1]).sum(), x, rng, kinds=["grad"])
    assert "_scatter(" not in source
    assert source.count("] += ") == 2


def test_an_argument_is_not_added_to(rng):
    x = gc.array("x", "n")
    source = source_of(lambda x: (x**2).sum() / 2 + x[0] * x[1] ** 2, x, rng, kinds=["grad"])
    assert "    x[" not in source


def test_rows_that_meet_are_added_in_place(rng):
    x = gc.array("x", "4 n")
    source = source_of(lambda x: (x[1:] * x[0]).sum(), x, rng, kinds=["grad"])
    assert source.count("] += ") == 1


def test_numbers_are_added_without_an_array_of_them(rng):
    x = gc.array("x", "n")
    source = source_of(lambda x: 3 * x[1:].sum() + (x[:-1] ** 2).sum(), x, rng, kinds=["grad"])
    assert "] += 3.0" in source
    assert "broadcast_to" not in source


def test_single_precision_stays(rng):
    x = gc.array("x", "n", "float32")
    source = source_of(lambda x: (x[1:] * x[:-1]).sum() + 3 * x[2:].sum(), x, rng)
    assert "] += " in source


def test_what_is_read_elsewhere_stays_as_it_is():
    left = gc.grad(lambda x: np.sum(x[1:] ** 3))
    graph = gc.from_function(lambda x: (left(x), left(x) + 2 * left(x)[::-1]), x="n")
    values = np.linspace(0.2, 1, 6)
    first, second = graph.compile("value")(values)
    expected = np.concatenate([[0.0], 3 * values[1:] ** 2])
    np.testing.assert_allclose(first, expected, rtol=1e-14)
    np.testing.assert_allclose(second, expected + 2 * expected[::-1], rtol=1e-14)
