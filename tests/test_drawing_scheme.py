"""Light and dark in one SVG; every text can be read on whatever it stands on; ids and titles."""

import re
from itertools import product
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import graphcomp as gc
from graphcomp.errors import InputError
from graphcomp.printers.drawing import svg
from graphcomp.printers.palette import THEMES, Ink, Look
from tests.drawings import AT, fan_out, layers, mlp_loss, sigmoid

SVG = "{http://www.w3.org/2000/svg}"
MLP: dict[str, Any] = {"mode": "reverse", "parameters": ("W1", "W2"), "wrt": ("W1", "W2")}


def luminance(colour):
    if colour == "white":
        colour = "#FFFFFF"
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """By WCAG 2: from 1 to 21."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_wcag():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
def test_every_text_can_be_read_on_every_fill(name):
    theme = THEMES[name]
    grounds = {theme.background, *theme.fills.values()}
    worst = {
        (ink.value, ground): contrast(theme.ink[ink], ground)
        for ink, ground in product(Ink, grounds)
    }
    assert min(worst.values()) >= 4.5, min(worst, key=lambda pair: worst[pair])


@pytest.mark.parametrize("name", THEMES)
def test_borders_and_arrows_can_be_seen(name):
    theme = THEMES[name]
    assert contrast(theme.edge, theme.background) >= 3
    for look in set(Look) - {Look.GROUP, Look.REST}:
        assert contrast(theme.strokes[look], theme.background) >= 3, look


@pytest.mark.parametrize(
    "drawing",
    [
        lambda **o: svg(sigmoid(), mode="reverse", at=AT, parameters=("a",), **o),
        lambda **o: svg(fan_out(), mode="forward", **o),
        lambda **o: svg(mlp_loss(), **MLP, **o),
        lambda **o: svg(layers(12, 6), collapse=["net/layer2"], **o),
        lambda **o: gc.draw_network([[[1, -1.0]]], values=[[1, 2], [3]]).svg(**o),
    ],
)
def test_one_svg_is_light_and_dark(drawing):
    both, light, dark = drawing(), drawing(theme="light"), drawing(theme="dark")
    assert colours(ET.fromstring(both)) == colours(ET.fromstring(light))
    rules = dict(re.findall(r"^\.(\S+) \{ (.*) \}$", both, flags=re.MULTILINE))
    assert "@media (prefers-color-scheme: dark) {" in both
    root = ET.fromstring(both)
    for element in root.iter():
        for name in element.attrib.get("class", "").split():
            if name.startswith("gc-"):
                attribute, colour = rules[name].split(": ")
                assert attribute in element.attrib
                element.attrib[attribute] = colour
    assert colours(root) == colours(ET.fromstring(dark))
    assert "prefers-color-scheme" not in light + dark


def colours(root):
    """The colours of everything that is drawn, in order."""
    return [
        (element.tag, *(element.attrib.get(name, "").lower() for name in ("fill", "stroke")))
        for element in root.iter()
        if element.tag.removeprefix(SVG) in {"polygon", "polyline", "path", "ellipse", "text"}
    ]


def test_no_colour_stands_for_a_role_in_what_is_written():
    assert "#fe01" not in svg(sigmoid()).lower()


def test_other_themes_are_an_error():
    with pytest.raises(InputError, match="theme must be 'auto', 'light' or 'dark', not 'sepia'"):
        svg(sigmoid(), theme="sepia")


# ---------------------------------------------------------------- ids, titles, tooltips


def test_ids_are_the_names_of_the_steps():
    root = ET.fromstring(svg(mlp_loss(), **MLP))
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert {"x", "W1", "z", "h", "W2", "p", "y", "r", "L"} <= set(ids)
    assert len(set(ids)) == len(ids)
    groups = {e.attrib["id"]: e for e in root.iter(f"{SVG}g") if "id" in e.attrib}
    assert groups["h"].attrib["class"] == "node op"
    assert groups["z-h"].attrib["class"].startswith("edge")


@pytest.mark.parametrize("name", ["edge1", "node1", "graph0", "clust1", "a_edge1", "cluster_1"])
def test_ids_are_unique_whatever_steps_are_called(name):
    x = gc.scalar("x")
    with gc.scope("s"):
        y = gc.let(name, gc.exp(x))
    root = ET.fromstring(svg(gc.Graph([x], {"y": y * y})))
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert ids.count(name) == 1
    assert len(set(ids)) == len(ids)


def test_adjoint_arrows_have_ids_of_their_own():
    root = ET.fromstring(svg(sigmoid(), mode="reverse"))
    ids = {element.attrib.get("id") for element in root.iter()}
    assert {"w1-w3", "w3-w1", "w4-w5", "w5-w4"} <= ids


def test_a_drawing_is_told_in_words():
    root = ET.fromstring(svg(sigmoid(), mode="reverse", at=AT, parameters=("a",)))
    assert root[0].text == "Reverse mode: y = 1/(1 + exp(−a·x)) at x = 1, a = 2"
    assert root[1].text == (
        "A graph of 1 input, 1 parameter, 2 operations, 1 output, and 8 arrows. "
        "Outputs: y = w₅ = 1/w₄."
    )
    told = ET.fromstring(svg(layers(12, 3)))[1].text or ""
    assert "a block that comes 12 times is drawn once" in told


def test_every_vertex_has_a_tooltip():
    root = ET.fromstring(svg(mlp_loss(), **MLP))
    link = "{http://www.w3.org/1999/xlink}title"
    tips = [
        element.attrib[link].replace("\xa0", " ")
        for element in root.iter()
        if link in element.attrib
    ]
    assert {"z = W₁ x   k", "L = ½ rᵀr", "x   n"} <= set(tips)
