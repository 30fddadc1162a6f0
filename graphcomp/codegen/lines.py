"""Statements as lines of source, and the variables in pieces renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphcomp.codegen.buffers import Statement, renamed_piece
from graphcomp.codegen.layout import INDENT, WIDTH, layout, unpacked
from graphcomp.codegen.pieces import Piece
from graphcomp.node import Node


def statement_lines(
    statements: Sequence[Statement], indent: int, start: int | None = None, section: str = ""
) -> list[str]:
    """The lines, with a comment for a section that starts at a statement."""
    lines: list[str] = []
    margin = INDENT * indent
    for i, statement in enumerate(statements):
        if i == start and section:
            lines.append(f"{margin}# {section}")
        if not (statement.also or statement.typed or statement.comment):  # mostly
            line = margin + statement.line
            if len(line) <= WIDTH:
                lines.append(line)
                continue
        if statement.also:
            lines += unpacked(statement.targets, statement.piece.text, indent)
            continue
        text = statement.line
        if statement.typed:
            text = text.replace(" = ", ": Array = ", 1)
        remark = f"  # {statement.comment}" if statement.comment else ""
        if remark and len(margin) + len(text) + len(remark) <= WIDTH:
            lines.append(f"{margin}{text}{remark}")
        else:
            lines += layout(text, indent)
    return lines


def rename_pieces(pieces: dict[Node, Piece], renamed: Mapping[str, str]) -> None:
    """Other variables in all pieces, in place."""
    if not renamed:
        return
    for node, piece in pieces.items():
        if piece.reads & renamed.keys():
            pieces[node] = renamed_piece(piece, renamed)
