"""From a table to what is trained on: target, split, standardised features."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from examples.mlp.tables import Array, Table
from graphcomp.errors import InputError


class Dataset(NamedTuple):
    """Features (rows, n) and targets (rows, 1), for training and for testing.

    Attributes:
        target: the name of the target column.
        features: the names of the feature columns.
        left_out: the names of columns that are constant, and so say nothing.
    """

    target: str
    features: tuple[str, ...]
    left_out: tuple[str, ...]
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array


def split(rows: int, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Row numbers for training (67 %) and for testing (33 %), at random.

    >>> train, test = split(100, seed=0)
    >>> len(train), len(test)
    (67, 33)
    """
    order = np.random.default_rng(seed).permutation(rows)
    tests = -(-33 * rows // 100)  # rounded up
    return order[tests:], order[:tests]


def prepare(table: Table, target: str | None, seed: int) -> Dataset:
    """Split the table, standardise its features and centre its target.

    Mean and standard deviation are those of the training rows: the test rows must not have a say in
    anything that the networks see.

    Args:
        table: features and target.
        target: the name of its column; the last one if None.
        seed: of the split.

    Raises:
        InputError: there is no such target, or nothing can be learned from the table.
    """
    name = table.names[-1] if target is None else target
    if name not in table.names:
        more = f", and {len(table.names) - 20} more" if len(table.names) > 20 else ""
        known = ", ".join(table.names[:20]) + more
        raise InputError(f"{table.source} has no column {name!r}; it has {known}")
    rows = len(table.values)
    if rows < 3:
        found = "1 row" if rows == 1 else f"{rows} rows"
        raise InputError(f"{table.source} has {found}; at least 3 are needed to train and to test")

    train, test = split(rows, seed)
    seen = table.values[train]
    varies = seen.min(axis=0) < seen.max(axis=0)
    column = table.names.index(name)
    if not varies[column]:
        raise InputError(
            f"{table.source}: the target {name!r} is constant in the training rows; "
            "there is nothing to learn"
        )
    chosen = [i for i in range(len(table.names)) if varies[i] and i != column]
    if not chosen:
        raise InputError(
            f"{table.source}: every feature is constant; there is nothing to learn from"
        )

    with np.errstate(over="ignore"):
        mean, deviation = seen.mean(axis=0), seen.std(axis=0)
    for i in (*chosen, column):
        if not 0 < deviation[i] < np.inf:
            raise InputError(
                f"{table.source}: the numbers in column {table.names[i]!r} are too large or too "
                "close to each other; measure them in another unit"
            )
    x = (table.values[:, chosen] - mean[chosen]) / deviation[chosen]
    y = table.values[:, [column]] - mean[column]
    return Dataset(
        target=name,
        features=tuple(table.names[i] for i in chosen),
        left_out=tuple(n for i, n in enumerate(table.names) if not varies[i]),
        x_train=x[train],
        y_train=y[train],
        x_test=x[test],
        y_test=y[test],
    )
