"""The target "numba": loops that give what the interpreter gives, compiled and as plain Python.

numba itself is not among the requirements of the tests: it is large, and to compile takes long. Where it
can't be imported, the tests of compiled functions are skipped (`pip install graphcomp[numba]` adds them);
all others run the loops as Python.
"""

import importlib
import importlib.util
import math
import os
import platform
import re
import subprocess
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import graphcomp as gc
from graphcomp import ops
from graphcomp.check import check_module
from graphcomp.cli import main
from graphcomp.codegen import (
    block_sizes,
    compiled,
    generate,
    load,
    loop_blocks,
    loop_cut,
    vectors,
    write_module,
)
from graphcomp.errors import InputError
from graphcomp.graph import GraphData, input_node
from graphcomp.node import apply
from graphcomp.op import Op
from graphcomp.ops import numba_runtime
from graphcomp.ops.shaping import SCATTER, WHOLE
from tests.conformance.cases import BROADCASTING, CASES, SMOOTH, Case, cases, run, weighted
from tests.custom_ops import CASES as CUSTOM_CASES
from tests.generated import agree
from tests.test_codegen_random import graphs
from tests.test_codegen_random import values as random_values
from tests.test_codegen_style import constants, long_names, many, tool
from tests.test_large_constants import model as table_model
from tests.test_structured_arguments import nested

HAS_NUMBA = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HAS_NUMBA, reason="numba is not installed")


def boxed(result):
    """A result as numba hands it to Python: without NumPy's scalars."""
    if isinstance(result, tuple):
        return tuple(map(boxed, result))
    return result.item() if isinstance(result, np.generic) else result


def uncompiled(**_options):
    """What stands in for `numba.njit`: the function itself."""

    def decorate(function):
        if hasattr(numba_runtime, function.__name__):
            return function
        return lambda *args: boxed(function(*args))

    return decorate


def stand_in(patch):
    module = types.ModuleType("numba")
    config = types.SimpleNamespace(DISABLE_JIT=True)
    vars(module).update(njit=uncompiled, prange=range, config=config)
    patch.setitem(sys.modules, "numba", module)


@pytest.fixture
def as_python(monkeypatch):
    """The loops run as Python: what they compute does not depend on the compiler."""
    stand_in(monkeypatch)


# ---------------------------------------------------------------- some functions


def rosenbrock(x):
    return gc.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def chain(x):
    for _ in range(4):
        x = np.sin(x) * 0.5 + x * x * 0.1
    return np.sum(x)


def mixture(x, log_weights, means, scales):
    z = (x[:, None, :] - means) * scales
    exponents = log_weights - 0.5 * np.sum(z**2, axis=2) + np.sum(np.log(scales), axis=1)
    return np.sum(gc.logsumexp(exponents, axis=1))


def factors(x, log_weights, means, L):
    """A mixture with a matrix for each component."""
    z = np.einsum("kij,nkj->nki", L, x[:, None, :] - means)
    return np.sum(gc.logsumexp(log_weights - 0.5 * np.sum(z**2, axis=2), axis=1))


def turns(A, B):
    """A product of two matrices for each row."""
    return gc.sum(gc.exp(-(gc.tanh(A @ B) ** 2)) * gc.sin(B))


def regression(X, y, w):
    return gc.mean(gc.log(1 + gc.exp(-y * (X @ w))))


def network(X, W1, b1, W2, Y):
    return gc.mean((gc.tanh(X @ W1 + b1) @ W2 - Y) ** 2)


def classifier(X, W, Y):
    return -gc.mean(Y * gc.log_softmax(X @ W, axis=1))


def cell(x, h, c, W, U, b):
    """A step of an LSTM."""
    z = W @ x + U @ h + b
    i, f, o, g = z[:3], z[3:6], z[6:9], z[9:]
    c = gc.sigmoid(f) * c + gc.sigmoid(i) * gc.tanh(g)
    return gc.sum(gc.sigmoid(o) * gc.tanh(c) * np.array([1.0, -2.0, 0.5]))


def distances(X):
    """Every pair: the same axis twice."""
    return gc.sum(gc.exp(-gc.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=2)))


def lengths(X):
    return gc.sum(gc.norm(X, axis=1)) + gc.max(X) + gc.sum(gc.softmax(X, axis=1)[0] ** 2)


FUNCTIONS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "rosenbrock": (rosenbrock, {"x": "n"}),
    "chain": (chain, {"x": "n"}),
    "mixture": (mixture, {"x": "n d", "log_weights": "k", "means": "k d", "scales": "k d"}),
    "factors": (factors, {"x": "n d", "log_weights": "k", "means": "k d", "L": "k d d"}),
    "turns": (turns, {"A": "n d d", "B": "n d k"}),
    "regression": (regression, {"X": "n d", "y": "n", "w": "d"}),
    "network": (network, {"X": "n 3", "W1": "3 4", "b1": "4", "W2": "4 2", "Y": "n 2"}),
    "classifier": (classifier, {"X": "n d", "W": "d k", "Y": "n k"}),
    "cell": (cell, {"x": "2", "h": "3", "c": "3", "W": "12 2", "U": "12 3", "b": "12"}),
    "distances": (distances, {"X": "n d"}),
    "lengths": (lengths, {"X": "n d"}),
}
ALL_KINDS = ("value", "grad", "value_and_grad", "vjp", "jvp", "hvp", "jacobian", "hessian")


def function(name: str) -> gc.Graph:
    formula, shapes = FUNCTIONS[name]
    return gc.from_function(formula, **shapes)


def point(graph: GraphData, sizes=None, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    sizes = sizes or {"n": 5, "d": 3, "k": 4}
    return {
        node.param("name"): rng.uniform(
            0.3, 1.5, [sizes.get(str(d), d) for d in node.shape]
        ).astype(dtype)
        for node in graph.inputs
    }


@pytest.mark.parametrize("name", FUNCTIONS)
def test_loops_of_whole_functions(name, as_python):
    graph = function(name)
    agree(graph, point(graph), kinds=ALL_KINDS, target="numba", rtol=1e-9)


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
def test_compiled_functions(name):
    graph = function(name)
    agree(graph, point(graph), kinds=ALL_KINDS, target="numba", rtol=1e-9)


@needs_numba
def test_a_compiled_gradient():
    graph = function("rosenbrock")
    agree(graph, point(graph), kinds=("value_and_grad", "vjp"), target="numba", rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "loop"),
    [
        ("turns", "stop = start + rows"),
        ("regression", "stop = start + rows"),
        ("factors", "_block("),
        ("classifier", "_block("),
    ],
)
def test_several_blocks_of_rows(name, loop, as_python, monkeypatch):
    """The last one is shorter; what is summed over rows goes on from block to block."""
    small = {"ENTRIES": 6, "ENTRIES_OF_PRODUCTS": 12, "FEWEST_ENTRIES": 1, "FEWEST_LAST": 2}
    for module, sizes in ((loop_blocks, {"ROUND": 2, "ENTRIES": 2}), (block_sizes, small)):
        for constant, size in sizes.items():
            monkeypatch.setattr(module, constant, size)
    graph = function(name)
    source = agree(graph, point(graph), kinds=ALL_KINDS, target="numba", rtol=1e-9)
    assert loop in source


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["factors", "regression"])
def test_compiled_blocks_of_rows(name, dtype):
    formula, shapes = FUNCTIONS[name]
    inputs = [gc.array(key, shape, dtype=dtype) for key, shape in shapes.items()]
    graph = GraphData(inputs, {"y": formula(*inputs)})
    values = point(graph, {"n": 1500, "d": 3, "k": 4}, dtype)
    source = agree(graph, values, kinds=("value_and_grad", "vjp"), target="numba", rtol=1e-9)
    assert "stop = start + rows" in source


@pytest.mark.parametrize("sizes", [(0, 3, 4), (1, 1, 1), (4, 0, 2), (2, 3, 1)])
@pytest.mark.parametrize("name", ["chain", "mixture", "factors", "regression", "distances"])
def test_sizes_of_none_and_one(name, sizes, as_python):
    graph = function(name)
    values = point(graph, dict(zip("ndk", sizes, strict=True)))
    if name == "regression" and sizes[0] == 0:
        pytest.skip("the mean of no entries is not defined")
    agree(graph, values, kinds=("value", "vjp", "jvp"), target="numba", rtol=1e-9)


def test_what_is_added_up_elsewhere_is_there_for_others(as_python):
    v = gc.array("v", 3)
    placed = apply(SCATTER, v, index=(1, WHOLE), shape=(3, 3))
    twice = placed.T * 2.0 + placed
    graph = GraphData([v], {"y": twice, "z": gc.sum(placed.T * v)})
    agree(graph, {"v": np.arange(1.0, 4.0)}, kinds=("value", "vjp"), target="numba")


# ---------------------------------------------------------------- with what else there is


def test_structures_of_arrays(as_python):
    graph = nested()
    source = agree(graph, point(graph, {"m": 3, "n": 2, "k": 4}), target="numba", rtol=1e-9)
    assert "_loops(" in source


def test_large_constants_are_given_to_the_loops(as_python, tmp_path):
    graph = table_model()
    agree(graph, point(graph), target="numba", rtol=1e-9)
    path = write_module(graph, tmp_path / "model.py", ["value", "vjp"], target="numba")
    assert path.with_suffix(".npz").exists()
    assert check_module(path).passed


@cases(CUSTOM_CASES)
def test_ops_of_users(case: Case, as_python):
    agree(case.graph(), case.values(), kinds=("value", "vjp"), target="numba", rtol=1e-10)


def test_ops_of_users_are_loops_unless_they_bring_a_function_along():
    for case in CUSTOM_CASES:
        looped = "_loops(" in generate(case.graph(), target="numba")
        assert looped is not bool(case.op.helpers), case.op.name


@pytest.mark.parametrize("parallel", [False, True])
def test_arguments_with_names_that_the_loops_need(parallel, as_python):
    names = ["numba", "range", "max", "importlib", "pathlib", "Function", "IndexError", "i"]
    inputs = [gc.array(name, "n") for name in names]
    total = inputs[0][1:] * inputs[1][:-1]
    for x in inputs[2:]:
        total = total + x[1:]
    graph = GraphData(inputs, {"y": gc.sum(total**2)}, name="named")
    values = point(graph)
    source = generate(graph, target="numba", parallel=parallel)
    found = load(source, "named").named(*values.values())
    np.testing.assert_allclose(found, run(graph, values)["y"])


@pytest.mark.parametrize("name", ["regression", "classifier", "cell", "lengths"])
def test_derivatives_where_no_digits_are_left_have_loops_too(name):
    """What the rewriter puts in for stability does not cut a function in two."""
    source = generate(function(name), ["value_and_grad"], target="numba")
    body = source.rpartition("\ndef ")[2]
    assert body.count("_loops(") == 1
    assert not re.search(r"_sech2\(|_sigmoid_slope\(|_log1mexp\(|np\.(?!empty|zeros)", body)


@needs_numba
@pytest.mark.slow
def test_compiled_structures_and_large_constants():
    agree(nested(), point(nested(), {"m": 3, "n": 2, "k": 4}), kinds=("vjp",), target="numba")
    agree(table_model(), point(table_model()), kinds=("vjp",), target="numba", rtol=1e-9)


# ---------------------------------------------------------------- every op


@cases(CASES)
def test_every_op(case: Case, as_python):
    kinds = ("value", "vjp", "jvp") if case in SMOOTH else ("value",)
    agree(case.graph(), case.values(), kinds=kinds, target="numba", rtol=1e-10)


@cases(SMOOTH)
def test_every_op_in_single_precision(case: Case, as_python):
    values = case.values(real="float32")
    agree(case.graph("float32"), values, kinds=("value", "vjp"), target="numba")


@pytest.mark.parametrize("op", BROADCASTING, ids=lambda op: op.name)
def test_broadcasting(op, as_python):
    case = Case(op, tuple([(3, 1), (2,), ()][: op.arity]), {})
    given = zip(case.names, case.shapes, case.dtypes(), strict=True)
    inputs = [input_node(name, shape, dtype) for name, shape, dtype in given]
    graph = GraphData(inputs, {"y": apply(op, *inputs)})
    kinds = ("value", "vjp") if case.real else ("value",)
    agree(graph, case.values(), kinds=kinds, target="numba")


@settings(max_examples=40)
@given(graphs())
def test_random_graphs(pair):
    with pytest.MonkeyPatch.context() as patch:
        stand_in(patch)
        for graph in pair:
            kinds = ("value", "vjp", "jvp")
            agree(graph, random_values(graph, 3, 2, 0), kinds=kinds, target="numba", rtol=1e-9)


@needs_numba
@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(graphs())
def test_compiled_random_graphs(pair):
    scalar, _ = pair
    agree(scalar, random_values(scalar, 3, 2, 0), kinds=("vjp",), target="numba", rtol=1e-9)


# ---------------------------------------------------------------- the edges of domains

POINTS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-300, 1e300, -1e300, np.inf, -np.inf, np.nan]


def entrywise(count: int, *, integers: bool) -> list[Op]:
    """The ops on single entries that the loops have, with this number of arguments."""
    found = [case.op for case in CASES if case.op.broadcasts and case.op.arity == count]
    real = [op for op in dict.fromkeys(found) if "bool" not in op.domains]
    known = [op for op in real if not {"order", "exponent", "dtype"} & set(params_of(op))]
    whole = {"varying_power"}  # NumPy refuses negative powers of integers
    return [op for op in known if not (integers and op.name in whole)]


def params_of(op: Op):
    return next(case.params for case in CASES if case.op is op)


def at_edges(dtype: str, points) -> tuple[GraphData, dict[str, np.ndarray]]:
    """One graph of all ops on single entries, at all points and pairs of points."""
    x, y = gc.array("x", "n", dtype=dtype), gc.array("y", "n", dtype=dtype)
    outputs = {}
    integers = dtype.startswith("int")
    for count, args in ((1, [x]), (2, [x, y])):
        for op in entrywise(count, integers=integers):
            outputs[f"{op.name}_{count}"] = apply(op, *args)
    with np.errstate(all="ignore"):
        first, second = np.meshgrid(np.array(points).astype(dtype), np.array(points).astype(dtype))
    return GraphData([x, y], outputs, name="edges"), {"x": first.ravel(), "y": second.ravel()}


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize(
    ("dtype", "points"),
    [("float64", POINTS), ("float32", POINTS), ("int64", range(-4, 5)), ("int32", range(-4, 5))],
)
def test_compiled_entries_have_the_limits_of_numpy(dtype, points):
    """Infinities and NaN where NumPy has them; and every dtype is kept."""
    graph, values = at_edges(dtype, points)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = run(graph, values)
        found = graph_function(graph)(**values)
    rtol, atol = (2e-5, 1e-37) if dtype == "float32" else (1e-12, 0.0)
    for (name, wanted), got in zip(expected.items(), found, strict=True):
        assert got.dtype == wanted.dtype, name
        np.testing.assert_allclose(got, wanted, rtol, atol, err_msg=name)


def graph_function(graph: GraphData):
    return vars(load(generate(graph, target="numba"), graph.name))[graph.name]


# ---------------------------------------------------------------- several entries at once

VECTORS = sorted(set(vectors.FUNCTIONS) & {op.name for op in ops.ALL})
HAS_LIBMVEC = platform.machine() == "x86_64" and platform.libc_ver() >= ("glibc", "2.35")


def of_each_function(dtype: str) -> GraphData:
    x = gc.array("x", "n", dtype=dtype)
    return GraphData([x], {f"y_{name}": getattr(gc, name)(x) for name in VECTORS}, name="each")


def test_most_functions_of_one_number_are_taken_several_at_once(as_python):
    graph = of_each_function("float64")
    kinds = ("value", "vjp", "jvp")  # beside the diagonal of the Jacobian, 0*nan is not formed
    x = np.linspace(0.1, 0.9, 7)
    source = agree(graph, {"x": x}, kinds=kinds, target="numba", rtol=1e-14)
    assert len(VECTORS) > 12
    assert set(re.findall(r"= _v_(\w+)\(", loops_of(source))) == set(VECTORS)


@needs_numba
@pytest.mark.slow
@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 2e-15), ("float32", 1e-6)])
def test_several_entries_at_once_are_what_single_ones_are(dtype, rtol):
    """Everywhere in the domains, at their edges, and on what is left over of a vector."""
    grid = [np.linspace(-0.999, 0.999, 501), np.linspace(-30, 90, 333), np.geomspace(1e-9, 1e9)]
    for name in VECTORS:
        x = gc.array("x", "n", dtype=dtype)
        module = load(generate(GraphData([x], {"y": getattr(gc, name)(x)}), target="numba"), "y")
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            points = np.concatenate([POINTS, *grid]).astype(dtype)
            expected = getattr(np, name)(points.astype("float64")).astype(dtype)
        for count in (len(points), 3):
            found, wanted = module.y(points[:count]), expected[:count]
            np.testing.assert_allclose(found, wanted, rtol, 1e-45, err_msg=name)
        lines = "".join(module._y_loops.inspect_llvm().values()).split("\n")
        assert any("call <" in line and "_ZGV" in line for line in lines) is HAS_LIBMVEC, name


@needs_numba
def test_sums_are_added_up_several_terms_at_once():
    x, y = gc.array("x", "n"), gc.array("y", "n")
    module = load(generate(GraphData([x, y], {"s": gc.dot(x, y)}), target="numba"), "s")
    a, b = np.random.default_rng(0).standard_normal((2, 1003))
    np.testing.assert_allclose(module.s(a, b), math.fsum(a * b), rtol=1e-13)
    assert "fadd reassoc contract <" in "".join(module._s_loops.inspect_llvm().values())


def test_without_the_library_the_functions_are_those_of_numpy(as_python):
    module = load(generate(function("chain"), target="numba"), "chain")
    assert module._KNOWN == []
    assert module._v_sin is np.sin


# ---------------------------------------------------------------- what the loops look like


def loops_of(source: str) -> str:
    """The compiled functions of a module."""
    return "\n".join(
        re.findall(
            r"^@_compiled\n(def _\w+_loops.*?)\n\n\n", source + "\n\n\n", re.DOTALL | re.MULTILINE
        )
    )


def test_slices_are_added_up_in_one_loop():
    source = loops_of(generate(function("rosenbrock"), ["value_and_grad"], target="numba"))
    assert source.count("for ") == 1
    assert "d_rosenbrock_d_x[i + 1] += w4_bar" in source


def test_rows_of_a_matrix_are_read_once_while_they_are_in_the_cache():
    """Products with them are summed row by row; functions of the products take several rows."""
    source = loops_of(generate(function("regression"), ["value_and_grad"], "w", target="numba"))
    assert re.findall(r"^ *(?:for .*|\w+_block = .*)", source, re.MULTILINE) == [
        "    for start in range(0, n, step):",
        "        X_block = X[start:stop]",
        "        y_block = y[start:stop]",
        "        for i in range(rows):",
        "            for j in range(d):",
        "        for i in range(rows):",
        "        for i in range(rows):",
        "            for j in range(d):",
        "    for i in range(d):",  # the sign of what was added up
    ]
    assert not re.search(r"np\.(?:empty|zeros)\(\(?n", source)


def test_rows_of_a_matrix_are_read_once_by_threads():
    graph = function("regression")
    source = generate(graph, ["value_and_grad"], "w", target="numba", parallel=True)
    assert "_block" not in source


@pytest.mark.parametrize("name", ["mixture", "factors"])
def test_what_is_large_is_never_there_as_a_whole(name):
    source = loops_of(generate(function(name), ["value_and_grad"], "means", target="numba"))
    assert "n," not in "".join(re.findall(r"np\.(?:empty|zeros)\((.*)\)", source))


def test_large_products_of_matrices_are_left_to_numpy():
    A, B = gc.array("A", "m k"), gc.array("B", "k n")
    source = generate(GraphData([A, B], {"y": gc.sum(gc.tanh(A @ B))}), target="numba")
    assert "A.dot(B)" in source
    assert "A.dot(B)" not in loops_of(source)


def test_light_work_is_done_again_rather_than_kept(as_python):
    """Loops behind a product compare once more; but they do not compute a function again."""

    def layers(X, W, V):
        return gc.sum(((gc.relu(X @ W) * gc.sin(X @ W)) @ V) ** 2)

    graph = gc.from_function(layers, X="n d", W="d k", V="k 2")
    agree(graph, point(graph), kinds=ALL_KINDS, target="numba", rtol=1e-9)
    gradient = generate(graph, ["value_and_grad"], "W", target="numba")
    first, second = re.findall(
        r"^def _\w+_loops.*?(?=^@|^def )", gradient, re.DOTALL | re.MULTILINE
    )
    assert " > " not in first
    assert " > " in second
    assert "sin(" not in second


def test_a_function_without_loops_for_anything_needs_no_compiler():
    A = gc.array("A", "n n")
    source = generate(GraphData([A], {"y": gc.inv(A)}), target="numba")
    assert "@_compiled" not in source


def growth(x, a):
    return gc.exp(-a * x) / (1 + gc.sin(x) ** 2)


def test_a_few_scalars_are_floats_of_python(as_python):
    """A call of compiled code would take longer than all that it computes."""
    graph = gc.from_function(growth, x="", a="")
    kinds = ("value", "grad", "value_and_grad", "vjp", "jvp", "jacobian")
    source = agree(graph, {"x": 0.7, "a": 1.5}, kinds=kinds, target="numba", rtol=1e-12)
    assert "import numpy" not in source
    assert "numba" not in source.replace("target numba", "").replace('"target": "numba"', "")
    assert "target numba" in source
    module = load(generate(graph, target="numba"), "growth")
    for one in (1, np.float64(1), np.ones(()), True):
        assert module.growth(one, 1.0) == pytest.approx(math.exp(-1) / (1 + math.sin(1) ** 2))
    with pytest.raises(TypeError, match="x: expected a number"):
        module.growth(np.ones(2), 1.0)
    assert "loops" not in graph.explain(["value"], target="numba")


def test_many_scalars_and_other_dtypes_are_compiled():
    def many(x, a):
        for _ in range(30):
            x = gc.sin(a * x)
        return x

    assert "@_compiled" in generate(gc.from_function(many, x="", a=""), target="numba")
    x = gc.scalar("x", dtype="float32")
    assert "@_compiled" in generate(GraphData([x], {"y": gc.sin(x)}), target="numba")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_long_functions_in_parts(name, as_python, monkeypatch):
    monkeypatch.setattr(loop_cut, "WHOLE", 5)
    monkeypatch.setattr(loop_cut, "ONCE", 5)
    graph = function(name)
    kinds = ("value_and_grad", "vjp", "hvp")
    source = agree(graph, point(graph), kinds=kinds, target="numba", rtol=1e-9)
    assert source.count("@_compiled\ndef _f_vjp_loops") > 1


def test_very_long_functions_are_left_to_numpy(monkeypatch):
    monkeypatch.setattr(loop_cut, "MOST", 3)
    assert "@_compiled" not in generate(function("chain"), target="numba")


def test_loops_on_threads_where_turns_are_independent(as_python):
    graph = function("chain")
    source = generate(graph, ["value_and_grad"], target="numba", parallel=True)
    assert "@_threaded" in source
    assert "numba.prange(n)" in source
    values = point(graph)
    found = vars(load(source, "chain"))["chain_value_and_grad"](**values)
    plain = vars(load(generate(graph, ["value_and_grad"], target="numba"), "chain"))
    np.testing.assert_allclose(found[0], plain["chain_value_and_grad"](**values)[0])


@pytest.mark.parametrize("name", ["rosenbrock", "regression", "mixture"])
def test_no_threads_where_turns_write_the_same_entries(name):
    source = generate(function(name), ["grad"], target="numba", parallel=True)
    assert "prange(n" not in source


@needs_numba
@pytest.mark.slow
def test_threads_give_the_same():
    graph = function("chain")
    values = {"x": np.linspace(-1, 1, 1000)}
    source = generate(graph, ["value_and_grad"], target="numba", parallel=True)
    y, (slope,) = vars(load(source, "chain"))["chain_value_and_grad"](**values)
    numpy = vars(load(generate(graph, ["value_and_grad"]), "chain"))["chain_value_and_grad"]
    np.testing.assert_allclose(y, numpy(**values)[0], rtol=1e-12)
    np.testing.assert_allclose(slope, numpy(**values)[1][0], rtol=1e-12)


def test_threads_are_for_loops_only():
    with pytest.raises(InputError, match="target 'numpy' has no loops"):
        generate(function("chain"), parallel=True)


@pytest.mark.parametrize("op", ops.ALL, ids=lambda op: op.name)
def test_helpers_that_spellings_call_exist(op):
    spelling = op.spell.get("numba")
    if spelling is not None and not callable(spelling):
        for name in re.findall(r"\b_[a-z]\w*(?=\()", spelling.template):
            assert hasattr(numba_runtime, name)


# ---------------------------------------------------------------- contract


def test_errors_name_what_does_not_fit(as_python):
    module = load(generate(function("regression"), target="numba"), "regression")
    with pytest.raises(
        ValueError, match=r"w has shape \(2,\), expected \(d,\): axis 0 is 2, not d"
    ):
        module.regression(np.ones((3, 4)), np.ones(3), np.ones(2))
    with pytest.raises(TypeError, match="X: expected float64, got complex128"):
        module.regression(np.ones((3, 4), complex), np.ones(3), np.ones(4))


def extremum(name, shape):
    x = gc.array("x", shape)
    return GraphData([x], {"y": getattr(gc, name)(x, axis=1)}, name="extremum")


@pytest.mark.parametrize("name", ["max", "min"])
def test_the_extremum_of_no_entries_is_an_error(name, as_python):
    module = load(generate(extremum(name, "n m"), target="numba"), "extremum")
    with pytest.raises(ValueError, match=f"the {name}imum of no entries is not defined"):
        module.extremum(np.ones((2, 0)))
    assert module.extremum(np.ones((0, 2))).shape == (0,)


@needs_numba
def test_a_compiled_extremum_of_no_entries_is_an_error():
    module = load(generate(extremum("max", "n m"), target="numba"), "extremum")
    with pytest.raises(ValueError, match="the maximum of no entries is not defined"):
        module.extremum(np.ones((2, 0)))


@needs_numba
def test_arrays_in_any_order_of_memory():
    graph = function("regression")
    values = point(graph)
    expected = run(graph, values)["regression"]
    module = load(generate(graph, target="numba"), "regression")
    for X in (np.asfortranarray(values["X"]), np.repeat(values["X"], 2, 0)[::2]):
        np.testing.assert_allclose(module.regression(X, values["y"], values["w"]), expected)


def last_three(x):
    return gc.sum(x[-3:] ** 2) + x[-1] * x[1]


def test_indices_that_are_out_of_range_are_errors(as_python):
    graph = gc.from_function(last_three, x="n")
    module = load(generate(graph, ["value", "grad"], target="numba"), "last_three")
    for size in (0, 1, 2):
        for called in (module.last_three, module.last_three_grad):
            with pytest.raises(IndexError, match="an array is too small for an index into it"):
                called(np.ones(size))
    assert module.last_three(np.ones(3)) == 4.0


@pytest.mark.parametrize("name", ["rosenbrock", "cell", "network", "distances"])
def test_indices_that_are_always_in_range_are_not_looked_at(name):
    assert "IndexError" not in generate(function(name), ALL_KINDS, target="numba")


def test_without_numba_one_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    source = generate(function("chain"), target="numba")
    with pytest.raises(ImportError, match="pip install numba"):
        load(source, "chain")
    monkeypatch.setattr(compiled, "find_spec", lambda _name: None)
    with pytest.raises(InputError, match=r"which is not installed: pip install numba"):
        function("chain").compile(target="numba")


def test_a_module_is_checked_as_any_other(as_python, monkeypatch, tmp_path):
    kinds = ["value", "value_and_grad", "vjp", "jvp", "hvp"]
    path = write_module(function("cell"), tmp_path / "cells.py", kinds, target="numba")
    assert check_module(path).passed
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(InputError, match=r"cells.py: this module needs numba"):
        check_module(path)


def test_the_command_line_writes_loops(capsys):
    assert main(["compile", "sum(exp(x))", "--shape", "x=n", "--target", "numba"]) == 0
    assert "@_compiled" in capsys.readouterr().out


@needs_numba
def test_compile_gives_a_function():
    slope = function("chain").compile("grad", target="numba")
    assert "_compiled" in slope.source
    assert slope(np.ones(2))[0].shape == (2,)


@needs_numba
@pytest.mark.slow
def test_machine_code_is_kept_beside_the_file(tmp_path, monkeypatch):
    write_module(function("chain"), tmp_path / "chained.py", ["value"], target="numba")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("chained")
    module.chain(np.ones(3))
    assert list((tmp_path / "__pycache__").glob("chained._chain_loops*.nbi"))


def test_an_explanation_counts_what_is_in_loops():
    lines = function("chain").explain(["value"], target="numba").splitlines()
    assert re.fullmatch(r"  loops +\d+ operations in 1 compiled function", lines[-1])
    lines = function("factors").explain(["value_and_grad"], target="numba").splitlines()
    loops = r"  loops +\d+ operations in \d compiled functions?, 1 of them in blocks along n"
    assert re.fullmatch(loops, lines[-1])
    A = gc.array("A", "n n")
    lines = gc.Graph([A], {"y": gc.inv(A)}).explain(["value"], target="numba").splitlines()
    assert lines[-1].split() == ["loops", "none"]


# ---------------------------------------------------------------- style

GOLDEN = {
    "regression_numba.py": lambda: generate(
        function("regression"), ["value_and_grad", "vjp"], "w", target="numba"
    ),
    "rosenbrock_numba.py": lambda: generate(
        function("rosenbrock"), ["value", "hvp"], "x", target="numba", parallel=True
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_modules(name, golden):
    golden(name, GOLDEN[name]())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Modules of every op, and of all functions here."""
    place = tmp_path_factory.mktemp("loops")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, case in enumerate(CASES):
            kinds = ["value", "vjp"] if case in SMOOTH else ["value"]
            (place / f"op_{i}.py").write_text(generate(case.graph(), kinds, target="numba"))
            if case in SMOOTH:
                graph, _ = weighted(case.graph())
                (place / f"scalar_{i}.py").write_text(generate(graph, ["hvp"], target="numba"))
        for name in FUNCTIONS:
            text = generate(function(name), ALL_KINDS, target="numba", parallel=len(name) % 2 == 0)
            (place / f"{name}.py").write_text(text)
        extra = {"many": many(), "long": long_names(), "large": constants()}
        for name, graph in extra.items():
            (place / f"{name}.py").write_text(generate(graph, target="numba"))
    return place


def test_modules_pass_the_linter_and_the_formatter(folder):
    assert tool("ruff", "check", "--isolated", str(folder)) == ""
    assert tool("ruff", "format", "--isolated", "--diff", str(folder)) == ""


@pytest.mark.slow
def test_modules_pass_the_type_checker(folder):
    assert tool("mypy", "--strict", "--config-file=", str(folder)) == ""


def test_lines_are_short(folder):
    for path in folder.glob("*.py"):
        if path.name != "long.py":
            assert all(len(line) <= 88 for line in path.read_text().splitlines()), path.name


def test_the_source_is_the_same_in_every_process():
    code = (
        "import tests.test_codegen_numba as t;"
        "print(t.generate(t.function('lengths'), ['hvp', 'vjp'], target='numba'))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path.cwd())},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1


def test_long_formulas_are_one_loop_without_arrays_between_steps(as_python):
    def long(x, y):
        for _ in range(60):
            x, y = x * y + gc.sin(x), x - y
        return gc.sum(x * y)

    graph = gc.from_function(long, shapes={"x": "n", "y": "n"})
    source = generate(graph, ["value"], target="numba")
    assert source.count("@_compiled") == 1
    assert source.count("for i in range(n)") == 1
    assert "np.empty(n)" not in source


def test_rows_that_are_put_together_are_set_and_zeros_made_only_where_parts_are_missing(as_python):
    def rows(x):
        return gc.sum(x[0] * x[1]) + gc.sum(x[2])

    source = generate(gc.from_function(rows, shapes={"x": "3 n"}), ["grad"], target="numba")
    assert "np.empty((3, n))" in source
    assert "np.zeros" not in source
    assert "+=" not in source
    source = generate(gc.from_function(rows, shapes={"x": "4 n"}), ["grad"], target="numba")
    assert "np.zeros((4, n))" in source
    assert "+=" not in source
