"""Modules generated from what is composed: they give what the interpreter gives, and stay clean."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.codegen import generate
from graphcomp.graph import GraphData
from tests.conformance.entries import Entry
from tests.conformance.more_calls import MORE
from tests.generated import agree
from tests.test_codegen_style import tool


def graph_of(entry: Entry) -> tuple[GraphData, dict[str, Any]]:
    rng = np.random.default_rng(3)
    values = {f"x{i}": np.asarray(rng.uniform(0.5, 2, s)) for i, s in enumerate(entry.shapes)}
    inputs = [gc.array(name, value.shape) for name, value in values.items()]
    return GraphData(inputs, {"y": entry.call(entry.function, *inputs)}, name="f"), values


def label(entry: Entry) -> str:
    return entry.function.__name__ + "-".join(map(str, entry.shapes)).replace(" ", "")


@pytest.mark.parametrize("entry", MORE, ids=label)
def test_generated_functions_give_what_the_interpreter_gives(entry: Entry):
    graph, values = graph_of(entry)
    agree(graph, values, kinds=("value", "vjp", "jvp"), rtol=1e-11)


def test_generated_modules_pass_the_linter_and_the_formatter(tmp_path: Path):
    for i, entry in enumerate(MORE):
        source = generate(graph_of(entry)[0], ("value", "vjp"), name="f")
        (tmp_path / f"module_{i}.py").write_text(source, encoding="utf-8")
        assert all(len(line) <= 88 for line in source.splitlines()), label(entry)
    assert tool("ruff", "check", "--isolated", str(tmp_path)) == ""
    assert tool("ruff", "format", "--isolated", "--diff", str(tmp_path)) == ""
