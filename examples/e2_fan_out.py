"""y = x1*x2 + sin(x1): x1 feeds two steps, so its adjoint is a sum of two contributions.

Run it with ``python -m examples.e2_fan_out``.
"""

from __future__ import annotations

import graphcomp as gc

AT = {"x1": 2.0, "x2": 5.0}


def graph() -> gc.Graph:
    """The graph of five steps."""
    return gc.from_string("y = x1*x2 + sin(x1)")


def main() -> None:
    """Print both traces, with steps called v as in the textbooks."""
    print(graph().derivation("both", at=AT, letter="v"))


if __name__ == "__main__":
    main()
