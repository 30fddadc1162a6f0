"""Derivatives of plain Python functions that use NumPy, in the spelling that JAX made usual."""

from __future__ import annotations

from graphcomp.transforms.checking import check_grads
from graphcomp.transforms.functions import grad, hessian, hvp, jacobian, jvp, value_and_grad
from graphcomp.transforms.linear import LinearMap, linearize, vjp
from graphcomp.transforms.running import Transformed

__all__ = [
    "LinearMap",
    "Transformed",
    "check_grads",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "value_and_grad",
    "vjp",
]
