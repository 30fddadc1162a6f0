"""Large graphs: scopes are folded, then both ends are kept, and nothing hangs."""

import time

import pytest

import graphcomp as gc
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.printers.collapse import view
from graphcomp.printers.dot import dot_source
from graphcomp.printers.render import render
from graphcomp.program import build_program
from tests.drawings import Drawn, chain, layers


def draw(graph, **options):
    return Drawn(dot_source(graph, **options))


def test_what_fits_is_drawn_whole():
    drawn = draw(layers(2, 3), max_nodes=60)
    assert set(drawn.clusters) == {"net", "layer1", "layer2"}
    assert not any("max_nodes" in line for line in drawn.heading)


def test_scopes_become_folders_that_say_what_is_inside():
    drawn = draw(layers(3, 4), max_nodes=8, parameters=("p1", "p2", "p3"))
    folders = {n: drawn.lines(n) for n, a in drawn.nodes.items() if a["class"] == "group"}
    assert list(folders.values()) == [
        ["layer1", "8 ops · 1 param"],
        ["layer2", "8 ops · 1 param"],
        ["layer3", "8 ops · 1 param"],
    ]
    first, second, third = folders
    assert set(drawn.forward) == {
        ("w1", first), (first, second), (second, third), (third, "w29"),
    }  # fmt: skip
    assert set(drawn.clusters) == {"net"}
    assert drawn.heading[-1] == (
        '29 nodes drawn as 5 (max_nodes=8); pass expand=["net/layer3"] to open a scope'
    )


def test_outer_scopes_are_folded_only_if_the_inner_ones_are_not_enough():
    drawn = draw(layers(10, 4), max_nodes=5)
    assert drawn.clusters == {}
    assert [drawn.lines(node) for node in drawn.nodes] == [
        ["w₁ = x"],
        ["net", "80 ops · 10 inputs"],
        ["y = w₉₂ = exp(w₉₁)"],
    ]


def test_the_largest_scopes_are_folded_first():
    x = gc.scalar("x")
    with gc.scope("small"):
        small = gc.sin(gc.cos(x))
    with gc.scope("large"):
        large = small
        for _ in range(20):
            large = gc.sin(large)
    drawn = draw(GraphData([x], {"y": large}), max_nodes=10)
    assert set(drawn.clusters) == {"small"}
    # the output stands in the scope, too
    assert [drawn.lines(n) for n, a in drawn.nodes.items() if a["class"] == "group"] == [
        ["large", "20 ops"]
    ]


def test_expand_keeps_a_scope_open():
    drawn = draw(layers(3, 4), max_nodes=8, expand=["net/layer2"])
    assert set(drawn.clusters) == {"net", "layer2"}
    assert sum(a["class"] == "group" for a in drawn.nodes.values()) == 2
    with pytest.raises(InputError, match="there is no scope 'layer2'; there are: net, net/layer1,"):
        dot_source(layers(3, 4), expand=["layer2"])


def test_adjoints_flow_through_folders():
    drawn = draw(layers(3, 4), max_nodes=8, mode="reverse")
    assert set(drawn.reverse) == set(drawn.forward)
    assert drawn.lines("w1")[-1].startswith("dx = ")


def test_without_scopes_both_ends_are_kept():
    drawn = draw(chain(1000), max_nodes=12)
    assert len(drawn.nodes) == 12
    assert drawn.lines("more") == ["… 990 more steps"]
    assert list(drawn.nodes) == [
        "w1", "w2", "w3", "w4", "w5", "w6",
        "more",
        "w997", "w998", "w999", "w1000", "w1001",
    ]  # fmt: skip
    assert ("w6", "more") in drawn.forward
    assert ("more", "w997") in drawn.forward
    assert drawn.heading[-1] == "1,001 nodes drawn as 12 (max_nodes=12)"


def test_many_inputs():
    inputs = gc.scalars(" ".join(f"x{i}" for i in range(500)))
    total = inputs[0]
    for node in inputs[1:]:
        total = total + node
    drawn = draw(GraphData(inputs, {"y": total}), max_nodes=20)
    assert len(drawn.nodes) <= 20
    assert any(attributes["class"] == "output" for attributes in drawn.nodes.values())
    one_step = draw(GraphData(inputs, {"y": gc.stack(inputs)}), max_nodes=20)
    assert len(one_step.nodes) <= 20
    assert one_step.lines("more")[0].endswith("more steps")


@pytest.mark.parametrize("max_nodes", [3, 4, 5, 9, 17, 40])
@pytest.mark.parametrize("graph", [chain(50), layers(4, 5), layers(1, 40)])
def test_every_step_has_a_place_and_the_number_holds(graph, max_nodes):
    program = build_program(graph)
    shown = view(program, max_nodes)
    assert len(shown.places) <= max(max_nodes, 3)
    assert set(shown.place_of) == {step.name for step in program.steps}
    assert sum(len(place.steps) for place in shown.places) == len(program.steps) == shown.total
    assert len({place.name for place in shown.places}) == len(shown.places)


def test_scopes_in_circles():
    x = gc.scalar("x")
    h = x
    for i in range(20):
        with gc.scope("a" if i % 2 else "b"):
            h = gc.sin(h)
    drawn = draw(GraphData([x], {"y": gc.exp(h)}), max_nodes=5, mode="reverse")
    assert render(drawn.source)
    assert sum(a["class"] == "group" for a in drawn.nodes.values()) == 2


def test_deeply_nested_scopes():
    x = gc.scalar("x")
    with gc.scope("s"), gc.scope("t"):
        h = x
        scopes = [gc.scope(f"n{i}") for i in range(100)]
        for scope in scopes:
            scope.__enter__()
            h = gc.sin(h)
        for scope in reversed(scopes):
            scope.__exit__(None, None, None)
    assert render(draw(GraphData([x], {"y": h}), max_nodes=200).source)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [None, "forward", "reverse"])
@pytest.mark.parametrize("max_nodes", [60, 10_000])
def test_no_drawing_takes_long(mode, max_nodes):
    x = y = gc.scalar("x")
    for _ in range(1000):
        y = gc.sin(y) * x  # x reaches everywhere: hard for Graphviz
    start = time.process_time()
    render(dot_source(GraphData([x], {"y": y}), mode=mode, max_nodes=max_nodes))
    assert time.process_time() - start < 30


@pytest.mark.slow
def test_a_hundred_thousand_steps():
    start = time.process_time()
    drawn = draw(chain(100_000))
    assert len(drawn.nodes) == 60
    assert time.process_time() - start < 60
