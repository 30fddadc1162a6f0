"""Every op on arrays as they come: float32, empty, broadcast, strided, read-only, with NaN."""

import copy
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp import ad
from graphcomp.errors import GraphcompError
from graphcomp.evaluate import bind, evaluate
from graphcomp.graph import GraphData
from graphcomp.op import Kind, Op
from graphcomp.ops.shaping import CAST
from tests.conformance.cases import (
    BROADCASTING,
    CASES,
    SMOOTH,
    Case,
    cases,
    cotangents,
    run,
    tangent,
    weighted,
)
from tests.conformance.numerics import close

FLOATS = [case for case in SMOOTH if case.op is not CAST]
MIXED = [case for case in FLOATS if len(case.real) > 1]

# ---------------------------------------------------------------- precision


@cases([case for case in CASES if case.op is not CAST and case.real])
def test_float32_in_float32_out(case: Case):
    graph, values = case.graph("float32"), case.values(real="float32")
    (y,) = graph.outputs
    raw = case.result(values)
    expected = case.op.dtype(*(node.dtype for node in graph.inputs), **case.params)
    assert y.dtype == raw.dtype == expected
    assert y.dtype == (np.float32 if y.is_real else y.dtype)
    if y.is_real:
        assert close(raw.astype(float), case.result(case.values()), 1e-5)


@cases(FLOATS)
def test_derivatives_of_float32_are_float32_at_every_node(case: Case):
    graph, values = case.graph("float32"), case.values(22, "float32")
    directions = {n: d.astype(np.float32) for n, d in case.directions(23).items()}
    seeds = {f"{name}_dot": d for name, d in directions.items()}
    vectors = {f"v_{name}": d for name, d in directions.items()}
    scalar, _ = weighted_float32(graph)
    shape = graph.outputs[0].shape
    derived = [
        (ad.pushforward(graph, case.real), values | seeds),
        (ad.pullback(graph, case.real), values | {"y_bar": np.ones(shape, np.float32)}),
        (ad.jacobian(graph, case.real, "forward"), values),
        (ad.jacobian(graph, case.real, "reverse"), values),
        (ad.hvp(scalar, case.real), values | vectors),
    ]
    for found, arguments in derived:
        wide = [node for node in found.nodes if node.dtype == np.float64]
        assert not wide
        assert all(result.dtype == np.float32 for result in run(found, arguments).values())
        arrays, sizes = bind(found.inputs, arguments)
        known = evaluate(found.outputs, arrays, sizes)
        for node in found.nodes:
            if node.args:
                raw = node.op.evaluate(*(known[a] for a in node.args), **dict(node.params))
                assert np.asarray(raw).dtype == node.dtype, node
    exact = tangent(case.graph(), case.values(22), case.directions(23))
    assert close(run(*derived[0])["y_dot"].astype(float), exact, 2e-5)


def weighted_float32(graph: GraphData) -> tuple[GraphData, None]:
    (y,) = graph.outputs
    return GraphData(graph.inputs, {"s": (y * np.ones(y.shape, np.float32)).sum()}), None


@cases(MIXED)
@pytest.mark.parametrize("wide", [0, 1])
def test_each_derivative_has_the_precision_of_its_own_argument(case: Case, wide: int):
    dtypes = ["float32"] * len(case.shapes)
    dtypes[case.names.index(case.real[wide])] = "float64"
    graph, values = case.graph(dtypes), case.values(24, dtypes)
    (y,) = graph.outputs
    assert y.dtype == np.float64
    ct = np.ones(y.shape)
    pulled = cotangents(graph, values, ct, case.real)
    for name, value in pulled.items():
        assert value.dtype == dtypes[case.names.index(name)]
    exact = cotangents(case.graph(), case.values(24), ct, case.real)
    for name, value in pulled.items():
        assert close(value.astype(float), exact[name], 1e-5)
    directions = {n: d.astype(values[n].dtype) for n, d in case.directions(25).items()}
    assert tangent(graph, values, directions).dtype == np.float64


# ---------------------------------------------------------------- empty arrays


def emptied(case: Case) -> list[Case]:
    """The case with one size set to 0, in the shapes and in parameters that are shapes."""
    found = []
    for size in sorted({dim for shape in case.shapes for dim in shape if isinstance(dim, int)}):
        if case.op.broadcasts or size != 1:
            params = dict(case.params)
            if "shape" in params:
                params["shape"] = zeroed(params["shape"], size)
            shapes = tuple(zeroed(shape, size) for shape in case.shapes)
            found.append(Case(case.op, shapes, params))
    return found


def zeroed(shape, size):
    return tuple(0 if dim == size else dim for dim in shape)


#: These can't be empty: a largest entry of none, an index into nothing, a fixed number of entries.
NEVER_EMPTY = {
    "reduce_max",
    "reduce_min",
    "nth_smallest",
    "getitem",
    "scatter",
    "reshape",
    "broadcast_to",
    "from_diagonal",
    "banded",
    "place",
    "gather",
    "scatter_add",
    "take_along_axis",
    "add_along_axis",
    "orthogonal_factor",
    "triangular_factor",
}


@cases([case for case in SMOOTH if any(case.shapes)])
def test_empty_arrays_pass_through_values_and_both_modes(case: Case):
    for empty in emptied(case):
        values, directions = empty_values(empty), empty.directions()
        try:
            graph = empty.graph()
            expected = empty.result(values)
        except (GraphcompError, ValueError, IndexError):
            assert case.op.name in NEVER_EMPTY
            continue
        assert run(graph, values)["y"].shape == expected.shape == graph.outputs[0].shape
        image = tangent(graph, values, directions)
        assert image.shape == expected.shape
        ct = np.ones(expected.shape)
        pulled = cotangents(graph, values, ct, case.real)
        moved = sum(np.sum(pulled[name] * directions[name]) for name in case.real)
        assert moved == pytest.approx(np.sum(ct * image), abs=1e-13)
        for mode in ("forward", "reverse"):
            for name, block in run(ad.jacobian(graph, mode=mode), values).items():
                assert block.shape == expected.shape + values[name.removeprefix("d_y_d_")].shape


def empty_values(case: Case):
    rng = np.random.default_rng(0)
    return {name: case._draw(rng, i) for i, name in enumerate(case.names)}


# ---------------------------------------------------------------- broadcasting


@pytest.mark.parametrize(
    "op", [op for op in BROADCASTING if op.kind is not Kind.DISCRETE], ids=lambda op: op.name
)
def test_derivatives_of_broadcast_arguments_have_the_shape_of_the_argument(op: Op):
    pairs = [((3, 1), (2,)), ((), (3, 2)), ((1,), (4, 1)), ((2,), (2, 2, 2)), ((1, 1), ())]
    for shapes in pairs:
        given = (*shapes, shapes[0])[: op.arity]
        full = np.broadcast_shapes(*shapes)
        broad, same = Case(op, given, {}), Case(op, (full,) * op.arity, {})
        rng = np.random.default_rng(6)
        values = {name: broad._draw(rng, i) for i, name in enumerate(broad.names)}
        directions = broad.directions(26)
        spread = {n: np.broadcast_to(v, full) for n, v in values.items()}
        spread_directions = {n: np.broadcast_to(v, full) for n, v in directions.items()}
        image = tangent(broad.graph(), values, directions)
        assert np.array_equal(image, tangent(same.graph(), spread, spread_directions))
        ct = np.asarray(rng.uniform(-1, 1, full))
        pulled = cotangents(broad.graph(), values, ct, broad.real)
        whole = cotangents(same.graph(), spread, ct, broad.real)
        for name in broad.real:
            expected = summed_to(whole[name], values[name].shape)
            assert close(pulled[name], expected, 1e-13)


def summed_to(array, shape):
    """Summed over the axes along which the shape was stretched."""
    array = array.sum(axis=tuple(range(array.ndim - len(shape))))
    stretched = tuple(i for i, dim in enumerate(shape) if dim == 1 and array.shape[i] != 1)
    return array.sum(axis=stretched, keepdims=True)


# ---------------------------------------------------------------- memory layouts


def padded(array):
    """The same entries, none of them next to each other in memory."""
    wide = np.zeros(tuple(2 * dim for dim in array.shape), array.dtype)
    every_other: Any = (..., *(slice(None, None, 2) for _ in array.shape))
    view = wide[every_other]
    view[...] = array
    return view


LAYOUTS = {
    "fortran": lambda a: np.array(a, order="F"),
    "negative stride": lambda a: np.array(a[::-1])[::-1] if a.ndim else a,
    "gaps": padded,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "list": lambda a: a.tolist(),
}


@cases(CASES)
def test_memory_layout_makes_no_difference_and_arguments_are_never_written_to(case: Case):
    graph, values = case.graph(), case.values(27)
    expected = run(graph, values)["y"]
    differentiable = case.op.kind is not Kind.DISCRETE
    ct = np.ones(expected.shape)
    slopes = cotangents(graph, values, ct, case.real) if differentiable else {}
    for name, layout in LAYOUTS.items():
        given = {key: layout(value) for key, value in values.items()}
        for value in given.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        before = copy.deepcopy(given)
        found = run(graph, given)["y"]
        assert np.allclose(found, expected, rtol=1e-14, atol=0), name  # BLAS sums in another order
        if differentiable:
            pulled = cotangents(graph, given, ct, case.real)
            assert all(close(pulled[key], slopes[key], 1e-14) for key in slopes), name
        assert all(np.array_equal(given[key], before[key]) for key in given)


# ---------------------------------------------------------------- NaN


@cases([case for case in SMOOTH if case.real])
def test_nan_in_nan_out(case: Case):
    """An entry that is NaN makes every entry NaN that depends on it, and leaves the others alone."""
    graph, values = case.graph(), case.values(28)
    clean = run(graph, values)["y"]
    pattern = run(ad.jacobian(graph, mode="forward"), values)
    for name in case.real:
        first = (0,) * values[name].ndim
        broken = values | {name: values[name].copy()}
        broken[name][first] = np.nan
        found = run(graph, broken)["y"]
        if case.op.name == "sort" or (case.op.kind is Kind.OPAQUE and case.op.draw is not None):
            assert np.any(np.isnan(found))  # others move; LAPACK leaves some entries alone
            continue
        column: Any = (..., *first)
        reached = pattern[f"d_y_d_{name}"][column] != 0
        if case.op.margin is not None or case.op.name == "prod_others":
            reached = np.isnan(found)
            assert np.any(reached)
        assert np.all(np.isnan(found[reached]))
        assert np.array_equal(found[~reached], clean[~reached])


@cases([case for case in SMOOTH if case.op.kind is Kind.ELEMENTWISE and case.op.margin is None])
def test_slopes_of_curved_ops_are_nan_at_nan(case: Case):
    graph, values = case.graph(), case.values(29)
    product = ad.hvp(weighted(graph)[0], case.real)
    for name in case.real:
        direction = {f"v_{n}": np.full(values[n].shape, float(n == name)) for n in case.real}
        curved = np.any(run(product, values | direction)[f"hvp_{name}"])
        broken = values | {name: np.full_like(values[name], np.nan)}
        slope = cotangents(graph, broken, np.ones(case.shapes[0]), case.real)[name]
        assert np.all(np.isnan(slope) == curved)


def test_integer_and_boolean_arguments_have_no_derivative():
    n = gc.array("n", 3, "int64")
    graph = GraphData([n], {"y": gc.exp(n).sum()})
    with pytest.raises(
        GraphcompError, match=r"'n' is int64: it has no derivative; convert to float"
    ):
        ad.gradient(graph, "n")
