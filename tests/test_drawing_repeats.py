"""Equal blocks in a row are drawn once, and the drawing says how often they come."""

import pytest

import graphcomp as gc
from graphcomp.graph import GraphData
from graphcomp.printers.dot import dot_source
from graphcomp.printers.repeats import copies_of, find_repeats, stand_ins
from graphcomp.program import build_program
from tests.drawings import Drawn, chain, layers


def draw(graph, **options):
    return Drawn(dot_source(graph, **options))


def blocks(graph, apart=()):
    program = build_program(graph)
    return find_repeats(program, {}, enough=lambda saved: False, apart=apart)


def test_twelve_equal_layers_are_drawn_once():
    names = [f"p{i}" for i in range(1, 13)]
    drawn = draw(layers(12, 3), parameters=names)
    assert set(drawn.clusters) == {"net", "layer1 … layer12  × 12"}
    (weight,) = [n for n, a in drawn.nodes.items() if a["class"] == "param"]
    assert drawn.lines(weight) == ["w₂ = p₁", "× 12: w₂, w₃, …, w₁₃"]
    assert len(drawn.nodes) == 1 + 1 + 6 + 1
    assert drawn.heading[-1] == ("86 nodes drawn as 9: a block that comes 12 times is drawn once")


def test_what_a_copy_hands_to_the_next_is_a_dotted_arrow():
    drawn = draw(layers(12, 3))
    again = {
        (str(e[0]), str(e[1])): e.attr for e in drawn.graph.edges() if e.attr["class"] == "again"
    }
    assert set(again) == {("w19", "w14")}
    assert again["w19", "w14"]["style"] == "dotted"
    assert again["w19", "w14"]["constraint"] == "false"


def test_small_graphs_are_drawn_whole_unless_asked():
    assert len(draw(layers(3, 2)).nodes) == 17
    assert len(draw(layers(3, 2), repeats=True).nodes) == 1 + 1 + 4 + 1
    assert len(draw(layers(12, 3), max_nodes=100).nodes) == 86
    assert len(draw(layers(12, 1)).nodes) == 1 + 1 + 2 + 1
    assert len(draw(layers(12, 1), repeats=False).nodes) == 38


def test_a_chain_of_one_operation():
    drawn = draw(chain(10_000), mode="reverse", at={"x": 1.0})
    assert set(drawn.nodes) == {"w1", "w2", "w10001"}
    assert drawn.lines("w2")[-1] == "× 9,999: w₂, w₃, …, w₁₀₀₀₀"
    assert drawn.lines("w2")[:2] == ["w₂ = sin(w₁)", "= 0.8415"]
    assert drawn.lines("w10001")[0] == "y = w₁₀₀₀₁ = sin(w₁₀₀₀₀)"
    assert drawn.label("w2", "w10001") == []
    assert drawn.label("w2", "w10001", back=True) == ["w̄₁₀₀₀₁·cos(w₁₀₀₀₀)"]
    assert "a repeated block shows its first copy" in drawn.heading


def test_a_loop_that_reads_the_same_inputs_and_steps_each_time():
    x, dt, k = gc.scalars("x dt k")
    square = gc.let("square", dt * dt)
    v = x
    for _ in range(40):
        x = x + square * gc.sin(v)
        v = v - k * x
    graph = GraphData([gc.scalar("x"), dt, k], {"y": x * v})
    (block,) = blocks(graph)
    assert len(block.copies) >= 39
    drawn = draw(graph)
    assert len(drawn.nodes) < 16
    assert drawn.lines("square")[0] == "square = dt²"


def test_blocks_that_differ_are_not_put_together():
    x = y = gc.scalar("x")
    for i in range(30):
        y = gc.sin(y) * (i + 2)  # another constant each time
    assert blocks(GraphData([x], {"y": y})) == []
    A = h = gc.array("x", "n")
    for i in range(10):
        h = gc.tanh(gc.array(f"W{i}", f"d{i + 1} {f'd{i}' if i else 'n'}") @ h)
    inputs = [A, *(gc.array(f"W{i}", f"d{i + 1} {f'd{i}' if i else 'n'}") for i in range(10))]
    assert blocks(GraphData(inputs, {"y": gc.sum(h)})) == []


def test_a_few_equal_steps_in_a_large_graph_are_left_alone():
    x = y = gc.scalar("x")
    for i in range(40):
        y = gc.exp(y) * (i + 2)
    for _ in range(4):
        y = gc.sin(y)
    graph = GraphData([x], {"y": 1 / y})
    assert len(draw(graph).nodes) == len(build_program(graph).steps) <= 60
    assert len(draw(graph, repeats=True).nodes) == len(build_program(graph).steps) - 3


def test_scopes_of_other_names_are_not_layers_of_one_kind():
    x = h = gc.scalar("x")
    for name in ("encoder", "decoder", "head", "tail"):
        with gc.scope(name):
            h = gc.sin(gc.exp(h))
    assert blocks(GraphData([x], {"y": 2 * h + 1})) == []


def test_a_scope_that_is_to_stay_open_stands_for_itself():
    drawn = draw(layers(12, 3), expand=["net/layer3"])
    assert {"net", "layer3", "layer4 … layer12  × 9"} <= set(drawn.clusters)


def test_blocks_within_blocks():
    x = y = gc.scalar("x")
    for _ in range(20):
        for _ in range(30):
            y = gc.sin(y)
        y = gc.exp(y)
    drawn = draw(GraphData([x], {"y": 1 / y}), max_nodes=10)
    assert len(drawn.nodes) <= 6
    assert any(label.startswith("× 20") for label in drawn.clusters)
    assert any(label.startswith("× 30") for label in drawn.clusters)


@pytest.mark.parametrize("graph", [layers(5, 4), chain(50)])
def test_a_copy_reads_what_the_first_copy_reads_in_its_place(graph):
    program = build_program(graph)
    found = blocks(graph)[:1]
    stands = stand_ins(found)
    copies = copies_of(found, stands)
    for step in program.steps:
        rep = program.by_name[stands.get(step.name, step.name)]
        assert rep.node.op is step.node.op
        assert len(rep.operands) == len(step.operands)
        for name, other in zip(step.operands, rep.operands, strict=True):
            ours = copies.get(name, {}).get(0), copies.get(step.name, {}).get(0)
            if step is not rep and ours[0] == ours[1]:
                assert stands.get(name, name) == other


@pytest.mark.slow
def test_long_programs_of_no_pattern_take_no_time():
    x = y = gc.scalar("x")
    functions = (gc.sin, gc.cos, gc.exp, gc.tanh)
    for i in range(10_000):
        y = functions[i * i % 9 % 4](y) * (i % 17 + 2)
    drawn = draw(GraphData([x], {"y": y + 1}))
    assert len(drawn.nodes) <= 60
