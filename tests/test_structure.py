"""Nodes and graphs as data: sharing, identity, size, depth, threads, memory."""

import gc as collector
import struct
import threading
import time
import weakref

import numpy as np
import pytest

import graphcomp as gc
from graphcomp import ad, node
from graphcomp.graph import GraphData
from graphcomp.node import Node, constant
from graphcomp.traversal import leading, topological
from tests.conformance.cases import run

# ---------------------------------------------------------------- identity


def test_equal_expressions_are_the_same_object():
    x, a = gc.scalars("x a")
    assert 1 / (1 + gc.exp(-a * x)) is 1 / (1 + gc.exp(-a * x))
    assert gc.scalar("x") is x
    assert gc.array("x", ()) is x
    assert x + a is not a + x
    assert gc.array("x", 3) is not gc.array("x", 4)
    assert gc.array("x", (), "float32") is not x
    assert gc.let("h", x) is gc.let("h", x) is not gc.let("k", x)
    matrix = gc.array("A", "m n")
    assert matrix.sum(axis=(0, -1)) is matrix.sum()
    assert matrix.T.T is not matrix  # no rewriting while building
    assert matrix[0] is matrix[0, :] is matrix[0, ...]


def nan(payload: int) -> float:
    (value,) = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 + payload))
    return float(value)


def test_constants_are_told_apart_by_type_and_bits():
    values = [
        0,
        0.0,
        -0.0,
        1,
        1.0,
        True,
        False,
        float("nan"),
        nan(1),
        float("inf"),
        np.float32(1),
        np.int32(1),
        np.array([1.0]),
        np.array([[1.0]]),
        np.array([1]),
    ]
    nodes = [constant(value) for value in values]
    assert len(set(map(id, nodes))) == len(values)
    again = [constant(value) for value in values]
    assert all(first is second for first, second in zip(nodes, again, strict=True))
    assert constant(np.float64(1)) is constant(1.0) is constant(np.array(1.0))
    x = gc.scalar("x")
    assert x * 0.0 is not x * -0.0
    assert x + 1 is x + 1.0  # a Python number takes the dtype of the array beside it
    assert gc.scalar("i", "int64") + 1 is not gc.scalar("i", "int64") + 1.0


def test_exponents_are_told_apart_by_what_they_make_of_integers():
    i = gc.scalar("i", "int64")
    assert (i**3).dtype == np.int64
    assert (i**3.0).dtype == np.float64
    assert run(GraphData([i], {"y": i**-1.0}), {"i": 2})["y"] == 0.5


def test_a_constant_is_a_copy():
    array = np.arange(3.0)
    y = gc.array("x", 3) + array
    array[:] = 100
    assert run(GraphData([gc.array("x", 3)], {"y": y}), {"x": np.zeros(3)})["y"].tolist() == [
        0,
        1,
        2,
    ]


def test_nodes_are_immutable():
    x = gc.scalar("x")
    with pytest.raises(AttributeError, match="immutable"):
        x.shape = (3,)
    with pytest.raises(TypeError, match="immutable"):
        gc.array("v", 3)[0] = 1.0


# ---------------------------------------------------------------- odd functions


def test_outputs_may_be_inputs_and_may_be_the_same():
    x, y = gc.scalars("x y")
    graph = GraphData([x, y], {"a": x, "b": x, "c": x * y, "d": x * y})
    seeds = {"a_bar": 1.0, "b_bar": 10.0, "c_bar": 100.0, "d_bar": 1000.0}
    found = run(ad.pullback(graph), {"x": 3.0, "y": 2.0} | seeds)
    assert found == {"x_bar": 11 + 1100 * 2, "y_bar": 1100 * 3}


def test_an_argument_may_come_twice():
    x, A = gc.array("x", 3), gc.array("A", (3, 3))
    point = {"x": np.array([1.0, 2, 3]), "A": np.arange(9.0).reshape(3, 3)}
    form = GraphData([x, A], {"q": x @ A @ x})
    found = run(ad.gradient(form, "x"), point)["d_q_d_x"]
    assert found.tolist() == ((point["A"] + point["A"].T) @ point["x"]).tolist()
    cube = GraphData([x], {"s": gc.sum(x * x * x)})
    assert run(ad.gradient(cube), {"x": point["x"]})["d_s_d_x"].tolist() == [3, 12, 27]


def test_a_step_and_what_it_depends_on_may_vary_together():
    """Tangents of a step come on top of those that reach it: forward is the transpose of reverse."""
    x, A = gc.array("x", 2), gc.array("A", (2, 2))
    h = gc.let("h", gc.tanh(A @ x))
    graph = GraphData([x, A], {"y": gc.sum(h * h * x)})
    point = {"x": np.array([0.3, -0.8]), "A": np.array([[1.0, 2.0], [-1.0, 0.5]])}
    rng = np.random.default_rng(0)
    dots = {"x": rng.random(2), "A": rng.random((2, 2)), "h": rng.random(2)}
    bars = run(ad.pullback(graph, list(dots)), point | {"y_bar": 1.0})
    seeds = {f"{name}_dot": dot for name, dot in dots.items()}
    image = run(ad.pushforward(graph, list(dots)), point | seeds)["y_dot"]
    assert image == pytest.approx(sum(np.sum(bars[f"{n}_bar"] * d) for n, d in dots.items()))
    vectors = {f"v_{name}": dot for name, dot in dots.items()}
    product = run(ad.hvp(graph, list(dots)), point | vectors)
    hessian = run(ad.hessian(graph, list(dots)), point)
    for a in dots:
        blocks = (np.tensordot(hessian[f"d2_y_d_{a}_d_{b}"], d, d.ndim) for b, d in dots.items())
        assert product[f"hvp_{a}"] == pytest.approx(sum(blocks))


def test_an_unused_input_gets_zeros_of_its_shape_and_dtype_and_a_warning():
    x, unused = gc.array("x", 3), gc.array("unused", (2, 2), "float32")
    graph = GraphData([x, unused], {"s": gc.sum(x)})
    with pytest.warns(UserWarning, match="does not depend on 'unused'"):
        gradient = ad.gradient(graph)
    zeros = run(gradient, {"x": np.ones(3), "unused": np.ones((2, 2))})["d_s_d_unused"]
    assert zeros.shape == (2, 2)
    assert zeros.dtype == np.float32
    assert not zeros.any()


# ---------------------------------------------------------------- size


def chain(length: int, name: str = "x") -> GraphData:
    x = y = gc.scalar(name)
    for _ in range(length // 2):
        y = gc.sin(y) * 1.01
    return GraphData([x], {"y": y})


def test_sharing_is_kept():
    x = y = gc.scalar("x")
    for _ in range(60):
        y = y + y
    graph = GraphData([x], {"y": y})
    assert len(graph.nodes) == 61
    gradient = ad.gradient(graph)
    assert len(gradient.nodes) < 4 * 61
    assert run(gradient, {"x": 1.0})["d_y_d_x"] == 2.0**60
    assert len(ad.hessian(GraphData([x], {"y": y * y})).nodes) < 20 * 61


def scalar_network(layers: int) -> GraphData:
    x = gc.scalar("x")
    y = x
    for k in range(layers):
        z = gc.tanh(y * (0.5 + k)) + gc.exp(-y) / (1 + y * y)
        y = gc.where(z > 0, gc.sqrt(1 + z * z), gc.maximum(z, x))
    return GraphData([x], {"y": y})


def matrix_network(layers: int) -> GraphData:
    x = gc.array("x", "n")
    weights = [gc.array(f"W{k}", "n n") for k in range(layers)]
    y = x
    for k, weight in enumerate(weights):
        y = gc.let(f"h{k}", gc.relu(weight @ y + gc.max(y)))
    return GraphData([x, *weights], {"y": gc.squared_loss(y, x)})


@pytest.mark.parametrize("network", [scalar_network, matrix_network])
def test_reverse_mode_adds_at_most_a_small_multiple_of_the_nodes(network):
    sizes = []
    for layers in (20, 40, 80):
        graph = network(layers)
        sizes.append((len(graph.nodes), len(ad.gradient(graph).nodes)))
    assert all(after <= 5 * before for before, after in sizes)
    da, db, dc = (after for _, after in sizes)
    assert dc - db == pytest.approx(2 * (db - da), rel=0.02), "not linear"


def test_towers_of_choices_stay_linear():
    """Masks are merged: a chain of choices does not pile up one condition on another."""

    def network(layers: int) -> GraphData:
        x = y = gc.scalar("x")
        for _ in range(layers):
            y = gc.where(y > 0.1, gc.sin(y), 0.0)
        return GraphData([x], {"y": y})

    short, long = (len(ad.gradient(network(n)).nodes) for n in (50, 100))
    assert long < 2.1 * short
    assert run(ad.gradient(network(3)), {"x": 0.0})["d_y_d_x"] == 0


@pytest.mark.slow
def test_a_chain_of_200000_nodes_needs_no_recursion_and_goes_away():
    before = sum(map(len, node._interned.values()))
    graph = chain(200_000, "deep")
    assert len(graph.nodes) == 200_002  # and the input, and the constant
    gradient = ad.gradient(graph)
    found = run(gradient, {"deep": 0.5})["d_y_d_deep"]
    x, slope = 0.5, 1.0
    for _ in range(100_000):
        slope *= 1.01 * np.cos(x)
        x = 1.01 * np.sin(x)
    assert found == pytest.approx(slope, rel=1e-9)
    assert repr(graph.outputs[0]).startswith("<node ")
    del graph, gradient
    collector.collect()
    assert sum(map(len, node._interned.values())) <= before + 10


def test_gradients_of_chains_take_linear_time():
    def seconds(length: int) -> float:
        graph = chain(length, f"t{length}")
        best = float("inf")
        for _ in range(3):
            collector.collect()
            start = time.process_time()
            ad.gradient(graph)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(20_000) < 4 * 2.5 * seconds(5_000)


# ---------------------------------------------------------------- memory, threads


def test_nodes_are_forgotten_with_their_last_user():
    before = sum(map(len, node._interned.values()))
    y = gc.exp(gc.scalar("forgotten") * 3.25)
    reference = weakref.ref(y)
    assert sum(map(len, node._interned.values())) > before
    del y
    collector.collect()
    assert reference() is None
    assert sum(map(len, node._interned.values())) <= before


def test_derivatives_leave_nothing_behind():
    x = gc.array("x", "n")
    graph = GraphData([x], {"y": gc.sum(gc.tanh(x) * gc.max(x))})
    collector.collect()
    before = sum(map(len, node._interned.values()))
    for derive in (ad.gradient, ad.hessian, ad.hvp, ad.jacobian):
        derived = derive(graph)
        assert sum(map(len, node._interned.values())) > before
        del derived
        collector.collect()
    assert sum(map(len, node._interned.values())) == before


def test_threads_get_the_same_nodes():
    """Interning from many threads at once: one object an expression, none of them half made."""
    barrier = threading.Barrier(8)
    results: list[list[Node]] = [[] for _ in range(8)]

    def build(index: int) -> None:
        x, y = gc.scalars("tx ty")
        barrier.wait()
        z = x
        for k in range(500):
            z = gc.sin(z * y) + k
            results[index].append(z)

    threads = [threading.Thread(target=build, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for nodes in zip(*results, strict=True):
        assert len({id(n) for n in nodes}) == 1
        assert all(isinstance(n, Node) and n.shape == () for n in nodes)


def test_scopes_of_threads_do_not_mix():
    seen = {}

    def build(name: str) -> None:
        with gc.scope(name):
            time.sleep(0.01)
            seen[name] = gc.exp(gc.scalar("scoped")).scope

    threads = [threading.Thread(target=build, args=(f"s{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {f"s{i}": f"s{i}" for i in range(4)}


def test_order_is_that_of_arguments_and_always_the_same():
    x, y = gc.scalars("x y")
    z = gc.sin(x) * gc.cos(y) + x
    order = topological([z])
    assert order == [x, gc.sin(x), y, gc.cos(y), gc.sin(x) * gc.cos(y), z]
    assert topological([z]) == order


def test_order_is_that_of_a_walk_with_recursion(rng):
    """Also with more arguments than a few, and with nodes whose arguments are not followed."""
    for _ in range(50):
        nodes = [gc.scalar("x"), gc.scalar("y")]
        for _ in range(30):
            count = rng.choice([1, 2, 2, 3, 7])
            parts = [nodes[i] for i in rng.integers(0, len(nodes), count)]
            made = gc.sin(parts[0]) if count == 1 else gc.stack(parts).sum()
            nodes.append(parts[0] * parts[1] if count == 2 else made)
        outputs = [nodes[i] for i in rng.integers(0, len(nodes), 3)]
        stops = {nodes[i] for i in rng.integers(0, len(nodes), 2)}
        expected: dict[Node, None] = {}

        def visit(node: Node) -> None:
            for arg in () if node in stops else node.args:  # noqa: B023
                visit(arg)
            expected.setdefault(node)  # noqa: B023

        for output in outputs:
            visit(output)
        assert topological(outputs, stops.__contains__) == list(expected)


def test_a_node_with_many_arguments_takes_linear_time():
    class Node:
        looks = 0

        def __init__(self, args):
            self.args = args

        def __hash__(self):
            Node.looks += 1
            return id(self) // 16

    parts = [Node(()) for _ in range(3000)]
    assert len(topological([Node(tuple(parts))])) == 3001
    assert Node.looks < 20 * 3000


def test_the_order_of_some_roots_begins_with_what_the_first_depend_on():
    x, y = gc.scalars("x y")
    first, second = gc.sin(x), gc.cos(y) * gc.sin(x)
    order = topological([first, second])
    assert leading(order, [first]) == topological([first])
    assert leading(order, [first, second]) == order
    assert leading(order, []) == []
