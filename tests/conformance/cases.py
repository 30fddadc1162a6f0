"""Every op record as test cases, with the arguments that its samples and domains name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from graphcomp import ad, ops
from graphcomp.evaluate import bind, evaluate
from graphcomp.graph import GraphData, input_node
from graphcomp.node import apply
from graphcomp.op import Kind, Op, Sample
from graphcomp.shape import Shape

Array = np.ndarray[Any, Any]
Values = dict[str, Array]

#: Test points keep this distance from a kink, so that differences with a smaller step are sound.
CLEAR = 0.05


@dataclass(frozen=True)
class Case:
    """An op with the shapes of its arguments and its parameters."""

    op: Op
    shapes: tuple[Shape, ...]
    params: Mapping[str, Any]

    def __str__(self) -> str:
        shown = [str(shape).replace(" ", "") for shape in self.shapes]
        return "-".join([self.op.name, *shown, *(f"{k}={v}" for k, v in self.params.items())])

    def domain(self, index: int) -> tuple[float, float] | str:
        return self.op.domains[min(index, len(self.op.domains) - 1)]

    @property
    def names(self) -> list[str]:
        return [f"x{i}" for i in range(len(self.shapes))]

    @property
    def real(self) -> list[str]:
        """The arguments that have derivatives."""
        return [name for i, name in enumerate(self.names) if not isinstance(self.domain(i), str)]

    def dtypes(self, real: str | Sequence[str] = "float64") -> list[str]:
        reals = [real] * len(self.shapes) if isinstance(real, str) else list(real)
        fixed = {"bool": "bool", "int": "int64"}
        return [
            fixed[domain] if isinstance(domain := self.domain(i), str) else reals[i]
            for i in range(len(self.shapes))
        ]

    def graph(self, real: str | Sequence[str] = "float64") -> GraphData:
        """The function y = op(x0, x1, ...)."""
        inputs = [
            input_node(name, shape, dtype)
            for name, shape, dtype in zip(self.names, self.shapes, self.dtypes(real), strict=True)
        ]
        return GraphData(inputs, {"y": apply(self.op, *inputs, **self.params)})

    def values(self, seed: int = 0, real: str | Sequence[str] = "float64") -> Values:
        """Arguments from the domains of the op, at a distance from its kinks."""
        rng = np.random.default_rng([seed, *self.op.name.encode()])
        for _ in range(1000):
            arrays = [self._draw(rng, i) for i in range(len(self.shapes))]
            if self.op.margin is None or np.all(self.op.margin(*arrays, **self.params) > CLEAR):
                dtypes = self.dtypes(real)
                return {
                    name: array.astype(dtype)
                    for name, array, dtype in zip(self.names, arrays, dtypes, strict=True)
                }
        raise AssertionError(f"{self}: no point away from the kinks of the op")

    def _draw(self, rng: np.random.Generator, index: int) -> Array:
        domain, shape = self.domain(index), self.shapes[index]
        if self.op.draw is not None:
            return np.asarray(self.op.draw(rng, index, shape))
        if domain == "bool":
            return np.asarray(rng.random(shape) > 0.5)
        if domain == "int":
            return np.asarray(rng.integers(-5, 6, shape))
        assert not isinstance(domain, str)
        return np.asarray(rng.uniform(*domain, shape))

    def directions(self, seed: int = 1) -> Values:
        """A random direction for each real argument."""
        rng = np.random.default_rng(seed)
        shapes = dict(zip(self.names, self.shapes, strict=True))
        return {name: rng.uniform(-1, 1, shapes[name]) for name in self.real}

    def result(self, values: Values) -> Array:
        """The op's own reference evaluation, untouched by the interpreter."""
        return np.asarray(self.op.evaluate(*values.values(), **self.params))


def samples_of(op: Op) -> tuple[Sample, ...]:
    if op.samples is not None:
        return op.samples
    return (Sample(((3, 2),) * op.arity), Sample(((),) * op.arity))


#: Every op that takes arguments.
CASES = [
    Case(op, sample.shapes, sample.params)
    for op in ops.ALL
    if op.kind is not Kind.LEAF
    for sample in samples_of(op)
]
#: Those through which derivatives pass.
SMOOTH = [case for case in CASES if case.op.kind is not Kind.DISCRETE]
#: Those that take arguments of different shapes.
BROADCASTING = [op for op in ops.ALL if op.broadcasts and op.arity > 1]


def cases(chosen: Sequence[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=str)


def run(graph: GraphData, values: Mapping[str, Any]) -> Values:
    """The outputs by name, from the reference interpreter."""
    arrays, sizes = bind(graph.inputs, values)
    found = evaluate(graph.outputs, arrays, sizes)
    return {n: found[node] for n, node in zip(graph.output_names, graph.outputs, strict=True)}


def tangent(graph: GraphData, values: Values, directions: Values) -> Array:
    """J times the directions, by forward mode."""
    seeds = {f"{name}_dot": direction for name, direction in directions.items()}
    return run(ad.pushforward(graph, list(directions)), values | seeds)["y_dot"]


def cotangents(graph: GraphData, values: Values, ct: Array, wrt: Sequence[str]) -> Values:
    """The transposed J times a cotangent, by reverse mode; by argument."""
    found = run(ad.pullback(graph, list(wrt)), values | {"y_bar": ct})
    return {name: found[f"{name}_bar"] for name in wrt}


def weighted(graph: GraphData, seed: int = 2) -> tuple[GraphData, Array]:
    """The scalar s = sum(weights * y), with fixed random weights, and the weights."""
    (y,) = graph.outputs
    weights = np.random.default_rng(seed).uniform(0.5, 1.5, y.shape)
    return GraphData(graph.inputs, {"s": (y * weights).sum()}), weights
