"""Ops with work in common are written out, and only these; what is shared is computed once."""

import mpmath
import numpy as np
import pytest

import graphcomp as gc
from graphcomp.evaluate import evaluate
from graphcomp.node import Node
from graphcomp.ops import ALL
from graphcomp.ops.slopes import SIGMOID_SLOPE
from graphcomp.rewrite import Report, share
from graphcomp.rewrite.simplification import simplify
from graphcomp.traversal import topological

X, Z = gc.array("x", "n"), gc.array("Z", "n k")
S = gc.scalar("s")
ENTRIES = [0.0, -0.0, 1e-300, 0.3, -0.3, 20.0, -20.0, 700.0, -700.0, 800.0, -800.0, np.inf, -np.inf]


def slope(x: Node) -> Node:
    return x.apply(SIGMOID_SLOPE)


def exponentials(nodes: list[Node]) -> int:
    return sum(node.op.name == "exp" for node in topological(nodes))


PAIRS = {
    "sigmoid and softplus": [gc.sigmoid(X), gc.softplus(X)],
    "sigmoid and its slope": [gc.sigmoid(X), slope(X)],
    "at opposite arguments": [gc.sigmoid(-X), gc.softplus(X), slope(-X)],
    "softmax and logsumexp": [gc.softmax(Z, axis=1), gc.logsumexp(Z, axis=1)],
    "along the first axis": [gc.softmax(Z, axis=0), gc.logsumexp(Z, axis=0, keepdims=True)],
    "along both": [gc.softmax(Z, axis=(0, 1)), gc.logsumexp(Z)],
    "log_softmax and softmax": [gc.log_softmax(Z, axis=1), gc.softmax(Z, axis=1)],
}


@pytest.mark.parametrize("nodes", PAIRS.values(), ids=PAIRS)
def test_what_is_in_common_is_computed_once_and_values_stay(nodes: list[Node]):
    found, names = share(nodes, "numpy")
    shared = [found[node] for node in nodes]
    assert exponentials(shared) == 1
    assert all(name.isidentifier() for name in names.values())
    entries = np.array(ENTRIES)
    arrays = {X: entries, Z: np.stack([entries, entries[::-1], 0.1 * np.arange(len(ENTRIES))], 1)}
    sizes = {"n": len(ENTRIES), "k": 3}
    with np.errstate(all="raise", under="ignore"):
        before, after = (evaluate(each, arrays, sizes) for each in (nodes, shared))
    for old, new in zip(nodes, shared, strict=True):
        assert after[new].shape == before[old].shape
        np.testing.assert_allclose(after[new], before[old], rtol=1e-15)


@pytest.mark.parametrize(
    "nodes",
    [
        [gc.sigmoid(X)],
        [gc.sigmoid(X), gc.softplus(2 * X)],
        [gc.softmax(Z, axis=0), gc.logsumexp(Z, axis=1)],
        [gc.softmax(Z, axis=0), gc.sigmoid(Z)],
        [gc.exp(X), gc.sin(X)],
    ],
    ids=str,
)
def test_ops_that_have_nothing_in_common_stay(nodes: list[Node]):
    report = Report()
    found, names = share(nodes, "numpy", report)
    assert found == names == {}
    assert report.lines() == []


def test_the_report_counts_what_was_written_out():
    report = Report()
    share([*PAIRS["sigmoid and softplus"], gc.softmax(Z, axis=1)], "numpy", report)
    assert report.counts == {"sharing": {"sigmoid": 1, "softplus": 1}}


def test_arguments_that_are_written_out_themselves():
    inner = gc.softmax(Z, axis=1) + gc.logsumexp(Z, axis=1, keepdims=True)
    nodes = [gc.softmax(inner, axis=1), gc.logsumexp(inner, axis=1)]
    found, _ = share(nodes, "numpy")
    assert exponentials([found[node] for node in nodes]) == 2


@pytest.mark.parametrize("op", [op for op in ALL if op.shared], ids=lambda op: op.name)
def test_every_way_has_the_value_of_the_op(op):
    samples = op.samples or [None]
    for dialect, rule in op.shared.items():
        for sample in samples if dialect == "numpy" else [None]:
            shape = sample.shapes[0] if sample else () if dialect == "math" else (4,)
            params = dict(sample.params) if sample else {}
            x = gc.array("x", shape) if shape else gc.scalar("x")
            given = np.random.default_rng(0).standard_normal(shape)
            whole = x.apply(op, **params)
            for way, _ in rule(x, **params):
                found = evaluate([way, whole], {x: given}, {})
                assert way.shape == whole.shape
                np.testing.assert_allclose(found[way], found[whole], rtol=1e-14)


def test_a_sigmoid_of_floats_and_its_slope_take_one_exponential():
    """Of which sign does not matter to the slope."""
    for x in (S, -S):
        (argument,) = simplify([x])
        nodes = [gc.sigmoid(argument), slope(S)]
        found, names = share(nodes, "math", arrays=False)
        assert exponentials([found[node] for node in nodes]) == 1
        assert set(names.values()) == {"tail"}


@pytest.mark.parametrize(
    "x", [-np.inf, np.inf, 0.0, 1.0, -1.0, 36.0, -36.0, 700.0, -700.0, -709.7, -745.0, 1e300]
)
@pytest.mark.parametrize("target", ["math", "numpy"])
def test_the_slope_of_a_sigmoid_keeps_its_digits(x: float, target: str):
    graph = gc.Graph([S], {"y": 1 / (1 + gc.exp(-S))})
    y, (slope_of_y,) = graph.compile("value_and_grad", target=target)(x)
    with mpmath.workdps(400):
        small = mpmath.exp(-abs(mpmath.mpf(x)))
        assert float(slope_of_y) == pytest.approx(float(small / (1 + small) ** 2), rel=1e-14)
        assert float(y) == pytest.approx(float(1 / (1 + mpmath.exp(-mpmath.mpf(x)))), rel=1e-14)


def test_nothing_is_computed_that_a_target_does_not_read():
    x, a = gc.scalars("x a")
    graph = gc.Graph([x, a], {"y": 1 / (1 + gc.exp(-a * x))})
    source = graph.source(["value_and_grad", "vjp"], target="math")
    assert "tail = _exp" not in source
    assert source.count("tail = math.exp(w3)") == 2


def test_sums_over_rows_of_one_number_of_rows_are_products_with_the_same_ones():
    other = gc.array("O", "n d")
    nodes = [Z.sum(axis=0), other.sum(axis=0)]
    found, names = share(nodes, "numpy")
    first, second = (found[node] for node in nodes)
    assert first.args[0] is second.args[0]
    assert list(names.values()) == ["ones"]
    arrays = {Z: np.arange(6.0).reshape(3, 2), other: np.arange(12.0).reshape(3, 4)}
    values = evaluate([first, second], arrays, {"n": 3, "k": 2, "d": 4})
    assert values[first].tolist() == [6.0, 9.0]
    assert values[second].tolist() == [12.0, 15.0, 18.0, 21.0]


@pytest.mark.parametrize(
    "second",
    [
        gc.array("O", "m d").sum(axis=0),
        gc.array("O", "n d").sum(axis=1),
        gc.array("O", "n d").sum(axis=0, keepdims=True),
        gc.array("O", "n d", "int64").sum(axis=0),
        gc.array("O", "n d", "float32").sum(axis=0),
        gc.array("O", "n d e").sum(axis=0),
    ],
    ids=str,
)
def test_other_sums_stay_sums(second: Node):
    assert share([Z.sum(axis=0), second], "numpy")[0] == {}
