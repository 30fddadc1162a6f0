"""Where the values of loops are kept: in variables, or in arrays over the axes that need it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from graphcomp.codegen.loop_order import Item, Loop
from graphcomp.codegen.loop_units import Axis, Unit
from graphcomp.nest import Join
from graphcomp.node import Node

Path = tuple[Loop, ...]


@dataclass(slots=True)
class Place:
    """Where the value of a node is kept.

    Attributes:
        node: the node.
        scope: the loops inside of which it is made and read.
        axes: its axes that are kept: those without a loop in the scope.
        join: how its terms are joined, if there are any.
        around: the loops inside of which the first term of an entry is; not fewer than the scope.
        first: the item in there that has the first term.
        maker: of one entry after the other, if each is complete before the next; they are added up
            in a variable then, which is what compilers keep in a register.
    """

    node: Node
    scope: Path
    axes: tuple[int, ...]
    join: Join | None
    around: Path
    first: Item
    maker: Unit | None = None


def places_of(
    items: Sequence[Item], names: Mapping[Axis, int], kept: Collection[Node]
) -> dict[Node, Place]:
    """The places of all nodes that are computed; `kept` are read after all loops."""
    paths = _paths(items)
    scopes: dict[Node, Path] = {}
    makers: dict[Node, list[Unit]] = {}
    for unit in paths:
        makers.setdefault(unit.target, []).append(unit)
    for unit, path in paths.items():
        for node in (unit.target, *(base for base, _ in unit.reads if base in makers)):
            scopes[node] = _common(scopes.get(node, path), path)
    found: dict[Node, Place] = {}
    for node, units in makers.items():
        scope = () if node in kept else scopes[node]
        fixed = {loop.axis for loop in scope}
        axes = tuple(
            i
            for i, dim in enumerate(node.shape)
            if names.get((node, i)) not in fixed and (dim != 1 or node in kept)
        )
        join = next((unit.nest.join for unit in units if unit.nest.join is not None), None)
        path = paths[units[0]]
        around = _around(units[0], path, len(scope)) if len(units) == 1 and join and axes else None
        inward: tuple[Item, ...] = (*path, units[0])
        first = inward[len(scope if around is None else around)]
        if around is None:
            found[node] = Place(node, scope, axes, join, scope, first)
        else:
            found[node] = Place(node, scope, axes, join, around, first, units[0])
    return found


def _around(unit: Unit, path: Path, start: int) -> Path | None:
    """The loops around those that add up one entry, if these are the innermost."""
    if any(at.plain is None and at.terms for at in unit.nest.writes):
        return None
    written = {unit.axes[at.plain] for at in unit.nest.writes if at.plain is not None}
    inner = [loop.axis in written for loop in path[start:]]
    count = sum(inner)
    if all(inner[:count]) and count < len(inner) and count:
        return path[: start + count]
    return None


def _paths(items: Sequence[Item]) -> dict[Unit, Path]:
    """The loops around each unit, in the order of the source."""
    found: dict[Unit, Path] = {}
    stack: list[tuple[Item, Path]] = [(item, ()) for item in reversed(items)]
    while stack:
        item, path = stack.pop()
        if isinstance(item, Unit):
            found[item] = path
        else:
            stack += [(inner, (*path, item)) for inner in reversed(item.body)]
    return found


def _common(one: Path, other: Path) -> Path:
    """The loops around both."""
    count = 0
    while count < min(len(one), len(other)) and one[count] is other[count]:
        count += 1
    return one[:count]
