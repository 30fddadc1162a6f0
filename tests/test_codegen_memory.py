"""The memory of generated functions: order, results in dead arrays, deletion, and what closures keep."""

import re
import tracemalloc
import warnings
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphcomp as gc
from benchmarks import memory
from benchmarks.peers.graphcomp import XP, build
from benchmarks.workloads import elementwise, network
from graphcomp.codegen import load, source
from graphcomp.codegen.buffers import Statement
from graphcomp.codegen.death import MOST, NAMES, delete_dead
from graphcomp.codegen.live import Memory, Sized, made_by, peak
from graphcomp.codegen.memory import Planned
from graphcomp.codegen.module import build_module, make_writer, requested
from graphcomp.codegen.options import Options
from graphcomp.codegen.order import schedules
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.reuse import reuse_dead
from graphcomp.errors import DerivativeWarning
from graphcomp.graph import GraphData
from graphcomp.op import ATOM
from graphcomp.trees import flatten
from tests.generated import agree, call
from tests.test_codegen_random import graphs, values

MIB = 2**20
KINDS = ["value", "value_and_grad", "vjp", "jvp"]


def layers(count, act=gc.tanh):
    """A network whose layers are all of one width."""
    X = gc.array("X", "n k")
    weights = [gc.array(f"W{i}", "k k") for i in range(count)]
    h = X
    for W in weights:
        h = act(h @ W)
    return GraphData([X, *weights], {"y": (h**2).sum()})


def point(graph, seed=0, **sizes):
    rng = np.random.default_rng(seed)
    return {
        node.param("name"): rng.uniform(-1, 1, [sizes.get(str(d), d) for d in node.shape])
        for node in graph.inputs
    }


def planned(graph, kind, wrt=None) -> list[Planned]:
    """What was planned for a function, and for one that it returns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)
        _, plans, report, _ = requested(graph, [kind], wrt, Options(), None, None)
        writer, _ = make_writer(graph, plans, set(), Options(), report)
        writer.function(plans[0])
    return writer.planned[plans[0].name]


def text(graph, kind):
    return build_module(graph, [kind]).source


def unplanned(statements, _live, _rank, pieces, start=0):
    """Every result in an array of its own, in the order of the program."""
    return Planned(list(statements), start, {}, statements, pieces)


def results(graph, kind, arguments, extra):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)
        made = build_module(graph, [kind], name="f")
        module = load(made.source, "f", stored=made.stored)
    with np.errstate(all="ignore"):
        return call(
            getattr(module, "f" if kind == "value" else f"f_{kind}"), kind, arguments, extra
        )


def same_bits(graph, values, kinds=KINDS):
    """The functions of a graph with one number as output give the same without a plan, bit for bit."""
    arguments = [a.structure.build(values[name] for name in a.leaves) for a in graph.arguments]
    rng = np.random.default_rng(7)
    for kind in kinds:
        extra = {
            "vjp": [np.asarray(0.7)],
            "jvp": [np.asarray(rng.uniform(-1, 1, np.shape(v))) for v in arguments],
        }.get(kind, [])
        found = results(graph, kind, arguments, extra)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(source, "plan_memory", unplanned)
            expected = results(graph, kind, arguments, extra)
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            assert np.array_equal(a, b, equal_nan=True), kind


# ---------------------------------------------------------------- against what Python holds


def measured(function, *arguments):
    """The bytes at the peak of a call, and those that are still held after it."""
    function(*arguments)
    tracemalloc.start()
    try:
        kept = function(*arguments)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return most, held, kept


@pytest.mark.parametrize(
    ("make", "sizes"),
    [
        (partial(network.make, (300, 400, 200, 10), 128), dict(zip("nabcd", (128, 300, 400, 200, 10), strict=True))),
        (partial(network.make, (100, 150, 200, 10), 1000), dict(zip("nabcd", (1000, 100, 150, 200, 10), strict=True))),
        (partial(elementwise.make, 1_000_000), {"n": 1_000_000}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("without", [False, True])
def test_the_peak_that_is_told_is_what_is_measured(make, sizes, without, monkeypatch):
    case = make()
    if without:
        monkeypatch.setattr(source, "plan_memory", unplanned)
    most, *_ = measured(build(case)["graphcomp"])
    graph = gc.from_function(case.model(XP), shapes=case.shapes)
    (plan,) = planned(graph, "value_and_grad", list(case.wrt))
    peak_told = plan.after
    told = 8 * float(peak_told.subs({s: sizes[s.name] for s in peak_told.free_symbols}))
    assert told <= 1.02 * most
    assert most <= 1.05 * told + 0.6 * MIB  # the blocks of rows


@pytest.mark.parametrize("make", memory.CASES)
def test_a_gradient_takes_no_more_memory_than_by_hand(make):
    sizes = memory.measure(make())
    assert sizes["graphcomp"] <= 1.005 * sizes["expert"]


def test_explain_tells_the_peak_before_and_after():
    lines = gc.Graph(layers(3).inputs, {"y": layers(3).outputs[0]}).explain(["value_and_grad"])
    line = next(line for line in lines.splitlines() if line.startswith("  memory"))
    before, after = line.split("as written")
    assert max(_terms(after)) < max(_terms(before))


def _terms(told):
    return [int(number) for number in re.findall(r"(\d+)\*k\*n", told)]


# ---------------------------------------------------------------- the passes one by one


def piece(text, reads=(), shape=("n", "n"), roots=(), precedence=ATOM):
    A = gc.array("A", shape if isinstance(shape, str) else " ".join(map(str, shape)))
    return Piece(text, precedence, A.shape, A.dtype, frozenset(reads), frozenset(roots))


def product(target, left, right):
    """``target = left.dot(right)`` of square matrices, and the node."""
    node = gc.array(left, "n n") @ gc.array(right, "n n")
    operands = (piece(left, [left]), piece(right, [right]))
    return Statement(target, node, piece(f"{left}.dot({right})", [left, right]), operands)


def named(*statements):
    """Pieces by which all arguments of statements are variables."""
    found = {}
    for each in statements:
        found[each.node] = piece(each.target, [each.target])
        found |= {arg: piece(arg.param("name"), [arg.param("name")]) for arg in each.node.args}
    return found


SQUARE = Sized(gc.array("A", "n n").shape, np.dtype(float))


def test_a_view_holds_what_it_shows():
    held = Memory()
    made = product("a", "A", "B")
    view = Statement("v", gc.array("C", "n n").T, piece("a.T", ["a"], roots=["a"]), ())
    held.run(made)
    held.run(view)
    held.delete(["a"])
    assert held.size == SQUARE.typical
    held.delete(["v"])
    assert held.size == 0


def test_operators_write_over_arrays_that_nobody_else_holds():
    A, B, C = (gc.array(name, "n n") for name in "ABC")
    pieces = {each: piece(each.param("name"), [each.param("name")]) for each in (A, B, C)}

    def made(node):
        return len(made_by(Statement("t", node, piece("", "ABC"), ()), pieces))

    assert made(A * B) == 1
    assert made(A * B + C) == 1
    assert made(A * B + B * C) == 2
    assert made(gc.exp(A * B)) == 2
    assert made(A * B + gc.exp(B * C)) == 3
    assert made((A * B).sum()) == 1
    assert made(A.T * B) == 1


def test_order_reads_arrays_soon_and_decides_ties_by_the_program():
    first, second = product("a", "A", "B"), product("b", "B", "C")
    total = gc.array("a", "n n").sum()
    reduced = Statement("s", total, piece("a.sum()", ["a"], ()), ())
    other = Statement("t", total, piece("b.sum()", ["b"], ()), ())
    given = [first, second, reduced, other]
    assert [s.target for s in schedules(given, 0, {"s", "t"})[0]] == ["a", "s", "b", "t"]
    assert schedules([first, reduced, second, other], 0, {"s", "t"}) == []
    assert schedules(given, 2, {"s", "t"}) == []  # none crosses the line between the sections


def test_what_is_written_into_comes_before_its_readers():
    first = product("a", "A", "B")
    into = Statement("a", first.node, piece("a[1:] += C", ["a", "C"]), (), operator="")
    reader = Statement("s", gc.array("a", "n n").sum(), piece("a.sum()", ["a"], ()), ())
    for order in schedules([first, into, reader], 0, {"s"}):
        assert order == [first, into, reader]


def test_products_are_written_into_dead_products():
    total = Statement("s", gc.array("a", "n n").sum(), piece("a.sum()", ["a"], ()), ())
    found = reuse_dead([product("a", "A", "B"), total, product("b", "B", "C")], {"s", "b"})
    assert [s.line for s in found][2] == "b = B.dot(C, out=a)"
    found = reuse_dead([product("a", "A", "B"), total, product("b", "B", "C")], {"s", "b", "a"})
    assert [s.line for s in found][2] == "b = B.dot(C)"


def test_operators_on_matrices_are_written_into_dead_arrays():
    total = Statement("s", gc.array("a", "n n").sum(), piece("a.sum()", ["a"], ()), ())
    made = product("a", "A", "B")

    def second(node, text, shape=("n", "n")):
        names = [arg.param("name") for arg in node.args]
        operands = tuple(piece(name, [name], shape) for name in names)
        statement = Statement("b", node, piece(text, names, shape), operands)
        return reuse_dead([made, total, statement], {"s", "b"})[2].line

    A, B, v = gc.array("A", "n n"), gc.array("B", "n n"), gc.array("v", "n")
    assert second(A + B, "A + B") == "b = np.add(A, B, out=a)"
    assert second(gc.exp(A), "np.exp(A)") == "b = np.exp(A, out=a)"
    assert second(gc.maximum(A, B), "np.maximum(A, B)") == "b = np.maximum(A, B, out=a)"
    assert second(v + v, "v + v", ("n",)) == "b = v + v"
    assert second(A.T, "A.T") == "b = A.T"


def test_dead_arrays_are_deleted_in_few_lines_if_that_lowers_the_peak():
    chain = [product(f"p{i}", f"p{i - 1}", "A") for i in range(1, 40)]
    pieces = named(*chain)
    found = delete_dead(chain, {"p39"}, pieces)
    deleted = [s for s in found if s.ends]
    assert 1 <= len(deleted) <= MOST
    assert peak(found, pieces) < 0.75 * peak(chain, pieces)
    assert all(len(s.ends) <= NAMES for s in deleted)
    assert delete_dead(chain, {s.target for s in chain}, pieces) == chain


def test_what_shares_memory_is_deleted_together():
    graph = layers(4)
    generated = text(graph, "value_and_grad")
    assert "out=" in generated
    assert " del " in generated
    same_bits(graph, point(graph, n=40, k=30))


def test_small_graphs_stay_as_they_were():
    x, a = gc.scalars("x a")
    scalar = gc.Graph([x, a], {"y": gc.exp(x * a) + x})
    v = gc.array("v", "n")
    vector = gc.Graph([v], {"y": (gc.sin(v) * v).sum()})
    for graph in (scalar, vector):
        for plan in planned(graph, "value_and_grad"):
            assert not any(s.ends or s.into for s in plan.statements)


def test_long_functions_need_few_arrays_and_no_deletion():
    X = gc.array("X", "n n")
    h = X
    for _ in range(1000):
        h = gc.sin(h @ X)
    generated = text(GraphData([X], {"y": h.sum()}), "value")
    assert generated.count(".dot(X, out=") == 998
    (plan,) = planned(GraphData([X], {"y": h.sum()}), "value")
    assert peak(plan.statements, plan.pieces) == 2 * SQUARE.typical
    assert not any(s.ends for s in plan.statements)


# ---------------------------------------------------------------- the whole


@pytest.mark.parametrize("act", [gc.tanh, gc.relu, gc.sigmoid, lambda a: gc.maximum(0.0, a)])
def test_networks_give_the_same_bits_with_a_plan(act):
    graph = layers(4, act)
    same_bits(graph, point(graph, n=17, k=13))
    agree(graph, point(graph, n=5, k=3), kinds=KINDS, rtol=1e-10)


@pytest.mark.parametrize("order", ["F", "C"])
def test_arguments_may_lie_in_memory_as_they_like(order):
    graph = layers(3)
    given = {name: np.asarray(a, order=order) for name, a in point(graph, n=6, k=5).items()}
    agree(graph, given, kinds=KINDS, rtol=1e-10)
    agree(graph, {name: a[::-1, ::-1] for name, a in given.items()}, kinds=KINDS, rtol=1e-10)


@settings(deadline=None, max_examples=60)
@given(graphs(), st.integers(1, 4), st.integers(1, 4), st.integers(0, 3))
def test_random_graphs_give_the_same_bits_with_a_plan(pair, m, n, seed):
    scalar, both = pair
    at = values(scalar, m, n, seed)
    same_bits(scalar, at, ["value", "value_and_grad"])
    same_bits(both, at, ["value"])


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_no_plan_raises_the_peak(pair):
    for graph, kind in ((pair[0], "value_and_grad"), (pair[0], "vjp"), (pair[1], "value")):
        for plan in planned(graph, kind):
            assert peak(plan.statements, plan.pieces) <= peak(plan.given, plan.pieces)


# ---------------------------------------------------------------- what closures keep


def closed_over(vjp):
    """The arrays that a returned function holds, whole."""
    cells = [cell.cell_contents for cell in vjp.__closure__ or ()]
    arrays = [cell for cell in cells if isinstance(cell, np.ndarray)]
    whole = {id(a if a.base is None else a.base): a if a.base is None else a.base for a in arrays}
    return list(whole.values())


@pytest.mark.parametrize("act", [gc.tanh, gc.relu, gc.sqrt])
def test_a_pullback_keeps_what_the_way_back_reads_and_nothing_else(act):
    graph = layers(3, act)
    arguments = [np.abs(a) for a in point(graph, n=200, k=100).values()]
    made = build_module(graph, ["vjp"], name="f")
    function = load(made.source, "f").f_vjp
    _most, held, (_value, vjp) = measured(function, *arguments)
    own = [a for a in closed_over(vjp) if not any(a is b for b in arguments)]
    assert held <= sum(a.nbytes for a in own) + 20_000
    activation = arguments[0].nbytes
    most = {gc.tanh: 6.1, gc.relu: 3.5, gc.sqrt: 6.1}[act]
    assert held <= most * activation
    assert len(flatten(vjp(1.0))[0]) == 4


def test_a_pullback_holds_no_array_of_which_it_reads_one_row():
    X, W, v = gc.array("X", "n k"), gc.array("W", "k k"), gc.array("v", "k")
    graph = GraphData([X, W, v], {"y": ((X @ W)[0] * v).sum()})
    at = point(graph, n=300, k=100)
    function = load(build_module(graph, ["vjp"], ["v"], name="f").source, "f").f_vjp
    _most, held, (_value, vjp) = measured(function, *at.values())
    assert held < 30_000
    np.testing.assert_allclose(vjp(1.0)[0], (at["X"] @ at["W"])[0])
    agree(graph, point(graph, n=4, k=3))


def test_a_view_of_most_of_an_array_is_no_copy():
    X, W = gc.array("X", "n k"), gc.array("W", "k k")
    graph = GraphData([X, W], {"y": (gc.exp(X @ W).T @ X).sum()})
    assert ".copy()" not in text(graph, "vjp")
    agree(graph, point(graph, n=4, k=3))
