"""Elementwise ops of users: the conformance suite on them, their modules, and what is refused."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import sympy

import graphcomp as gc
from graphcomp import ad
from graphcomp.codegen import generate, load
from graphcomp.graph import GraphData, input_node
from graphcomp.node import apply, is_input
from graphcomp.spelling import spell
from tests import test_codegen_ops, test_conformance_batch, test_conformance_derivatives
from tests.conformance.cases import Case, cases, run, weighted
from tests.conformance.symbolic import number, value_of
from tests.custom_ops import CASES, CUSTOM
from tests.generated import KINDS, agree

x, y = sympy.symbols("x y")
SUITE = [
    test_conformance_derivatives.test_forward_mode_agrees_with_differences,
    test_conformance_derivatives.test_forward_mode_by_one_argument_agrees_with_differences,
    test_conformance_derivatives.test_reverse_mode_is_the_transpose_of_forward_mode,
    test_conformance_derivatives.test_jacobians_of_both_modes_are_equal_and_agree_with_differences,
    test_conformance_derivatives.test_second_order_forward_over_reverse_agrees_with_differences_of_the_gradient,
    test_conformance_derivatives.test_second_order_reverse_over_reverse_agrees_with_forward_over_reverse,
    test_conformance_derivatives.test_entries_do_not_mix,
    test_conformance_batch.test_an_op_over_a_leading_axis_is_the_op_row_by_row,
    test_codegen_ops.test_value_and_derivatives,
    test_codegen_ops.test_gradient_and_second_order,
    test_codegen_ops.test_float32,
    test_codegen_ops.test_integers_where_floats_are_expected,
]


@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.__name__.removeprefix("test_"))
@cases(CASES)
def test_conformance(check, case: Case):
    check(case)


@cases([case for case in CASES if not any(case.shapes)])
def test_target_math_computes_the_formula(case: Case):
    agree(case.graph(), case.values(), target="math")


@cases(CASES)
def test_the_value_is_that_of_the_formula(case: Case):
    values = case.values(21)
    result = case.result(values)
    assert case.op.formula is not None
    for index in np.ndindex(result.shape):
        entries = [number(np.asarray(value)[index].item()) for value in values.values()]
        assert result[index] == pytest.approx(value_of(case.op.formula(*entries)), rel=1e-14)


@pytest.mark.parametrize("made", CUSTOM, ids=lambda made: made.op.name)
def test_arrays_without_entries(made):
    inputs = [input_node(f"x{i}", (0, 2)) for i in range(made.op.arity)]
    graph = GraphData(inputs, {"y": apply(made.op, *inputs)})
    agree(graph, {f"x{i}": np.zeros((0, 2)) for i in range(made.op.arity)}, kinds=("value", "vjp"))


# ---------------------------------------------------------------- use


def test_it_takes_nodes_numbers_and_arrays():
    bump, ratio = CUSTOM[0], CUSTOM[4]
    assert isinstance(bump(0.0), float)
    assert bump(0.0) == 1.0
    assert bump(np.zeros((2, 3), np.float32)).dtype == np.float32
    assert ratio(2.0, np.ones(3)).tolist() == [0.5] * 3
    assert ratio(2.0, np.ones(3, np.float32)).dtype == np.float32
    node = bump(gc.array("v", "n"))
    assert node.op is bump.op
    assert node is bump(gc.array("v", "n"))
    assert ratio(gc.array("a", "n 1"), gc.array("b", "m")).ndim == 2


def test_args_fix_the_order():
    ratio = CUSTOM[4]
    assert ratio(4.0, 1.0) == 0.25  # (y, x) -> x/y
    assert str(ratio.symbols) == "(y, x)"


def test_it_is_one_step_by_its_name_everywhere():
    bump = CUSTOM[1]
    graph = gc.from_function(lambda v: np.sum(bump(v) ** 2), v="n", name="f")
    trace = graph.derivation("reverse", at={"v": np.ones(2)})
    assert "w₁ = t_bump_out(v)" in str(trace)
    assert "−2 v ⊙ w₁" in str(trace)  # the partial in terms of its own value
    assert "w₁ = t_bump_out(v)" in str(graph.derivation("forward", at={"v": np.ones(2)}))


def test_it_can_be_drawn(tmp_path):
    v = gc.scalar("v")
    path = gc.Graph([v], {"y": CUSTOM[0](v)}).draw(tmp_path / "bump.dot")
    assert "t_bump(w" in path.read_text()


def test_latex_is_its_name_or_what_is_given():
    v = gc.scalar("v")
    assert spell(CUSTOM[0](v), "latex", symbol)[0] == r"\operatorname{t\_bump}\left(v\right)"
    assert spell(CUSTOM[6](v), "latex", symbol)[0] == r"\left(v\right)^{\star}"


def symbol(node):
    return node.param("name") if is_input(node) else None


def test_to_sympy_gives_the_formula():
    v = gc.scalar("v")
    assert gc.Graph([v], {"y": CUSTOM[0](v)}).to_sympy() == sympy.exp(-(sympy.Symbol("v") ** 2))


def test_derived_partials_have_the_accuracy_of_the_ops():
    logistic = gc.elementwise_op("t_logistic", 1 / (1 + sympy.exp(-x)))
    slope = gc.grad(logistic)
    assert [slope(v) for v in (-800.0, 0.0, 800.0)] == [0.0, 0.25, 0.0]  # SymPy's is NaN at -800


def test_at_a_kink_the_convention_of_its_ops_holds_and_a_check_names_it():
    v = gc.scalar("v")
    graph = gc.Graph([v], {"y": CUSTOM[9](v)})
    assert ad.gradient(graph).evaluate(v=0.0)["d_y_d_v"] == pytest.approx(0.55)
    assert "t_leaky(v) is at its kink" in str(graph.check(at={"v": 0.0}))
    assert graph.check(at={"v": 0.3}).passed


def test_a_formula_serves_any_order():
    third = gc.grad(gc.grad(gc.grad(CUSTOM[6])))
    assert third(1.7) == pytest.approx(6.0)


# ---------------------------------------------------------------- modules


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("custom")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i, case in enumerate(CASES):
            graph, _ = weighted(case.graph())
            (place / f"op_{i}.py").write_text(generate(graph, [*KINDS]))
            if not any(case.shapes):
                text = generate(case.graph(), ["value", "vjp"], target="math")
                (place / f"math_{i}.py").write_text(text)
    return place


@pytest.mark.parametrize(
    "command", ["ruff check --isolated", "ruff format --isolated --check --quiet", "mypy --strict"]
)
def test_modules_are_clean(folder, command):
    program, *options = command.split()
    files = sorted(map(str, folder.glob("*.py"))) if program == "mypy" else [str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", program, *options, *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_run_without_graphcomp(folder):
    code = (
        "import sys; sys.modules['graphcomp'] = None; sys.modules['sympy'] = None\n"
        f"sys.path.insert(0, {str(folder)!r})\n"
        "import numpy as np, op_10, op_8\n"
        "x = np.full((3, 2), 0.5)\n"
        "print(op_10.s_value_and_grad(x, x)[0] > 0, op_8.s(x, x) > 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder
    )
    assert done.stdout == "True True\n"


def test_the_source_of_numpy_is_carried_with_its_comments():
    a, b = gc.array("a", "n"), gc.array("b", "n")
    source = generate(GraphData([a, b], {"z": CUSTOM[5](a, b)}), ["value"])
    assert "def _t_logaddexp(x: Any, y: Any) -> Any:\n" in source
    assert "    # the larger one in front\n" in source
    assert "_t_logaddexp(a, b)" in source
    assert load(source, "carried").z([800.0], [800.0])[0] == pytest.approx(800.0 + np.log(2))


def test_modules_are_the_same_in_every_process():
    code = "import hashlib; from graphcomp.codegen import generate; from tests.custom_ops import CASES\n"
    code += "print(hashlib.sha256(''.join(generate(c.graph(), ['value', 'vjp']) for c in CASES).encode()).hexdigest())"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


# ---------------------------------------------------------------- what is refused


def test_a_wrong_partial_is_an_error_that_says_where():
    with pytest.raises(gc.DerivativeError) as caught:
        gc.elementwise_op("t_wrong", x * y**2, partials=[y**2, x * y])
    assert "elementwise_op 't_wrong': the partial by 'y' is" in str(caught.value)
    assert "at x = " in str(caught.value)
    assert "where the derivative of the formula is" in str(caught.value)
    assert "test_custom_elementwise.py:" in str(caught.value)


def test_a_wrong_rule_in_python_and_a_missing_one_are_found_too():
    with pytest.raises(gc.DerivativeError, match="the partial by 'x'"):
        gc.elementwise_op("t_wrong", x**2, partials=[lambda _out, v: 2.001 * v])
    with pytest.raises(gc.DerivativeError, match="the partial by 'x'"):
        gc.elementwise_op("t_wrong", x**2, partials=[0])


def _wrong(x):
    return x * x + 1e-6


def _two(x, y):
    return x + y


def _scalar(x):
    return np.sum(x)


def _in_place(x):
    x *= 2.0
    return x


def _raises(x):
    return x[0]


def _elsewhere(x):
    return sympy.exp(x)


def _imports(x):
    import math  # noqa: PLC0415

    return x * math.pi


def _wide(x):
    return x * 1.00000000000000000000000000000000000000000000000000000000000000000000000000000 + 0.0


def _double(x):
    return x * np.float64(2.0)


def _closure():
    factor = 2.0

    def inner(x):
        return factor * x

    return inner


@pytest.mark.parametrize(
    ("formula", "function", "message"),
    [
        (x**2, _wrong, "numpy=_wrong gives .* where the formula gives"),
        (x**2, _two, "must take 1 plain argument"),
        (x**2, _scalar, "must keep both"),
        (2 * x, _in_place, "changes its arguments|fails on"),
        (x**2, _raises, "_raises gives|fails on"),
        (sympy.exp(x), _elsewhere, "uses 'sympy', which generated modules do not have"),
        (sympy.pi * x, _imports, "may not hold imports"),
        (x, _wide, "columns"),
        (2 * x, _double, "must keep both"),
        (2 * x, _closure(), "uses 'factor'"),
        (x**2, lambda v: v * v, "no function made by def"),
        (x**2, np.square, "no function made by def"),
    ],
)
def test_a_numpy_function_that_is_not_the_formula_or_can_not_be_carried(formula, function, message):
    with pytest.raises(gc.InputError, match=message):
        gc.elementwise_op("t_wrong", formula, numpy=function)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("exp", x), gc.NamingError, "is that of an op of graphcomp"),
        (("t_bump", x), gc.NamingError, "there is an op 't_bump' already"),
        (("2x", x), gc.NamingError, "not an identifier"),
        (("lambda", x), gc.NamingError, "keyword"),
        (("t_no", sympy.besselj(0, x)), gc.InputError, "besselj has no counterpart"),
        (("t_no", sympy.Integer(1)), gc.InputError, "no symbols"),
        (("t_no", "x**2"), gc.InputError, "must be a SymPy expression"),
        (("t_no", sympy.MatrixSymbol("A", 2, 2)), gc.InputError, "expression of scalars"),
        (("t_no", sympy.sqrt(x - 9)), gc.InputError, "no real number at any point"),
        (("t_no", sympy.Symbol("a b")), gc.NamingError, "not an identifier"),
    ],
)
def test_what_can_not_be_an_op(arguments, error, message):
    with pytest.raises(error, match=message):
        gc.elementwise_op(*arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"args": "x z"}, "the formula has the symbols x, y, but args are x, z"),
        ({"partials": [y]}, "1 partials for the 2 arguments x, y"),
        ({"partials": {"z": y}}, "no argument 'z'"),
        ({"partials": [y, sympy.Symbol("z")]}, "has the symbol 'z'; it may have out, x, y"),
        ({"partials": ["y", "x"]}, "must be a SymPy expression or a rule"),
        ({"latex": r"\frac{0}{1}{x}"}, "is no template; write .0., .1. for the arguments"),
        ({"domain": None}, "domain must be an interval"),
        ({"domain": (2, 1)}, "domain must be an interval"),
        ({"domain": [(0, 1)]}, "one for each argument"),
    ],
)
def test_options_that_do_not_fit(options, message):
    with pytest.raises(gc.InputError, match=message):
        gc.elementwise_op("t_no", x * y, **options)


def test_the_same_definition_again_is_the_same_op_and_another_may_replace_it():
    first = gc.elementwise_op("t_again", x**2)
    assert gc.elementwise_op("t_again", x**2) is first
    second = gc.elementwise_op("t_again", x**2 + 1, replace=True)
    assert second.op is not first.op
    assert (first(2.0), second(2.0)) == (4.0, 5.0)


def test_another_number_of_arguments():
    with pytest.raises(gc.InputError, match=r"t_ratio takes 2 arguments \(y, x\), not 1"):
        CUSTOM[4](1.0)


def test_arguments_that_are_no_real_numbers():
    with pytest.raises(gc.DTypeError, match="can't use complex 1j as an operand"):
        CUSTOM[0](1j)


def test_two_ops_of_one_name_in_one_module():
    def first(x):
        return x + x

    def second(x):
        return 2.0 * x

    v = gc.array("v", "n")
    one = gc.elementwise_op("t_twin", 2 * x, numpy=first)
    two = gc.elementwise_op("t_twin", 2 * x, numpy=second, replace=True)
    with pytest.raises(gc.NamingError, match="two different ops are called 't_twin'"):
        generate(GraphData([v], {"y": one(v) + two(v)}))


def test_the_interpreter_computes_piecewise_formulas():
    v = gc.array("v", 3)
    graph = GraphData([v], {"y": CUSTOM[8](v)})
    assert run(graph, {"v": [-2.0, 0.5, 2.0]})["y"].tolist() == [1.5, 0.125, 1.5]


def test_text_is_no_formula_and_is_not_evaluated(tmp_path):
    path = tmp_path / "made"
    for formula in (f"open({str(path)!r}, 'w')", lambda _x: f"open({str(path)!r}, 'w')"):
        with pytest.raises(gc.InputError, match="must be a SymPy expression"):
            gc.elementwise_op("from_text", formula)
    assert not path.exists()
