"""PyTorch, eager, on one thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from benchmarks.case import Call, Case
from benchmarks.peers.namespaces import Namespace

torch.set_num_threads(1)


def _softplus(z: Any) -> Any:
    """The function itself: by default PyTorch replaces it by z from 20 on."""
    return torch.nn.functional.softplus(z, threshold=40.0)


XP = Namespace(torch, softplus=_softplus)


def build(case: Case) -> Mapping[str, Call]:
    """A call of the function, and of `torch.autograd` on it."""
    model = case.model(XP)
    operands = [_tensor(value) for value in case.operands]
    arguments = operands if case.direction is None else operands[:-1]
    wanted = [arguments[place].requires_grad_() for place in case.argnums]

    def gradient() -> Any:
        value = model(*arguments)
        return value.detach(), torch.autograd.grad(value, wanted)

    def blocks() -> Any:
        value = model(*arguments)
        sums = [row.sum() for row in value]
        parts = tuple(torch.autograd.grad(row, wanted, retain_graph=True) for row in sums)
        return value.detach(), parts

    def hvp() -> Any:
        (slope,) = torch.autograd.grad(model(*arguments), wanted, create_graph=True)
        return torch.autograd.grad(slope.dot(operands[-1]), wanted)[0]

    def hessian() -> Any:
        return torch.autograd.functional.hessian(model, arguments[0], vectorize=True)

    tasks = {"gradient": gradient, "blocks": blocks, "hvp": hvp, "hessian": hessian}
    return {"PyTorch": tasks[case.task]}


def _tensor(value: Any) -> Any:
    return torch.from_numpy(np.array(value))
