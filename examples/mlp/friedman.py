"""The data set "Friedman #1": ten features, five of which matter, and a known formula behind them."""

from __future__ import annotations

import numpy as np

from examples.mlp.tables import Table


def friedman(rows: int, seed: int, noise: float = 1.0) -> Table:
    """Draw `rows` examples; the features x1, ..., x10 are uniform on [0, 1].

    y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise: J. H. Friedman, "Multivariate
    adaptive regression splines", The Annals of Statistics 19(1), 1991, pages 1-67. The noise is normal.

    >>> table = friedman(rows=3, seed=0)
    >>> table.names[-1], table.values.shape
    ('y', (3, 11))
    """
    rng = np.random.default_rng([seed, 1991])
    x = rng.uniform(size=(rows, 10))
    x1, x2, x3, x4, x5 = x.T[:5]
    y = 10 * np.sin(np.pi * x1 * x2) + 20 * (x3 - 0.5) ** 2 + 10 * x4 + 5 * x5
    y += noise * rng.standard_normal(rows)
    names = tuple(f"x{i}" for i in range(1, 11))
    return Table("Friedman #1", (*names, "y"), np.column_stack([x, y]))
