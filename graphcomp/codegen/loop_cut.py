"""The parts of a graph that are computed in loops, and their removal: each leaves one call.

Nodes are taken together as far as nothing between them is left to NumPy; so a graph that has loops
for all of its ops becomes a single call.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from graphcomp.codegen.loop_choice import gains_by_blocks, has_products
from graphcomp.codegen.loop_later import moved_later
from graphcomp.codegen.loop_units import is_number, nest_of, view_of
from graphcomp.codegen.notes import scoped
from graphcomp.codegen.regions import CALL, PART, cut_into_rows
from graphcomp.node import Node, intern
from graphcomp.traversal import topological

#: Up to so many nodes are one function: what they give each other can stay in variables then.
WHOLE = 800
#: Of more, so many are: the time that compiling takes grows faster than the number of arrays.
ONCE = 200
#: More than this are not compiled at all: it would take minutes.
MOST = 4000
#: So few nodes without axes, with NumPy before or behind them, are not worth a call.
FEW = 8
_LATE = 1 << 40


@dataclass(frozen=True, slots=True, eq=False)
class Loops:
    """A part of a graph.

    Attributes:
        parameters: the nodes that it reads.
        nodes: its nodes, in order.
        outputs: the nodes that are read outside.
        names: of nodes, wanted.
    """

    parameters: tuple[Node, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Node, ...]
    names: Mapping[Node, str]


def cut_into_loops(
    outputs: Sequence[Node],
    names: Mapping[Node, str],
    late: Collection[Node] = (),
    *,
    threads: bool = False,
) -> tuple[list[Node], dict[Node, str], dict[Node, Node]]:
    """The outputs with calls in place of what is computed in loops; as `cut_into_rows`.

    Rows that have products of matrices are cut into blocks first, as for NumPy: what stands between
    the products is cut into loops when the function of a block is written.
    """
    roots, wanted, first = cut_into_rows(outputs, names, late, has_products)
    roots, wanted, apart = _taken_apart(roots, wanted)
    gains = partial(gains_by_blocks, threads=threads)
    roots, wanted, blocks = cut_into_rows(roots, wanted, late, gains, plain=True)
    roots, wanted, looped = _cut_entries(roots, wanted, late)
    if not (first or blocks or looped):
        return list(outputs), dict(names), {}
    return roots, wanted, _composed([first, apart, blocks, looped])


def cut_block_into_loops(
    outputs: Sequence[Node], names: Mapping[Node, str]
) -> tuple[list[Node], dict[Node, str]]:
    """The outputs of a block of rows, with calls in place of what is computed in loops."""
    roots, wanted, _ = _taken_apart(outputs, names)
    return _cut_entries(roots, wanted, ())[:2]


def _cut_entries(
    outputs: Sequence[Node], names: Mapping[Node, str], late: Collection[Node]
) -> tuple[list[Node], dict[Node, str], dict[Node, Node]]:
    """As `cut_into_loops`, without blocks of rows."""
    order = topological(outputs)
    bases = _bases(order)
    groups = _groups(order, bases, outputs, late)
    if not groups:
        return list(outputs), dict(names), {}
    memo = _replace(bases, outputs, groups, names)
    named = {memo[node]: name for node, name in names.items() if node in memo}
    return [memo[node] for node in outputs], named, memo


def _composed(steps: Sequence[Mapping[Node, Node]]) -> dict[Node, Node]:
    """What has become of each node after all steps; those that changed nothing are empty."""
    first, *rest = [step for step in steps if step]
    left = dict(first)
    for step in rest:
        left = {old: step[new] for old, new in left.items() if new in step}
    return left


def _taken_apart(
    outputs: Sequence[Node], names: Mapping[Node, str]
) -> tuple[list[Node], dict[Node, str], dict[Node, Node]]:
    """What becomes of each node where ops are put together from others that have loops."""
    memo: dict[Node, Node] = {}
    for node in topological(outputs):
        args = tuple([memo[arg] for arg in node.args])
        if node.op.parts is not None:
            made = node.op.parts(args, **dict(node.params))
            memo[node] = scoped(made, node.scope) if node.scope else made
        else:
            memo[node] = node if args == node.args else node.rebuild(args)
    named = {memo[node]: name for node, name in names.items() if node in memo}
    return [memo[node] for node in outputs], named, memo


def _bases(order: Sequence[Node]) -> dict[Node, Node]:
    """What each node shows, if it is a view; else itself."""
    bases: dict[Node, Node] = {}
    for node in order:
        bases[node] = node if view_of(node) is None else bases[node.args[0]]
    return bases


def _groups(
    order: Sequence[Node],
    bases: Mapping[Node, Node],
    outputs: Collection[Node],
    late: Collection[Node],
) -> list[list[Node]]:
    """The nodes of each call; views of its results are written out there too."""
    results = set(outputs)
    level: dict[Node, int] = {}
    looped: dict[Node, None] = {}
    others = False
    for node in order:
        if not node.args:
            level[node] = _LATE if node in late else 0
            continue
        if bases[node] is not node:
            level[node] = level[node.args[0]]
            if node in results and bases[node] in looped:
                looped[node] = None
            continue
        mine = nest_of(node) is not None
        level[node] = max(
            level[arg] + (bool(bases[arg].args) and (bases[arg] in looped) is not mine)
            for arg in node.args
        )
        if mine:
            looped[node] = None
        others = others or not mine
    level |= moved_later(order, bases, level, looped, results)
    groups: dict[int, list[Node]] = {}
    for node in looped:
        groups.setdefault(level[node], []).append(node)
    found = [g for g in groups.values() if len(g) <= MOST and not (others and _is_small(g, bases))]
    return [part for group in found for part in _parts(group)]


def _parts(nodes: list[Node]) -> list[list[Node]]:
    """Parts that are not too long; each reads earlier ones only, as the nodes are in order."""
    if len(nodes) <= WHOLE:
        return [nodes]
    count = -(-len(nodes) // ONCE)
    size = -(-len(nodes) // count)
    return [nodes[i : i + size] for i in range(0, len(nodes), size)]


def _is_small(nodes: Sequence[Node], bases: Mapping[Node, Node]) -> bool:
    return len(nodes) < FEW and all(
        each.shape == () for node in nodes for each in (node, *(bases[arg] for arg in node.args))
    )


def _replace(
    bases: Mapping[Node, Node],
    outputs: Sequence[Node],
    groups: Sequence[list[Node]],
    names: Mapping[Node, str],
) -> dict[Node, Node]:
    """What becomes of each node that is left."""
    group_of = {node: i for i, group in enumerate(groups) for node in group}
    needed = {node if node in group_of else bases[node] for node in outputs}
    for node, base in bases.items():
        if base is node or node in group_of:
            others = [bases[arg] for arg in node.args]
            needed.update(b for b in others if group_of.get(b) != group_of.get(node))
    calls = [_loops(group, bases, needed, names) for group in groups]
    memo: dict[Node, Node] = {}
    stack = [*reversed(outputs)]
    while stack:
        node = stack[-1]
        if node in memo:
            stack.pop()
            continue
        number = group_of.get(node)
        before = node.args if number is None else calls[number].parameters
        missing = [arg for arg in before if arg not in memo]
        if missing:
            stack += missing
            continue
        stack.pop()
        args = tuple([memo[arg] for arg in before])
        if number is None:
            memo[node] = node if args == node.args else node.rebuild(args)
            continue
        call = intern(CALL, args, (("region", calls[number]),))
        for i, output in enumerate(calls[number].outputs):
            params = (("index", i), ("shape", output.shape), ("dtype", output.dtype.name))
            memo[output] = intern(PART, (call,), params)
    return memo


def _loops(
    group: Sequence[Node],
    bases: Mapping[Node, Node],
    needed: Collection[Node],
    names: Mapping[Node, str],
) -> Loops:
    inside = set(group)
    parameters: dict[Node, None] = {}
    for node in group:
        for base in [bases[arg] for arg in node.args]:
            if base not in inside and not is_number(base):
                parameters[base] = None
    return Loops(
        tuple(parameters),
        tuple(group),
        tuple(node for node in group if node in needed),
        {node: names[node] for node in group if node in names},
    )
