"""One case by all peers: each is checked against the expert first, and timed if it agrees."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.agreement import RELATIVE, difference
from benchmarks.case import Call, Case, LeftOut
from benchmarks.peers import EXPERT, PEERS, builder
from benchmarks.peers.limit import time_limit
from benchmarks.timing import Budget, Timing, interleaved


@dataclass
class Row:
    """What came of a case.

    Attributes:
        case: its name.
        times: seconds a call, by label.
        setup: seconds until the first call was possible, its compilation included, by label.
        notes: why a label has no time.
    """

    case: str
    times: dict[str, Timing]
    setup: dict[str, float] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


def measure(case: Case, peers: Iterable[str], budget: Budget, setup_limit: float) -> Row:
    """Build, check, time."""
    row = Row(case.name, {})
    candidates: dict[str, Call] = {EXPERT: case.by_expert()}
    expected = candidates[EXPERT]()
    for peer in peers:
        say(f"{case.name}: {peer}")
        start = time.perf_counter()
        try:
            if peer in case.left_out:
                raise LeftOut(case.left_out[peer])
            with time_limit(setup_limit):
                calls = builder(peer)(case)
                found = {label: difference(call(), expected) for label, call in calls.items()}
        except Exception as reason:  # noqa: BLE001  (whatever a peer fails of is reported)
            note = str(reason) if isinstance(reason, LeftOut) else _failure(reason)
            row.notes |= dict.fromkeys(PEERS[peer][1], note)
            continue
        for label, error in found.items():
            if error <= RELATIVE:
                candidates[label] = calls[label]
                row.setup[label] = time.perf_counter() - start
            else:
                row.notes[label] = f"wrong: differs from the expert by {error:.1e}"
    say(f"{case.name}: timing {', '.join(candidates)}")
    row.times = interleaved(candidates, budget)
    return row


def say(text: str) -> None:
    """Progress, apart from the results."""
    print(text, file=sys.stderr, flush=True)


def _failure(error: Exception) -> str:
    first = str(error).strip().splitlines()
    return f"failed: {type(error).__name__}: {first[0] if first else ''}"[:200]
