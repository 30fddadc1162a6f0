"""SymPy: derivatives of the expressions, and `lambdify` with common subexpressions taken out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from benchmarks.case import Call, Case, LeftOut
from benchmarks.peers.namespaces import Namespace

MOST_SYMBOLS = 300


def _of_entries(function: Any) -> Any:
    return np.frompyfunc(function, 1, 1)


def _relu(x: Any) -> Any:
    return _of_entries(lambda entry: sympy.Max(entry, 0))(x)


def _softplus(x: Any) -> Any:
    return _of_entries(lambda entry: sympy.log(1 + sympy.exp(entry)))(x)


def _log1p(x: Any) -> Any:
    return _of_entries(lambda entry: sympy.log(1 + entry))(x)


def _logsumexp(x: Any, axis: int) -> Any:
    return _of_entries(sympy.log)(np.sum(_of_entries(sympy.exp)(x), axis=axis))


def _step(x: float, at_zero: float = 0.0) -> float:
    return float(x > 0.0) if x else at_zero


XP = Namespace(
    np,
    relu=_relu,
    softplus=_softplus,
    log1p=_log1p,
    logsumexp=_logsumexp,
    **{name: _of_entries(getattr(sympy, name)) for name in ("exp", "log", "tanh", "sin", "cos")},
)


def build(case: Case) -> Mapping[str, Call]:
    """A call with Python floats, taken out of the arrays each time.

    Raises:
        LeftOut: entries are symbols, and there are too many of them.
    """
    if case.task == "blocks":
        msg = "one observation at a time"
        raise LeftOut(msg)
    if sum(np.size(value) for value in case.operands) > MOST_SYMBOLS:
        msg = f"more than {MOST_SYMBOLS} symbols"
        raise LeftOut(msg)
    arrays = [_symbols(i, value) for i, value in enumerate(case.operands)]
    values = arrays if case.direction is None else arrays[:-1]
    value = case.model(XP)(*values)
    outputs = _outputs(case, value, values, arrays[-1])
    flat = [symbol for array in arrays for symbol in np.ravel(array)]
    compiled = sympy.lambdify(flat, outputs, [{"Heaviside": _step}, math], cse=True)
    operands = case.operands

    def call() -> Any:
        given: list[float] = []
        for operand in operands:
            given += [operand] if isinstance(operand, float) else operand.ravel().tolist()
        return tuple(map(np.array, compiled(*given)))

    def call_scalar() -> Any:
        return compiled(*operands)

    return {"SymPy": call_scalar if case.scalar else call}


def _symbols(place: int, value: Any) -> Any:
    if not np.ndim(value):
        return sympy.Symbol(f"v{place}", real=True)
    names = [sympy.Symbol(f"v{place}_{i}", real=True) for i in range(np.size(value))]
    return np.array(names, dtype=object).reshape(np.shape(value))


def _outputs(case: Case, value: Any, values: list[Any], direction: Any) -> Any:
    """Lists of expressions, one for each array of the result."""
    wanted = [values[place] for place in case.argnums]
    slopes = [[sympy.diff(value, symbol) for symbol in np.ravel(array)] for array in wanted]
    if case.scalar:
        return (value, tuple(slope for (slope,) in slopes))
    if case.task == "gradient":
        return [[value], *slopes]
    (slope,), (x,) = slopes, wanted
    if case.task == "hessian":
        return [[sympy.diff(entry, symbol) for entry in slope for symbol in x]]
    along = sum(entry * v for entry, v in zip(slope, direction, strict=True))
    return [[sympy.diff(along, symbol) for symbol in x]]
