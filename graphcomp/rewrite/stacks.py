"""Stacks of arrays of one shape, how they are filled, and what that takes beside the calls it saves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from math import prod

import numpy as np

from graphcomp.node import Node, apply, constant, intern
from graphcomp.ops.arithmetic import ADD
from graphcomp.ops.shaping import BROADCAST, CONCATENATE, GETITEM, WHOLE
from graphcomp.rewrite.siblings import same_for_all
from graphcomp.rewrite.stack_ops import STACK, TAKE, TOTAL

# What NumPy takes, in nanoseconds: a call on small arrays, on numbers, for each row of it; a view; a sum
# along an axis; to fill a stack, and for each part; to join stacks, and for each; to pick rows.
_CALL, _NUMBER, _ROW, _VIEW, _SUM = 330, 50, 5, 90, 1300
_FILL, _PART, _JOIN, _STACK, _PICK = 350, 110, 600, 100, 250

#: A row of a stack: which one.
Row = tuple[Node, int]


class Stacks:
    """A graph in the making, with siblings computed together.

    Attributes:
        memo: what has become of each node.
        made: the stacks that were computed.
        saved: how many calls there are less.
    """

    def __init__(self) -> None:
        self.memo: dict[Node, Node] = {}
        self.made: list[Node] = []
        self.saved = 0
        self._rows: dict[Node, Row] = {}
        self._filled: dict[tuple[Node, ...], Node] = {}

    def add(self, nodes: Sequence[Node]) -> None:
        """Compute siblings, together as far as that takes less time."""
        for part in self._parts(nodes) if len(nodes) > 1 else [nodes]:
            if len(part) > 1:
                self._together(self._sorted(part))
            else:
                self._alone(part[0])

    # ------------------------------------------------------------ what comes together

    def _parts(self, nodes: Sequence[Node]) -> list[list[Node]]:
        """The siblings in parts: those whose arguments are rows of the same stacks, or all."""
        groups: dict[tuple[Node | None, ...], list[Node]] = {}
        for node in nodes:
            key = tuple([self._origin(self.memo[arg]) for arg in node.args])
            groups.setdefault(key, []).append(node)
        parts: list[list[Node]] = []
        single: list[Node] = []
        for group in groups.values():
            if self._gains(group):
                parts.append(group)
            else:
                single += group
        apart = sum(map(self._time, parts)) + sum(self._time([node]) for node in single)
        if len(groups) > 1 and self._time(nodes) <= apart:
            return [list(nodes)]
        if parts and self._gains(single):
            return [*parts, single]
        return [*parts, *([node] for node in single)]

    def _origin(self, node: Node) -> Node | None:
        """The stack that a node is a row of, or what is the same for all."""
        row = self._row(node)
        return row[0] if row is not None else same_for_all(node)

    def _gains(self, nodes: Sequence[Node]) -> bool:
        return len(nodes) > 1 and self._time(nodes) < sum(self._time([node]) for node in nodes)

    def _sorted(self, nodes: Sequence[Node]) -> list[Node]:
        """Siblings in the order of the rows of the first stack that they read."""
        for args in zip(*[node.args for node in nodes], strict=True):
            rows = [self._row(self.memo[arg]) for arg in args]
            numbers = [row[1] for row in rows if row is not None]
            whole = len({row[0] for row in rows if row is not None}) == 1
            if whole and len(set(numbers)) == len(nodes):
                order = sorted(range(len(nodes)), key=numbers.__getitem__)
                return [nodes[i] for i in order]
        return list(nodes)

    def _time(self, nodes: Sequence[Node]) -> int:
        """About what it takes to compute nodes in one call."""
        first = nodes[0]
        terms = len(first.args)
        if len(nodes) == 1:
            if first.op is TOTAL:
                return min(self._time_of_total(nodes), (terms - 1) * _CALL)
            views = sum(self.memo[arg] in self._rows for arg in first.args)
            return (_CALL if first.shape else _NUMBER) + _VIEW * views
        if first.op is TOTAL:
            return self._time_of_total(nodes)
        nodes = self._sorted(nodes)
        columns = zip(*[[self.memo[arg] for arg in node.args] for node in nodes], strict=True)
        return _CALL + _ROW * len(nodes) + sum(map(self._time_to_fill, columns))

    def _time_of_total(self, nodes: Sequence[Node]) -> int:
        terms = [self.memo[arg] for node in nodes for arg in node.args]
        return _SUM + _ROW * len(terms) + self._time_to_fill(terms)

    # ------------------------------------------------------------ computing

    def _alone(self, node: Node) -> None:
        args = tuple([self.memo[arg] for arg in node.args])
        if node.op is not TOTAL:
            self.memo[node] = node if args == node.args else node.rebuild(args)
        elif self._time_of_total([node]) < (len(args) - 1) * _CALL:
            self.memo[node] = self.filled(args).sum(axis=0)
            self.saved += len(args) - 2
        else:
            self.memo[node] = reduce(lambda total, term: apply(ADD, total, term), args)

    def _together(self, nodes: Sequence[Node]) -> None:
        first, count = nodes[0], len(nodes)
        columns = zip(*[[self.memo[arg] for arg in node.args] for node in nodes], strict=True)
        if first.op is TOTAL:
            terms = self.filled([self.memo[arg] for node in nodes for arg in node.args])
            made = terms.reshape((count, len(first.args), *first.shape)).sum(axis=1)
            self.saved += count * (len(first.args) - 2)
        elif first.op.broadcasts:
            args = tuple([self._stretched(column, first) for column in columns])
            made = intern(first.op, args, first.params, scope=first.scope)
        else:
            (column,) = columns
            made = self.filled(column).sum(axis=1)
        self.saved += count - 1
        self.made.append(made)
        for i, node in enumerate(nodes):
            row = apply(GETITEM, made, index=(i, *[WHOLE] * (made.ndim - 1)))
            self.memo[node] = row
            self._rows[row] = (made, i)

    def _stretched(self, column: Sequence[Node], like: Node) -> Node:
        """The arguments at one place, as an array over all siblings."""
        first, shape = column[0], (len(column), *like.shape)
        if column.count(first) == len(column):
            inner = first.args[0] if first.op is BROADCAST else first
            return inner if inner.shape == shape else inner.broadcast_to(shape)
        if first.op is not BROADCAST:
            return self.filled(column)
        numbers = self.filled([node.args[0] for node in column])
        return numbers.reshape((len(column), *[1] * like.ndim)).broadcast_to(shape)

    # ------------------------------------------------------------ filling

    def filled(self, nodes: Sequence[Node]) -> Node:
        """A stack with these rows."""
        key = tuple(nodes)
        if key not in self._filled:
            self._filled[key] = self._fill(key)
        return self._filled[key]

    def _fill(self, nodes: tuple[Node, ...]) -> Node:
        rows, stacks, loose = self._sources(nodes)
        if self._parts_are_cheaper(nodes, stacks, loose):
            return apply(STACK, *nodes)
        if loose:
            stacks.append(apply(STACK, *loose))
            rows |= {node: (stacks[-1], i) for i, node in enumerate(loose)}
        starts: dict[Node, int] = {}
        start = 0
        for stack in stacks:
            starts[stack] = start
            start += _height(stack)
        joined = stacks[0] if len(stacks) == 1 else apply(CONCATENATE, *stacks, axis=0)
        return _picked(joined, [starts[rows[node][0]] + rows[node][1] for node in nodes])

    def _time_to_fill(self, nodes: Sequence[Node]) -> int:
        """About what it takes to make a stack of these rows, if it is not there yet."""
        if nodes.count(nodes[0]) == len(nodes):
            return 0
        if nodes[0].op is BROADCAST:
            nodes = [node.args[0] for node in nodes]
        if tuple(nodes) in self._filled:
            return 0
        rows, stacks, loose = self._sources(nodes)
        if len(stacks) == 1 and not loose:
            numbers = [rows[node][1] for node in nodes]
            if numbers == [*range(_height(stacks[0]))]:
                return 0
            return _VIEW if _step(numbers) else _PICK
        return min(_time_of_parts(nodes, loose), _time_of_joined(nodes, stacks, loose))

    def _parts_are_cheaper(
        self, nodes: Sequence[Node], stacks: Sequence[Node], loose: Sequence[Node]
    ) -> bool:
        if len(stacks) == 1 and not loose:
            return False
        return _time_of_parts(nodes, loose) <= _time_of_joined(nodes, stacks, loose)

    def _sources(self, nodes: Sequence[Node]) -> tuple[dict[Node, Row], list[Node], list[Node]]:
        """Of which stacks nodes are rows, these stacks, and the nodes that are not."""
        rows: dict[Node, Row] = {}
        loose: dict[Node, None] = {}
        for node in nodes:
            row = self._row(node)
            if row is None:
                loose[node] = None
            else:
                rows[node] = row
        return rows, [*dict.fromkeys(stack for stack, _ in rows.values())], [*loose]

    def _row(self, node: Node) -> Row | None:
        """Which row of which stack a node is; of arrays that are given too."""
        if node not in self._rows and node.op is GETITEM:
            found = _row_of_array(node)
            if found is not None:
                self._rows[node] = found
        return self._rows.get(node)


def _time_of_parts(nodes: Sequence[Node], loose: Sequence[Node]) -> int:
    return _FILL + _PART * len(nodes) + _VIEW * (len(nodes) - len(loose))


def _time_of_joined(nodes: Sequence[Node], stacks: Sequence[Node], loose: Sequence[Node]) -> int:
    time = _PICK + (_FILL + _PART * len(loose) if loose else 0)
    if len(stacks) + bool(loose) > 1:
        time += _JOIN + _STACK * (len(stacks) + bool(loose))
    return time + _ROW * (sum(map(_height, stacks)) + len(loose) + len(nodes))


def _row_of_array(node: Node) -> Row | None:
    """The array that a node is a part of, with all axes in front as one, and which part it is."""
    places: list[int] = []
    whole = node
    while whole.op is GETITEM:
        index = whole.param("index")
        place = [entry for entry in index if isinstance(entry, int) and entry >= 0]
        if not place or index != (*place, *[WHOLE] * (len(index) - len(place))):
            break
        places = [*place, *places]
        whole = whole.args[0]
    sizes = [dim for dim in whole.shape[: len(places)] if isinstance(dim, int)]
    if not places or len(sizes) < len(places):
        return None
    number = int(np.ravel_multi_index(places, sizes, mode="clip"))
    if len(places) > 1:
        whole = whole.reshape((prod(sizes), *node.shape))
    return whole, number


def _picked(stack: Node, numbers: Sequence[int]) -> Node:
    """The rows with these numbers: the stack itself or a slice of it, if that does."""
    if numbers == [*range(_height(stack))]:
        return stack
    step = _step(numbers)
    if not step:
        return apply(TAKE, stack, constant(np.array(numbers)))
    stop = numbers[-1] + (1 if step > 0 else -1)
    rows = ("slice", numbers[0], stop if stop >= 0 else None, step)
    return apply(GETITEM, stack, index=(rows, *[WHOLE] * (stack.ndim - 1)))


def _step(numbers: Sequence[int]) -> int:
    """The distance from each number to the next, if it is always the same; else 0."""
    steps = {after - before for before, after in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 else 0


def _height(stack: Node) -> int:
    return int(stack.shape[0])
