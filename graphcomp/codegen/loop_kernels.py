"""The calls of functions of loops, as `kernels` writes those of functions of blocks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from graphcomp.codegen.block import Kernels, Names
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.loop_blocks import BlockFunction
from graphcomp.codegen.loop_cut import Loops
from graphcomp.codegen.loop_strips import StripFunction
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.regions import Region
from graphcomp.node import Node
from graphcomp.op import ATOM


class RowKernels(Kernels, Protocol):
    """Writes functions for blocks of rows."""

    @property
    def lines(self) -> list[str]:
        """The source of the functions."""


@dataclass
class LoopKernels:
    """The functions of loops that one function calls.

    Attributes:
        context: what the module knows.
        taken: names that no variable may have.
        prefix: of their names.
        results: of the function.
        rows: writes functions that call NumPy on blocks of rows.
        made: how the arrays are made that calls are given to fill, by part.
    """

    context: Context
    taken: Collection[str]
    prefix: str
    results: Collection[Node] = ()
    rows: RowKernels | None = None
    _own: list[str] = field(default_factory=list)
    made: dict[Node, str] = field(default_factory=dict)
    numbers: bool = True
    _names: Names = field(default_factory=lambda: Names(()))

    @property
    def lines(self) -> list[str]:
        """The source of the functions."""
        return [*self._own, *(self.rows.lines if self.rows is not None else [])]

    def call(
        self, call: Node, pieces: Sequence[Piece], parts: Sequence[Node], names: Sequence[str]
    ) -> Piece:
        """The call that computes the parts; its function is written for it.

        Args:
            call: the call.
            pieces: its arguments, as the caller has them.
            parts: the parts.
            names: what the caller calls them.
        """
        part: Loops | Region = call.param("region")
        if self.rows is not None and isinstance(part, Region) and not part.plain:
            return self.rows.call(call, pieces, parts, names)
        args = [
            self.context.full(self.context.strong(piece), node.shape)
            for piece, node in zip(pieces, call.args, strict=True)
        ]
        name = self._names.give(f"_{self.prefix.lstrip('_')}_loops")
        function = (
            BlockFunction(self.context, self.taken, part, [a.text for a in args], names)
            if isinstance(part, Region)
            else StripFunction(self.context, self.taken, part, [a.text for a in args], names)
        )
        final = {
            inner for inner, own in zip(part.outputs, parts, strict=True) if own in self.results
        }
        self._own += function.lines(name, final)
        signature = function.signature
        dims = [self.context.dims.get(dim, dim) for dim in signature.passed]
        arrays = [each for each in parts if each.shape]
        self.made |= dict(zip(arrays, signature.places, strict=True))
        nothing: frozenset[str] = frozenset()
        return Piece(
            f"{name}({', '.join([*(a.text for a in args), *dims])})",
            ATOM,
            parts[0].shape,
            parts[0].dtype,
            reads=nothing.union(*(arg.reads for arg in args)),
            dims=frozenset(signature.dims).union(*(arg.dims for arg in args)),
        )
