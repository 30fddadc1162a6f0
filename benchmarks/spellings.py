"""Spellings of the same in NumPy, timed: ``python -m benchmarks.spellings``.

What generated modules say follows from this table: of each group the first line is what they use,
unless the remark says why they don't take the fastest. The figures are nanoseconds a call, the best
of many short rounds in turn, so that a busy machine disturbs all alike.
"""

from __future__ import annotations

import timeit
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.report import table


@dataclass(frozen=True)
class Group:
    """Spellings that compute the same; the first one is used."""

    about: str
    spellings: tuple[str, ...]
    remark: str = ""


GROUPS = (
    Group("a number beside an array", ("w * _2", "w * 2.0", "w * np.float64(2.0)")),
    Group("a number beside 1,000 entries", ("x * _2", "x * 2.0")),
    Group("relu", ("np.maximum(M, _0)", "np.maximum(M, 0.0)", "np.maximum(M, 0)")),
    Group(
        "a mask as a factor",
        ("M * (M > _0)", "M * np.asarray(M > _0, float)", "np.where(M > _0, M, _0)"),
        "the others are slower on large arrays",
    ),
    Group("a square", ("np.square(w)", "w * w", "w**2")),
    Group("sum of all", ("x.sum()", "np.add.reduce(x)", "np.sum(x)"), "as short as it gets"),
    Group("sum of squares", ("x.dot(x)", "np.vdot(x, x)", "np.square(x).sum()")),
    Group(
        "sum over rows",
        ("M.sum(axis=0)", "np.add.reduce(M, 0)", "np.ones(len(M)).dot(M)", "np.sum(M, axis=0)"),
    ),
    Group("one of several sums over rows", ("ones.dot(M)", "M.sum(axis=0)")),
    Group("a vector of ones", ("np.ones(32)", "_1.repeat(32)", "np.full(32, 1.0)"), "plain words"),
    Group(
        "the largest of each row",
        (
            "np.maximum.reduce(M, axis=(1,), keepdims=True, initial=-np.inf)",
            "M.max(axis=1, keepdims=True)",
            "np.max(M, axis=1, keepdims=True, initial=-np.inf)",
        ),
    ),
    Group(
        "the smallest of all",
        ("column.item(column.argmin())", "column.min()", "np.minimum.reduce(column, axis=None)"),
    ),
    Group(
        "whether all are finite",
        ("np.vdot(column, column) < np.inf", "np.isfinite(column).all()"),
    ),
    Group(
        "the numerator of the sigmoid", ("np.maximum(e, np.sign(x))", "np.where(x > 0.0, 1.0, e)")
    ),
    Group("a new axis", ("w[:, None]", "w.reshape((16, 1))")),
    Group("an axis less", ("column.squeeze(1)", "np.squeeze(column, 1)")),
    Group("a transpose", ("M.T", "M.transpose(1, 0)", "np.transpose(M)")),
    Group("other axes", ("T.transpose(1, 0, 2)", "np.transpose(T, (1, 0, 2))")),
    Group("matrix times vector", ("M.dot(w)", "M @ w", "np.dot(M, w)")),
    Group("one over a size", ("1.0 / np.float64(n)", "1.0 / n"), "a size may be 0"),
    Group("a test of the dtype", ("M.dtype is _FLOAT", "M.dtype == _FLOAT", "M.dtype == float")),
)


def variables() -> dict[str, Any]:
    """What the spellings are about: vectors of 16 and 1,000 entries, a matrix with 32 rows."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(1_000)
    return {
        "np": np,
        "n": 32,
        "w": rng.standard_normal(16),
        "x": x,
        "e": np.exp(-np.abs(x)),
        "M": rng.standard_normal((32, 16)),
        "T": rng.standard_normal((8, 4, 2)),
        "column": rng.standard_normal((32, 1)),
        "ones": np.ones(32),
        "_0": np.array(0.0),
        "_1": np.array(1.0),
        "_2": np.array(2.0),
        "_FLOAT": np.dtype(float),
    }


def measure(group: Group, rounds: int = 60, seconds: float = 0.001) -> dict[str, float]:
    """Seconds a call for each spelling of a group."""
    known = variables()
    timers = {text: timeit.Timer(text, globals=known) for text in group.spellings}
    repeats = {
        text: max(1, round(seconds * 100 / timer.timeit(100))) for text, timer in timers.items()
    }
    best = dict.fromkeys(timers, float("inf"))
    for _ in range(rounds):
        for text, timer in timers.items():
            best[text] = min(best[text], timer.timeit(repeats[text]) / repeats[text])
    return best


def report(rounds: int = 60) -> str:
    """The table."""
    rows = []
    for group in GROUPS:
        for i, (text, seconds) in enumerate(measure(group, rounds).items()):
            about, remark = ("", "") if i else (group.about, group.remark)
            rows.append([about, f"`{text}`", f"{seconds * 1e9:,.0f}", remark])
    return table(["", "spelling", "ns", ""], rows)


if __name__ == "__main__":
    print(report())
