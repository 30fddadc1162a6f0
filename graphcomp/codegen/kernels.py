"""Functions for the regions of a graph: one that computes a block of rows, one that goes over all.

For few rows the second calls the first once, on the arrays as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graphcomp.codegen.block import Block, Names
from graphcomp.codegen.block_sizes import BlockSize, large_arrays
from graphcomp.codegen.buffers import Statement, reuse_buffers
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.filled import with_place
from graphcomp.codegen.layout import INDENT, definition, docstring, words
from graphcomp.codegen.lines import rename_pieces, statement_lines
from graphcomp.codegen.loop_cut import cut_block_into_loops
from graphcomp.codegen.loop_kernels import LoopKernels
from graphcomp.codegen.memory import plan_memory
from graphcomp.codegen.notes import Said
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.prepare import Prepared, choose_statements
from graphcomp.codegen.records import Records
from graphcomp.codegen.regions import Region
from graphcomp.codegen.results import Results
from graphcomp.codegen.row_loop import Places, RowLoop
from graphcomp.codegen.scratch import Scratch, with_scratch
from graphcomp.codegen.workspace import NAME as WORKSPACE
from graphcomp.codegen.workspace import TYPE, finer, in_workspace
from graphcomp.node import Node
from graphcomp.op import ATOM, SUMMED, Form
from graphcomp.rewrite import Report
from graphcomp.shape import Dim
from graphcomp.traversal import topological

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
        numbers: whether results without axes are Python numbers.
        scratch: whether the next regions write their temporaries to a workspace.
        kept: the results of regions that outlive the function.
        made: empty, as functions make their results.
    """

    context: Context
    taken: Collection[str]
    prefix: str
    records: Records
    numbers: bool = False
    scratch: bool = field(init=False)
    kept: set[Node] = field(default_factory=set)
    made: dict[Node, str] = field(default_factory=dict)
    _written: list[_Kernel] = field(default_factory=list)
    _names: Names = field(default_factory=lambda: Names(()))

    def __post_init__(self) -> None:
        self.scratch = self.context.workspace

    @property
    def lines(self) -> list[str]:
        """The source of the functions, when the one that calls them is complete."""
        return [line for kernel in self._written for line in kernel.lines(self.kept)]

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
        self._written.append(kernel)
        given = [*(a.text for a in args), *kernel.dims, *kernel.passed]
        text = f"{kernel.rows_name}({', '.join(given)})"
        nothing: frozenset[str] = frozenset()
        return Piece(
            text,
            ATOM,
            parts[0].shape,
            parts[0].dtype,
            reads=nothing.union(*(arg.reads for arg in args)),
            dims=frozenset(kernel.symbols).union(*(arg.dims for arg in args)),
        )

    @property
    def stem(self) -> str:
        """How the names of the functions begin."""
        return f"_{self.prefix.lstrip('_')}"

    def name(self, suffix: str) -> str:
        """A name for a function."""
        return self._names.give(f"{self.stem}_{suffix}")


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
        self.key = self.rows_name.removeprefix(f"{owner.stem}_")
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
        self.scratch: Scratch | None = None
        self._scratch_name = names.give("scratch")
        self.views = {
            k: (names.give(f"v{k + 1}"), scatters)
            for k, (_, scatters) in enumerate(region.places)
            if scatters is not None
        }
        self.filled: dict[int, str] = {}
        self.block_passed: list[str] = []
        inner = [*owner.taken, region.rows.name]
        compiled = self.context.dialect.compiled
        self._loops = LoopKernels(self.context, inner, self.block_name) if compiled else None
        block = self._block(Names(names.taken), results, "")
        statements = self.statements
        if owner.scratch and not region.turned:
            self.symbols = set()
            key = self.block_name.removeprefix(f"{owner.stem}_")
            block = self._block(Names(names.taken), results, key)
        self.statements = statements  # by which blocks are measured, so that they are as without
        in_turn = owner.scratch and self.scratch is not None
        self.passed = [WORKSPACE] if self.block_passed or in_turn else []
        self.block_dims = self._named(self.symbols)
        self.symbols |= _symbols([region.dim, self._size.width()[1], *self._allocated()])
        self.symbols -= {region.rows.name}
        for _, scatters in self.views.values():
            self.symbols |= self.context.place(scatters, "")[1]
        self.dims = self._named(self.symbols)
        self._block_lines = block
        self._names = names
        self._results = [names.give(name) for name in results]

    def lines(self, kept: Collection[Node]) -> list[str]:
        """Both functions.

        Args:
            kept: nodes whose memory outlives the function that calls them.
        """
        kind = _tuple_type(self._given)
        about = f"A block of rows{', the last axis inside' if self.region.turned else ''}."
        head = self._head(self.block_dims, self.block_passed, self.views.values())
        head += [f"{name}: Any = None" for name in self.filled.values()]
        if self.scratch is not None:
            count = f"Any = (None,) * {len(self.scratch.names)}"
            head.append(f"{self._scratch_name}: {count if self._loops is None else 'Array'}")
        lines = self._loops.lines if self._loops is not None else []
        lines = [*lines, "", "", *definition(self.block_name, head, kind)]
        lines += [*docstring(about, indent=1), *self._block_lines]
        loop = RowLoop(
            self.context,
            self.region,
            self.parts,
            self.block_name,
            self.args,
            self.block_dims,
            self._results,
            self.views,
            self.filled,
            self._size.step(self.context.dims, len(self.scratch.names) if self.scratch else 0),
            (self._scratch_name, self.scratch),
            self._names,
            Places(self.key, kept, tuple(self.block_passed), tuple(self.passed)),
        )
        about = "All rows, in blocks that stay in the cache"
        about += ", on several threads." if loop.threaded else "."
        kind = _tuple_type(self.parts)
        lines += ["", "", *definition(self.rows_name, self._head(self.dims, self.passed), kind)]
        return [*lines, *docstring(about, indent=1), *loop.lines()]

    def _named(self, symbols: Iterable[str]) -> list[str]:
        return [self.context.dims.get(name, name) for name in sorted(symbols)]

    def _head(
        self, dims: Sequence[str], passed: Sequence[str], views: Iterable[tuple[str, Node]] = ()
    ) -> list[str]:
        """The parameters."""
        given = [f"{a}: {t}" for a, t in zip(self.args, self.types, strict=True)]
        given += [f"{dim}: int" for dim in dims]
        given += [f"{name}: Array" for name, _ in views]
        return [*given, *(f"{name}: {TYPE}" for name in passed)]

    # ------------------------------------------------------------ one block

    def _block(self, names: Names, wanted: Sequence[str], key: str) -> list[str]:
        """The body of the first function; with a key, temporaries are in the workspace under it."""
        region = self.region
        pieces: dict[Node, Piece] = {}
        given = zip(region.parameters, self.args, self.shapes, strict=True)
        for node, name, shape in given:
            reads = frozenset({name})
            pieces[node] = Piece(name, ATOM, shape, node.dtype, reads, reads)
        called = {
            node: wanted[number]
            for node, (number, scatters) in zip(region.outputs, region.places, strict=True)
            if scatters is None and not _TEMPORARY.match(wanted[number])
        }
        called |= region.names
        outputs = self._outputs = list(region.outputs)
        if self._loops is not None:
            outputs, called = cut_block_into_loops(outputs, called)
            self._outputs = outputs
        keys = {f"out_{i}": node for i, node in enumerate(self._given)}
        order = topological(outputs)
        cut = choose_statements(order, outputs, called, set())
        if self._loops is None or region.turned:
            cut |= {*large_arrays(order, region.rows)} - _with_sign(order)
        cut = finer(order, cut, self.context.dialect.into) if key else cut
        rest = (tuple(order), (), frozenset(cut), frozenset[Node](), Report())
        prepared = Prepared(keys, called, *rest)
        single = self._given[0] if len(self._given) == 1 else None
        block = Block(self.context, prepared, names, 1, pieces, single, self._loops)
        block.compute(outputs, cut)
        results = _Parts(keys, self.context, names, self._records)
        tree = "out_0" if len(keys) == 1 else tuple(keys)
        live = results.reads(tree, pieces)
        statements = self._with_sums(block.statements, pieces)
        if region.turned:
            self.statements, renamed = reuse_buffers(statements, live, block.rank)
            rename_pieces(pieces, renamed)
            self._use_scratch(names, results.reads(tree, pieces))
        else:  # blocks are large, or there are few of them
            planned = plan_memory(statements, live, block.rank, pieces, block=True)
            self.statements = planned.statements
            rename_pieces(pieces, planned.renamed)
            self._fill(pieces, wanted, names)
        live = results.reads(tree, pieces)
        if key:
            found = in_workspace(self.statements, live, self.context, f"{key}.")
            self.statements = found.statements
            block.dims |= found.dims
            self.block_passed = [WORKSPACE] if found.used else []
        lines = statement_lines(self.statements, 1, said=Said())
        own = {target for s in self.statements for target in s.targets}
        lines += results.statement(tree, pieces, own, (), 1) if keys else []
        used, names_of = words(lines), self.context.dims
        dims = {dim for dim in block.dims | results.dims if names_of.get(dim, dim) in used}
        rows = region.rows.name
        if rows in dims:
            first, axis = next(
                (name, axis)
                for name, axis in zip(self.args, region.cuts, strict=True)
                if axis is not None
            )
            lines = [f"{INDENT}{rows} = {first}.shape[{axis}]", *lines]
        if self.scratch is not None:
            memory = self._scratch_name + ("" if len(self.scratch.names) > 1 else "[0]")
            lines = [
                f"{INDENT}{', '.join(self.scratch.names)} = {memory}",
                *lines,
            ]
        self.symbols |= dims - {rows}
        return lines

    @property
    def _given(self) -> list[Node]:
        """The results of a block."""
        return [node for k, node in enumerate(self._outputs) if k not in self.views]

    def _with_sums(
        self, statements: Sequence[Statement], pieces: Mapping[Node, Piece]
    ) -> list[Statement]:
        """Statements that add to places of results, as soon as what they add is known.

        Places of one result may overlap: they stay in this order, so that every way to plan the
        memory gives the same bits.
        """
        made = {name for statement in statements for name in statement.targets}
        after: dict[str, list[Statement]] = {}
        for k, (name, scatters) in self.views.items():
            piece = pieces[self._outputs[k]]
            known = next(iter(piece.reads & made), "")
            after.setdefault(known, []).append(Statement(name, scatters, piece, (), operator="+="))
        result = after.get("", [])
        for statement in statements:
            result.append(statement)
            result += [each for name in statement.targets for each in after.get(name, ())]
        numbers = {name: self.region.places[k][0] for k, (name, _) in self.views.items()}
        before: dict[int, str] = {}
        for statement in result:
            number = numbers.get(statement.target)
            if number in before:
                reads = statement.piece.reads | {before[number]}
                statement.piece = statement.piece._replace(reads=reads)
            if number is not None:
                before[number] = statement.target
        return result

    def _fill(self, pieces: dict[Node, Piece], wanted: Sequence[str], names: Names) -> None:
        """Write results of a block that are parts of larger ones into those."""
        self.filled = {}
        outputs = self._outputs
        triples = zip(outputs, self.region.places, self.region.joins, strict=True)
        candidates = [
            (k, node, wanted[number])
            for k, (node, (number, scatters), joined) in enumerate(triples)
            if joined != SUMMED and scatters is None and outputs.count(node) == 1
        ]
        for k, node, name in candidates:
            variable = pieces[node].text
            targets = {target for statement in self.statements for target in statement.targets}
            free = name not in targets and name not in self.args and not _TEMPORARY.match(name)
            target = name if free else variable
            place = names.give("out" if len(candidates) == 1 else f"{name}_out")
            found = with_place(self.statements, variable, node, target, place)
            if found is not None:
                self.statements = found
                self.filled[k] = place
                if target != variable:
                    rename_pieces(pieces, {variable: target})

    def _use_scratch(self, names: Names, live: Collection[str]) -> None:
        """Write the large arrays of a block into memory that is used again."""
        nodes = [node for s in self.statements for node in (s.node, *(node for _, node in s.also))]
        large = large_arrays(nodes, self.region.rows)
        shapes = [node.shape for node in large]
        shape = max(shapes, key=shapes.count)
        slots = [names.give(f"s{i + 1}") for i in range(len(nodes))]
        self.statements, self.scratch = with_scratch(self.statements, live, shape, slots)

    # ------------------------------------------------------------ all blocks

    @property
    def _size(self) -> BlockSize:
        return BlockSize(self.region, self.statements, self.args, self._given)

    def _allocated(self) -> list[Dim]:
        """The dimensions of the arrays that the blocks are put together in."""
        return [dim for part in self.parts for dim in part.shape]


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


def _with_sign(order: Iterable[Node]) -> set[Node]:
    """Products with a sign in front, which goes to their first factor: ``-a * x``."""
    negated = (node.args[0] for node in order if node.op.form is Form.NEGATION)
    return {node for node in negated if node.op.form is Form.PRODUCT}


def _tuple_type(values: Sequence[Node]) -> str:
    kinds = ["Array" if value.shape else "Any" for value in values] or ["None"]
    if len(kinds) == 1:
        return kinds[0]
    text = f"tuple[{', '.join(kinds)}]"
    if len(text) <= _LONGEST:
        return text
    return f"tuple[{kinds[0] if len(set(kinds)) == 1 else 'Any'}, ...]"


def _symbols(dims: Sequence[Dim]) -> set[str]:
    return {s.name for dim in dims if not isinstance(dim, int) for s in dim.free_symbols}
