"""DOT becomes SVG, PNG and PDF, quietly, within bounds, and with clear errors."""

import os
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as ET

import pytest

from graphcomp.errors import GraphcompError, InputError, OutputError
from graphcomp.printers import render as module
from graphcomp.printers.render import MARKER, is_own, render

SMALL = 'digraph g { tooltip="a &lt; b \\\\ &quot;c&quot;"; x [label="ẇ₁ = w̄₁"]; x -> y }'


def run(code, **env):
    return subprocess.run(
        [sys.executable, "-c", "from graphcomp.printers.render import render\n" + code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "default", **env},
    )


@pytest.mark.parametrize(
    ("image_format", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF")]
)
def test_every_format_is_known_again(image_format, start):
    data = render(SMALL, image_format)
    assert data.startswith(start)
    assert is_own(data)


def test_an_svg_has_a_title_and_a_description_for_screen_readers():
    root = ET.fromstring(render(SMALL, description="x & y"))
    assert root.attrib["role"] == "img"
    title, about = root[0], root[1]
    assert (title.tag.split("}")[1], title.text) == ("title", 'a < b \\ "c"')
    assert (about.tag.split("}")[1], about.text) == ("desc", "x & y")
    assert root.attrib["aria-labelledby"] == f"{title.attrib['id']} {about.attrib['id']}"
    assert "ẇ₁ = w̄₁" in [element.text for element in root.iter()]


def test_without_a_description_there_is_none_to_point_to():
    root = ET.fromstring(render(SMALL))
    assert root.attrib["aria-labelledby"] == root[0].attrib["id"]
    assert not [element for element in root.iter() if element.tag.endswith("}desc")]


def test_two_drawings_on_a_page_have_titles_of_their_own():
    first, second = ET.fromstring(render(SMALL)), ET.fromstring(render(SMALL.replace("ẇ", "q")))
    assert first[0].attrib["id"] != second[0].attrib["id"]


def test_a_png_says_what_it_shows():
    data = render(SMALL, "png", description="two vertices")
    assert b'iTXtTitle\0\0\0\0\0a < b \\ "c"' in data
    assert b"iTXtDescription\0\0\0\0\0two vertices" in data


def test_a_png_has_chunks_with_right_sums():
    data, position, kinds = render(SMALL, "png"), 8, []
    while position < len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        body = data[position + 4 : position + 8 + length]
        assert zlib.crc32(body) == int.from_bytes(data[position + 8 + length :][:4], "big")
        kinds.append(body[:4])
        position += 12 + length
    assert kinds[:3] == [b"IHDR", b"tEXt", b"iTXt"]
    assert kinds[-1] == b"IEND"


def test_another_format_is_an_error_that_lists_them():
    with pytest.raises(InputError, match=r"format must be one of svg, png, pdf, not 'gif'"):
        render(SMALL, "gif")


@pytest.mark.parametrize("source", ["", "digraph {", "digraph { a [label=<<b>x>] }", "x"])
def test_what_graphviz_refuses_is_our_error(source, capfd):
    with pytest.raises(OutputError, match="Graphviz can't draw this: ") as caught:
        render(source)
    assert isinstance(caught.value, GraphcompError)
    assert capfd.readouterr().err == ""


def test_nothing_is_printed(capfd):
    render('digraph { a [shape=nonsense, fontname="No Such Font"] }', "png")
    assert capfd.readouterr() == ("", "")


def test_nothing_is_printed_by_a_fresh_process():
    done = run(f"render({SMALL!r}, 'png')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_standard_error_works_again_afterwards(capfd):
    render(SMALL)
    os.write(2, b"still there\n")
    assert capfd.readouterr().err == "still there\n"


def test_what_is_not_graphvizs_is_not_lost(capfd):
    with module._captured() as lines:
        os.write(2, b"Fontconfig warning: noise\nsomebody else's words\n")
    assert len(lines) == 2
    assert capfd.readouterr().err == "somebody else's words\n"


@pytest.mark.parametrize(
    "prepare",
    [
        "import sys; sys.stderr = None",
        "import sys, io; sys.stderr = io.StringIO()",
        "import os; os.close(2)",
        "import sys; sys.stderr.close()",
    ],
)
def test_any_standard_error_will_do(prepare):
    done = run(f"{prepare}\nassert render({SMALL!r})\nprint('done')")
    assert done.stdout == "done\n"


def test_threads_may_draw_at_the_same_time():
    with ThreadPoolExecutor(4) as pool:
        pictures = list(pool.map(lambda _: render(SMALL), range(16)))
    assert len(set(pictures)) == 1


def test_a_picture_that_takes_hours_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_EDGES", 10)
    with pytest.raises(OutputError, match="nodes and 20 edges is too large to lay out"):
        render("digraph { " + " ".join(f"a{i} -> a{i + 1};" for i in range(20)) + " }")


@pytest.mark.parametrize(("image_format", "warns"), [("svg", False), ("png", True)])
def test_a_machine_without_fonts(tmp_path, image_format, warns):
    (tmp_path / "fonts").mkdir()
    config = tmp_path / "fonts.conf"
    config.write_text(
        f"<fontconfig><dir>{tmp_path}/fonts</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    done = run(f"print(len(render({SMALL!r}, {image_format!r})))", FONTCONFIG_FILE=str(config))
    assert int(done.stdout) > 500
    assert ("this machine has no fonts" in done.stderr) == warns


def test_a_missing_pygraphviz_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(OutputError, match="pip install pygraphviz"):
        render(SMALL)


def test_foreign_files_are_not_ours():
    assert MARKER == "Generated by graphcomp"
    assert not is_own(b"<svg>" + b" " * 5000 + MARKER.encode() + b" " * 5000)
    assert not is_own(b"")
