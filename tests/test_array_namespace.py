"""``gc.numpy``: arrays of nodes, and NumPy's names for the functions of this package."""

from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.errors import DTypeError, InputError, ShapeError
from graphcomp.functions import numpy as namespace
from graphcomp.graph import GraphData
from tests.conformance.cases import cotangents, run

s, t = gc.scalars("s t")
x = gc.array("x", "n")


def value(node: gc.Node, **values: Any) -> Any:
    inputs = {"s": s, "t": t, "x": x}
    graph = GraphData([inputs[name] for name in values], {"y": node})
    return run(graph, {name: np.asarray(v, float) for name, v in values.items()})["y"]


def test_arrays_of_nodes_and_numbers():
    array = namespace.array([[s, 0, 1.5], [2, t, s * t]])
    assert array.dtype == np.float64
    assert value(array, s=3, t=5).tolist() == [[3, 0, 1.5], [2, 5, 15]]
    slopes = cotangents(
        GraphData([s, t], {"y": array}),
        {"s": np.array(3.0), "t": np.array(5.0)},
        np.ones((2, 3)),
        ["s", "t"],
    )
    assert [float(slopes[name]) for name in "st"] == [1 + 5, 1 + 3]


def test_arrays_of_rows():
    rows = namespace.array([x, 2 * x])
    assert value(rows, x=[1, 2, 3]).tolist() == [[1, 2, 3], [2, 4, 6]]
    mixed = namespace.array(((s, 1), np.array([2.0, 3.0])))
    assert value(mixed, s=7).tolist() == [[7, 1], [2, 3]]


def test_arrays_of_numbers_alone_are_numpys():
    for values in ([1, 2], [1, 2.5], [[True], [False]], 3, np.ones((2, 2), "float32"), []):
        node = namespace.array(values)
        expected = np.array(values)
        assert (node.shape, node.dtype) == (expected.shape, expected.dtype)
        assert node.is_constant
    assert namespace.array([1, 2], "float32").dtype == np.float32
    assert namespace.array([s, 1], dtype="float32").dtype == np.float32
    assert namespace.asarray(x) is x


def test_sizes_are_entries_too():
    assert value(namespace.array([x.shape[0], s]), x=[1, 2, 3], s=7).tolist() == [3, 7]


def test_arrays_that_have_no_shape_are_refused():
    with pytest.raises(ShapeError, match=r"one shape.*\n  at test_array_namespace"):
        namespace.array([s, [s, t]])
    with pytest.raises(ShapeError):
        namespace.array([[s], [s, t]])
    with pytest.raises(ShapeError):
        namespace.array([[1], [2, 3]])
    nested: list[Any] = []
    nested.append(nested)
    with pytest.raises(InputError, match="nested"):
        namespace.array(nested)
    with pytest.raises(DTypeError):
        namespace.array([s], dtype=complex)


def test_arrays_of_symbolic_sizes():
    n = x.shape[0]
    assert value(namespace.zeros(n) + x, x=[1, 2]).tolist() == [1, 2]
    assert value(namespace.ones((n, 2)) * x[:, None], x=[1, 2]).tolist() == [[1, 1], [2, 2]]
    assert value(namespace.full((n,), s) + x, s=5, x=[1, 2]).tolist() == [6, 7]
    assert value(namespace.eye(n) @ x, x=[1, 2]).tolist() == [1, 2]
    assert namespace.full("m n", 1).dtype == np.int64
    assert namespace.zeros(3, "int64").dtype == np.int64
    with pytest.raises(ShapeError, match="at test_array_namespace"):
        namespace.zeros(-1)


def test_entries_are_put_in_one_by_one():
    filled = gc.numpy.zeros(3).at[1].set(s)
    assert value(filled, s=4).tolist() == [0, 4, 0]


def test_the_namespace_of_a_node_has_the_names_of_the_array_api():
    space = x.__array_namespace__()
    assert space is gc.numpy
    for name in ("exp", "acos", "concat", "permute_dims", "pow", "matmul", "sum", "std", "where"):
        assert callable(getattr(space, name)), name
    assert space.concat is gc.concatenate
    assert space.linalg.solve is gc.solve
    assert (space.pi, space.float64) == (np.pi, np.float64)
    A = gc.array("A", (2, 3, 3))
    assert space.linalg.trace(A).shape == (2,)
    for missing in ("no_such_function", "unique"):
        with pytest.raises(AttributeError, match="graphcomp has no numpy"):
            getattr(space, missing)
    with pytest.raises(AttributeError, match=r"numpy\.linalg\.eig"):
        space.linalg.eig
