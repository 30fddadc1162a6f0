"""What is computed in loops: for each node its nest, with views read through."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias

from graphcomp.nest import SAME, TOTAL, At, Nest, entrywise
from graphcomp.node import Node, is_input
from graphcomp.op import Form, Op, Params, Spelling
from graphcomp.ops import numba_runtime

#: Scalar functions that a compiler of loops can take as they are.
SCALAR = frozenset(name for name in vars(numba_runtime) if name.startswith("_one_"))
_HELPER = re.compile(r"(?<![\w.])_[A-Za-z]\w*")
#: Keys into the records' spellings.
SPELLINGS = ("numba", "numpy")

Axis: TypeAlias = tuple[object, int]


def scalar_spelling(op: Op, count: int, params: Params) -> Spelling | None:
    """How an op is written on single entries, if a compiler of loops can take it."""
    for key in SPELLINGS:
        found = op.spelling(key, count, params)
        if found is not None:
            return found if set(_HELPER.findall(found.template)) <= SCALAR else None
    return None


Nests: TypeAlias = Nest | tuple[Nest, ...]


def nest_of(node: Node, *, always: bool = False) -> Nests | None:
    """The loops of a node, or of each of its arguments; None where it is left to NumPy.

    With `always`, even what a library does faster is in loops.
    """
    op = node.op
    if op.nest is not None:
        shapes = [arg.shape for arg in node.args]
        if not always and op.library is not None and op.library(shapes):
            return None
        found: Nests | None = op.nest(shapes, **dict(node.params))
        joined = isinstance(found, Nest) and found.join is not None
        return None if joined and node.dtype.kind == "b" else found
    if not op.broadcasts or not node.args or not _spelled(op, len(node.args), node.params):
        return None
    return entrywise(node.shape, len(node.args))


@lru_cache(maxsize=4096)
def _spelled(op: Op, count: int, params: Params) -> bool:
    return scalar_spelling(op, count, params) is not None


def view_of(node: Node) -> Nest | None:
    """How a node shows its argument, if nothing is computed for it."""
    nest = nest_of(node) if node.args else None
    return nest if isinstance(nest, Nest) and nest.term is None else None


def base_of(node: Node) -> Node:
    """What a node shows, if it is a view."""
    while view_of(node) is not None:
        node = node.args[0]
    return node


def is_number(node: Node) -> bool:
    """Whether a node is written as a number wherever it is read."""
    return node.shape == () and not node.args and not is_input(node)


@dataclass(eq=False, slots=True)
class Unit:
    """Loops that compute a node, or a part of it.

    Attributes:
        node: whose op is computed.
        target: the node whose value they are, or are a part of.
        nest: the loops.
        reads: what is read in each turn, and where.
        axes: names of the loops; loops with the same name may run together.
    """

    node: Node
    target: Node
    nest: Nest
    reads: list[tuple[Node, tuple[At, ...]]]
    axes: list[int] = field(default_factory=list)


def units_of(order: Iterable[Node], inside: Collection[Node], kept: Collection[Node]) -> list[Unit]:
    """The units of the nodes that are inside, in order; `kept` are values that others read.

    A sum of arrays of which some are placed into zeros is one array that all are added to.
    """
    nodes = [node for node in order if node in inside]
    into = _added_up(nodes, Counter(base_of(arg) for node in nodes for arg in node.args), kept)
    units = []
    for node in nodes:
        nest = nest_of(node, always=True)
        assert nest is not None
        target = into.get(node, node)
        if isinstance(nest, tuple):
            parts = zip(node.args, nest, strict=True)
            units += [_unit(node, node, part, (arg,)) for arg, part in parts]
            continue
        if node not in into:
            shown = nest if nest.term is not None else replace(nest, term=SAME)
            units.append(_unit(node, node, shown, node.args))
            continue
        if node.op.form is not Form.SUM:
            units.append(_unit(node, target, nest, node.args))
            continue
        for arg in node.args:
            if into.get(arg) is not target:
                added = replace(entrywise(node.shape, 1, SAME), join=TOTAL)
                units.append(_unit(node, target, added, (arg,)))
    return units


def _added_up(
    nodes: Sequence[Node], uses: Mapping[Node, int], kept: Collection[Node]
) -> dict[Node, Node]:
    """The sums with operands that are placed into zeros, and these operands: what they are part of."""
    own = {node for node in nodes if node not in kept and uses.get(node, 0) == 1}
    placed: set[Node] = set()
    for node in nodes:
        if node.op.form is Form.SUM and node.shape:
            if any(arg in placed and arg in own for arg in node.args):
                placed.add(node)
        elif _is_placed(node):
            placed.add(node)
    into: dict[Node, Node] = {}
    for node in reversed(nodes):
        if node.op.form is Form.SUM and node in placed:
            target = into.setdefault(node, node)
            into.update({arg: target for arg in node.args if arg in placed and arg in own})
    return into


def _is_placed(node: Node) -> bool:
    """Whether this is zeros but for some places."""
    nest = nest_of(node)
    return (
        isinstance(nest, Nest)
        and nest.join is TOTAL
        and any(
            at.plain is None or nest.axes[at.plain] != dim
            for at, dim in zip(nest.writes, node.shape, strict=True)
        )
    )


def _unit(node: Node, target: Node, nest: Nest, args: Iterable[Node]) -> Unit:
    reads = []
    for arg, places in zip(args, nest.reads, strict=True):
        base, at = arg, places
        while (view := view_of(base)) is not None:
            at = tuple(place.after(at) for place in view.reads[0])
            base = base.args[0]
        reads.append((base, at))
    return _without_single(Unit(node, target, nest, reads))


def _without_single(unit: Unit) -> Unit:
    """Without the loops that have one turn."""
    nest = unit.nest
    if 1 not in nest.axes:
        return unit
    kept = [loop for loop, dim in enumerate(nest.axes) if dim != 1]
    turns = [At(((kept.index(i), 1),)) if i in kept else At() for i in range(len(nest.axes))]
    unit.reads = [(base, tuple(at.after(turns) for at in places)) for base, places in unit.reads]
    writes = tuple(at.after(turns) for at in nest.writes)
    unit.nest = replace(nest, axes=tuple(nest.axes[i] for i in kept), reads=(), writes=writes)
    return unit


def name_axes(units: Iterable[Unit]) -> dict[Axis, int]:
    """Name the loops of all units: loops get one name if they read or write the same axis.

    Where that is not all of the axis, they have to have the same number of turns. Two loops of one
    unit never get one name. Returns the names of the axes of nodes too.
    """
    classes = _Classes()
    listed = list(units)
    targets = {unit.target for unit in listed}
    for among in (True, False):
        for unit in listed:
            for loop, dim in enumerate(unit.nest.axes):
                classes.add((unit, loop))
                for axis, at in enumerate(unit.nest.writes):
                    if at.plain == loop and unit.target.shape[axis] == dim:
                        classes.join((unit, loop), (unit.target, axis))
                for base, places in unit.reads:
                    if (base in targets) is not among:
                        continue
                    for axis, at in enumerate(places):
                        if at.plain == loop:
                            whole = base.shape[axis] == dim
                            classes.join((unit, loop), (base if whole else (base, dim), axis))
    names: dict[Axis, int] = {}
    for key in classes:
        names.setdefault(classes.find(key), len(names))
    for unit in listed:
        unit.axes = [names[classes.find((unit, loop))] for loop in range(len(unit.nest.axes))]
    return {key: names[classes.find(key)] for key in classes if isinstance(key[0], Node)}


class _Classes:
    """Axes that are the same; two axes of one owner never are."""

    def __init__(self) -> None:
        self._above: dict[Axis, Axis] = {}
        self._owners: dict[Axis, dict[object, int]] = {}

    def __iter__(self) -> Iterator[Axis]:
        return iter(list(self._above))

    def add(self, key: Axis) -> None:
        if key not in self._above:
            self._above[key] = key
            self._owners[key] = {key[0]: key[1]}

    def find(self, key: Axis) -> Axis:
        path = []
        while (above := self._above[key]) != key:
            path.append(key)
            key = above
        for below in path:
            self._above[below] = key
        return key

    def join(self, one: Axis, other: Axis) -> None:
        self.add(one)
        self.add(other)
        large, small = self.find(one), self.find(other)
        if large == small:
            return
        if len(self._owners[large]) < len(self._owners[small]):
            large, small = small, large
        if self._owners[large].keys().isdisjoint(self._owners[small]):
            self._above[small] = large
            self._owners[large] |= self._owners.pop(small)
