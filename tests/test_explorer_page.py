"""The page as a file: what it holds, how it is escaped, what is refused."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.cli import main
from graphcomp.derivation import derive
from graphcomp.explorer import page
from graphcomp.explorer.contents import MOST_STEPS, contents

NASTY = "</script><script>alert(1)</script><!-- @@script@@ @@data@@ &amp; \u2028 ' \" ]]>"


@pytest.fixture(scope="module")
def sigmoid() -> gc.Graph:
    x, a = gc.scalars("x a")
    return gc.Graph([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")


class Reader(HTMLParser):
    """The elements of a page with their attributes, and the texts of scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.elements[-1] if self.elements else ("", {})
        name = attributes.get("type") or tag
        self.texts[name] = self.texts.get(name, "") + data


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def data_of(text: str) -> Any:
    return json.loads(read(text).texts["application/json"])


def test_the_page_is_one_file_that_loads_nothing(sigmoid: gc.Graph) -> None:
    text = page(sigmoid, at={"x": 1, "a": 2})
    reader = read(text)
    for tag, attributes in reader.elements:
        assert not {"src", "srcset", "action", "style", "onclick", "onload"} & set(attributes)
        assert attributes.get("href", "data:,") == "data:,"
        assert tag not in {"iframe", "object", "embed", "img"}
    (policy,) = (a["content"] for _, a in reader.elements if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert [tag for tag, _ in reader.elements].count("script") == 2  # the data, and the program
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "@@" not in re.sub(r"<script>.*", "", text, flags=re.DOTALL)


def test_the_page_is_always_the_same(sigmoid: gc.Graph) -> None:
    assert page(sigmoid) == page(sigmoid)


def test_text_from_outside_stays_text(sigmoid: gc.Graph) -> None:
    reader, plain = read(page(sigmoid, heading=NASTY)), read(page(sigmoid))
    assert [tag for tag, _ in reader.elements] == [tag for tag, _ in plain.elements]
    assert reader.texts["application/json"] == plain.texts["application/json"]
    assert html.unescape(html.escape(NASTY)) == NASTY
    assert NASTY in reader.texts["h1"]


def test_data_can_not_end_its_element() -> None:
    """Names are identifiers, but nothing depends on it."""
    data = contents(gc.from_string("y = x*sin(x)"), at={"x": 1.0})
    data["title"] = NASTY
    from_page = read(f'<script type="application/json">{embedded(data)}</script>')
    assert json.loads(from_page.texts["application/json"])["title"] == NASTY
    assert not re.search(r"[<>&\u2028]", embedded(data))


def embedded(data: Any) -> str:
    from graphcomp.explorer.page import _embedded  # noqa: PLC0415

    return _embedded(data)


def test_texts_are_those_of_the_printed_trace(sigmoid: gc.Graph) -> None:
    data = data_of(page(sigmoid, at={"x": 1, "a": 2}))
    (reverse,) = data["sweeps"]["reverse"]
    printed = str(sigmoid.derivation("reverse", at={"x": 1, "a": 2}))
    for row in reverse["rows"]:
        assert f"{row['symbol']} = {row['equation']}" in printed
        assert row["chain"] in printed
    for row in data["primal"]:
        assert f"{row['symbol']} = {row['definition']}" in printed
    closed = {row["result"]: row["closed"] for row in reverse["rows"] if "result" in row}
    assert closed == {"∂y/∂x": "a·y·(1 − y)", "∂y/∂a": "x·y·(1 − y)"}
    assert [sweep["of"] for sweep in data["sweeps"]["forward"]] == ["x", "a"]


def test_chains_of_both_modes_name_the_later_step_above_the_earlier_one() -> None:
    data = contents(gc.from_string("y = x1*x2 + sin(x1)"), at={"x1": 2, "x2": 5}, letter="v")
    backward = {row["step"]: row["chain"] for row in data["sweeps"]["reverse"][0]["rows"]}
    ahead = {row["step"]: row["chain"] for row in data["sweeps"]["forward"][0]["rows"]}
    assert backward["v1"] == "v̄₃·∂v₃/∂v₁ + v̄₄·∂v₄/∂v₁"
    assert ahead["v5"] == "v̇₃·∂v₅/∂v₃ + v̇₄·∂v₅/∂v₄"


def test_every_step_has_a_box_and_every_operand_an_arrow() -> None:
    graph = gc.from_string("u = x1*x2; v = sin(x1); y = u*v + u; z = v/x2", outputs=["y", "z"])
    data = contents(graph, at={"x1": 2, "x2": 5})
    for scene in data["scenes"].values():
        assert [box["name"] for box in scene["boxes"]] == [row["step"] for row in data["primal"]]
        assert [(arrow["tail"], arrow["head"]) for arrow in scene["arrows"]] == [
            (operand, row["step"]) for row in data["primal"] for operand in row["operands"]
        ]
        places = {box["name"]: np.array([box["x"], box["y"]]) for box in scene["boxes"]}
        sizes = {box["name"]: max(box["width"], box["height"]) for box in scene["boxes"]}
        for arrow in scene["arrows"]:
            for end, step in ((arrow["start"][0], arrow["tail"]), (arrow["end"][1], arrow["head"])):
                assert np.linalg.norm(places[step] - end) < sizes[step], arrow
    assert data["sweeps"]["reverse"][1]["of"] == "z"


def test_a_point_is_found_where_none_is_given() -> None:
    data = data_of(page(gc.from_string("y = log(x - 1) + sqrt(z)")))
    x, z = (one["value"]["data"][0] for one in data["inputs"])
    assert x > 1
    assert z > 0
    partly = data_of(page(gc.from_string("y = x*z"), at={"x": 4.25}))
    assert partly["inputs"][0]["value"]["data"] == [4.25]


def test_ops_without_javascript_come_with_their_numbers() -> None:
    graph = gc.from_string("y = erf(x)*a")
    at = {"x": 0.5, "a": 2.0}
    data = data_of(page(graph, at=at))
    assert data["missing"] == ["erf"]
    found = derive(graph, "reverse", at=at).reverse[0].by_name
    (sweep,) = data["sweeps"]["reverse"]
    for row in sweep["rows"]:
        assert data["fixed"][row["place"]]["data"] == [found[row["step"]].value]


def test_values_that_json_lacks_are_written_as_text() -> None:
    data = data_of(page(gc.from_string("y = log(x)"), at={"x": 0.0}))
    assert data["fixed"] is None
    with_constant = gc.Graph([gc.scalar("x")], {"y": gc.maximum(gc.scalar("x"), -np.inf)})
    assert '"-Infinity"' in page(with_constant, at={"x": 1.0})


# ---------------------------------------------------------------- what is refused


def chain(length: int) -> gc.Graph:
    x = y = gc.scalar("x")
    for _ in range(length):
        y = gc.sin(y)
    return gc.Graph([x], {"y": y}, name="chain")


def test_a_graph_with_too_many_steps_is_refused_with_the_limit() -> None:
    assert len(data_of(page(chain(MOST_STEPS - 1)))["primal"]) == MOST_STEPS
    with pytest.raises(gc.InputError, match=rf"'chain' has 61 steps.*at most {MOST_STEPS}.*named"):
        page(chain(MOST_STEPS))
    x = gc.scalar("x")
    named = gc.Graph([x], {"y": gc.let("h", chain(200).outputs[0])})
    assert len(data_of(page(named, steps="named"))["primal"]) == 2


def test_arrays_too_large_to_compute_while_typing_are_refused() -> None:
    graph = gc.from_string("y = sum(x*x)", inputs={"x": "n"})
    with pytest.raises(gc.InputError, match=r"numbers again at every change.*limit is 200,000"):
        page(graph, at={"x": np.ones(100_000)})


def test_mistakes_in_options_are_named(sigmoid: gc.Graph, tmp_path: Path) -> None:
    with pytest.raises(gc.OutputError, match=r"suffix must be \.html; write sigmoid\.html"):
        sigmoid.explore(tmp_path / "sigmoid.svg")
    with pytest.raises(gc.InputError, match="mode must be 'forward' or 'reverse', not 'both'"):
        sigmoid.explore(tmp_path / "sigmoid.html", mode="both")
    with pytest.raises(gc.InputError, match="there is no input 'z'"):
        sigmoid.explore(tmp_path / "sigmoid.html", at={"z": 1})
    with pytest.raises(gc.DerivativeError, match="no real input"):
        i = gc.scalar("i", "int64")
        gc.Graph([i], {"y": i * i}).explore(tmp_path / "i.html")
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_replaced_and_nothing_else_is(sigmoid: gc.Graph, tmp_path: Path) -> None:
    path = sigmoid.explore(tmp_path / "sigmoid.html")
    assert sigmoid.explore(path, at={"x": 1, "a": 2}) == path
    path.write_text("<html>mine</html>", encoding="utf-8")
    with pytest.raises(gc.OutputError, match="not generated by graphcomp"):
        sigmoid.explore(path)
    sigmoid.explore(path, force=True)
    assert "sigmoid" in path.read_text(encoding="utf-8")


def test_the_command_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "p.html"
    command = ["explore", "y = x*a", "--at", "x=1.5", "--mode", "forward", "--title", "A <b> c"]
    assert main([*command, "-o", str(path)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"wrote {path}" in captured.err
    text = path.read_text(encoding="utf-8")
    assert "<h1>A &lt;b&gt; c</h1>" in text
    data = data_of(text)
    assert data["mode"] == "forward"
    assert data["inputs"][0]["value"]["data"] == [1.5]
    assert main(["explore", "y = x*a"]) == 2
    assert "-o" in capsys.readouterr().err
