"""A vector of ones, by which columns are summed: a part of other ops only.

It is not among `ops.ALL`: graphs of users do not have it, it appears where code is generated.
"""

from __future__ import annotations

import numpy as np

from graphcomp.op import Kind, Op, Spelling
from graphcomp.shape import Dim


def _numpy(_count: int, *, size: Dim, dtype: str) -> Spelling:
    return Spelling(f"np.ones({size}{'' if dtype == 'float64' else f', np.{dtype}'})")


#: Its argument is the number 1: what has arguments can be a statement, and is read by name.
ONES = Op(
    name="ones",
    kind=Kind.DISCRETE,
    evaluate=lambda _one, size, dtype: np.ones(size, dtype),
    shape=lambda _one, *, size, **_params: (size,),
    dtype=lambda _one, *, dtype, **_params: np.dtype(dtype),
    spell={"text": Spelling("ones"), "numpy": _numpy},
)
