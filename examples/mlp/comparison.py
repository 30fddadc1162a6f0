"""Two trainings of one network side by side: losses, their largest difference, times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from examples.mlp.training import History

#: Both compute the same in float64; only the order of additions may differ.
TOLERANCE = 1e-8


class Comparison(NamedTuple):
    """Our training and another one, epoch by epoch."""

    name: str
    ours: History
    theirs: History

    @property
    def difference(self) -> float:
        """The largest relative difference between any two losses; inf if one is not finite.

        >>> history = History([1.0, 2.0], [1.0, 4.0])
        >>> Comparison("itself", history, history).difference
        0.0
        >>> Comparison("other", history, History([1.0, 2.0], [1.0, 5.0])).difference
        0.2
        """
        if len(self.ours.train) != len(self.theirs.train):
            return np.inf
        ours = np.array(self.ours.train + self.ours.test)
        theirs = np.array(self.theirs.train + self.theirs.test)
        if not np.isfinite([ours, theirs]).all():
            return np.inf
        scale = np.maximum(np.maximum(abs(ours), abs(theirs)), np.finfo(float).tiny)
        return float(np.max(abs(ours - theirs) / scale))

    @property
    def agrees(self) -> bool:
        """Whether the difference is no more than rounding."""
        return self.difference <= TOLERANCE

    def __str__(self) -> str:
        head = f"{'':7}{'training loss':^25}  {'test loss':^25}\n"
        lines = [f"epoch  {'graphcomp':>12} {self.name:>12}  {'graphcomp':>12} {self.name:>12}"]
        columns = (self.ours.train, self.theirs.train, self.ours.test, self.theirs.test)
        for epoch, (a, b, c, d) in enumerate(zip(*columns, strict=False)):
            lines.append(f"{epoch:5}  {a:12.8g} {b:12.8g}  {c:12.8g} {d:12.8g}")
        return head.rstrip() + "\n" + "\n".join(lines) + f"\n{self.summary}"

    @property
    def summary(self) -> str:
        """The largest difference, and the time that an epoch takes (the median)."""
        ours, theirs = (1e3 * np.median(h.seconds) for h in (self.ours, self.theirs))
        return (
            f"largest relative difference {self.difference:.1e}; "
            f"time per epoch: graphcomp {ours:.2f} ms, {self.name} {theirs:.2f} ms"
        )
