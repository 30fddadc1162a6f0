"""NumPy's functions of arrays on nodes: values, and derivatives of both modes."""

from typing import Any

import numpy as np
import pytest

import graphcomp as gc
from graphcomp.graph import GraphData
from tests.conformance.array_calls import ENTRIES, Entry
from tests.conformance.cases import cotangents, run, tangent
from tests.conformance.numerics import close, difference


def label(entry: Entry) -> str:
    return entry.function.__name__ + "-".join(map(str, entry.shapes)).replace(" ", "")


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_values_are_numpys_and_derivatives_of_both_modes_agree_with_differences(entry: Entry):
    rng = np.random.default_rng(3)
    names = [f"x{i}" for i in range(len(entry.shapes))]
    values = {n: rng.uniform(0.5, 2, s) for n, s in zip(names, entry.shapes, strict=True)}
    inputs = [gc.array(name, value.shape) for name, value in values.items()]
    graph = GraphData(inputs, {"y": entry.call(entry.function, *inputs)})

    def reference(point: Any) -> Any:
        return np.asarray(entry.call(entry.function, *(point[name] for name in names)))

    expected = reference(values)
    assert graph.outputs[0].shape == expected.shape
    assert graph.outputs[0].dtype == expected.dtype
    assert close(run(graph, values)["y"], expected, 1e-13)
    if not graph.outputs[0].is_real:
        return
    directions = {n: rng.uniform(-1, 1, value.shape) for n, value in values.items()}
    image = tangent(graph, values, directions)
    assert close(image, difference(reference, values, directions))
    ct = np.asarray(rng.uniform(-1, 1, image.shape))
    pulled = cotangents(graph, values, ct, names)
    moved = sum(np.sum(pulled[name] * directions[name]) for name in names)
    assert moved == pytest.approx(np.sum(ct * image), rel=1e-11, abs=1e-11)
