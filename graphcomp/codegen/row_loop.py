"""The function that goes over all rows of a region, block by block, and joins what the blocks give."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sympy

from graphcomp.codegen.block import Names
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.dimensions import dimension_source, shape_source
from graphcomp.codegen.layout import INDENT, layout, returned, unpacked
from graphcomp.codegen.pieces import Piece
from graphcomp.codegen.regions import Region
from graphcomp.codegen.scratch import Scratch
from graphcomp.codegen.threads import threaded_turns
from graphcomp.codegen.workspace import scratch_source
from graphcomp.node import Node
from graphcomp.op import ATOM, SUMMED

#: By the number of an output, a name for the places that it is added to, and what scatters it there.
Views = Mapping[int, tuple[str, Node]]


@dataclass(frozen=True)
class Places:
    """What a loop takes from a workspace.

    Attributes:
        key: of its own arrays there.
        kept: the parts whose memory outlives the function that calls it.
        block: the workspace, if the function of a block is given it.
        passed: the workspace, if the loop is given it.
    """

    key: str
    kept: Collection[Node]
    block: tuple[str, ...]
    passed: tuple[str, ...]


@dataclass
class RowLoop:
    """The body of the function in the making.

    For few rows it calls the function of a block once, on the arrays as they are.

    Attributes:
        context: what the module knows.
        region: that is computed.
        parts: the results of the call.
        block_name: the function that computes a block.
        args: its arguments.
        dims: the dimensions that it is given besides.
        results: the variables for the parts.
        views: of the outputs that the function of a block adds to places of results.
        filled: the outputs that it writes into a part of a result that it is given, with its names
            for these parts.
        step: how many rows a block has.
        scratch: the name for what a block writes into, and that, if there is anything.
        names: no variable has one of these.
        places: what it takes from a workspace.
    """

    context: Context
    region: Region
    parts: Sequence[Node]
    block_name: str
    args: Sequence[str]
    dims: Sequence[str]
    results: Sequence[str]
    views: Views
    filled: Mapping[int, str]
    step: str
    scratch: tuple[str, Scratch | None]
    names: Names
    places: Places

    @property
    def threaded(self) -> bool:
        """Whether threads compute the blocks: where each writes to a place of its own, or adds."""
        return self.context.workers > 1 and not self.views

    def lines(self) -> list[str]:
        """All statements."""
        names = self.names
        rows = dimension_source(self.region.dim, self.context.dims)
        lines, step = [], self.step
        if not step.isdigit():
            lines.append(f"{INDENT}step = {step}")
            names.taken.add("step")
            step = "step"
        i, j = names.give("i"), names.give("j")
        views = [name for name, _ in self.views.values()]
        given = [*self.args, *self.dims, *views, *self.places.block]
        memory, scratch = self.scratch
        anew = scratch is not None and self.context.dialect.compiled
        if scratch is not None and anew:
            given.append(self._memory(scratch, rows, ""))
        whole = f"{self.block_name}({', '.join(given)})"
        if not views:
            lines += [f"{INDENT}if {rows} <= {step}:", *layout(f"return {whole}", 2)]
        scattered = {self.region.places[k][0] for k in self.views}
        lines += self._starts(scattered)
        for k, (name, scatters) in self.views.items():
            result = self.results[self.region.places[k][0]]
            lines.append(f"{INDENT}{name} = {self.context.place(scatters, result)[0]}")
        if views:
            lines += [f"{INDENT}if {rows} <= {step}:", *self._whole(whole)]
        lines += self._starts({*range(len(self.parts))} - scattered)
        handed = [
            name if axis is None else f"{name}{_slice(axis, i, j)}"
            for name, axis in zip(self.args, self.region.cuts, strict=True)
        ]
        handed += self.dims
        handed += [
            f"{name}{_slice(self.region.joins[k], i, j)}" for k, (name, _) in self.views.items()
        ]
        handed += [f"_of_thread({n})" if self.threaded else n for n in self.places.block]
        handed += [
            f"{self.results[self.region.places[k][0]]}{_slice(self.region.joins[k], i, j)}"
            for k in self.filled
        ]
        ahead: list[str] = []
        if scratch is not None:
            own = names.give("memory") if self.threaded else ""
            ahead = [f"{memory} = {self._memory(scratch, step, own)}"]
            if self.threaded:
                given = [f"{{}} if {name} is None else {name}" for name in self.places.passed]
                found = given[0] if given else "{}"
                lines += layout(f"{own}: dict[str, Any] = {found}", 1)
            axis = scratch.shape.index(self.region.rows)
            handed.append(memory if anew else f"{memory}[{':, ' * (axis + 1)}: {rows} - {i}]")
        call = f"{self.block_name}({', '.join(handed)})"
        turns, end = f"range(0, {rows}, {step})", f"{j} = {i} + {step}"
        joined = self._joined(i, j)
        if self.threaded:
            lines += threaded_turns(names.give, (i, end), turns, call, joined, ahead)
        else:
            lines += [text for line in ahead for text in layout(line, 1)]
            lines += [f"{INDENT}for {i} in {turns}:", f"{INDENT * 2}{end}"]
            if scratch is not None and anew:  # compiled code is slow on what has gaps
                lines.append(f"{INDENT * 2}if {j} > {rows}:")
                lines += layout(f"{memory} = {self._memory(scratch, f'{rows} - {i}', '')}", 3)
            lines += self._added(call, joined)
        return [*lines, *self._return(1)]

    def _starts(self, wanted: Collection[int]) -> list[str]:
        """Some of the results, before the first block."""
        joins = {}
        for (number, scatters), join in zip(self.region.places, self.region.joins, strict=True):
            joins[number] = join if scatters is None else SUMMED
        lines = []
        for k, (name, part) in enumerate(zip(self.results, self.parts, strict=True)):
            lines += self._started(name, part, joins[k]) if k in wanted else []
        return lines

    def _started(self, name: str, part: Node, joined: int) -> list[str]:
        """The lines that make what the results of the blocks are put into."""
        places = self.places
        if not places.passed or not part.shape or part in places.kept:
            return layout(f"{name} = {self._start(part, joined)}", 1)
        piece = Piece(name, ATOM, part.shape, part.dtype)
        source, _ = scratch_source(piece, f"{places.key}.{name}", self.context)
        lines = layout(f"{name} = {source}", 1)
        return [*lines, f"{INDENT}{name}.fill(0)"] if joined == SUMMED else lines

    def _start(self, part: Node, joined: int) -> str:
        """What the results of the blocks are put into."""
        if not part.shape:
            return "0.0" if part.is_real else "0"
        shape = shape_source(part.shape, self.context.dims)
        dtype = "" if part.dtype == "float64" else f", np.{part.dtype}"
        return f"np.{'zeros' if joined == SUMMED else 'empty'}({shape}{dtype})"

    def _added(self, call: str, joined: Sequence[tuple[str, str, int]]) -> list[str]:
        """The call for one block, and its results where they belong."""
        if not any(place for _, place, _ in joined):
            return layout(call, 2)
        parts = self.names.give("parts" if len(joined) > 1 else "part")
        lines = layout(f"{parts} = {call}", 2)
        for k, (_, place, how) in enumerate(joined):
            value = f"{parts}[{k}]" if len(joined) > 1 else parts
            if place:
                lines.append(f"{INDENT * 2}{place} {'+=' if how == SUMMED else '='} {value}")
        return lines

    def _joined(self, i: str, j: str) -> list[tuple[str, str, int]]:
        """For each result of a block its variable, its place for one block, and how it is joined.

        Where the block has written it to its place, that is empty.
        """
        found = []
        pairs = zip(self.region.places, self.region.joins, strict=True)
        for k, ((number, _), joined) in enumerate(pairs):
            name = self.results[number]
            if k not in self.views:
                place = name if joined == SUMMED else f"{name}{_slice(joined, i, j)}"
                found.append((name, "" if k in self.filled else place, joined))
        return found

    def _whole(self, call: str) -> list[str]:
        """All rows as one block, which adds to places of results."""
        pairs = enumerate(self.region.places)
        own = [self.results[number] for k, (number, _) in pairs if k not in self.views]
        one = f"{own[0]} = {call}" if own else call
        lines = unpacked(own, call, 2) if len(own) > 1 else layout(one, 2)
        return [*lines, *self._return(2)]

    def _memory(self, scratch: Scratch, step: str, own: str) -> str:
        """The memory that all blocks write into; on threads, those of each: it is in a dict `own`."""
        length = sympy.Symbol("step")
        shape = [length if dim == self.region.rows else dim for dim in scratch.shape]
        source = shape_source(
            (len(scratch.names), *shape), {**self.context.dims, length.name: step}
        )
        if not own and not self.places.passed:
            return f"np.empty({source})"
        owner = f"_of_thread({own})" if own else self.places.passed[0]
        return f'_scratch({owner}, "{self.places.key}.scratch", {source})'

    def _return(self, indent: int) -> list[str]:
        single = len(self.results) == 1
        return returned(self.results[0] if single else tuple(self.results), indent)


def _slice(axis: int, start: str, stop: str) -> str:
    return f"[{':, ' * axis}{start}:{stop}]"
