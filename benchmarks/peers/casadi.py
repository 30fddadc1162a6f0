"""CasADi: its virtual machine, called with arrays, and over raw buffers.

Small graphs are unrolled to scalars (SX), larger ones are of matrices (MX), as its manual advises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import casadi as ca
import numpy as np

from benchmarks.case import Call, Case
from benchmarks.peers.namespaces import Namespace

MOST_SCALARS = 3_000


def _sum(x: Any) -> Any:
    return ca.sum1(ca.sum2(x))


def _relu(x: Any) -> Any:
    return ca.fmax(x, 0.0)


def _softplus(z: Any) -> Any:
    return ca.log1p(ca.exp(-ca.fabs(z))) + ca.fmax(z, 0.0)


def _mean(x: Any) -> Any:
    return _sum(x) / x.numel()


def _stack(rows: Any) -> Any:
    return ca.vertcat(*rows)


XP = Namespace(ca, sum=_sum, mean=_mean, relu=_relu, softplus=_softplus, stack=_stack)


def build(case: Case) -> Mapping[str, Call]:
    """A call with arrays, and one over buffers that were handed over before."""
    function = _mapped(case) if case.task == "blocks" else _function(case)
    operands = [_matrix(value) for value in case.operands]
    passed = [ca.DM(value) for value in operands]
    return {
        "CasADi": lambda: _arrays(function(*passed)),
        "CasADi, buffers": _over_buffers(case, function, operands),
    }


def _matrix(value: Any) -> Any:
    """At most two axes, and vectors as columns."""
    return np.asarray(value, dtype=float).reshape(len(value), -1) if np.ndim(value) else value


def _function(case: Case) -> Any:
    size = sum(np.size(value) for value in case.values)
    kind = ca.SX if size <= MOST_SCALARS else ca.MX
    symbols = [kind.sym(name, *np.shape(_matrix(value))) for name, value in case.arguments.items()]
    value = case.model(XP)(*symbols)
    wanted = [symbols[place] for place in case.argnums]
    if case.task == "hessian":
        return ca.Function("f", symbols, [ca.densify(ca.hessian(value, wanted[0])[0])])
    if case.task == "hvp":
        v = kind.sym("v", *wanted[0].shape)
        product = ca.jtimes(ca.gradient(value, wanted[0]), wanted[0], v)
        return ca.Function("f", [*symbols, v], [ca.densify(product)])
    slopes = [ca.densify(ca.gradient(value, x)) for x in wanted]
    return ca.Function("f", symbols, [value, *slopes])


def _mapped(case: Case) -> Any:
    """One column unrolled to scalars, with its Jacobian, mapped over the columns."""
    columns = len(case.arguments["w"])
    lengths = [1 if np.ndim(value) == 1 else len(value) for value in case.values]
    symbols = [ca.SX.sym(n, k) for n, k in zip(case.arguments, lengths, strict=True)]
    value = case.model(XP)(*symbols)
    outputs = [value]
    for i in range(2):
        outputs += [ca.densify(ca.gradient(value[i], symbols[place])) for place in case.argnums]
    return ca.Function("f", symbols, outputs).map(columns)


def _arrays(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(part.full() for part in result)
    return result.full()


def _over_buffers(case: Case, function: Any, operands: list[Any]) -> Call:
    """Column-major memory, written and read without conversions."""
    buffer, trigger = function.buffer()
    if case.task == "blocks":
        operands = [np.asarray(value, dtype=float) for value in case.values]
    given = [np.asarray(value, dtype=float).ravel(order="F") for value in operands]
    shapes = [function.size_out(i) for i in range(function.n_out())]
    results = [np.zeros(shape[0] * shape[1]) for shape in shapes]
    for i, array in enumerate(given):
        buffer.set_arg(i, array.data)
    for i, array in enumerate(results):
        buffer.set_res(i, array.data)
    views = tuple(
        array.reshape(shape, order="F") for array, shape in zip(results, shapes, strict=True)
    )
    keep = (buffer, given)

    def call() -> Any:
        assert keep
        trigger()
        return views

    return call
