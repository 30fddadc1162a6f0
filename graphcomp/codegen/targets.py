"""The targets by their names, and how a target is written for a graph."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graphcomp.codegen.dialects import MATH, NUMBA, NUMPY, Dialect
from graphcomp.codegen.plans import Plan
from graphcomp.traversal import topological

TARGETS = {"numpy": NUMPY, "math": MATH, "numba": NUMBA}
#: A call of compiled code takes as long as so many operations on floats of Python.
FEW_SCALARS = 40


def dialect_of(target: str, plans: Sequence[Plan]) -> Dialect:
    """How the functions are written; a few scalars are not worth compiled loops, nor arrays."""
    dialect = TARGETS[target]
    return MATH if dialect.compiled and _are_few_scalars(plans) else dialect


def _are_few_scalars(plans: Sequence[Plan]) -> bool:
    for plan in plans:
        given = [n for each in (*plan.tangents, *plan.seeds) for n in each.nodes]
        order = topological([*plan.outputs.values(), *plan.inputs, *given])
        computed = [node for node in order if node.args]
        if len(computed) > FEW_SCALARS or not all(map(MATH.spells, computed)):
            return False
        if not all(node.shape == () and node.dtype == np.float64 for node in order):
            return False
    return True
