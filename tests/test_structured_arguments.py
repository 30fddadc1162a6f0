"""Arguments and results that are lists, tuples and dicts of arrays: in graphs and in modules."""

import math
import typing
import warnings
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.check import check_module
from graphcomp.codegen import load
from graphcomp.errors import DTypeError, InputError, NamingError, ShapeError
from tests.generated import KINDS, agree, flat
from tests.networks import Layer, mlp_loss, network

SCALAR = [kind for kind in KINDS if kind != "value_and_grad_flat"]


def weights(count: int, rng: np.random.Generator) -> dict[str, Any]:
    sizes = [4, *range(5, 5 + count - 1), 2]
    Ws = [rng.normal(size=(after, before)) for before, after in pairwise(sizes)]
    return {"x": rng.normal(size=(3, 4)), "y": rng.normal(size=(3, 2)), "Ws": Ws}


def layers(params, x):
    h = x
    for layer in params["hidden"]:
        h = np.tanh(layer.W @ h + layer.b)
    return {"y": params["out"]["W"] @ h, "parts": (h, [np.sum(h), params["scale"] * x])}


def nested() -> gc.Graph:
    shapes = {
        "hidden": [Layer("m n", "m"), Layer("m m", "m")],
        "out": {"W": "k m"},
        "scale": "",
    }
    return gc.from_function(layers, params=shapes, x="n")


def nested_values(rng: np.random.Generator) -> dict[str, Any]:
    params = {
        "hidden": [
            Layer(rng.normal(size=(3, 2)), rng.normal(size=3)),
            Layer(rng.normal(size=(3, 3)), rng.normal(size=3)),
        ],
        "out": {"W": rng.normal(size=(4, 3))},
        "scale": 0.5,
    }
    return {"params": params, "x": rng.normal(size=2)}


def difference(loss: Any, values: dict[str, Any], name: str, place: int | None) -> Any:
    """The gradient by central differences."""
    array = values[name] if place is None else values[name][place]
    found = np.zeros(array.shape)
    for index in np.ndindex(array.shape):
        sides = []
        for step in (1e-6, -1e-6):
            moved = array.copy()
            moved[index] += step
            if place is None:
                changed = {**values, name: moved}
            else:
                parts = list(values[name])
                parts[place] = moved
                changed = {**values, name: parts}
            sides.append(loss(**changed))
        found[index] = (sides[0] - sides[1]) / 2e-6
    return found


class TestNetwork:
    @pytest.mark.parametrize("count", [1, 2, 3, 6])
    def test_gradients_of_any_number_of_layers_against_differences(self, count):
        graph, values = network(count), weights(count, np.random.default_rng(count))
        value, (d_x, d_y, d_Ws) = graph.compile("value_and_grad")(**values)
        assert math.isclose(value, mlp_loss(**values))
        assert type(d_Ws) is list
        assert len(d_Ws) == count
        np.testing.assert_allclose(d_x, difference(mlp_loss, values, "x", None), atol=1e-5)
        np.testing.assert_allclose(d_y, difference(mlp_loss, values, "y", None), atol=1e-5)
        for i, d_W in enumerate(d_Ws):
            np.testing.assert_allclose(d_W, difference(mlp_loss, values, "Ws", i), atol=1e-5)

    @pytest.mark.parametrize("wrt", [None, ["Ws"], "Ws", ["Ws", "x"], ["Ws_0", "y"], "Ws_1"])
    def test_every_function_gives_what_the_interpreter_gives(self, wrt):
        graph = network(2)
        agree(graph, graph.flat_values(weights(2, np.random.default_rng(0))), wrt)

    def test_tuples_come_back_as_tuples(self):
        def f(Ws):
            return np.sum(Ws[0]) * np.sum(Ws[1])

        graph = gc.from_function(f, Ws=("n m", "m n"))
        found = graph.compile("grad", "Ws")([[[1.0, 2.0]], [[3.0], [4.0]]])
        assert type(found) is tuple
        assert [part.tolist() for part in found] == [[[7.0, 7.0]], [[3.0], [3.0]]]

    def test_the_flat_function_holds_all_weights_in_one_vector(self):
        graph, values = network(2), weights(2, np.random.default_rng(0))
        theta = np.concatenate([np.ravel(W) for W in values["Ws"]])
        flat_function = graph.compile("value_and_grad_flat", "Ws")
        value, gradient = flat_function(theta, values["x"], values["y"])
        expected, d_Ws = graph.compile("value_and_grad", "Ws")(**values)
        assert value == expected
        np.testing.assert_array_equal(gradient, np.concatenate([np.ravel(d) for d in d_Ws]))

    def test_the_flat_function_takes_what_is_left_of_a_structure_alone(self):
        graph, values = network(2), weights(2, np.random.default_rng(0))
        x, y, (first, second) = values.values()
        flat_function = graph.compile("value_and_grad_flat", ["Ws_0"])
        _, gradient = flat_function(first.ravel(), x, y, second)
        d_first = graph.compile("grad", "Ws_0")(**values)
        np.testing.assert_array_equal(gradient, d_first.ravel())

    def test_generated_functions_are_typed_and_documented(self):
        graph = network(2)
        source = graph.source(["value_and_grad"], ["x", "Ws"])
        module = load(source, "m")
        hints = typing.get_type_hints(module.mlp_loss_value_and_grad)
        assert str(hints["Ws"]).startswith("collections.abc.Sequence[")
        assert "Ws[1]  (k, h1)" in source
        assert "x (b, n) and Ws [(h1, n), (k, h1)]" in " ".join(source.split())
        assert module.SIGNATURE["arguments"] == {"x": "x", "y": "y", "Ws": ["Ws_0", "Ws_1"]}
        assert module.SIGNATURE["wrt"] == ["x", "Ws"]

    def test_steps_and_structures_can_be_mixed(self):
        def f(x, Ws):
            h = Ws[0] @ x
            return np.sum(Ws[1] @ h)

        graph = gc.from_function(f, x="n", Ws=["m n", "k m"])
        d_h, d_Ws = graph.compile("grad", ["h", "Ws"])([1.0], [[[2.0]], [[3.0]]])
        assert d_h.tolist() == [3.0]
        assert [d.tolist() for d in d_Ws] == [[[3.0]], [[2.0]]]


class TestNested:
    def test_every_function_gives_what_the_interpreter_gives(self):
        graph = nested()
        values = graph.flat_values(nested_values(np.random.default_rng(1)))
        agree(graph, values, kinds=["value", "vjp", "jvp", "jacobian"])
        agree(graph, values, ["params"], kinds=["vjp", "jvp"])
        agree(graph, values, "params", kinds=["vjp", "jvp", "jacobian"])

    def test_results_and_gradients_are_arranged_as_in_the_function(self):
        graph, values = nested(), nested_values(np.random.default_rng(1))
        result, vjp = graph.compile("vjp", "params")(**values)
        expected = layers(**values)
        assert result.keys() == expected.keys()
        assert type(result["parts"]) is tuple
        for found, wanted in zip(flat(result), flat(expected), strict=True):
            np.testing.assert_allclose(found, wanted)
        pulled = vjp(result)
        assert pulled.keys() == values["params"].keys()
        assert isinstance(pulled["hidden"][1], Layer)
        np.testing.assert_allclose(pulled["out"]["W"], np.outer(result["y"], result["parts"][0]))
        with pytest.raises(ValueError, match=r"u has the keys 'y', expected 'y', 'parts'"):
            vjp({"y": result["y"]})

    def test_a_written_module_has_a_class_for_a_named_tuple(self, tmp_path):
        path = nested().write(tmp_path / "layers.py", ["value", "vjp"])
        module = load(path.read_text(), "layers")
        values = nested_values(np.random.default_rng(1))
        result, vjp = module.layers_vjp(**values)
        d_params, _ = vjp(result)
        assert isinstance(d_params["hidden"][0], module.Layer)
        assert d_params["hidden"][0]._fields == ("W", "b")

    def test_a_named_tuple_that_is_called_as_the_function(self):
        class model(NamedTuple):  # noqa: N801  (as the function)
            a: Any
            b: Any

        graph = gc.from_function(lambda p: p.a * p.b, p=model("", ""), name="model")
        source = graph.source(["value", "grad"], "p")
        assert "class model_2(NamedTuple):" in source
        assert graph.compile("grad", "p")((2.0, 3.0)) == model(3.0, 2.0)

    def test_second_derivatives(self):
        def f(p):
            return np.sum(p["W"] ** 3) * p["b"]

        graph = gc.from_function(f, p={"W": "n", "b": ""})
        agree(graph, {"p_W": np.array([1.0, 2.0]), "p_b": np.array(3.0)}, kinds=SCALAR)
        agree(graph, {"p_W": np.array([1.0, 2.0]), "p_b": np.array(3.0)}, "p")
        hessian = graph.compile("hessian", "p")({"W": [1.0, 2.0], "b": 3.0})
        assert hessian["W"]["b"].tolist() == [3.0, 12.0]
        assert hessian["b"]["b"] == 0.0

    def test_scalars_without_numpy(self):
        def f(p, c):
            return {"r": np.sqrt(p[0]) * c["a"], "s": p[1]}

        graph = gc.from_function(f, p=["", ""], c={"a": ""})
        agree(
            graph,
            {"p_0": 4.0, "p_1": 2.0, "c_a": 3.0},
            target="math",
            kinds=["value", "vjp", "jvp"],
        )
        at_the_edge = graph.compile("vjp", "p", target="math")([0.0, 1.0], {"a": 1.0})
        assert at_the_edge[1]({"r": 1.0, "s": 0.0}) == [math.inf, 0.0]

    def test_integers_in_a_structure_have_no_derivative(self):
        def f(p):
            return np.sum(p["W"][p["i"]])

        graph = gc.from_function(f, p={"W": "n", "i": np.array([0, 0])})
        (found,) = graph.compile("grad")({"W": [1.0, 2.0], "i": [1, 1]})
        assert found["i"] is None
        assert found["W"].tolist() == [0.0, 2.0]
        with pytest.raises(DTypeError, match=r"p\['i'\]"):
            graph.compile("grad", "p")

    def test_one_result_in_a_list_stays_a_list(self):
        graph = gc.from_function(lambda x: [x * 2], x="n", name="f")
        assert [part.tolist() for part in graph.compile("value")([1.0])] == [[2.0]]
        agree(graph, {"x": np.ones(2)})

    def test_keys_need_not_be_names(self):
        graph = gc.from_function(
            lambda p: {"sum of all": np.sum(p["layer 1"]) + p[2]},
            p={"layer 1": "n", 2: ""},
            name="f",
        )
        assert graph.input_names == ("p_layer_1", "p_2")
        assert graph.compile("value")({"layer 1": [1.0], 2: 5.0}) == {"sum of all": 6.0}

    def test_structures_without_arrays(self):
        graph = gc.from_function(lambda x, extra: np.sum(x), x="n", extra=[], name="f")
        assert graph.compile("value")([1.0, 2.0], []) == 3.0
        with pytest.raises(ValueError, match="extra has length 1, expected 0"):
            graph.compile("value")([1.0, 2.0], [3.0])


class TestWrongArguments:
    @pytest.mark.parametrize(
        ("changed", "error", "message"),
        [
            ({"Ws": [np.ones((5, 4))]}, ValueError, r"Ws has length 1, expected 2"),
            ({"Ws": 3.0}, TypeError, r"Ws: expected a list or tuple of 2, got float"),
            ({"Ws": {"W": 1}}, TypeError, r"Ws: expected a list or tuple of 2, got dict"),
            ({"Ws": "ab"}, TypeError, r"Ws: expected a list or tuple of 2, got str"),
            (
                {"Ws": [np.ones((5, 4)), np.ones((2, 6))]},
                ValueError,
                (
                    r"Ws\[1\] has shape \(2, 6\), expected \(k, h1\): axis 1 is 6, not h1 "
                    r"\(h1 is 5, from Ws\[0\]\)"
                ),
            ),
            ({"Ws": [np.ones(4), np.ones((2, 5))]}, ValueError, r"Ws\[0\] has shape \(4,\)"),
            ({"Ws": [np.ones((5, 4), complex), np.ones((2, 5))]}, TypeError, r"Ws\[0\]: expected"),
        ],
    )
    def test_lists(self, changed, error, message):
        values = weights(2, np.random.default_rng(0))
        function = network(2).compile("value_and_grad")
        with pytest.raises(error, match=message):
            function(**{**values, **changed})

    @pytest.mark.parametrize(
        ("path", "error", "message"),
        [
            ({"W": 1.0, "b": 2.0, "c": 3.0}, ValueError, "keys 'W', 'b', 'c', expected 'W', 'b'"),
            ({"W": [[1.0]]}, ValueError, r"params has the keys 'W', expected 'W', 'b'"),
            ([1.0, 2.0], TypeError, "params: expected a dict with the keys 'W', 'b', got list"),
            (
                {"W": [[1.0, 2.0]], "b": [1.0, 2.0]},
                ValueError,
                r"params\['b'\] has shape \(2,\), expected \(m,\)",
            ),
        ],
    )
    def test_dicts(self, path, error, message):
        graph = gc.from_function(
            lambda params: np.sum(params["W"], axis=1) + params["b"],
            params={"W": "m n", "b": "m"},
            name="f",
        )
        with pytest.raises(error, match=message):
            graph.compile("value")(path)

    def test_values_for_the_interpreter(self):
        graph, values = network(2), weights(2, np.random.default_rng(0))
        with pytest.raises(InputError, match=r"Ws has 1 entry, expected 2"):
            graph.evaluate(**{**values, "Ws": values["Ws"][:1]})
        with pytest.raises(InputError, match=r"Ws: expected a list or tuple, got float"):
            graph.evaluate(**{**values, "Ws": 1.0})
        with pytest.raises(InputError, match="'Ws_0' is given twice"):
            graph.evaluate(**values, Ws_0=values["Ws"][0])
        with pytest.raises(ShapeError, match="Ws_1"):
            graph.evaluate(**{**values, "Ws": [values["Ws"][0], np.ones((2, 7))]})

    def test_what_to_differentiate_by(self):
        graph = network(2)
        with pytest.raises(InputError, match="'Ws_0' comes twice in wrt"):
            graph.gradient(["Ws", "Ws_0"])
        with pytest.raises(NamingError, match="has no input, step or output 'W'"):
            graph.gradient("W")
        with pytest.raises(NamingError, match="name one of Ws_0, Ws_1"):
            graph.find("Ws")

    def test_structures_that_a_graph_can_not_have(self):
        graph = network(2)
        structures = {each.name: each.structure for each in graph.arguments}
        outputs = dict(zip(graph.output_names, graph.outputs, strict=True))
        with pytest.raises(InputError, match="hold 3 arrays, but there are 2 inputs"):
            gc.Graph(
                [graph.inputs[0], gc.scalar("y")],
                gc.scalar("y"),
                arguments={"x": structures["x"], "Ws": structures["Ws"]},
            )
        with pytest.raises(NamingError):
            gc.Graph(
                graph.inputs,
                outputs,
                arguments={"x": structures["x"], "z": structures["y"], "Ws": structures["Ws"]},
            )
        with pytest.raises(InputError, match="can't be arranged"):
            gc.Graph(graph.inputs, outputs, results=structures["Ws"])


class TestSeeing:
    def test_points_in_structures_are_taken_everywhere(self, tmp_path):
        graph, values = network(2), weights(2, np.random.default_rng(0))
        by_leaf = graph.flat_values(values)
        assert graph.evaluate(values)["mlp_loss"] == graph.evaluate(by_leaf)["mlp_loss"]
        assert graph.check(at=values, wrt="Ws").passed
        traces = [str(graph.derivation("reverse", at=at, wrt="Ws")) for at in (values, by_leaf)]
        assert traces[0] == traces[1]
        drawn = [graph.dot(mode="reverse", at=at, parameters=["Ws"]) for at in (values, by_leaf)]
        assert drawn[0] == drawn[1]
        assert graph.draw(tmp_path / "g.dot", at=values, wrt="Ws").exists()

    def test_seeds_in_structures(self):
        graph, values = network(2), weights(2, np.random.default_rng(0))
        seed = {"Ws": [np.ones((5, 4)), np.zeros((2, 5))]}
        assert str(graph.derivation("forward", at=values, seed=seed, wrt="Ws"))

    def test_the_call_shows_the_arguments(self):
        assert repr(network(3)) == "<graph mlp_loss(x, y, Ws) -> mlp_loss>"

    def test_tangents_are_arranged_as_what_they_belong_to(self):
        graph, values = network(2), weights(2, np.random.default_rng(0))
        moving = {"Ws_dot": values["Ws"], "x_dot": values["x"]}
        pushed = graph.pushforward(["Ws", "x"]).evaluate(values, **moving)["mlp_loss_dot"]
        _, tangent = graph.compile("jvp", ["Ws", "x"])(**values, **moving)
        assert math.isclose(pushed, tangent)
        product = graph.hvp("Ws").evaluate(values, v_Ws=values["Ws"])["hvp_Ws_1"]
        np.testing.assert_allclose(
            product, graph.compile("hvp", "Ws")(**values, v_Ws=values["Ws"])[1]
        )

    def test_derived_graphs_keep_the_arguments(self):
        graph, values = network(2), weights(2, np.random.default_rng(0))
        slopes = graph.gradient("Ws")
        found = slopes.evaluate(values)["d_mlp_loss_d_Ws_1"]
        np.testing.assert_allclose(found, graph.compile("grad", "Ws")(**values)[1])


class TestCheckedModules:
    @pytest.mark.parametrize("wrt", [None, "Ws", ["Ws", "x"], ["Ws_1", "y"]])
    def test_a_module_with_structured_arguments_passes(self, wrt, tmp_path):
        path = network(2).write(tmp_path / "net.py", ["value", *KINDS], wrt)
        report = check_module(path)
        assert report.passed
        assert {row.argument for row in report.rows} >= (
            {"Ws_0", "Ws_1"} if wrt != ["Ws_1", "y"] else {"Ws_1", "y"}
        )
        assert check_module(path, weights(2, np.random.default_rng(0))).passed

    def test_a_module_with_structured_results_passes(self, tmp_path):
        path = nested().write(tmp_path / "nested.py", ["value", "vjp", "jvp", "jacobian"])
        assert check_module(path).passed

    def test_a_wrong_gradient_is_found(self):
        source = network(2).source(["value", "value_and_grad"], "Ws")
        wrong = source.replace(
            "return float(mlp_loss), [d_mlp", "return float(mlp_loss), [2 * d_mlp"
        )
        assert wrong != source
        assert not check_module(load(wrong, "net")).passed


class TestWrongModels:
    """A dimension mistake is an error when the graph is built, with the line of the model."""

    def build(self, function: Any, Ws: Sequence[str] = ("h n", "k h"), **shapes: str) -> None:
        given: dict[str, Any] = {"x": "b n", "y": "b k", "Ws": list(Ws), **shapes}
        gc.from_function(function, **given)

    def test_a_weight_that_is_not_transposed(self):
        def model(x, y, Ws):
            h = np.maximum(x @ Ws[0], 0)
            return np.sum((h @ Ws[1].T - y) ** 2)

        with pytest.raises(ShapeError) as raised:
            self.build(model)
        message = str(raised.value)
        assert "(b, n) @ (h, n)" in message
        assert "h = np.maximum(x @ Ws[0], 0)" in message
        assert "test_structured_arguments.py" in message

    def test_a_layer_that_is_missing(self):
        with pytest.raises(ShapeError) as raised:
            self.build(mlp_loss, ["h n", "k m"])
        message = str(raised.value)
        assert "(b, h) @ (m, k)" in message
        assert "return h @ Ws[-1].T" in message

    def test_a_batch_axis_in_the_wrong_place(self):
        with pytest.raises(ShapeError) as raised:
            self.build(mlp_loss, y="k b")
        message = str(raised.value)
        assert "(b, k)" in message
        assert "(k, b)" in message
        assert "r = mlp(x, Ws) - y" in message

    def test_a_batch_of_inputs_that_are_columns(self):
        with pytest.raises(ShapeError, match=r"h @ W\.T"):
            self.build(mlp_loss, x="n b")


def test_plain_arguments_generate_what_they_did():
    def f(x, y):
        return np.sum(x * y)

    traced = gc.from_function(f, x="n", y="n").source(KINDS)
    x, y = gc.array("x", "n"), gc.array("y", "n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert traced == gc.Graph([x, y], {"f": (x * y).sum()}, "f").source(KINDS)
