"""A progress bar, where somebody is looking."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from examples.mlp.extras import load_extra


@contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[], object]]:
    """What to call after each of `total` epochs.

    There is a bar only if stderr is a terminal and tqdm is installed; it vanishes when it is full.
    """
    tqdm = load_extra("tqdm") if sys.stderr.isatty() else None
    if tqdm is None:
        yield lambda: None
        return
    with tqdm.tqdm(total=total, desc=label, unit=" epochs", leave=False) as bar:
        yield bar.update
