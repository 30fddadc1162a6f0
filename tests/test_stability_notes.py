"""Generated code says which formulas were rewritten, at the step and in the module's docstring."""

import re

import pytest

import graphcomp as gc
from graphcomp.codegen.module import generate
from graphcomp.rewrite.stability import RULES
from tests.test_rewrite_stability import ARRAYS, CASES, Case, F

BY_NAME = {each.name: each for each in RULES}
#: Leave nothing behind that could be commented on: their result is there already, or says nothing.
SILENT = {"log_of_exp", "exp_of_log_softmax"}


def comments(source: str) -> str:
    """All comments as one text."""
    found = re.findall(r"(?:^|  )\s*# (.*)", source, flags=re.MULTILINE)
    return " ".join(found)


def said(rule: str, source: str) -> None:
    """The rule is explained in a comment, and listed in the docstring."""
    each = BY_NAME[rule]
    assert f"{rule}: {each.note}" in comments(source)
    listed = source.split("Rewritten for accuracy\n")[1].split("\n\n", maxsplit=1)[0]
    pattern = rf"^    {re.escape(each.before)} +as  {re.escape(each.after)}$"
    assert re.search(pattern, listed, flags=re.MULTILINE)


@pytest.mark.parametrize("target", ["numpy", "math", "numba"])
@pytest.mark.parametrize("case", [c for c in CASES if c.rule not in SILENT], ids=lambda c: c.rule)
def test_the_step_that_was_rewritten_says_so(case: Case, target: str):
    x = gc.scalar("x")
    source = generate(gc.Graph([x], {"y": case.f(x)}), ["value_and_grad"], target=target)
    said(case.rule, source)


@pytest.mark.parametrize("target", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("rule", "f"),
    [row[:2] for row in ARRAYS if row[0] not in SILENT],
    ids=[f"{row[0]}-{i}" for i, row in enumerate(ARRAYS) if row[0] not in SILENT],
)
def test_steps_on_arrays_say_so_inside_and_outside_of_blocks(rule: str, f: F, target: str):
    for shape in ("n k", "5 5"):
        z = gc.array("z", shape)
        graph = gc.Graph([z], {"y": gc.sum(gc.sin(f(z)) * 3.0)})
        said(rule, generate(graph, ["value"], target=target))


def test_a_comment_stands_at_the_line_that_it_is_about():
    z = gc.array("z", "n")
    graph = gc.Graph([z], {"y": gc.let("h", gc.log(1 + gc.exp(z))) @ z})
    source = generate(graph, ["value"])
    line = "    h = _softplus(z)  # softplus: log(1 + exp(x)), without overflow or cancellation\n"
    assert line in source


def test_a_comment_that_is_too_long_stands_above_the_line():
    x = gc.scalar("x")
    inside = gc.let("a_rather_long_name", (gc.exp(x) - gc.exp(-x)) / (gc.exp(x) + gc.exp(-x)))
    source = generate(gc.Graph([x], {"y": inside}), ["value"])
    above = """\
    # tanh_by_exps: (exp(x) - exp(-x))/(exp(x) + exp(-x)), without overflow or
    # cancellation
    a_rather_long_name = np.tanh(x)
"""
    assert above in source


def test_a_rule_is_explained_once_in_a_function_and_named_after_that():
    z = gc.scalars("p q r")
    values = [gc.let(f"h{i}", gc.log(1 + gc.exp(each))) for i, each in enumerate(z)]
    source = generate(gc.Graph(z, {"y": values[0] * values[1] * values[2]}), ["value", "grad"])
    first, second = source.split("def y_grad")
    assert first.count("# softplus: ") == second.count("# softplus: ") == 1
    assert first.count("# softplus\n") == 2


def test_nothing_is_said_where_nothing_was_rewritten():
    z = gc.array("z", "n")
    graph = gc.Graph([z], {"y": gc.sum(gc.softplus(z) + gc.sigmoid(z))})
    source = generate(graph, ["value"])
    assert "Rewritten" not in source
    assert "without overflow" not in comments(source)


def test_a_vjp_explains_in_the_function_that_it_returns():
    x = gc.scalar("x")
    graph = gc.Graph([x], {"y": gc.let("t", gc.tanh(x)) ** 2})
    source = generate(graph, ["vjp"], target="math")
    assert "# tanh_slope: " in source.split("def vjp")[0]  # before the way back
