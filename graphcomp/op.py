"""The record of an operation: everything that graphcomp knows about it, in one place.

Rules are small functions that use only infix operators and methods on what they are given, so that
an op never needs to know the node class. `kind` says how a tangent passes through; both modes of
differentiation follow from it, so that no op states its derivative twice:

ELEMENTWISE   one local partial an argument, in terms of the arguments and of the op's own output
LINEAR        jointly linear in its real arguments: forward applies the op to the tangents,
              `transpose` gives reverse
MULTILINEAR   linear in each argument: one term an argument, `transpose` an argument
OPAQUE        its own `jvp`; reverse is the transpose of what the jvp built, or its own `vjp`. In the
              arguments listed as `linear` it is linear, and `transpose` serves for these, as in
              MULTILINEAR
LEAF          an input or a constant
DISCRETE      piecewise constant or not real: no derivative passes
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

import numpy as np

from graphcomp.errors import DTypeError
from graphcomp.shape import BOOL, FLOAT, Shape, broadcast_shape

Operand: TypeAlias = Any
Rule: TypeAlias = Callable[..., Any]
DType: TypeAlias = np.dtype[Any]
Params: TypeAlias = tuple[tuple[str, Any], ...]


class Kind(Enum):
    """How a tangent passes through an op."""

    __hash__ = object.__hash__  # that of enumerations is slow, and asked for every node

    LEAF = "leaf"
    ELEMENTWISE = "elementwise"
    LINEAR = "linear"
    MULTILINEAR = "multilinear"
    OPAQUE = "opaque"
    DISCRETE = "discrete"


class Form(Enum):
    """What an op is in a formula; printers lay out forms, never single ops."""

    __hash__ = object.__hash__  # that of enumerations is slow, and asked for every node

    LEAF = "leaf"
    CALL = "call"
    SUM = "sum"
    DIFFERENCE = "difference"
    NEGATION = "negation"
    PRODUCT = "product"
    QUOTIENT = "quotient"
    RECIPROCAL = "reciprocal"
    POWER = "power"
    CONTRACTION = "contraction"
    OUTER = "outer"
    TRANSPOSE = "transpose"
    TOTAL = "total"
    BROADCAST = "broadcast"
    BRACKET = "bracket"
    CHOICE = "choice"
    NAMED = "named"


class Joins(Enum):
    """Whether an op is a step of its own in a grouped program, or joins a neighbour."""

    __hash__ = object.__hash__  # that of enumerations is slow, and asked for every node

    NOTHING = "an essential operation: a step of its own"
    PRODUCER = "always joins the step whose value it modifies (negation, broadcast)"
    PRODUCER_IF_CONSTANT = "joins if its other arguments are constants (1 + x, 2*x)"
    CONSUMER = "joins the step that uses it (transpose, mask)"
    REDUCTION = "joins a reduction over all its entries (the square in a sum of squares)"


# Binding strength of what a spelling produces: an operand weaker than its place gets parentheses.
LOWEST, COMPARISON, ADDITIVE, MULTIPLICATIVE, UNARY, EXPONENT, ATOM = 0, 5, 10, 20, 25, 30, 40


#: What `Op.along` says of a result that is the sum of what the blocks of its arguments give.
SUMMED = -1


@dataclass(frozen=True, slots=True)
class Spelling:
    """How an application is written in one dialect: ``Spelling("{0} + {1}", 10, (10, 11))``."""

    template: str
    precedence: int = ATOM
    operands: tuple[int, ...] = ()

    def least(self, position: int) -> int:
        """The precedence that the operand at `position` needs to stand without parentheses."""
        if not self.operands:
            return LOWEST
        return self.operands[min(position, len(self.operands) - 1)]


Spell: TypeAlias = Spelling | Callable[..., Spelling]
#: What a rule of `Op.shared` gives: ways to write an op, each with names for what is inside.
Ways: TypeAlias = Sequence[tuple[Operand, Mapping[str, Operand]]]


@dataclass(frozen=True, slots=True)
class Sample:
    """Arguments on which the tests exercise an op: shapes, parameters, and a domain for each."""

    shapes: tuple[Shape, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


def float_dtype(*dtypes: DType, **_params: object) -> DType:
    """The dtype of a real function: what NumPy promotes to, at least float64 for integers."""
    result = np.result_type(*dtypes)
    return result if result.kind == "f" else FLOAT


def common_dtype(*dtypes: DType, **_params: object) -> DType:
    """What NumPy promotes the arguments to."""
    return np.result_type(*dtypes)


def number_dtype(name: str) -> Rule:
    """As `common_dtype`, but booleans are refused: NumPy refuses them too, or makes them int8."""

    def rule(*dtypes: DType, **_params: object) -> DType:
        result = np.result_type(*dtypes)
        if result.kind == "b":
            msg = f"{name}: not defined for booleans; convert them to float first"
            raise DTypeError(msg)
        return result

    return rule


def bool_dtype(*_dtypes: DType, **_params: object) -> DType:
    """Always bool."""
    return BOOL


def first_dtype(dtype: DType, *_dtypes: DType, **_params: object) -> DType:
    """The dtype of the first argument."""
    return dtype


def first_shape(shape: Shape, *_shapes: Shape, **_params: object) -> Shape:
    """The shape of the first argument: elementwise ops, whose arguments are broadcast before."""
    return shape


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Op:
    """Everything about an operation. Identity is equality.

    Attributes:
        name: unique, an identifier.
        kind: how a tangent passes through.
        why: the rule by which it does, in a few words for people: "product rule: ...". In the
            language of formulas (u**2, sqrt(u)), which printers write in their own signs.
        why_constant: the same where one argument varies and the others are constant, by the place
            of that argument.
        why_reverse: the same for cotangents, where that takes other words.
        form: its place in a formula.
        arity: number of arguments, -1 for any.
        evaluate: the reference implementation on NumPy arrays, parameters as keywords.
        shape, dtype: rules on the arguments' shapes and dtypes, parameters as keywords.
        spell: how it is written, by dialect ("text", "numpy", "math", "latex", "mathml"); values
            are spellings, or functions of the number of arguments and the parameters that give one.
            Without "mathml", MathML is made of "text". "words", where there is one, is what people
            read in place of "text".
            "math" is Python on floats, which may raise at the edge of a domain; "limits", where it
            differs from that, is Python that gives the limit instead; "once" serves as both, if the
            functions ``_exp``, ... that it calls are replaced by those of `math` (see `codegen.once`).
        view: whether the result may share memory with an argument.
        formula: the op on SymPy expressions, or None; default source of the partials.
        partials: per argument ``rule(out, *args, **params)``, None for an identically zero partial;
            a rule returns an operand or a Python number.
        transpose: ``rule(index, ct, *args, **params)``: the cotangent of argument `index`.
        jvp: ``rule(out, args, tangents, **params)`` for OPAQUE ops; absent tangents are None.
        linear: the arguments in which an OPAQUE op is linear; its jvp is for the others.
        vjp: ``rule(index, ct, out, args, **params)``: the cotangent of argument `index`, for OPAQUE
            ops whose reverse mode is a rule of its own and not the transpose of the jvp.
        expand: ``rule(*args, **params)``: the op in terms of others, for the code generator, which
            writes that where a dialect has no spelling.
        shared: by dialect, ``rule(*args, **params)``: the op in terms of others, for the code generator,
            which writes that where several ops have some of these in common (softmax and logsumexp
            their exponentials). Each way to do it comes with names for what is inside.
        helpers: the sources of functions that the NumPy spelling calls, by name, where these are
            not in `numpy_runtime`; generated modules carry them.
        digest: what tells it from another op of the same name, for ops that users define.
        batch: ``rule(size, args, batched, **params)`` maps the op over a new leading axis; None
            where broadcasting does it.
        along: ``rule(axes, shapes, **params)``: what becomes of blocks that the arguments are cut into
            along one axis each (None: an argument that is not cut): the axis along which the results
            of the blocks join, or `SUMMED`, or None where the op needs the whole. Elementwise ops
            need no rule.
        nest: ``rule(shapes, **params)`` gives the op as loops over single entries, as one loop nest or
            one for each argument, or None where it is none. Elementwise ops need no rule.
        library: ``rule(shapes)`` says whether NumPy does it by a library that is faster than loops.
        parts: ``rule(args, **params)`` gives the op in terms of others that have loops.
        margin: on arrays, how far the arguments are from the nearest kink; None: smooth.
        analytic: whether `evaluate` extends to complex arguments, so that the complex step is exact.
        kink: the convention at the kink or the edge of the domain, one line for the docs.
        broadcasts: arguments are broadcast to a common shape before the op is applied.
        apart: NumPy computes it with a branch for each entry if it writes over its argument.
        spreads: what the NumPy spelling is given may be smaller, if it broadcasts to the argument.
        joins: its place in a grouped program.
        domains: per argument the interval for test points, "bool" or "int".
        samples: shapes and parameters for the tests; None: the standard elementwise ones.
        draw: ``rule(rng, index, shape)`` gives test arguments where an interval is not enough (a
            matrix that has an inverse, an index in range).
        numpy: the NumPy callables that it stands for.
    """

    name: str
    kind: Kind
    evaluate: Rule
    why: str = ""
    why_constant: tuple[str, ...] = ()
    why_reverse: str = ""
    form: Form = Form.CALL
    arity: int = 1
    shape: Rule = first_shape
    dtype: Rule = float_dtype
    spell: Mapping[str, Spell] = field(default_factory=dict)
    formula: Rule | None = None
    partials: tuple[Rule | None, ...] | None = None
    transpose: Rule | None = None
    jvp: Rule | None = None
    linear: tuple[int, ...] = ()
    vjp: Rule | None = None
    expand: Rule | None = None
    shared: Mapping[str, Rule] = field(default_factory=dict)
    helpers: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    batch: Rule | None = None
    along: Rule | None = None
    nest: Rule | None = None
    library: Rule | None = None
    parts: Rule | None = None
    margin: Rule | None = None
    analytic: bool = True
    kink: str = ""
    broadcasts: bool = False
    apart: bool = False
    spreads: bool = False
    view: bool = False
    joins: Joins = Joins.NOTHING
    domains: tuple[tuple[float, float] | str, ...] = ((-2.0, 2.0),)
    samples: tuple[Sample, ...] | None = None
    draw: Rule | None = None
    numpy: tuple[Rule, ...] = ()

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def spelling(self, dialect: str, count: int, params: Params) -> Spelling | None:
        """How an application with `count` arguments and these parameters is written."""
        spell = self.spell.get(dialect)
        return spell(count, **dict(params)) if callable(spell) else spell

    @property
    def pointwise(self) -> bool:
        """Whether entry i of the result depends on entry i of the arguments alone."""
        return self.broadcasts or self.form is Form.NAMED


def broadcast_result(name: str) -> Rule:
    """A shape rule that names the op in its error."""

    def rule(*shapes: Shape, **_params: object) -> Shape:
        return broadcast_shape(name, *shapes)

    return rule
