"""Functions for the regions of a graph: one that computes a block of rows, one that goes over all.

For few rows the second calls the first once, on the arrays as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy

from graphcomp.codegen.block import Block, Names
from graphcomp.codegen.buffers import Statement, reuse_buffers
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.dimensions import dimension_source, shape_source
from graphcomp.codegen.layout import INDENT, definition, docstring, layout, returned
from graphcomp.codegen.lines import rename_pieces, statement_lines
from graphcomp.codegen.notes import Said
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.prepare import Prepared, choose_statements
from graphcomp.codegen.records import Records
from graphcomp.codegen.regions import Region
from graphcomp.codegen.results import Results
from graphcomp.node import Node
from graphcomp.op import ATOM, SUMMED, Form
from graphcomp.rewrite import Report
from graphcomp.shape import Dim, Shape, size_of
from graphcomp.traversal import topological

#: Entries of all arrays of a block together: half a MiB of float64, within the second-level cache.
ENTRIES = 1 << 16
#: The same where blocks go into products of matrices, which are slow on few rows.
ENTRIES_OF_PRODUCTS = 1 << 17
#: Blocks of fewer entries than this cost more in calls than they save in the cache.
FEWEST_ENTRIES = 1 << 10
#: Lengths of blocks are multiples of this where rows are single entries.
ROUND = 512
_TEMPORARY = re.compile(r"t\d+\Z")
#: The longest type of a tuple that is written out.
_LONGEST = 44


@dataclass
class Kernels:
    """The functions for the regions of one function.

    Attributes:
        context: what the module knows.
        taken: names that no variable may have.
        prefix: of their names.
        records: the named tuples of the module.
        lines: their source.
    """

    context: Context
    taken: Collection[str]
    prefix: str
    records: Records
    lines: list[str] = field(default_factory=list)
    numbers: bool = False
    _names: Names = field(default_factory=lambda: Names(()))

    def call(
        self, call: Node, pieces: Sequence[Piece], parts: Sequence[Node], names: Sequence[str]
    ) -> Piece:
        """The call that computes the parts of a region; its functions are written for it.

        Args:
            call: the call.
            pieces: its arguments, as the caller has them.
            parts: the parts.
            names: what the caller calls them.
        """
        region = call.param("region")
        args = [
            self.context.strong(piece) if cut is None else self.context.full(piece, node.shape)
            for piece, node, cut in zip(pieces, call.args, region.cuts, strict=True)
        ]
        kernel = _Kernel(self, region, args, parts, names)
        self.lines += kernel.lines()
        text = f"{kernel.rows_name}({', '.join([*(a.text for a in args), *kernel.dims])})"
        nothing: frozenset[str] = frozenset()
        return Piece(
            text,
            ATOM,
            parts[0].shape,
            parts[0].dtype,
            reads=nothing.union(*(arg.reads for arg in args)),
            dims=frozenset(kernel.symbols).union(*(arg.dims for arg in args)),
        )

    def name(self, suffix: str) -> str:
        """A name for a function."""
        return self._names.give(f"_{self.prefix.lstrip('_')}_{suffix}")


class _Kernel:
    """The two functions of one region."""

    def __init__(
        self,
        owner: Kernels,
        region: Region,
        args: Sequence[Piece],
        parts: Sequence[Node],
        results: Sequence[str],
    ) -> None:
        self.context, self.region, self.parts = owner.context, region, parts
        self._records = owner.records
        self.block_name, self.rows_name = owner.name("block"), owner.name("rows")
        taken = [*owner.taken, *self.context.dims.values(), region.rows.name]
        names = Names(taken)
        self.args = [
            names.give(arg.text if arg.is_name else f"a{i}") for i, arg in enumerate(args, 1)
        ]
        self.types = ["Array" if arg.shape else "Any" for arg in args]
        self.shapes = [
            arg.shape if cut is None else node.shape
            for arg, node, cut in zip(args, region.parameters, region.cuts, strict=True)
        ]
        self.statements: list[Statement] = []
        self.symbols: set[str] = set()
        block = self._block(Names(names.taken), results)
        self.block_dims = self._named(self.symbols)
        self.symbols |= _symbols([region.dim, self._width()[1], *self._allocated()])
        self.dims = self._named(self.symbols)
        self._block_lines = block
        self._names = names
        self._results = [names.give(name) for name in results]

    def lines(self) -> list[str]:
        """Both functions."""
        kind = self._type()
        about = "A block of rows."
        lines = ["", "", *definition(self.block_name, self._head(self.block_dims), kind)]
        lines += [*docstring(about, indent=1), *self._block_lines]
        about = "All rows, in blocks that stay in the cache."
        lines += ["", "", *definition(self.rows_name, self._head(self.dims), kind)]
        return [*lines, *docstring(about, indent=1), *self._loop()]

    def _named(self, symbols: Iterable[str]) -> list[str]:
        return [self.context.dims.get(name, name) for name in sorted(symbols)]

    def _head(self, dims: Sequence[str]) -> list[str]:
        """The parameters."""
        given = [f"{a}: {t}" for a, t in zip(self.args, self.types, strict=True)]
        return [*given, *(f"{dim}: int" for dim in dims)]

    def _type(self) -> str:
        kinds = ["Array" if part.shape else "Any" for part in self.parts]
        if len(kinds) == 1:
            return kinds[0]
        text = f"tuple[{', '.join(kinds)}]"
        if len(text) <= _LONGEST:
            return text
        return f"tuple[{kinds[0] if len(set(kinds)) == 1 else 'Any'}, ...]"

    # ------------------------------------------------------------ one block

    def _block(self, names: Names, wanted: Sequence[str]) -> list[str]:
        region = self.region
        pieces: dict[Node, Piece] = {}
        given = zip(region.parameters, self.args, self.shapes, strict=True)
        for node, name, shape in given:
            reads = frozenset({name})
            pieces[node] = Piece(name, ATOM, shape, node.dtype, reads, reads)
        keys = {f"out_{i}": node for i, node in enumerate(region.outputs)}
        order = topological(region.outputs)
        said = zip(region.outputs, wanted, strict=True)
        called = {node: name for node, name in said if not _TEMPORARY.match(name)}
        called |= region.names
        cut = choose_statements(order, region.outputs, called, set())
        rest = (tuple(order), (), frozenset(cut), frozenset[Node](), Report())
        prepared = Prepared(keys, called, *rest)
        single = region.outputs[0] if len(region.outputs) == 1 else None
        block = Block(self.context, prepared, names, 1, pieces, single)
        block.compute(region.outputs, cut)
        results = _Parts(keys, self.context, names, self._records)
        tree = tuple(keys) if len(keys) > 1 else "out_0"
        live = results.reads(tree, pieces)
        self.statements, renamed = reuse_buffers(block.statements, live, block.rank)
        rename_pieces(pieces, renamed)
        lines = statement_lines(self.statements, 1, said=Said())
        own = {s.target for s in self.statements}
        lines += results.statement(tree, pieces, own, (), 1)
        dims = block.dims | results.dims
        rows = region.rows.name
        if rows in dims:
            first, axis = next(
                (name, axis)
                for name, axis in zip(self.args, region.cuts, strict=True)
                if axis is not None
            )
            lines = [f"{INDENT}{rows} = {first}.shape[{axis}]", *lines]
        self.symbols |= dims - {rows}
        return lines

    # ------------------------------------------------------------ all blocks

    def _allocated(self) -> list[Dim]:
        """The dimensions of the arrays that the blocks are put together in."""
        return [dim for part in self.parts for dim in part.shape]

    def _width(self) -> tuple[int, Dim]:
        """How many arrays of a block are there at one time, and the entries of a row of one.

        Counted are the largest arrays, by the number of their named dimensions.
        """
        rows = self.region.rows
        sizes = {s.target: _per_row(s.node.shape, rows) for s in self.statements}
        for name, node in zip(self.args, self.region.parameters, strict=True):
            if rows in node.shape:
                sizes[name] = _per_row(node.shape, rows)
        largest = max(sizes.values(), key=_weight, default=1)
        last = {}
        for i, statement in enumerate(self.statements):
            last.update(dict.fromkeys([*statement.piece.reads, statement.target], i))
        last.update(dict.fromkeys(self._returned, len(self.statements)))
        large = {name for name, size in sizes.items() if _weight(size) >= _weight(largest)}
        ends: dict[int, int] = {}  # how many large arrays are read for the last time by a statement
        for name in large:
            end = last.get(name, -1)
            ends[end] = ends.get(end, 0) + 1
        count = len(large.intersection(self.args)) - ends.get(-1, 0)
        most = 1
        for i, statement in enumerate(self.statements):
            count += statement.target in large
            most = max(most, count)
            count -= ends.get(i, 0)
        return most, largest

    @property
    def _returned(self) -> set[str]:
        return {s.target for s in self.statements if s.node in self.region.outputs}

    def _step(self) -> str:
        """How many rows a block has."""
        count, width = self._width()
        products = any(
            node.op.form is Form.CONTRACTION and min(arg.ndim for arg in node.args) > 1
            for node in topological(self.region.outputs)
        )
        entries = max(ENTRIES_OF_PRODUCTS if products else ENTRIES, FEWEST_ENTRIES * count)
        if isinstance(width, int):
            step = entries // (count * width)
            return str(step // ROUND * ROUND if step > ROUND else max(step, 1))
        names = self.context.dims
        divisor = dimension_source(count * width + 1, names)  # no dimension is too small for it
        return f"{entries} // ({divisor}) + 1"

    def _loop(self) -> list[str]:
        region, names = self.region, self._names
        rows = dimension_source(region.dim, self.context.dims)
        step = self._step()
        lines = []
        if not step.isdigit():
            lines.append(f"{INDENT}step = {step}")
            names.taken.add("step")
            step = "step"
        i, j = names.give("i"), names.give("j")
        given = ", ".join([*self.args, *self.block_dims])
        lines += [
            f"{INDENT}if {rows} <= {step}:",
            *layout(f"return {self.block_name}({given})", 2),
        ]
        for name, part, joined in zip(self._results, self.parts, region.joins, strict=True):
            lines += layout(f"{name} = {self._start(part, joined)}", 1)
        several = len(self.parts) > 1
        parts = names.give("parts" if several else "part")
        sliced = [
            name if axis is None else f"{name}{_slice(axis, i, j)}"
            for name, axis in zip(self.args, region.cuts, strict=True)
        ]
        lines += [
            f"{INDENT}for {i} in range(0, {rows}, {step}):",
            f"{INDENT * 2}{j} = {i} + {step}",
            *layout(f"{parts} = {self.block_name}({', '.join([*sliced, *self.block_dims])})", 2),
        ]
        for k, (name, joined) in enumerate(zip(self._results, region.joins, strict=True)):
            value = f"{parts}[{k}]" if several else parts
            if joined == SUMMED:
                lines.append(f"{INDENT * 2}{name} += {value}")
            else:
                lines.append(f"{INDENT * 2}{name}{_slice(joined, i, j)} = {value}")
        return [*lines, *returned(tuple(self._results) if several else self._results[0], 1)]

    def _start(self, part: Node, joined: int) -> str:
        """What the results of the blocks are put into."""
        if not part.shape:
            return "0.0" if part.is_real else "0"
        shape = shape_source(part.shape, self.context.dims)
        dtype = "" if part.dtype == "float64" else f", np.{part.dtype}"
        return f"np.{'zeros' if joined == SUMMED else 'empty'}({shape}{dtype})"


class _Parts(Results):
    """The results of a block: numbers stay as NumPy has them."""

    def _result(
        self,
        node: Node,
        pieces: Mapping[Node, Piece],
        own: Collection[str],
        shared: Collection[str],
    ) -> str:
        return pieces[node].text if not node.shape else super()._result(node, pieces, own, shared)


def _symbols(dims: Sequence[Dim]) -> set[str]:
    return {s.name for dim in dims if not isinstance(dim, int) for s in dim.free_symbols}


def _per_row(shape: Shape, rows: sympy.Symbol) -> Dim:
    return size_of(dim for dim in shape if dim != rows) if rows in shape else 1


def _weight(width: Dim) -> tuple[int, int]:
    if isinstance(width, int):
        return 0, width
    return int(sympy.total_degree(width)), 0


def _slice(axis: int, start: str, stop: str) -> str:
    return f"[{':, ' * axis}{start}:{stop}]"
