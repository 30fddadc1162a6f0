"""Comparisons, logic, selection by a condition."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from graphcomp.op import (
    COMPARISON,
    DType,
    Form,
    Joins,
    Kind,
    Op,
    Operand,
    Rule,
    Sample,
    Spelling,
    bool_dtype,
    broadcast_result,
)
from graphcomp.ops.spell import call, comparison


def _gap(x: Any, y: Any) -> Any:
    return np.abs(np.subtract(x, y, dtype=float))


def _comparison(name: str, ufunc: Rule, symbol: str, latex: str, text: str, formula: Rule) -> Op:
    return Op(
        name=name,
        kind=Kind.DISCRETE,
        arity=2,
        evaluate=ufunc,
        numpy=(ufunc,),
        shape=broadcast_result(name),
        dtype=bool_dtype,
        broadcasts=True,
        joins=Joins.CONSUMER,
        spell=comparison(symbol, latex, text),
        formula=formula,
        margin=_gap,
        kink="a condition: no derivative passes",
        domains=((-2.0, 2.0), (-2.0, 2.0)),
    )


GREATER = _comparison("greater", np.greater, ">", ">", ">", sympy.Gt)
GREATER_EQUAL = _comparison("greater_equal", np.greater_equal, ">=", r"\ge", "≥", sympy.Ge)
LESS = _comparison("less", np.less, "<", "<", "<", sympy.Lt)
LESS_EQUAL = _comparison("less_equal", np.less_equal, "<=", r"\le", "≤", sympy.Le)
EQUAL = _comparison("equal", np.equal, "==", "=", "=", sympy.Eq)
NOT_EQUAL = _comparison("not_equal", np.not_equal, "!=", r"\ne", "≠", sympy.Ne)


def _logical(name: str, ufunc: Rule, arity: int, latex: str, math: Spelling, formula: Rule) -> Op:
    word = name.removeprefix("logical_")
    return Op(
        name=name,
        kind=Kind.DISCRETE,
        arity=arity,
        evaluate=ufunc,
        numpy=(ufunc,),
        shape=broadcast_result(name),
        dtype=bool_dtype,
        broadcasts=True,
        joins=Joins.CONSUMER,
        spell=call(
            word,
            numpy=f"np.{name}({', '.join(f'{{{i}}}' for i in range(arity))})",
            latex=latex,
            arity=arity,
        )
        | {"math": math, "limits": math, "numba": math},
        formula=formula,
        domains=("bool",) * arity,
    )


LOGICAL_AND = _logical(
    "logical_and",
    np.logical_and,
    2,
    r"({0} \wedge {1})",
    Spelling("bool({0}) and bool({1})", 3),
    sympy.And,
)
LOGICAL_OR = _logical(
    "logical_or",
    np.logical_or,
    2,
    r"({0} \vee {1})",
    Spelling("bool({0}) or bool({1})", 2),
    sympy.Or,
)
LOGICAL_XOR = _logical(
    "logical_xor",
    np.logical_xor,
    2,
    r"({0} \oplus {1})",
    Spelling("bool({0}) != bool({1})", COMPARISON),
    sympy.Xor,
)
LOGICAL_NOT = _logical(
    "logical_not",
    np.logical_not,
    1,
    r"\neg ({0})",
    Spelling("not {0}", 4, (COMPARISON,)),
    sympy.Not,
)


def _where_dtype(_condition: DType, x: DType, y: DType) -> DType:
    return np.result_type(x, y)


def _where_transpose(
    index: int, ct: Operand, condition: Operand, _x: Operand, _y: Operand
) -> Operand:
    if index == 0:
        return None
    return condition.apply(WHERE, ct, 0.0) if index == 1 else condition.apply(WHERE, 0.0, ct)


WHERE = Op(
    name="where",
    kind=Kind.LINEAR,
    why="the branch that is taken passes its derivative on, the other has derivative 0",
    form=Form.CHOICE,
    arity=3,
    evaluate=np.where,
    numpy=(np.where,),
    shape=broadcast_result("where"),
    dtype=_where_dtype,
    broadcasts=True,
    spell=call(
        "where",
        arity=3,
        latex=r"\begin{{cases}} {1} & {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
    )
    | dict.fromkeys(("math", "limits", "numba"), Spelling("{1} if {0} else {2}", 1, (2, 2, 2))),
    formula=lambda c, x, y: sympy.Piecewise((x, c), (y, True)),
    transpose=_where_transpose,
    kink="the branch taken, alone: the other contributes exactly 0, even if it is NaN or inf",
    domains=("bool", (-2.0, 2.0), (-2.0, 2.0)),
)


def _bracket_dtype(_dtype: DType, *, dtype: str) -> DType:
    return np.dtype(dtype)


def _bracket_numpy(_count: int, *, dtype: str) -> Spelling:
    return Spelling(f"np.asarray({{0}}, np.{dtype})")


BRACKET = Op(
    name="bracket",
    kind=Kind.DISCRETE,
    form=Form.BRACKET,
    evaluate=lambda condition, dtype: np.asarray(condition, dtype=dtype),
    dtype=_bracket_dtype,
    broadcasts=True,
    joins=Joins.CONSUMER,
    spell={
        "text": Spelling("[{0}]"),
        "latex": Spelling(r"\left[{0}\right]"),
        "numpy": _bracket_numpy,
        "numba": lambda _count, *, dtype: Spelling(f"np.{dtype}({{0}})"),
        "math": Spelling("float({0})"),
    },
    formula=lambda c, **_dtype: sympy.Piecewise((1, c), (0, True)),
    kink="Iverson's bracket: 1 where the condition holds, else 0",
    domains=("bool",),
    samples=(Sample(((3, 2),), {"dtype": "float64"}),),
)


def bracket(condition: Operand, like: Operand) -> Operand:
    """1 where the condition holds, else 0, in the dtype of `like`."""
    return condition.apply(BRACKET, dtype=like.dtype.name)
