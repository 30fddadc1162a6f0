"""Ops that put arrays of one shape into a stack, and take rows out of it: for generated code alone."""

from __future__ import annotations

import numpy as np

from graphcomp.op import ATOM, LOWEST, Kind, Op, Spelling


def _listed(count: int) -> str:
    return ", ".join(f"{{{i}}}" for i in range(count))


def _numpy_stack(count: int) -> Spelling:
    return Spelling(f"np.array(({_listed(count)}{',' if count == 1 else ''}))")


#: Arrays of one shape as the rows of a new one; `np.stack` takes five times as long for small ones.
STACK = Op(
    name="stack",
    kind=Kind.DISCRETE,
    arity=-1,
    evaluate=lambda *rows: np.array(rows),
    shape=lambda *rows: (len(rows), *rows[0]),
    dtype=lambda dtype, *_others: dtype,
    spell={"text": lambda count: Spelling(f"stack({_listed(count)})"), "numpy": _numpy_stack},
)

#: The rows with these numbers, copied: a fourth of what it takes as `x[rows]`.
TAKE = Op(
    name="take",
    kind=Kind.DISCRETE,
    arity=2,
    evaluate=lambda x, rows: x.take(rows, 0, mode="clip"),  # dtypes are found on arrays of one row
    shape=lambda x, rows: (rows[0], *x[1:]),
    dtype=lambda dtype, _rows: dtype,
    spell={
        "text": Spelling("{0}[{1}]", ATOM, (ATOM, LOWEST)),
        "numpy": Spelling("{0}.take({1}, 0)", ATOM, (ATOM, LOWEST)),
    },
)

#: A sum of many arrays of one shape; it is written as the sum of a stack.
TOTAL = Op(
    name="total",
    kind=Kind.DISCRETE,
    arity=-1,
    evaluate=lambda *terms: np.sum(np.array(terms), axis=0),
    shape=lambda first, *_others: first,
    dtype=lambda dtype, *_others: dtype,
    spell={"text": lambda count: Spelling(f"total({_listed(count)})")},
)
