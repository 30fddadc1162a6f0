"""Single entries and numbers as source: what is read, and what is computed of it, in its dtype."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from graphcomp.codegen.block import Names
from graphcomp.codegen.dialects import Context, Dialect
from graphcomp.codegen.dimensions import dimension_source
from graphcomp.codegen.loop_memory import Place
from graphcomp.codegen.loop_units import SPELLINGS, Unit, is_number, scalar_spelling
from graphcomp.codegen.pieces import DEFAULTS, Piece
from graphcomp.nest import OWN, SAME, At
from graphcomp.node import Node
from graphcomp.op import ATOM, DType, Form
from graphcomp.shape import Dim

#: Single entries, as a compiler of loops takes them.
ENTRIES = Dialect("numba", SPELLINGS, arrays=False, module="np")
#: Forms whose results have the dtype that their operands share.
_CLOSED = {Form.SUM, Form.DIFFERENCE, Form.PRODUCT, Form.NEGATION, Form.QUOTIENT}
_TEMPORARY = re.compile(r"t\d+\Z")


class Terms:
    """The terms of one function.

    Args:
        context: what the module knows.
        names: of the function.
        variables: of the nodes that it is given.
        wanted: names of nodes that it computes.
        places: where these are kept.
    """

    def __init__(
        self,
        context: Context,
        names: Names,
        variables: Mapping[Node, str],
        wanted: Mapping[Node, str],
        places: Mapping[Node, Place],
    ) -> None:
        self.context = replace(context, dialect=ENTRIES)
        self.names, self.wanted, self.places = names, wanted, places
        self.variables = dict(variables)
        self.symbols: set[str] = set()
        self.pieces: dict[Node, Piece] = {}
        self.counters: dict[int, str] = {}
        self.turned: dict[Node, tuple[str, tuple[int, ...]]] = {}
        self.in_order: Collection[Unit] = ()
        self.strips: dict[Node, str] = {}

    def variable(self, node: Node) -> str:
        """The variable of a node, with the name that is wanted for it."""
        if node not in self.variables:
            wanted = self.wanted.get(node, "t1")
            temporary = _TEMPORARY.match(wanted)
            self.variables[node] = self.names.temporary() if temporary else self.names.give(wanted)
        return self.variables[node]

    def array(self, node: Node) -> str:
        """What holds the entries of a node: its variable, or a strip of it."""
        return self.strips.get(node) or self.variable(node)

    def dim(self, dim: Dim) -> str:
        """A dimension."""
        if not isinstance(dim, int):
            self.symbols |= {symbol.name for symbol in dim.free_symbols}
        return dimension_source(dim, self.context.dims)

    def index(self, unit: Unit, place: Place) -> str:
        """Where a unit writes."""
        at = unit.nest.writes
        return ", ".join(self.at(unit, at[axis]) for axis in place.axes)

    def at(self, unit: Unit, at: At) -> str:
        """A place along an axis as source."""
        terms = []
        for loop, step in at.terms:
            counter = self.counters[unit.axes[loop]]
            if step == 1:
                terms.append(counter)
            elif step == -1:
                terms.append(f"-{counter}")
            else:
                shown = self.dim(step)
                terms.append(f"{counter} * {shown if shown.isalnum() else f'({shown})'}")
        terms.sort(key=lambda term: term.startswith("-"))
        text = " + ".join(terms).replace("+ -", "- ")
        if at.offset == 0 and terms:
            return text
        offset = self.dim(at.offset)
        if not terms:
            return offset
        if text.startswith("-"):
            return f"{offset} - {text[1:]}"
        return f"{text} + {offset}".replace("+ -", "- ")

    def term(self, unit: Unit, pieces: Sequence[Piece]) -> Piece:
        """What a unit computes of the entries that it reads."""
        node, term = unit.node, unit.nest.term
        if term is OWN:
            piece, _ = self.context.combine(node, node.args, pieces, ())
            self.symbols |= piece.dims
            return self._fitted(piece, node, pieces)
        assert term is not None
        if term is SAME:
            same = pieces[0].dtype == node.dtype or unit.nest.join is not None
            return pieces[0] if same else self._in_dtype(pieces[0], node.dtype)
        shown = [piece.at_least(term.least(i)) for i, piece in enumerate(pieces)]
        return Piece(term.template.format(*shown), term.precedence, (), node.dtype)

    def read(self, unit: Unit, base: Node, places: tuple[At, ...]) -> Piece:
        """An entry of an array, or a number."""
        if is_number(base):
            piece = self.context.leaf(base)
            self.symbols |= piece.dims
            return piece if base.dtype in DEFAULTS else self._in_dtype(piece, base.dtype)
        place = self.places.get(base)
        if place is None:
            whole = (self.array(base), tuple(range(base.ndim)))
            name, kept = whole if unit in self.in_order else self.turned.get(base, whole)
        else:
            if base in self.pieces:
                return self.pieces[base]
            name, kept = self.array(base), ()
            if not place.axes:
                return Piece(self.number(base), ATOM, (), base.dtype)
            return Piece(
                f"{name}[{', '.join(self.at(unit, places[i]) for i in place.axes)}]",
                ATOM,
                (),
                base.dtype,
            )
        index = ", ".join(self.at(unit, places[i]) for i in kept)
        return Piece(f"{name}[{index}]" if index else name, ATOM, (), base.dtype)

    def number(self, node: Node) -> str:
        """A number in a variable; sums are wider than their dtype while they are added up."""
        name = self.variable(node)
        joined = self.places[node].join is not None
        return self.cast(name, node.dtype) if joined and node.dtype not in DEFAULTS else name

    def cast(self, text: str, dtype: DType) -> str:
        """A number in another dtype."""
        return f"np.{numpy_name(dtype)}({text})"

    def _in_dtype(self, piece: Piece, dtype: DType) -> Piece:
        return piece._replace(text=self.cast(piece.text, dtype), precedence=ATOM, dtype=dtype)

    def _fitted(self, piece: Piece, node: Node, pieces: Sequence[Piece]) -> Piece:
        """A piece in the dtype of its node, where a compiler would give it another one."""
        kind, closed = node.dtype.kind, node.op.form in _CLOSED
        if kind == "b":
            sound = not closed
        elif closed and all(p.dtype == node.dtype for p in pieces):
            sound = kind == "f" or node.dtype in DEFAULTS
        else:
            sound = node.dtype == np.float64 or piece.text.startswith(f"np.{node.dtype}(")
        return piece if sound else self._in_dtype(piece, node.dtype)


def reads_of(units: Sequence[Unit]) -> dict[Node, list[tuple[Unit, int]]]:
    """The units that read each node, and how often each writes it."""
    found: dict[Node, list[tuple[Unit, int]]] = {}
    for unit in units:
        spelling = unit.nest.term
        if spelling is OWN:
            spelling = scalar_spelling(unit.node.op, len(unit.node.args), unit.node.params)
        template = spelling.template if spelling is not None else ""
        bases = [base for base, _ in unit.reads]
        for base in dict.fromkeys(bases):
            count = sum(template.count(f"{{{i}}}") for i, b in enumerate(bases) if b is base)
            found.setdefault(base, []).append((unit, count))
    return found


def numpy_name(dtype: DType) -> str:
    """The name of a dtype behind ``np.``."""
    return "bool_" if dtype.kind == "b" else dtype.name
