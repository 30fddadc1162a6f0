"""Functions of loops that go block by block over the rows of a region.

Inside a block most loops over the rows are the innermost ones, whatever they compute: so they are
long, without sums from turn to turn, and a compiler takes several rows at once; what is computed for
a block stays in the cache. Rows of what is given are read in the order of memory instead, where each
entry is read once: what is summed over a row of a large matrix has loops of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import sympy

from graphcomp.codegen.dialects import Context
from graphcomp.codegen.layout import INDENT, layout
from graphcomp.codegen.loop_cut import Loops
from graphcomp.codegen.loop_lines import LoopFunction
from graphcomp.codegen.loop_memory import Place
from graphcomp.codegen.loop_order import Item, Order
from graphcomp.codegen.loop_signature import Made
from graphcomp.codegen.loop_units import Unit, view_of
from graphcomp.codegen.regions import Region
from graphcomp.nest import At
from graphcomp.node import Node
from graphcomp.op import SUMMED
from graphcomp.shape import Dim, Shape, size_of
from graphcomp.traversal import topological

#: Entries of what is kept of a block: half a MiB of float64, within the second-level cache.
ENTRIES = 1 << 16
#: Lengths of blocks are multiples of this: of what a compiler takes at once, several times over.
ROUND = 64


class BlockFunction(LoopFunction):
    """A function that computes a region in loops, block by block."""

    about = "All rows in loops, in blocks that stay in the cache."

    def __init__(
        self,
        context: Context,
        taken: Collection[str],
        region: Region,
        texts: Sequence[str],
        results: Sequence[str],
    ) -> None:
        self.region = region
        order = topological(region.outputs)
        given = set(region.parameters)
        shown = {node for node in order if node.args and view_of(node) is not None}
        shown -= set(region.outputs)
        nodes = tuple(node for node in order if node.args and node not in given | shown)
        self.joins = dict(zip(region.outputs, region.joins, strict=True))
        loops = Loops(region.parameters, nodes, region.outputs, region.names)
        super().__init__(context, [*taken, region.rows.name], loops, texts, results)
        self.cuts = dict(zip(region.parameters, region.cuts, strict=True))
        self.start, self.step, self.stop = map(self.names.give, ("start", "step", "stop"))
        self.width = self.names.give("width")
        self.terms.in_order = self.in_order
        for node, cut in self.cuts.items():
            if cut is not None:
                self._cut(node, cut)

    def _cut(self, node: Node, cut: int) -> None:
        """Names for a block of what is given: as it is, and with the rows last."""
        name = self.given[node]
        readers = self.reads.get(node, [])
        if any(unit in self.in_order for unit, _ in readers) or cut == node.ndim - 1:
            self.terms.variables[node] = self.names.give(f"{name}_block")
        if cut != node.ndim - 1 and any(unit not in self.in_order for unit, _ in readers):
            order = (*(i for i in range(node.ndim) if i != cut), cut)
            self.terms.turned[node] = (self.names.give(f"{name}_turned"), order)

    # ------------------------------------------------------------ order

    def _ordered(self, units: Sequence[Unit]) -> list[Item]:
        """The loops of one stage after the other; those of a stage run together."""
        rows = self.region.rows
        self.row_axes = {
            axis
            for unit in units
            for axis, dim in zip(unit.axes, unit.nest.axes, strict=True)
            if dim == rows
        }
        leading = {
            node
            for node, cut in zip(self.region.parameters, self.region.cuts, strict=True)
            if cut is not None and cut < node.ndim - 1
        }
        self.in_order: set[Unit] = set()
        for unit in units:
            if any(base in leading and _covers(unit, places) for base, places in unit.reads):
                self.in_order.add(unit)
                if unit.target.ndim > 1 and rows in unit.target.shape[:-1]:
                    leading.add(unit.target)
        order, items = Order(units, self.axes), list[Item]()
        pending = list(units)
        while pending:
            stage = self._stage(pending, pending[0] in self.in_order)
            order.last = () if stage[0] in self.in_order else self.row_axes
            items += order.items(stage)
            chosen = set(stage)
            pending = [unit for unit in pending if unit not in chosen]
        return items

    def _stage(self, pending: Sequence[Unit], in_order: bool) -> list[Unit]:
        """The units of one kind that need nothing of the other."""
        makers: dict[Node, list[Unit]] = {}
        for unit in pending:
            makers.setdefault(unit.target, []).append(unit)
        stage: dict[Unit, None] = {}
        for unit in pending:
            before = [maker for base, _ in unit.reads for maker in makers.get(base, ())]
            if (unit in self.in_order) is in_order and all(maker in stage for maker in before):
                stage[unit] = None
        return list(stage)

    def _arranged(self) -> None:
        """Keep the rows last, where loops over them are the innermost ones."""
        for place in self.places.values():
            makers = [unit for unit in self.units if unit.target is place.node]
            if place.node not in self.joins and not any(unit in self.in_order for unit in makers):
                rows = [i for i in place.axes if place.node.shape[i] == self.region.rows]
                place.axes = (*(i for i in place.axes if i not in rows), *rows)

    # ------------------------------------------------------------ the function

    def _goes_on(self, place: Place) -> bool:
        return self.joins.get(place.node) == SUMMED

    def _again(self) -> bool:
        return True

    def lines(self, name: str, final: Collection[Node] = ()) -> list[str]:
        """The function as lines."""
        self.joined = {
            node: self.names.give(f"{self.terms.variable(node)}_all")
            for node, axis in self.joins.items()
            if axis != SUMMED
        }
        body = self._body(self.items, (), 2)
        ahead = self._steps()
        inside: list[str] = []
        for node, whole in self.joined.items():
            part = self._part(whole, self.joins[node])
            inside += layout(f"{self.terms.variable(node)} = {part}", 2)
        for place in self.places.values():
            if self._goes_on(place) and not place.axes:
                ahead.append(f"{INDENT}{self.terms.variable(place.node)} = {self._start(place)}")
            elif place.axes:
                ahead += self._allocated(place)
        rows, total = self.region.rows.name, self.terms.dim(self.region.dim)
        loop = [
            f"{INDENT}for {self.start} in range(0, {total}, {self.step}):",
            *layout(f"{rows} = min({self.step}, {total} - {self.start})", 2),
            *layout(f"{self.stop} = {self.start} + {rows}", 2),
        ]
        for node, cut in self.cuts.items():
            loop += self._taken(node, cut) if cut is not None else []
        checks = [INDENT + line for line in self._bounds()]
        self.terms.symbols.discard(rows)
        return self._function(name, [*ahead, *loop, *inside, *checks, *body], final)

    def _whole(self, node: Node) -> Shape:
        """The shape of what the caller has: all rows."""
        axis = self.cuts.get(node) if node in self.cuts else self.joins[node]
        if axis is None or axis == SUMMED:
            return node.shape
        return (*node.shape[:axis], self.region.dim, *node.shape[axis + 1 :])

    def _made(self, node: Node) -> Made:
        name = self.joined.get(node) or self.terms.variable(node)
        start = self._start(self.places[node]) if self._goes_on(self.places[node]) else None
        return Made(name, self._whole(node), node.dtype, start)

    def _taken(self, node: Node, cut: int) -> list[str]:
        """The lines that take a block of what is given."""
        part = self._part(self.given[node], cut)
        lines: list[str] = []
        if self.terms.variables[node] != self.given[node]:
            lines += layout(f"{self.terms.variables[node]} = {part}", 2)
        if node in self.terms.turned:
            name, order = self.terms.turned[node]
            turned = f"{part}.T" if node.ndim == 2 else f"np.transpose({part}, {order})"
            lines += layout(f"{name} = np.ascontiguousarray({turned})", 2)
        return lines

    def _part(self, name: str, axis: int) -> str:
        return f"{name}[{':, ' * axis}{self.start}:{self.stop}]"

    def _length(self, dim: Dim) -> str:
        return re.sub(rf"\b{self.region.rows.name}\b", self.step, super()._length(dim))

    def _steps(self) -> list[str]:
        """The lines that say how many rows a block has; small arrays do not count."""
        rows = self.region.rows
        shapes = [[p.node.shape[axis] for axis in p.axes] for p in self.places.values()]
        shapes += [list(node.shape) for node, cut in self.cuts.items() if cut is not None]
        sizes = [size_of([d for d in shape if d != rows]) for shape in shapes if rows in shape]
        degrees = [0 if isinstance(s, int) else int(sympy.total_degree(s)) for s in sizes]
        large = [s for s, degree in zip(sizes, degrees, strict=True) if degree == max(degrees)]
        width = sympy.expand(sum(large) + 1)
        if width.is_Integer:
            return [f"{INDENT}{self.step} = {max(ENTRIES // ROUND // int(width), 1) * ROUND}"]
        return [
            *layout(f"{self.width} = {self.terms.dim(width)}", 1),
            *layout(f"{self.step} = max({ENTRIES // ROUND} // {self.width}, 1) * {ROUND}", 1),
        ]


def _covers(unit: Unit, places: Sequence[At]) -> bool:
    """Whether each turn of all loops reads another entry."""
    return {at.plain for at in places} >= set(range(len(unit.axes)))
