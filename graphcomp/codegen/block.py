"""Straight-line code: nodes as statements, one each, on lines that fit."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphcomp.codegen.layout import INDENT, WIDTH
from graphcomp.codegen.pieces import Context, Piece
from graphcomp.codegen.prepare import Prepared
from graphcomp.names import fresh_name
from graphcomp.node import Node, topological
from graphcomp.op import ATOM, Form
from graphcomp.shape import Shape

#: How much a name says: a temporary 0, a derivative or numbered step 1, a result 2, the user's 3.
RESULT, USER = 2, 3

#: An expression inside a statement is given a name of its own when it gets longer than this.
INLINE = 56


@dataclass(slots=True)
class Statement:
    """``target = text``, or with an operator such as ``-=``.

    Attributes:
        target: the variable.
        node: that it computes.
        piece: the right-hand side.
        operands: the pieces of the outermost op.
        operator: "=" or an in-place operator.
        comment: at the end of the line.
        typed: whether the variable is declared as an array.
    """

    target: str
    node: Node
    piece: Piece
    operands: tuple[Piece, ...]
    operator: str = "="
    comment: str = ""
    typed: bool = False

    @property
    def line(self) -> str:
        """The statement as source, without its comment."""
        return f"{self.target} {self.operator} {self.piece.text}"


class Names:
    """The names in a function: none is given twice."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)
        self._numbers = 0

    def give(self, wanted: str) -> str:
        """The wanted name, or one like it."""
        name = fresh_name(wanted, self.taken)
        self.taken.add(name)
        return name

    def temporary(self) -> str:
        """A name for a nameless value: t1, t2, ..."""
        self._numbers += 1
        while f"t{self._numbers}" in self.taken:
            self._numbers += 1
        return self.give(f"t{self._numbers}")


class Block:
    """The statements that compute some nodes from others.

    Args:
        context: what the module knows.
        prepared: the nodes.
        names: of the function.
        indent: of the statements.
        pieces: of nodes that are known already.
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
    ) -> None:
        self.context = context
        self.prepared = prepared
        self.names = names
        self.room = WIDTH - len(INDENT) * indent
        self.pieces = pieces
        self.typed = typed
        self.statements: list[Statement] = []
        self.dims: set[str] = set()
        self.rank: dict[str, int] = {}

    def compute(self, outputs: Iterable[Node], cut: Collection[Node]) -> None:
        """Add the statements for the outputs; nodes in `cut` get variables, others stand inside."""
        for node in topological(outputs, stop=self.pieces.__contains__):
            if node in self.pieces:
                continue
            if not node.args:
                self.pieces[node] = self.context.leaf(node)
            elif node in cut:
                name = self._name(node)
                equals = len(": Array = ") if node is self.typed else len(" = ")
                piece, operands = self._fitted(node, self.room - len(name) - equals)
                self._assign(name, node, piece, operands)
            else:
                self.pieces[node] = self._fitted(node, INLINE)[0]

    def _name(self, node: Node) -> str:
        wanted = self.prepared.names.get(node)
        if wanted is None:
            return self.names.temporary()
        name = self.names.give(wanted)
        user = node in self.prepared.user_named
        self.rank[name] = USER if user else RESULT if wanted in self.prepared.outputs else 1
        return name

    def _assign(self, name: str, node: Node, piece: Piece, operands: tuple[Piece, ...]) -> None:
        typed = node is self.typed and node.shape != ()
        self.statements.append(Statement(name, node, piece, operands, typed=typed))
        roots = frozenset({name}) | (piece.roots if node.op.view else frozenset())
        self.pieces[node] = replace(
            piece, text=name, precedence=ATOM, reads=frozenset({name}), roots=roots, number=False
        )
        self.dims |= piece.dims

    def _fitted(self, node: Node, room: int) -> tuple[Piece, tuple[Piece, ...]]:
        """The piece of a node; its longest operands become statements until it fits."""
        args = self._operands(node)
        self._spill_repeated(node, args)
        inside = any(arg.op.form is Form.BRACKET for arg in args)
        while True:
            pieces = [self.pieces[arg] for arg in args]
            conditions = self._conditions(args) if inside else ()
            piece, operands = self.context.combine(node, args, pieces, conditions)
            if len(piece.text) <= room:
                return piece, operands
            longest = max(args, key=self._excess, default=None)
            if longest is None or self._excess(longest) <= 0:
                return piece, operands
            self._spill(longest)

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
        while chain[-1].op.form is Form.BROADCAST:
            chain.append(chain[-1].args[0])
        base = chain[-1]
        if self._excess(base) > 0:
            self._assign(self._name(base), base, self.pieces[base], ())
        for outer in chain[:-1]:
            self.pieces[outer] = self.pieces[base]


def hoist(statements: list[Statement], early: Collection[Node], start: int) -> list[Statement]:
    """Statements for some nodes as soon as what they read is there, from position `start` on."""
    ready: dict[str, int] = {}
    keyed: list[tuple[int, int, Statement]] = []
    for i, statement in enumerate(statements):
        place = i
        if i >= start and statement.node in early:
            known = max((ready.get(name, -1) for name in statement.piece.reads), default=-1)
            place = max(known, start - 1)
        ready[statement.target] = place
        keyed.append((place, i, statement))
    keyed.sort(key=lambda item: item[:2])
    return [statement for _, _, statement in keyed]


_IN_PLACE = {Form.SUM: "+=", Form.DIFFERENCE: "-=", Form.PRODUCT: "*=", Form.QUOTIENT: "/="}
_PRODUCTS = {Form.CONTRACTION, Form.OUTER}


def reuse_buffers(
    statements: Sequence[Statement], live: Collection[str], rank: Mapping[str, int]
) -> tuple[list[Statement], dict[str, str]]:
    """In-place operators where an operand is a fresh array of this block that nothing reads later.

    Args:
        statements: in order.
        live: variables that are read after the block.
        rank: how much a variable's name says; results and the user's steps are not written over.

    Returns:
        The statements, and the new names of variables that share the memory of others.
    """
    if all(statement.node.shape == () for statement in statements):
        return list(statements), {}
    merged = _merges(statements, _last_reads(statements, live), rank)
    groups: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for statement in statements:
        old = merged.get(statement.target)
        name = first[statement.target] = first[old[0]] if old else statement.target
        groups.setdefault(name, []).append(statement.target)
    renamed: dict[str, str] = {}
    for group in groups.values():
        best = max(group, key=lambda name: rank.get(name, 0))
        renamed |= {name: best for name in group if name != best}
    typed = {renamed.get(s.target, s.target) for s in statements if s.typed}
    result: list[Statement] = []
    for statement in statements:
        current = renamed_statement(statement, renamed)
        current.typed = current.target in typed and statement.target not in merged
        if statement.target not in merged:
            result += _split_product(current)
            continue
        place = merged[statement.target][1]
        says = rank.get(statement.target, 0) > 0 and current.target != statement.target
        result.append(
            replace(
                current,
                piece=current.operands[1 - place],
                operator=_IN_PLACE[statement.node.op.form],
                comment=statement.target if says else "",
                typed=False,
            )
        )
    return result, renamed


def _merges(
    statements: Sequence[Statement], last: Mapping[str, int], rank: Mapping[str, int]
) -> dict[str, tuple[str, int]]:
    """The variables that can take the memory of an operand: its variable and its place."""
    made: dict[str, Statement] = {}
    highest: dict[str, int] = {}
    merged: dict[str, tuple[str, int]] = {}
    for i, statement in enumerate(statements):
        name = statement.target
        made[name] = statement
        highest[name] = rank.get(name, 0)
        place = _dying_operand(statement, i, last, made)
        if place is None:
            continue
        old = statement.operands[place].text
        if highest[old] < RESULT:
            merged[name] = (old, place)
            highest[name] = max(highest[old], highest[name])
    return merged


def _last_reads(statements: Sequence[Statement], live: Collection[str]) -> dict[str, int]:
    """The last statement that reads each variable's memory."""
    end = len(statements)
    last: dict[str, int] = dict.fromkeys(live, end)
    roots: dict[str, frozenset[str]] = {}
    for i, statement in enumerate(statements):
        for name in statement.piece.reads:
            for root in roots.get(name, frozenset()) | {name}:
                last[root] = max(last.get(root, -1), i)
        if statement.piece.roots:
            shared = statement.piece.roots
            for name in statement.piece.roots:
                shared |= roots.get(name, frozenset())
            roots[statement.target] = shared
            if statement.target in live:
                last.update(dict.fromkeys(shared, end))
    return last


def _dying_operand(
    statement: Statement,
    index: int,
    last: Mapping[str, int],
    made: Mapping[str, Statement],
) -> int | None:
    """The operand that the result can take the place of."""
    form, node = statement.node.op.form, statement.node
    if form not in _IN_PLACE or node.shape == () or len(statement.operands) != 2:
        return None
    for place in (0, 1) if form in {Form.SUM, Form.PRODUCT} else (0,):
        operand = statement.operands[place]
        source = made.get(operand.text)
        if (
            source is not None
            and operand.is_name
            and last.get(operand.text) == index
            and not source.node.op.view
            and _same(operand.shape, statement.piece.shape)
            and operand.shape == source.node.shape
            and operand.dtype == node.dtype
        ):
            return place
    return None


def _same(a: Shape, b: Shape) -> bool:
    return a is b or a == b


def _split_product(current: Statement) -> list[Statement]:
    """``r = W.dot(h) - y`` as ``r = W.dot(h)`` and ``r -= y``."""
    form, node = current.node.op.form, current.node
    if form not in _IN_PLACE or node.shape == () or len(current.operands) != 2:
        return [current]
    for place in (0, 1) if form in {Form.SUM, Form.PRODUCT} else (0,):
        operand, other = current.operands[place], current.operands[1 - place]
        arg = node.args[place]
        if (
            arg.op.form in _PRODUCTS
            and not operand.is_name
            and operand.dtype == node.dtype
            and _same(operand.shape, current.piece.shape)
        ):
            return [
                replace(current, piece=operand, comment=""),
                replace(current, piece=other, operator=_IN_PLACE[form], typed=False),
            ]
    return [current]


def renamed_statement(statement: Statement, names: Mapping[str, str]) -> Statement:
    """A statement with other variables."""
    if statement.target not in names and not any(n in names for n in statement.piece.reads):
        return statement
    return replace(
        statement,
        target=names.get(statement.target, statement.target),
        piece=renamed_piece(statement.piece, names),
        operands=tuple(renamed_piece(piece, names) for piece in statement.operands),
    )


def renamed_piece(piece: Piece, names: Mapping[str, str]) -> Piece:
    """A piece that reads other variables."""
    changed = {name: names[name] for name in piece.reads if name in names}
    if not changed:
        return piece
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, changed))})\b(?!=[^=])")
    text = pattern.sub(lambda match: changed[match.group()], piece.text)
    return replace(
        piece,
        text=text,
        reads=frozenset(names.get(name, name) for name in piece.reads),
        roots=frozenset(names.get(name, name) for name in piece.roots),
    )
