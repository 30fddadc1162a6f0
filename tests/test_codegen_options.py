"""Threads and workspaces, alone and together, for regions of every kind: the same bits."""

import re

import numpy as np
import pytest
from hypothesis import given

import graphcomp as gc
from graphcomp.codegen import generate, regions
from tests.generated import cut_small
from tests.test_codegen_random import graphs, values
from tests.test_codegen_rows import ADDED, SHORT_LINES
from tests.test_codegen_threads import results_of
from tests.test_codegen_workspace import same_with_a_workspace

KINDS = ("value", "vjp", "jvp")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Every run of steps is cut, however short, into blocks of a few rows."""
    cut_small(monkeypatch)


def same_in_all_ways(graph, at) -> str:
    """Every way gives the same bits; returns the source of all at once."""
    assert results_of(graph, at, KINDS, threads=3) == results_of(graph, at, KINDS)
    same_with_a_workspace(graph, at, KINDS)
    same_with_a_workspace(graph, at, KINDS, threads=3)
    return generate(graph, KINDS, threads=3, workspace=True)


@pytest.mark.parametrize(("function", "shapes"), SHORT_LINES.values(), ids=SHORT_LINES)
def test_blocks_with_the_rows_last(function, shapes):
    rng = np.random.default_rng(3)
    sizes = {"n": 11, "m": 3, "d": 2, "k": 4}
    at = {k: rng.uniform(-1, 1, [sizes[d] for d in dims.split()]) for k, dims in shapes.items()}
    source = same_in_all_ways(gc.from_function(function, shapes=shapes, name="f"), at)
    assert ("_of_thread(memory)" in source) == ("the last axis inside" in source)


@pytest.mark.parametrize("function", ADDED.values(), ids=ADDED)
def test_results_that_are_added_to_parts_of_an_array(function):
    rng = np.random.default_rng(5)
    graph = gc.from_function(function, shapes={"x": "n", "u": "n m"}, name="f")
    same_in_all_ways(graph, {"x": rng.uniform(-1, 1, 9), "u": rng.uniform(-1, 1, (9, 4))})


@given(graphs())
def test_random_graphs_with_the_rows_last(pair):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions, "_lines_are_short", lambda _region: True)
        for graph in pair:
            same_in_all_ways(graph, values(graph, 5, 7, 0))


def test_the_size_of_blocks_does_not_depend_on_the_threads(monkeypatch):
    monkeypatch.undo()
    function, shapes = SHORT_LINES["distances"]
    graph = gc.from_function(function, shapes=shapes, name="f")
    steps = {
        re.search(r"step = .*", generate(graph, ["grad"], **options))[0]  # type: ignore[index]
        for options in ({}, {"threads": 2}, {"workspace": True})
    }
    assert len(steps) == 1
