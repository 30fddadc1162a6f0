"""Sums, products and recurrences along an axis, each entry from those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphcomp.op import Kind, Op, Operand, Rule, Sample, Spelling, first_dtype
from graphcomp.ops.numpy_runtime import _cumprod_before, _recurrence, _shift
from graphcomp.ops.reductions import _counting_dtype
from graphcomp.ops.wording import in_latex
from graphcomp.shape import Dim, Shape


def _spells(text: str, plain: str, turned: str) -> dict[str, Callable[..., Spelling]]:
    """The NumPy spelling by its last parameter, and the same name in text and LaTeX."""

    def numpy(_count: int, *, axis: int, **flag: bool) -> Spelling:
        template = turned if any(flag.values()) else plain
        return Spelling(template.replace("AXIS", str(axis)))

    def shown(_count: int, *, axis: int, **flag: bool) -> Spelling:
        places = ", ".join(f"{{{i}}}" for i in range(_count))
        options = "".join(f", {name}" for name, on in flag.items() if on)
        return Spelling(f"{text}({places}, axis={axis}{options})")

    return {"text": shown, "latex": in_latex(shown), "numpy": numpy}


def _along(op_of: Callable[[], Op]) -> Rule:
    """The batch rule of an op along an axis."""

    def rule(
        size: Dim, args: Sequence[Operand], batched: Sequence[bool], *, axis: int, **flag: bool
    ) -> Operand:
        whole = [
            arg if moved else arg.broadcast_to((size, *arg.shape))
            for arg, moved in zip(args, batched, strict=True)
        ]
        return whole[0].apply(op_of(), *whole[1:], axis=axis + 1, **flag)

    return rule


def _other_axis(
    cut: Sequence[int | None], _shapes: Sequence[Shape], *, axis: int, **_flag: bool
) -> int | None:
    return None if axis in cut or len(set(cut)) > 1 else cut[0]


def _same_shape(x: Shape, *_others: Shape, **_params: object) -> Shape:
    return x


def _samples(flag: str, count: int) -> tuple[Sample, ...]:
    cases: list[tuple[Shape, int]] = [((4,), 0), ((2, 3), 1), ((3, 2, 2), 0)]
    return tuple(
        Sample((shape,) * count, {"axis": axis, flag: on})
        for shape, axis in cases
        for on in (False, True)
    )


def _summed(x: Any, axis: int, reverse: bool) -> Any:
    if not reverse:
        return np.cumsum(x, axis=axis)
    return np.flip(np.cumsum(np.flip(x, axis), axis=axis), axis)


CUMSUM: Op = Op(
    name="cumsum",
    kind=Kind.LINEAR,
    why="linear: the tangents are summed up likewise",
    why_reverse="each entry is part of all sums from it on, so these adjoints are summed up",
    evaluate=_summed,
    shape=_same_shape,
    dtype=_counting_dtype,
    transpose=lambda _index, ct, _x, *, axis, reverse: ct.apply(
        CUMSUM, axis=axis, reverse=not reverse
    ),
    batch=_along(lambda: CUMSUM),
    along=_other_axis,
    spell=_spells(
        "cumsum",
        "np.cumsum({0}, axis=AXIS)",
        "np.flip(np.cumsum(np.flip({0}, AXIS), axis=AXIS), AXIS)",
    ),
    samples=_samples("reverse", 1),
)

#: The entries moved on by one along the axis, 0 in the place of the first.
SHIFT: Op = Op(
    name="shift",
    kind=Kind.LINEAR,
    why="linear: the tangents are shifted likewise",
    why_reverse="transposed: shifted back",
    evaluate=lambda x, axis, reverse: _shift(x, axis, reverse),
    shape=_same_shape,
    dtype=first_dtype,
    transpose=lambda _index, ct, _x, *, axis, reverse: ct.apply(
        SHIFT, axis=axis, reverse=not reverse
    ),
    batch=_along(lambda: SHIFT),
    along=_other_axis,
    spell=_spells("shift", "_shift({0}, AXIS, False)", "_shift({0}, AXIS, True)"),
    samples=_samples("reverse", 1),
)


def _recurrence_jvp(
    out: Operand,
    args: Sequence[Operand],
    tangents: Sequence[Operand],
    *,
    axis: int,
    reverse: bool,
) -> Operand:
    """What the factors contribute; in the other argument the op is linear."""
    a, a_dot = args[0], tangents[0]
    if reverse:
        moved = (a_dot * out).apply(SHIFT, axis=axis, reverse=True)
    else:
        moved = a_dot * out.apply(SHIFT, axis=axis, reverse=False)
    return a.apply(RECURRENCE, moved, axis=axis, reverse=reverse)


#: y[k] = a[k] y[k-1] + b[k] along an axis; reversed, its transpose: y[k] = a[k+1] y[k+1] + b[k].
RECURRENCE: Op = Op(
    name="recurrence",
    kind=Kind.OPAQUE,
    why="product rule at every step of y[i] = a[i]*y[i - 1] + x[i]",
    arity=2,
    evaluate=lambda a, b, axis, reverse: _recurrence(a, b, axis, reverse),
    shape=_same_shape,
    jvp=_recurrence_jvp,
    linear=(1,),
    transpose=lambda _index, ct, a, _b, *, axis, reverse: a.apply(
        RECURRENCE, ct, axis=axis, reverse=not reverse
    ),
    batch=_along(lambda: RECURRENCE),
    along=_other_axis,
    spell=_spells(
        "recurrence", "_recurrence({0}, {1}, AXIS, False)", "_recurrence({0}, {1}, AXIS, True)"
    ),
    domains=((-2.0, 2.0), (-2.0, 2.0)),
    samples=_samples("reverse", 2),
)


def _cumprod_jvp(
    _out: Operand, args: Sequence[Operand], tangents: Sequence[Operand], *, axis: int, before: bool
) -> Operand:
    """The tangents of the factors, each times the product before it and carried on, undivided."""
    (x,), (x_dot,) = args, tangents
    entering = x_dot * x.apply(CUMPROD, axis=axis, before=True)
    carried = x.apply(RECURRENCE, entering, axis=axis, reverse=False)
    return carried.apply(SHIFT, axis=axis, reverse=False) if before else carried


#: The products of the entries up to each along an axis, or of those before it.
CUMPROD: Op = Op(
    name="cumprod",
    kind=Kind.OPAQUE,
    why="product rule at every step of the running product",
    evaluate=lambda x, axis, before: (
        _cumprod_before(x, axis) if before else np.cumprod(x, axis=axis)
    ),
    shape=_same_shape,
    dtype=_counting_dtype,
    jvp=_cumprod_jvp,
    batch=_along(lambda: CUMPROD),
    along=_other_axis,
    kink="exact at zeros: no division",
    spell=_spells("cumprod", "np.cumprod({0}, axis=AXIS)", "_cumprod_before({0}, AXIS)"),
    samples=_samples("before", 1),
)
