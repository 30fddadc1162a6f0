"""What a function of loops is given, and what it returns.

Arrays that it computes are made by its caller: NumPy makes one in a third of the time that compiled
code takes to hand one over to Python, and takes zeros from the system, which need not be written.
Sizes are read from the arrays, and only those that none of them has are passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from graphcomp.codegen.dimensions import dimension_source
from graphcomp.codegen.layout import definition, docstring, layout, returned
from graphcomp.codegen.loop_terms import Terms, numpy_name
from graphcomp.codegen.pieces import DEFAULTS
from graphcomp.node import Node
from graphcomp.op import DType
from graphcomp.shape import Shape

#: The longest type of a tuple that is written out.
_LONGEST = 44
_ZEROS = {"0.0", "0", "False"}


@dataclass(frozen=True, slots=True)
class Made:
    """An array that the caller makes, and the function fills.

    Attributes:
        name: in the function.
        shape: of the whole array.
        start: what its entries are before the first term; None: it need not be known.
    """

    name: str
    shape: Shape
    dtype: DType
    start: str | None = None


@dataclass(slots=True)
class Signature:
    """Parameters and results of one function.

    Attributes:
        terms: of the function.
        given: what it reads: node, name, and the shape that the caller passes.
        made: the arrays that it fills.
        numbers: the numbers that it returns: node and source.
        final: those of them that leave the module.
    """

    terms: Terms
    given: Sequence[tuple[Node, str, Shape]]
    made: list[Made] = field(default_factory=list)
    numbers: list[tuple[Node, str]] = field(default_factory=list)
    final: frozenset[Node] = frozenset()

    def _found(self) -> dict[str, str]:
        """Where sizes are read from arrays."""
        arrays = [(name, shape) for _, name, shape in self.given]
        arrays += [(each.name, each.shape) for each in self.made]
        found: dict[str, str] = {}
        for name, shape in arrays:
            for axis, dim in enumerate(shape):
                if not isinstance(dim, int) and dim.is_Symbol:
                    found.setdefault(dim.name, f"{name}.shape[{axis}]")
        return found

    @property
    def passed(self) -> list[str]:
        """The dimensions that the caller passes, in order."""
        return sorted(self.terms.symbols - self._found().keys())

    @property
    def dims(self) -> set[str]:
        """The dimensions that the caller reads: to pass them, and for the arrays that it makes."""
        sizes = [dim for each in self.made for dim in each.shape if not isinstance(dim, int)]
        return {*self.passed, *(symbol.name for dim in sizes for symbol in dim.free_symbols)}

    @property
    def places(self) -> list[str]:
        """How the caller makes each of the arrays."""
        names = self.terms.context.dims
        return [
            made_array(
                [length(dimension_source(dim, names)) for dim in each.shape], each.dtype, each.start
            )
            for each in self.made
        ]

    def lines(self, name: str, decorator: str, about: str, body: Sequence[str]) -> list[str]:
        """The whole function."""
        names, found = self.terms.context.dims, self._found()
        params = [f"{given}: {'Array' if node.shape else 'Any'}" for node, given, _ in self.given]
        params += [f"{names.get(dim, dim)}: int" for dim in self.passed]
        params += [f"{each.name}: Array" for each in self.made]
        ahead = [
            line
            for dim in sorted(self.terms.symbols & found.keys())
            for line in layout(f"{names.get(dim, dim)} = {found[dim]}", 1)
        ]
        ahead += [
            line
            for node, given, _ in self.given
            if node.shape == () and node.dtype not in DEFAULTS
            for line in layout(f"{given} = {self.terms.cast(given, node.dtype)}", 1)
        ]
        lines = ["", "", decorator, *definition(name, params, self._type())]
        return [*lines, *docstring(about, indent=1), *ahead, *body, *self._end()]

    def _end(self) -> list[str]:
        """The return statement: Python's floats for what leaves the module."""
        texts = [f"float({text})" if self._leaves(node) else text for node, text in self.numbers]
        if not texts:
            return []
        return returned(tuple(texts) if len(texts) > 1 else texts[0], 1)

    def _leaves(self, node: Node) -> bool:
        return node in self.final and is_float(node)

    def _type(self) -> str:
        kinds = ["float" if self._leaves(node) else "Any" for node, _ in self.numbers]
        if len(kinds) < 2:
            return kinds[0] if kinds else "None"
        text = f"tuple[{', '.join(kinds)}]"
        if len(text) <= _LONGEST:
            return text
        return f"tuple[{kinds[0] if len(set(kinds)) == 1 else 'Any'}, ...]"


def is_float(node: Node) -> bool:
    """Whether Python's floats stand for the numbers of a node."""
    return node.shape == () and node.dtype == np.float64


def made_array(sizes: Sequence[str], dtype: DType, start: str | None = None) -> str:
    """A call that makes an array.

    >>> made_array(["n"], np.dtype(float)), made_array(["n", "3"], np.dtype(int), "1")
    ('np.empty(n)', 'np.full((n, 3), 1, np.int64)')
    """
    shape = sizes[0] if len(sizes) == 1 else f"({', '.join(sizes)})"
    call = "empty" if start is None else "zeros" if start in _ZEROS else "full"
    fill = [start] if start is not None and call == "full" else []
    kind = [] if dtype == np.float64 else [f"np.{numpy_name(dtype)}"]
    return f"np.{call}({', '.join([shape, *fill, *kind])})"


def length(text: str) -> str:
    """The length of an axis, which is never negative."""
    return f"max({text}, 0)" if "-" in text else text
