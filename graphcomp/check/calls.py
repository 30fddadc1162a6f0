"""Calling the functions of a generated module, from what the module says of itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, TypeAlias

import numpy as np

from graphcomp.ad.blocks import stands_first
from graphcomp.check.judge import Array
from graphcomp.errors import InputError
from graphcomp.evaluate import bind
from graphcomp.graph import input_node
from graphcomp.node import Node
from graphcomp.trees import flatten

Point: TypeAlias = Mapping[str, Array]

#: Kinds whose result is a gradient of one scalar output, and those that are about all outputs.
GRADIENTS = ("grad", "value_and_grad", "derivatives", "value_and_grad_flat")
ALL_OUTPUTS = ("vjp", "jacobian", "jvp", "blocks")
SECOND_ORDER = ("hvp", "hessian")


class Module:
    """A generated module: its functions, on points and by names of arguments.

    Attributes:
        name: of the function.
        kinds: of functions that it has.
        inputs: its arguments, as input nodes.
        wrt: what its derivatives are by.

    Raises:
        InputError: the module does not say what a generated module says.
    """

    def __init__(self, module: ModuleType) -> None:
        signature = getattr(module, "SIGNATURE", None)
        needed = {"function", "functions", "inputs", "outputs", "wrt"}
        if not isinstance(signature, Mapping) or not needed <= signature.keys():
            msg = (
                f"module {module.__name__!r} is none that graphcomp generated: it has no SIGNATURE"
            )
            raise InputError(msg)
        self._module = module
        bare = isinstance(signature["wrt"], str)
        self._outputs: Mapping[str, Mapping[str, Any]] = signature["outputs"]
        self._output: str | None = signature.get("output")
        self._along: str = signature.get("along", "")
        self._arguments: Mapping[str, Any] = signature.get(
            "arguments", {name: name for name in signature["inputs"]}
        )
        self._results: Any = signature.get("results", tuple(self._outputs))
        self.name: str = signature["function"]
        self.kinds: tuple[str, ...] = tuple(signature["functions"])
        self._variables: tuple[str, ...] = (signature["wrt"],) if bare else tuple(signature["wrt"])
        self.inputs: tuple[Node, ...] = tuple(
            input_node(name, tuple(entry["shape"]), entry["dtype"])
            for name, entry in signature["inputs"].items()
        )
        real = {node.param("name") for node in self.inputs if node.is_real}
        leaves = [(n, flatten(self._arguments.get(n, n))[0]) for n in self._variables]
        self.wrt: tuple[str, ...] = tuple(
            leaf for name, own in leaves for leaf in own if leaf in real or own == [name]
        )
        self.real = [np.dtype(entry["dtype"]).kind == "f" for entry in self._outputs.values()]
        floats = [node.dtype for node in self.inputs if node.is_real]
        self.epsilon = max((float(np.finfo(dtype).eps) for dtype in floats), default=2.0**-52)

    def flat_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by the names of inputs, from values by the names of inputs or arguments."""
        found: dict[str, Any] = {}
        for name, value in values.items():
            names, structure = flatten(self._arguments.get(name, name))
            taken = structure.take(value, name)
            found |= dict(zip(names, (leaf for _, leaf in taken), strict=True))
        return found

    def derivatives(self) -> tuple[str, ...]:
        """The kinds that are derivatives and can be checked."""
        known = (*GRADIENTS, *ALL_OUTPUTS, *SECOND_ORDER)
        return tuple(kind for kind in self.kinds if kind in known)

    def call(self, kind: str, point: Point, *more: Any) -> Any:
        """The result of a function, on Python floats where that will do."""
        name = self.name if kind == "value" else f"{self.name}_{kind}"
        function: Callable[..., Any] = getattr(self._module, name)
        with np.errstate(all="ignore"):
            return function(*self._given(self._arguments.values(), point), *more)

    def _given(self, trees: Iterable[Any], point: Point) -> list[Any]:
        """Arguments, each put together from the arrays at a point."""
        dtypes = {node.param("name"): node.dtype for node in self.inputs}
        values = {name: plain(array.astype(dtypes[name])) for name, array in point.items()}
        return [arranged(tree, values) for tree in trees]

    # ------------------------------------------------------------ values

    def values(self, kind: str, point: Point) -> list[Array] | None:
        """The outputs, as a function of this kind gives them; None if it gives not all of them."""
        if kind == "jvp":
            result = self.call(kind, point, *self._directions(point, {}))[0]
        elif kind in {"vjp", "blocks"}:
            result = self.call(kind, point)[0]
        elif kind == "value" or (kind == "value_and_grad" and len(self._outputs) == 1):
            result = self.call(kind, point)
            result = result if kind == "value" else result[0]
        else:
            return None
        return [np.asarray(value) for value in flatten(result)[0]]

    def value(self, point: Point) -> list[Array]:
        """The outputs.

        Raises:
            InputError: no function gives them.
        """
        for kind in ("value", "vjp", "jvp", "value_and_grad", "blocks"):
            if kind in self.kinds and (found := self.values(kind, point)) is not None:
                return found
        msg = f"module {self.name!r} has no function that gives its values: generate 'value' too"
        raise InputError(msg)

    def real_values(self, point: Point) -> list[Array]:
        """The real outputs, in float64."""
        found = zip(self.value(point), self.real, strict=True)
        return [value.astype(np.float64) for value, real in found if real]

    def chosen(self, point: Point) -> list[Array]:
        """Cotangents of the real outputs that choose the one that gradients are of."""
        entries = [e for e, real in zip(self._outputs.items(), self.real, strict=True) if real]
        scalars = [i for i, (_, entry) in enumerate(entries) if not entry["shape"]]
        index = next((i for i, (name, _) in enumerate(entries) if name == self._output), scalars[0])
        values = self.real_values(point)
        if self._output is None and "value_and_grad" in self.kinds:
            said = self.call("value_and_grad", point)[0]
            index = next((i for i in scalars if values[i] == said), index)
        return [np.full(value.shape, float(i == index)) for i, value in enumerate(values)]

    # ------------------------------------------------------------ derivatives

    def cotangents(self, kind: str, point: Point, seeds: Sequence[Array]) -> dict[str, Array]:
        """The cotangents of `wrt`; `seeds` are those of the real outputs."""
        match kind:
            case "vjp":
                _, vjp = self.call(kind, point)
                vjp(*self._seeds([0 * seed for seed in seeds]))  # it may be called many times
                found = flatten(vjp(*self._seeds(seeds)))[0]
            case "grad":
                found = flatten(self.call(kind, point))[0]
            case "value_and_grad":
                found = flatten(self.call(kind, point)[1])[0]
            case "value_and_grad_flat":
                found = self._unpacked(self._call_flat(point)[1], point)
            case "derivatives":
                named = self.call(kind, point)
                output = self._name_of(seeds)
                found = [named.get(f"d_{output}_d_{name}", np.nan) for name in self.wrt]
            case "blocks":
                found = self._pulled(self._rows(self.call(kind, point)[1]), seeds)
            case _:
                blocks = self._rows(self.call(kind, point))
                found = [
                    sum(np.tensordot(u, b[i], u.ndim) for u, b in zip(seeds, blocks, strict=True))
                    for i in range(len(self.wrt))
                ]
        pairs = zip(self.wrt, found, strict=True)
        return {name: np.asarray(value, np.float64) for name, value in pairs}

    def _pulled(self, rows: Sequence[Sequence[Array]], seeds: Sequence[Array]) -> list[Array]:
        """The cotangents of `wrt` from blocks along a dimension; NaN for steps."""
        dims = {node.param("name"): [str(dim) for dim in node.shape] for node in self.inputs}
        entries = zip(self._outputs.values(), self.real, strict=True)
        outputs = [[str(dim) for dim in entry["shape"]] for entry, real in entries if real]
        found = []
        for i, name in enumerate(self.wrt):
            if name not in dims:
                found.append(np.array(np.nan))
                continue
            total: Any = 0.0
            for shape, row, u in zip(outputs, rows, seeds, strict=True):
                mine, other = shape.index(self._along), dims[name].index(self._along)
                first = stands_first((mine, len(shape)), (other, len(dims[name])))
                block = np.moveaxis(row[i], 0, -1) if first else row[i]
                beside = np.moveaxis(u, mine, -1)
                letters = list(range(block.ndim))
                outer = [*letters[: beside.ndim - 1], letters[-1]]
                inner = letters[beside.ndim - 1 :]
                total = total + np.moveaxis(
                    np.einsum(beside, outer, block, letters, inner), -1, other
                )
            found.append(total)
        return found

    def tangent(self, point: Point, name: str, direction: Array, seeds: Sequence[Array]) -> float:
        """Forward mode along a direction of one argument, contracted."""
        tangents, _ = flatten(
            self.call("jvp", point, *self._directions(point, {name: direction}))[1]
        )
        real = [t for t, real in zip(tangents, self.real, strict=True) if real]
        return float(sum(np.sum(u * t) for u, t in zip(seeds, real, strict=True)))

    def hessian_product(
        self, kind: str, point: Point, name: str, direction: Array, weights: Mapping[str, Array]
    ) -> float:
        """The Hessian times a direction of one argument, times weights."""
        if kind == "hvp":
            found, _ = flatten(self.call(kind, point, *self._directions(point, {name: direction})))
        else:
            column = self.wrt.index(name)
            rows = self._rows(self.call(kind, point))
            found = [np.tensordot(row[column], direction, direction.ndim) for row in rows]
        pairs = zip(self.wrt, found, strict=True)
        return float(sum(np.sum(weights[n] * v) for n, v in pairs if n in point))

    def _call_flat(self, point: Point) -> Any:
        """The function over one vector; dimensions that it can't find are given to it."""
        function: Callable[..., Any] = getattr(self._module, f"{self.name}_value_and_grad_flat")
        theta = np.concatenate([np.ravel(point[name]) for name in self.wrt])
        given: list[Any] = []
        for tree in self._arguments.values():
            names, _ = flatten(tree)
            others = [name for name in names if name not in self.wrt]
            given += self._given([tree] if others == names else others, point)
        asked = inspect.signature(function).parameters.values()
        sizes = bind(self.inputs, point)[1]
        named = {
            p.name: sizes[p.name] for p in asked if p.kind is p.KEYWORD_ONLY and p.name in sizes
        }
        return function(theta, *given, **named)

    def _unpacked(self, vector: Array, point: Point) -> list[Array]:
        stops = np.cumsum([point[name].size for name in self.wrt])[:-1]
        parts = zip(np.split(vector, stops), self.wrt, strict=True)
        return [part.reshape(point[name].shape) for part, name in parts]

    def _directions(self, point: Point, moving: Mapping[str, Array]) -> list[Any]:
        """A direction for each of `wrt`, arranged as it; zeros for what does not move."""
        along = {name: plain(np.zeros(self._shape(name, point))) for name in self.wrt}
        along |= {name: plain(direction) for name, direction in moving.items()}
        return [arranged(self._arguments.get(name, name), along) for name in self._variables]

    def _seeds(self, seeds: Sequence[Array]) -> list[Any]:
        """Cotangents of the real outputs, arranged as the results."""
        real = [name for name, real in zip(self._outputs, self.real, strict=True) if real]
        values = dict(zip(real, map(plain, seeds), strict=True))
        parts = self._results if isinstance(self._results, tuple) else (self._results,)
        chosen = [part for part in parts if not values.keys().isdisjoint(flatten(part)[0])]
        return [arranged(part, values) for part in chosen]

    def _rows(self, result: Any) -> list[list[Any]]:
        """Blocks for each of `wrt`, row by row."""
        blocks, _ = flatten(result)
        count = len(self.wrt)
        return [blocks[i : i + count] for i in range(0, len(blocks), count)]

    def _shape(self, name: str, point: Point) -> tuple[int, ...]:
        if name not in point:
            msg = f"{name!r} is a step, no argument: its shape is not known to the check"
            raise InputError(msg)
        shape: tuple[int, ...] = point[name].shape
        return shape

    def _name_of(self, seeds: Sequence[Array]) -> str:
        names = [n for n, real in zip(self._outputs, self.real, strict=True) if real]
        return next(name for name, seed in zip(names, seeds, strict=True) if np.any(seed))


def arranged(tree: Any, values: Mapping[str, Any]) -> Any:
    """A tree of names with values in their place; None for a name that has none.

    >>> arranged({"W": ["a", "b"]}, {"a": 1.0})
    {'W': [1.0, None]}
    """
    names, structure = flatten(tree)
    return structure.build([values.get(name) for name in names])


def plain(value: Array) -> Any:
    """An array, or a Python number instead of an array without dimensions."""
    return value.item() if value.ndim == 0 else value
