"""A SymPy formula as nodes: its value, and its partials by the package's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from graphcomp.ad import primitive_blocks, reverse
from graphcomp.ad.build import ones_like, unscoped
from graphcomp.evaluate import evaluate
from graphcomp.frontends.sympy_input import lower
from graphcomp.graph import input_node
from graphcomp.node import Node
from graphcomp.op import DType
from graphcomp.rewrite import simplify, stabilize, substitute
from graphcomp.shape import Shape
from graphcomp.transforms.cache import Cache
from graphcomp.traversal import topological

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """A formula on inputs of one shape and dtype, to be put in place of which."""

    inputs: tuple[Node, ...]
    value: Node
    slopes: tuple[Node | None, ...]

    def at(self, node: Node, args: Sequence[Node], out: Node | None = None) -> Node:
        """One of the nodes with arguments in place of the inputs, and `out` in place of the value."""
        mapping = {} if out is None else {self.value: out}
        return substitute([node], mapping | dict(zip(self.inputs, args, strict=True)))[0]


class Formula:
    """An expression of scalars, applied to nodes entry by entry.

    The partials are those of the nodes, not of the expression, so that they keep the accuracy and
    the conventions at kinks of the ops that it is made of.
    """

    def __init__(self, expression: Any, symbols: Sequence[Any]) -> None:
        self.expression, self.symbols = expression, tuple(symbols)
        self._templates: Cache[Template] = Cache()

    def value(self, args: Sequence[Node], dtype: DType) -> Node:
        """The formula on nodes of one shape."""
        made = self.template(args[0].shape, dtype)
        return made.at(made.value, _real(args, dtype))

    def slope(self, index: int, out: Node, args: Sequence[Node]) -> Node | float:
        """Its partial by one argument, in terms of its value `out` where that occurs in it."""
        made = self.template(out.shape, out.dtype)
        found = made.slopes[index]
        return 0.0 if found is None else made.at(found, _real(args, out.dtype), out)

    def evaluate(self, *arrays: Any) -> Array:
        """The formula on arrays or numbers, which are broadcast."""
        _, values, made = self._run(arrays)
        return values[made.value]

    def margin(self, *arrays: Any) -> Array:
        """How far arrays are from the nearest kink of an op in the formula."""
        order, values, made = self._run(arrays)
        result = np.full(np.shape(values[made.value]), np.inf)
        with np.errstate(all="ignore"):
            for node in order:
                if node.op.margin is not None:
                    args = [values[arg] for arg in node.args]
                    result = np.minimum(result, node.op.margin(*args, **dict(node.params)))
        return result

    @property
    def has_kinks(self) -> bool:
        """Whether an op in the formula has a kink."""
        made = self.template((), np.dtype(float))
        return any(node.op.margin is not None for node in topological([made.value]))

    def template(self, shape: Shape, dtype: DType) -> Template:
        """The formula on inputs of a shape."""
        key = (shape, dtype.name)
        found = self._templates.get(key)
        if found is None:
            found = self._made(shape, dtype)
            self._templates.put(key, found)
        return found

    def _made(self, shape: Shape, dtype: DType) -> Template:
        inputs = [input_node(f"x{i}", shape, dtype) for i in range(len(self.symbols))]
        with unscoped():
            bound = dict(zip(self.symbols, inputs, strict=True))
            plain = lower(self.expression, bound, dtype.name).astype(dtype).broadcast_to(shape)
            (value,) = stabilize([plain])
            seeds = {value: ones_like(value)}
            found = reverse(primitive_blocks(topological([value])), seeds, set(inputs))
            slopes = tuple(
                simplify([found[node].value], {value})[0] if node in found else None
                for node in inputs
            )
        return Template(tuple(inputs), value, slopes)

    def _run(self, arrays: Sequence[Any]) -> tuple[list[Node], dict[Node, Array], Template]:
        given = np.broadcast_arrays(*map(np.asarray, arrays))
        dtype = np.result_type(*given)
        dtype = dtype if dtype.kind == "f" else np.dtype(float)
        made = self.template(given[0].shape, dtype)
        inputs = {
            node: np.asarray(array, dtype) for node, array in zip(made.inputs, given, strict=True)
        }
        values = evaluate([made.value], inputs, {})
        return topological([made.value]), values, made


def _real(args: Sequence[Node], dtype: DType) -> list[Node]:
    return [arg.astype(dtype) for arg in args]
