"""What is alive while statements run: arrays by shape and dtype, as Python holds and frees them.

A variable holds its array until the function returns, or the variable is set again or deleted. Sizes
are compared with each named dimension at a typical size: which array is larger than another is known
to the caller alone, so plans rest on shapes, not on numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import sympy

from graphcomp.codegen.buffers import Statement
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.prepare import FREE
from graphcomp.node import Node
from graphcomp.op import DType, Form, Kind, Spelling
from graphcomp.shape import Shape, size_of
from graphcomp.traversal import topological

#: What a named dimension counts as where sizes are compared.
TYPICAL = 1000

_ELIDED = {Form.SUM, Form.DIFFERENCE, Form.PRODUCT, Form.QUOTIENT, Form.NEGATION}


class Sized(NamedTuple):
    """What the size of an array follows from."""

    shape: Shape
    dtype: DType

    @property
    def entries(self) -> sympy.Expr:
        """Its size in numbers of 8 bytes, in the names of the dimensions."""
        return sympy.sympify(size_of(self.shape)) * sympy.Rational(self.dtype.itemsize, 8)

    @property
    def typical(self) -> float:
        """Its size with every named dimension at its typical size."""
        return _typical(self.shape) * self.dtype.itemsize / 8


def _typical(shape: Shape) -> float:
    return math.prod([dim if isinstance(dim, int) else _typical_dim(dim) for dim in shape])


@lru_cache(maxsize=4096)
def _typical_dim(dim: sympy.Expr) -> float:
    return float(dim.subs(dict.fromkeys(dim.free_symbols, TYPICAL)))


class Memory:
    """What the variables of a function hold, statement after statement.

    Attributes:
        size: of all arrays that are held, each named dimension at its typical size.
        arrays: how many of each kind.
        kinds: of the arrays, by their numbers.
        names: the variables that hold each array.
        held: the arrays that each variable holds: of a view, what it shows.
    """

    def __init__(self) -> None:
        self.size = 0.0
        self.arrays: Counter[Sized] = Counter()
        self.kinds: dict[int, Sized] = {}
        self.names: dict[int, dict[str, None]] = {}
        self.held: dict[str, tuple[int, ...]] = {}
        self._count = 0

    def run(self, statement: Statement) -> None:
        """Go past a statement."""
        self.delete(statement.ends)
        for target, node in ((statement.target, statement.node), *statement.also):
            shape = statement.piece.shape if target == statement.target else node.shape
            if statement.operator != "=" or not shape:
                continue
            if statement.into:
                buffers = self.held.get(statement.into, ())
            elif statement.piece.roots:
                shown = [b for root in statement.piece.roots for b in self.held.get(root, ())]
                buffers = tuple(dict.fromkeys(shown))
            else:
                buffers = (self._allocated(Sized(shape, node.dtype)),)
            self.delete((target,))
            self.held[target] = buffers
            for buffer in buffers:
                self.names[buffer][target] = None

    def delete(self, names: Iterable[str]) -> None:
        """Let variables go."""
        for name in names:
            for buffer in self.held.pop(name, ()):
                users = self.names[buffer]
                users.pop(name, None)
                if not users:
                    kind = self.kinds.pop(buffer)
                    del self.names[buffer]
                    self.size -= kind.typical
                    self.arrays[kind] -= 1

    def _allocated(self, kind: Sized) -> int:
        self._count += 1
        self.kinds[self._count] = kind
        self.names[self._count] = {}
        self.size += kind.typical
        self.arrays[kind] += 1
        return self._count


def peak(statements: Sequence[Statement], pieces: Mapping[Node, Piece]) -> float:
    """The most that is alive while statements run, beyond what they are given: a typical size."""
    return max((size for size, _ in _levels(statements, pieces)), default=0.0)


def peak_entries(statements: Sequence[Statement], pieces: Mapping[Node, Piece]) -> sympy.Expr:
    """The same for every size of the dimensions, in numbers of 8 bytes.

    Where it depends on the dimensions which statement needs most, the maximum of several sums; of
    those that are less than half of the peak for dimensions of typical size, none.
    """
    most: dict[frozenset[tuple[Sized, int]], float] = {}
    for size, arrays in _levels(statements, pieces):
        most[frozenset(arrays.items())] = size
    highest = max(most.values(), default=0.0)
    sums: list[sympy.Expr] = []
    for each in sorted(most, key=lambda each: -most[each])[:_COMPARED]:
        if most[each] >= highest / 2:
            total = sympy.expand(sum((kind.entries * n for kind, n in each), sympy.S.Zero))
            if not any(_at_most(total, other) for other in sums):
                sums = [other for other in sums if not _at_most(other, total)] + [total]
    return sympy.Max(*sums, evaluate=False) if len(sums) > 1 else sums[0] if sums else sympy.S.Zero


#: So many statements are compared, those that need most.
_COMPARED = 64


def _at_most(a: sympy.Expr, b: sympy.Expr) -> bool:
    """Whether each term of a sum is at most that of another."""
    others = b.as_coefficients_dict()
    return all(number <= others.get(term, 0) for term, number in a.as_coefficients_dict().items())


def _levels(
    statements: Sequence[Statement], pieces: Mapping[Node, Piece]
) -> Iterator[tuple[float, dict[Sized, int]]]:
    """What is alive while each statement runs that makes an array."""
    memory = Memory()
    for statement in statements:
        memory.delete(statement.ends)
        more = made_by(statement, pieces)
        if more:
            size = memory.size + sum(each.typical for each in more)
            arrays = {k: n for k, n in (memory.arrays + Counter(more)).items() if n > 0}
            yield size, arrays
        memory.run(statement)


def made_by(statement: Statement, pieces: Mapping[Node, Piece]) -> tuple[Sized, ...]:
    """The arrays that a statement makes, at the time when they are largest.

    NumPy computes from the left to the right, and writes the result of an operator over an operand
    that nobody else holds.
    """
    if statement.also:
        nodes = [statement.node, *(node for _, node in statement.also)]
        return tuple(Sized(node.shape, node.dtype) for node in nodes if node.shape)
    if statement.piece.is_name or statement.piece.number:
        return ()
    worst: dict[Node, tuple[Sized, ...]] = {}
    left: dict[Node, Sized | None] = {}
    top = statement.node
    for node in topological([top], stop=lambda n: n is not top and _known(n, pieces)):
        if not node.args or (node is not top and _known(node, pieces)):
            worst[node], left[node] = (), None
        elif node.op.form in FREE or node.op.view:
            worst[node], left[node] = worst[node.args[0]], left[node.args[0]]
        else:
            worst[node], left[node] = _evaluated(node, worst, left)
    if statement.operator == "=" and not statement.into:
        return worst[top]
    return max((worst[arg] for arg in top.args), key=_total, default=())


def _evaluated(
    node: Node, worst: Mapping[Node, tuple[Sized, ...]], left: Mapping[Node, Sized | None]
) -> tuple[tuple[Sized, ...], Sized | None]:
    """What an op needs with its operands, and the array that it leaves."""
    held: list[Sized] = []
    most: tuple[Sized, ...] = ()
    for arg in dict.fromkeys(node.args):
        most = max(most, (*held, *worst[arg]), key=_total)
        result = left[arg]
        held += [] if result is None else [result]
    own = Sized(node.shape, node.dtype)
    inner = [Sized(arg.shape, arg.dtype) for arg in node.args if arg.shape]
    spelling = node.op.spell.get("numpy")
    helper = isinstance(spelling, Spelling) and spelling.template.startswith("_")
    if (node.op.kind is Kind.OPAQUE or helper) and inner:
        held.append(max(inner, key=lambda each: each.typical))  # what its function makes inside
    if own.shape and not (node.op.form in _ELIDED and own in held):
        held.append(own)
    return max(most, tuple(held), key=_total), own if own.shape else None


def _total(arrays: Collection[Sized]) -> float:
    return sum(each.typical for each in arrays)


def _known(node: Node, pieces: Mapping[Node, Piece]) -> bool:
    piece = pieces.get(node)
    return piece is not None and (piece.is_name or piece.number)
