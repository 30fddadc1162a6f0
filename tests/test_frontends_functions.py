"""Ordinary NumPy functions as graphs: their parameters, their local variables, their results."""

import cProfile
import functools
import math
import sys
from typing import Annotated, Any, NamedTuple

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.errors import (
    DTypeError,
    GraphcompError,
    InputError,
    NamingError,
    ShapeError,
    TracingError,
)
from graphcomp.frontends import from_function
from graphcomp.graph import GraphData
from graphcomp.shape import format_shape

x, a = gc.scalars("x a")


def trace(function, **options) -> GraphData:
    return from_function(function, graph_class=GraphData, **options)


def loss(x, y, W1, W2):
    h = np.maximum(W1 @ x, 0)
    r = W2 @ h - y
    return 0.5 * np.sum(r**2)


def sigmoid(x, a):
    w3 = -x * a
    w4 = 1 + gc.exp(w3)
    y = 1 / w4
    return y


class TestParameters:
    def test_become_inputs_in_order(self):
        graph = trace(loss, x="n", y="k", W1="m n", W2="k m")
        assert [repr(node) for node in graph.inputs] == [
            "<node x float64 (n,)>",
            "<node y float64 (k,)>",
            "<node W1 float64 (m, n)>",
            "<node W2 float64 (k, m)>",
        ]

    @pytest.mark.parametrize(
        ("shape", "expected"),
        [
            ("n", "float64 (n,)"),
            ("", "float64 ()"),
            (None, "float64 ()"),
            (3, "float64 (3,)"),
            (("m", 2), "float64 (m, 2)"),
            (("m", "2*n"), "float64 (m, 2*n)"),
            ((), "float64 ()"),
            (1.5, "float64 ()"),
            (np.zeros((2, 3), np.float32), "float32 (2, 3)"),
            (np.arange(4), "int64 (4,)"),
            (np.float32(1), "float32 ()"),
        ],
    )
    def test_shapes(self, shape, expected):
        graph = trace(lambda x: x, shapes={"x": shape})
        assert repr(graph.inputs[0]) == f"<node x {expected}>"

    def test_dtype(self):
        assert trace(lambda x: x * 2, dtype="float32").outputs[0].dtype == "float32"

    def test_defaults_stay_python_values(self):
        def f(x, n=3, *, scale=2.0, name="p"):
            return scale * x**n if name == "p" else x

        assert trace(f).outputs == (2.0 * x**3,)
        assert trace(f, scale="").input_names == ("x", "scale")

    def test_structures(self):
        def mlp(x, Ws, options, pair, *more):
            for W in Ws:
                x = np.maximum(W @ x, 0)
            return x * options["scale"] + pair[0] + more[0]

        graph = trace(
            mlp,
            x="n",
            Ws=["m n", "k m"],
            options={"scale": ""},
            pair=("", "k k"),
            more=["k"],
        )
        assert graph.input_names == (
            "x",
            "Ws_0",
            "Ws_1",
            "options_scale",
            "pair_0",
            "pair_1",
            "more_0",
        )
        assert str(graph.outputs[0].shape) == "(k,)"

    def test_parameters_called_as_options(self):
        graph = trace(lambda name, dtype: name * dtype, shapes={"name": "n"})
        assert graph.input_names == ("name", "dtype")

    def test_keyword_parameters(self):
        graph = trace(lambda x, **rest: x * rest["q"], q="n")
        assert graph.input_names == ("x", "q")

    def test_functions_of_many_kinds(self):
        class Model:
            def method(self, x):
                return x * 2

            def __call__(self, x):
                z = x * 3
                return z + 1

        @functools.wraps(loss)
        def wrapped(*args):
            return loss(*args)

        assert trace(Model().method).outputs == (x * 2,)
        assert trace(Model()).step_names == ("z",)
        assert trace(functools.partial(sigmoid, a=2.0)).step_names == ("w3", "w4", "y")
        assert trace(wrapped, x="n", y="k", W1="m n", W2="k m").step_names == ("h", "r")
        assert trace(gc.squared_loss).input_names == ("prediction", "target")


class TestLocalVariables:
    def test_name_the_steps(self):
        graph = trace(sigmoid)
        w3 = gc.let("w3", -x * a)
        w4 = gc.let("w4", 1 + gc.exp(w3))
        assert graph.outputs == (gc.let("y", 1 / w4),)
        assert (graph.name, graph.output_names) == ("sigmoid", ("y",))

    def test_first_of_several_names_last_of_several_values(self):
        def f(x):
            h = x + 1
            same = h
            h2 = h * same
            h2 = np.exp(h2)
            return h2 * 2

        assert trace(f).step_names == ("h", "h2")

    def test_inputs_and_own_names_stay(self):
        def f(x, a):
            alias = x
            x = np.exp(alias)
            z = gc.let("own", x * a)
            β = z + 1  # noqa: PLC2401
            c = gc.constant(2.0)
            unused = np.sin(a)  # noqa: F841
            return β * c

        graph = trace(f)
        assert graph.step_names == ("own",)
        assert graph.outputs[0] == (gc.let("own", gc.exp(x) * a) + 1) * 2.0

    def test_no_step_is_called_as_an_output_that_is_something_else(self):
        def f(x):
            f = x + 1
            total = x + 2
            return {"total": f, "other": total}

        graph = trace(f)
        assert graph.output_names == ("total", "other")
        assert graph.step_names == ("f",)

        def g(x):
            g = x + 1
            return g * 2

        assert trace(g).step_names == ()

    def test_recursion_keeps_the_outermost_names(self):
        def f(x, n=2):
            z = x * 2
            return f(z, n - 1) + z if n else z

        assert trace(f).step_names == ("z",)

    def test_other_profilers_are_left_as_they_were(self):
        events = []

        def other(frame, event, argument):
            events.append(event)

        sys.setprofile(other)
        try:
            names = trace(sigmoid).step_names
            assert sys.getprofile() is other
        finally:
            sys.setprofile(None)
        assert names == ("w3", "w4", "y")
        assert "call" in events

        profiler = cProfile.Profile()
        profiler.enable()
        try:
            graph = trace(sigmoid)
        finally:
            profiler.disable()
        assert graph.input_names == ("x", "a")

    def test_an_error_leaves_no_profiler(self):
        def f(x):
            raise KeyError(x)

        with pytest.raises(KeyError):
            trace(f)
        assert sys.getprofile() is None


class TestResults:
    def test_one(self):
        assert trace(loss, x="n", y="k", W1="m n", W2="k m").output_names == ("loss",)
        assert trace(loss, name="L", x="n", y="k", W1="m n", W2="k m").output_names == ("L",)
        assert trace(lambda x: x**2).output_names == ("y",)
        assert trace(lambda y: y**2).output_names == ("z",)

    def test_several(self):
        def f(x):
            half = x / 2
            return half, x * 2, [x, half]

        graph = trace(f)
        assert graph.output_names == ("half", "f_2", "f_3_1", "f_3_2")

    def test_by_name(self):
        class Pair(NamedTuple):
            first: object
            second: object

        assert trace(lambda x: {"p": x + 1, "q": (x, 2 * x)}).output_names == ("p", "q_1", "q_2")
        assert trace(lambda x: Pair(x, 2.0), name="f").output_names == ("f_first", "f_second")

    def test_constants(self):
        graph = trace(lambda x: (x, 2, np.ones(3)))
        assert [node.is_constant for node in graph.outputs] == [False, True, True]

    def test_a_captured_array_is_copied(self):
        weights = np.ones(2)
        graph = trace(lambda x: weights @ x, x=2)
        weights[:] = 5
        assert graph.outputs[0].args[0].param("value").array.tolist() == [1, 1]


def wrong_dimension(x, W):
    h = W @ x
    return h + x


class TestNumPy:
    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            (lambda A: 2 * np.ravel(A), "2*reshape(A, (6,))"),
            (lambda A: np.sum(A) / np.size(A), "sum(A)/6"),
            (lambda A: A / np.shape(A)[0] + np.size(A, 1) + np.ndim(A), "A/2 + 3 + 2"),
            (lambda A: np.abs(np.transpose(A)), "|Aᵀ|"),
            (lambda A: np.float64(2) * np.dot(A, np.ones(3)), "2*(A @ constant[3])"),
            (lambda A: np.where(A > 0, A, np.square(A)), "where(A > 0, A, A**2)"),
            (lambda A: np.concatenate([A, A], axis=1), "concatenate([A, A], axis=1)"),
            (lambda A: np.max(A, axis=0) - np.mean(A), "max(A, axis=0) - sum(A)/6"),
        ],
    )
    def test_functions(self, function, expected):
        assert f"<node {expected} float64" in repr(trace(function, A=(2, 3)).outputs[0])


class TestErrors:
    def test_a_dimension_mistake_names_the_users_line(self):
        with pytest.raises(ShapeError) as caught:
            trace(wrong_dimension, x="n", W="m n")
        first, second = str(caught.value).splitlines()
        assert "m and n differ" in first
        line = wrong_dimension.__code__.co_firstlineno + 2
        assert second == f"  at {__file__.rpartition('/')[2]}:{line}: return h + x"

    @pytest.mark.parametrize(
        "function",
        [
            lambda x: x if x > 0 else -x,
            lambda x: math.exp(x) + 1,
            lambda x: [0.0, 1.0][x],
            lambda x: np.fft.fft(x) + 1,
            lambda x: np.add(x, 1, out=np.zeros(3)),
        ],
    )
    def test_a_value_used_as_a_number(self, function):
        with pytest.raises(TracingError, match=r"at test_frontends_functions\.py"):
            trace(function)

    @pytest.mark.parametrize(
        ("function", "options", "kind", "part"),
        [
            (lambda x: None, {}, InputError, "return missing"),
            (lambda x: "text", {}, InputError, "str 'text'"),
            (lambda x: (x, None), {}, InputError, "return missing"),
            (lambda x: (), {}, InputError, "empty tuple"),
            (lambda x: 1j, {}, InputError, "complex"),
            (lambda x: np.array(["a"]), {}, InputError, "ndarray"),
            (lambda x: x, {"xx": "n"}, InputError, "did you mean 'x'"),
            (lambda x: x, {"name": "x"}, NamingError, "'x'"),
            (lambda x: x, {"name": "1"}, NamingError, "'1'"),
            (lambda x: x, {"x": np.zeros(2, complex)}, DTypeError, "complex"),
            (lambda x, x_0: x[0], {"x": [""]}, NamingError, "twice"),
            (lambda x: x[1.5], {"x": {1.5: ""}}, InputError, "keys of a dict"),
            (3, {}, InputError, "function is needed"),
            (lambda x: x, {"x": object()}, ShapeError, "a shape is"),
        ],
    )
    def test_what_is_no_graph(self, function, options, kind, part):
        with pytest.raises(kind, match=part):
            trace(function, **options)

    def test_unknown_parameters(self):
        with pytest.raises(GraphcompError, match="wrap it"):
            trace(dict.update)


# ---------------------------------------------------------------- annotations


def annotated(
    x: Annotated[np.ndarray, "n"],
    W: Annotated[np.ndarray, "m n"],
    scale: float,
    Ws: Annotated[list, ["k m"]],
):
    return scale * np.sum(Ws[0] @ np.tanh(W @ x))


def test_shapes_may_stand_in_annotations():
    graph = gc.from_function(annotated)
    assert [format_shape(node.shape) for node in graph.inputs] == ["(n,)", "(m, n)", "()", "(k, m)"]


def test_a_given_shape_goes_before_an_annotation():
    assert gc.from_function(annotated, x="3", W="2 3", Ws=["4 2"]).inputs[0].shape == (3,)


def test_annotations_that_python_did_not_evaluate():
    source = (
        "from __future__ import annotations\n"
        "import numpy as np, typing\n"
        "from typing import Annotated\n"
        "def f(x: 'n', W: Annotated[np.ndarray, 'm n'], V: typing.Annotated[np.ndarray, '2 m'],"
        " s: float = 1.0): return s * np.sum(V @ (W @ x))\n"
    )
    module: dict[str, Any] = {}
    exec(source, module)
    shapes = [node.shape for node in gc.from_function(module["f"]).inputs]
    assert [format_shape(shape) for shape in shapes] == ["(n,)", "(m, n)", "(2, m)"]


def test_plain_text_is_an_annotation_too():
    module: dict[str, Any] = {"np": np}
    exec("def f(x: 'n', W: 'm n'): return np.sum(W @ x)", module)
    assert gc.from_function(module["f"]).inputs[1].ndim == 2


@pytest.mark.parametrize("annotation", ["float", "np.ndarray", "Array", "list[float]"])
def test_annotations_of_types_give_no_shape(annotation):
    module: dict[str, Any] = {"np": np, "Array": np.ndarray}
    exec(f"def f(x: '{annotation}'): return x * 2", module)
    assert gc.from_function(module["f"]).inputs[0].shape == ()


# ---------------------------------------------------------------- == between nodes


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: np.where(x == y, x, y),
        lambda x, y: (x != y) * x,
        lambda x, y: np.where(x == 0, x, y),
        lambda x, y: x + (y == np.ones(2)),
        lambda x, y: x if x in [1.0, 2.0] else y,
    ],
)
def test_a_comparison_by_identity_is_no_condition(function):
    with pytest.raises(gc.TracingError, match=r"identity.*np\.equal"):
        gc.from_function(function)


def test_conditions_that_are_fixed_are_given_as_such():
    graph = gc.from_function(lambda x: np.where(np.bool_(True), x, 0.0) + np.sum(x > np.zeros(2)))
    assert graph.inputs[0] in graph.inputs
