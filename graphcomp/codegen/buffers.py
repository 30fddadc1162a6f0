"""Statements in order, and the memory of their variables: what can be written over in place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from graphcomp.codegen.out import is_ufunc
from graphcomp.codegen.pieces import Piece
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.rewrite import Rule
from graphcomp.shape import Shape

#: How much a name says: a temporary 0, a derivative or numbered step 1, a result 2, the user's 3.
RESULT, USER = 2, 3


@dataclass(slots=True)
class Statement:
    """``target = text``, or with an operator such as ``-=``.

    Attributes:
        target: the variable.
        node: that it computes.
        piece: the right-hand side.
        operands: the pieces of the outermost op.
        operator: "=" or an in-place operator; "" for a call that is given its target as `out`.
        comment: at the end of the line.
        typed: whether the variable is declared as an array.
        also: further variables that the statement sets, with their nodes.
        into: the variable of a dead array that the result is written into.
        ends: variables that are deleted before the statement.
        rules: those that made what it computes, if that is worth a comment.
        fills: for each of its variables, how the array is made that the call is given to fill; "":
            the call returns it.
    """

    target: str
    node: Node
    piece: Piece
    operands: tuple[Piece, ...]
    operator: str = "="
    comment: str = ""
    typed: bool = False
    also: tuple[tuple[str, Node], ...] = ()
    into: str = ""
    ends: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    fills: tuple[str, ...] = ()

    @property
    def targets(self) -> list[str]:
        """All variables that it sets."""
        return [self.target, *(name for name, _ in self.also)]

    @property
    def line(self) -> str:
        """The statement as source, without its comment."""
        if not self.operator:
            return self.piece.text
        return f"{self.target} {self.operator} {self.piece.text}"


def hoist(statements: list[Statement], early: Collection[Node], start: int) -> list[Statement]:
    """Statements for some nodes as soon as what they read is there, from position `start` on."""
    moving = {i for i in range(start, len(statements)) if statements[i].node in early}
    read = {name for i in moving for name in statements[i].piece.reads}
    ready: dict[str, int] = {}
    places = list(range(len(statements)))
    for i, statement in enumerate(statements):
        if i in moving:
            known = max((ready.get(name, -1) for name in statement.piece.reads), default=-1)
            places[i] = max(known, start - 1)
        if statement.target in read or statement.also:
            ready.update(dict.fromkeys(statement.targets, places[i]))
    return [statements[i] for i in sorted(range(len(statements)), key=places.__getitem__)]


def read_later(statements: Sequence[Statement], live: Collection[str]) -> list[Statement]:
    """The statements whose variables are read: a spelling need not use all that an op is given."""
    wanted = set(live)
    kept: list[Statement] = []
    for statement in reversed(statements):
        if not wanted.isdisjoint(statement.targets):
            wanted |= statement.piece.reads
            kept.append(statement)
    return kept[::-1]


_IN_PLACE = {Form.SUM: "+=", Form.DIFFERENCE: "-=", Form.PRODUCT: "*=", Form.QUOTIENT: "/="}
_CALL = re.compile(r"np\.(\w+)\((.*)\)\Z")
_NUMBERS = re.compile(r"(, _?\d[\w.]*)*\Z")  # that a spelling gives behind its operands
#: A word that may be a variable: not behind a dot, not the name of an argument, not inside a string.
_VARIABLE = re.compile(r'"[^"]*"|(?<![\w.])([A-Za-z_]\w*)\b(?!=[^=])')
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
    if all(statement.node.shape == () and not statement.also for statement in statements):
        return list(statements), {}
    merged = _merges(statements, last_reads(statements, live), rank)
    groups: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for statement in statements:
        old = merged.get(statement.target)
        name = first[statement.target] = first[old[0]] if old else statement.target
        groups.setdefault(name, []).append(statement.target)
        for other, _ in statement.also:
            first[other] = other
            groups.setdefault(other, []).append(other)
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
        operator = _IN_PLACE.get(statement.node.op.form, "")
        if operator:
            piece = current.operands[1 - place]
        else:
            text = f"{current.piece.text[:-1]}, out={current.target})"
            piece = current.piece._replace(text=text)
        result.append(
            replace(
                current,
                piece=piece,
                operator=operator,
                comment=statement.target if says else "",
                typed=False,
            )
        )
    return result, renamed


def _merges(
    statements: Sequence[Statement], last: Mapping[str, int], rank: Mapping[str, int]
) -> dict[str, tuple[str, int]]:
    """The variables that can take the memory of an operand: its variable and its place."""
    made: dict[str, Node] = {}
    highest: dict[str, int] = {}
    merged: dict[str, tuple[str, int]] = {}
    for i, statement in enumerate(statements):
        name = statement.target
        made[name] = statement.node
        made.update(statement.also)
        highest.update({target: rank.get(target, 0) for target in statement.targets})
        place = _dying_operand(statement, i, last, made)
        if place is None:
            continue
        old = statement.operands[place].text
        if highest[old] < RESULT:
            merged[name] = (old, place)
            highest[name] = max(highest[old], highest[name])
    return merged


def last_reads(statements: Sequence[Statement], live: Collection[str]) -> dict[str, int]:
    """The last statement that reads each variable's memory."""
    end = len(statements)
    last: dict[str, int] = dict.fromkeys(live, end)
    roots: dict[str, frozenset[str]] = {}
    first: dict[str, str] = {}  # of the variables that were given one array one after the other
    for i, statement in enumerate(statements):
        read = [*statement.piece.reads, *([statement.into] if statement.into else [])]
        if statement.operator != "=":  # in place
            read.append(statement.target)
        for name in read:
            for root in roots.get(name, frozenset()) | {first.get(name, name)}:
                last[root] = max(last.get(root, -1), i)
        if statement.into:
            old = first[statement.target] = first.get(statement.into, statement.into)
            if statement.target in live:
                last[old] = end
        elif statement.operator == "=" and statement.piece.roots:
            shared = frozenset(first.get(name, name) for name in statement.piece.roots)
            for name in statement.piece.roots:
                shared |= roots.get(name, frozenset())
            roots[statement.target] = shared
            if statement.target in live:
                last.update(dict.fromkeys(shared, end))
    last.update((name, last[old]) for name, old in first.items())
    return last


def _dying_operand(
    statement: Statement,
    index: int,
    last: Mapping[str, int],
    made: Mapping[str, Node],
) -> int | None:
    """The operand that the result can take the place of."""
    node = statement.node
    if node.shape == ():
        return None
    for place in _places(statement):
        operand = statement.operands[place]
        source = made.get(operand.text)
        if (
            source is not None
            and operand.is_name
            and last.get(operand.text) == index
            and not source.op.view
            and _same(operand.shape, statement.piece.shape)
            and operand.shape == source.shape
            and operand.dtype == node.dtype
        ):
            return place
    return None


def _places(statement: Statement) -> Iterable[int]:
    """The operands that the result may be written over."""
    form, operands = statement.node.op.form, statement.operands
    if form in _IN_PLACE:
        if len(operands) != 2:
            return ()
        return (0, 1) if form in {Form.SUM, Form.PRODUCT} else (0,)
    called = _CALL.match(statement.piece.text)
    if called is None or statement.node.op.apart or not is_ufunc(called[1]):
        return ()
    given = ", ".join(operand.text for operand in operands)
    if not called[2].startswith(given) or not _NUMBERS.match(called[2][len(given) :]):
        return ()
    return range(len(operands))


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
    if not any(n in names for n in (*statement.targets, *statement.piece.reads)):
        return statement
    return replace(
        statement,
        target=names.get(statement.target, statement.target),
        also=tuple((names.get(name, name), node) for name, node in statement.also),
        piece=renamed_piece(statement.piece, names),
        operands=tuple(renamed_piece(piece, names) for piece in statement.operands),
    )


def renamed_piece(piece: Piece, names: Mapping[str, str]) -> Piece:
    """A piece that reads other variables."""
    changed = {name: names[name] for name in piece.reads if name in names}
    if not changed:
        return piece
    text = _VARIABLE.sub(lambda m: changed.get(m[1], m[0]), piece.text)
    return piece._replace(
        text=text,
        reads=frozenset(names.get(name, name) for name in piece.reads),
        roots=frozenset(names.get(name, name) for name in piece.roots),
    )
