"""Loops by hand, compiled by numba; with its defaults (`fastmath` off)."""

from __future__ import annotations

from collections.abc import Mapping

import numba

from benchmarks.case import Call, Case, LeftOut


def build(case: Case) -> Mapping[str, Call]:
    """A call of the compiled loop.

    Raises:
        LeftOut: there is none; loops are no gain over BLAS.
    """
    if "numba" not in case.by_hand:
        msg = "no loop written"
        raise LeftOut(msg)
    compiled = numba.njit(case.by_hand["numba"])
    operands = case.operands
    return {"numba by hand": lambda: compiled(*operands)}
