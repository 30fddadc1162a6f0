"""Checking the derivatives of a graph."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from graphcomp import ad
from graphcomp.check.judge import MAX_ENTRIES, Array, Claim, Pair, directions, judge, judge_exact
from graphcomp.check.points import find_point
from graphcomp.check.report import CheckReport, Row
from graphcomp.check.subject import Path, Subject
from graphcomp.errors import DerivativeWarning, InputError
from graphcomp.graph import GraphData
from graphcomp.node import Node

#: Entries of arrays that may be computed to check one argument.
BUDGET = 20_000_000


def check_graph(
    graph: GraphData, at: Mapping[str, Any] | None = None, *, wrt: ad.Wrt = None, seed: int = 0
) -> CheckReport:
    """Compare the derivatives of a graph with differences of its values, argument by argument.

    The outputs are contracted with a random cotangent. Reverse mode is compared with central
    differences and, where every op allows it, with the complex step; forward mode with reverse mode.
    Small arguments are moved entry by entry, large ones along random directions and some entries.
    The step of the differences is found for each entry. Entries that sit on a kink, such as that of
    relu, are named and not compared, as a difference sees half of the kink there.

    Args:
        graph: the graph.
        at: values of inputs; others are drawn, until the function is finite.
        wrt: names of inputs or steps; None for every real input.
        seed: of everything that is random.

    Raises:
        InputError: there is no real output, or no point was found.
        DTypeError: an integer or boolean input in `wrt`.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> report = check_graph(GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}))
    >>> report.passed
    True
    >>> kinked = check_graph(GraphData([x], {"y": gc.relu(x)}), {"x": 0.0})
    >>> [row.verdict.value for row in kinked.rows]
    ['kink', 'kink', 'pass']
    """
    variables = ad.resolve_wrt(graph, wrt)
    if not any(output.is_real for output in graph.outputs):
        msg = f"graph {graph.name!r} has no real output: there is nothing to differentiate"
        raise InputError(msg)
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)
        pullback = ad.pullback(graph, tuple(variables))

    def usable(point: dict[str, Array]) -> bool:
        subject = Subject(graph, point, rng)
        gradient = subject.cotangents(pullback, variables)
        return bool(np.isfinite(subject.magnitude)) and all(
            np.all(np.isfinite(bar)) for bar in gradient.values()
        )

    point = find_point(graph.inputs, graph.flat_values(at or {}), rng, usable)
    subject = Subject(graph, point, rng)
    gradient = subject.cotangents(pullback, variables)
    rows: list[Row] = []
    for name, node in variables.items():
        forward = partial(subject.tangent, ad.pushforward(graph, name))
        rows += _rows(subject, name, node, gradient[name].astype(np.float64), forward)
    sizes = "".join(f", {dim} = {size}" for dim, size in subject.sizes.items())
    given = "at a given point" if at else f"at a random point (seed {seed})"
    return CheckReport(graph.name, given + sizes, tuple(rows), point)


def _rows(
    subject: Subject,
    name: str,
    node: Node,
    bar: Array,
    forward: Callable[[Array], tuple[float, float]],
) -> Iterator[Row]:
    """The comparisons of one variable, whose cotangent is `bar`."""
    value = subject.base[node]
    shape = value.shape
    precision = max(float(np.finfo(n.dtype).eps) for n in subject.order if n.is_real)
    limit = int(np.clip(BUDGET // (10 * subject.work), 4, MAX_ENTRIES))
    paths, claims = [], []
    for direction in directions(shape, subject.rng, limit):
        size = np.max(np.abs(value[direction.array != 0]), initial=0.0)
        paths.append(Path(subject, node, direction.array))
        claimed, scale = float(np.sum(bar * direction.array)), max(1.0, float(size))
        claims.append(Claim(direction, paths[-1], claimed, scale, subject.magnitude))
    options = {"precision": precision}
    yield judge(name, shape, "central differences", claims, **options)
    if subject.is_analytic(node):
        largest = float(np.max(np.abs(bar), initial=0.0))
        pairs = [
            Pair(str(c.direction), c.claimed, path.complex_step(c.scale), largest, c.obstacles)
            for c, path in zip(claims, paths, strict=True)
        ]
        if not any(np.isnan(pair.found) and not pair.obstacles for pair in pairs):
            yield judge_exact(name, shape, "complex step", pairs, **options)
    along = np.asarray(subject.rng.uniform(-1, 1, shape)).astype(node.dtype).astype(float)
    pushed, pushed_size = forward(along)
    pulled, pulled_size = float(np.sum(bar * along)), float(np.sum(np.abs(bar * along)))
    pair = Pair("a random direction", pulled, pushed, pushed_size + pulled_size)
    yield judge_exact(name, shape, "reverse against forward", [pair], **options)
