"""Results written into the memory of dead arrays of the same shape and dtype: ``out=``.

A fresh large array costs more than its memory: the system hands out its pages one by one, when they
are first written. So products of matrices, and ufuncs, take the place of an array that nothing reads
any more, if the function has made one of the same shape. (Where the dead array is an operand,
`buffers` has done so before, by operators such as ``*=``.)
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from graphcomp.codegen.buffers import Statement, last_reads
from graphcomp.codegen.layout import INDENT, WIDTH
from graphcomp.codegen.live import TYPICAL, Sized
from graphcomp.codegen.out import is_ufunc, out_call
from graphcomp.op import Form

#: Nothing is gained with arrays that are known to have fewer entries than this.
SMALLEST = 1024
#: A sum or product of smaller arrays than a matrix of typical size is easier to read as such.
LARGE = TYPICAL**2
#: The deepest indentation of a statement.
_MARGIN = len(INDENT) * 3

_CALL = re.compile(r"np\.(\w+)\((.*)\)\Z")
_INFIX = {Form.SUM: "+", Form.DIFFERENCE: "-", Form.PRODUCT: "*", Form.QUOTIENT: "/"}


def reuse_dead(
    statements: Sequence[Statement], live: Collection[str], large: int = LARGE
) -> list[Statement]:
    """Results written into dead arrays, where there is one of the same shape and dtype.

    Args:
        statements: in order.
        live: variables that are read afterwards.
        large: sums and products of arrays with fewer entries are left as they are.
    """
    last = last_reads(statements, live)
    dying: dict[int, list[str]] = {}
    for name, i in last.items():
        dying.setdefault(i, []).append(name)
    held: dict[str, tuple[Sized, bool]] = {}
    dead: dict[tuple[Sized, bool], list[str]] = {}
    result: list[Statement] = []
    for i, statement in enumerate(statements):
        current, kind = statement, _fresh(statement)
        if kind is not None:
            product = _is_product(statement)
            ordered = product or len(kind.shape) == 1
            text = _with_place(statement, large, product=product)
            for sure in (True,) if product else (False, True):
                buffers = dead.get((kind, sure), [])
                if text and not product and not buffers:
                    buffers = _written_over(statement, dying.get(i, ()), held, (kind, sure))
                if not text or not buffers:
                    continue
                filled = text.format(buffers[-1])  # that of last is the likeliest in the cache
                if len(filled) + len(statement.target) + 3 <= WIDTH - _MARGIN:
                    piece = statement.piece._replace(text=filled)
                    current, ordered = replace(statement, piece=piece, into=buffers.pop()), sure
                    break
            held[statement.target] = kind, ordered
        result.append(current)
        held.pop(current.into, None)
        for name in dying.get(i, ()):
            if name in held:
                dead.setdefault(held.pop(name), []).append(name)
    return result


def _written_over(
    statement: Statement,
    dying: Collection[str],
    held: Mapping[str, tuple[Sized, bool]],
    wanted: tuple[Sized, bool],
) -> list[str]:
    """The operands that nothing reads after a statement, entry by entry, and that suit its result."""
    if statement.node.op.apart:
        return []
    return [
        operand.text
        for operand in statement.operands
        if operand.text in dying and held.get(operand.text) == wanted
    ]


def _fresh(statement: Statement) -> Sized | None:
    """The kind of the array that a statement makes, if it makes one of the shape of its node."""
    node = statement.node
    if statement.operator != "=" or statement.also or statement.piece.roots or node.op.view:
        return None
    if not node.shape or statement.piece.shape != node.shape or statement.piece.dtype != node.dtype:
        return None
    kind = Sized(node.shape, node.dtype)
    return kind if kind.typical * 8 / node.dtype.itemsize >= SMALLEST or _named(kind) else None


def _named(kind: Sized) -> bool:
    return any(not isinstance(dim, int) for dim in kind.shape)


def _is_product(statement: Statement) -> bool:
    """Whether this is ``a.dot(b)`` of arrays with one or two axes, and nothing else."""
    operands = statement.operands
    if statement.node.op.form is not Form.CONTRACTION or len(operands) != 2:
        return False
    if any(
        not 1 <= len(each.shape) <= 2 or each.dtype != statement.node.dtype for each in operands
    ):
        return False
    return statement.piece.text.endswith(f".dot({operands[1].text})")


def _with_place(statement: Statement, large: int, *, product: bool) -> str:
    """The right-hand side with a place for an array to write to; empty where it can't be given one.

    A product needs one whose entries are sure to stand row after row.
    """
    text, operands = statement.piece.text, statement.operands
    if "{" in text or any(operand.dtype.kind != "f" and not operand.number for operand in operands):
        return ""
    if product:
        return f"{text[:-1]}, out={{}})"
    given = ", ".join(operand.text for operand in operands)
    called = _CALL.match(text)
    if called is not None and called[2] == given and is_ufunc(called[1]):
        return f"{out_call(text)}, out={{}})"
    sign = _INFIX.get(statement.node.op.form)
    small = Sized(statement.node.shape, statement.node.dtype).typical < large
    if small or sign is None or not all(each.is_name for each in operands):
        return ""
    if text != f" {sign} ".join(operand.text for operand in operands):
        return ""
    return f"{out_call(text)}, out={{}})"
