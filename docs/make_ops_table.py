"""Write docs/ops.md anew from the records of the ops: ``python -m docs.make_ops_table``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from graphcomp.op import Kind, Op
from graphcomp.ops import ALL

PAGE = Path(__file__).parent / "ops.md"

HEAD = """# Operations

<!-- Written by `python -m docs.make_ops_table` from the records in graphcomp/ops; do not edit. -->

Every node of a graph is one of these operations. Functions that are not listed, `mean` and `squared_loss` among them,
are written with these. The [expressions](expressions.md) page lists what you can write in a text, and the
[conventions](conventions.md) say what holds at kinks and edges.

The *kind* says how derivatives pass through, and both modes follow from it:

- elementwise: a local partial for each argument; forward multiplies tangents by it, reverse cotangents;
- linear: forward applies the operation to the tangents, reverse its transpose to the cotangent;
- multilinear: linear in each argument, so one such term for each;
- opaque: a rule of its own for forward mode, and reverse mode is the transpose of what that rule built;
- discrete: a condition, a count or a step function, whose derivative is 0 or none;
- leaf: nothing goes in.

| operation | arguments | kind | modes | stands for | at kinks and edges |
|---|---|---|---|---|---|
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


def page() -> str:
    """The text of the page."""
    return HEAD + "".join(f"| {' | '.join(row(op))} |\n" for op in sorted(ALL, key=_name))


def row(op: Op) -> tuple[str, ...]:
    """The cells of an op."""
    arity = "any" if op.arity < 0 else str(op.arity)
    names = sorted({_numpy_name(function) for function in op.numpy})
    modes = "none" if op.kind in {Kind.LEAF, Kind.DISCRETE} else "forward, reverse"
    stands_for = ", ".join(f"`{name}`" for name in names)
    return f"`{op.name}`", arity, op.kind.name.lower(), modes, stands_for, _safe(op.kink)


def _numpy_name(function: Any) -> str:
    inner = ".linalg" if hasattr(np.linalg, function.__name__) else ""
    return f"np{inner}.{function.__name__}"


def _safe(text: str) -> str:
    return text.replace("|", "\\|")


def _name(op: Op) -> str:
    return op.name


if __name__ == "__main__":
    main()
