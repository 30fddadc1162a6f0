"""The rules for SymPy's matrices: expressions of them, and explicit ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy

from graphcomp import functions
from graphcomp.errors import InputError
from graphcomp.frontends.folding import Value, combine, node
from graphcomp.frontends.sympy_rules import Plan, Product, Rule
from graphcomp.node import Node, constant
from graphcomp.ops.leaves import IDENTITY
from graphcomp.shape import parse_shape

_LARGEST_POWER = 100


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """A product of matrices, from left to right."""

    matrices: tuple[Any, ...]


def _matmul(expression: Any) -> Plan:
    coefficient, matrices = expression.as_coeff_matrices()
    number, rest = coefficient.as_coeff_Mul()
    factors = () if rest == 1 else tuple(sympy.Mul.make_args(rest))
    return Plan((Product(number, (*factors, Chain(tuple(matrices)))),), lambda _dtype, value: value)


def _chain(chain: Chain) -> Plan:
    return Plan(
        chain.matrices,
        lambda dtype, *values: reduce(functions.matmul, [node(v, dtype) for v in values]),
    )


def _matadd(expression: Any) -> Plan:
    signs, children = [], []
    for term in expression.args:
        negative = isinstance(term, sympy.MatMul) and term.as_coeff_mmul()[0].is_negative
        signs.append("-" if negative else "+")
        children.append(-term if negative else term)
    if "+" in signs:  # A - B, not -B + A
        order = sorted(range(len(signs)), key=lambda i: (i != signs.index("+"), i))
        signs, children = [signs[i] for i in order], [children[i] for i in order]

    def build(dtype: Any, first: Value, *rest: Value) -> Value:
        result = -node(first, dtype) if signs[0] == "-" else first
        for sign, value in zip(signs[1:], rest, strict=True):
            result = combine(sign, result, value, dtype)
        return result

    return Plan(children, build)


def _matpow(expression: Any) -> Plan:
    base, exponent = expression.args
    if not exponent.is_Integer or not 1 <= exponent <= _LARGEST_POWER:
        msg = f"a matrix can be raised to a whole number from 1 to {_LARGEST_POWER} only"
        raise InputError(msg)

    def build(_dtype: Any, matrix: Node) -> Value:
        return reduce(functions.matmul, [matrix] * int(exponent))

    return Plan((base,), build)


def _element(expression: Any) -> Plan:
    matrix, *index = expression.args
    if not all(i.is_Integer for i in index):
        msg = "the indices of an entry must be numbers"
        raise InputError(msg)
    key = tuple(int(i) for i in index)
    return Plan((matrix,), lambda dtype, whole: node(whole, dtype)[key])


def _trace(expression: Any) -> Plan:
    def build(dtype: Any, whole: Value) -> Value:
        matrix = node(whole, dtype)
        same = matrix.leaf(IDENTITY, size=matrix.shape[0], dtype=matrix.dtype.name)
        return (matrix * same).sum()

    return Plan((expression.arg,), build)


def _filled(value: float) -> Rule:
    def rule(expression: Any) -> Plan:
        shape = _shape(expression)
        return Plan((), lambda dtype: constant(value, dtype).broadcast_to(shape))

    return rule


def _identity(expression: Any) -> Plan:
    size = _shape(expression)[0]
    return Plan((), lambda dtype: constant(0.0).leaf(IDENTITY, size=size, dtype=dtype))


def _shape(expression: Any) -> Any:
    names = {s: parse_shape(s.name)[0] for dim in expression.shape for s in dim.free_symbols}
    return parse_shape(tuple(dim.xreplace(names) for dim in expression.shape))


def _explicit(matrix: Any) -> Plan:
    shape = tuple(int(dim) for dim in matrix.shape)
    if 0 in shape:
        msg = f"a matrix of shape {shape} has no entries"
        raise InputError(msg)

    def build(dtype: Any, *values: Value) -> Node:
        return node(list(values), dtype).reshape(shape)

    return Plan(tuple(matrix.flat()), build)


def _on_one(make: Callable[[Node], Node]) -> Rule:
    return lambda expression: Plan(
        (expression.args[0],), lambda dtype, value: make(node(value, dtype))
    )


def _elementwise(symbol: str) -> Rule:
    return lambda expression: Plan(
        expression.args,
        lambda dtype, *values: reduce(lambda a, b: combine(symbol, a, b, dtype), values),
    )


def _dot(expression: Any) -> Plan:
    return Plan(
        expression.args,
        lambda dtype, *values: functions.dot(*(node(v, dtype).reshape(-1) for v in values)),
    )


MATRIX_RULES: dict[type, Rule] = {
    Chain: _chain,
    sympy.MatMul: _matmul,
    sympy.MatAdd: _matadd,
    sympy.MatPow: _matpow,
    sympy.Transpose: _on_one(lambda matrix: matrix.T),
    sympy.Adjoint: _on_one(lambda matrix: matrix.T),
    sympy.HadamardProduct: _elementwise("*"),
    sympy.HadamardPower: _elementwise("**"),
    sympy.Trace: _trace,
    sympy.DotProduct: _dot,
    sympy.Identity: _identity,
    sympy.ZeroMatrix: _filled(0.0),
    sympy.matrices.expressions.special.OneMatrix: _filled(1.0),
    sympy.matrices.expressions.matexpr.MatrixElement: _element,
    sympy.MatrixBase: _explicit,
}
