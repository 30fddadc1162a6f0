"""A graph at a point: its values in high precision, moved along directions, with its kinks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from graphcomp.check.judge import Array
from graphcomp.evaluate import bind, evaluate, resolve_params
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.op import Form, Kind
from graphcomp.ops.shaping import CAST
from graphcomp.spelling import spell
from graphcomp.traversal import topological


class Subject:
    """A graph at a point, its outputs contracted with random cotangents.

    Computed in float64 whatever the dtypes are, or in complex numbers, as nothing is rounded to the
    dtypes of the nodes.
    """

    def __init__(self, graph: GraphData, point: Mapping[str, Array], rng: Any) -> None:
        self.graph = graph
        self.rng = rng
        arrays, self.sizes = bind(graph.inputs, point)
        exact = {n: a.astype(np.float64) if n.is_real else a for n, a in arrays.items()}
        self.inputs = arrays
        self.order = topological(graph.outputs)
        self.kinked = [n for n in self.order if n.op.margin is not None]
        self.base = self.values(exact)
        self.cts = {
            o: np.asarray(rng.uniform(0.5, 1.5, self.base[o].shape) * rng.choice([-1, 1]))
            for o in dict.fromkeys(graph.outputs)
            if o.is_real
        }
        (first, *rest) = self.cts
        if not rest and not self.cts[first].shape:
            self.cts[first] = np.array(1.0)  # so that reports show the derivative itself
        self.margins = {n: self.margin(n, self.base) for n in self.kinked}

    @property
    def work(self) -> int:
        """Entries computed for one evaluation; a node costs something even if it has but one."""
        return sum(self.base[node].size + 50 for node in self.order)

    @property
    def magnitude(self) -> float:
        """The sum of the absolute values of what the contraction sums up."""
        return float(sum(np.sum(np.abs(ct * self.base[o])) for o, ct in self.cts.items()))

    def values(self, start: Mapping[Node, Array], moved: Iterable[Node] = ()) -> dict[Node, Array]:
        """The values of all nodes, given some; all that depend on `moved` are computed anew."""
        found = dict(start)
        changed = set(moved)
        with np.errstate(all="ignore"):
            for node in self.order:
                if node in found and (node in changed or changed.isdisjoint(node.args)):
                    continue
                changed.add(node)
                found[node] = self._apply(node, [found[arg] for arg in node.args])
        return found

    def _apply(self, node: Node, args: list[Array]) -> Array:
        if node.op is CAST and node.is_real and node.args[0].is_real:
            return args[0]  # precision is not what is checked
        if node.op.kind is Kind.DISCRETE:
            args = [np.real(arg) for arg in args]
        return np.asarray(node.op.evaluate(*args, **resolve_params(node.params, self.sizes)))

    def moved(self, node: Node, step: Array) -> dict[Node, Array]:
        """The values of all nodes after a step of one of them."""
        return self.values({**self.base, node: self.base[node] + step}, [node])

    def contracted(self, values: Mapping[Node, Array]) -> Any:
        """The sum of the outputs times their cotangents."""
        return sum(np.sum(ct * values[o]) for o, ct in self.cts.items())

    def margin(self, node: Node, values: Mapping[Node, Array]) -> Array:
        """How far a node is from its kink."""
        assert node.op.margin is not None
        with np.errstate(all="ignore"):
            args = [values[arg] for arg in node.args]
            return np.asarray(node.op.margin(*args, **resolve_params(node.params, self.sizes)))

    def is_analytic(self, node: Node) -> bool:
        """Whether all that depends on a node can be computed in complex numbers."""
        reached = {node}
        for other in self.order:
            if not reached.isdisjoint(other.args) and other.op.kind is not Kind.DISCRETE:
                reached.add(other)
        return all(n.op.analytic or n.op is CAST for n in reached if n is not node and n.is_real)

    def described(self, node: Node, entries: Array) -> str:
        """A node on its kink, in words."""

        def named(other: Node) -> str | None:
            return (
                other.param("name") if other.op.form is Form.NAMED and other is not node else None
            )

        try:
            text, _ = spell(node, "text", named, limit=12)
        except KeyError:  # an op that is not spelled
            text = node.op.name
        steps = [n.param("name") for n in self.order if node in n.args and n.op.form is Form.NAMED]
        step = f" in step {steps[0]}" if steps else ""
        if not entries.shape[1]:
            return f"{text}{step} is at its kink"
        shown = ", ".join(str(entry.tolist()) for entry in entries[:4])
        return f"{text}{step} is at its kink in {shown}{' ...' if len(entries) > 4 else ''}"

    def cotangents(self, pullback: GraphData, variables: Mapping[str, Node]) -> dict[str, Array]:
        """Reverse mode, as the interpreter computes it."""
        seeds = pullback.inputs[len(self.graph.inputs) :]
        real = [o for o in self.graph.outputs if o.is_real]
        share = {o: 1 / real.count(o) for o in real}  # an output that comes twice has two seeds
        arrays = dict(self.inputs)
        for seed, output in zip(seeds, real, strict=True):
            arrays[seed] = (self.cts[output] * share[output]).astype(seed.dtype)
        found = evaluate(pullback.outputs, arrays, self.sizes)
        return {n: found[o] for n, o in zip(variables, pullback.outputs, strict=True)}

    def tangent(self, pushforward: GraphData, direction: Array) -> tuple[float, float]:
        """Forward mode along a direction of one variable, contracted; and the size of its terms."""
        seed = pushforward.inputs[-1]
        arrays = {**self.inputs, seed: direction.astype(seed.dtype)}
        found = evaluate(pushforward.outputs, arrays, self.sizes)
        dots = dict(zip(self.graph.outputs, pushforward.outputs, strict=True))
        parts = [ct * found[dots[output]] for output, ct in self.cts.items()]
        return sum(float(np.sum(p)) for p in parts), sum(float(np.sum(abs(p))) for p in parts)


class Path:
    """The contraction as a function of one number, along a direction of one node."""

    def __init__(self, subject: Subject, node: Node, direction: Array) -> None:
        self.subject, self.node, self.direction = subject, node, direction
        self._values: dict[float, float] = {}
        self._kinks: dict[float, list[str]] = {}

    def __call__(self, t: float) -> float:
        """The contraction at a distance."""
        if t not in self._values:
            self._keep(t, self.subject.moved(self.node, t * self.direction))
        return self._values[t]

    def _keep(self, t: float, values: Mapping[Node, Array]) -> None:
        self._values[t] = float(self.subject.contracted(values))

    def kinks(self, step: float) -> list[str]:
        """The ops that come to their kink on the way to `step`, or on the way to `-step`."""
        if step not in self._kinks:
            self._kinks[step] = self._found(step) if self.subject.kinked else []
        return self._kinks[step]

    def _found(self, step: float) -> list[str]:
        subject, found = self.subject, []
        ahead, behind = (subject.moved(self.node, t * self.direction) for t in (step, -step))
        self._keep(step, ahead)
        self._keep(-step, behind)
        for node in subject.kinked:
            before = subject.margins[node]
            changes = [np.abs(subject.margin(node, values) - before) for values in (ahead, behind)]
            change = np.maximum(*changes)
            hit = (before <= 2 * change) & (change > 0)
            if np.any(hit):
                found.append(subject.described(node, np.argwhere(hit)))
        return found

    def complex_step(self, scale: float) -> float:
        """The derivative by the complex step; NaN where real arguments already give complex values."""
        plain, moved = (
            self.subject.contracted(self.subject.moved(self.node, 1j * h * self.direction))
            for h in (0.0, 1e-20 * scale)
        )
        return float(np.imag(moved)) / (1e-20 * scale) if np.imag(plain) == 0 else np.nan
