"""What a drawing shows: vertices by role, local partials, tangents, adjoints, shapes, scopes."""

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.errors import DerivativeError, InputError, NamingError
from graphcomp.graph import GraphData
from graphcomp.node import current_scope
from graphcomp.printers.dot import dot_source
from graphcomp.printers.render import render
from tests.drawings import AT, POINT, Drawn, fan_out, layers, mlp_loss, named_sigmoid, sigmoid

MLP = {"parameters": ("W1", "W2"), "wrt": ("x", "W1", "W2")}


def draw(graph, **options):
    return Drawn(dot_source(graph, **options))


# ---------------------------------------------------------------- the sigmoid graph


@pytest.mark.parametrize("graph", [sigmoid(), named_sigmoid()], ids=["bare", "named"])
@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
def test_the_sigmoid_has_five_vertices_and_four_edges(graph, mode):
    drawn = draw(graph, mode=mode)
    assert list(drawn.nodes) == ["w1", "w2", "w3", "w4", "w5"]
    assert set(drawn.forward) == {("w1", "w3"), ("w2", "w3"), ("w3", "w4"), ("w4", "w5")}
    assert set(drawn.reverse) == (set(drawn.forward) if mode == "reverse" else set())
    assert [drawn.lines(node)[0] for node in drawn.nodes] == [
        "w₁ = x",
        "w₂ = a",
        "w₃ = −w₁·w₂",
        "w₄ = 1 + exp(w₃)",
        "y = w₅ = 1/w₄",
    ]


def test_the_textbook_drawing_has_local_partials_on_its_edges():
    drawn = draw(sigmoid(), parameters=("a",))
    assert drawn.heading == ["y = 1/(1 + exp(−a·x))", "edge label = local partial ∂child/∂parent"]
    assert drawn.label("w1", "w3") == ["−w₂"]
    assert drawn.label("w2", "w3") == ["−w₁"]
    assert drawn.label("w3", "w4") == ["exp(w₃)"]
    assert drawn.label("w4", "w5") == ["−1/w₄²"]
    assert drawn.forward["w4", "w5"]["tooltip"] == "∂w₅/∂w₄ = −1/w₄²"


def test_forward_mode():
    drawn = draw(sigmoid(), mode="forward", at=AT, parameters=("a",))
    assert drawn.heading == [
        "Forward mode: y = 1/(1 + exp(−a·x)) at x = 1, a = 2",
        "= value",
        "ẇ tangent = ∂w/∂x, seed ẇ₁ = 1; thick arrows carry it",
    ]
    assert drawn.lines("w1") == ["w₁ = x", "= 1", "ẇ₁ = 1  (seed)"]
    assert drawn.lines("w2") == ["w₂ = a", "= 2", "ẇ₂ = 0"]
    assert drawn.lines("w3") == ["w₃ = −w₁·w₂", "= −2", "ẇ₃ = −ẇ₁·w₂ = −2"]
    assert drawn.lines("w4")[1:] == ["= 1.135", "ẇ₄ = ẇ₃·exp(w₃) = −0.2707"]
    assert drawn.lines("w5")[1:3] == ["= 0.8808", "ẇ₅ = −ẇ₄/w₄² = 0.21"]
    assert drawn.bold("w5")[-1] == "∂y/∂x = a·y·(1 − y)"
    assert drawn.label("w1", "w3") == ["×(−w₂)"]
    assert drawn.label("w2", "w3") == []
    assert drawn.label("w3", "w4") == ["×exp(w₃)"]
    assert drawn.label("w4", "w5") == ["×(−1/w₄²)"]
    thick = {edge for edge, attributes in drawn.forward.items() if attributes["penwidth"] == "2.2"}
    assert thick == {("w1", "w3"), ("w3", "w4"), ("w4", "w5")}
    assert drawn.forward["w1", "w3"]["color"] == "#7A3E8E"


def test_reverse_mode():
    drawn = draw(sigmoid(), mode="reverse", at=AT, parameters=("a",))
    assert drawn.heading == [
        "Reverse mode: y = 1/(1 + exp(−a·x)) at x = 1, a = 2",
        "→ = value",
        "⇠ w̄ adjoint = ∂y/∂w, seed w̄₅ = 1",
    ]
    assert drawn.lines("w1") == ["w₁ = x", "= 1", "dx = w̄₁ = 0.21"]
    assert drawn.lines("w2") == ["w₂ = a", "= 2", "da = w̄₂ = 0.105"]
    assert drawn.lines("w3")[1:] == ["= −2", "w̄₃ = −0.105"]
    assert drawn.lines("w4")[1:] == ["= 1.135", "w̄₄ = −0.7758"]
    assert drawn.lines("w5")[1:] == ["= 0.8808", "w̄₅ = 1  (seed)"]
    assert drawn.bold("w1") == ["w₁ = x", "dx = w̄₁ = 0.21"]
    assert drawn.label("w1", "w3", back=True) == ["w̄₃·(−w₂)"]
    assert drawn.label("w2", "w3", back=True) == ["w̄₃·(−w₁)"]
    assert drawn.label("w3", "w4", back=True) == ["w̄₄·exp(w₃)"]
    assert drawn.label("w4", "w5", back=True) == ["w̄₅·(−1/w₄²)"]
    back = drawn.reverse["w4", "w5"]
    assert (back["dir"], back["style"], back["color"]) == ("back", "dashed", "#B03A00")


def test_without_a_point_the_texts_are_symbols():
    drawn = draw(sigmoid(), mode="reverse")
    assert drawn.lines("w1") == ["w₁ = x", "dx = w̄₁"]
    assert drawn.lines("w3") == ["w₃ = −w₁·w₂", "w̄₃ = ∂y/∂w₃"]
    assert drawn.lines("w5") == ["y = w₅ = 1/w₄", "w̄₅ = 1  (seed)"]


def test_what_is_not_differentiated_by_is_a_constant():
    drawn = draw(sigmoid(), mode="reverse", wrt="a", at=AT)
    assert drawn.nodes["w1"]["class"] == "const"
    assert drawn.lines("w1") == ["w₁ = x", "= 1", "no gradient"]
    assert set(drawn.reverse) == {("w2", "w3"), ("w3", "w4"), ("w4", "w5")}


# ---------------------------------------------------------------- fan-out


def test_contributions_are_added_where_a_value_is_used_twice():
    drawn = draw(fan_out(), mode="reverse", at={"x1": 2, "x2": 5}, letter="v")
    assert drawn.lines("v1") == [
        "v₁ = x₁",
        "= 2",
        "v̄₁ = v₂ + cos(v₁)",
        "= 5 + (−0.4161) = 4.584",
    ]
    assert drawn.lines("v2") == ["v₂ = x₂", "= 5", "v̄₂ = v₁ = 2"]
    assert drawn.lines("v4") == ["v₄ = sin(v₁)", "= 0.9093", "v̄₄ = 1"]
    assert drawn.lines("v5") == ["y = v₅ = v₃ + v₄", "= 10.91", "v̄₅ = 1  (seed)"]
    assert drawn.label("v1", "v4", back=True) == ["v̄₄·cos(v₁) = −0.4161"]
    assert drawn.label("v1", "v3", back=True) == ["v̄₃·v₂ = 5"]
    assert drawn.label("v2", "v3", back=True) == ["v̄₃·v₁ = 2"]
    assert drawn.label("v4", "v5", back=True) == ["v̄₅·1"]
    assert drawn.heading[-1] == (
        "v₁ is used twice: its adjoint is the sum of the two contributions that arrive"
    )


def test_many_contributions_are_not_written_out():
    x = gc.scalar("x")
    drawn = draw(
        GraphData([x], {"y": gc.stack([f(x) for f in (gc.sin, gc.cos, gc.exp, gc.tanh, gc.sqrt)])}),
        mode="reverse",
        seed={"y": np.ones(5)},
        at={"x": 1.0},
    )
    assert any("Σ of 5 contributions" in line for line in drawn.lines("w1"))


def test_a_value_used_twice_by_one_step_has_one_edge():
    x = gc.scalar("x")
    y = gc.exp(x)
    drawn = draw(GraphData([x], {"y": y * y}), mode="reverse", at={"x": 0.0})
    assert set(drawn.forward) == {("w1", "w2"), ("w2", "w3")}
    assert drawn.graph.number_of_edges() == 4


# ---------------------------------------------------------------- matrix form


def test_matrix_form():
    drawn = draw(mlp_loss(), mode="reverse", **MLP)
    assert drawn.heading == ["L = ½ ‖W₂ relu(W₁ x) − y‖²", "shapes in blue", "adjoints, seed L̄ = 1"]
    assert {node: drawn.lines(node) for node in drawn.nodes} == {
        "x": ["x", "x̄ = W₁ᵀ z̄"],
        "W1": ["W₁", "k×n", "W̄₁ = z̄ xᵀ"],
        "z": ["z = W₁ x", "z̄ = h̄ ⊙ [z > 0]"],
        "h": ["h = relu(z)", "h̄ = W₂ᵀ p̄"],
        "W2": ["W₂", "m×k", "W̄₂ = p̄ hᵀ"],
        "p": ["p = W₂ h", "p̄ = r̄"],
        "y": ["y", "m", "no gradient"],
        "r": ["r = p − y", "r̄ = L̄ r"],
        "L": ["L = ½ rᵀr", "L̄ = 1  (seed)"],
    }
    assert drawn.reverse == {}
    labels = {edge: drawn.label(*edge) for edge in drawn.forward}
    assert labels == {
        ("x", "z"): ["n"],
        ("W1", "z"): [],
        ("z", "h"): ["k"],
        ("h", "p"): ["k"],
        ("W2", "p"): [],
        ("p", "r"): ["m"],
        ("y", "r"): [],
        ("r", "L"): ["m"],
    }
    assert drawn.clusters == {
        "layer1": ["W1", "h", "z"],
        "layer2": ["W2", "p"],
        "loss": ["L", "r", "y"],
    }


def test_matrix_form_with_numbers():
    drawn = draw(mlp_loss(), mode="reverse", at=POINT, **MLP)
    assert drawn.lines("z") == ["z = W₁ x", "= [−1 4 1]", "z̄ = h̄ ⊙ [z > 0] = [0 1.5 1]"]
    assert drawn.lines("W1") == [
        "W₁",
        "k×n",
        "= [1 −1; 2 1; −1 1]",
        "W̄₁ = z̄ xᵀ = [0 0; 1.5 3; 1 2]",
    ]


def test_matrix_form_forward_with_a_unit_seed():
    drawn = draw(mlp_loss(), mode="forward", at=POINT, seed={"W1": "E21"}, **MLP)
    assert drawn.heading[-1] == "tangents, seed Ẇ₁ = E₂₁; thick arrows carry it"
    assert drawn.lines("W1")[-1] == "Ẇ₁ = E₂₁  (seed)"
    assert drawn.lines("L")[-1] == "L̇ = rᵀ ṙ = 1.5"


def test_large_arrays_are_not_printed():
    x = gc.array("x", "n")
    drawn = draw(GraphData([x], {"y": gc.exp(x)}), at={"x": np.arange(1000.0)})
    assert all(len(line) < 40 for node in drawn.nodes for line in drawn.lines(node))


def test_inputs_made_outside_follow_the_scope_that_reads_them():
    x, W, b = gc.array("x", "n"), gc.array("W", "m n"), gc.array("b", "m")
    with gc.scope("layer"):
        y = W @ x + b
    drawn = draw(GraphData([x, W, b], {"y": y}), parameters=("W", "b"))
    assert "x" not in drawn.clusters["layer"]
    assert {"W", "b"} < set(drawn.clusters["layer"])


# ---------------------------------------------------------------- roles and themes


def test_roles_differ_in_shape_or_border():
    drawn = draw(mlp_loss(), mode="reverse", **MLP)
    looks = {
        (n["class"]): (n["shape"], n["style"], n["penwidth"], n["peripheries"])
        for n in drawn.nodes.values()
    }
    assert set(looks) == {"input", "param", "const", "op", "output"}
    assert len(set(looks.values())) == len(looks)


@pytest.mark.parametrize(
    ("theme", "background", "inks"),
    [("light", "white", ["#005A9C", "#B03A00"]), ("dark", "#0D1117", ["#79C0FF", "#FF9E64"])],
)
def test_themes(theme, background, inks):
    drawn = draw(sigmoid(), mode="reverse", at=AT, theme=theme)
    assert drawn.graph.graph_attr["bgcolor"] == background
    assert drawn.colours("w3") == inks


def test_several_outputs_each_have_their_name():
    x = gc.scalar("x")
    y = gc.exp(x)
    drawn = draw(GraphData([x], {"y": y, "z": y, "u": gc.sin(x), "v": x}))
    assert [drawn.lines(node) for node in drawn.nodes] == [
        ["v = w₁ = x"],
        ["y = z = w₂ = exp(w₁)"],
        ["u = w₃ = sin(w₁)"],
    ]


def test_every_output_has_its_adjoints():
    x, a = gc.scalars("x a")
    u = gc.exp(a * x)
    graph = GraphData([x, a], {"y": gc.sin(u), "z": u + x, "q": a**2})
    drawn = draw(graph, mode="reverse", at={"x": 0, "a": 2})
    assert "⇠ adjoints of each of y, z, q" in drawn.heading
    assert drawn.lines("w2")[-3:] == ["∂y/∂a = 0", "∂z/∂a = 0", "∂q/∂a = 4"]
    assert drawn.lines("w1")[-3:] == ["∂y/∂x = 1.081", "∂z/∂x = 3", "∂q/∂x = 0"]
    outputs = [n for n, attributes in drawn.nodes.items() if attributes["class"] == "output"]
    assert [drawn.lines(n)[-1] for n in outputs] == [
        "∂y/∂w₅ = 1  (seed)",
        "∂z/∂w₆ = 1  (seed)",
        "∂q/∂w₇ = 1  (seed)",
    ]
    assert set(drawn.reverse) == set(drawn.forward)


def test_every_output_has_its_adjoints_in_matrix_form():
    A, v = gc.array("A", "m n"), gc.array("v", "n")
    graph = GraphData([A, v], {"y": gc.sum((A @ v) ** 2), "z": gc.sum(v * v)})
    drawn = draw(graph, mode="reverse", at={"A": [[1, 2]], "v": [1, 2]})
    assert "∂y/∂A = [10 20]" in drawn.lines("A")
    assert "∂z/∂A = 0" in drawn.lines("A")
    assert drawn.lines("v")[-2:] == ["∂y/∂v = [10 20]", "∂z/∂v = [2 4]"]


def test_a_seed_makes_one_sweep_of_several_outputs():
    x = gc.scalar("x")
    graph = GraphData([x], {"y": gc.sin(x), "z": 3 * x})
    drawn = draw(graph, mode="reverse", at={"x": 0}, seed={"y": 1, "z": 2})
    assert drawn.lines("w1")[-1].endswith("= 7")


# ---------------------------------------------------------------- what can go wrong


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "backward"}, "mode must be None, 'forward' or 'reverse'"),
        ({"theme": "blue"}, "theme must be 'auto', 'light' or 'dark'"),
        ({"rankdir": "up"}, "rankdir must be one of LR, TB, RL, BT"),
        ({"max_nodes": 2}, "max_nodes must be an int of at least 3"),
        ({"max_nodes": "9"}, "max_nodes must be an int"),
        ({"parameters": ("q",)}, "there is no input 'q'; the inputs are x, a"),
        ({"expand": ("q",)}, "there is no scope 'q'; there are: none"),
        ({"steps": "all"}, "steps must be one of"),
        ({"seed": {"y": 1}}, "a seed needs a mode"),
        ({"mode": "reverse", "at": {"x": 1}}, "no value for input 'a'"),
    ],
)
def test_options_without_meaning(options, message):
    with pytest.raises(InputError, match=message):
        dot_source(sigmoid(), **options)


def test_there_must_be_something_to_differentiate():
    k = gc.scalar("k", dtype="int64")
    graph = GraphData([k], {"y": k + 1})
    assert list(draw(graph).nodes) == ["w1", "w2"]
    with pytest.raises(DerivativeError):
        dot_source(graph, mode="reverse")
    with pytest.raises(NamingError):
        dot_source(sigmoid(), mode="reverse", wrt="q")


def test_an_output_that_does_not_depend_on_an_input():
    x, a = gc.scalars("x a")
    drawn = draw(GraphData([x, a], {"y": gc.exp(x)}), mode="reverse", at=AT)
    assert drawn.lines("w2")[-1] == "da = w̄₂ = 0"


HOSTILE = [
    "<b>bold</b>",
    "<TABLE><TR><TD>x</TD></TR></TABLE>",
    'say "x" \\N \\G \\l \\',
    "a & b &lt; c &#65;",
    'x" URL="javascript:alert(1)',
    "]; evil [label=x",
    "--> ]]> <!-- <script>alert(1)</script>",
    "first\nsecond\r\nthird",
    "tab\tbell\x07 null\x00 surrogate\udcff nonchar\ufffe \u202ertl",
    "",
    "x" * 500,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_titles_are_text_and_nothing_else(text):
    source = dot_source(sigmoid(), title=text)
    drawn = Drawn(source)
    assert set(drawn.nodes) == {"w1", "w2", "w3", "w4", "w5"}
    clean = ["".join(c if c.isprintable() else " " for c in t) for t in text.splitlines()]
    assert drawn.heading[:-1] == [line or " " for line in clean or [""]]
    svg = render(source).decode()
    assert "<script" not in svg
    assert "href" not in svg.replace('xmlns:xlink="http://www.w3.org/1999/xlink"', "")


@pytest.mark.parametrize("text", HOSTILE)
def test_scopes_are_text_and_nothing_else(text):
    x = gc.scalar("x")
    token = current_scope.set(text.replace("/", "|"))
    try:
        y = gc.exp(gc.sin(x))
    finally:
        current_scope.reset(token)
    source = dot_source(GraphData([x], {"y": y}))
    drawn = Drawn(source)
    assert set(drawn.nodes) == {"w1", "w2", "w3"}
    assert len(drawn.clusters) == (1 if text else 0)
    assert "<script" not in render(source).decode()


def test_names_that_are_words_of_dot():
    node, edge, graph = gc.scalars("node edge graph")
    strict = gc.let("strict", node * edge)
    drawn = draw(GraphData([node, edge, graph], {"digraph": strict + graph}, name="subgraph"))
    assert set(drawn.nodes) == {"node", "edge", "graph", "strict", "digraph"}


def test_a_drawing_is_the_same_every_time():
    assert dot_source(layers(3, 3), max_nodes=8) == dot_source(layers(3, 3), max_nodes=8)


# ---------------------------------------------------------------- golden files


@pytest.mark.parametrize(
    ("name", "graph", "options"),
    [
        ("sigmoid_textbook", sigmoid(), {"parameters": ("a",)}),
        ("sigmoid_forward", sigmoid(), {"parameters": ("a",), "mode": "forward", "at": AT}),
        ("sigmoid_reverse", sigmoid(), {"parameters": ("a",), "mode": "reverse", "at": AT}),
        ("fanout_reverse", fan_out(), {"letter": "v", "mode": "reverse", "at": {"x1": 2, "x2": 5}}),
        ("mlp_reverse", mlp_loss(), {"mode": "reverse", **MLP}),
        (
            "layers_collapsed",
            layers(3, 4),
            {"max_nodes": 8, "title": "Three layers", "repeats": False},
        ),
        ("layers_repeated", layers(12, 3), {"parameters": [f"p{i}" for i in range(1, 13)]}),
    ],
)
def test_golden(golden, name, graph, options):
    golden(f"{name}.dot", dot_source(graph, **options))
