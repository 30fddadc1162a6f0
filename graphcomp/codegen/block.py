"""Straight-line code: nodes as statements, one each, on lines that fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from graphcomp.codegen.buffers import RESULT, USER, Statement
from graphcomp.codegen.chains import Link, chains_in
from graphcomp.codegen.dialects import AS_ARGUMENT, Context
from graphcomp.codegen.layout import INDENT, WIDTH
from graphcomp.codegen.notes import rule_of
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.prepare import Prepared
from graphcomp.codegen.regions import CALL, PART, parts_of
from graphcomp.names import FreshNames
from graphcomp.node import Node
from graphcomp.op import ATOM, Form
from graphcomp.rewrite import Rule
from graphcomp.traversal import topological, use_counts

#: An expression inside a statement is given a name of its own when it gets longer than this.
INLINE = 56


class Kernels(Protocol):
    """Writes functions for regions, and the calls of them.

    Attributes:
        numbers: whether results without axes are Python numbers.
        made: how the arrays are made that a call is given to fill, by part.
    """

    numbers: bool
    made: dict[Node, str]

    def call(
        self, call: Node, pieces: Sequence[Piece], parts: Sequence[Node], names: Sequence[str]
    ) -> Piece:
        """The call that computes the parts of a region, which get these names."""


class Names(FreshNames):
    """The names in a function: none is given twice."""

    def __init__(self, taken: Iterable[str]) -> None:
        super().__init__(taken)
        self._numbers = 0

    def temporary(self) -> str:
        """A name for a nameless value: t1, t2, ..."""
        self._numbers += 1
        while (name := f"t{self._numbers}") in self.taken:
            self._numbers += 1
        self.taken.add(name)
        return name


class Block:
    """The statements that compute some nodes from others.

    Args:
        context: what the module knows.
        prepared: the nodes.
        names: of the function.
        indent: of the statements.
        pieces: of nodes that are known already.
        kernels: writes the functions for regions.
        typed: an array whose type the type checker needs to be told.
    """

    def __init__(
        self,
        context: Context,
        prepared: Prepared,
        names: Names,
        indent: int,
        pieces: dict[Node, Piece],
        typed: Node | None = None,
        kernels: Kernels | None = None,
    ) -> None:
        self.context = context
        self.prepared = prepared
        self.names = names
        self.room = WIDTH - len(INDENT) * indent
        self.pieces = pieces
        self.typed = typed
        self.kernels = kernels
        self._noted = any(n.scope and n.op.form is not Form.NAMED for n in prepared.order)
        self._parts = parts_of(prepared.order) if kernels is not None else {}
        self._grown: dict[Node, Node] = {}
        self.statements: list[Statement] = []
        self.dims: set[str] = set()
        self.rank: dict[str, int] = {}

    def compute(
        self, outputs: Iterable[Node], cut: Collection[Node], order: Iterable[Node] | None = None
    ) -> None:
        """Add the statements for the outputs; nodes in `cut` get variables, others stand inside.

        Args:
            outputs: the nodes that are wanted.
            cut: the nodes that are statements.
            order: what the outputs depend on, arguments before users, if that is known already.
        """
        pieces = self.pieces
        order = list(topological(outputs, stop=pieces.__contains__) if order is None else order)
        chains, links = self._chains(order, cut)
        for node in order:
            if node in pieces or node in links:
                continue
            if not node.args:
                pieces[node] = self.context.leaf(node)
            elif node.op is CALL:
                self._call(node)
            elif chains and node in chains and (parts := self._in_place(chains[node])) is not None:
                self._add_into(node, *parts)
            elif node not in cut:
                pieces[node] = self._fitted(node, INLINE)[0]
            else:
                name = self._name(node)
                equals = len(": Array = ") if node is self.typed else len(" = ")
                self._assign(name, node, *self._fitted(node, self.room - len(name) - equals))

    def _call(self, node: Node) -> None:
        """A statement for all parts of a region."""
        assert self.kernels is not None
        parts = self._parts[node]
        names = [self._name(part) for part in parts]
        piece = self.kernels.call(node, [self.pieces[arg] for arg in node.args], parts, names)
        also = tuple(zip(names, parts, strict=True))[1:]
        fills = tuple(self.kernels.made.get(part, "") for part in parts)
        self.statements.append(Statement(names[0], parts[0], piece, (), also=also, fills=fills))
        self.dims |= piece.dims
        self.pieces[node] = piece
        for name, part in zip(names, parts, strict=True):
            reads = frozenset({name})
            number = self.kernels.numbers and part.shape == ()
            self.pieces[part] = Piece(
                name, ATOM, part.shape, part.dtype, reads, reads, number=number
            )

    def _chains(
        self, order: Sequence[Node], cut: Collection[Node]
    ) -> tuple[dict[Node, list[Link]], set[Node]]:
        """The sums with terms that are added in place."""
        dialect = self.context.dialect
        if not dialect.arrays or not any(dialect.into in node.op.spell for node in order):
            return {}, set()
        known = set(self.pieces)
        chains, links = chains_in(
            order,
            lambda node: node not in cut and node not in known,
            lambda node: dialect.into in node.op.spell,
        )
        if chains:
            self._grow(chains, cut)
        return chains, links

    def _grow(self, chains: Mapping[Node, Sequence[Link]], cut: Collection[Node]) -> None:
        """Find the arrays that nothing but a chain reads: what it adds is added to them."""
        prepared = self.prepared
        uses = use_counts(prepared.order)
        kept = {*self.pieces, *prepared.user_named, *prepared.outputs.values()}
        for node, chain in chains.items():
            rest = chain[0].rest
            new = (rest in cut and not rest.op.view) or rest.op is PART
            same = rest.shape == node.shape and rest.dtype == node.dtype
            if new and same and uses.get(rest) == 1 and rest not in kept:
                self._grown[rest] = node

    def _in_place(self, chain: Sequence[Link]) -> tuple[Node, Sequence[Link]] | None:
        """A new array to begin with, and the sums that then add to it in place.

        If the first term of a chain is no new array, its first sum is.
        """
        first = chain[0]
        piece = self.pieces[first.rest]
        fresh = not (piece.is_name or piece.number or first.rest.op.view)
        if first.rest in self._grown:
            return first.rest, chain
        if fresh and piece.shape == first.node.shape and piece.dtype == first.node.dtype:
            return first.rest, chain
        if len(chain) == 1:
            return None
        self.pieces[first.node] = self._fitted(first.node, INLINE)[0]
        return first.node, chain[1:]

    def _add_into(self, node: Node, base: Node, links: Sequence[Link]) -> None:
        """``x = base`` and ``x[1:] += value``, ..., without arrays of zeros around the values."""
        if base in self._grown:
            self.pieces[node] = self.pieces[base]
            name = self.pieces[node].text
        else:
            name = self._name(node)
            self._assign(name, node, self._fitted(base, self.room - len(name) - 3)[0], ())
        for link in links:
            value = link.added.args[0]
            text, dims = self.context.into(link.added, name, self.pieces[value])
            if len(text) > self.room:
                self._spill(value)
                text, dims = self.context.into(link.added, name, self.pieces[value])
            piece = self.pieces[value]
            reads = piece.reads | {name}
            piece = piece._replace(
                text=text, reads=reads, roots=frozenset(), dims=piece.dims | dims
            )
            self.statements.append(Statement(name, node, piece, (), operator=""))
            self.dims |= piece.dims

    def _name(self, node: Node) -> str:
        node = self._grown.get(node, node)
        wanted = self.prepared.names.get(node)
        if wanted is None:
            return self.names.temporary()
        name = self.names.give(wanted)
        user = node in self.prepared.user_named
        self.rank[name] = USER if user else RESULT if wanted in self.prepared.outputs else 1
        return name

    def _assign(self, name: str, node: Node, piece: Piece, operands: tuple[Piece, ...]) -> None:
        own = frozenset({name})
        rules = self._rules(node) if self._noted else ()
        if not (node.shape or piece.shape or piece.dims or piece.frozen or node.op.view):  # mostly
            self.statements.append(Statement(name, node, piece, operands, rules=rules))
            self.pieces[node] = Piece.scalar(name, ATOM, piece.dtype, own, own)
            return
        typed = node is self.typed and node.shape != ()
        self.statements.append(Statement(name, node, piece, operands, typed=typed, rules=rules))
        self.pieces[node] = Piece(
            name,
            ATOM,
            piece.shape,
            piece.dtype,
            reads=own,
            roots=own | piece.roots if node.op.view else own,
            frozen=piece.frozen,
            dims=piece.dims,
        )
        if piece.dims:
            self.dims |= piece.dims

    def _rules(self, node: Node) -> tuple[Rule, ...]:
        """The rules that made what a statement computes, that which stands inside first."""
        found: list[Rule] = []
        stack = [node]
        while stack:
            part = stack.pop()
            made = rule_of(part)
            if made is not None:
                found.append(made)
            known = [self.pieces.get(arg) for arg in part.args]
            stack += [
                arg
                for arg, piece in zip(part.args, known, strict=True)
                if piece is None or not piece.is_name  # none: a term that is added in place
            ]
        return tuple(dict.fromkeys(found[::-1]))

    def _fitted(self, node: Node, room: int) -> tuple[Piece, tuple[Piece, ...]]:
        """The piece of a node; its longest operands become statements until it fits."""
        while (simple := self.context.simple(node, self.pieces)) is not None:  # mostly
            if len(simple[0].text) <= room or not self._spill_longest(node.args):
                return simple
        args = self._operands(node)
        self._spill_repeated(node, args)
        inside = any(arg.op.form is Form.BRACKET for arg in args)
        while True:
            pieces = [self.pieces[arg] for arg in args]
            conditions = self._conditions(args) if inside else ()
            piece, operands = self.context.combine(node, args, pieces, conditions)
            if len(piece.text) <= room or not self._spill_longest(args):
                return piece, operands

    def _spill_longest(self, args: Sequence[Node]) -> bool:
        """Make a variable of the longest operand, if that makes it shorter."""
        longest = max(args, key=self._excess, default=None)
        if longest is None or self._excess(longest) <= 0:
            return False
        self._spill(longest)
        return True

    def _operands(self, node: Node) -> tuple[Node, ...]:
        """The arguments; of a transposed matrix times a vector, the vector and the matrix."""
        if node.op.form is not Form.CONTRACTION or node.ndim != 1:
            return node.args
        left, right = node.args
        matrix = left if left.ndim == 2 else right
        if matrix.op.form is not Form.TRANSPOSE or self.pieces[matrix].is_name:
            return node.args
        return (right, left.args[0]) if matrix is left else (right.args[0], left)

    def _conditions(self, args: Sequence[Node]) -> list[Piece | None]:
        """What is inside the brackets of operands that are written in place."""
        return [
            self.pieces.get(arg.args[0])
            if arg.op.form is Form.BRACKET and not self.pieces[arg].is_name
            else None
            for arg in args
        ]

    def _excess(self, arg: Node) -> int:
        """How much shorter a name would be."""
        piece = self.pieces[arg]
        return 0 if piece.is_name or piece.number else len(piece.text) - 4

    def _spill_repeated(self, node: Node, args: Sequence[Node]) -> None:
        """Make variables of operands that are written more than once, as in x * x."""
        if node.op.form is Form.BROADCAST or all(self._excess(arg) <= 0 for arg in args):
            return
        template = self.context.template(node)
        for i, arg in enumerate(args):
            if template.count(f"{{{i}}}") > 1:
                self._spill(arg)

    def _spill(self, node: Node) -> None:
        """Make a variable of a node that stood inside an expression."""
        chain = [node]
        while chain[-1].op.form in AS_ARGUMENT:
            chain.append(chain[-1].args[0])
        base = chain[-1]
        if self._excess(base) > 0:
            self._assign(self._name(base), base, self.pieces[base], ())
        for outer in chain[:-1]:
            self.pieces[outer] = self.pieces[base]
