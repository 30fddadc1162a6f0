"""How expressions are written."""

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.graph import GraphData
from graphcomp.printers.formula import ASCII, UNICODE, Formulas, title
from graphcomp.printers.notation import width
from graphcomp.program import Role, adjoint_steps, build_program, seed_inputs, tangent_steps

x, y = gc.scalars("x y")
u, v = gc.array("u", "n"), gc.array("v", "n")
A, B = gc.array("A", "m n"), gc.array("B", "n n")

WRITTEN = [
    (x - (y - x), "x − (y − x)", "x - (y - x)"),
    (-(x + y), "−(x + y)", "-(x + y)"),
    (x / y / x, "x/(y·x)", "x/(y*x)"),
    (x / (y / x), "x²/y", "x**2/y"),
    (-x / -y, "x/y", "x/y"),
    ((x + 1) / (y * 2), "(x + 1)/(2·y)", "(x + 1)/(2*y)"),
    (0.5 * x, "0.5·x", "0.5*x"),
    ((x * y) ** 2, "(x·y)²", "(x*y)**2"),
    ((-x) ** 3, "−x³", "-x**3"),
    (x**-2.0, "1/x²", "1/x**2"),
    (x**0.5, "x^0.5", "x**0.5"),
    (x**y, "x^y", "x**y"),
    (gc.exp(x) ** 2, "exp(x)²", "exp(x)**2"),
    (x % y + 1, "x mod y + 1", "x mod y + 1"),
    (gc.where(x >= y, x, y), "where(x ≥ y, x, y)", "where(x >= y, x, y)"),
    (A @ u, "A u", "A @ u"),
    (A @ (u + v), "A (u + v)", "A @ (u + v)"),
    (A @ (2 * u), "2 A u", "2*(A @ u)"),
    (A @ (u * v), "A (u ⊙ v)", "A @ (u*v)"),
    (u * (B @ v), "u ⊙ B v", "u*(B @ v)"),
    (u @ v, "uᵀ v", "u @ v"),
    (u @ u, "uᵀu", "u @ u"),
    (u @ B, "Bᵀ u", "u @ B"),
    (u @ B @ v, "uᵀ B v", "(u @ B) @ v"),
    ((A @ B).T, "Bᵀ Aᵀ", "B.T @ A.T"),
    (gc.outer(u, v), "u vᵀ", "outer(u, v)"),
    (gc.outer(u + v, v), "(u + v) vᵀ", "outer(u + v, v)"),
    (0.5 * gc.sum(u**2), "½ uᵀu", "0.5*(u @ u)"),
    (gc.sum((u - v) ** 2), "‖u − v‖²", "sum((u - v)**2)"),
    (gc.sum(u * v), "uᵀ v", "u @ v"),
    (gc.sum(A * A), "‖A‖²", "sum(A**2)"),
    (gc.sum(A, axis=0), "sum(A, axis=0)", "sum(A, axis=0)"),
    (gc.mean(u), "sum(u)/n", "sum(u)/n"),
    (x * u, "x u", "x*u"),
    (u + x, "u + x", "u + x"),
    (u / x, "u/x", "u/x"),
]


@pytest.mark.parametrize(("node", "unicode", "plain"), WRITTEN, ids=[w[1] for w in WRITTEN])
def test_titles(node, unicode, plain):
    graph = GraphData([x, y, u, v, A, B], {"f": node})
    assert title(graph) == f"f = {unicode}"
    assert title(graph, ASCII) == f"f = {plain}"


def texts(node, inputs, accent):
    """The derivative steps of a graph, by step."""
    program = build_program(GraphData(inputs, {"f": node}))
    names = list(program.graph.input_names)
    if accent == "bar":
        seeds = seed_inputs(program, ["f"], Role.ADJOINT)
        steps = adjoint_steps(program, seeds, names)
    else:
        seeds = seed_inputs(program, names, Role.TANGENT)
        steps = tangent_steps(program, seeds)
    formulas = Formulas(program, seeds=seeds)
    return {step.name: formulas.definition(step)[1] for step in steps}


@pytest.mark.parametrize(
    ("node", "adjoint", "tangent"),
    [
        (1 / x, "w̄₂·(−1/w₁²)", "−ẇ₁/w₁²"),
        (gc.let("f", 1 / x), "w̄₂·(−1/w₁²)", "−ẇ₁/w₁²"),
        (gc.exp(x), "w̄₂·exp(w₁)", "ẇ₁·exp(w₁)"),
        (gc.tanh(x), "w̄₂·(1 − w₂²)", "ẇ₁·(1 − w₂²)"),
        (gc.sqrt(x), "w̄₂·(1/(2·w₂))", "ẇ₁/(2·w₂)"),
        (gc.sigmoid(x), "w̄₂·w₂·(1 − w₂)", "ẇ₁·w₂·(1 − w₂)"),
        (x**3, "w̄₂·(3·w₁²)", "3·ẇ₁·w₁²"),
        (gc.relu(x), "w̄₂·[w₁ > 0]", "ẇ₁·[w₁ > 0]"),
        (1 - gc.sin(x), "w̄₂·(−cos(w₁))", "−ẇ₁·cos(w₁)"),
    ],
)
def test_derivatives_of_one_step(node, adjoint, tangent):
    assert texts(node, [x], "bar")["w1"] == adjoint
    assert texts(node, [x], "dot")["w2"] == tangent


def test_derivatives_of_two_operands():
    assert texts(x / y, [x, y], "bar")["w2"] == "w̄₃·(−w₁/w₂²)"
    assert texts(x / y, [x, y], "dot")["w3"] == "ẇ₁/w₂ − ẇ₂·w₁/w₂²"
    assert texts(y * x, [x, y], "dot")["w3"] == "ẇ₁·w₂ + ẇ₂·w₁"
    assert texts(x - y, [x, y], "bar")["w2"] == "−w̄₃"
    assert texts(x - y, [x, y], "dot")["w3"] == "ẇ₁ − ẇ₂"


def test_deep_expressions_are_cut():
    node = x
    for _ in range(50_000):
        node = gc.sin(node) + 1
    graph = GraphData([x], {"f": node}, name="deep")
    assert title(graph) == "f = deep(x)"
    assert (
        "…"
        in Formulas(build_program(graph, "named")).definition(
            build_program(graph, "named").steps[-1]
        )[1]
    )


# ---------------------------------------------------------------- names and numbers


@pytest.mark.parametrize(
    ("name", "accent", "unicode", "plain"),
    [
        ("x", None, "x", "x"),
        ("x1", "dot", "ẋ₁", "x1_dot"),
        ("W12", "bar", "W̄₁₂", "W12_bar"),
        ("h_1", None, "h₁", "h_1"),
        ("y_observed", None, "y_observed", "y_observed"),
        ("loss", "bar", "loss_bar", "loss_bar"),
    ],
)
def test_symbols(name, accent, unicode, plain):
    assert UNICODE.symbol(name, accent) == unicode
    assert ASCII.symbol(name, accent) == plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-0.27067056647, "−0.270671"),
        (10400.0, "10400"),
        (-0.0, "0"),
        (1e-05, "1e−05"),
        (float("inf"), "∞"),
        (float("-inf"), "−∞"),
        (float("nan"), "nan"),
        (np.int64(-3), "−3"),
        (True, "true"),
        (np.array([0.0, 4.0, 1.0]), "[0 4 1]"),
        (np.array([[1, -1], [2, 1]]), "[1 −1; 2 1]"),
        (np.zeros((0,)), "[]"),
        (np.arange(20.0), "[0 1 2 3 4 5 … 19] (20 entries)"),
        (np.arange(20.0).reshape(10, 2), "[0 1; 2 3; …; 18 19] (10×2)"),
        (np.arange(8.0).reshape(2, 2, 2), "[[0 1; 2 3] [4 5; 6 7]]"),
    ],
)
def test_numbers(value, expected):
    assert UNICODE.number(value) == expected
    assert ASCII.number(value).isascii()


def test_shapes():
    assert UNICODE.shape(gc.array("q", "k 2*n n+1").shape) == "k 2·n n+1"
    assert ASCII.shape(gc.array("q", "k 2*n n+1").shape) == "k 2*n n+1"


def test_accents_take_no_column():
    assert width("w̄₃") == 2
    assert width("W̄₁ᵀ ż") == 5
