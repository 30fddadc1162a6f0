"""Automatic differentiation: forward and reverse mode, from graphs to graphs."""

from __future__ import annotations

from graphcomp.ad.local import Block, primitive_blocks
from graphcomp.ad.modes import Derivative, Term, forward, reverse
from graphcomp.ad.transforms import (
    Wrt,
    gradient,
    hessian,
    hvp,
    jacobian,
    pullback,
    pushforward,
    resolve_wrt,
)

__all__ = [
    "Block",
    "Derivative",
    "Term",
    "Wrt",
    "forward",
    "gradient",
    "hessian",
    "hvp",
    "jacobian",
    "primitive_blocks",
    "pullback",
    "pushforward",
    "resolve_wrt",
    "reverse",
]
