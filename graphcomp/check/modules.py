"""Checking the derivatives of a generated module against the values that the module computes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from graphcomp.check.calls import GRADIENTS, SECOND_ORDER, Module, Point
from graphcomp.check.differences import slope, steps
from graphcomp.check.judge import Array, Claim, Direction, Pair, directions, judge, judge_exact
from graphcomp.check.points import find_point
from graphcomp.check.report import CheckReport, Row, Verdict
from graphcomp.codegen import load
from graphcomp.errors import InputError
from graphcomp.evaluate import bind

#: Entries of one argument that are moved one by one; a larger one is moved at random too.
ENTRIES = 64


def check_module(
    module: str | Path | ModuleType, at: Mapping[str, Any] | None = None, *, seed: int = 0
) -> CheckReport:
    """Compare every derivative that a generated module offers with differences of its values.

    The file of a module is run by this, as by importing it: check no file that you would not import.
    A file without the description that generated modules carry is refused before it is run.

    Gradients, vjps and Jacobians are compared with central differences of the function, Hessians and
    their products with those of the gradient. At a point with a corner, where the slopes from the
    left and from the right differ, differences decide nothing: it is reported as a kink.

    Args:
        module: the path of the file, or the module.
        at: values of arguments; others are drawn, until the function is finite.
        seed: of everything that is random.

    Raises:
        InputError: the file can't be read, or is no generated module, or has no derivatives.

    >>> import graphcomp as gc
    >>> from graphcomp.codegen import generate
    >>> from graphcomp.graph import GraphData
    >>> x, a = gc.scalars("x a")
    >>> sigmoid = GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}, name="sigmoid")
    >>> _ = Path("sigmoid_grad.py").write_text(generate(sigmoid, ["value", "vjp"]))
    >>> check_module("sigmoid_grad.py").passed
    True
    """
    called = Module(module if isinstance(module, ModuleType) else _load(Path(module)))
    kinds = called.derivatives()
    if not kinds:
        msg = f"module {called.name!r} has no derivatives to check, only {', '.join(called.kinds)}"
        raise InputError(msg)
    rng = np.random.default_rng(seed)

    def usable(point: dict[str, Array]) -> bool:
        return all(np.all(np.isfinite(value)) for value in called.real_values(point))

    point = find_point(called.inputs, called.flat_values(at or {}), rng, usable)
    subject = _Subject(called, point, rng)
    rows = list(subject.value_rows())
    for name in called.wrt:
        rows += subject.rows(name, kinds) if name in point else [_step_row(name)]
    _, sizes = bind(called.inputs, point)
    given = "at a given point" if at else f"at a random point (seed {seed})"
    where = given + "".join(f", {dim} = {size}" for dim, size in sizes.items())
    return CheckReport(called.name, where, tuple(rows), point)


def _step_row(name: str) -> Row:
    note = "a step, no argument of the functions: differences can't move it"
    return Row(name, (), "none", Verdict.SKIPPED, np.nan, np.nan, 0, (note,))


class _Path:
    """A function of one number: a function of the point, along a direction of one argument."""

    def __init__(self, f: Callable[[Point], float], point: Point, name: str, array: Array) -> None:
        self.f, self.point, self.name, self.array = f, point, name, array

    def __call__(self, t: float) -> float:
        moved = self.point[self.name] + t * self.array
        return self.f({**self.point, self.name: moved})

    def kinks(self, _step: float) -> tuple[str, ...]:
        """A module does not say where its kinks are."""
        return ()


class _Subject:
    """A module at a point, with cotangents for its outputs."""

    def __init__(self, called: Module, point: Point, rng: np.random.Generator) -> None:
        self.called, self.rng = called, rng
        self.point = {
            n.param("name"): point[n.param("name")].astype(np.float64 if n.is_real else n.dtype)
            for n in called.inputs
        }
        values = called.real_values(self.point)
        self.seeds = [np.asarray(rng.uniform(0.5, 1.5, value.shape)) for value in values]
        if len(values) == 1 and not values[0].shape:
            self.seeds = [np.array(1.0)]  # so that reports show the derivative itself
        one_scalar = any(kind in called.kinds for kind in (*GRADIENTS, *SECOND_ORDER))
        self.chosen = called.chosen(self.point) if one_scalar else []

    def contracted(self, seeds: Sequence[Array], point: Point) -> float:
        """The sum of the real outputs times their cotangents."""
        values = self.called.real_values(point)
        return float(sum(np.sum(u * v) for u, v in zip(seeds, values, strict=True)))

    def magnitude(self, seeds: Sequence[Array]) -> float:
        """The sum of the absolute values of what the contraction sums up."""
        values = self.called.real_values(self.point)
        return float(sum(np.sum(np.abs(u * v)) for u, v in zip(seeds, values, strict=True)))

    def value_rows(self) -> Iterator[Row]:
        """Every function gives the same values."""
        expected = self.called.value(self.point)
        for kind in self.called.kinds:
            found = self.called.values(kind, self.point) if self._may_call(kind) else None
            if found is None or kind == "value":
                continue
            pairs = [
                Pair("the value", float(np.sum(a)), float(np.sum(b)), float(np.sum(np.abs(b))))
                for a, b in zip(found, expected, strict=True)
            ]
            options = {"precision": self.called.epsilon}
            yield judge_exact("(value)", (), f"{kind} against value", pairs, **options)

    def _may_call(self, kind: str) -> bool:
        """Tangents of steps can't be given, as their shapes are not known."""
        return kind not in {"jvp", "hvp"} or all(name in self.point for name in self.called.wrt)

    def rows(self, name: str, kinds: Sequence[str]) -> Iterator[Row]:
        """The comparisons of one argument."""
        shape = self.point[name].shape
        for kind in kinds:
            if self._may_call(kind):
                claims = list(self._claims(kind, name))
                base = "the gradient" if kind in SECOND_ORDER else "the value"
                method = f"{kind} against differences of {base}"
                yield judge(name, shape, method, claims, precision=self.called.epsilon)

    def _claims(self, kind: str, name: str) -> Iterator[Claim]:
        value = self.point[name]
        scale = max(1.0, float(np.max(np.abs(value), initial=0.0)))
        if kind in SECOND_ORDER:
            yield from self._second_order(kind, name, scale)
            return
        seeds = self.chosen if kind in GRADIENTS else self.seeds
        f = partial(self.contracted, seeds)
        if kind == "jvp":
            along = list(self._random(value.shape))
            claimed = [self.called.tangent(self.point, name, d.array, seeds) for d in along]
        else:
            along = list(directions(value.shape, self.rng, ENTRIES))
            bar = self.called.cotangents(kind, self.point, seeds)[name]
            if bar.shape != value.shape:
                msg = f"{kind} of {self.called.name!r} gives shape {bar.shape} for {name} {value.shape}"
                raise InputError(msg)
            claimed = [float(np.sum(bar * d.array)) for d in along]
        for direction, number in zip(along, claimed, strict=True):
            path = _Path(f, self.point, name, direction.array)
            yield self._claim(direction, path, number, scale, self.magnitude(seeds))

    def _second_order(self, kind: str, name: str, scale: float) -> Iterator[Claim]:
        """The slope of the weighted gradient, which the module gives, or else of differences."""
        weights = {
            n: np.asarray(self.rng.uniform(-1, 1, self.point[n].shape if n in self.point else ()))
            for n in self.called.wrt
        }
        known = next((k for k in (*GRADIENTS, "vjp") if k in self.called.kinds), None)
        magnitude = self.magnitude(self.chosen)

        def slope_along_weights(point: Point) -> float:
            if known is not None:
                bars = self.called.cotangents(known, point, self.chosen)
                return float(sum(np.sum(weights[n] * bars[n]) for n in bars if n in point))

            def value(t: float) -> float:
                moved = {n: point[n] + t * w for n, w in weights.items() if n in point}
                return self.contracted(self.chosen, {**point, **moved})

            return slope(value, min(steps(scale), key=lambda s: abs(s - 1e-3)), 0.0).value

        # differences of differences are as good as their parts
        size = abs(slope_along_weights(self.point)) + magnitude * (1.0 if known else 1e5)
        for direction in self._random(self.point[name].shape):
            array = direction.array
            claimed = self.called.hessian_product(kind, self.point, name, array, weights)
            path = _Path(slope_along_weights, self.point, name, array)
            yield self._claim(direction, path, claimed, scale, size)

    def _random(self, shape: tuple[int, ...]) -> Iterator[Direction]:
        for _ in range(3):
            yield Direction(None, np.asarray(self.rng.uniform(-1, 1, shape)))

    def _claim(
        self, direction: Direction, path: _Path, claimed: float, scale: float, magnitude: float
    ) -> Claim:
        epsilon = self.called.epsilon
        return Claim(direction, path, claimed, scale, magnitude, blind=True, epsilon=epsilon)


def _load(path: Path) -> ModuleType:
    try:
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
    except (OSError, UnicodeDecodeError) as error:
        msg = f"can't read {path}: {error}"
        raise InputError(msg) from None
    except (SyntaxError, ValueError) as error:
        msg = f"{path} is no Python module: {error}"
        raise InputError(msg) from None
    targets: list[ast.expr] = [n.target for n in tree.body if isinstance(n, ast.AnnAssign)]
    targets += [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    if not any(isinstance(target, ast.Name) and target.id == "SIGNATURE" for target in targets):
        msg = (
            f"{path} is no module that graphcomp generated: it has no SIGNATURE; "
            f"to check a graph or function in it, write {path}:NAME"
        )
        raise InputError(msg)
    try:
        return load(source, path.stem, path=path)
    except ImportError as error:
        msg = f"{path}: {error}"
        raise InputError(msg) from error
