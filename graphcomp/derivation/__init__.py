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
    Reason,
    Remark,
    Row,
    SecondOrder,
    Seed,
    Sweep,
    Update,
)
from graphcomp.derivation.result import Derivation
from graphcomp.derivation.style import STYLE_CHOICES, USUAL, Style

__all__ = [
    "STYLE_CHOICES",
    "USUAL",
    "Check",
    "Closed",
    "Derivation",
    "Insight",
    "Known",
    "Note",
    "Passes",
    "PrimalRow",
    "Reason",
    "Remark",
    "Row",
    "SecondOrder",
    "Seed",
    "Style",
    "Sweep",
    "Update",
    "derive",
]
