"""Generated modules lint, format and type-check, and the golden ones read as they did."""

import math
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp import ops
from graphcomp.codegen import generate, load, once
from graphcomp.graph import GraphData
from graphcomp.ops import math_runtime, numpy_runtime
from tests.conformance.cases import CASES, SMOOTH, weighted
from tests.generated import KINDS
from tests.networks import Layer, network
from tests.test_blocks import made as graph_of_blocks
from tests.test_codegen_rows import MIXTURE, chain, mixture, softmax_by_columns
from tests.test_rewrite_stability import CASES as STABILITY

DIRECT = [kind for kind in KINDS if kind != "value_and_grad_flat"]


def sigmoid() -> GraphData:
    x, a = gc.scalars("x a")
    w3 = gc.let("w3", -x * a)
    w4 = gc.let("w4", 1 + gc.exp(w3))
    return GraphData([x, a], {"y": gc.let("y", 1 / w4)}, name="sigmoid")


def loss() -> GraphData:
    x, y = gc.array("x", "n"), gc.array("y", "k")
    W1, W2 = gc.array("W1", "m n"), gc.array("W2", "k m")
    h = gc.let("h", gc.relu(W1 @ x))
    r = gc.let("r", W2 @ h - y)
    return GraphData([x, y, W1, W2], {"loss": 0.5 * (r**2).sum()})


def softmax() -> GraphData:
    X, W, Y = gc.array("X", "b n"), gc.array("W", "n c"), gc.array("Y", "b c")
    z = gc.let("z", X @ W)
    shifted = gc.let("shifted", z - z.max(axis=1, keepdims=True))
    total = gc.let("total", gc.log(gc.exp(shifted).sum(axis=1, keepdims=True)))
    return GraphData([X, W, Y], {"loss": -(Y * (shifted - total)).mean(axis=0).sum()})


GOLDEN = {
    "sigmoid_math.py": lambda: generate(sigmoid(), ["value_and_grad", "vjp"], target="math"),
    "sigmoid_numpy.py": lambda: generate(sigmoid(), ["value", "value_and_grad", "jvp", "hessian"]),
    "loss_grad.py": lambda: generate(
        loss(),
        ["value", "value_and_grad", "vjp", "jvp", "hvp", "value_and_grad_flat"],
        ["W1", "W2"],
    ),
    "softmax_grad.py": lambda: generate(softmax(), ["value_and_grad", "vjp", "derivatives"], "W"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_modules(name, golden):
    source = GOLDEN[name]()
    golden(name, source)
    load(source, name.removesuffix(".py"))


def tool(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Modules for every op, and for some graphs with awkward names and sizes."""
    place = tmp_path_factory.mktemp("modules")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, make in GOLDEN.items():
            (place / name).write_text(make())
        for i, case in enumerate(CASES):
            kinds = ["value", "vjp", "jvp", "jacobian"] if case in SMOOTH else ["value"]
            (place / f"op_{i}.py").write_text(generate(case.graph(), kinds))
            if case in SMOOTH:
                graph, _ = weighted(case.graph())
                (place / f"scalar_{i}.py").write_text(generate(graph, DIRECT))
            if not any(case.shapes) and not case.graph().outputs[0].shape:
                text = generate(case.graph(), kinds, target="math")
                (place / f"math_{i}.py").write_text(text)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(once, "LARGE", 0)
                    text = generate(case.graph(), kinds, target="math")
                (place / f"once_{i}.py").write_text(text)
        (place / "many.py").write_text(generate(many(), [*KINDS]))
        (place / "long.py").write_text(generate(long_names(), ["value", "vjp", "jvp", "hvp"]))
        for name in ("columns", "rows", "many rows", "more results than inputs"):
            (place / f"blocks_{name.replace(' ', '_')}.py").write_text(blocks(name))
        (place / "large.py").write_text(generate(constants()))
        for target in ("numpy", "math", "numba"):
            text = generate(rewritten(), ["value", "vjp", "hessian"], target=target)
            (place / f"rewritten_{target}.py").write_text(text)
        for name, made in structured().items():
            (place / f"{name}.py").write_text(made)
        for choice, options in CHOICES.items():
            for name, made in with_options(**options).items():
                (place / f"{name}_{choice}.py").write_text(made)
    return place


#: Options of which each is on in some modules.
CHOICES: dict[str, dict[str, Any]] = {
    "unchecked": {"checks": False},
    "threads": {"threads": 2},
    "workspace": {"workspace": True},
    "all": {"checks": False, "threads": 3, "workspace": True},
}


def with_options(**options) -> dict[str, str]:
    """Modules of all kinds of arguments and of some ops, by their names."""
    found = {
        f"scalar_{i}": generate(weighted(case.graph())[0], ["value", "vjp", "hvp"], **options)
        for i, case in enumerate(CASES)
        if i % 5 == 0 and case in SMOOTH
    }
    rows: dict[str, gc.Graph] = {
        "chain": gc.from_function(chain, x="n"),
        "mixture": gc.from_function(mixture, **MIXTURE),
        "columns": gc.from_function(softmax_by_columns, Z="c b", Y="c b"),
    }
    for name, graph in rows.items():
        found[name] = generate(graph, ["value", "value_and_grad", "vjp", "jvp"], **options)
    found["loss"] = generate(loss(), [*KINDS], ["W1", "W2"], **options)
    found["many"] = generate(many(), [*KINDS], **options)
    found["long"] = generate(long_names(), ["value", "vjp", "jvp", "hvp"], **options)
    return found | structured(**options)


def blocks(name: str) -> str:
    return generate(graph_of_blocks(name), ["value", "blocks"], along="n")


def many() -> GraphData:
    """Many arguments of many kinds."""
    nodes = [gc.array(f"argument_{i}", ["", "n", "m n", "3 n"][i % 4]) for i in range(14)]
    total = sum(((gc.sin(node) ** 2).sum() for node in nodes), gc.constant(0.0))
    return GraphData(nodes, {"total": total}, name="function_of_many_arguments")


def long_names() -> GraphData:
    x, y = gc.array("a_rather_long_name_for_an_argument", "rows columns"), gc.scalar("O")
    h = gc.let(
        "the_activations_of_the_first_hidden_layer", gc.tanh(x * y + gc.exp(x)) / (2.0 + x * x)
    )
    joined = gc.concatenate([h, x, h * y, x, h, x], axis=1)
    return GraphData([x, y], {"the_final_value_of_the_loss": (joined**2).mean()})


def rewritten() -> GraphData:
    """Formulas on which comments say that they were rewritten, short and long."""
    x = gc.scalar("x")
    values = {case.rule: case.f(x + float(i)) for i, case in enumerate(STABILITY)}
    inside = gc.let("a_rather_long_name_for_a_hyperbolic_tangent", values["tanh_by_exps"])
    total = sum(values.values(), gc.constant(0.0))
    return GraphData([x], {"y": total + inside})


def constants() -> GraphData:
    x = gc.array("x", "n")
    table = np.linspace(-1, 1, 60).reshape(3, 20)
    odd = np.array([np.nan, np.inf, -np.inf, 0.1])
    small = gc.constant(np.arange(3)) + gc.constant(np.array([True, False, True]))
    return GraphData([x], {"y": x.sum() * table, "z": gc.exp(odd) + x[0], "k": small})


def structured(**options) -> dict[str, str]:
    """Structures as arguments and results, and constants in a file."""

    def nested(params, x):
        h = np.tanh(params["pair"][0].W @ x + params["pair"][0].b)
        results = {"h": h, "sums": (np.sum(h), [np.sum(params["weights"][0])])}
        return results, Layer(params["weights"][1] @ h, 2 * params["scale"])

    shapes = {"pair": [Layer("m n", "m")], "weights": ("m n", "k m"), "scale": ""}
    layered = gc.from_function(nested, params=shapes, x="n")
    deep = network(12)
    few = gc.from_function(
        lambda p, c: {"r": np.sqrt(p[0]) * c["a"]}, name="few", p=[""], c={"a": ""}
    )
    table = np.random.default_rng(0).normal(size=(40, 50))
    stored = gc.from_function(lambda x: [np.sum(table @ x), table], x="50", name="stored")
    return {
        "layered": layered.source(["value", "vjp", "jvp", "jacobian"], **options),
        "shallow": network(2).source(["value", *KINDS], ["x", "Ws"], **options),
        "deep": deep.source(
            ["value", "grad", "vjp", "hvp", "value_and_grad_flat"], "Ws", **options
        ),
        "stored": stored.source(["value", "vjp"], **options),
        **({} if options.keys() - {"checks"} else {"few": floats(few, **options)}),
    }


def floats(few: gc.Graph, **options) -> str:
    return few.source(["value", "vjp", "jvp"], target="math", **options)


def test_modules_pass_the_linter_and_the_formatter(folder):
    assert tool("ruff", "check", "--isolated", str(folder)) == ""
    assert tool("ruff", "format", "--isolated", "--diff", str(folder)) == ""


@pytest.mark.slow
def test_modules_pass_the_type_checker(folder):
    assert tool("mypy", "--strict", "--config-file=", str(folder)) == ""


def test_lines_are_short(folder):
    for path in folder.glob("*.py"):
        if not path.name.startswith("long"):
            assert all(len(line) <= 88 for line in path.read_text().splitlines()), path.name


@pytest.mark.parametrize("op", ops.ALL, ids=lambda op: op.name)
def test_helpers_that_spellings_call_exist(op):
    for dialect, module in {
        "numpy": numpy_runtime,
        "math": math_runtime,
        "limits": math_runtime,
        "once": math_runtime,
    }.items():
        spelling = op.spell.get(dialect)
        if spelling is not None and not callable(spelling):
            for name in re.findall(r"\b_[a-z]\w*(?=\()", spelling.template):
                known = dialect == "numpy" or hasattr(math, name[1:])
                assert hasattr(module, name) or not known, (dialect, name)
