"""What a teacher chooses about a trace: golden text for each choice, and what the choices refuse."""

import re
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphcomp as gc
from examples import e6_named_derivatives, e7_gradient_step
from graphcomp import ops
from graphcomp.derivation import Style, derive
from graphcomp.errors import DerivativeError, GraphcompError, InputError, NamingError, ShapeError
from graphcomp.printers.latex_notation import LATEX
from graphcomp.program import Role
from graphcomp.trace import Trace
from tests.test_codegen_random import graphs
from tests.test_derivation_text import AT as MLP_AT
from tests.test_derivation_text import mlp, sigmoid, sine


def public(graph):
    return gc.Graph(graph.inputs, dict(zip(graph.output_names, graph.outputs, strict=True)))


GRAPHS: dict[str, tuple[gc.Graph, dict[str, Any]]] = {
    "sigmoid": (public(sigmoid()), {"at": {"x": 1.0, "a": 2.0}}),
    "sine": (public(sine()), {"at": {"x1": 2.0, "x2": 5.0}, "letter": "v"}),
    "named": (e6_named_derivatives.graph(), {"at": e6_named_derivatives.AT}),
    "step": (e7_gradient_step.graph(), {"at": e7_gradient_step.point(), "wrt": ("Wh", "Wo")}),
    "mlp": (public(mlp()), {"at": MLP_AT, "wrt": ("W1", "W2")}),
}
GRAPHS["named"][1]["wrt"] = ("W0", "W1", "W2")

CHOICES: dict[str, dict[str, Any]] = {
    "symbolic": {"show": "symbolic"},
    "numeric": {"show": "numeric"},
    "partials": {"mode": "reverse", "partials": "shown"},
    "together": {"arrange": "together"},
    "why": {"why": True},
    "accumulate": {"mode": "reverse", "accumulate": True},
    "shapes": {"mode": "reverse", "shapes": True},
    "second": {"mode": "second"},
    "named_steps": {"steps": "named"},
    "primitive_steps": {"steps": "primitive"},
    "no_letter": {"letter": None},
}


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_on_every_worked_example(golden, choice):
    parts = []
    for name, (graph, options) in GRAPHS.items():
        trace = graph.derivation(**{**options, **CHOICES[choice]})
        parts.append(f"==== {name}\n{trace.text(width=150, detail='brief')}\n")
    golden(f"choices_{choice}.txt", "\n".join(parts))


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("name", GRAPHS)
def test_every_choice_in_ascii_and_in_full(choice, name):
    graph, options = GRAPHS[name]
    text = graph.derivation(**{**options, **CHOICES[choice]}).text(width=100, ascii=True)
    assert text.isascii()
    assert all(line == line.rstrip() for line in text.splitlines())


# ---------------------------------------------------------------- numbers, symbols


def test_a_symbolic_trace_of_a_point_is_that_without_a_point():
    graph, options = GRAPHS["sine"]
    plain: dict[str, Any] = {"width": 100, "detail": "full"}
    with_point = graph.derivation("both", show="symbolic", **options).text(**plain)
    assert with_point == graph.derivation("both", letter="v").text(**plain)


def test_text_can_be_told_otherwise_than_the_derivation():
    graph, options = GRAPHS["sine"]
    trace = graph.derivation("reverse", show="numeric", why=True, **options)
    assert "product rule" in trace.text(show="both")
    assert "product rule" not in trace.text(why=False)
    assert "cos" not in trace.text(why=False)
    assert "4.58385" in trace.text(why=False)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"show": "numbers"}, "show must be one of both, symbolic, numeric, not 'numbers'"),
        ({"partials": True}, "partials must be one of folded, shown"),
        ({"arrange": "beside"}, "arrange must be one of apart, together"),
        ({"why": 1}, "why must be True or False, not 1"),
        ({"rows": 1}, "rows must be a number from 2 on, or 'all', not 1"),
        ({"rows": True}, "rows must be a number"),
        ({"colour": "red"}, "no option 'colour'; its options are show, partials"),
    ],
)
def test_a_choice_that_is_none_is_named(choices, message):
    graph, _ = GRAPHS["sine"]
    with pytest.raises(InputError, match=message):
        graph.derivation(**choices)
    with pytest.raises(InputError, match=message):
        graph.derivation().text(**choices)


def test_numbers_need_a_point():
    with pytest.raises(InputError, match="give a value for every input"):
        GRAPHS["sine"][0].derivation(show="numeric").text()


# ---------------------------------------------------------------- several seeds


def test_one_column_for_every_output_of_a_vector_function():
    x = gc.array("x", 2)
    polar = gc.stack([gc.hypot(x[0], x[1]), gc.arctan2(x[1], x[0])])
    graph = gc.Graph([x], {"p": polar})
    trace = graph.derivation("reverse", seed="each", at={"x": [3.0, 4.0]}, arrange="together")
    rows = np.array([sweep.by_name["x"].value for sweep in trace.data.reverse])
    np.testing.assert_allclose(rows, np.array([[0.6, 0.8], [-0.16, 0.12]]), rtol=1e-14)
    text = trace.text(width=200, detail="brief")
    assert "adjoint trace ↑, p̄ = E₁" in text
    assert "adjoint trace ↑, p̄ = E₂" in text
    assert text.count("primal trace") == 1


def test_one_column_for_every_seed():
    graph, options = GRAPHS["sine"]
    seeds = [{"x1": 1.0}, {"x2": 1.0}, {"x1": 1.0, "x2": -1.0}]
    trace = graph.derivation("forward", seed=seeds, arrange="together", **options)
    found = [float(np.asarray(sweep.by_name["v5"].value)) for sweep in trace.data.forward]
    assert found[2] == pytest.approx(found[0] - found[1])
    assert "tangent trace ↓, ẋ₁ = 1, ẋ₂ = −1" in trace.text(width=200)


def test_seeds_of_both_modes_are_told_apart_by_name():
    graph, options = GRAPHS["sine"]
    seeds = [{"x1": 2.0}, {"y": 3.0}, {"y": 5.0}]
    found = graph.derivation("both", seed=seeds, **options).data
    assert len(found.forward) == 1
    assert [sweep.seeds[0].value for sweep in found.reverse] == [3, 5]


@pytest.mark.parametrize(
    ("seed", "error", "message"),
    [
        ([], InputError, "empty list"),
        ([{"x1": 1.0}, {"q": 1.0}], NamingError, "'q'"),
        ([{"x1": [1.0]}], ShapeError, "shape"),
        ([{"x1": 0.0}], DerivativeError, "all seeds are zero"),
    ],
)
def test_seeds_that_are_none_are_named(seed, error, message):
    with pytest.raises(error, match=message):
        GRAPHS["sine"][0].derivation("forward", seed=seed)


def test_a_column_for_every_entry_has_its_limit():
    v = gc.array("v", "n")
    graph = gc.Graph([v], {"p": v * v})
    with pytest.raises(DerivativeError, match=r"seed=\[\{'p': 'E1'\}\]"):
        graph.derivation("reverse", seed="each", at={"v": np.ones(1000)})
    assert len(graph.derivation("reverse", seed="each").data.reverse) == 1
    assert len(graph.derivation("reverse", seed="each", at={"v": np.ones(0)}).data.reverse) == 1


def test_every_output_has_its_column_and_a_drawing_says_whose_adjoints_it_shows():
    x, y = gc.scalars("x y")
    graph = gc.Graph([x, y], {"f": x * y, "h": gc.sin(x) * y})
    text = graph.derivation("reverse", arrange="together").text(width=150, detail="brief")
    assert "adjoint trace ↑, f̄ = 1" in text
    assert "adjoint trace ↑, h̄ = 1" in text
    drawn = graph.dot(mode="reverse", at={"x": 1.0, "y": 2.0}, seed={"h": 1.0})
    assert "∂h/∂x = w̄₁" in drawn
    assert "dx = " not in drawn
    one = gc.Graph([x, y], {"f": x * y}).dot(mode="reverse", at={"x": 1.0, "y": 2.0})
    assert "dx = w̄₁" in one


# ---------------------------------------------------------------- reverse mode as it runs


@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
@settings(max_examples=12)
@given(made=graphs(), seed=st.integers(0, 5))
def test_contributions_add_up_to_the_adjoint_and_agree_with_the_interpreter(made, seed):
    graph, _ = made
    at = point_of(graph, seed)
    found = derive(graph, "reverse", at=at)
    sweep = found.reverse[0]
    last = {update.row.primal.name: update for update in sweep.updates if update.last}
    rows = {row.primal.name: row for row in sweep.rows if row.derivative is not None}
    assert set(last) == set(rows)
    for name, row in rows.items():
        grown: Any = last[name].after
        np.testing.assert_allclose(grown, np.asarray(row.value), rtol=1e-9, atol=1e-12)
    slopes = public(graph).gradient().evaluate(at)
    for name in graph.input_names:
        value: Any = sweep.by_name[found.program.step_of(name).name].value
        np.testing.assert_allclose(value, slopes[f"d_y_d_{name}"], rtol=1e-9, atol=1e-12)


def point_of(graph, seed):
    rng = np.random.default_rng(seed)
    sizes = {"n": 3, "m": 2}
    return {
        node.param("name"): rng.uniform(0.2, 1.5, [sizes[str(dim)] for dim in node.shape])
        for node in graph.inputs
    }


def test_adjoints_grow_in_the_order_of_execution():
    graph, options = GRAPHS["sine"]
    (sweep,) = graph.derivation("reverse", **options).data.reverse
    order = [(update.row.primal.name, update.first, update.last) for update in sweep.updates]
    assert order == [
        ("v5", True, True),
        ("v3", True, True),
        ("v4", True, True),
        ("v1", True, False),
        ("v1", False, True),
        ("v2", True, True),
    ]
    assert float(np.asarray(sweep.updates[4].before)) == pytest.approx(np.cos(2))
    symbolic = graph.derivation("reverse").data.reverse[0].updates
    assert {update.after for update in symbolic} == {None}


# ---------------------------------------------------------------- second order


@pytest.mark.filterwarnings("ignore::graphcomp.errors.DerivativeWarning")
@settings(max_examples=12)
@given(made=graphs(), seed=st.integers(0, 5))
def test_tangents_of_adjoints_are_the_hessian_times_the_direction(made, seed):
    graph, _ = made
    at = point_of(graph, seed)
    direction = point_of(graph, seed + 100)
    (second,) = derive(graph, "second", at=at, seed=direction).second
    rows = second.sweep.by_name
    vectors = {f"v_{name}": value for name, value in direction.items()}
    with np.errstate(all="ignore"):
        expected = public(graph).hvp().evaluate(at | vectors)
    for name, step in zip(graph.input_names, graph.inputs, strict=True):
        adjoint = second.names.get(second.program.names[step])
        value: Any = None if adjoint is None else rows[adjoint].value
        if value is None:  # an adjoint that is constant
            value = np.zeros(np.shape(at[name]))
        np.testing.assert_allclose(value, expected[f"hvp_{name}"], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("named", [False, True])
def test_second_derivatives_of_the_sigmoid(named):
    graph = public(sigmoid(named))
    hessian = graph.hessian().evaluate(x=1.0, a=2.0)
    for by in ("x", "a"):
        (second,) = graph.derivation("second", seed={by: 1}, at={"x": 1, "a": 2}).data.second
        rows = second.sweep.by_name
        assert rows[second.names["w1"]].value == pytest.approx(hessian[f"d2_y_d_{by}_d_x"])
        assert rows[second.names["w2"]].value == pytest.approx(hessian[f"d2_y_d_{by}_d_a"])


def test_second_derivatives_in_words_and_as_data():
    graph, options = GRAPHS["sine"]
    trace = graph.derivation("second", **options)
    text = trace.text(width=200)
    assert "∂²y/∂x₁² = v̄̇₁ = −v̇₁·v̄₄·v₄ = −0.909297" in text
    assert "∂²y/∂x₁∂x₂ = v̄̇₂ = v̇₁·v̄₃ = 1" in text
    assert "the full Hessian: 2 of them" in text
    (data,) = trace.to_json()["second"]
    assert data["adjoints"]["v1_bar"] == "v3_bar*v2 + v4_bar*cos(v1)"
    values = {row["step"]: row["value"] for row in data["rows"]}
    assert values["v1_bar"] == pytest.approx(-np.sin(2))
    both = graph.derivation("second", seed={"x1": 1.0, "x2": 1.0}, **options).text(width=200)
    assert "the Hessian times the direction of the seed" in both


# ---------------------------------------------------------------- why


@settings(max_examples=25)
@given(made=graphs())
def test_every_line_that_is_no_seed_has_a_reason(made):
    graph, _ = made
    for mode in ("forward", "reverse"):
        found = derive(graph, mode, seed="each")
        for sweep in (*found.forward, *found.reverse):
            for row in sweep.rows:
                if row.derivative is None or row.derivative.is_seed:
                    continue
                named_only = _is_name(row, found.program, sweep.role)
                assert row.reasons or named_only, row.primal.name


def _is_name(row, program, role):
    """Whether a derivative is passed on by a mere name, or a broadcast, of which there is nothing to say."""
    steps = [row.primal.name] if role is Role.TANGENT else [t.via for t in row.derivative.terms]
    blocks = {program.names[block.output]: block for block in program.blocks}
    forms = {node.op.form.value for name in steps for node in blocks[name].interior}
    return forms <= {"named", "broadcast"}


def test_rules_are_those_of_the_ops_between_two_steps():
    x, a = gc.scalars("x a")
    graph = gc.Graph([x, a], {"y": 3 / gc.exp(2 * x) + a * 5 - 1})
    (sweep,) = derive(graph, "reverse", steps="primitive").reverse
    rules = {row.primal.name: [r for why in row.reasons for r in why.rules] for row in sweep.rows}
    assert rules["w1"] == ["constant factor: d(c*u) = c*du"]
    (sweep,) = derive(graph, "reverse").reverse
    rules = {row.primal.name: [r for why in row.reasons for r in why.rules] for row in sweep.rows}
    assert any("exp" in rule for rule in rules["w1"])
    assert all("product rule" not in rule for rule in rules["w2"])


def test_a_sum_over_an_axis_says_why():
    X, W, b = gc.array("X", "N d"), gc.array("W", "d m"), gc.array("b", "m")
    c = gc.array("c", "N 1")
    graph = gc.Graph([X, W, b, c], {"L": gc.sum(gc.tanh(X @ W + b) * c)})
    text = graph.derivation("reverse", wrt=["W", "b", "c"]).text(width=150)
    assert "summed over N: b was broadcast" in text
    assert "summed over m: c was broadcast" in text
    assert "W was broadcast" not in text


# ---------------------------------------------------------------- names, entries


def test_adjoints_of_long_names_are_spelled_as_in_code():
    graph = e6_named_derivatives.graph()
    text = graph.derivation("both", wrt=["W2"]).text(width=150)
    assert "loss_bar = 1" in text
    assert "y_predicted_bar" in text
    assert "loss_dot" in text
    assert "\N{COMBINING MACRON}\N{COMBINING MACRON}" not in text


def test_an_entry_has_its_adjoint_in_its_place():
    v = gc.array("v", 3)
    text = gc.Graph([v], {"y": v[0] * gc.sin(v[2])}).derivation("reverse").text(width=150)
    assert "at [0], 0 elsewhere) + (" in text
    assert "zeros" not in text
    index = gc.array("i", "k", dtype="int64")
    text = gc.Graph([v, index], {"y": gc.sum(v[index] ** 2)}).derivation("reverse").text(width=150)
    assert "added up at [i], 0 elsewhere" in text


# ---------------------------------------------------------------- every format


def traced(mode: str = "reverse", **choices: Any) -> Trace:
    graph, options = GRAPHS["sine"]
    return graph.derivation(mode, **{**options, **choices})


FORMATS: dict[str, Callable[[Trace], str]] = {
    "text": lambda trace: trace.text(width=200),
    "markdown": lambda trace: trace.markdown(),
    "latex": lambda trace: trace.latex(),
    "html": lambda trace: plain_html(trace.html(fragment=True)),
}


def plain_html(page: str) -> str:
    body = page.partition("</style>")[2]
    root = ET.fromstring(body)  # sound, whatever is shown
    return "".join(root.itertext())


SHOWN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "why": ({"why": True}, ["product rule"] * 4),
    "partials": (
        {"partials": "shown"},
        [
            *["∂v₄/∂v₁ = cos(v₁) = −0.416147"] * 2,
            r"\frac{\partial v_4}{\partial v_1} = \cos(v_1) = -0.416147",
            "∂v4∂v1=cos(v1)=−0.416147",
        ],
    ),
    "accumulate": (
        {"accumulate": True},
        [
            *["v̄₁ += v̄₃·v₂"] * 2,
            r"\bar{v}_1 &\mathrel{+}= \bar{v}_3\,v_2",
            "v‾1+=v‾3·v2",
        ],
    ),
    "second": (
        {"mode": "second"},
        [
            *["v̄̇₂ = v̇₁·v̄₃"] * 2,
            r"\dot{\bar{v}}_2 = \dot{v}_1\,\bar{v}_3",
            "v‾˙2=v˙1·v‾3",
        ],
    ),
    "several": (
        {"mode": "forward", "seed": "each", "arrange": "together"},
        [
            "tangent trace ↓, ẋ₂ = 1",
            "tangent ↓ (seed ẋ₂ = 1)",
            r"\text{(seed $\dot{x}_2 = 1$)}",
            "tangent ↓ (seed x˙2=1)",
        ],
    ),
}


@pytest.mark.parametrize("choice", SHOWN)
def test_every_format_shows_what_was_chosen(choice):
    choices, expected = SHOWN[choice]
    plain = traced(choices.get("mode", "reverse"))
    for (name, show), text in zip(FORMATS.items(), expected, strict=True):
        assert text in show(traced(**choices)), name
        assert choice == "second" or text not in show(plain), name


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_shows_symbols_or_numbers_alone(name):
    show = FORMATS[name]
    numbers, symbols = show(traced(show="numeric")), show(traced(show="symbolic"))
    assert "4.58385" in numbers
    assert "cos" not in numbers
    assert "4.58385" not in symbols
    assert "cos" in symbols


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_cuts_long_traces_where_it_is_told_to(name):
    trace = chain(100)
    show = FORMATS[name]
    assert "more steps" in show(trace.derivation("reverse", rows=6))
    assert "more steps" not in show(trace.derivation("reverse", rows="all"))


def test_every_format_has_shapes_of_derivatives():
    graph, options = GRAPHS["mlp"]
    trace = graph.derivation("reverse", **options)
    for show in (trace.text, trace.markdown, trace.latex):
        plain, shaped = (show(shapes=shapes).count("shape") for shapes in (False, True))
        assert shaped == plain + 1


@pytest.mark.parametrize(
    ("choices", "form", "message"),
    [
        ({"why": True}, "steps", r"LaTeX steps can't show why=True; use form='table'"),
        ({"partials": "shown"}, "steps", "can't show partials='shown'"),
        ({"show": "numeric"}, "steps", "can't show show='numeric'"),
        ({"mode": "second"}, "steps", "can't show mode='second'"),
        ({"accumulate": True}, "table", "can't show accumulate=True; use form='steps'"),
    ],
)
def test_a_form_of_latex_says_what_it_has_no_room_for(choices, form, message):
    with pytest.raises(InputError, match=message):
        traced(**choices).latex(form)


def test_a_latex_document_has_the_table_and_reverse_mode_as_it_runs():
    text = traced(accumulate=True, why=True).latex(standalone=True)
    assert "as it runs" in text
    assert r"\mathrel{+}=" in text
    assert "product rule" in text


@pytest.mark.parametrize("op", ops.ALL, ids=lambda op: op.name)
def test_rules_are_text_in_latex(op):
    for text in filter(None, (op.why, *op.why_constant, op.why_reverse)):
        shown = LATEX.rule(text)
        assert shown.count("$") % 2 == 0
        assert not set(re.sub(r"\$[^$]*\$|\\.", "", shown)) & set("_^&#%{}")


# ---------------------------------------------------------------- long traces


def chain(count):
    x, a = gc.scalars("x a")
    y = x
    for _ in range(count // 2):
        y = gc.sin(y) * a
    return gc.Graph([x, a], {"y": y})


@pytest.mark.parametrize("mode", ["both", "second"])
def test_ten_thousand_steps_are_cut_in_the_middle(mode):
    graph = chain(10_000)
    started = time.process_time()
    trace = graph.derivation(mode, at={"x": 1.0, "a": 1.01}, accumulate=True, why=True)
    text = trace.text(width=200)
    assert time.process_time() - started < 60  # some seconds, on a machine that is not busy
    assert len(text.splitlines()) < 300
    assert max(map(len, text.splitlines())) < 2000
    assert "more steps" in text
    assert "more)" in text  # of the contributions to the adjoint of a


def test_as_many_rows_as_wanted():
    trace = chain(100).derivation("reverse", at={"x": 1.0, "a": 1.01})
    whole = trace.text(rows="all", width=200)
    assert "more steps" not in whole
    assert all(f"w{str(n).translate(SUBSCRIPTS)} =" in whole for n in range(1, 103))
    assert trace.text(rows=6, detail="brief").count("\n") < 30


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def test_styles_are_values():
    assert Style().changed(rows="all") == Style(rows=None)
    with pytest.raises(GraphcompError):
        Style().changed(rows="some")
