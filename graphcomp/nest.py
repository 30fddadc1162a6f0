"""Operations as nested loops over single entries: what a record says to a compiler of loops.

A nest goes over its axes; in each turn it reads one entry of each argument and writes, or joins, one
entry of the result. A nest that only reads (`term` is None) is a view: nothing is computed for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphcomp.op import ATOM, LOWEST, MULTIPLICATIVE, Spelling
from graphcomp.shape import Dim, Shape, combine


@dataclass(frozen=True, slots=True)
class At:
    """A place along one axis of an array: the offset, and steps for each turn of some loops.

    Attributes:
        terms: loops by number, each with its step.
        offset: where the first turn is.
    """

    terms: tuple[tuple[int, Dim], ...] = ()
    offset: Dim = 0

    @property
    def plain(self) -> int | None:
        """The loop whose number of turns is the place itself, if there is one."""
        if self.offset == 0 and len(self.terms) == 1 and self.terms[0][1] == 1:
            return self.terms[0][0]
        return None

    def after(self, outer: Sequence[At]) -> At:
        """The place in terms of other loops, where `outer` gives the number of each turn."""
        steps: dict[int, Dim] = {}
        offset = self.offset
        for axis, step in self.terms:
            inner = outer[axis]
            offset = combine("+", offset, combine("*", step, inner.offset))
            for loop, more in inner.terms:
                steps[loop] = combine("+", steps.get(loop, 0), combine("*", step, more))
        return At(tuple(steps.items()), offset)


def loops(axes: Sequence[int]) -> tuple[At, ...]:
    """Places that are the turns of these loops themselves."""
    return tuple(At(((axis, 1),)) for axis in axes)


@dataclass(frozen=True, slots=True)
class Join:
    """How an entry of the result is put together from terms.

    Attributes:
        start: what it is before the first term, by the kind of its dtype.
        update: of the value so far, {0}, and a term, {1}.
        empty: the error if there is no term; "": the start is the result.
    """

    start: Mapping[str, str]
    update: str
    empty: str = ""


TOTAL = Join({"f": "0.0", "i": "0", "b": "False"}, "{0} + {1}")
#: At most one term for each entry, zero where there is none.
PLACED = Join(TOTAL.start, "{1}")


#: Terms: as the op itself is spelled, the entry as it is, and the product of two.
OWN, SAME = Spelling(""), Spelling("{0}", ATOM, (LOWEST,))
PRODUCT = Spelling("{0} * {1}", MULTIPLICATIVE, (MULTIPLICATIVE, MULTIPLICATIVE + 1))


@dataclass(frozen=True, slots=True)
class Nest:
    """Loops that compute an op.

    Attributes:
        axes: how many turns each loop has.
        reads: the place in each argument.
        writes: the place in the result.
        term: what is computed of the entries that are read; None: nothing, the result shows entries
            of the argument.
        join: how terms are joined; None: each entry of the result is one term.
    """

    axes: Shape
    reads: tuple[tuple[At, ...], ...]
    writes: tuple[At, ...]
    term: Spelling | None = None
    join: Join | None = None


def entrywise(shape: Shape, count: int, term: Spelling = OWN) -> Nest:
    """Each entry from the entries at the same place."""
    places = loops(range(len(shape)))
    return Nest(shape, (places,) * count, places, term)


def showing(shape: Shape, places: Sequence[At]) -> Nest:
    """A view: where each of its entries is."""
    return Nest(shape, (tuple(places),), loops(range(len(shape))))


def reducing(shape: Shape, axes: Sequence[int], keepdims: bool, join: Join) -> Nest:
    """A reduction over axes."""
    writes = [
        At() if axis in axes else At(((axis, 1),))
        for axis in range(len(shape))
        if keepdims or axis not in axes
    ]
    return Nest(shape, (loops(range(len(shape))),), tuple(writes), SAME, join)
