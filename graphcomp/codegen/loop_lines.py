"""Functions of explicit loops, as source for a compiler."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from graphcomp.codegen.block import INLINE, Names
from graphcomp.codegen.dialects import Context
from graphcomp.codegen.layout import INDENT, WIDTH, comment, layout
from graphcomp.codegen.loop_bounds import needed_sizes
from graphcomp.codegen.loop_cut import Loops
from graphcomp.codegen.loop_memory import Place, places_of
from graphcomp.codegen.loop_order import Item, Loop, Order, writes_own
from graphcomp.codegen.loop_signature import Made, Signature, length, made_array
from graphcomp.codegen.loop_terms import Terms, reads_of
from graphcomp.codegen.loop_units import Unit, name_axes, units_of
from graphcomp.codegen.loop_wrapping import wrapped
from graphcomp.codegen.notes import Said, rule_of
from graphcomp.codegen.pieces import Piece
from graphcomp.nest import PRODUCT, TOTAL, Join
from graphcomp.node import Node
from graphcomp.op import ATOM
from graphcomp.rewrite import Rule
from graphcomp.shape import MAX_RANK, Dim, Shape

_IN_PLACE = re.compile(r"\{0\} (.) \{1\}\Z")
_SIMPLE = re.compile(r"-?[\w.]+(\[[\w, ]+\])?\Z")
_COUNTERS = [*"ijkpqrstuv", *(f"i{n}" for n in range(2, 2 * MAX_RANK))]


class LoopFunction:
    """A function that computes a part of a graph in loops.

    Args:
        context: what the module knows.
        taken: names that no variable may have.
        loops: the part.
        texts: what the caller passes, for the names of the parameters.
        results: what the caller calls the outputs.

    Attributes:
        about: what the function says of itself.
        signature: what it is given and returns, as soon as it is written.
    """

    about = "Entry by entry, in loops."
    signature: Signature

    def __init__(
        self,
        context: Context,
        taken: Collection[str],
        loops: Loops,
        texts: Sequence[str],
        results: Sequence[str],
    ) -> None:
        self.context = context
        self.loops = loops
        self.names = Names([*taken, *context.dims.values()])
        self.counters = [c for c in _COUNTERS if c not in self.names.taken][:MAX_RANK]
        given = zip(loops.parameters, texts, strict=True)
        variables = {
            node: self.names.give(text if text.isidentifier() else f"a{i}")
            for i, (node, text) in enumerate(given, 1)
        }
        self.given = dict(variables)
        self.counters = [self.names.give(c) for c in self.counters if c not in self.names.taken]
        kept = set(loops.outputs)
        units = units_of(loops.nodes, set(loops.nodes), kept)
        self.units = units
        axes = name_axes(units)
        self.axes = axes
        self.threaded = False
        self.items = self._ordered(units)
        self.places = places_of(self.items, axes, kept)
        self._arranged()
        self.reads = reads_of(units)
        self.named = {**dict(zip(loops.outputs, results, strict=True)), **loops.names}
        self.totals: dict[Node, str] = {}
        self.said = Said()
        self.unsaid: list[Rule] = []
        self.terms = Terms(context, self.names, variables, self.named, self.places)

    def _ordered(self, units: Sequence[Unit]) -> list[Item]:
        """Loops and statements for the units."""
        return Order(units, self.axes).items(units)

    def _arranged(self) -> None:
        """Change the places of values, before they are written."""

    def _goes_on(self, _place: Place) -> bool:
        """Whether a sum is made of what all runs of the body add to it."""
        return False

    def _again(self) -> bool:
        """Whether the body runs more than once."""
        return False

    # ------------------------------------------------------------ the function

    def lines(self, name: str, final: Collection[Node] = ()) -> list[str]:
        """The function as lines; numbers among `final` are Python's own."""
        body = self._body(self.items, (), 1)
        arrays = [line for p in self.places.values() if p.axes for line in self._allocated(p)]
        return self._function(name, [*self._bounds(), *arrays, *body], final)

    def _function(self, name: str, body: Sequence[str], final: Collection[Node]) -> list[str]:
        """Signature, statements and results."""
        given = [(node, name, self._whole(node)) for node, name in self.given.items()]
        outputs = self.loops.outputs
        self.signature = Signature(
            self.terms,
            given,
            [self._made(node) for node in outputs if node.shape],
            [(node, self.terms.number(node)) for node in outputs if not node.shape],
            frozenset(final),
        )
        decorator = "@_threaded" if self.threaded else "@_compiled"
        return self.signature.lines(name, decorator, self.about, body)

    def _whole(self, node: Node) -> Shape:
        """The shape of what the caller has."""
        return node.shape

    def _made(self, node: Node) -> Made:
        """An array that the caller makes for the function."""
        place = self.places[node]
        start = None if place.maker is not None else self._start(place)
        return Made(self.terms.variable(node), self._whole(node), node.dtype, start)

    def _bounds(self) -> list[str]:
        """The error where a size is too small for an index."""
        lines: list[str] = []
        for room, turns in needed_sizes(self.units).items():
            tests = [f"{self.terms.dim(dim)} > 0" for dim in turns]
            lines += layout(f"if {' and '.join([*tests, f'{self.terms.dim(room)} < 0'])}:", 1)
            lines += layout('raise IndexError("an array is too small for an index into it")', 2)
        return lines

    # ------------------------------------------------------------ memory

    def _allocated(self, place: Place) -> list[str]:
        """The line that makes an array; none where the caller makes it."""
        node = place.node
        if node in self.loops.outputs:
            return []
        sizes = [self._length(node.shape[axis]) for axis in place.axes]
        runs = place.maker is not None or place.scope or self._again()
        start = None if runs else self._start(place)
        return layout(f"{self.terms.variable(node)} = {made_array(sizes, node.dtype, start)}", 1)

    def _length(self, dim: Dim) -> str:
        return length(self.terms.dim(dim))

    def _start(self, place: Place) -> str | None:
        return None if place.join is None else place.join.start[place.node.dtype.kind]

    # ------------------------------------------------------------ statements

    def _body(self, items: Sequence[Item], scope: tuple[Loop, ...], depth: int) -> list[str]:
        lines: list[str] = []
        starts: dict[Item, list[Place]] = {}
        for place in self.places.values():
            if place.join is not None and place.around == scope:
                starts.setdefault(place.first, []).append(place)
        for item in items:
            for place in starts.get(item, ()):
                lines += self._started(place, depth)
            if isinstance(item, Unit):
                lines += self._statement(item, scope, items, depth)
                continue
            lines += self._loop(item, scope, depth, self.terms.dim(item.dim))
            for place in starts.get(item, ()):
                if place.maker is not None:
                    entry = (
                        f"{self.terms.variable(place.node)}[{self.terms.index(place.maker, place)}]"
                    )
                    sign = "+=" if self._goes_on(place) else "="
                    lines += layout(f"{entry} {sign} {self.totals[place.node]}", depth)
        return lines

    def _loop(self, loop: Loop, scope: tuple[Loop, ...], depth: int, count: str) -> list[str]:
        """A loop with so many turns."""
        counter = self.counters[len(scope)]
        self.terms.counters[loop.axis] = counter
        first = f"{INDENT * depth}for {counter} in {self._range(loop, depth)}({count}):"
        lines = [first, *self._body(loop.body, (*scope, loop), depth + 1)]
        del self.terms.counters[loop.axis]
        return lines

    def _range(self, loop: Loop, depth: int) -> str:
        """What gives the turns of a loop: on one thread, or on several if that is wanted and sound."""
        if depth > 1 or not self.terms.context.threads:
            return "range"
        for unit in _units(loop):
            place = self.places[unit.target]
            own = not place.axes if place.scope else writes_own(unit, loop.axis, self.axes)
            added = not place.scope and not place.axes and _added(place.join)
            if not own and not added:
                return "range"
        self.threaded = True
        return "numba.prange"

    def _started(self, place: Place, depth: int) -> list[str]:
        """The lines before the first term."""
        assert place.join is not None
        start = self._start(place)
        lines: list[str] = []
        if place.join.empty:
            lines += self._refused(place, depth)
        name = self.terms.variable(place.node)
        if place.maker is not None:
            name = self.totals[place.node] = self.names.temporary()
            return [*lines, f"{INDENT * depth}{name} = {start}"]
        if self._goes_on(place):
            return lines
        if not place.axes:
            return [*lines, f"{INDENT * depth}{name} = {start}"]
        if place.scope or self._again():
            colons = ", ".join(":" * len(place.axes))
            lines.append(f"{INDENT * depth}{name}[{colons}] = {start}")
        return lines

    def _refused(self, place: Place, depth: int) -> list[str]:
        """The error where there is no term at all for an entry."""
        assert place.join is not None
        (unit,) = [u for u in _units(place.first) if u.target is place.node]
        kept = {at.plain for at in unit.nest.writes}
        summed = [d for i, d in enumerate(unit.nest.axes) if i not in kept]
        some = [place.node.shape[axis] for axis in place.axes]
        if all(isinstance(dim, int) and dim > 0 for dim in summed):
            return []
        empty = [f"{self.terms.dim(dim)} == 0" for dim in summed]
        test = f"({' or '.join(empty)})" if some and len(empty) > 1 else " or ".join(empty)
        test = " and ".join([test, *(f"{self.terms.dim(dim)} > 0" for dim in some)])
        return [
            *layout(f"if {test}:", depth),
            *layout(f'raise ValueError("{place.join.empty}")', depth + 1),
        ]

    def _statement(
        self, unit: Unit, scope: tuple[Loop, ...], items: Sequence[Item], depth: int
    ) -> list[str]:
        """The lines of one turn."""
        node, place = unit.target, self.places[unit.target]
        if (made := rule_of(unit.node)) is not None:
            self.unsaid.append(made)
        pieces = [self.terms.read(unit, base, places) for base, places in unit.reads]
        term = self.terms.term(unit, pieces)
        if not place.axes and place.join is None and self._stays(node, term, scope, items):
            self.terms.pieces[node] = term
            return []
        name = self.terms.array(node)
        if place.maker is not None:
            name = self.totals[node]
        elif place.axes:
            name = f"{name}[{self.terms.index(unit, place)}]"
        lines = [line for each in self.said.remarks(self.unsaid) for line in comment(each, depth)]
        self.unsaid.clear()
        while True:
            text = self._assigned(name, place, unit, term, pieces)
            longest = max(pieces, key=lambda piece: len(piece.text), default=term)
            fits = len(INDENT) * depth + len(text) <= WIDTH
            if fits or _SIMPLE.match(longest.text):
                return [*lines, *wrapped(text, depth)]
            spilled = longest._replace(text=self.names.temporary(), precedence=ATOM)
            lines += wrapped(f"{spilled.text} = {longest.text}", depth)
            pieces = [spilled if piece.text == longest.text else piece for piece in pieces]
            term = self.terms.term(unit, pieces)

    def _assigned(
        self, name: str, place: Place, unit: Unit, term: Piece, pieces: Sequence[Piece]
    ) -> str:
        """The statement that sets an entry, or joins a term to it."""
        join = place.join
        if join is None:
            return f"{name} = {term.text}"
        if join is TOTAL and self._is_free(place):
            if unit.nest.term is PRODUCT:
                return f"{name} = _plus_product({name}, {pieces[0].text}, {pieces[1].text})"
            if name.isidentifier():  # else each term goes to an entry of its own
                return f"{name} = _plus({name}, {term.text})"
        in_place = _IN_PLACE.match(join.update)
        if in_place is None:
            return f"{name} = {join.update.format(name, term.text)}"
        return f"{name} {in_place[1]}= {term.text}"

    def _is_free(self, place: Place) -> bool:
        """Whether terms may be added as is fastest; but threads know sums by their form."""
        shared = self.terms.context.threads and not place.around
        return place.node.dtype.kind == "f" and not shared

    def _stays(
        self, node: Node, term: Piece, scope: tuple[Loop, ...], items: Sequence[Item]
    ) -> bool:
        """Whether a value is written where it is read, not in a variable of its own."""
        if node in self.named or len(term.text) > INLINE:
            return False
        if _SIMPLE.match(term.text):
            return self.places[node].scope == scope
        readers = self.reads.get(node, [])
        return len(readers) == 1 and readers[0][1] == 1 and readers[0][0] in items


def _units(item: Item) -> list[Unit]:
    found, stack = [], [item]
    while stack:
        current = stack.pop()
        if isinstance(current, Unit):
            found.append(current)
        else:
            stack += current.body
    return found


def _added(join: Join | None) -> bool:
    """Whether terms are added up or multiplied, which threads may do each for itself."""
    return join is not None and _IN_PLACE.match(join.update) is not None
