"""Results of a block that are written where they belong: into a part of the whole result.

What a block returns is there twice until it is copied. So the last statement that makes such a result
is given the place for it. Without one, where there is one block only, it makes a new array.
"""

from __future__ import annotations

from dataclasses import replace

from graphcomp.codegen.buffers import Statement, renamed_statement
from graphcomp.codegen.out import out_call, update_call
from graphcomp.node import Node


def with_place(
    statements: list[Statement], variable: str, node: Node, target: str, place: str
) -> list[Statement] | None:
    """The statements, the one that completes a variable writing into a place.

    Args:
        statements: in order, their memory planned.
        variable: a result.
        node: that it computes.
        target: what the variable is called from then on.
        place: a variable for the place; None in it stands for a new array.

    Returns:
        None if there is no such statement.
    """
    writing = [i for i, statement in enumerate(statements) if variable in statement.targets]
    if not writing:
        return None
    last = writing[-1]
    statement = statements[last]
    if statement.also or statement.piece.dtype != node.dtype:
        return None
    call = _open_call(statement)
    if call is None or (statement.operator == "=" and statement.piece.shape != node.shape):
        return None
    reads = statement.piece.reads | ({variable} if statement.operator != "=" else frozenset())
    piece = statement.piece._replace(text=f"{call}, out={place})", reads=reads)
    comment = "" if statement.comment == target else statement.comment
    made = replace(statement, target=target, piece=piece, operator="=", comment=comment, into="")
    if target == variable:
        return [*statements[:last], made, *statements[last + 1 :]]
    made.typed = any(statements[i].typed for i in writing)
    before = [replace(s, typed=s.typed and s.target != variable) for s in statements[:last]]
    later = [renamed_statement(each, {variable: target}) for each in statements[last + 1 :]]
    return [*before, made, *later]


def _open_call(statement: Statement) -> str | None:
    """What a statement computes, as a call of NumPy that lacks its last argument, ``out``."""
    text = statement.piece.text
    given = f", out={statement.into or statement.target})"
    if text.endswith(given):
        call: str | None = text.removesuffix(given)
    elif statement.operator == "=":
        call = out_call(text)
    else:
        call = update_call(statement.target, statement.operator, text)
    return None if call is None or call.startswith("_") else call
