"""Printed derivations, against the traces that they are to look like."""

import re

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.derivation import derive
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.printers.notation import width
from graphcomp.printers.text import render

COST = """

COST
   forward mode: 2 passes for the full Jacobian (one per input)
   reverse mode: 1 pass (one per output), cheaper here
   f: Rⁿ → Rᵐ: forward mode wins for n ≪ m, reverse mode for n ≫ m (backpropagation is reverse mode)"""

AT = {
    "W1": [[1, -1], [2, 1], [-1, 1]],
    "W2": [[1, 0.5, -1], [0, 1, 2]],
    "x": [1, 2],
    "y": [0, 5],
}


def sigmoid(named=False):
    x, a = gc.scalars("x a")
    if not named:
        return GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")
    w3 = gc.let("w3", -a * x)
    w4 = gc.let("w4", 1 + gc.exp(w3))
    return GraphData([x, a], {"y": gc.let("y", 1 / w4)}, name="sigmoid")


def sine():
    x1, x2 = gc.scalars("x1 x2")
    return GraphData([x1, x2], {"y": x1 * x2 + gc.sin(x1)})


def mlp():
    W1, W2 = gc.array("W1", "k n"), gc.array("W2", "m k")
    x, y = gc.array("x", "n"), gc.array("y", "m")
    z = gc.let("z", W1 @ x)
    h = gc.let("h", gc.relu(z))
    r = gc.let("r", gc.let("p", W2 @ h) - y)
    return GraphData([W1, W2, x, y], {"L": gc.let("L", 0.5 * (r**2).sum())})


def printed(graph, mode="both", *, width=100, detail="full", plain=False, **options):
    return render(derive(graph, mode, **options), width=width, detail=detail, ascii=plain)


# ---------------------------------------------------------------- the reference


@pytest.mark.parametrize("named", [False, True], ids=["bare expression", "named steps"])
def test_the_sigmoid(golden, named):
    text = printed(sigmoid(named), at={"x": 1, "a": 2})
    assert text.endswith(COST)
    golden("traces_sigmoid.txt", text.removesuffix(COST) + "\n")


def test_a_sum_with_fan_out(golden):
    # The reference gives this trace without step list and closed forms, with the results in one
    # line and no marks "dx" in the table: that is the brief style.
    text = printed(sine(), at={"x1": 2, "x2": 5}, letter="v", detail="brief")
    golden("traces_sine.txt", text + "\n")


def test_a_two_layer_network(golden):
    # In the reference reverse mode comes first, and forward mode follows without a title of its
    # own. The gradient by x is left out of the line of results, which is as wide as the table.
    wrt = ["W1", "W2", "x"]
    back = printed(mlp(), "reverse", at=AT, wrt=wrt, detail="brief")
    ahead = printed(mlp(), "forward", at=AT, wrt=wrt, seed={"W1": "E21"}, detail="brief")
    _, _, table = ahead.partition("\n\n")
    golden("traces_mlp.txt", f"{back}\n\n{table}\n")


def test_an_array_that_is_a_unit_entry_is_recognised():
    seed = np.zeros((3, 2))
    seed[1, 0] = 1
    text = printed(mlp(), "forward", at=AT, seed={"W1": seed})
    assert "Ẇ₁ = E₂₁ (one entry)" in text
    assert "= (W̄₁)₂₁" in text


# ---------------------------------------------------------------- styles


@pytest.mark.parametrize("graph", [sigmoid(), sine(), mlp()], ids=["sigmoid", "sine", "mlp"])
@pytest.mark.parametrize("numeric", [False, True])
def test_ascii_is_ascii(graph, numeric):
    points = {"x": 1, "a": 2, "x1": 2, "x2": 5} | ({} if "a" in graph.input_names else AT)
    at = {name: points[name] for name in graph.input_names}
    text = printed(graph, at=at if numeric else None, plain=True)
    assert text.isascii()
    assert "w3_bar" in text or "r_bar" in text


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_narrow_terminals_get_one_trace_below_the_other(columns):
    text = printed(sigmoid(), at={"x": 1, "a": 2}, width=columns)
    tables = [line for line in text.splitlines() if "─" not in line]
    assert max(map(width, tables)) <= columns + 10
    assert ("│" in text) == (columns >= 80)
    assert [text.count(part) for part in ("tangent trace", "adjoint trace")] == [1, 1]


def test_symbolic_traces_have_no_numbers():
    text = printed(sigmoid())
    assert "w̄₃ = w̄₄·exp(w₃)" in text
    assert "0.2" not in text
    assert "check" not in text
    assert "dx = w̄₁ = w̄₃·(−w₂) = a·y·(1 − y)" in text


def test_lines_have_no_blanks_at_their_ends_and_columns_stand_below_each_other():
    for line in (text := printed(mlp(), at=AT)).splitlines():
        assert line == line.rstrip()
    tables = re.findall(r"(?:^.*[│┼┴].*\n?)+", text, flags=re.MULTILINE)
    assert len(tables) == 2
    for table in tables:
        bars = {width(re.split("[│┼┴]", line)[0]) for line in table.splitlines()}
        assert len(bars) == 1


def test_long_traces_are_cut_in_the_middle():
    y = gc.scalar("x")
    for _ in range(2000):
        y = gc.sin(y)
    text = printed(GraphData([gc.scalar("x")], {"y": y}), at={"x": 1.0})
    assert text.count("… 1961 more steps") == 3
    assert len(text.splitlines()) < 300
    assert "w₂₀₀₁ = sin(w₂₀₀₀)" in text


def test_details_are_checked():
    with pytest.raises(InputError, match="full, brief"):
        render(derive(sigmoid()), detail="long")


# ---------------------------------------------------------------- other graphs


def test_a_kink_is_named_where_the_check_disagrees():
    x = gc.scalar("x")
    text = printed(GraphData([x], {"y": gc.relu(x)}), at={"x": 0.0})
    assert "mask = relu′(w₁)" in text
    assert "dx 0.5, not 0 (at a kink?)" in text


def test_an_unused_input():
    x, y = gc.scalars("x y")
    text = printed(GraphData([x, y], {"f": gc.sin(x)}), at={"x": 1.0, "y": 2.0})
    assert "w̄₂ = 0" in text
    assert "dy = 0   f does not depend on y" in text


def test_every_output_has_its_sweep():
    x, y = gc.scalars("x y")
    text = printed(GraphData([x, y], {"f": x * y, "h": x}), "reverse", at={"x": 1.5, "y": 2})
    assert "REVERSE MODE   seed f̄ = 1, h̄ = 0" in text
    assert "REVERSE MODE   seed h̄ = 1, f̄ = 0" in text
    assert "∂f/∂x = w̄₁ = w̄₃·w₂ = y = 2" in text


def test_an_input_that_is_an_output_and_is_used():
    x, y = gc.scalars("x y")
    graph = GraphData([x, y], {"f": x * y, "h": x})
    text = printed(graph, "reverse", at={"x": 1.5, "y": 2}, seed={"f": 1, "h": 10})
    assert "w̄₁ = w̄₃·w₂ + h̄" in text
    assert "w₁ feeds w₃ and is an output" in text
    assert "= 1·2 + 10 = 12" in text


def test_a_batch():
    X, W, b, Y = (
        gc.array(name, shape)
        for name, shape in {"X": "n d", "W": "m d", "b": "m", "Y": "n m"}.items()
    )
    text = printed(GraphData([X, W, b, Y], {"L": gc.mean((X @ W.T + b - Y) ** 2)}), wrt=["W", "b"])
    for line in ("X Wᵀ", "‖w₃‖²/(m·n)", "W̄ = w̄₁ᵀ X", "b̄ = sum(w̄₂, axis=0)", "2 L̄ w₃/(m·n)"):
        assert line in text
