"""Drawings as Mermaid text: the same vertices, arrows and texts, and nothing that is syntax."""

import html
import json
import re

import pytest

import graphcomp as gc
from graphcomp.graph import GraphData
from graphcomp.node import current_scope
from graphcomp.printers.dot import dot_source
from graphcomp.printers.mermaid import escaped, mermaid_source
from graphcomp.printers.palette import THEMES
from tests.drawings import AT, Drawn, fan_out, layers, mlp_loss, sigmoid
from tests.test_drawing import HOSTILE, MLP

VERTEX = re.compile(r'^ *(\w+)(\(\["|\[\["|\["|\("|\{\{")(.*)("\]\)|"\]\]|"\]|"\)|"\}\}):::(\w+)$')
ARROW = re.compile(r'^ *(\w+) (-->|-\.->|==>)(?:\|"(.*)"\|)? (\w+)$')
SHAPES = {
    "input": '(["',
    "param": '(["',
    "const": '["',
    "op": '("',
    "output": '[["',
    "group": '{{"',
    "rest": '("',
}


class Chart:
    """A flowchart, read back line by line."""

    def __init__(self, source):
        self.source = source
        _, front, self.body = source.split("---\n", 2)
        self.title = json.loads(front.splitlines()[0].removeprefix("title: "))
        lines = self.body.splitlines()
        self.vertices = {m[1]: m for line in lines if (m := VERTEX.match(line))}
        self.arrows = [m for line in lines if (m := ARROW.match(line))]

    def lines(self, name):
        return decoded(self.vertices[name][3])


def decoded(label):
    """The lines of a label, as Mermaid shows them."""
    texts = re.sub(r"</?b>", "", label).split("<br/>")
    return [
        html.unescape(re.sub(r"#(\d+);", r"&#\1;", re.sub(r"#([a-z]+);", r"&\1;", t)))
        for t in texts
    ]


@pytest.mark.parametrize(
    ("graph", "options"),
    [
        (sigmoid(), {"parameters": ("a",)}),
        (sigmoid(), {"mode": "forward", "at": AT}),
        (sigmoid(), {"mode": "reverse", "at": AT}),
        (fan_out(), {"mode": "reverse"}),
        (mlp_loss(), {"mode": "reverse", **MLP}),
        (mlp_loss(), {"collapse": ("loss",)}),
        (layers(12, 3), {}),
    ],
)
def test_a_chart_shows_what_the_drawing_shows(graph, options):
    chart, drawn = Chart(mermaid_source(graph, **options)), Drawn(dot_source(graph, **options))
    assert list(chart.vertices) == list(drawn.nodes)
    for name, attributes in drawn.nodes.items():
        assert chart.lines(name) == drawn.lines(name)
        look, *final = attributes["class"].split()
        assert chart.vertices[name][2] == SHAPES[look]
        assert chart.vertices[name][5] == (final[0] if final else look)
    arrows = {
        (m[1], m[4], m[2] == "-.->" and (m[4], m[1]) in drawn.reverse): m for m in chart.arrows
    }
    assert len(arrows) == drawn.graph.number_of_edges()
    for (tail, head), attributes in drawn.reverse.items():
        match = arrows[head, tail, True]
        assert match[2] == "-.->"
        assert decoded(match[3] or "") == (drawn.label(tail, head, back=True) or [""])
        assert attributes["style"] == "dashed"
    for tail, head in drawn.forward:
        assert decoded(arrows[tail, head, False][3] or "") == (drawn.label(tail, head) or [""])


def test_tangents_are_thick_arrows():
    chart = Chart(mermaid_source(sigmoid(), mode="forward", at=AT))
    assert [(m[1], m[2], m[4]) for m in chart.arrows] == [
        ("w1", "==>", "w3"),
        ("w2", "-->", "w3"),
        ("w3", "==>", "w4"),
        ("w4", "==>", "w5"),
    ]


def test_scopes_are_subgraphs():
    body = Chart(mermaid_source(mlp_loss())).body
    assert re.findall(r'subgraph (\w+)\["(.*)"\]', body) == [
        ("box1", "layer1"),
        ("box2", "layer2"),
        ("box3", "loss"),
    ]
    assert body.count("subgraph ") == len(re.findall(r"^ *end$", body, re.MULTILINE))
    assert "class box1,box2,box3 box" in body


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_colours_are_those_of_the_theme(theme):
    source = mermaid_source(mlp_loss(), mode="reverse", theme=theme, **MLP)
    palette = THEMES[theme]
    for look, fill in palette.fills.items():
        found = re.search(rf"classDef {look.value} fill:(\S+?),stroke:(\S+?),", source)
        if found:
            assert found.groups() == (fill, palette.strokes[look])


def test_styles_name_every_arrow_once():
    source = mermaid_source(fan_out(), mode="reverse")
    numbers = [int(n) for line in re.findall(r"linkStyle (\S+)", source) for n in line.split(",")]
    assert sorted(numbers) == list(range(len(Chart(source).arrows)))


@pytest.mark.parametrize("text", [*HOSTILE, "`x`", "a]|b|{c}(d", "#35;", "%% c", "end", "$$x$$"])
def test_texts_are_text_and_nothing_else(text):
    x = gc.scalar("x")
    token = current_scope.set(text.replace("/", "|"))
    try:
        y = gc.exp(gc.sin(x))
    finally:
        current_scope.reset(token)
    source = mermaid_source(GraphData([x], {"y": y}), title=text)
    chart = Chart(source)
    assert list(chart.vertices) == ["w1", "w2", "w3"]
    assert len(chart.arrows) == 2
    assert not set("<>&") & set(chart.title)
    for label in re.findall(r'subgraph \w+\["(.*)"\]', chart.body):
        assert not set('"<>&`$') & set(label)
        shown = "".join(c if c.isprintable() else " " for c in text.replace("/", "|")).strip()
        assert decoded(label) == [shown]


@pytest.mark.parametrize(
    "text",
    ['"', "#", "`", "<i>", "&amp;", "a;b", "a:b", "_i_", "**b**", "- x", "1. x", "$$", "\\n"],
)
def test_escaping_is_undone_by_what_shows_it(text):
    assert decoded(escaped(text)) == [text]
    assert not re.search(r'["`<>&:$*_\\]', escaped(text))


@pytest.mark.parametrize("name", ["end", "graph", "click", "style", "direction", "my_direction"])
def test_words_of_the_language_are_no_ids(name):
    x = gc.scalar(name)
    chart = Chart(mermaid_source(GraphData([x], {"y": gc.exp(x)}), letter=None))
    assert f"n_{name}_" in chart.vertices
    assert chart.lines(f"n_{name}_")[0] == decoded(escaped(name))[0]


def test_a_graph_has_its_chart():
    graph = gc.from_string("y = x*x")
    assert graph.mermaid(mode="reverse") == mermaid_source(graph, mode="reverse")
    assert graph.picture().mermaid(theme="dark") == graph.mermaid(theme="dark")


@pytest.mark.parametrize(
    ("name", "graph", "options"),
    [
        ("sigmoid_reverse", sigmoid(), {"parameters": ("a",), "mode": "reverse", "at": AT}),
        ("sigmoid_forward", sigmoid(), {"parameters": ("a",), "mode": "forward", "at": AT}),
        ("mlp_reverse", mlp_loss(), {"mode": "reverse", **MLP}),
        ("layers_repeated", layers(12, 3), {"theme": "dark"}),
    ],
)
def test_golden(golden, name, graph, options):
    golden(f"{name}.mmd", mermaid_source(graph, **options))
