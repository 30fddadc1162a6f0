"""The ops that the page can compute by itself: those with an entry in ``assets/ops.js``.

A record that is not listed here is shown with the numbers of the point that the page was made for.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphcomp import ops
from graphcomp.op import Op

#: By the name that the table in JavaScript has for it, which is that of the record.
PORTED: Mapping[str, Op] = {
    name: ops.BY_NAME[name]
    for name in (
        *("constant", "dimension", "identity", "let", "stop_gradient"),
        *("greater", "greater_equal", "less", "less_equal", "equal", "not_equal"),
        *("logical_and", "logical_or", "logical_xor", "logical_not", "where", "bracket"),
        *("add", "subtract", "negative", "multiply", "divide", "reciprocal"),
        *("floor_divide", "mod", "fmod", "square", "sqrt", "cbrt", "power", "varying_power"),
        *("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "xlogy", "logit"),
        *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "arctan2", "hypot"),
        *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
        *("sigmoid", "sigmoid_difference", "softplus", "logaddexp", "logaddexp2"),
        *("sigmoid_slope", "sech2", "log1mexp"),
        *("sign", "absolute", "relu", "maximum", "minimum", "floor", "ceil", "rint", "trunc"),
        *("isnan", "isinf", "isfinite", "signbit"),
        *("sum", "reduce_max", "reduce_min", "prod", "prod_others", "norm", "logsumexp"),
        *("softmax", "log_softmax", "cumsum", "cumprod", "shift", "argmax", "argmin"),
        *("all", "any", "count_nonzero"),
        *("broadcast_to", "reshape", "transpose", "getitem", "scatter", "concatenate", "astype"),
        *("matmul", "vdot", "outer", "einsum", "tril", "triu", "diagonal", "from_diagonal"),
    )
}

_RECORDS = frozenset(PORTED.values())


def is_ported(op: Op) -> bool:
    """Whether the page can compute this op.

    >>> is_ported(ops.BY_NAME["exp"]), is_ported(ops.BY_NAME["cholesky"])
    (True, False)
    """
    return op in _RECORDS
