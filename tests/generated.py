"""Generated code against the reference interpreter, and what holds for every generated function."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from graphcomp import ad, codegen
from graphcomp.codegen import block_sizes, load, regions
from graphcomp.codegen.module import build_module
from graphcomp.errors import DerivativeWarning
from graphcomp.evaluate import bind
from graphcomp.graph import GraphData
from graphcomp.shape import resolve_dimension
from graphcomp.trees import flatten
from tests.conformance.cases import run

#: Sizes by which every run of steps is cut, however short, into blocks of a few rows.
SMALL_BLOCKS = (
    (regions, {"FEWEST": 1, "SMALLEST": 0, "SMALLEST_DIMENSION": 2}),
    (block_sizes, {"ENTRIES": 6, "ENTRIES_OF_PRODUCTS": 12, "FEWEST_ENTRIES": 1, "FEWEST_LAST": 2}),
)
#: All kinds of functions whose value is one number; "blocks" are along a dimension of the value.
KINDS = tuple(kind for kind in codegen.KINDS if kind != "blocks")
FIRST_ORDER = ("value", "vjp", "jvp", "jacobian")
SCALAR = ("grad", "value_and_grad", "derivatives", "hvp", "hessian")


def cut_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run of steps is cut, however short, into blocks of a few rows."""
    for module, sizes in SMALL_BLOCKS:
        for name, size in sizes.items():
            monkeypatch.setattr(module, name, size)


def flat(tree: Any) -> list[Any]:
    """The leaves of a structure."""
    return flatten(tree)[0]


def same(actual: Any, expected: Any, rtol: float = 1e-12) -> None:
    """Equal shape and dtype, and equal up to rounding; NaN and infinities in the same places."""
    expected = np.asarray(expected)
    if expected.ndim == 0:
        assert type(actual) in {float, int, bool}, type(actual)
    else:
        assert type(actual) is np.ndarray
        assert actual.dtype == expected.dtype
    assert np.shape(actual) == expected.shape
    if expected.dtype == np.float32:
        rtol = max(rtol, 2e-5)
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol)


def agree(
    graph: GraphData,
    values: Mapping[str, Any],
    wrt: Sequence[str] | None = None,
    *,
    kinds: Sequence[str] | None = None,
    target: str = "numpy",
    rtol: float = 1e-12,
    **options: Any,
) -> str:
    """Every function of the module gives what the interpreter gives; returns the source.

    `options` are those of `generate`.
    """
    scalar = len(graph.outputs) == 1 and graph.outputs[0].shape == () and graph.outputs[0].is_real
    chosen = kinds or (*FIRST_ORDER, *(SCALAR if scalar else ()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DerivativeWarning)
        made = build_module(graph, chosen, wrt, target=target, name="f", **options)
        module = load(made.source, "f", stored=made.stored)
        expected = list(_expected(graph, values, wrt, chosen))
    before = {name: np.copy(value) for name, value in values.items()}
    arguments = [a.structure.build(values[name] for name in a.leaves) for a in graph.arguments]
    if target == "math" and not options.get("checks", True):
        arguments = [float(value) for value in arguments]
        expected = [
            (kind, [float(value) for value in more], found) for kind, more, found in expected
        ]
    with np.errstate(all="ignore"):
        for kind, extra, wanted in expected:
            function = getattr(module, "f" if kind == "value" else f"f_{kind}")
            first = call(function, kind, arguments, extra)
            second = call(function, kind, arguments, extra)
            assert len(first) == len(wanted), kind
            for actual, reference in zip(first, wanted, strict=True):
                same(actual, reference, rtol)
            own(first, second, flat(arguments + extra))
    for name, value in values.items():
        assert np.array_equal(before[name], value, equal_nan=before[name].dtype.kind == "f"), name
    return made.source


def call(function: Any, kind: str, arguments: list[Any], extra: list[Any]) -> list[Any]:
    """The results of a function as a flat list."""
    if kind == "vjp":
        value, vjp = function(*arguments)
        pulled, again = flat(vjp(*extra)), flat(vjp(*extra))
        own(pulled, again, flat(arguments + extra))
        for a, b in zip(pulled, again, strict=True):
            assert np.array_equal(a, b, equal_nan=True)
        own(flat(value), pulled, flat(arguments))
        return flat(value) + pulled
    return flat(function(*arguments, *extra))


def own(first: list[Any], second: list[Any], arguments: list[Any]) -> None:
    """Results share memory with nothing, and can be written to."""
    arrays = [value for value in first if isinstance(value, np.ndarray)]
    others = [value for value in (*second, *arguments) if isinstance(value, np.ndarray)]
    for i, array in enumerate(arrays):
        assert array.flags.writeable
        for other in (*arrays[:i], *others):
            assert other is array or not np.shares_memory(array, other)


def _expected(
    graph: GraphData, values: Mapping[str, Any], wrt: Sequence[str] | None, kinds: Sequence[str]
) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """Per kind the further arguments, and the results in order."""
    rng = np.random.default_rng(5)
    base = list(run(graph, values).values())

    def seeds(derived: GraphData) -> dict[str, Any]:
        nodes = derived.inputs[len(graph.inputs) :]
        shapes = _shapes(graph, values, nodes)
        return {
            n.param("name"): np.asarray(rng.uniform(-1, 1, shape)).astype(n.dtype)
            for n, shape in zip(nodes, shapes, strict=True)
        }

    for kind in kinds:
        if kind == "value":
            yield kind, [], base
            continue
        transform = {"vjp": ad.pullback, "jvp": ad.pushforward, "hvp": ad.hvp}.get(kind)
        if transform is not None:
            derived = transform(graph, wrt)
            extra = seeds(derived)
            found = list(run(derived, {**values, **extra}).values())
            yield (
                kind,
                _arranged(graph, wrt, kind, list(extra.values())),
                [*([] if kind == "hvp" else base), *found],
            )
            continue
        simple: Any = {"jacobian": ad.jacobian, "hessian": ad.hessian}.get(kind, ad.gradient)
        names = wrt
        if kind == "derivatives" and wrt is None:
            real = [n.param("name") for n in graph.inputs if n.is_real]
            steps = [n for n in graph.step_names if n not in graph.output_names]
            names = list(dict.fromkeys([*real, *steps]))
        found = list(run(simple(graph, names), values).values())
        yield kind, [], [*(base if kind == "value_and_grad" else []), *found]


def _arranged(
    graph: GraphData, wrt: Sequence[str] | None, kind: str, seeds: list[Any]
) -> list[Any]:
    """Tangents as the arguments are arranged, cotangents as the results."""
    leaves = iter(seeds)
    if kind != "vjp":
        return [each.structure.build(leaves) for each in ad.variables(graph, wrt)]
    results = graph.results
    parts = results.parts if results.kind is tuple else (results,)
    outputs, found = iter(graph.outputs), []
    for part in parts:
        real = [next(outputs).is_real for _ in range(part.count)]
        if any(real):
            found.append(part.only(real).build(leaves))
    return found


def _shapes(graph: GraphData, values: Mapping[str, Any], nodes: Sequence[Any]) -> list[Any]:
    _, sizes = bind(graph.inputs, values)
    return [tuple(resolve_dimension(dim, sizes) for dim in node.shape) for node in nodes]
