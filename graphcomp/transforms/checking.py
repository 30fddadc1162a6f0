"""Derivatives of functions compared with differences of their values."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphcomp import ad
from graphcomp.check import CheckReport, check_graph
from graphcomp.errors import DerivativeError, DerivativeWarning, InputError
from graphcomp.graph import GraphData
from graphcomp.node import constant
from graphcomp.transforms.arguments import Wrt, collect, title_of
from graphcomp.transforms.tracing import Traced, trace


def check_grads(
    function: Callable[..., Any],
    args: Sequence[Any],
    order: int = 1,
    *,
    argnums: int | Sequence[int] | None = None,
    seed: int = 0,
    **kwargs: Any,
) -> tuple[CheckReport, ...]:
    """Compare the derivatives of a function at a point with finite differences, both modes.

    Args:
        function: of arrays, or of lists, tuples and dicts of arrays.
        args: the arguments.
        order: 1, or 2 for the second derivatives too.
        argnums: what to differentiate by; all arguments by default.
        seed: of the random directions.
        **kwargs: keyword arguments of the function.

    Returns:
        A report for each order.

    Raises:
        DerivativeError: a derivative is wrong, or could not be compared; the message is the report.
        InputError: another order.

    >>> import numpy as np
    >>> import graphcomp as gc
    >>> reports = gc.check_grads(lambda x: np.sum(np.sin(x)), [np.ones(3)], order=2)
    >>> [report.passed for report in reports]
    [True, True]
    """
    if order not in {1, 2}:
        msg = f"check_grads takes order 1 or 2, not {order!r}"
        raise InputError(msg)
    wrt = Wrt(every=True) if argnums is None else Wrt.of(argnums, None)
    call = collect(function, args, kwargs, wrt)
    title = title_of(function)
    traced = trace(function, call, has_aux=False, title=title)
    if call.symbolic or traced.captures:
        msg = f"check_grads compares numbers: {title} is given symbolic nodes"
        raise InputError(msg)
    plain = traced.plain()
    names = [plain.labels[place] for place in plain.wrt]
    point = dict(zip(plain.labels, call.values, strict=True))
    graphs = [plain.graph] if order == 1 else [plain.graph, _slopes(plain, names, seed)]
    reports = []
    for graph in graphs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DerivativeWarning)
            report = check_graph(graph, point, wrt=names, seed=seed)
        reports.append(report)
        if not report.passed:
            raise DerivativeError(str(report))
    return tuple(reports)


def _slopes(traced: Traced, names: Sequence[str], seed: int) -> GraphData:
    """The gradient, of the values contracted with random numbers."""
    rng = np.random.default_rng(seed)
    total = constant(0.0)
    for node in traced.results.values():
        if node.is_real:
            shape = tuple(int(size) for size in node.shape)
            weights = rng.standard_normal(shape).astype(node.dtype)
            total = total + (constant(weights) * node).sum()
    graph = GraphData(traced.inputs, {traced.title: total}, traced.title)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)
        return ad.gradient(graph, names)
