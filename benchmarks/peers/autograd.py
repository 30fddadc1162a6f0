"""HIPS autograd: NumPy functions recorded at every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import autograd
import autograd.numpy as anp
from autograd.scipy.special import logsumexp

from benchmarks.case import Call, Case
from benchmarks.peers.namespaces import Namespace


def _softplus(z: Any) -> Any:
    return anp.logaddexp(0.0, z)


def _relu(z: Any) -> Any:
    return anp.maximum(z, 0.0)


XP = Namespace(anp, relu=_relu, softplus=_softplus, logsumexp=logsumexp)


def build(case: Case) -> Mapping[str, Call]:
    """A call that records, and goes back."""
    model = case.model(XP)
    operands = case.operands
    if case.task == "blocks":
        return {"autograd": lambda: _blocks(model, operands, case.argnums)}
    if case.task == "hvp":
        transform = autograd.hessian_vector_product(model)
    elif case.task == "hessian":
        transform = autograd.hessian(model)
    else:
        transform = autograd.value_and_grad(model, argnum=case.argnums)
    return {"autograd": lambda: transform(*operands)}


def _blocks(model: Any, operands: Any, argnums: tuple[int, ...]) -> Any:
    def part(chosen: Any) -> Any:
        given = list(operands)
        for place, value in zip(argnums, chosen, strict=True):
            given[place] = value
        return model(*given)

    pullback, value = autograd.make_vjp(part)(tuple(operands[place] for place in argnums))
    seeds = [anp.zeros_like(value) for _ in value]
    for i, seed in enumerate(seeds):
        seed[i] = 1.0
    return value, tuple(pullback(seed) for seed in seeds)
