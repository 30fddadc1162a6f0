"""Hints for the layout: which path is straight, what stands beside it, which labels can be afforded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from graphcomp.printers.collapse import View
from graphcomp.printers.facts import Facts
from graphcomp.printers.palette import Look
from graphcomp.printers.picture import Arrow

Pair: TypeAlias = tuple[str, str]

#: Graphviz is slow with labels where arrows are long: how many ranks all arrows may reach over if
#: there are to be labels at all, and the labelled arrows of one vertex.
MOST_REACH, MOST_REACH_EACH = 1200, 100

#: A layout with more rows than the first is broken into columns of about so many.
MOST_ROWS, ROWS = 24, 15
MOST_TORN = 4

#: What stands beside the step that reads it, if there is room for one only.
_BESIDE = (Look.PARAMETER, Look.CONSTANT, Look.INPUT, Look.OUTPUT)


def _ranks(view: View, pairs: Collection[Pair]) -> dict[str, int]:
    order = {place.name: i for i, place in enumerate(view.places)}
    rank = dict.fromkeys(order, 0)
    for tail, head in sorted(pairs, key=lambda pair: order[pair[1]]):
        if order[tail] < order[head]:
            rank[head] = max(rank[head], rank[tail] + 1)
    return rank


def depth_of(view: View, pairs: Collection[Pair]) -> int:
    """How many vertices the longest path has."""
    return 1 + max(_ranks(view, pairs).values(), default=0)


def columns_of(view: View, pairs: Collection[Pair]) -> list[list[str]]:
    """A long graph in several columns, each read from top to bottom; one that is short in one.

    Scopes are frames that can't be torn apart: graphs with scopes stay whole, and so do those where
    many edges would lead from column to column.
    """
    rank = _ranks(view, pairs)
    deepest = max(rank.values(), default=0)
    if deepest < MOST_ROWS or any(place.scope for place in view.places):
        return [list(rank)]
    count = -(-(deepest + 1) // ROWS)
    rows = -(-(deepest + 1) // count)
    column = {name: place // rows for name, place in rank.items()}
    readers: dict[str, int] = {}
    for tail, head in pairs:
        readers[tail] = min(readers.get(tail, count), column[head])
    # an input stands where it is read
    column |= {name: first for name, first in readers.items() if rank[name] == 0}
    torn = sum(column[tail] != column[head] for tail, head in pairs)
    if torn > MOST_TORN * (count - 1):
        return [list(rank)]
    return [[name for name in rank if column[name] == i] for i in range(count)]


def spans(view: View, pairs: Collection[Pair]) -> dict[Pair, int]:
    """How many ranks each edge reaches over."""
    rank = _ranks(view, pairs)
    return {(tail, head): abs(rank[head] - rank[tail]) for tail, head in pairs}


def affordable(arrows: Sequence[Arrow], lengths: Mapping[Pair, int]) -> list[Arrow]:
    """The arrows, without the labels of the longest ones where there are too many."""
    each: Counter[str] = Counter()
    kept: set[int] = set()
    reach = [lengths[arrow.tail, arrow.head] for arrow in arrows]
    if sum(reach) <= MOST_REACH:
        for i in sorted(range(len(arrows)), key=reach.__getitem__):
            tail = arrows[i].tail
            if arrows[i].lines and each[tail] + reach[i] <= MOST_REACH_EACH:
                each[tail] += reach[i]
                kept.add(i)
    return [
        arrow if i in kept or not arrow.lines else replace(arrow, lines=(), tooltip=_told(arrow))
        for i, arrow in enumerate(arrows)
    ]


def _told(arrow: Arrow) -> str:
    label = ", ".join(line.text for line in arrow.lines)
    return arrow.tooltip if label in arrow.tooltip else f"{arrow.tooltip}: {label}"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Hints for the layout.

    Attributes:
        main: the longest path, last place first; it is drawn as straight as can be.
        beside: inputs off that path, each with the one place that reads it; it stands next to that.
    """

    main: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)

    def follows(self, tail: str, head: str) -> bool:
        """Whether an edge is part of the longest path."""
        return (head, tail) in pairwise(self.main)


def arrange(
    facts: Facts, shown: View, pairs: Collection[Pair], looks: Mapping[str, Look]
) -> Arrangement:
    """Find the longest path, and what can stand beside it."""
    order = {place.name: i for i, place in enumerate(shown.places)}
    scopes = {place.name: place.scope for place in shown.places}
    leaves = {step.name for step in facts.program.inputs if step.name in order}
    side = {name for name in leaves if looks[name] in {Look.PARAMETER, Look.CONSTANT}}
    length = dict.fromkeys(order, 0)
    before: dict[str, str] = {}
    heads: dict[str, list[str]] = {}
    for tail, head in sorted(pairs, key=lambda pair: order[pair[1]]):
        heads.setdefault(tail, []).append(head)
        if order[tail] > order[head] or tail in side:
            continue
        old = before.get(head)
        tie = length[tail] + 1 == length[head] and tail in leaves and old in leaves
        lower = tie and old is not None and _rank(facts, tail) < _rank(facts, old)
        if length[tail] + 1 > length[head] or lower:
            length[head] = length[tail] + 1
            before[head] = tail
    main = [max(length, key=lambda name: length[name])]
    while main[-1] in before:
        main.append(before[main[-1]])
    beside: dict[str, str] = {}
    taken: set[str] = set()
    inputs = [step.name for step in facts.program.inputs if step.name in leaves.difference(main)]
    for name in sorted(inputs, key=lambda name: _BESIDE.index(looks[name])):
        readers = heads.get(name, [])
        if len(readers) == 1 and scopes[readers[0]] == scopes[name] and readers[0] not in taken:
            beside[name] = readers[0]
            taken.add(readers[0])
    return Arrangement(tuple(main), beside)


def _rank(facts: Facts, name: str) -> int:
    return facts.program.by_name[name].node.ndim
