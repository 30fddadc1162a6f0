"""Large graphs: scopes are folded, then both ends are kept, and nothing hangs."""

import time

import pytest

import graphcomp as gc
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.printers.collapse import view
from graphcomp.printers.dot import dot_source
from graphcomp.printers.drawing import draw as draw_to_file
from graphcomp.printers.render import render
from graphcomp.program import build_program
from tests.drawings import POINT, Drawn, chain, layers, mlp_loss


def draw(graph, **options):
    return Drawn(dot_source(graph, **options))


def test_what_fits_is_drawn_whole():
    drawn = draw(layers(2, 3), max_nodes=60)
    assert set(drawn.clusters) == {"net", "layer1", "layer2"}
    assert not any("max_nodes" in line for line in drawn.heading)


def test_scopes_become_folders_that_say_what_is_inside():
    drawn = draw(layers(3, 4), max_nodes=8, parameters=("p1", "p2", "p3"), repeats=False)
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
        '29 nodes drawn as 5: 3 scopes are folded, expand=["net/layer3"] (--expand) opens one'
    )


def test_outer_scopes_are_folded_only_if_the_inner_ones_are_not_enough():
    drawn = draw(layers(10, 4), max_nodes=5, repeats=False)
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
    drawn = draw(GraphData([x], {"y": large}), max_nodes=10, repeats=False)
    assert set(drawn.clusters) == {"small"}
    (folder,) = [n for n, a in drawn.nodes.items() if a["class"] == "group final"]
    assert drawn.lines(folder) == ["large", "20 ops", "output y = w₂₃"]
    assert drawn.nodes[folder]["peripheries"] == "2"


def test_expand_keeps_a_scope_open():
    drawn = draw(layers(3, 4), max_nodes=8, expand=["net/layer2"], repeats=False)
    assert set(drawn.clusters) == {"net", "layer2"}
    assert sum(a["class"] == "group" for a in drawn.nodes.values()) == 2
    with pytest.raises(InputError, match="there is no scope 'layer2'; there are: net, net/layer1,"):
        dot_source(layers(3, 4), expand=["layer2"])


def test_collapse_folds_a_scope_of_a_small_graph():
    drawn = draw(mlp_loss(), collapse="loss")
    (folder,) = [n for n, a in drawn.nodes.items() if a["class"] == "group final"]
    assert drawn.lines(folder) == ["loss", "2 ops · 1 input", "output L"]
    assert set(drawn.clusters) == {"layer1", "layer2"}
    assert drawn.heading[0] == "L = ½ ‖W₂ relu(W₁ x) − y‖²"
    with pytest.raises(InputError, match="collapse: there is no scope 'los'; there are: layer1"):
        dot_source(mlp_loss(), collapse=["los"])
    with pytest.raises(InputError, match="scope 'loss' is both in expand and in collapse"):
        dot_source(mlp_loss(), collapse=["loss"], expand=["loss"])


def test_a_folded_output_shows_its_value():
    drawn = draw(mlp_loss(), collapse="loss", mode="reverse", at=POINT)
    (folder,) = [n for n, a in drawn.nodes.items() if a["class"] == "group final"]
    assert drawn.lines(folder)[-2:] == ["output L", "= 1"]


def test_messages_say_what_was_left_out(tmp_path):
    messages: list[str] = []
    draw_to_file(chain(3), tmp_path / "chain.svg", report=messages.append)
    assert messages == []
    draw_to_file(
        layers(3, 4), tmp_path / "layers.svg", max_nodes=8, repeats=False, report=messages.append
    )
    assert messages == [draw(layers(3, 4), max_nodes=8, repeats=False).heading[-1]]


def test_long_graphs_run_from_top_to_bottom_in_columns():
    x = y = gc.scalar("x")
    for i in range(300):
        y = gc.exp(y) + i if i * i % 7 > 2 else gc.sin(y) * (i + 2)
    graph = GraphData([x], {"y": y})
    drawn = draw(graph)
    assert len(drawn.nodes) == 60
    assert drawn.graph.graph_attr["rankdir"] == "TB"
    loose = [edge for edge, a in drawn.forward.items() if a["constraint"] == "false"]
    assert len(loose) == 3  # from the foot of a column to the head of the next
    width, height = size(render(drawn.source, "png"))
    assert 0.4 < width / height < 2.5
    across = draw(graph, rankdir="LR")
    assert across.graph.graph_attr["rankdir"] == "LR"
    assert not any(a["constraint"] == "false" for a in across.forward.values())


def test_a_graph_that_is_no_chain_stays_in_one_piece():
    x, a = gc.scalars("x a")
    pool = [x, a]
    for i in range(40):
        pool.append(gc.sin(pool[-1] * (i + 2)) * pool[max(0, i - 7)])
    drawn = draw(GraphData([x, a], {"y": pool[-1]}), max_nodes=200)
    assert drawn.graph.graph_attr["rankdir"] == "TB"
    assert not any(a["constraint"] == "false" for a in drawn.forward.values())


def size(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def test_adjoints_flow_through_folders():
    drawn = draw(layers(3, 4), max_nodes=8, mode="reverse", repeats=False)
    assert set(drawn.reverse) == set(drawn.forward)
    assert drawn.lines("w1")[-1].startswith("dx = ")


def test_without_scopes_both_ends_are_kept():
    drawn = draw(chain(1000), max_nodes=12, repeats=False)
    assert len(drawn.nodes) == 12
    assert drawn.lines("more") == ["… 990 more steps"]
    assert list(drawn.nodes) == [
        "w1", "w2", "w3", "w4", "w5", "w6",
        "more",
        "w997", "w998", "w999", "w1000", "w1001",
    ]  # fmt: skip
    assert ("w6", "more") in drawn.forward
    assert ("more", "w997") in drawn.forward
    assert drawn.heading[-1] == ("1,001 nodes drawn as 12: 990 nodes are left out (max_nodes=12)")


def test_many_inputs():
    inputs = gc.scalars(" ".join(f"x{i}" for i in range(500)))
    total = inputs[0]
    for node in inputs[1:]:
        total = total + node
    drawn = draw(GraphData(inputs, {"y": total}), max_nodes=20, repeats=False)
    assert len(drawn.nodes) <= 20
    assert any(attributes["class"] == "output" for attributes in drawn.nodes.values())
    one_step = draw(GraphData(inputs, {"y": gc.stack(inputs)}), max_nodes=20, repeats=False)
    assert len(one_step.nodes) <= 20
    assert one_step.lines("more")[0].endswith("more steps")


@pytest.mark.parametrize("max_nodes", [3, 4, 5, 9, 17, 40])
@pytest.mark.parametrize("graph", [chain(50), layers(4, 5), layers(1, 40), layers(20, 3)])
@pytest.mark.parametrize("repeats", [None, False, True])
def test_every_step_has_a_place_and_the_number_holds(graph, max_nodes, repeats):
    program = build_program(graph)
    shown = view(program, max_nodes, repeats=repeats)
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
    drawn = draw(GraphData([x], {"y": gc.exp(h)}), max_nodes=5, mode="reverse", repeats=False)
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
    options = {"mode": mode, "max_nodes": max_nodes, "repeats": False}
    render(dot_source(GraphData([x], {"y": y}), **options))
    assert time.process_time() - start < 30


@pytest.mark.slow
def test_a_hundred_thousand_steps():
    start = time.process_time()
    drawn = draw(chain(100_000))
    assert set(drawn.nodes) == {"w1", "w2", "w100001"}
    assert time.process_time() - start < 60
