"""What a returned function holds: no array of which it reads a small part only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graphcomp.codegen.buffers import Statement
from graphcomp.codegen.live import Sized
from graphcomp.codegen.pieces import NOTHING, Piece
from graphcomp.node import Node
from graphcomp.op import ATOM

#: A view of at most this part of an array is copied, rather than that the array is held.
SMALL = 0.5


def copy_small_views(
    statements: Sequence[Statement], pieces: dict[Node, Piece], captured: set[str]
) -> list[Statement]:
    """Views that a returned function reads as arrays of their own, if what they show is much larger.

    ``w2 = w1[0]`` would hold all of `w1` for as long as the function lives.

    Args:
        statements: of the way forward.
        pieces: of the nodes; those of what is copied are changed.
        captured: variables that the returned function reads.
    """
    sizes: dict[str, float] = {}
    result: list[Statement] = []
    for statement in statements:
        current, piece = statement, statement.piece
        own = Sized(piece.shape, piece.dtype).typical
        if piece.roots and not piece.roots & captured and statement.target in captured:
            shown = [sizes[root] for root in piece.roots if root in sizes]
            if shown and own <= SMALL * sum(shown):
                text = f"{piece.at_least(ATOM)}.copy()"
                copied = piece._replace(text=text, precedence=ATOM, roots=NOTHING, frozen=False)
                current = replace(statement, piece=copied)
                name = pieces[statement.node]
                pieces[statement.node] = name._replace(roots=name.reads, frozen=False)
        if not piece.roots and piece.shape:
            sizes[statement.target] = own
        result.append(current)
    return result
