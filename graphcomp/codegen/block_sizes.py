"""How many rows a block has: so many that its largest arrays stay in the cache together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy

from graphcomp.codegen.buffers import Statement
from graphcomp.codegen.dimensions import degree, dimension_source
from graphcomp.codegen.regions import Region, moves
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.shape import Dim, Shape, size_of
from graphcomp.traversal import topological

#: Entries of all arrays of a block together: half a MiB of float64, within the second-level cache.
ENTRIES = 1 << 16
#: The same where blocks go into products of matrices, which are slow on few rows.
ENTRIES_OF_PRODUCTS = 1 << 17
#: Blocks of fewer entries than this cost more in calls than they save in the cache.
FEWEST_ENTRIES = 1 << 10
#: Blocks with the rows last have no fewer of them: lines of arrays are that long.
FEWEST_LAST = 128
#: Lengths of blocks are multiples of this where rows are single entries,
ROUND = 512
#: and at most this: OpenBLAS starts threads for the dot product of vectors of over 10,000 entries.
LONGEST = 10_000 // ROUND * ROUND


@dataclass(frozen=True, slots=True)
class BlockSize:
    """The size of the blocks of a region.

    Attributes:
        region: the region.
        statements: of a block.
        args: the variables that it is given.
        results: what it returns.
    """

    region: Region
    statements: Sequence[Statement]
    args: Sequence[str]
    results: Collection[Node]

    def width(self) -> tuple[int, Dim]:
        """How many arrays of a block are there at one time, and the entries of a row of one.

        Counted are the largest arrays, by the number of their named dimensions.
        """
        rows = self.region.rows
        made = [[(s.target, s.node), *s.also] for s in self.statements]
        sizes = {name: _per_row(node.shape, rows) for each in made for name, node in each}
        for name, node in zip(self.args, self.region.parameters, strict=True):
            if rows in node.shape:
                sizes[name] = _per_row(node.shape, rows)
        largest = max(sizes.values(), key=degree, default=1)
        last = {}
        for i, statement in enumerate(self.statements):
            last.update(dict.fromkeys([*statement.piece.reads, *statement.targets], i))
        last.update(dict.fromkeys(self._returned, len(self.statements)))
        large = {name for name, size in sizes.items() if degree(size) >= degree(largest)}
        ends: dict[int, int] = {}  # how many large arrays are read for the last time by a statement
        for name in large:
            end = last.get(name, -1)
            ends[end] = ends.get(end, 0) + 1
        count = len(large.intersection(self.args)) - ends.get(-1, 0)
        most = 1
        for i, statement in enumerate(self.statements):
            if statement.operator == "=" and not statement.into:
                count += len(large.intersection(statement.targets))
            most = max(most, count)
            count -= ends.get(i, 0)
        return most, largest

    @property
    def _returned(self) -> set[str]:
        made = [pair for s in self.statements for pair in ((s.target, s.node), *s.also)]
        return {name for name, node in made if node in self.results}

    def step(self, names: Mapping[str, str], scratch: int) -> str:
        """How many rows a block has, as source.

        Args:
            names: of dimensions.
            scratch: how many arrays of the largest kind its memory holds, if that is known.
        """
        count, width = self.width()
        count = scratch or count
        products = any(
            node.op.form is Form.CONTRACTION and min(arg.ndim for arg in node.args) > 1
            for node in topological(self.region.outputs)
        )
        entries = max(ENTRIES_OF_PRODUCTS if products else ENTRIES, FEWEST_ENTRIES * count)
        if isinstance(width, int):
            step = entries // (count * width)
            return str(min(step // ROUND * ROUND, LONGEST) if step > ROUND else max(step, 1))
        divisor = dimension_source(count * width + 1, names)  # no dimension is too small for it
        length = f"{entries} // ({divisor}) + 1"
        return f"max({FEWEST_LAST}, {length})" if self.region.turned else length


def large_arrays(nodes: Iterable[Node], rows: sympy.Symbol) -> list[Node]:
    """The largest arrays of a block that are computed."""
    found = [node for node in nodes if rows in node.shape and not moves(node) and node.args]
    sizes = [degree(_per_row(node.shape, rows)) for node in found]
    most = max(sizes, default=(0, 0))
    return [node for node, size in zip(found, sizes, strict=True) if size == most]


def _per_row(shape: Shape, rows: sympy.Symbol) -> Dim:
    return size_of(dim for dim in shape if dim != rows) if rows in shape else 1
