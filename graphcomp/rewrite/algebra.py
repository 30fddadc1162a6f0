"""Algebra that changes no value: constants collected in front, signs pulled out, units dropped.

Rules look at a node whose arguments are already in normal form, so one walk from the leaves up
reaches the fixed point. Named steps are left alone, and nothing is done that would change what
happens at infinities and NaN (no ``0*x`` to 0, no ``x/x`` to 1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from graphcomp.node import Node, apply, constant, intern, number
from graphcomp.op import Kind, Op
from graphcomp.ops.arithmetic import ADD, DIV, MUL, NEG, RECIPROCAL, SUB
from graphcomp.ops.leaves import CONSTANT
from graphcomp.ops.piecewise import ABS
from graphcomp.ops.powers import POWER, SQUARE
from graphcomp.ops.reductions import SUM
from graphcomp.ops.shaping import BROADCAST, RESHAPE, TRANSPOSE

NAME = "algebra"


def _normal(
    op: Op, args: tuple[Node, ...], params: tuple[tuple[str, object], ...], scope: str
) -> Node:
    found = changed(op, args, params)
    return intern(op, args, params, scope) if found is None else found


def changed(op: Op, args: tuple[Node, ...], params: tuple[tuple[str, object], ...]) -> Node | None:
    """What an application comes to, of arguments in normal form; None: it is so already."""
    rule = BY_OP.get(op)
    if rule is not None:
        result = rule.build(*args, **dict(params)) if params else rule.build(*args)
        if result is not None:
            return result
    return _folded(op, args, params) if args and args[0].op in _NUMBERS else None


def _make(op: Op, *args: Node) -> Node:
    """An application in normal form, of arguments in normal form."""
    return _normal(op, args, (), "")


#: What may be a number.
_NUMBERS = {BROADCAST, CONSTANT}


def _folded(op: Op, args: tuple[Node, ...], params: tuple[tuple[str, object], ...]) -> Node | None:
    """The value of an elementwise op of numbers, where it is finite."""
    if not op.broadcasts or op.kind is Kind.DISCRETE:
        return None
    numbers = []
    for arg in args:
        value = arg.constant
        if value is None:  # mostly
            return None
        numbers.append(value)
    with np.errstate(all="ignore"):
        result = op.evaluate(
            *(np.asarray(n, arg.dtype) for n, arg in zip(numbers, args, strict=True)),
            **dict(params),
        )
    if not np.all(np.isfinite(result)):
        return None
    dtype = op.dtype(*(arg.dtype for arg in args), **dict(params))
    return constant(np.asarray(result), dtype).broadcast_to(args[0].shape)


def split(node: Node) -> tuple[float, Node]:
    """A node as a number times the rest."""
    if node.op is NEG:
        factor, rest = split(node.args[0])
        return -factor, rest
    if node.op is MUL and node.args[0].op in _NUMBERS:
        number, rest = node.args
        if number.constant is not None and rest.dtype == node.dtype:
            return float(number.constant), rest
    return 1.0, node


def scaled(factor: float, node: Node) -> Node:
    """A number times a node that carries no factor of its own."""
    if factor == 1:
        return node
    if factor == -1:
        return intern(NEG, (node,))
    number = constant(factor, node.dtype).broadcast_to(node.shape)
    return intern(MUL, (number, node))


#: What a product takes apart.
_FACTORS = {*_NUMBERS, MUL, NEG, RECIPROCAL}
#: What a sum takes apart.
_TERMS = {*_NUMBERS, NEG}


def _product(a: Node, b: Node) -> Node | None:
    if a.dtype != b.dtype or a.dtype.kind != "f":
        return None
    if a is not b and _FACTORS.isdisjoint((a.op, b.op)):  # mostly
        return None
    if a.constant is None and b.constant is not None:
        a, b = b, a
    if a.constant is not None:
        factor, rest = split(b)
        combined = a.constant * factor
        if b.constant is not None or not sound(combined, a.constant, factor):
            return None
        return scaled(combined, rest)
    (left, x), (right, y) = split(a), split(b)
    core = _core_product(x, y)
    if left == right == 1:
        return core
    factor = left * right
    if not sound(factor, left, right):
        return None
    return scaled(factor, core if core is not None else intern(MUL, (x, y)))


def _core_product(x: Node, y: Node) -> Node | None:
    if x is y:
        return _make(SQUARE, x)
    if y.op is RECIPROCAL:
        return _make(DIV, x, y.args[0])
    if x.op is RECIPROCAL:
        return _make(DIV, y, x.args[0])
    return None


def sound(combined: float, *factors: float) -> bool:
    """Whether factors may be combined: no overflow or underflow that the parts do not have."""
    if 0 in factors or not all(map(math.isfinite, factors)):
        return False
    return math.isfinite(combined) and abs(combined) > 1e-300


def _quotient(a: Node, b: Node) -> Node | None:
    if a.dtype != b.dtype or a.constant is not None:
        if a.constant == 1 and a.dtype == b.dtype and b.constant is None:
            return intern(RECIPROCAL, (b,))
        return None
    if b.constant == 1:
        return a
    (left, x), (right, y) = split(a), split(b)
    sign = -1.0 if right < 0 else 1.0
    if left == 1 and sign == 1:
        return None
    return scaled(left * sign, intern(DIV, (x, scaled(right * sign, y))))


def _negation(a: Node) -> Node | None:
    if a.constant is not None:
        return None
    factor, rest = split(a)
    if factor != 1:
        return scaled(-factor, rest)
    return _make(SUB, a.args[1], a.args[0]) if a.op is SUB else None


def _sum(a: Node, b: Node) -> Node | None:
    if a.dtype != b.dtype or (a is not b and _TERMS.isdisjoint((a.op, b.op))):
        return None
    if a.constant == 0:
        return b
    if b.constant == 0:
        return a
    if b.op is NEG:
        return _make(SUB, a, b.args[0])
    if a.op is NEG:
        return _make(SUB, b, a.args[0])
    return scaled(2.0, a) if a is b and a.constant is None and a.dtype.kind == "f" else None


def _difference(a: Node, b: Node) -> Node | None:
    if a.dtype != b.dtype:
        return None
    if b.constant == 0:
        return a
    if a.constant == 0:
        return _make(NEG, b)
    value = b.constant
    if value is not None and value < 0 and b.is_real:
        return _make(ADD, a, number(-value, b.dtype).broadcast_to(b.shape))
    return _make(ADD, a, b.args[0]) if b.op is NEG else None


def _reciprocal(a: Node) -> Node | None:
    return scaled(-1.0, _make(RECIPROCAL, a.args[0])) if a.op is NEG else None


def _square(a: Node) -> Node | None:
    return _make(SQUARE, a.args[0]) if a.op is NEG else None


def _absolute(a: Node) -> Node | None:
    return _make(ABS, a.args[0]) if a.op is NEG and a.is_real else None


def _power(a: Node, exponent: float) -> Node | None:
    if not a.is_real:
        return None
    plain: dict[float, Callable[[], Node]] = {
        1: lambda: a,
        2: lambda: _make(SQUARE, a),
        -1: lambda: _make(RECIPROCAL, a),
        0: lambda: constant(1.0, a.dtype).broadcast_to(a.shape),
    }
    return plain[exponent]() if exponent in plain else None


def _total(a: Node, **params: object) -> Node | None:
    factor, rest = split(a)
    if factor == 1 or not a.is_real:
        return None
    return scaled(factor, apply(SUM, rest, **params))


def _broadcast(a: Node, shape: tuple[object, ...]) -> Node | None:
    if a.op is BROADCAST:
        return a.args[0].broadcast_to(shape)
    factor, rest = split(a)
    return scaled(factor, rest.broadcast_to(shape)) if factor != 1 else None


def _reshape(a: Node, shape: tuple[object, ...]) -> Node | None:
    if a.op is RESHAPE:
        return a.args[0].reshape(shape)
    factor, rest = split(a)
    return scaled(factor, rest.reshape(shape)) if factor != 1 else None


def _transpose(a: Node, axes: tuple[int, ...]) -> Node | None:
    if a.op is not TRANSPOSE:
        return None
    inner = a.param("axes")
    return a.args[0].transpose(tuple(inner[axis] for axis in axes))


class Algebra(NamedTuple):
    """What is done with applications of one op.

    Attributes:
        name: as that of a `Rule`.
        before, after: examples, for people.
        build: the normal form for arguments in normal form, or None for the application itself.
    """

    name: str
    before: str
    after: str
    build: Callable[..., Node | None]


BY_OP: Mapping[Op, Algebra] = {
    MUL: Algebra("factors_in_front", "x*2*(-y), x*(1/y), x*x", "-2*(x*y), x/y, x**2", _product),
    DIV: Algebra("factors_of_quotient", "(2*x)/y, x/(-y), x/1", "2*(x/y), -(x/y), x", _quotient),
    NEG: Algebra("signs_together", "-(-x), -(2*x), -(x - y)", "x, -2*x, y - x", _negation),
    ADD: Algebra("signs_in_sum", "x + (-y), x + 0, x + x", "x - y, x, 2*x", _sum),
    SUB: Algebra(
        "signs_in_difference",
        "x - (-y), x - (-2.0), x - 0, 0 - x",
        "x + y, x + 2.0, x, -x",
        _difference,
    ),
    RECIPROCAL: Algebra("sign_of_reciprocal", "1/(-x)", "-(1/x)", _reciprocal),
    SQUARE: Algebra("sign_of_square", "(-x)**2", "x**2", _square),
    ABS: Algebra("sign_of_absolute", "|-x|", "|x|", _absolute),
    POWER: Algebra("plain_powers", "x**1, x**2, x**-1, x**0", "x, square(x), 1/x, 1", _power),
    SUM: Algebra("factor_out_of_sum", "sum(c*x)", "c*sum(x)", _total),
    BROADCAST: Algebra(
        "merged_broadcasts", "broadcasts of broadcasts, of c*x", "one, c*broadcast", _broadcast
    ),
    RESHAPE: Algebra("merged_reshapes", "reshapes of reshapes, of c*x", "one, c*reshape", _reshape),
    TRANSPOSE: Algebra("merged_transposes", "A.T.T", "A", _transpose),
}

#: For people: what `simplify` counts in its report.
RULES: tuple[Algebra, ...] = (
    Algebra("folded_constants", "2.0*3.0", "6.0, where it is finite", lambda: None),
    *BY_OP.values(),
)
