"""Scratch that belongs to the caller: temporaries are written to arrays that stay from call to call.

A function is given a dict. What it would make anew at each call, and returns to nobody, it takes from
there by the name of the step, and puts there what is missing. So that there is a place to write to,
each step of arrays is a statement of its own. A step takes the array of an earlier one that nothing
reads any more, the last such one: that is still in the cache.

Memory that leaves a function is never in the dict: results, views of them, and what a function that
is returned reads later. That follows from the statements, by the rule that decides what is reused in
place: see `last_reads`.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graphcomp.codegen.buffers import Statement, last_reads
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.out import out_call
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.prepare import FREE, Prepared
from graphcomp.codegen.regions import CALL, PART
from graphcomp.node import Node
from graphcomp.op import DType, Form
from graphcomp.shape import Shape

#: The parameter of generated functions.
NAME = "workspace"
TYPE = "dict[str, Any] | None"


def finer(order: Sequence[Node], cut: Collection[Node], into: str) -> set[Node]:
    """The nodes that are statements, when each new array is to be one.

    Args:
        order: all nodes.
        cut: the nodes that are statements anyway.
        into: the key of spellings that add to an array, which need their operands in place.
    """
    inside = {
        arg
        for node in order
        if node.op.form is Form.SUM and any(into in arg.op.spell for arg in node.args)
        for arg in node.args
    }
    shown = {  # a view, and what is made of it with an array to write to, is too much for one line
        arg
        for node in order
        if node.shape and not (node.op.broadcasts or node.op.view) and node.op not in {CALL, PART}
        for arg in node.args
        if arg.op.view and arg.args and arg.op.form not in FREE
    }
    return {*cut, *shown} | {
        node
        for node in order
        if node.args
        and node.shape
        and node.op.form not in FREE
        and node.op not in {CALL, PART}
        and not node.op.view
        and node not in inside
    }


def prepared_finer(prepared: Prepared, into: str) -> Prepared:
    """The nodes of a function, each new array a statement."""
    return replace(prepared, cut=frozenset(finer(prepared.order, prepared.cut, into)))


@dataclass(frozen=True, slots=True)
class Scratched:
    """Statements that write to the workspace.

    Attributes:
        statements: in order.
        dims: the dimensions that they read for it.
        kept: the nodes whose memory outlives the statements.
        used: whether any writes to it.
    """

    statements: list[Statement]
    dims: frozenset[str]
    kept: frozenset[Node]
    used: bool


def in_workspace(
    statements: Sequence[Statement], live: Collection[str], context: Context, prefix: str = ""
) -> Scratched:
    """Statements that make a temporary array write to the workspace instead, where they can.

    Args:
        statements: in order, their memory planned.
        live: variables that are read after them.
        context: what the module knows.
        prefix: of the names in the workspace.
    """
    end = len(statements)
    last = last_reads([_reading(statement) for statement in statements], live)
    places = _Places(last)
    found: list[Statement] = []
    dims: frozenset[str] = frozenset()
    kept: set[Node] = set()
    used = False
    for i, statement in enumerate(statements):
        made = [(statement.target, statement.node), *statement.also]
        kept.update(node for name, node in made if last.get(name) == end)
        call = None
        if last.get(statement.target) != end and _makes_array(statement):
            call = out_call(statement.piece.text)
        if call is None:
            found.append(statement)
            continue
        name = places.take(statement, i)
        scratch, read = scratch_source(statement.piece, f"{prefix}{name}", context)
        piece = statement.piece._replace(text=f"{call}, out={scratch})")
        found.append(replace(statement, piece=piece))
        dims |= read
        used = True
    return Scratched(found, dims, frozenset(kept), used)


class _Places:
    """The arrays of a workspace, and which are free.

    Args:
        last: where each variable is read for the last time.
    """

    def __init__(self, last: Mapping[str, int]) -> None:
        self._last = last
        self._held: list[tuple[int, str, str, tuple[Shape, DType]]] = []
        self._free: dict[tuple[Shape, DType], list[str]] = {}

    def take(self, statement: Statement, index: int) -> str:
        """The name of an array that the statement at an index may write to."""
        while self._held and self._held[0][0] < index:
            _, _, name, kind = heapq.heappop(self._held)
            self._free.setdefault(kind, []).append(name)
        kind = (statement.piece.shape, statement.piece.dtype)
        free = self._free.get(kind)
        name = free.pop() if free else statement.target
        end = self._last.get(statement.target, index)
        heapq.heappush(self._held, (end, statement.target, name, kind))
        return name


def _reading(statement: Statement) -> Statement:
    """A statement for the question what is read: one in place reads its target, and makes no view."""
    if statement.operator == "=":
        return statement
    reads = statement.piece.reads | {statement.target}
    return replace(statement, piece=statement.piece._replace(reads=reads, roots=frozenset()))


def _makes_array(statement: Statement) -> bool:
    """Whether a statement makes a new array, alone."""
    return (
        statement.operator == "="
        and not statement.also
        and statement.piece.shape != ()
        and not statement.piece.roots
        and not statement.piece.is_name
    )


def scratch_source(piece: Piece, name: str, context: Context) -> tuple[str, frozenset[str]]:
    """The call that takes an array for a value from the workspace; the dimensions that it reads."""
    shape, dims = context.shape(piece.shape)
    kind = "bool_" if piece.dtype.kind == "b" else piece.dtype.name
    dtype = "" if piece.dtype == np.float64 else f", np.{kind}"
    return f'_scratch({NAME}, "{name}", {shape}{dtype})', dims
