"""Where entries are, how many hold, and the n-th smallest: indices and counts have no derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphcomp.op import DType, Kind, Op, Operand, Rule, Sample, Spelling, bool_dtype, first_dtype
from graphcomp.ops.comparison import EQUAL, WHERE, bracket
from graphcomp.ops.numpy_runtime import _nth_smallest
from graphcomp.ops.reductions import (
    _SAMPLES,
    SUM,
    _gap_to_second,
    _reduced_shape,
    _shape_rule,
    _shifted,
    _spells,
    spread,
)
from graphcomp.ops.wording import in_latex
from graphcomp.shape import Dim

_ALONG = (Sample(((4,),), {"axis": 0}), Sample(((2, 3),), {"axis": 1}))


def _index_dtype(_dtype: DType, **_params: object) -> DType:
    return np.dtype(np.int64)


def _axis_spells(name: str, more: str = "") -> dict[str, Callable[..., Spelling]]:
    def text(_count: int, *, axis: int) -> Spelling:
        return Spelling(f"{name}({{0}}, axis={axis})")

    def numpy(_count: int, *, axis: int) -> Spelling:
        return Spelling(f"np.{name}({{0}}, axis={axis}{more})")

    return {"text": text, "latex": in_latex(text), "numpy": numpy}


def _next_axis(op_of: Callable[[], Op]) -> Rule:
    def rule(
        _size: Dim, args: Sequence[Operand], _batched: Sequence[bool], *, axis: int, **params: Any
    ) -> Operand:
        return args[0].apply(op_of(), axis=axis + 1, **params)

    return rule


def _least_gap(x: Any, axis: int, **_params: object) -> Any:
    """How far the closest two entries along the axis are apart."""
    return np.min(np.diff(np.sort(x, axis=axis), axis=axis), axis=axis, initial=np.inf)


def _place(name: str, evaluate: Rule, sign: float, op_of: Callable[[], Op]) -> Op:
    gap = _gap_to_second(sign)
    return Op(
        name=name,
        kind=Kind.DISCRETE,
        evaluate=lambda x, axis: evaluate(x, axis=axis),
        shape=lambda x, *, axis: _reduced_shape(x, axes=(axis,)),
        dtype=_index_dtype,
        batch=_next_axis(op_of),
        margin=lambda x, *, axis: gap(x, axes=(axis,)),
        kink="an index: no derivative passes; the first of equal entries",
        spell=_axis_spells(name),
        samples=_ALONG,
    )


ARGMAX: Op = _place("argmax", np.argmax, 1.0, lambda: ARGMAX)
ARGMIN: Op = _place("argmin", np.argmin, -1.0, lambda: ARGMIN)


def _over_axes(name: str, evaluate: Rule, dtype: Rule, op_of: Callable[[], Op]) -> Op:
    return Op(
        name=name,
        kind=Kind.DISCRETE,
        evaluate=lambda x, axes, keepdims, rank: evaluate(x, axis=axes, keepdims=keepdims),
        shape=_shape_rule,
        dtype=dtype,
        batch=_shifted(op_of),
        kink="a condition or a count: no derivative passes",
        spell=_spells(name),
        domains=("bool",),
        samples=_SAMPLES,
    )


ALL: Op = _over_axes("all", np.all, bool_dtype, lambda: ALL)
ANY: Op = _over_axes("any", np.any, bool_dtype, lambda: ANY)
COUNT_NONZERO: Op = _over_axes(
    "count_nonzero", np.count_nonzero, _index_dtype, lambda: COUNT_NONZERO
)


def _nth_smallest_jvp(
    out: Operand,
    args: Sequence[Operand],
    tangents: Sequence[Operand],
    *,
    axis: int,
    index: Dim,
) -> Operand:
    """The mean of the tangents of the entries that are equal to it."""
    (x,), (x_dot,) = args, tangents
    chosen = x.apply(EQUAL, spread(out, x.shape, (axis,)))
    options = {"axes": (axis,), "keepdims": False, "rank": len(x.shape)}
    count = bracket(chosen, x).apply(SUM, **options)
    return chosen.apply(WHERE, x_dot, 0.0).apply(SUM, **options) / count


def _nth_spell(dialect: str) -> Callable[..., Spelling]:
    name = "_nth_smallest" if dialect == "numpy" else "nth_smallest"

    def rule(_count: int, *, axis: int, index: Dim) -> Spelling:
        return Spelling(f"{name}({{0}}, {axis}, {index})")

    return rule


#: The entry at `index` of those along an axis when sorted; NaN if one is NaN.
NTH_SMALLEST: Op = Op(
    name="nth_smallest",
    kind=Kind.OPAQUE,
    why="the entry that is taken passes its derivative on",
    evaluate=lambda x, axis, index: _nth_smallest(x, axis, index),
    shape=lambda x, *, axis, index: _reduced_shape(x, axes=(axis,)),
    dtype=first_dtype,
    jvp=_nth_smallest_jvp,
    batch=_next_axis(lambda: NTH_SMALLEST),
    margin=_least_gap,
    kink="1/k each at k entries that are equal to it",
    spell={
        "text": _nth_spell("text"),
        "latex": in_latex(_nth_spell("text")),
        "numpy": _nth_spell("numpy"),
    },
    samples=(
        Sample(((5,),), {"axis": 0, "index": 2}),
        Sample(((2, 3),), {"axis": 1, "index": 0}),
        Sample(((3, 2),), {"axis": 0, "index": 1}),
    ),
)
