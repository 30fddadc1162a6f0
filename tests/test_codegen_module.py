"""The contract of generated modules: arguments, results, names, files."""

import inspect
import os
import subprocess
import sys
import traceback

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen import compile_function, generate, load, write_module
from graphcomp.errors import DerivativeError, InputError, NamingError, OutputError
from graphcomp.graph import GraphData
from tests.generated import agree

ALL = ["value", "grad", "value_and_grad", "vjp", "jvp", "jacobian", "hessian", "hvp", "derivatives"]


def network() -> GraphData:
    x, y = gc.array("x", "n"), gc.array("y", "k")
    W1, W2 = gc.array("W1", "m n"), gc.array("W2", "k m")
    h = gc.let("h", gc.relu(W1 @ x))
    r = gc.let("r", W2 @ h - y)
    return GraphData([x, y, W1, W2], {"loss": 0.5 * (r**2).sum()})


def point(n, m, k, seed=0):
    rng = np.random.default_rng(seed)
    shapes = {"x": (n,), "y": (k,), "W1": (m, n), "W2": (k, m)}
    return {name: rng.uniform(-1, 1, shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    "sizes", [(3, 4, 2), (1, 1, 1), (7, 2, 5), (0, 3, 2), (3, 0, 2), (2, 3, 0)]
)
def test_one_module_for_every_size(sizes):
    agree(network(), point(*sizes))


def test_wrong_shapes():
    loss = compile_function(network(), "value")
    good = point(3, 4, 2)

    def message(**wrong):
        with pytest.raises(ValueError, match="shape") as caught:
            loss(**{**good, **wrong})
        return str(caught.value)

    assert message(W1=np.ones((4, 5))) == (
        "W1 has shape (4, 5), expected (m, n): axis 1 is 5, not n (n is 3, from x)"
    )
    assert message(W2=np.ones((2, 3))) == (
        "W2 has shape (2, 3), expected (k, m): axis 1 is 3, not m (m is 4, from W1)"
    )
    assert message(x=np.ones((3, 1))) == "x has shape (3, 1), expected (n,): 1 dimensions"
    with pytest.raises(TypeError, match="x: expected float64, got complex128"):
        loss(**{**good, "x": np.ones(3) * 1j})
    with pytest.raises(TypeError, match="x: expected float64, got <U1"):
        loss(**{**good, "x": ["a", "b", "c"]})
    with pytest.raises(TypeError, match="x: not an array"):
        loss(**{**good, "x": [[1, 2], [3]]})


def test_wrong_shapes_of_seeds():
    x = gc.array("x", "n")
    graph = GraphData([x], {"y": gc.exp(x)})
    _, vjp = compile_function(graph, "vjp")([1, 2, 3])
    with pytest.raises(
        ValueError, match=r"u has shape \(2,\), expected \(n,\): axis 0 is 2, not n"
    ):
        vjp([1, 2])
    with pytest.raises(ValueError, match=r"x_dot has shape \(2,\)"):
        compile_function(graph, "jvp")([1, 2, 3], [1, 2])


def test_fixed_and_computed_dimensions():
    x, A = gc.array("x", "2*n"), gc.array("A", "n 3")
    graph = GraphData([x, A], {"y": x.reshape((2, -1)) @ A})
    agree(graph, {"x": np.arange(8.0), "A": np.ones((4, 3))})
    x = gc.array("x", "2*n")
    double = compile_function(GraphData([x], {"y": x.mean()}), "grad", wrt="x")
    assert double(np.ones(4)).tolist() == [0.25] * 4
    with pytest.raises(ValueError, match=r"x: axis 0 has size 5, which is not 2\*n"):
        double(np.ones(5))


def test_results_are_the_callers_own():
    x, s = gc.array("x", "n"), gc.scalar("s")
    graph = GraphData(
        [x, s],
        {"same": x, "again": x, "turned": x[::-1], "twice": x * s, "wide": x.broadcast_to("2 n")},
    )
    agree(graph, {"x": np.arange(3.0), "s": 2.0})
    y = gc.exp(x)
    agree(GraphData([x], {"a": y, "b": y, "c": y.reshape((1, -1))}), {"x": np.arange(3.0)})


def test_a_value_may_be_changed_before_the_way_back():
    x = gc.array("x", "n")
    value, vjp = compile_function(GraphData([x], {"y": gc.exp(x)}), "vjp", wrt="x")(np.zeros(2))
    value[:] = 7
    assert vjp(np.ones(2)).tolist() == [1, 1]


def test_arrays_of_every_layout():
    A = gc.array("A", "m n")
    graph = GraphData([A], {"y": (gc.exp(A) @ A.T).sum()})
    base = np.random.default_rng(0).normal(size=(4, 6))
    frozen = base.copy()
    frozen.flags.writeable = False
    for array in (
        base[::2, ::-1],
        np.asfortranarray(base),
        base.T,
        frozen,
        base[:0],
        base.astype(">f8"),
    ):
        agree(graph, {"A": array}, kinds=["value", "grad", "vjp"])


def test_unused_arguments_and_constant_results():
    x, y = gc.array("x", "n"), gc.scalar("y")
    agree(
        GraphData([x, y], {"z": y * y}), {"x": np.ones(3), "y": 2.0}, kinds=["value", "grad", "vjp"]
    )
    agree(GraphData([x], {"z": gc.sum(x)}), {"x": np.ones(3)})
    agree(
        GraphData([y], {"z": gc.constant(2.5), "a": gc.constant([1.0, np.nan, -np.inf])}),
        {"y": 1.0},
        kinds=["value"],
    )


def test_constants_are_exact():
    rng = np.random.default_rng(3)
    values = rng.normal(size=(40, 20)) * 10.0 ** rng.integers(-300, 300, (40, 20))
    x = gc.array("x", "40")
    single = rng.normal(size=40).astype(np.float32)
    graph = GraphData([x], {"y": x @ values, "s": gc.constant(single) + gc.constant(single)})
    agree(graph, {"x": np.ones(40)}, kinds=["value"])
    third = GraphData([gc.scalar("x", "float32")], {"y": gc.scalar("x", "float32") * (1 / 3)})
    agree(third, {"x": np.float32(0.1)}, kinds=["value", "grad"])


def test_no_inputs():
    graph = GraphData([], {"y": gc.constant(2.0) * 3.0, "v": gc.constant([1.0, 2.0])})
    value, vector = compile_function(graph, "value")()
    assert value == 6.0
    assert vector.tolist() == [1.0, 2.0]


def test_names_that_the_code_needs_itself():
    names = ["np", "float", "math", "vjp", "u", "t1", "theta", "Array", "ValueError"]
    nodes = [gc.array(name, "n") for name in names]
    total = nodes[0]
    for node in nodes[1:]:
        total = total + gc.sin(node) * nodes[0]
    graph = GraphData(nodes, {"len": (total * total).sum()}, name="np")
    values = {name: np.linspace(0, 1, 3) + i for i, name in enumerate(names)}
    source = agree(graph, values)
    assert "np is called np_2 here." in source
    clash = gc.array("n", "n")
    agree(GraphData([clash], {"n_2": clash.mean(), "y": clash * 2}), {"n": np.ones(3)})


def test_gradients_by_a_name_and_by_names():
    x, y = gc.scalars("x y")
    graph = GraphData([x, y], {"z": x * y})
    assert compile_function(graph, "grad", wrt="x")(2, 3) == 3
    assert compile_function(graph, "grad", wrt=["x"])(2, 3) == (3,)
    assert compile_function(graph, "grad", wrt=["y", "x"])(2, 3) == (2, 3)
    assert compile_function(graph, "grad")(2, 3) == (3, 2)
    assert compile_function(graph, "hessian", wrt="x")(2, 3) == 0
    assert compile_function(graph, "hessian")(2, 3) == ((0, 1), (1, 0))


def test_several_outputs():
    x = gc.array("x", "n")
    graph = GraphData([x], {"a": x.sum(), "b": gc.exp(x)}, name="two")
    values = {"x": np.array([0.5, -1.0])}
    agree(graph, values)
    with pytest.raises(DerivativeError, match="name one of them"):
        generate(graph, ["grad"])
    gradient = compile_function(graph, "grad", output="a")
    assert gradient(values["x"])[0].tolist() == [1, 1]


def test_flat_vector():
    flat = compile_function(network(), "value_and_grad_flat", wrt=["W1", "W2"])
    values = point(3, 4, 2)
    theta = np.concatenate([values["W1"].ravel(), values["W2"].ravel()])
    value, gradient = flat(theta, values["x"], values["y"])
    expected, parts = compile_function(network(), "value_and_grad", wrt=["W1", "W2"])(**values)
    assert value == expected
    assert np.array_equal(gradient, np.concatenate([part.ravel() for part in parts]))
    with pytest.raises(ValueError, match=r"theta has shape \(19,\), expected \(k\*m \+ m\*n,\)"):
        flat(theta[1:], values["x"], values["y"])
    every = compile_function(network(), "value_and_grad_flat")
    whole = np.concatenate([values[name].ravel() for name in ("x", "y", "W1", "W2")])
    assert every(whole, n=3, k=2, m=4)[0] == expected


def test_flat_vector_in_an_optimiser():
    optimize = pytest.importorskip("scipy.optimize")
    x = gc.array("x", "n")
    graph = GraphData([x], {"f": (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()})
    rosenbrock = compile_function(graph, "value_and_grad_flat", wrt="x")
    found = optimize.minimize(rosenbrock, np.zeros(5), jac=True)
    assert found.x == pytest.approx(np.ones(5), abs=1e-4)


def test_signature():
    module = load(generate(network(), ["value", "grad"], "W1"), "loss")
    assert module.__all__ == ["loss", "loss_grad"]
    assert module.SIGNATURE["inputs"]["W1"] == {"shape": ["m", "n"], "dtype": "float64"}
    assert module.SIGNATURE["outputs"] == {"loss": {"shape": [], "dtype": "float64"}}
    assert module.SIGNATURE["wrt"] == "W1"
    assert module.SIGNATURE["functions"] == ["value", "grad"]
    assert list(inspect.signature(module.loss).parameters) == ["x", "y", "W1", "W2"]


def test_source_is_shown_by_inspect_and_tracebacks():
    loss = compile_function(network(), "value")
    assert inspect.getsource(loss).startswith("def loss(")
    assert inspect.getsource(loss) in loss.source
    assert loss.__doc__ == "Value of loss."
    try:
        loss(np.ones(2), np.ones(2), np.ones((2, 3)), np.ones((2, 2)))
    except ValueError:
        assert (
            "if W1.shape != (m, n)" in traceback.format_exc()
            or "raise _misfit" in traceback.format_exc()
        )


BARE = """
import importlib.abc, sys
class Refuse(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"sympy", "graphcomp", "graphviz", "pygraphviz", "mpmath"}:
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
import numpy as np, loss_grad
for n in (2, 3):
    value, vjp = loss_grad.loss_vjp(np.ones(n), np.ones(2), np.ones((4, n)), np.ones((2, 4)))
    print(value, [part.shape for part in vjp(1.0)])
print(loss_grad.loss_jvp(*[np.ones(s) for s in ((2,), (2,), (3, 2), (2, 3)) * 2]))
"""


def test_modules_need_numpy_alone(tmp_path):
    path = write_module(network(), tmp_path / "loss_grad.py", ALL)
    assert path.read_text() == generate(network(), ALL)
    command = [sys.executable, "-c", BARE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "49.0 [(2,), (2,), (4, 2), (2, 4)]",
        "121.0 [(3,), (2,), (4, 3), (2, 4)]",
        "(25.0, 170.0)",
    ]


def test_source_is_the_same_in_every_process():
    script = (
        "from tests.test_codegen_module import ALL, network\n"
        "from graphcomp.codegen import generate\n"
        "print(generate(network(), ALL), end='')"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": "."},
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {generate(network(), ALL)}


def test_files(tmp_path):
    path = tmp_path / "loss_grad.py"
    write_module(network(), path)
    write_module(network(), path, ["value"])
    path.write_text("precious = 1\n")
    with pytest.raises(OutputError, match="not generated by graphcomp"):
        write_module(network(), path)
    write_module(network(), path, force=True)
    for name in ("numpy.py", "math.py", "2.py", "loss-grad.py", "loss.txt", "class.py"):
        with pytest.raises(NamingError):
            write_module(network(), tmp_path / name)


def test_what_is_refused():
    with pytest.raises(InputError, match="no function kind 'gradient'"):
        generate(network(), ["gradient"])
    with pytest.raises(InputError, match="target must be"):
        generate(network(), target="c")
    with pytest.raises(InputError, match="use target 'numpy'"):
        generate(network(), target="math")
    x = gc.array("x", "n")
    with pytest.raises(DerivativeError, match="real scalar"):
        generate(GraphData([x], {"y": x}), ["grad"])


def test_target_math_has_limits_where_python_raises():
    x, y = gc.scalars("x y")
    graph = GraphData(
        [x, y], {"a": x / y, "b": gc.log(x), "c": gc.exp(y), "d": gc.sqrt(x), "e": x**3}
    )
    function = compile_function(graph, "value", target="math")
    with np.errstate(all="ignore"):
        reference = compile_function(graph, "value")
        for point_ in [
            (1, 0),
            (-1, 0),
            (0, 0),
            (0, 1000),
            (-2, 1),
            (np.inf, -1000),
            (np.nan, 1),
            (1e200, 1),
        ]:
            assert function(*point_) == pytest.approx(reference(*point_), nan_ok=True), point_
    assert "import numpy" not in function.source
    with pytest.raises(TypeError, match="x: expected a number, got str"):
        function("1", 2)


def test_stable_where_exp_overflows():
    x = gc.scalar("x")
    for target in ("numpy", "math"):
        sigmoid = compile_function(
            GraphData([x], {"y": 1 / (1 + gc.exp(-x))}), "value_and_grad", "x", target
        )
        softplus = compile_function(
            GraphData([x], {"y": gc.log(1 + gc.exp(x))}), "value_and_grad", "x", target
        )
        assert sigmoid(-800.0) == (0.0, 0.0)
        assert softplus(800.0) == (800.0, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["numpy", "math"])
def test_long_chains_need_no_recursion(target):
    z = x = gc.scalar("x")
    for _ in range(5000):
        z = gc.sin(z) * 1.01
    value, slope = compile_function(GraphData([x], {"y": z}), "value_and_grad", "x", target)(0.5)
    expected, factor = 0.5, 1.0
    for _ in range(5000):
        factor *= 1.01 * np.cos(expected)
        expected = np.sin(expected) * 1.01
    assert value == pytest.approx(expected, rel=1e-9)
    assert slope == pytest.approx(factor, rel=1e-6)


def test_target_math_is_plain_where_nothing_can_go_wrong():
    x = gc.scalar("x")
    source = compile_function(
        GraphData([x], {"y": 1 / (2 + gc.exp(x))}), "value", target="math"
    ).source
    fast, slow = source.split("def _y_limits")
    assert "math.exp(x)" in fast.split("def y(")[1]
    assert "_exp(x)" in slow
    assert "_div(1.0, " in slow
    plain = compile_function(GraphData([x], {"y": x * x + 1}), "value", target="math").source
    assert "try" not in plain.split("def y(")[1]
