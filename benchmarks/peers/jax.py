"""JAX: everything under `jit`, arguments already on the device, results waited for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.case import Call, Case
from benchmarks.peers.namespaces import Namespace

jax.config.update("jax_enable_x64", True)
XP = Namespace(
    jnp, relu=jax.nn.relu, softplus=jax.nn.softplus, logsumexp=jax.scipy.special.logsumexp
)


def build(case: Case) -> Mapping[str, Call]:
    """A call of the compiled function."""
    compiled = jax.jit(_derivatives(case))
    operands = [jax.device_put(value) for value in case.operands]
    return {"JAX jit": lambda: jax.block_until_ready(compiled(*operands))}


def _derivatives(case: Case) -> Any:
    model = case.model(XP)
    if case.task == "hvp":
        return lambda x, v: jax.jvp(jax.grad(model), (x,), (v,))[1]
    if case.task == "hessian":
        return jax.hessian(model)
    if case.task == "gradient":
        return jax.value_and_grad(model, argnums=case.argnums)

    def blocks(*arguments: Any) -> Any:
        def part(*chosen: Any) -> Any:
            given = list(arguments)
            for place, value in zip(case.argnums, chosen, strict=True):
                given[place] = value
            return model(*given)

        value, pullback = jax.vjp(part, *(arguments[place] for place in case.argnums))
        seeds = [jnp.zeros_like(value).at[i].set(1.0) for i in range(len(value))]
        return value, tuple(pullback(seed) for seed in seeds)

    return blocks
