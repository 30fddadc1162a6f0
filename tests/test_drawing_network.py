"""Networks of units: a vertex per unit, an arrow per weight, the weight on the arrow."""

import math
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.errors import InputError, OutputError, ShapeError
from tests.drawings import Drawn, lines

HIDDEN = [[0.1, 0.1, 0.8], [0.1, 0.4, 0.6]]
OUTPUT = [[0.1, 0.3, 0.9]]
BY_HAND: dict[str, Any] = {
    "biases": "first",
    "inputs": ["A", "B"],
    "activations": ["sigmoid", "tanh"],
    "values": [[1, 1], [0.73105858, 0.75026011], [0.75929649]],
    "deltas": [[0.00647663, 0.01851656], [0.10980398]],
}


def labels(drawn):
    """The text on every arrow."""
    found = {}
    for tail, head in drawn.forward:
        found[tail, head] = "".join(lines(drawn.nodes[f"{tail}-{head}-label"]["label"]))
    return found


def test_the_network_of_the_worked_example():
    drawn = Drawn(gc.draw_network([HIDDEN, OUTPUT], **BY_HAND).dot())
    assert drawn.heading[0] == "A 2-2-1 network"
    shown = {n: drawn.lines(n) for n, a in drawn.nodes.items() if a["class"] != "label"}
    assert shown == {
        "bias_1": ["1", "bias"],
        "A": ["A", "= 1"],
        "B": ["B", "= 1"],
        "bias_2": ["1", "bias"],
        "unit_1": ["1", "sigmoid", "= 0.7311", "δ = 0.006477"],
        "unit_2": ["2", "sigmoid", "= 0.7503", "δ = 0.01852"],
        "unit_3": ["3", "tanh", "= 0.7593", "δ = 0.1098"],
    }
    assert labels(drawn) == {
        ("bias_1", "unit_1"): "0.1",
        ("A", "unit_1"): "0.1",
        ("B", "unit_1"): "0.8",
        ("bias_1", "unit_2"): "0.1",
        ("A", "unit_2"): "0.4",
        ("B", "unit_2"): "0.6",
        ("bias_2", "unit_3"): "0.1",
        ("unit_1", "unit_3"): "0.3",
        ("unit_2", "unit_3"): "0.9",
    }
    looks = {n: a["class"] for n, a in drawn.nodes.items() if a["class"] != "label"}
    assert looks["A"] == "input"
    assert looks["bias_1"] == looks["bias_2"] == "const"
    assert looks["unit_3"] == "output"


def test_biases_first_and_apart_are_the_same():
    apart = gc.draw_network(
        [np.array(HIDDEN)[:, 1:], np.array(OUTPUT)[:, 1:]],
        biases=[np.array(HIDDEN)[:, 0], np.array(OUTPUT)[:, 0]],
    )
    assert apart.dot() == gc.draw_network([HIDDEN, OUTPUT], biases="first").dot()
    without = Drawn(gc.draw_network([HIDDEN, [[1.0, 2.0]]]).dot())
    assert "bias_1" not in without.nodes
    assert len(without.forward) == 8


def test_sign_and_size_are_seen():
    drawn = Drawn(gc.draw_network([[[2.0, -1.0, 0.0]]]).dot())
    large, negative, zero = (drawn.forward[f"x{i}", "unit_1"] for i in (1, 2, 3))
    assert float(large["penwidth"]) > float(negative["penwidth"]) > float(zero["penwidth"])
    assert negative["style"] == "dashed"
    assert large["style"] == ""
    assert large["color"] != negative["color"]


def test_numbers_are_as_precise_as_asked():
    drawn = Drawn(gc.draw_network([[[math.pi]]], digits=2).dot())
    assert labels(drawn) == {("x1", "unit_1"): "3.1"}
    odd = Drawn(gc.draw_network([[[math.nan, math.inf, 1.0]]]).dot())
    assert list(labels(odd).values()) == ["nan", "∞", "1"]


def test_names_are_texts():
    drawing = gc.draw_network(
        [[[1.0, 2.0]]], inputs=['<b>"x"', '<b>"x"'], units=["end"], activations="a|b", title="&lt;"
    )
    drawn = Drawn(drawing.dot())
    names = [n for n, a in drawn.nodes.items() if a["class"] != "label"]
    assert drawn.lines(names[0]) == drawn.lines(names[1]) == ['<b>"x"']
    assert drawn.lines("unit_end") == ["end", "a|b"]
    assert "#lt;b#gt;#quot;x#quot;" in drawing.mermaid()
    assert "<svg" in drawing.svg()


@pytest.mark.parametrize("rankdir", ["LR", "RL", "TB", "BT"])
@pytest.mark.parametrize("sizes", [(2, 2, 1), (7, 5, 6, 2), (1, 9, 1), (12, 3)])
def test_no_two_labels_meet(rankdir, sizes):
    rng = np.random.default_rng(3)
    weights = [rng.normal(size=(m, n)) for n, m in pairwise(sizes)]
    biases = [rng.normal(size=m) for m in sizes[1:]]
    drawn = Drawn(gc.draw_network(weights, biases=biases, rankdir=rankdir).dot())
    wide, high = (36.0, 13.0)
    places = [
        tuple(72 * float(x) for x in attributes["pos"].rstrip("!").split(","))
        for attributes in drawn.nodes.values()
        if attributes["class"] == "label"
    ]
    for i, (x, y) in enumerate(places):
        for u, v in places[:i]:
            assert abs(x - u) >= wide or abs(y - v) >= high


def test_a_network_is_laid_out_from_left_to_right():
    drawn = Drawn(gc.draw_network([HIDDEN, OUTPUT], biases="first").dot())
    across = {n: float(a["pos"].split(",")[0]) for n, a in drawn.nodes.items()}
    assert across["x1"] == across["bias_1"] < across["unit_1"] == across["unit_2"]
    assert across["unit_2"] < across["unit_3"]


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf", "dot", "mmd"])
def test_every_format_is_written(tmp_path, suffix):
    path = tmp_path / f"network.{suffix}"
    gc.draw_network([HIDDEN, OUTPUT], path, **BY_HAND)
    first = path.read_bytes()
    gc.draw_network([HIDDEN, OUTPUT], path, biases="first")
    assert path.read_bytes() != first
    foreign = tmp_path / f"foreign.{suffix}"
    foreign.write_bytes(b"precious")
    with pytest.raises(OutputError, match="was not generated by graphcomp"):
        gc.draw_network([HIDDEN, OUTPUT], foreign, biases="first")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([],), InputError, "at least one layer"),
        (([[1.0]],), ShapeError, r"weights of layer 1 must be a matrix .*not \(1,\)"),
        (([HIDDEN, [[1.0]]],), ShapeError, "layer 2 takes 1 inputs, but layer 1 has 2 units"),
        (([np.ones((20, 20))],), InputError, "40 inputs and units with 400 weights can't be read"),
        (([np.ones((1, 100))],), InputError, "at most 80 and 200: draw a part of it"),
        (([[["a"]]],), InputError, "weights of layer 1 must be real numbers"),
        (([[[1.0], [1.0, 2.0]]],), ShapeError, "weights of layer 1 are no array"),
        (([[[1j]]],), InputError, "must be real numbers, not complex128"),
    ],
)
def test_what_is_no_network(arguments, error, message):
    with pytest.raises(error, match=message):
        gc.draw_network(*arguments)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"inputs": ["A"]}, InputError, "inputs: 2 names for 2 inputs, not 1"),
        ({"units": ["u"]}, InputError, "units: 3 names for 3 units, not 1"),
        ({"activations": ["tanh"]}, InputError, "activations: 2 names for 2 layers, not 1"),
        ({"values": [[1, 1]]}, InputError, "values: one vector for the inputs and each layer, 3"),
        ({"deltas": [[1], [1]]}, ShapeError, r"deltas\[0\] must have shape \(2,\), not \(1,\)"),
        ({"biases": "last"}, InputError, 'biases must be "first", vectors, or None'),
        ({"biases": [[1, 2]]}, InputError, "biases: one vector for each layer, 2 in all, not 1"),
        ({"digits": 0}, InputError, "digits must be an int from 1 to 17, not 0"),
        ({"rankdir": "up"}, InputError, "rankdir must be one of LR, TB, RL, BT"),
    ],
)
def test_options_without_meaning(options: dict[str, Any], error, message):
    weights = [[[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0]]]
    with pytest.raises(error, match=message):
        gc.draw_network(weights, **options)


def test_a_notebook_shows_it():
    drawing = gc.draw_network([HIDDEN, OUTPUT], biases="first", title="By hand")
    assert drawing._repr_svg_() == drawing.svg()
    assert repr(drawing) == "<drawing: By hand>"
    assert re.search(r"<title id=\S+>By hand</title>", drawing.svg())


def test_golden(golden):
    drawing = gc.draw_network([HIDDEN, OUTPUT], **BY_HAND)
    golden("network.dot", drawing.dot())
    golden("network.mmd", drawing.mermaid())
