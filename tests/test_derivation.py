"""Derivations as data: numbers, notes, closed forms, seeds, errors."""

import json
import time

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.derivation import Remark, derive
from graphcomp.errors import DerivativeError, DTypeError, InputError, NamingError, ShapeError
from graphcomp.graph import GraphData
from graphcomp.printers.formula import UNICODE, Formulas
from graphcomp.program import Role

x, y, z, a = gc.scalars("x y z a")
v = gc.array("v", "n")


def value_of(sweep, step):
    """The value of a derivative."""
    value = sweep.by_name[step].value
    assert value is not None
    return value


def graph(outputs, inputs=(x, y, z, a)):
    """A graph of just the inputs that are used."""
    nodes = outputs.values() if isinstance(outputs, dict) else [outputs]
    used = {n for node in GraphData(inputs, dict(enumerate_outputs(nodes))).nodes for n in [node]}
    return GraphData([i for i in inputs if i in used], outputs)


def enumerate_outputs(nodes):
    return ((f"o{i}", node) for i, node in enumerate(nodes))


def closed(derivation, by, output=None):
    """A closed form as text."""
    form = derivation.closed_form(output or derivation.graph.output_names[0], by)
    if form is None:
        return None
    names = {node: UNICODE.symbol(name) for node, name in form.names.items()}
    return Formulas(derivation.program).expression(form.node, names)


# ---------------------------------------------------------------- numbers


def test_adjoints_of_the_sigmoid():
    found = derive(graph({"y": 1 / (1 + gc.exp(-a * x))}, (x, a)), at={"x": 1, "a": 2})
    rows = found.reverse[0].by_name
    assert rows["w1"].value == pytest.approx(0.209987170807013, abs=1e-15)
    assert rows["w2"].value == pytest.approx(0.1049935854035065, abs=1e-15)
    assert found.forward[0].by_name["w5"].value == pytest.approx(0.209987170807013, abs=1e-15)
    assert [c.agrees for c in found.checks] == [True, True]
    assert (found.passes.forward, found.passes.reverse) == (2, 1)
    assert found.passes.cheaper is Role.ADJOINT


def test_named_derivatives_of_inner_steps():
    W, u = gc.array("W", (3, 3)), gc.array("u", 3)
    r = gc.let("r", W @ u)
    found = derive(
        GraphData([W, u], {"s": gc.sum(gc.let("h", gc.relu(r)))}),
        "reverse",
        wrt=["r", "h"],
        at={"W": np.eye(3), "u": [1.0, -1.0, 2.0]},
    )
    rows = found.reverse[0].by_name
    np.testing.assert_array_equal(rows["r"].value, [1, 0, 1])
    np.testing.assert_array_equal(rows["h"].value, [1, 1, 1])
    assert rows["W"].derivative is None
    assert not rows["W"].varies


def test_forward_and_reverse_agree_on_arrays():
    rng = np.random.default_rng(3)
    X, W = gc.array("X", "n d"), gc.array("W", "m d")
    g = GraphData([X, W], {"L": gc.mean(gc.tanh(X @ W.T) ** 2)})
    at = {"X": rng.normal(size=(4, 3)), "W": rng.normal(size=(2, 3))}
    back = value_of(derive(g, "reverse", at=at).reverse[0], "W")
    ahead = derive(g, "forward", at=at, seed={"W": "E23"}).forward[0].by_name["L"]
    assert ahead.value == pytest.approx(back[1, 2])
    assert ahead.notes[-1].remark is Remark.ENTRY
    assert all(check.agrees for check in derive(g, "reverse", at=at).checks)


# ---------------------------------------------------------------- closed forms

CLOSED = [
    (1 / (1 + gc.exp(-a * x)), "x", "a·f·(1 − f)"),
    (1 / (1 + gc.exp(-a * x)), "a", "x·f·(1 − f)"),
    (gc.tanh(x), "x", "1 − f²"),
    (gc.sigmoid(x), "x", "f·(1 − f)"),
    (gc.exp(x), "x", "f"),
    (gc.exp(-a * x), "x", "−a·f"),
    (2 * gc.exp(3 * x) + 1, "x", "3·(f − 1)"),
    (gc.log(x), "x", "1/x"),
    (1 / x, "x", "−1/x²"),
    (gc.sqrt(x), "x", "1/(2·f)"),
    (x * y + gc.sin(x), "x", "y + cos(x)"),
    (x * y * z, "y", "x·z"),
    (x / y, "x", "1/y"),
    (x / y, "y", "−f/y"),
    ((x - 1) ** 2, "x", "2·(x − 1)"),
    (x**3, "x", "3·x²"),
    (gc.relu(x), "x", "[x > 0]"),
    (gc.sin(x) ** 2, "x", "2·sin(x)·cos(x)"),
    (gc.sqrt(x * x + y * y), "x", "x/f"),
    (gc.log(1 + gc.exp(x)), "x", "exp(x)/(1 + exp(x))"),
    (gc.where(x > y, x * x, y), "x", "2·x·[x > y]"),
    (x, "x", "1"),
    (x + 0 * y, "x", "1"),
]


@pytest.mark.parametrize(("node", "by", "expected"), CLOSED, ids=[f"{e} {b}" for _, b, e in CLOSED])
def test_closed_forms(node, by, expected):
    assert closed(derive(graph({"f": node}), "reverse"), by) == expected


def test_integers_take_part_in_closed_forms():
    i, x = gc.scalar("i", "int64"), gc.scalar("x")
    graph = GraphData([i, x], {"y": x**2 * i + i // 2})
    found = derive(graph, "reverse", at={"i": 3, "x": 2.0})
    form = found.closed_form("y", "x")
    assert form is not None
    names = {node: UNICODE.symbol(name) for node, name in form.names.items()}
    assert Formulas(found.program).expression(form.node, names) == "2·i·x"
    assert found.checks[0].agrees


def test_the_reason_of_a_closed_form_is_kept():
    insight = derive(graph({"y": 1 / (1 + gc.exp(-a * x))}, (x, a))).insight
    assert insight is not None
    assert insight.step == "w3"
    assert len(insight.known) == 2
    assert derive(graph({"f": x * y + gc.sin(x)})).insight is None


def test_long_graphs_get_no_closed_form_and_do_not_hang():
    product, started = x, time.process_time()
    for _ in range(12):
        product = product * (x + y * z + a * product + 1)
    assert derive(graph({"f": product}), "reverse").closed == ()
    assert time.process_time() - started < 60


def test_gradients_of_matrices():
    W1, W2, u, t = (
        gc.array(n, s) for n, s in (("W1", "k n"), ("W2", "m k"), ("u", "n"), ("t", "m"))
    )
    h = gc.let("h", gc.relu(gc.let("z", W1 @ u)))
    found = derive(GraphData([W1, W2, u, t], {"L": gc.squared_loss(gc.let("p", W2 @ h), t)}))
    assert closed(found, "W1") == "(W₂ᵀ (p − t) ⊙ [W₁ u > 0]) uᵀ"
    assert closed(found, "W2") == "(p − t) hᵀ"
    assert closed(found, "t") == "t − p"


# ---------------------------------------------------------------- seeds


def test_a_trace_for_each_input():
    found = derive(graph({"f": x * y}), "forward", seed="each", at={"x": 2, "y": 3})
    assert [value_of(s, "w3") for s in found.forward] == [3, 2]


def test_a_direction():
    found = derive(graph({"f": x * y}), "forward", seed={"x": 1, "y": 10}, at={"x": 2, "y": 3})
    assert value_of(found.forward[0], "w3") == 23


def test_a_cotangent_of_an_array():
    found = derive(GraphData([v], {"p": v * v}), "reverse", seed={"p": [1, 2]}, at={"v": [3, 4]})
    np.testing.assert_array_equal(found.reverse[0].by_name["v"].value, [6, 16])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"mode": "backward"}, InputError, "forward, reverse, both"),
        ({"wrt": "q"}, NamingError, "no input, step or output 'q'"),
        ({"at": {"v": [1.0, 2.0]}}, InputError, "no value for input 's'"),
        ({"at": {"v": 1.0, "s": 1.0}}, ShapeError, "v has shape"),
        ({"at": {"v": [1.0], "s": 1.0}, "mode": "reverse"}, DerivativeError, "seed={'p': array}"),
        (
            {"at": {"v": [1.0], "s": 1.0}, "seed": {"p": [1, 2]}},
            ShapeError,
            r"\(2,\), expected \(1,\)",
        ),
        ({"seed": {"v": "F1"}, "mode": "forward"}, InputError, "'E21'"),
        (
            {"seed": {"v": "E11"}, "mode": "forward", "at": {"v": [1.0], "s": 1.0}},
            ShapeError,
            "entry",
        ),
        ({"seed": {"s": 0.0}, "mode": "forward"}, DerivativeError, "all seeds are zero"),
        ({"seed": {"q": 1.0}, "mode": "reverse"}, NamingError, "no output 'q'"),
        ({"seed": {"s": "E1"}, "mode": "forward"}, ShapeError, "shape"),
        ({"seed": 2.0}, InputError, "needs a name"),
    ],
)
def test_mistakes_are_named(options, error, message):
    s = gc.scalar("s")
    with pytest.raises(error, match=message):
        derive(GraphData([v, s], {"p": v * s}), **options)


def test_integers_have_no_derivative():
    k = gc.scalar("k", "int64")
    with pytest.raises(DTypeError, match="convert to float"):
        derive(GraphData([x, k], {"f": x * k}), wrt="k")
    with pytest.raises(DerivativeError, match="no real input"):
        derive(GraphData([k], {"f": gc.exp(k)}))


# ---------------------------------------------------------------- as plain data, and in bulk


def test_json():
    found = derive(graph({"y": gc.log(x) * a}, (x, a)), at={"x": 0.0, "a": 2.0})
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["primal"][2] == {
        "step": "w3",
        "definition": "log(w1)",
        "operands": ["w1"],
        "outputs": [],
        "dtype": "float64",
        "shape": [],
        "value": "-Infinity",
    }
    assert data["reverse"][0]["rows"][0]["terms"][0]["contribution"] == "w3_bar/w1"
    expected = {"output": "y", "by": "x", "expression": "a/x", "proof": "algebra"}
    assert data["closed"][0] == expected


def test_the_number_of_rows_is_linear_in_the_graph():
    chain = x
    for _ in range(3000):
        chain = gc.sin(chain)
    started = time.process_time()
    found = derive(GraphData([x], {"f": chain}), at={"x": 1.0})
    assert time.process_time() - started < 60
    assert len(found.reverse[0].rows) == 3001


def test_an_array_without_entries_has_a_trace():
    v = gc.array("v", "n")
    graph = gc.Graph([v], {"y": (v**2).sum() + 3.0})
    shown = str(graph.derivation("both", at={"v": np.zeros(0)}))
    assert "v̄ = 2 ȳ v" in shown
    assert "[]" in shown
