"""The calls of functions of loops, as `kernels` writes those of functions of blocks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from graphcomp.codegen.block import Names
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.loop_blocks import BlockFunction
from graphcomp.codegen.loop_cut import Loops
from graphcomp.codegen.loop_strips import StripFunction
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.regions import Region
from graphcomp.node import Node
from graphcomp.op import ATOM


@dataclass
class LoopKernels:
    """The functions of loops that one function calls.

    Attributes:
        context: what the module knows.
        taken: names that no variable may have.
        prefix: of their names.
        lines: their source.
    """

    context: Context
    taken: Collection[str]
    prefix: str
    lines: list[str] = field(default_factory=list)
    numbers: bool = True
    _names: Names = field(default_factory=lambda: Names(()))

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
        args = [
            self.context.full(self.context.strong(piece), node.shape)
            for piece, node in zip(pieces, call.args, strict=True)
        ]
        name = self._names.give(f"_{self.prefix.lstrip('_')}_loops")
        part: Loops | Region = call.param("region")
        function = (
            BlockFunction(self.context, self.taken, part, [a.text for a in args], names)
            if isinstance(part, Region)
            else StripFunction(self.context, self.taken, part, [a.text for a in args], names)
        )
        self.lines += function.lines(name)
        dims = [self.context.dims.get(dim, dim) for dim in function.dims]
        nothing: frozenset[str] = frozenset()
        return Piece(
            f"{name}({', '.join([*(a.text for a in args), *dims])})",
            ATOM,
            parts[0].shape,
            parts[0].dtype,
            reads=nothing.union(*(arg.reads for arg in args)),
            dims=frozenset(function.dims).union(*(arg.dims for arg in args)),
        )
