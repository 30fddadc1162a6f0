"""Automatic differentiation: forward and reverse mode, from graphs to graphs."""

from __future__ import annotations

from graphcomp.ad.blocks import blocks
from graphcomp.ad.local import Block, primitive_blocks
from graphcomp.ad.modes import Derivative, Term, forward, reverse
from graphcomp.ad.transforms import (
    gradient,
    hessian,
    hvp,
    jacobian,
    pullback,
    pushforward,
)
from graphcomp.ad.variables import Wrt, resolve_wrt, variables

__all__ = [
    "Block",
    "Derivative",
    "Term",
    "Wrt",
    "blocks",
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
    "variables",
]
