"""Every op's formula is what the op computes, and its partials are the derivatives of the formula.

Where SymPy can show that a partial equals the derivative, it is proved for all smooth points. Where
it can't (kinks, arcs), partial and derivative are compared in 40 digits at random points.
"""

import mpmath
import numpy as np
import pytest
import sympy

from graphcomp import ops
from graphcomp.graph import input_node
from graphcomp.node import Node, apply
from graphcomp.op import Kind
from tests.conformance.cases import CASES, Case, cases
from tests.conformance.symbolic import DIGITS, number, numeric_partial, symbol, to_sympy, value_of

WITH_FORMULA = [case for case in CASES if case.op.formula is not None]
PARTIALS = [
    pytest.param(case, index, id=f"{case}-by-x{index}")
    for case in CASES
    if case.op.kind is Kind.ELEMENTWISE and (case.op.samples is not None or case.shapes[0])
    for index in range(case.op.arity)
]
#: Compared at points: a kink divides the line, or SymPy does not see that two forms are equal.
BY_NUMBERS = {"mod", "fmod", "relu", "maximum", "minimum"}
#: Compared at points too: a constant such as log(2) is rounded, or SymPy takes minutes to agree.
ROUNDED = {"exp2", "log2", "log10", "logaddexp2", "sinc", "erf", "erfc", "gammaln", "polygamma"}


@cases(WITH_FORMULA)
def test_formula_gives_the_value(case: Case):
    formula = case.op.formula
    assert formula is not None
    values = case.values(21)
    result = case.result(values)
    for index in np.ndindex(result.shape):
        entries = [number(np.asarray(value)[index].item()) for value in values.values()]
        expected = value_of(formula(*entries, **case.params))
        assert result[index] == pytest.approx(expected, rel=1e-14, abs=1e-15)


def rule_as_expression(case: Case, index: int, symbols: list[sympy.Symbol]):
    """The partial of the record, as a SymPy expression; 0 for None."""
    assert case.op.partials is not None
    rule = case.op.partials[index]
    inputs = [input_node(name) for name in case.names]
    out = apply(case.op, *inputs, **case.params)
    found = 0 if rule is None else rule(out, *inputs, **case.params)
    known = dict(zip(inputs, symbols, strict=True))
    return to_sympy(found, known) if isinstance(found, Node) else sympy.Rational(found)


@pytest.mark.parametrize(("case", "index"), PARTIALS)
def test_partial_is_the_derivative_of_the_formula(case: Case, index: int):
    if case.op.name in BY_NUMBERS | ROUNDED:
        compare_at_points(case, index)
        return
    symbols = [symbol(name, case.domain(i)) for i, name in enumerate(case.names)]
    assert case.op.formula is not None
    derivative = sympy.diff(case.op.formula(*symbols, **case.params), symbols[index])
    difference = rule_as_expression(case, index, symbols) - derivative
    assert sympy.simplify(sympy.nsimplify(difference, rational=True)) == 0


def compare_at_points(case: Case, index: int):
    symbols = [sympy.Symbol(name, real=True) for name in case.names]
    partial = rule_as_expression(case, index, symbols)
    for seed in range(8):
        values = case.values(seed)
        for entry in np.ndindex(case.shapes[0]):
            at = [float(values[name][entry]) for name in case.names]
            exact = [sympy.Float(v, DIGITS) for v in at]
            found = sympy.N(partial.subs(dict(zip(symbols, exact, strict=True))), DIGITS)
            with mpmath.workdps(DIGITS):
                expected = numeric_partial(case.op, index, at, case.params)
                assert abs(mpmath.mpf(str(found)) - expected) < mpmath.mpf(10) ** -15


def test_only_ops_with_a_kink_are_compared_at_points():
    assert {op.name for op in ops.ALL if op.name in BY_NUMBERS and op.margin} == BY_NUMBERS
