"""Derivations: forward and reverse mode as traces that a person can follow, as data."""

from __future__ import annotations

from graphcomp.derivation.derive import derive
from graphcomp.derivation.records import (
    Check,
    Closed,
    Insight,
    Known,
    Note,
    Passes,
    PrimalRow,
    Remark,
    Row,
    Seed,
    Sweep,
)
from graphcomp.derivation.result import Derivation

__all__ = [
    "Check",
    "Closed",
    "Derivation",
    "Insight",
    "Known",
    "Note",
    "Passes",
    "PrimalRow",
    "Remark",
    "Row",
    "Seed",
    "Sweep",
    "derive",
]
