"""Checking a VJP with finite differences, argument by argument, with a step that the tool picks.

Run it with ``python -m examples.e4_check``.
"""

from __future__ import annotations

import numpy as np

from examples.e3_vjps import GRAPHS

M, N, K = 5, 40, 10


def point(seed: int = 0) -> dict[str, np.ndarray]:
    """A random point with m = 5, n = 40, k = 10."""
    rng = np.random.default_rng(seed)
    return {
        "x": rng.standard_normal(N),
        "W1": rng.standard_normal((M, N)),
        "W2": rng.standard_normal((K, M)),
    }


def main() -> None:
    """Check at a random point, and at one where a unit sits exactly at its kink."""
    print(GRAPHS["mlp2"].check(point()))
    at_kink = {"x": [1.0, 1.0], "W1": [[1.0, 2.0], [1.0, -1.0]], "W2": np.ones((2, 2))}
    print(GRAPHS["mlp2"].check(at_kink))


if __name__ == "__main__":
    main()
