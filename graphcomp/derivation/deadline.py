"""A limit to the time that pure Python code may take, without threads and processes left behind."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class TooLate(Exception):  # noqa: N818  (control flow, not an error that anybody sees)
    """The time is up."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop what runs inside after so much time of this thread.

    SymPy is Python all the way down, so a function that is called at every call looks at the clock;
    nothing has to be killed, and nothing goes on running. Where a profiler or a debugger has taken
    that place, it keeps it, and there is no limit.

    Raises:
        TooLate: inside, when the time is up.

    >>> with within(0.01):
    ...     while True:
    ...         len(str(1))
    Traceback (most recent call last):
    ...
    graphcomp.derivation.deadline.TooLate
    """
    if sys.getprofile() is not None:
        yield
        return
    end = time.thread_time() + seconds
    calls = 0

    def look(_frame: FrameType, _event: str, _arg: Any) -> None:
        nonlocal calls
        calls += 1
        if calls % 64 == 0 and time.thread_time() > end:
            sys.setprofile(None)
            raise TooLate

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)
