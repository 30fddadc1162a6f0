"""JAX: the loop unrolled under `jit`."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from benchmarks.graph_size import POINT, Gradient, graph_of

jax.config.update("jax_enable_x64", True)


def gradient(steps: int) -> Gradient:
    """The compiled function."""

    def value(*inputs: Any) -> Any:
        return graph_of(inputs, steps, jnp.sin)

    compiled = jax.jit(jax.grad(value, argnums=tuple(range(len(POINT)))))
    return lambda *point: jax.block_until_ready(compiled(*point))
