"""A time limit around what a peer does before it can be called."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.case import LeftOut


class _OutOfTime(BaseException):
    """Raised by the alarm: no ``except Exception`` of a library may swallow it."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Leave the peer out after that time; where there is no alarm clock, wait.

    Raises:
        LeftOut: the time is over. A compiler written in C is not interrupted, only left out.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def over(_number: int, _frame: Any) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _OutOfTime:
        msg = f"not ready after {seconds:g} s"
        raise LeftOut(msg) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
