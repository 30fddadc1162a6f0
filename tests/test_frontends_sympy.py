"""SymPy in and out: the graph is what a person would have written, and the values survive."""

import math
import time

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, exp, log, sin, sqrt

import graphcomp as gc
from graphcomp.errors import InputError, NamingError, ShapeError
from graphcomp.evaluate import evaluate
from graphcomp.frontends import from_string, from_sympy, to_sympy
from graphcomp.graph import GraphData
from graphcomp.shape import dimension_symbol

a, b, x, y = sympy.symbols("a b x y")
m, n = sympy.symbols("m n")
A, B = sympy.MatrixSymbol("A", n, n), sympy.MatrixSymbol("B", n, n)
W, v = sympy.MatrixSymbol("W", m, n), sympy.MatrixSymbol("v", n, 1)
nA, nB = gc.array("A", "n n"), gc.array("B", "n n")
nW, nv = gc.array("W", "m n"), gc.array("v", "n 1")
nx, ny = gc.scalar("x"), gc.scalar("y")


def read(expression, **options) -> GraphData:
    return from_sympy(expression, graph_class=GraphData, **options)


def parse(text: str, **options) -> GraphData:
    return from_string(text, graph_class=GraphData, **options)


def value(graph: GraphData, **inputs):
    arrays = {node: np.asarray(inputs[node.param("name")], float) for node in graph.inputs}
    return evaluate(graph.outputs, arrays, {})[graph.outputs[0]]


PRINTED = [
    1 / (1 + exp(-a * x)),
    x - 1,
    3 - x,
    -x,
    -a * b + x,
    x - (a - b) * y,
    -(a + b) * x,
    -x * y + 1 / a,
    2 * x / 3,
    -2 * x * y / 3,
    -3 / (x * y),
    x / (2 * y),
    1 / (2 * x),
    -1 / x,
    -x / 2,
    (x + 1) / (y - 2) ** 2,
    Rational(1, 2) * (x - y) ** 2,
    x**-2,
    x ** Rational(1, 3),
    x ** (-a) * y,
    2**x,
    sqrt(x) / y,
    1 / sqrt(x),
    sqrt(2) * x,
    log(2) * x,
    sympy.pi * x / 2,
    0.5 * x - 1.5,
    sin(x) * x + sympy.cos(y) ** 2,
    sympy.tan(x) / sympy.tanh(y),
    sympy.atan2(x, y) + sympy.asin(a) + sympy.acos(b),
    sympy.sign(x) * sympy.floor(y),
    x * y * a * b + (x * y) ** 2,
]


class TestScalars:
    @pytest.mark.parametrize("expression", PRINTED, ids=str)
    def test_the_graph_is_that_of_the_printed_text(self, expression):
        graph, expected = read(expression), parse(str(expression))
        assert graph.outputs == expected.outputs
        assert (graph.input_names, graph.output_names) == (
            expected.input_names,
            expected.output_names,
        )

    @given(
        st.recursive(
            st.sampled_from([a, b, x, y, sympy.Integer(2), Rational(-3, 4), sympy.Float(1.5)]),
            lambda inner: st.one_of(
                st.tuples(inner, inner).map(lambda pair: pair[0] + pair[1]),
                st.tuples(inner, inner).map(lambda pair: pair[0] - pair[1]),
                st.tuples(inner, inner).map(lambda pair: pair[0] * pair[1]),
                st.tuples(inner, inner).map(lambda pair: pair[0] / (1 + pair[1] ** 2)),
                inner.map(sin),
                inner.map(lambda e: exp(-e)),
                inner.map(lambda e: sqrt(1 + e**2)),
            ),
            max_leaves=12,
        )
    )
    def test_any_formula(self, expression):
        graph = read(expression)
        point = {name: 0.7 + 0.3 * i for i, name in enumerate("abxy")}
        expected = expression.evalf(20, subs={sympy.Symbol(k): s for k, s in point.items()})
        if expected.is_finite and expected.is_real:
            assert value(graph, **point) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)

    @pytest.mark.parametrize(
        ("expression", "text"),
        [
            (sympy.Abs(x), "abs(x)"),
            (sympy.Max(x, 0), "max(x, 0)"),
            (sympy.Min(x, y, 2), "min(x, y, 2)"),
            (sympy.Mod(x, y), "x % y"),
            (sympy.sec(x) + sympy.cot(y), "1/tan(y) + 1/cos(x)"),
            (sympy.Piecewise((x, x > 0), (y, x > -1), (0, True)), "x if x>0 else y if x>-1 else 0"),
            (sympy.Heaviside(x), "1 if x > 0 else 0.5 if x == 0 else 0"),
            (sympy.And(x > 0, y <= 1), "y <= 1 and x > 0"),
            (sympy.Or(sympy.Eq(x, y), sympy.Not(x < 2)), "x == y or x >= 2"),
            (sympy.ITE(x > 0, y > 0, a > 0), "y > 0 if x > 0 else a > 0"),
            (sympy.ceiling(x), "ceil(x)"),
            (sympy.E, "e"),
            (sympy.exp(1 + x) * sympy.E**2, "exp(2)*exp(x + 1)"),
            (sympy.Integer(3), "3"),
        ],
        ids=str,
    )
    def test_functions(self, expression, text):
        assert read(expression).outputs == parse(text).outputs

    def test_several(self):
        assert read({"p": x, y: a * x}).output_names == ("p", "y")
        assert read([x, a], name="f").output_names == ("f_1", "f_2")
        assert read((x, a)).name == "y"
        assert read(x * y).output_names == ("z",)
        assert read(2.5).outputs == (gc.constant(2.5),)

    @pytest.mark.parametrize("inputs", [[x, a, b], ["x", "a", "b"], "x a b"])
    def test_the_order_of_inputs(self, inputs):
        assert read(a * x, inputs=inputs).input_names == ("x", "a", "b")

    @pytest.mark.parametrize(
        ("expression", "kind", "part"),
        [
            (sympy.I * x, InputError, "ImaginaryUnit .* there are Abs, Add"),
            (sympy.oo, InputError, "no finite"),
            (sympy.nan, InputError, "no finite"),
            (sympy.zoo, InputError, "ComplexInfinity"),
            (sympy.Integer(10) ** 400, InputError, "no finite"),
            (sympy.Function("f")(x), InputError, r"f has no counterpart(?s:.)*in f\(x\)"),
            (sympy.Integral(x**x, x), InputError, "Integral"),
            (sympy.Piecewise((x, x > 0)), InputError, "last case"),
            (sympy.Symbol("α"), NamingError, "ASCII"),
            (sympy.Symbol("lambda") + 1, NamingError, "keyword"),
            (x + sympy.Symbol("x", real=True), NamingError, "two different symbols"),
            ("x + 1", InputError, "use from_string"),
            (None, InputError, "NoneType"),
            (A.I, InputError, "whole number"),
            (sympy.Matrix([[]]), InputError, "no entries"),
            (x * sympy.MatrixSymbol("x", n, 1), NamingError, "two different symbols"),
        ],
    )
    def test_what_is_refused(self, expression, kind, part):
        with pytest.raises(kind, match=part):
            read(expression)

    def test_unlisted_inputs(self):
        with pytest.raises(InputError, match="'a' is not among"):
            read(a * x, inputs=[x])


class TestMatrices:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            (W * v, nW @ nv),
            (2 * W * v, 2.0 * (nW @ nv)),
            (-W * v, -(nW @ nv)),
            (x * W * v / 3, nx * (nW @ nv) / 3),
            (A + B, nA + nB),
            (A - B, nA - nB),
            (B - A, nB - nA),
            (A.T, nA.T),
            (A**3, nA @ nA @ nA),
            (sympy.hadamard_product(A, B), nA * nB),
            (sympy.HadamardPower(A, 2), nA**2),
            (A[0, 1], nA[0, 1]),
            (sympy.DotProduct(v, v), nv.reshape(-1) @ nv.reshape(-1)),
            (W.applyfunc(sin) * v, gc.sin(nW) @ nv),
            ((W * v).applyfunc(sympy.Lambda(x, x / (1 + x))), (nW @ nv) / (nW @ nv + 1)),
            (
                sympy.Matrix([[x, y], [1, x]]),
                gc.stack([nx, ny, gc.constant(1.0), nx]).reshape(2, 2),
            ),
            (sympy.Matrix([1, 2.5]), gc.constant([1.0, 2.5]).reshape(2, 1)),
        ],
        ids=str,
    )
    def test_expressions(self, expression, expected):
        assert read(expression).outputs == (expected,)

    def test_vectors_are_columns_of_named_dimensions(self):
        graph = read(W * v)
        assert [str(node.shape) for node in graph.inputs] == ["(m, n)", "(n, 1)"]
        assert graph.dims == ("m", "n")

    def test_a_dimension_is_no_input(self):
        graph = read(sympy.Trace(A) / n)
        assert graph.input_names == ("A",)
        matrix = np.arange(4.0).reshape(2, 2)
        found = evaluate(graph.outputs, {nA: matrix}, {"n": 2})[graph.outputs[0]]
        assert found == np.trace(matrix) / 2

    def test_shapes_that_do_not_fit(self):
        wrong = sympy.MatMul(W, sympy.MatrixSymbol("q", m, 1), evaluate=False)
        with pytest.raises((ShapeError, sympy.ShapeError)):
            read(wrong)


class TestSize:
    def test_deep_expressions(self):
        deep = x
        for _ in range(20_000):
            deep = sin(deep, evaluate=False)
        assert len(read(deep).nodes) == 20_001

    def test_long_sums(self):
        terms = [sympy.Symbol(f"x{i}") * i for i in range(1, 2000)]
        begin = time.process_time()
        assert len(read(sympy.Add(*terms)).inputs) == 1999
        assert time.process_time() - begin < 30

    def test_nested_sums_are_no_slower(self):
        nested = x
        for _ in range(1000):
            nested = sympy.Add(1, sympy.Mul(y, nested, evaluate=False), evaluate=False)
        begin = time.process_time()
        assert len(read(nested).nodes) > 1000
        assert time.process_time() - begin < 30

    def test_shared_parts_are_read_once(self):
        shared = x
        for _ in range(60):
            shared = sympy.Mul(shared, sympy.Add(shared, 1, evaluate=False), evaluate=False)
        assert len(read(shared).nodes) < 130


SCALARS = [
    "1/(1+exp(-a*x))",
    "x1*x2 + sin(x1)",
    "sqrt(x)*log(a) - abs(x - a)/3",
    "max(x, a) + min(x, 2) + relu(x - 1)",
    "x if x > a else a**2",
    "sigmoid(x) + softplus(a) + hypot(x, a) + atan2(x, a)",
    "x**3 + x**0.5 + x**a + x**-2",
    "floor(3*x) + ceil(a/2) + sign(x) + 7 % a + 7 // a",
    "tanh(x)*cosh(a) + expm1(x) - log1p(a)",
    "w = x*a; v = w + 1; y = v*w",
    "1 if x > 0 and not a < x else 0",
]
ARRAYS = {
    "W @ v": {"W": (2, 3), "v": 3},
    "u @ W": {"W": (2, 3), "u": 2},
    "u @ u": {"u": 2},
    "W @ W.T": {"W": (2, 3)},
    "outer(u, v)": {"u": 2, "v": 3},
    "2*W - W/3 + 1": {"W": (2, 3)},
    "W*Z/(1 + Z**2)": {"W": (2, 3), "Z": (2, 3)},
    "W*v + v": {"W": (2, 3), "v": 3},
    "W - c": {"W": (2, 3), "c": (2, 1)},
    "exp(-W) @ v": {"W": (2, 3), "v": 3},
    "0.5*sum((W @ v - u)**2)": {"W": (2, 3), "v": 3, "u": 2},
    "sum(W, axis=0) @ v": {"W": (2, 3), "v": 3},
    "sum(W, axis=1) + u": {"W": (2, 3), "u": 2},
    "sum(W, axis=0, keepdims=True) - sum(W, axis=1, keepdims=True)": {"W": (2, 3)},
    "mean(W)": {"W": (2, 3)},
    "W[0, -1]*v[1]": {"W": (2, 3), "v": 3},
    "W @ [1, 2, 3]": {"W": (2, 3)},
    "[x, 2, x] @ v": {"v": 3},
    "reshape(v, (3, 1)) @ reshape(v, (1, 3))": {"v": 3},
    "relu(W @ v)": {"W": (2, 3), "v": 3},
    "x*v + sum(v)": {"v": 3},
}


class TestToSympy:
    @pytest.mark.parametrize("text", SCALARS)
    def test_scalars_have_the_same_value(self, text):
        graph = parse(text)
        expression = to_sympy(graph)
        for shift in (0.0, 0.9):
            point = {name: 0.6 + shift + 0.5 * i for i, name in enumerate(graph.input_names)}
            function = sympy.lambdify([sympy.Symbol(name) for name in point], expression, "math")
            assert value(graph, **point) == pytest.approx(function(*point.values()), rel=1e-12)
            again = value(read(expression), **point)
            assert again == pytest.approx(value(graph, **point), rel=1e-12)

    @pytest.mark.parametrize("text", ARRAYS)
    def test_arrays_have_the_same_values(self, text, rng):
        graph = parse(text, shapes=ARRAYS[text])
        point = {
            node.param("name"): rng.uniform(0.5, 1.5, [int(d) for d in node.shape])
            for node in graph.inputs
        }
        columns = {
            name: entry[:, None] if entry.ndim == 1 else entry for name, entry in point.items()
        }
        expected = value(graph, **point)
        again = value(read(to_sympy(graph)), **columns)
        np.testing.assert_allclose(np.ravel(again), np.ravel(expected), rtol=1e-12)

    def test_reads_as_it_was_written(self):
        assert to_sympy(parse("1/(1+exp(-a*x))")) == 1 / (1 + exp(-a * x))
        assert to_sympy(parse("x**2 + 0.5*y")) == x**2 + sympy.Float(0.5) * y
        dims = [dimension_symbol(name) for name in ("m", "n")]
        shaped = parse("W @ v", shapes={"W": "m n", "v": "n"})
        assert to_sympy(shaped) == sympy.MatrixSymbol("W", *dims) * sympy.MatrixSymbol(
            "v", dims[1], 1
        )

    def test_several_outputs(self):
        found = to_sympy(parse("p = x; q = p*y", outputs="p q"))
        assert found == {"p": x, "q": x * y}

    def test_symbols_can_be_given(self):
        positive = sympy.Symbol("x", positive=True)
        assert to_sympy(parse("sqrt(x**2)"), symbols={"x": positive}) == positive

    @pytest.mark.parametrize(
        ("text", "shapes", "part"),
        [
            ("max(v)", {"v": "n"}, "reduce_max"),
            ("maximum(v, w)", {"v": "n", "w": "n"}, r"maximum of shape \(n,\)"),
            ("t + 1", {"t": "a b c"}, "only matrices"),
            ("v[1:]", {"v": "n"}, "getitem"),
            ("stop_gradient(x)", {}, "stop_gradient"),
        ],
    )
    def test_what_sympy_has_not(self, text, shapes, part):
        with pytest.raises(InputError, match=part):
            to_sympy(parse(text, shapes=shapes))

    def test_depth(self):
        steps = "\n".join(["w0 = x", *(f"w{i + 1} = sin(w{i})" for i in range(3000))])
        with pytest.raises(InputError, match="too deeply"):
            to_sympy(parse(steps))

    def test_numbers_stay_what_they_are(self):
        assert to_sympy(parse("0.1*x")) == sympy.Float(0.1) * x
        assert math.isclose(to_sympy(parse("pi*x")).subs(x, 1), math.pi)
