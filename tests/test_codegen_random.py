"""Random graphs: generated code against the reference interpreter."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import graphcomp as gc
from graphcomp.graph import GraphData
from tests.generated import agree

UNARY = [
    gc.sin,
    gc.tanh,
    gc.sigmoid,
    gc.relu,
    gc.square,
    abs,
    lambda a: -a,
    lambda a: 0.5 * a,
    lambda a: a + 1.0,
    lambda a: 1 / (2.0 + gc.cos(a)),
    lambda a: gc.exp(-a * a),
    lambda a: a**3,
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (2.0 + gc.cos(b)),
    lambda a, b: gc.where(a > b, a, b * b),
    gc.maximum,
    lambda a, b: a * (b > 0.5).astype("float64"),
]


@st.composite
def graphs(draw, scalar_inputs: bool = False):
    """Graphs over scalars, vectors (n,) and matrices (m, n), with named steps and shared nodes."""
    if scalar_inputs:
        inputs = [gc.scalar("a"), gc.scalar("b")]
    else:
        inputs = [gc.scalar("a"), gc.array("v", "n"), gc.array("A", "m n"), gc.array("w", "m")]
    pool = list(inputs)
    for i in range(draw(st.integers(1, 12))):
        first = draw(st.sampled_from(pool))
        kind = draw(st.integers(0, 5))
        if kind <= 1:
            node = draw(st.sampled_from(UNARY))(first)
        elif kind <= 3 or scalar_inputs:
            others = [p for p in pool if p.shape in {first.shape, ()} or p.shape == first.shape[1:]]
            node = draw(st.sampled_from(BINARY))(first, draw(st.sampled_from(others)))
        elif kind == 4:
            node = _reduced(draw, first)
        else:
            node = _moved(draw, first, inputs)
        if draw(st.booleans()):
            node = gc.let(f"s{i}", node)
        pool.append(node)
    chosen = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=2))
    total = sum((node.sum() if node.shape else node for node in chosen), pool[0] * 0.0)
    return GraphData(inputs, {"y": total}), GraphData(
        inputs, dict(zip("pq", pool[-2:], strict=False))
    )


def _reduced(draw, node):
    if not node.shape:
        return node * 2.0
    axis = draw(st.sampled_from([None, 0]))
    return node.sum(axis=axis) if draw(st.booleans()) else node.mean(axis=axis)


def _moved(draw, node, inputs):
    _a, v, A, w = inputs
    if node.shape == v.shape:
        return draw(
            st.sampled_from([lambda: A @ node, lambda: gc.outer(w, node), lambda: node[::-1]])
        )()
    if node.shape == A.shape:
        return draw(
            st.sampled_from([lambda: node @ v, lambda: w @ node, lambda: (node @ A.T) @ A])
        )()
    if node.shape == w.shape:
        return draw(st.sampled_from([lambda: A.T @ node, lambda: node @ A, lambda: node * w]))()
    return node + 1.0


def values(graph: GraphData, m: int, n: int, seed: int):
    rng = np.random.default_rng(seed)
    sizes = {"m": m, "n": n}
    return {
        node.param("name"): np.asarray(rng.uniform(-1, 1, [sizes[str(dim)] for dim in node.shape]))
        for node in graph.inputs
    }


@given(graphs(), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_arrays(pair, m, n, seed):
    scalar, both = pair
    point = values(scalar, m, n, seed)
    kinds = ["value", "grad", "value_and_grad", "vjp", "jvp", "hvp", "derivatives"]
    agree(scalar, point, kinds=kinds, rtol=1e-9)
    agree(both, point, kinds=["value", "vjp", "jvp"], rtol=1e-9)


@given(graphs(scalar_inputs=True), st.integers(0, 3))
def test_scalars(pair, seed):
    scalar, both = pair
    point = values(scalar, 1, 1, seed)
    for target in ("numpy", "math"):
        agree(scalar, point, target=target, rtol=1e-9)
        agree(both, point, kinds=["value", "vjp", "jvp"], target=target, rtol=1e-9)
