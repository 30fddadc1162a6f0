"""PyTensor with its default compiler (numba, relaxed arithmetic), its arguments trusted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytensor
import pytensor.tensor as pt
from pytensor.gradient import hessian

from benchmarks.case import Call, Case
from benchmarks.peers.namespaces import Namespace


def _relu(z: Any) -> Any:
    return pt.maximum(z, 0.0)


XP = Namespace(pt, relu=_relu)


def build(case: Case) -> Mapping[str, Call]:
    """A call of the compiled function."""
    operands = [np.asarray(value, dtype=float) for value in case.operands]
    inputs = [pt.tensor(dtype="float64", shape=(None,) * value.ndim) for value in operands]
    arguments = inputs if case.direction is None else inputs[:-1]
    value = case.model(XP)(*arguments)
    wanted = [arguments[place] for place in case.argnums]
    if case.task == "hvp":
        (slope,) = pt.grad(value, wanted)
        outputs = pt.grad(pt.sum(slope * inputs[-1]), wanted)
    elif case.task == "hessian":
        outputs = [hessian(value, wanted[0])]
    elif case.task == "gradient":
        outputs = [value, *pt.grad(value, wanted)]
    else:
        rows = [pt.sum(value[i]) for i in range(2)]
        outputs = [value, *(part for row in rows for part in pt.grad(row, wanted))]
    compiled = pytensor.function(inputs, outputs)
    compiled.trust_input = True
    return {"PyTensor": lambda: tuple(compiled(*operands))}
