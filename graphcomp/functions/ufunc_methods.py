"""What ``np.add.reduce`` and ``np.add.accumulate`` are, and what SciPy's ufuncs are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from graphcomp.errors import TracingError, with_user_line
from graphcomp.functions import (
    cumulative,
    elementwise,
    logarithms,
    masked_reductions,
    searching,
    special,
    statistics,
)
from graphcomp.node import Node, Operand
from graphcomp.numpy_protocol import SCIPY, UFUNC_METHODS

_REDUCE: dict[np.ufunc, Callable[..., Node]] = {
    np.add: masked_reductions.masked_sum,
    np.multiply: masked_reductions.masked_prod,
    np.maximum: masked_reductions.masked_max,
    np.minimum: masked_reductions.masked_min,
    np.logical_and: searching.all,
    np.logical_or: searching.any,
    np.logaddexp: statistics.logsumexp,
}
_ACCUMULATE: dict[np.ufunc, Callable[..., Node]] = {
    np.add: cumulative.cumsum,
    np.multiply: cumulative.cumprod,
}


def _reduced(ufunc: np.ufunc, over: Callable[..., Node]) -> Callable[..., Node]:
    """The method `reduce`, which goes along the first axis by default."""
    takes_more = over.__name__.startswith("masked")

    def reduce(
        x: Operand, axis: Any = 0, keepdims: bool = False, dtype: Any = None, **more: Any
    ) -> Node:
        given = {key: value for key, value in more.items() if value is not np._NoValue}  # noqa: SLF001
        given = {key: value for key, value in given.items() if value is not True}
        if dtype is not None or (given and not takes_more):
            name = "dtype" if dtype is not None else min(given)
            msg = f"np.{ufunc.__name__}.reduce: {name}= can't be traced"
            raise TracingError(with_user_line(msg))
        return over(x, axis=axis, keepdims=keepdims, **given)

    return reduce


def _accumulated(along: Callable[..., Node]) -> Callable[..., Node]:
    """The method `accumulate`, which goes along the first axis by default."""

    def accumulate(x: Operand, axis: int = 0) -> Node:
        return along(x, axis)

    return accumulate


for _ufunc, _over in _REDUCE.items():
    UFUNC_METHODS[_ufunc, "reduce"] = _reduced(_ufunc, _over)
for _ufunc, _run in _ACCUMULATE.items():
    UFUNC_METHODS[_ufunc, "accumulate"] = _accumulated(_run)

SCIPY.update(
    {
        "expit": special.expit,
        "logit": logarithms.logit,
        "erf": special.erf,
        "erfc": special.erfc,
        "gammaln": special.gammaln,
        "psi": special.digamma,
        "digamma": special.digamma,
        "xlogy": logarithms.xlogy,
        "expm1": elementwise.expm1,
        "log1p": elementwise.log1p,
        "exp2": logarithms.exp2,
        "cbrt": logarithms.cbrt,
    }
)
