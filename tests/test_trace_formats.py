"""Derivations in every format: golden files, and what must hold of each format."""

import json
import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.derivation import derive
from graphcomp.errors import InputError, OutputError
from graphcomp.graph import GraphData
from graphcomp.printers.formula import Formulas
from graphcomp.printers.latex_notation import LATEX
from graphcomp.printers.mathml_notation import MATHML
from graphcomp.printers.trace_files import FORMATS, printed
from tests.conformance.cases import CASES
from tests.traces import TRACES, formats

EVERY_TRACE = pytest.mark.parametrize("name", TRACES)


def rounded(data):
    """Numbers in ten digits, and no central differences: the rest differs between machines."""
    if isinstance(data, dict):
        return {k: rounded(v) for k, v in data.items() if k != "checks"}
    if isinstance(data, list):
        return [rounded(part) for part in data]
    return float(f"{data:.10g}") if isinstance(data, float) else data


@EVERY_TRACE
@pytest.mark.parametrize(
    "ending",
    [
        "txt",
        "ascii.txt",
        "md",
        "table.tex",
        "matrix.tex",
        "steps.tex",
        "document.tex",
        "html",
        "json",
    ],
)
def test_golden(golden, name, ending):
    made = formats(name)[ending]()
    if ending == "json":
        made = json.dumps(rounded(made), indent=1, ensure_ascii=False)
    golden(f"traces/{name}.{ending}", made.rstrip("\n") + "\n")


# ---------------------------------------------------------------- LaTeX


def assert_sound_latex(text):
    """Braces, environments and fences are balanced, and every row has the columns announced."""
    assert re.sub(r"\\[{}]", "", text).count("{") == re.sub(r"\\[{}]", "", text).count("}")
    depth = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            depth.append(name)
        else:
            assert depth.pop() == name
    assert depth == []
    assert text.count(r"\left") - text.count(r"\leftarrow") == text.count(r"\right")
    assert text.count("$") % 2 == 0
    assert text.isascii()
    for forbidden in (r"\multicolumn", "@{"):
        assert forbidden not in text
    assert "\\ " not in text.replace("\\\\ ", ""), (
        "of this, MathJax takes a few thousand characters"
    )
    for columns, body in re.findall(
        r"\\begin\{array\}\{([l|]+)\}\n(.*?)\\end\{array\}", text, re.DOTALL
    ):
        rows = body.split("\\\\")[:-1]
        assert {row.count("&") + 1 for row in rows} == {columns.count("l")}


@EVERY_TRACE
@pytest.mark.parametrize("form", ["table", "steps", "matrix"])
def test_latex_is_sound(name, form):
    trace = TRACES[name]()
    assert_sound_latex(trace.latex(form))
    assert_sound_latex(trace.latex(form, standalone=True))


def written(case, notation):
    """An application of an op."""
    inputs = [
        gc.array(f"d_{chr(97 + i)}", " ".join(map(str, shape)), dtype)
        for i, (shape, dtype) in enumerate(zip(case.shapes, dtypes_of(case), strict=True))
    ]
    node = inputs[0].apply(case.op, *inputs[1:], **case.params)
    data = GraphData(inputs, {"y": node})
    return Formulas(program_of(data), notation).expression(node, symbols_of(inputs, notation))


def test_the_ops_in_latex_and_mathml(golden):
    rows = dict.fromkeys(rf"{{}}{written(case, LATEX)} \\" for case in CASES)
    golden("traces/ops.tex", "\n".join([r"\begin{array}{l}", *rows, r"\end{array}", ""]))
    items = dict.fromkeys(f"<p><math>{written(case, MATHML)}</math></p>" for case in CASES)
    head = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Ops</title></head><body>'
    golden("traces/ops.html", "\n".join([head, *items, "</body></html>", ""]))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("notation", [LATEX, MATHML], ids=["latex", "mathml"])
def test_every_op_is_written(case, notation):
    text = written(case, notation)
    if notation is LATEX:
        assert_sound_latex(text)
        bare = re.sub(r"\\(operatorname|mathrm|text|begin|end)\{[^{}]*\}|\\[A-Za-z]+", "", text)
        assert not re.search(r"[A-Za-z]{4}", bare), text
    else:
        assert_sound_mathml(ET.fromstring(f"<math>{text}</math>"))


def dtypes_of(case):
    return [np.asarray(value).dtype.name for value in case.values().values()]


def program_of(data):
    return gc.Graph(data.inputs, dict(zip(data.output_names, data.outputs, strict=True))).program()


def symbols_of(inputs, notation):
    return {node: notation.symbol(node.param("name")) for node in inputs}


def test_names_in_latex():
    trace = gc.from_string("rate_2 = exp(learning_rate*x_1); y = rate_2*x_1").derivation(
        "reverse", letter=None
    )
    text = trace.latex()
    assert r"w_1 = \mathrm{learning\_rate}\,x_1" in text
    assert r"\overline{\mathrm{learning\_rate}}" in text


def test_powers_of_powers_are_no_double_superscripts():
    x = gc.scalar("x")
    for node, expected in {
        gc.exp(x) ** 2: r"(e^{x})^2",
        (x**2) ** 0.5: r"(x^2)^{0.5}",
        gc.exp(gc.exp(x)): r"e^{e^{x}}",
        (1 / (1 + x)) ** 2: r"1/(1 + x)^2",
    }.items():
        data = GraphData([x], {"y": node})
        text = Formulas(program_of(data), LATEX).expression(node, symbols_of([x], LATEX))
        assert text == expected


def test_spellings_of_users_with_a_superscript_can_be_squared():
    x = gc.scalar("x")
    star = gc.elementwise_op("starred", lambda x: x**3, latex=r"{0}^{{\star}}")
    data = GraphData([x], {"y": star(x) ** 2})
    text = Formulas(program_of(data), LATEX).expression(data.outputs[0], symbols_of([x], LATEX))
    assert text == r"{x^{\star}}^2"


# ---------------------------------------------------------------- HTML

#: How many children an element of MathML has, if not any number; tokens have none.
CHILDREN = {"mfrac": 2, "msup": 2, "msub": 2, "mover": 2}
TOKENS = {"mi", "mn", "mo", "mtext"}


def assert_sound_mathml(root):
    for element in root.iter():
        if element.tag in TOKENS:
            assert len(element) == 0
            assert element.text
        else:
            assert element.tag in {"math", "mrow", "msqrt", *CHILDREN}
            assert len(element) == CHILDREN.get(element.tag, len(element))
            assert not (element.text or "").strip()
        assert not (element.tail or "").strip() or element is root


def elements(trace, **options):
    """The elements of a fragment, which is well-formed XML too: all tags closed and nested."""
    return list(ET.fromstring(f"<body>{trace.html(fragment=True, **options)}</body>").iter())


@EVERY_TRACE
def test_html_is_sound(name):
    trace = TRACES[name]()
    found = elements(trace)
    ids = [element.get("id") for element in found if element.get("id")]
    assert max(Counter(ids).values()) == 1
    for element in found:
        if element.tag == "math":
            element.tail = None
            assert_sound_mathml(element)
    steps = {row.step.name for row in trace.data.primal}
    assert set(ids) <= steps
    assert steps - set(ids) <= set(trace.data.graph.input_names)
    tags = Counter(element.tag for element in found)
    assert tags["caption"] == 1
    assert tags["script"] == 0
    assert {element.get("scope") for element in found if element.tag == "th"} == {"col", "row"}
    assert len({len(element) for element in found if element.tag == "tr"}) == 1


@EVERY_TRACE
def test_rows_have_the_names_that_the_drawing_gives_its_vertices(name):
    trace = TRACES[name]()
    graph = gc.Graph(
        trace.data.graph.inputs,
        dict(zip(trace.data.graph.output_names, trace.data.graph.outputs, strict=True)),
    )
    dot = graph.dot(letter=trace.data.program.letter)
    for label in re.findall(r'<tr id="([^"]*)"', trace.html()):
        assert re.search(rf"^\t*{label} \[", dot, re.MULTILINE), label


def test_fragments_and_prefixes():
    trace = TRACES["e1"]()
    fragment = trace.html(fragment=True, prefix="first-")
    assert "<html" not in fragment
    assert re.findall(r'id="([^"]*)"', fragment) == [f"first-w{i}" for i in range(1, 6)]
    assert "id=" not in trace.html(fragment=True, prefix=None)
    with pytest.raises(InputError, match="prefix must begin with a letter"):
        trace.html(prefix='"><script>')


def test_relations_are_escaped():
    page = gc.from_string("y = where(x < 1, x, 0)").derivation("both", at={"x": 0.5}).html()
    assert "<mo>&lt;</mo>" in page


# ---------------------------------------------------------------- Markdown


@EVERY_TRACE
def test_markdown_tables_are_rectangular(name):
    rows = [line for line in TRACES[name]().markdown().splitlines() if line.startswith("|")]
    cells = [len(re.split(r"(?<!\\)\|", row)) for row in rows]
    assert len(set(cells)) == 1


def test_bars_and_stars_are_escaped_in_markdown():
    text = gc.from_string("y = abs(x)*_z").derivation("reverse").markdown()
    assert r"\|x\|" in text
    assert r"\_z" in text


# ---------------------------------------------------------------- JSON


@EVERY_TRACE
def test_json_gives_the_same_numbers_back(name):
    trace = TRACES[name]()
    data = json.loads(printed(trace.data, "json"))
    for row, found in zip(trace.data.primal, data["primal"], strict=True):
        if row.value is None:
            assert found["value"] is None
        else:
            assert np.array_equal(np.asarray(found["value"]), row.value)
    assert data["generator"] == "Generated by graphcomp"


# ---------------------------------------------------------------- numbers


def test_digits():
    trace = gc.from_string(
        "y = x/3",
    ).derivation("both", at={"x": 2.0})
    for text in (trace.text(digits=3), trace.markdown(digits=3), trace.html(digits=3)):
        assert "0.667" in text
        assert "0.6667" not in text
    assert "0.66666666666666663" in trace.latex(digits=17)
    wrong: list[Any] = [0, 18, 2.5, True]
    for digits in wrong:
        with pytest.raises(InputError, match="digits must be a whole number from 1 to 17"):
            trace.text(digits=digits)


def test_large_arrays_are_abbreviated_and_say_their_shape():
    v = gc.array("v", "n")
    trace = gc.Graph([v], {"y": (v**2).sum()}).derivation("both", at={"v": np.arange(40.0)})
    assert "[0 1 2 3 4 5 … 39] (40 entries)" in trace.text(width=200)
    assert "[0 1 2 3 4 5 … 39] (40 entries)" in trace.html()
    assert r"39]\text{ (40 entries)}" in trace.latex()


def test_numbers_that_are_none_in_every_format():
    trace = gc.from_string("y = log(x)*1e-20").derivation("both", at={"x": 0.0})
    assert r"-\infty" in trace.latex()
    assert r"1\times 10^{-20}" in trace.latex()
    assert "−∞" in trace.html()
    assert_sound_latex(trace.latex())


# ---------------------------------------------------------------- long and wide traces


def long_graph():
    y = gc.scalar("x")
    for _ in range(500):
        y = gc.sin(y)
    return gc.Graph([gc.scalar("x")], {"y": y})


def test_long_traces_are_cut_in_the_middle():
    trace = long_graph().derivation("both", at={"x": 1.0})
    assert "… 461 more steps" in trace.markdown()
    assert "\n| 501 | w₅₀₁ = sin(w₅₀₀)" in trace.markdown()
    assert r"\vdots\;\text{461 more steps}" in trace.latex()
    assert_sound_latex(trace.latex())
    page = trace.html()
    assert "… 461 more steps" in page
    assert '<li value="482">' in page


def test_every_seed_has_its_columns():
    graph = gc.from_string("f = x*y; g = x + y", outputs=["f", "g"])
    trace = gc.Trace(derive(graph, "both", at={"x": 1.0, "y": 2.0}, seed="each"))
    table = trace.markdown()
    for seed in ("ẋ = 1", "ẏ = 1", "f̄ = 1", "ḡ = 1"):
        assert f"(seed {seed})" in table
    assert r"\text{tangent}\downarrow\;\text{(seed $\dot{y} = 1$)}" in trace.latex()
    assert_sound_latex(trace.latex())
    assert elements(trace)


# ---------------------------------------------------------------- files and notebooks


@pytest.mark.parametrize("suffix", [".txt", ".md", ".tex", ".html", ".json"])
def test_files_by_their_suffix(tmp_path, suffix):
    trace = TRACES["e1"]()
    path = trace.write(tmp_path / f"trace{suffix}")
    text = path.read_text(encoding="utf-8")
    assert "Generated by graphcomp" in text
    assert trace.write(path).read_text(encoding="utf-8") == text
    path.write_text("mine")
    with pytest.raises(OutputError, match="not generated by graphcomp"):
        trace.write(path)
    assert trace.write(path, force=True).read_text(encoding="utf-8") == text


def test_files_that_say_no_format(tmp_path):
    trace = TRACES["e1"]()
    with pytest.raises(OutputError, match="end it in one of"):
        trace.write(tmp_path / "trace.doc")
    assert trace.write(tmp_path / "trace.doc", "ascii").read_text().isascii()
    with pytest.raises(InputError, match="format must be one of"):
        trace.write(tmp_path / "trace.doc", "word")
    with pytest.raises(InputError, match="a trace as markdown has no form"):
        trace.write(tmp_path / "trace.md", form="steps")
    with pytest.raises(InputError, match="form must be one of table, steps, matrix"):
        trace.latex("picture")


@pytest.mark.parametrize("chosen", FORMATS)
def test_every_format_is_printed_without_a_point(chosen):
    assert printed(derive(long_graph()), chosen)


def test_notebooks_get_every_format():
    trace = TRACES["e1"]()
    found = trace._repr_mimebundle_()
    assert set(found) == {"text/plain", "text/html", "text/latex", "text/markdown"}
    assert "id=" not in found["text/html"]
    graph = gc.from_string("y = exp(x)")
    found = graph._repr_mimebundle_(include=None, exclude=None)
    assert set(found) == {"text/plain", "text/latex", "text/html", "image/svg+xml"}
    assert found["text/html"].startswith("<svg ")
    assert found["text/latex"] == r"$\displaystyle \begin{aligned} y &= e^{x} \end{aligned}$"
    assert not hasattr(graph, "_repr_svg_")


def test_notebooks_get_text_where_nothing_else_can_be_made(monkeypatch):
    def fail(*_arguments, **_options):
        raise MemoryError

    graph = gc.from_string("y = exp(x)")
    trace = graph.derivation("reverse")
    monkeypatch.setattr("graphcomp.api.drawing.svg", fail)
    monkeypatch.setattr("graphcomp.api.latex.graph", fail)
    assert graph._repr_mimebundle_() == {"text/plain": repr(graph)}
    monkeypatch.setattr("graphcomp.printers.writing.equations", fail)
    assert trace._repr_mimebundle_() == {"text/plain": repr(trace)}
