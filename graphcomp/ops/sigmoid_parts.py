"""The sigmoid and its slope by an exponential that is known: parts of other ops only.

They are not among `ops.ALL`: graphs of users do not have them, they appear where code is generated.
For floats; near the ends of the range, where the exponential overflows, they do without it.
"""

from __future__ import annotations

from graphcomp.op import MULTIPLICATIVE, UNARY, Kind, Op, Spelling, first_dtype
from graphcomp.ops.numpy_runtime import _sigmoid, _sigmoid_slope

#: The sigmoid of x, by exp(-x).
SIGMOID_BY = Op(
    name="sigmoid_by",
    kind=Kind.DISCRETE,
    arity=2,
    evaluate=lambda x, _tail: _sigmoid(x),
    dtype=first_dtype,
    broadcasts=True,
    spell={
        "text": Spelling("sigmoid({0})"),
        "math": Spelling("1.0 / (1.0 + {1})", MULTIPLICATIVE),
        "limits": Spelling("_sigmoid({0})"),
    },
)
#: The slope of the sigmoid, by exp(-x) and the sigmoid y: each factor keeps its digits.
SLOPE_BY = Op(
    name="sigmoid_slope_by",
    kind=Kind.DISCRETE,
    arity=3,
    evaluate=lambda x, _tail, _y: _sigmoid_slope(x),
    dtype=first_dtype,
    broadcasts=True,
    spell={
        "text": Spelling("sigmoid'({0})"),
        # at -inf, exp(-x) is inf and y is 0
        "math": Spelling("{1} * {2} * {2} if {2} else 0.0", 1, (UNARY, UNARY, UNARY)),
        "limits": Spelling("_sigmoid_slope({0})"),
    },
)
