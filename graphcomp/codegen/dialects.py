"""Dialects, and expressions in them, put together from the spellings on the op records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from graphcomp.codegen.dimensions import named_params, shape_source
from graphcomp.codegen.layout import closing_bracket
from graphcomp.codegen.pieces import (
    DEFAULTS,
    NOTHING,
    Piece,
    natural_dtype,
    number_source,
    strong,
    strong_numbers,
)
from graphcomp.errors import InputError
from graphcomp.node import Node
from graphcomp.op import (
    ATOM,
    LOWEST,
    MULTIPLICATIVE,
    UNARY,
    DType,
    Form,
    Op,
    Params,
    Spelling,
)
from graphcomp.shape import FLOAT, Shape, broadcast_shape, format_shape

_SIMPLE = re.compile(r"-?[\w.]+\Z")
_LITERAL = re.compile(r"(?<![\w.{])\d+\.\d+(?![\w.}])")
_DECIMAL = re.compile(r"-?\d+\.\d+(e[-+]?\d+)?\Z|-?\d+e[-+]?\d+\Z")
_PLACE = re.compile(r"\{(\d)\}")
_HELPER = re.compile(r"\b_(\w+)(?=\()")
_ARITHMETIC = {Form.SUM, Form.DIFFERENCE, Form.PRODUCT, Form.QUOTIENT}
_FACTORS = {Form.PRODUCT, Form.QUOTIENT}
#: Written as what they are of.
AS_ARGUMENT = {Form.BROADCAST, Form.NAMED}
#: Forms that `Context.simple` leaves to `Context.combine`.
_SPECIAL = {Form.BROADCAST, Form.POWER, Form.BRACKET, Form.CONTRACTION}
_BRACKET = Form.BRACKET  # a look at the enumeration for each node takes long
_DOT = Spelling("{0}.dot({1})", ATOM, (ATOM, LOWEST))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a target writes what is not on the op records.

    Attributes:
        target: its name.
        spellings: keys into the records' spellings, the first that is there counts.
        arrays: whether values are arrays; else they are Python numbers.
        module: that holds nan and inf.
        compiled: whether loops over entries are compiled.
    """

    target: str
    spellings: tuple[str, ...]
    arrays: bool
    module: str
    compiled: bool = False

    def spells(self, node: Node) -> bool:
        """Whether the record of the node's op says how it is written."""
        return any(key in node.op.spell for key in self.spellings)

    @property
    def sharing(self) -> tuple[str, bool] | None:
        """How ops that have work in common are written out, and whether only those of arrays are.

        Compiled loops share such work by themselves.
        """
        return None if self.compiled else (self.spellings[0], self.arrays)

    @property
    def into(self) -> str:
        """The key of statements that add to an array."""
        return f"{self.spellings[0]} into"


NUMPY = Dialect("numpy", ("numpy",), arrays=True, module="np")
NUMBA = Dialect("numba", ("numpy",), arrays=True, module="np", compiled=True)
MATH = Dialect("math", ("math",), arrays=False, module="math")
LIMITS = Dialect("math", ("limits", "math"), arrays=False, module="math")
ONCE = Dialect("math", ("once", "limits", "math"), arrays=False, module="math")


class _Simple(NamedTuple):
    """A spelling, taken apart once for all nodes of an op."""

    template: str
    precedence: int
    least: tuple[int, ...]
    repeats: bool
    percents: str


@dataclass(frozen=True, slots=True)
class Context:
    """What pieces of one module need to know.

    Attributes:
        dialect: how it is written.
        dims: names of dimensions.
        constant_name: names of constants.
        number_name: names of numbers as arrays without axes, which NumPy takes faster beside arrays.
        passed: the variables for functions that are passed in, by the names of those functions.
        threads: whether compiled loops may run on several threads.
        workers: threads that compute blocks of rows.
        workspace: whether temporaries are taken from a workspace.
    """

    dialect: Dialect
    dims: Mapping[str, str]
    constant_name: Callable[[Node], str]
    number_name: Callable[[str], str]
    passed: Mapping[str, str] = field(default_factory=dict)
    threads: bool = False
    workers: int = 1
    workspace: bool = False
    _plain: dict[Op, Spelling] = field(default_factory=dict, init=False, repr=False)
    _simple: dict[Op, _Simple | None] = field(default_factory=dict, init=False, repr=False)

    def leaf(self, node: Node) -> Piece:
        """A constant, a dimension, or another node without arguments."""
        if node.is_constant and node.shape == ():
            text = number_source(node, self.dialect.module)
            negative = text.startswith("-")
            return Piece(
                text, UNARY if negative else ATOM, (), node.dtype, number=True, dims=NOTHING
            )
        if node.is_constant:
            if not self.dialect.arrays:
                raise no_arrays(node)
            name = self.constant_name(node)
            return Piece(name, ATOM, node.shape, node.dtype, frozenset({name}), frozenset({name}))
        spelling, dims = self._spelling(node, 0)
        return Piece(
            spelling.template,
            spelling.precedence,
            node.shape,
            node.dtype,
            number=node.shape == (),
            dims=dims,
        )

    def combine(
        self,
        node: Node,
        args: Sequence[Node],
        pieces: Sequence[Piece],
        conditions: Sequence[Piece | None],
    ) -> tuple[Piece, tuple[Piece, ...]]:
        """An application of an op, and the operands as they stand in it.

        `conditions` holds what is inside the brackets of an operand [x > 0].
        """
        op = node.op
        if op.form in AS_ARGUMENT:
            return pieces[0], tuple(pieces)
        operands = _bare_conditions(node, list(pieces), conditions)
        shape, arrays = node.shape, False
        if self.dialect.arrays:
            operands = self._fitting(node, args, operands)
            if node.shape and op.broadcasts and not self.dialect.compiled:
                operands = self._as_arrays(operands)
                arrays = node.dtype is FLOAT and op.form is not Form.POWER
            if op.broadcasts and shape != ():
                shape = _broadcast(op.name, [piece.shape for piece in operands], shape)
        spelling, dims = self._spelling(node, len(operands))
        if arrays and not spelling.template.startswith("_"):
            template = _LITERAL.sub(lambda m: self.number_name(m[0]), spelling.template)
            spelling = replace(spelling, template=template)
        if op.form is Form.CONTRACTION and max(len(piece.shape) for piece in operands) <= 2:
            spelling = _DOT  # half the overhead of @
        if operands and operands[0].number and spelling.template.startswith("{0}."):
            operands[0] = strong(operands[0])  # a number of Python has no methods of arrays
        text, precedence = _filled(op, spelling, operands)
        places = spelling.template
        piece = Piece(
            text,
            precedence,
            shape,
            node.dtype,
            reads=_union([p.reads for i, p in enumerate(operands) if f"{{{i}}}" in places]),
            roots=_union([p.roots for p in operands]) if op.view else NOTHING,
            frozen=op.view and any(p.frozen for p in operands),
            dims=_union([*(p.dims for p in operands), dims]),
            unsigned=_begins_with_condition(op, operands),
        )
        cast = self.dialect.arrays and natural_dtype(node) != node.dtype
        return (self.cast(piece, node.dtype) if cast else piece), tuple(operands)

    def simple(
        self, node: Node, known: Mapping[Node, Piece]
    ) -> tuple[Piece, tuple[Piece, ...]] | None:
        """What `combine` gives, at a fraction of its cost, for plain floats, as most nodes are.

        None where it takes more care: arrays, parameters, other dtypes, dimensions, conditions,
        operands that are written more than once.
        """
        op = node.op
        try:
            simple = self._simple[op]
        except KeyError:
            simple = self._simple[op] = self._simple_spelling(op, node)
        if simple is None or node.shape or node.dtype is not FLOAT:
            return None
        template, precedence, places, repeats, percents = simple
        operands, shown = [], []
        reads = NOTHING
        for arg, least in zip(node.args, places):  # noqa: B905  (slower, and this is for all nodes)
            operand = known[arg]
            text, binds, shape, dtype, own, _, _, is_number, dims, unsigned = operand
            if dtype is not FLOAT or dims or shape or unsigned:
                return None
            if not is_number:
                if arg.op.form is _BRACKET or (repeats and not operand.is_name):
                    return None
                reads = reads | own if reads else own
            operands.append(operand)
            shown.append(text if binds >= least else f"({text})")
        if not reads:
            return None
        if percents:
            text = percents % tuple(shown)
        elif "-{" in template:
            text, precedence = _signed(op, template, precedence, operands, shown)
        else:
            text = template.format(*shown)
        return Piece.scalar(text, precedence, FLOAT, reads, NOTHING), tuple(operands)

    def _simple_spelling(self, op: Op, node: Node) -> _Simple | None:
        """How an op is written, if a text for each operand is all that it takes."""
        if node.params or not op.broadcasts or op.view or op.form in _SPECIAL or op.arity < 1:
            return None
        spelling = self._spelling(node, op.arity)[0]
        least = tuple([spelling.least(i) for i in range(op.arity)])
        template = spelling.template
        if any(f"{{{i}}}" not in template for i in range(op.arity)):
            return None
        repeats = any(template.count(f"{{{i}}}") > 1 for i in range(op.arity))
        percents = "" if "-{" in template else _percents(template, op.arity)
        return _Simple(template, spelling.precedence, least, repeats, percents)

    def template(self, node: Node) -> str:
        """How the op is written, with places for its operands."""
        return self._spelling(node, len(node.args))[0].template

    def full(self, piece: Piece, shape: Shape) -> Piece:
        """A piece in its full shape, as a view."""
        if piece.shape == shape:
            return piece
        if piece.number and piece.dtype not in DEFAULTS:
            piece = strong(piece)
        source, dims = self.shape(shape)
        text = f"np.broadcast_to({piece.text}, {source})"
        return piece._replace(
            text=text,
            precedence=ATOM,
            shape=shape,
            frozen=True,
            number=False,
            dims=piece.dims | dims,
        )

    def shape(self, shape: Shape) -> tuple[str, frozenset[str]]:
        """The source of a shape, and the dimensions that it reads."""
        symbols = {s.name for dim in shape if not isinstance(dim, int) for s in dim.free_symbols}
        return shape_source(shape, self.dims), frozenset(symbols)

    def cast(self, piece: Piece, dtype: DType) -> Piece:
        """A piece in another dtype."""
        if piece.shape == ():
            return piece._replace(text=f"np.{dtype}({piece.text})", precedence=ATOM, dtype=dtype)
        text = f"{piece.at_least(ATOM)}.astype(np.{dtype})"
        return piece._replace(text=text, precedence=ATOM, dtype=dtype, roots=NOTHING)

    def _spelling(self, node: Node, count: int) -> tuple[Spelling, frozenset[str]]:
        if not node.params and node.op.arity >= 0:
            if node.op not in self._plain:
                self._plain[node.op] = self._spelled(node, count, ())
            return self._plain[node.op], NOTHING
        params, dims = named_params(node.params, self.dims)
        return self._spelled(node, count, params), frozenset(dims)

    def _spelled(self, node: Node, count: int, params: Params) -> Spelling:
        for key in self.dialect.spellings:
            found = node.op.spelling(key, count, params)
            if found is not None:
                return _unwrapped(self._with_passed(found) if self.passed else found)
        if not self.dialect.arrays:
            raise no_arrays(node)
        msg = f"op {node.op.name} has no spelling for target {self.dialect.target}"
        raise AssertionError(msg)

    def _with_passed(self, spelling: Spelling) -> Spelling:
        template = _HELPER.sub(lambda m: self.passed.get(m[1], m[0]), spelling.template)
        return replace(spelling, template=template)

    def _fitting(self, node: Node, args: Sequence[Node], pieces: list[Piece]) -> list[Piece]:
        """Operands of the shapes and dtypes that the op needs."""
        op = node.op
        if op.spreads:
            return [self.strong(piece) for piece in pieces]
        if not op.broadcasts:
            return self.whole(pieces, args)
        if any(piece.number for piece in pieces):
            pieces = strong_numbers(pieces)
        if node.is_real and natural_dtype(node) != node.dtype:
            pieces = [
                self.cast(p, node.dtype) if p.dtype.kind in "iub" and not p.number else p
                for p in pieces
            ]
        return pieces

    def _as_arrays(self, operands: list[Piece]) -> list[Piece]:
        """Numbers beside arrays as arrays without axes: half the time of a call on a small array."""
        others = {piece.dtype for piece in operands if piece.shape}
        if FLOAT not in others:
            return operands
        return [
            piece._replace(text=self.number_name(piece.text), precedence=ATOM, number=False)
            if piece.number and piece.dtype == FLOAT and _DECIMAL.match(piece.text)
            else piece
            for piece in operands
        ]

    def into(self, node: Node, target: str, value: Piece) -> tuple[str, frozenset[str]]:
        """The statement that adds a node to an array; and the dimensions that it reads."""
        params, dims = named_params(node.params, self.dims)
        spelling = node.op.spelling(self.dialect.into, 2, params)
        assert spelling is not None
        return spelling.template.format(target, value.text), frozenset(dims)

    def place(self, node: Node, target: str) -> tuple[str, frozenset[str]]:
        """The places of an array that a node scatters to, as a view: ``x[1:]``; and its dimensions."""
        text, dims = self.into(node, target, Piece("0", ATOM, (), node.dtype))
        return text.partition(" += ")[0], dims

    def whole(self, pieces: Sequence[Piece], nodes: Sequence[Node]) -> list[Piece]:
        """Values in their full shapes and dtypes."""
        return [
            self.full(self.strong(piece), node.shape)
            for piece, node in zip(pieces, nodes, strict=True)
        ]

    def strong(self, piece: Piece) -> Piece:
        """A value that has its dtype, also where it is a Python number."""
        return strong(piece) if piece.number and piece.dtype not in DEFAULTS else piece


def no_arrays(node: Node) -> InputError:
    """The target "math" has scalars only."""
    msg = (
        f"target 'math' is for graphs of scalars; {node.op.name} has shape "
        f"{format_shape(node.shape)}: use target 'numpy'"
    )
    return InputError(msg)


def _unwrapped(spelling: Spelling) -> Spelling:
    """A spelling in parentheses as one that gets them only where they are needed."""
    template = spelling.template
    if not template.startswith("(") or closing_bracket(template) != len(template) - 1:
        return spelling
    return Spelling(template[1:-1], LOWEST + 1, spelling.operands)


def _percents(template: str, count: int) -> str:
    """A template with a %s for each operand, which is filled in faster; "" if it is not so plain."""
    plain = "".join(_PLACE.findall(template)) == "".join(map(str, range(count)))
    if not plain or "{{" in template or "}}" in template:
        return ""
    return _PLACE.sub("%s", template.replace("%", "%%"))


def _filled(op: Op, spelling: Spelling, operands: Sequence[Piece]) -> tuple[str, int]:
    template, precedence = spelling.template, spelling.precedence
    if spelling.operands:
        shown = [piece.at_least(spelling.least(i)) for i, piece in enumerate(operands)]
    else:
        shown = [piece.text for piece in operands]
    if "-{" in template:
        return _signed(op, template, precedence, operands, shown)
    if op.form is Form.POWER and "**" in template and not all(map(_SIMPLE.match, shown)):
        template = template.replace("**", " ** ")
    return template.format(*shown), precedence


def _signed(
    op: Op, template: str, precedence: int, operands: Sequence[Piece], shown: list[str]
) -> tuple[str, int]:
    """The first operand under a minus sign: -(a * b) is written -a * b, and exp(--x) as exp(x)."""
    inner, negation = operands[0], op.form is Form.NEGATION
    if not inner.text.startswith("-"):
        merged = inner.precedence == MULTIPLICATIVE and not inner.unsigned
        if merged and (negation or "(-{0})" in template):
            precedence = MULTIPLICATIVE if negation else precedence
            shown[0] = inner.text
    elif inner.precedence >= UNARY and not negation:  # a name would be taken for that variable
        template = template.replace("-{0}", "{0}")
        shown[0] = inner.text[1:]
        whole = shown[0].startswith("(") and closing_bracket(shown[0]) == len(shown[0]) - 1
        if whole and "({0})" in template:
            shown[0] = shown[0][1:-1]  # exp(-(-(x + 1))) is exp(x + 1)
    return template.format(*shown), precedence


def _bare_conditions(
    node: Node, operands: list[Piece], conditions: Sequence[Piece | None]
) -> list[Piece]:
    """A condition as a factor or term stands for its 0s and 1s where the other operand is a float."""
    if node.op.form not in _ARITHMETIC or not node.is_real:
        return operands
    for i, condition in enumerate(conditions):
        other = operands[1 - i]
        fits = other.dtype == node.dtype and (not other.number or node.dtype == np.float64)
        if condition is not None and conditions[1 - i] is None and fits:
            operands[i] = condition
    return operands


def _begins_with_condition(op: Op, operands: Sequence[Piece]) -> bool:
    if op.form not in _FACTORS:
        return False
    first = operands[0]
    return first.unsigned or (first.dtype.kind == "b" and not first.number)


def _broadcast(name: str, shapes: Sequence[Shape], full: Shape) -> Shape:
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    if any(shape == full for shape in shapes):
        return full
    return broadcast_shape(name, *shapes)


def _union(sets: Sequence[frozenset[str]]) -> frozenset[str]:
    some = [one for one in sets if one]
    return some[0] if len(some) == 1 else NOTHING.union(*some)
