"""graphcomp with numba as the target."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.case import Call, Case
from benchmarks.peers.graphcomp import call


def build(case: Case) -> Mapping[str, Call]:
    """A call of the function that numba compiled."""
    return {"graphcomp, numba": call(case, "numba")}
