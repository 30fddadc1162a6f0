"""Reductions over axes: sum, max, min, prod."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graphcomp.nest import TOTAL, Join, Nest, reducing
from graphcomp.op import (
    ATOM,
    SUMMED,
    DType,
    Form,
    Kind,
    Op,
    Operand,
    Rule,
    Sample,
    Spelling,
    Ways,
    first_dtype,
)
from graphcomp.ops import ones as _ones
from graphcomp.ops.comparison import EQUAL, WHERE, bracket
from graphcomp.ops.leaves import IDENTITY
from graphcomp.ops.numpy_runtime import _prod_others
from graphcomp.ops.wording import in_latex
from graphcomp.shape import Dim, Shape

Axes = tuple[int, ...]


def _reduced_shape(x: Shape, *, axes: Axes, keepdims: bool = False) -> Shape:
    if keepdims:
        return tuple(1 if axis in axes else dim for axis, dim in enumerate(x))
    return tuple(dim for axis, dim in enumerate(x) if axis not in axes)


def _counting_dtype(dtype: DType, **_params: object) -> DType:
    return dtype if dtype.kind == "f" else np.dtype(np.int64)


def _options(axes: Axes, keepdims: bool, rank: int) -> list[str]:
    chosen = [f"axis={axes[0] if len(axes) == 1 else axes}"] if len(axes) < rank else []
    return chosen + (["keepdims=True"] if keepdims else [])


def _called(name: str) -> Callable[..., Spelling]:
    def rule(_count: int, *, axes: Axes, keepdims: bool, rank: int) -> Spelling:
        return Spelling(f"{name}({', '.join(['{0}', *_options(axes, keepdims, rank)])})")

    return rule


def _method(name: str) -> Callable[..., Spelling]:
    """As a method of the array, which takes half the time of the function on small ones."""

    def rule(_count: int, *, axes: Axes, keepdims: bool, rank: int) -> Spelling:
        listed = ", ".join(_options(axes, keepdims, rank))
        return Spelling(f"{{0}}.{name}({listed})", ATOM, (ATOM,))

    return rule


#: Of these, the method gives what the function gives, to type checkers too.
_METHODS = {"sum", "max", "min"}


def _spells(name: str) -> dict[str, Callable[..., Spelling]]:
    numpy = _method(name) if name in _METHODS else _called(f"np.{name}")
    return {"text": _called(name), "latex": in_latex(_called(name)), "numpy": numpy}


def _shifted(op_of: Callable[[], Op]) -> Rule:
    def rule(
        _size: Dim,
        args: Sequence[Operand],
        _batched: Sequence[bool],
        *,
        axes: Axes,
        keepdims: bool,
        rank: int,
    ) -> Operand:
        return args[0].apply(
            op_of(), axes=tuple(a + 1 for a in axes), keepdims=keepdims, rank=rank + 1
        )

    return rule


def spread(reduced: Operand, shape: Shape, axes: Axes) -> Operand:
    """A reduced array back over the axes that it was reduced over."""
    if axes == tuple(range(len(axes))) and len(reduced.shape) == len(shape) - len(axes):
        return reduced.broadcast_to(shape)  # leading axes come by themselves
    kept = _reduced_shape(shape, axes=axes, keepdims=True)
    return reduced.reshape(kept).broadcast_to(shape)


def _shape_rule(x: Shape, *, axes: Axes, keepdims: bool, rank: int) -> Shape:
    return _reduced_shape(x, axes=axes, keepdims=keepdims)


def _other_axes(
    cut: Sequence[int], _shapes: Sequence[Shape], *, axes: Axes, keepdims: bool, rank: int
) -> int | None:
    """Blocks of a reduction over other axes join along the same one."""
    if cut[0] in axes:
        return None
    return cut[0] if keepdims else cut[0] - sum(axis < cut[0] for axis in axes)


def _sum_along(cut: Sequence[int], shapes: Sequence[Shape], *, axes: Axes, **params: Any) -> int:
    joined = _other_axes(cut, shapes, axes=axes, **params)
    return SUMMED if joined is None else joined


def _nest(join: Join) -> Rule:
    def rule(shapes: Sequence[Shape], *, axes: Axes, keepdims: bool = False, rank: int = 0) -> Nest:
        return reducing(shapes[0], axes, keepdims, join)

    return rule


def _axis_nest(join: Join) -> Rule:
    return lambda shapes, *, axis: reducing(shapes[0], (axis,), keepdims=False, join=join)


_PRODUCT = Join({"f": "1.0", "i": "1"}, "{0} * {1}")


def _extremum_join(name: str, sign: float) -> Join:
    limits = np.iinfo(np.int64)
    starts = {
        "f": f"{'-' if sign > 0 else ''}np.inf",
        "i": str(-limits.max if sign > 0 else limits.max),
    }
    return Join(
        starts, f"np.{name}imum({{0}}, {{1}})", f"the {name}imum of no entries is not defined"
    )


_SAMPLES = (
    Sample(((3, 2),), {"axes": (0, 1), "keepdims": False, "rank": 2}),
    Sample(((3, 2),), {"axes": (1,), "keepdims": False, "rank": 2}),
    Sample(((2, 3, 2),), {"axes": (0, 2), "keepdims": True, "rank": 3}),
)


def _sum_ways(x: Operand, *, axes: Axes, keepdims: bool, rank: int) -> Ways:
    """Over the rows of a matrix as a product with ones, which several sums have in common.

    On small arrays a product takes a quarter of the time of a sum; a new vector of ones takes the rest.
    """
    if axes != (0,) or rank != 2 or keepdims or x.dtype.kind != "f":
        return []
    ones = x.leaf(_ones.ONES, 1.0, size=x.shape[0], dtype=x.dtype.name)
    return [(ones @ x, {"ones": ones})]


SUM: Op = Op(
    name="sum",
    kind=Kind.LINEAR,
    why="the derivative of a sum is the sum of the derivatives",
    why_reverse="every term of a sum has the derivative of the sum",
    form=Form.TOTAL,
    evaluate=lambda x, axes, keepdims, rank: np.sum(x, axis=axes, keepdims=keepdims),
    shape=_shape_rule,
    dtype=_counting_dtype,
    transpose=lambda _index, ct, x, *, axes, **_params: spread(ct, x.shape, axes),
    batch=_shifted(lambda: SUM),
    along=_sum_along,
    nest=_nest(TOTAL),
    shared={"numpy": _sum_ways},
    spell=_spells("sum"),
    samples=_SAMPLES,
)


def _extremum_jvp(
    out: Operand,
    args: Sequence[Operand],
    tangents: Sequence[Operand],
    *,
    axes: Axes,
    keepdims: bool,
    rank: int,
) -> Operand:
    """The mean of the tangents at the extremal entries; others may be infinite."""
    (x,), (x_dot,) = args, tangents
    chosen = x.apply(EQUAL, spread(out, x.shape, axes))
    options = {"axes": axes, "keepdims": keepdims, "rank": rank}
    count = bracket(chosen, x).apply(SUM, **options)
    return chosen.apply(WHERE, x_dot, 0.0).apply(SUM, **options) / count


def _gap_to_second(sign: float) -> Rule:
    def rule(x: Any, *, axes: Axes, **_params: object) -> Any:
        """How far the two leading entries are apart along the axes."""
        rest = [axis for axis in range(np.ndim(x)) if axis not in axes]
        flat = np.transpose(sign * np.asarray(x), (*rest, *axes)).reshape(
            [np.shape(x)[a] for a in rest] + [-1]
        )
        if flat.shape[-1] < 2:
            return np.full(flat.shape[:-1], np.inf)
        ordered = np.sort(flat, axis=-1)
        return ordered[..., -1] - ordered[..., -2]

    return rule


def _extremum(name: str, evaluate: Rule, sign: float, op_of: Callable[[], Op], *, why: str) -> Op:
    return Op(
        name=f"reduce_{name}",
        kind=Kind.OPAQUE,
        why=why,
        evaluate=lambda x, axes, keepdims, rank: evaluate(x, axis=axes, keepdims=keepdims),
        shape=_shape_rule,
        dtype=first_dtype,
        jvp=_extremum_jvp,
        batch=_shifted(op_of),
        along=_other_axes,
        nest=_nest(_extremum_join(name, sign)),
        margin=_gap_to_second(sign),
        kink="1/k each at k equal entries",
        spell=_spells(name),
        samples=_SAMPLES,
    )


MAX: Op = _extremum(
    "max",
    np.max,
    1.0,
    lambda: MAX,
    why="the largest entry passes its derivative on; equal ones share it",
)
MIN: Op = _extremum(
    "min",
    np.min,
    -1.0,
    lambda: MIN,
    why="the smallest entry passes its derivative on; equal ones share it",
)


def _prod_jvp(
    _out: Operand, args: Sequence[Operand], tangents: Sequence[Operand], *, axis: int
) -> Operand:
    (x,), (x_dot,) = args, tangents
    return (x.apply(PROD_OTHERS, axis=axis) * x_dot).sum(axis=axis)


def _axis_spell(name: str) -> dict[str, Callable[..., Spelling]]:
    def rule(prefix: str) -> Callable[..., Spelling]:
        return lambda _count, *, axis: Spelling(f"{prefix}{name}({{0}}, axis={axis})")

    return {"text": rule(""), "latex": in_latex(rule("")), "numpy": rule("np.")}


PROD: Op = Op(
    name="prod",
    kind=Kind.OPAQUE,
    why="product rule: the derivative by one factor is the product of all others",
    evaluate=lambda x, axis: np.prod(x, axis=axis),
    shape=lambda x, *, axis: _reduced_shape(x, axes=(axis,)),
    dtype=_counting_dtype,
    jvp=_prod_jvp,
    batch=lambda _size, args, _batched, *, axis: args[0].apply(PROD, axis=axis + 1),
    along=lambda cut, _shapes, *, axis: None if cut[0] == axis else cut[0] - (axis < cut[0]),
    nest=_axis_nest(_PRODUCT),
    kink="exact at zeros: no division",
    spell=_axis_spell("prod"),
    samples=(Sample(((3,),), {"axis": 0}), Sample(((2, 3),), {"axis": 1})),
)


def _prod_others_jvp(
    _out: Operand, args: Sequence[Operand], tangents: Sequence[Operand], *, axis: int
) -> Operand:
    """Row i is the product with entry i replaced by 1; the tangent of that product."""
    rank = len(args[0].shape)
    order = (*(a for a in range(rank) if a != axis), axis)
    back = tuple(int(a) for a in np.argsort(order))
    x, x_dot = (value.transpose(order) for value in (args[0], tangents[0]))
    *outer, length = x.shape
    square = (*outer, length, length)
    diagonal = (
        x.leaf(IDENTITY, size=length, dtype=x.dtype.name).apply(EQUAL, 1.0).broadcast_to(square)
    )
    rows, rows_dot = (v.reshape((*outer, 1, length)).broadcast_to(square) for v in (x, x_dot))
    others = diagonal.apply(WHERE, 1.0, rows).apply(PROD_OTHERS, axis=rank)
    return (others * diagonal.apply(WHERE, 0.0, rows_dot)).sum(axis=rank).transpose(back)


PROD_OTHERS: Op = Op(
    name="prod_others",
    kind=Kind.OPAQUE,
    why="product rule: in turn, one factor gives way to its derivative",
    evaluate=lambda x, axis: _prod_others(x, axis),
    shape=lambda x, *, axis: x,
    dtype=_counting_dtype,
    jvp=_prod_others_jvp,
    batch=lambda _size, args, _batched, *, axis: args[0].apply(PROD_OTHERS, axis=axis + 1),
    along=lambda cut, _shapes, *, axis: None if cut[0] == axis else cut[0],
    kink="exact at zeros: no division",
    spell=_axis_spell("prod_others")
    | {"numpy": lambda _count, *, axis: Spelling(f"_prod_others({{0}}, axis={axis})")},
    samples=(Sample(((3,),), {"axis": 0}), Sample(((2, 3),), {"axis": 1})),
)
