"""Memory that a loop over blocks uses again: arrays of a block are written into it.

Arrays that are made anew for every block go back to the system after each, and come again page by
page, which takes longer than filling them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graphcomp.codegen.buffers import Statement, last_reads
from graphcomp.codegen.out import out_call
from graphcomp.node import Node
from graphcomp.shape import Shape


@dataclass(frozen=True, slots=True)
class Scratch:
    """What a block writes into.

    Attributes:
        names: of the variables, arrays of one shape.
        shape: of each, with the length of a block among its dimensions.
    """

    names: tuple[str, ...]
    shape: Shape


def with_scratch(
    statements: Sequence[Statement], live: Collection[str], shape: Shape, names: Sequence[str]
) -> tuple[list[Statement], Scratch | None]:
    """The statements, those of float64 arrays of a shape into scratch; as few as are alive at once.

    Args:
        statements: in order, each variable set once but for statements in place.
        live: variables that are read after the block: nothing is written over them.
        shape: of the arrays.
        names: for the scratch, enough of them.
    """
    last = last_reads(statements, live)
    free: list[str] = []
    used = 0
    ends: dict[int, list[str]] = {}
    result: list[Statement] = []

    def slot(target: str, i: int) -> str:
        """A place that is free until the last statement that reads the variable."""
        nonlocal used
        if not free:
            free.append(names[used])
            used += 1
        found = free.pop()
        ends.setdefault(last.get(target, i), []).append(found)
        return found

    for i, each in enumerate(statements):
        statement = each
        call = out_call(statement.piece.text) if _fits(statement, shape) else None
        if call is not None:
            text = f"{call}, out={slot(statement.target, i)})"
            statement = replace(statement, piece=statement.piece._replace(text=text))
        elif any(statement.fills):
            made = ((statement.target, statement.node), *statement.also)
            fills = [
                slot(target, i) if fill.startswith("np.empty") and _holds(node, shape) else fill
                for (target, node), fill in zip(made, statement.fills, strict=True)
            ]
            statement = replace(statement, fills=tuple(fills))
        result.append(statement)
        free += ends.pop(i, [])[::-1]
    return result, Scratch(tuple(names[:used]), shape) if used else None


def _fits(statement: Statement, shape: Shape) -> bool:
    """Whether the statement makes an array of that shape."""
    node = statement.node
    return (
        statement.operator == "="
        and not statement.also
        and not node.op.view
        and _holds(node, shape)
        and statement.piece.shape == shape
        and bool(statement.operands)
        and all(operand.dtype == np.float64 for operand in statement.operands)
    )


def _holds(node: Node, shape: Shape) -> bool:
    return node.shape == shape and node.dtype == np.float64
