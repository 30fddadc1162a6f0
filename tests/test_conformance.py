"""Every op: its record is complete, its value is NumPy's, its shape and dtype are what it says."""

from itertools import product

import numpy as np
import pytest

import graphcomp as gc
from graphcomp import ops
from graphcomp.errors import DTypeError
from graphcomp.graph import GraphData, input_node
from graphcomp.node import apply
from graphcomp.numpy_protocol import NUMPY
from graphcomp.op import ATOM, Form, Kind, Op
from graphcomp.ops import numpy_runtime
from graphcomp.ops.leaves import CONSTANT
from graphcomp.spelling import spell
from tests.conformance.calls import CALLS
from tests.conformance.cases import BROADCASTING, CASES, Case, cases, run, samples_of

EVERY_OP = pytest.mark.parametrize("op", ops.ALL, ids=lambda op: op.name)
RUNTIME = {name: f for name, f in vars(numpy_runtime).items() if callable(f)}

# ---------------------------------------------------------------- the records


def test_names_are_unique_identifiers():
    assert len(ops.BY_NAME) == len(ops.ALL)
    assert all(op.name.isidentifier() for op in ops.ALL)


@EVERY_OP
def test_a_record_states_its_derivative_as_its_kind_asks(op: Op):
    match op.kind:
        case Kind.ELEMENTWISE:
            assert op.formula is not None
            assert op.partials is not None
            assert len(op.partials) == op.arity
            assert op.broadcasts
        case Kind.LINEAR | Kind.MULTILINEAR:
            assert op.transpose is not None
        case Kind.OPAQUE:
            assert op.jvp is not None
    stated = (op.partials, op.transpose, op.jvp)
    rules = 0 if op.kind in {Kind.LEAF, Kind.DISCRETE} else 2 if op.linear else 1
    assert sum(rule is not None for rule in stated) == rules


@EVERY_OP
def test_a_record_has_what_the_passes_ask_for(op: Op):
    if op.kind is not Kind.LEAF:
        assert op.broadcasts or op.samples, "samples say what shapes an op takes"
        assert op.broadcasts or op.batch, "a Jacobian needs a batch rule"
        assert len(op.domains) in {1, op.arity} or op.arity < 0
    if op.margin is not None:
        assert op.kink, "an op with a kink states its convention"


@EVERY_OP
def test_an_op_is_spelled_in_text_and_numpy(op: Op):
    if op.form in {Form.NAMED, Form.BROADCAST}:
        return  # written as its argument; a test below evaluates the NumPy spelling of a broadcast
    assert "text" in op.spell
    assert "latex" in op.spell
    assert "numpy" in op.spell or op is CONSTANT  # the generator writes literals
    if op.broadcasts:
        assert "math" in op.spell, "an elementwise op works on Python floats too"


def test_numpy_functions_are_claimed_once():
    claimed = [function for op in ops.ALL for function in op.numpy]
    assert len(claimed) == len(set(claimed))


# ---------------------------------------------------------------- values


@cases([case for case in CASES if case.op.numpy])
def test_value_is_that_of_the_numpy_functions_that_the_op_stands_for(case: Case):
    values = case.values()
    found = run(case.graph(), values)["y"]
    for function in case.op.numpy:
        assert np.array_equal(found, function(*values.values()))


@cases([case for case in CASES if case.op.numpy])
def test_numpy_functions_on_nodes_build_the_op(case: Case):
    graph = case.graph()
    if case.op.form is Form.POWER and case.op.arity == 1:
        return  # np.square(x) and x**2 are one op
    for function in case.op.numpy:
        assert function(*graph.inputs) is graph.outputs[0]


@pytest.mark.parametrize("function", NUMPY, ids=lambda f: f.__name__)
def test_numpy_functions_with_parameters_mean_the_same_on_nodes(function):
    rng = np.random.default_rng(0)
    for shapes, call in CALLS[function]:
        many = shapes if shapes and isinstance(shapes[0], tuple) else (shapes,)
        values = {f"x{i}": np.asarray(rng.uniform(0.5, 2, shape)) for i, shape in enumerate(many)}
        inputs = [gc.array(name, value.shape) for name, value in values.items()]
        graph = GraphData(inputs, {"y": call(function, *inputs)})
        expected = call(function, *values.values())
        found = run(graph, values)["y"]
        assert found.shape == np.shape(expected)
        assert np.allclose(found, expected, rtol=1e-13, atol=1e-15)


@cases([case for case in CASES if case.op.form is not Form.NAMED])
def test_numpy_spelling_gives_the_value(case: Case):
    """The spelling, run as Python, is the reference evaluation: same value, dtype and shape."""
    graph, values = case.graph(), case.values()
    (y,) = graph.outputs
    names = dict(zip(graph.inputs, graph.input_names, strict=True))
    found = y.op.spelling("numpy", len(y.args), y.params)
    assert found is not None
    code = found.template.format(*(names[arg] for arg in y.args))
    if y.op.form is not Form.BROADCAST:
        assert code == spell(y, "numpy", names.get)[0]
    result = eval(code, {"np": np, **RUNTIME, **values})
    expected = case.result(values)
    assert np.array_equal(result, expected)
    assert np.shape(result) == expected.shape
    assert np.asarray(result).dtype == y.dtype


def test_spelled_operands_are_parenthesised_as_needed():
    """Every op as an operand of every infix op: the text means what the graph means."""
    x, y = gc.array("x", 3), gc.array("y", 3)
    leaves = {x: "x", y: "y"}
    values = {"x": np.array([0.7, 1.2, 1.9]), "y": np.array([1.5, 0.4, 1.1])}
    plain = [op for op in ops.ALL if op.broadcasts and not samples_of(op)[0].params]
    numeric = [op for op in plain if "bool" not in op.domains and "numpy" in op.spell]
    infix = [op for op in numeric if getattr(op.spell["numpy"], "precedence", ATOM) < ATOM]
    assert len(infix) >= 10
    for outer, inner in product(infix, numeric):
        for place in range(outer.arity):
            operands = [x, y][: outer.arity]
            operands[place] = apply(inner, *([y, x][: inner.arity]))
            try:
                node = apply(outer, *operands)
            except DTypeError:  # a boolean where numbers are needed
                continue
            text, _ = spell(node, "numpy", leaves.get)
            with np.errstate(all="ignore"):
                result = eval(text, {"np": np, **RUNTIME, **values})
            expected = run(GraphData([x, y], {"z": node}), values)["z"]
            assert np.array_equal(result, expected, equal_nan=True), text


# ---------------------------------------------------------------- shapes and dtypes


@cases(CASES)
def test_shape_and_dtype_are_those_of_the_result(case: Case):
    (y,) = case.graph().outputs
    result = case.result(case.values())
    assert (result.shape, result.dtype) == (y.shape, y.dtype)


DTYPES = ("bool", "int64", "float32", "float64")
NUMERIC = [op for op in ops.ALL if op.broadcasts and op.numpy and "bool" not in op.domains]
#: Floats for integers too: NumPy's reciprocal of 2 is 0, and 2 ** -1 raises when it runs.
OWN_RULE = {"reciprocal", "varying_power"}


@pytest.mark.parametrize("op", NUMERIC, ids=lambda op: op.name)
def test_dtypes_are_numpys_or_refused_when_the_graph_is_built(op: Op):
    for dtypes in product(DTYPES, repeat=op.arity):
        inputs = [input_node(f"x{i}", (2,), dtype) for i, dtype in enumerate(dtypes)]
        arrays = [np.ones(2, dtype) for dtype in dtypes]
        try:
            with np.errstate(all="ignore"):
                expected = op.numpy[0](*arrays).dtype
        except TypeError:
            expected = None
        if op.name in OWN_RULE or expected == np.float16:
            expected = np.result_type(*dtypes, np.float32 if "float32" in dtypes else np.float64)
        if expected is None or expected == np.int8:  # NumPy refuses booleans, or it had better
            with pytest.raises(DTypeError):
                apply(op, *inputs)
            continue
        node = apply(op, *inputs)
        assert node.dtype == expected, dtypes
        with np.errstate(all="ignore"):
            raw = op.evaluate(*arrays)
        assert np.can_cast(raw.dtype, node.dtype, "safe"), dtypes


@pytest.mark.parametrize("op", BROADCASTING, ids=lambda op: op.name)
def test_arguments_broadcast_as_in_numpy(op: Op):
    pairs = [((3, 1), (2,)), ((), (3, 2)), ((1,), (4, 1)), ((1, 3), (2, 1)), ((2,), (2, 2, 2))]
    for shapes in pairs:
        given = (*shapes, shapes[0])[: op.arity]
        case = Case(op, given, {})
        graph = case.graph()
        values = wide_values(case)
        expected = op.evaluate(*values.values())
        assert graph.outputs[0].shape == expected.shape == np.broadcast_shapes(*shapes)
        assert np.array_equal(run(graph, values)["y"], expected)


def wide_values(case: Case):
    """Arguments of a broadcasting case; margins are not looked at, as only values are compared."""
    rng = np.random.default_rng(5)
    return {name: case._draw(rng, i) for i, name in enumerate(case.names)}
