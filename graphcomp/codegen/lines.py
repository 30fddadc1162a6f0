"""Statements as lines of source, and the variables in pieces renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphcomp.codegen.buffers import Statement, renamed_piece
from graphcomp.codegen.layout import INDENT, WIDTH, comment, layout, unpacked
from graphcomp.codegen.notes import Said
from graphcomp.codegen.pieces import Piece
from graphcomp.node import Node


def statement_lines(
    statements: Sequence[Statement],
    indent: int,
    start: int | None = None,
    section: str = "",
    said: Said | None = None,
) -> list[str]:
    """The lines, with a comment for a section that starts at a statement, and on what rules made.

    Comments stand at the end of a line if there is room, else above it. Without `said`, none are
    made on rules.
    """
    lines: list[str] = []
    margin = INDENT * indent
    for i, statement in enumerate(statements):
        if i == start and section:
            lines.append(f"{margin}# {section}")
        if statement.ends:
            lines.append(f"{margin}del {', '.join(statement.ends)}")
        plain = not (statement.also or statement.typed or statement.comment or any(statement.fills))
        if plain and (said is None or not statement.rules):  # mostly
            line = margin + statement.line
            if len(line) <= WIDTH:
                lines.append(line)
                continue
        if any(statement.fills):
            lines += _filled(statement, indent)
            continue
        if statement.also:
            lines += unpacked(statement.targets, statement.piece.text, indent)
            continue
        text = statement.line
        if statement.typed:
            text = text.replace(" = ", ": Array = ", 1)
        made = said.remarks(statement.rules) if said is not None else []
        room = WIDTH - len(margin) - len(text) - len("  # ")
        both = "; ".join(filter(None, [statement.comment, *made]))
        if made and len(both) > room:
            lines += [line for remark in made for line in comment(remark, indent)]
            both = statement.comment
        if both and len(both) <= room:
            lines.append(f"{margin}{text}  # {both}")
        else:
            lines += layout(text, indent)
    return lines


def _filled(statement: Statement, indent: int) -> list[str]:
    """Arrays, and the call that fills them; it returns the numbers."""
    both = list(zip(statement.targets, statement.fills, strict=True))
    arrays = [(target, made) for target, made in both if made]
    numbers = [target for target, made in both if not made]
    opening, _, given = statement.piece.text.partition("(")
    call = f"{opening}({', '.join(filter(None, [given[:-1], *(target for target, _ in arrays)]))})"
    lines = [line for target, made in arrays for line in layout(f"{target} = {made}", indent)]
    return [*lines, *(unpacked(numbers, call, indent) if numbers else layout(call, indent))]


def rename_pieces(pieces: dict[Node, Piece], renamed: Mapping[str, str]) -> None:
    """Other variables in all pieces, in place."""
    if not renamed:
        return
    for node, piece in pieces.items():
        if piece.reads & renamed.keys():
            pieces[node] = renamed_piece(piece, renamed)
