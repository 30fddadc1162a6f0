"""Norms, logarithms of sums of exponentials, softmax: reductions that neither overflow nor cancel."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from graphcomp.op import Kind, Op, Operand, Sample, Spelling, Ways, float_dtype
from graphcomp.ops import top as _top
from graphcomp.ops.comparison import EQUAL, GREATER, LESS, LOGICAL_AND, WHERE, bracket
from graphcomp.ops.numpy_runtime import _log_softmax, _logsumexp, _norm, _softmax
from graphcomp.ops.piecewise import ABS, MAXIMUM
from graphcomp.ops.powers import SQRT, SQUARE
from graphcomp.ops.reductions import (
    _SAMPLES,
    SUM,
    Axes,
    _other_axes,
    _shape_rule,
    _shifted,
    spread,
)
from graphcomp.ops.transcendental import EXP, LOG, LOG1P, _safe_ratio
from graphcomp.ops.wording import in_latex, latex_template
from graphcomp.shape import Dim, Shape


def _reduction_spells(name: str, latex: str) -> dict[str, Callable[..., Spelling]]:
    def options(axes: Axes, keepdims: bool, rank: int) -> str:
        some = f", axis={axes[0] if len(axes) == 1 else axes}" if len(axes) < rank else ""
        return some + (", keepdims=True" if keepdims else "")

    def text(_count: int, *, axes: Axes, keepdims: bool, rank: int) -> Spelling:
        return Spelling(f"{name}({{0}}{options(axes, keepdims, rank)})")

    def tex(_count: int, *, axes: Axes, keepdims: bool, rank: int) -> Spelling:
        return Spelling(latex.replace("OPTIONS", latex_template(options(axes, keepdims, rank))))

    def numpy(_count: int, *, axes: Axes, keepdims: bool, rank: int) -> Spelling:
        return Spelling(f"_{name}({{0}}, {axes}, {keepdims})")

    return {"text": text, "latex": tex, "numpy": numpy}


def _real(x: Operand) -> Operand:
    """The argument in the dtype of the result."""
    return x.astype(float_dtype(x.dtype))


def _largest(x: Operand, axes: Axes) -> Operand:
    """The largest entries along axes, in the shape of x."""
    return x.apply(_top.TOP, axes=axes).broadcast_to(x.shape)


def _norm_parts(args: Sequence[Operand], *, axes: Axes, keepdims: bool, rank: int) -> Operand:
    x = _real(args[0])
    options = {"axes": axes, "keepdims": keepdims, "rank": rank}
    root = x.apply(SQUARE).apply(SUM, **options).apply(SQRT)
    limits = np.finfo(x.dtype)
    low = float(np.sqrt(limits.tiny) / limits.eps)
    sound = root.apply(GREATER, low).apply(LOGICAL_AND, root.apply(LESS, np.inf))
    top = x.apply(ABS).apply(_top.TOP, axes=axes)
    usual = top.apply(GREATER, 0.0).apply(LOGICAL_AND, top.apply(LESS, np.inf))
    scale = usual.apply(WHERE, top, 1.0)
    rest = (x / scale.broadcast_to(x.shape)).apply(SQUARE).apply(SUM, **options).apply(SQRT)
    return sound.apply(WHERE, root, rest * scale.reshape(rest.shape))


def _logsumexp_parts(args: Sequence[Operand], *, axes: Axes, keepdims: bool, rank: int) -> Operand:
    x = _real(args[0])
    top = _largest(x, axes)
    highest = x.apply(EQUAL, top)
    below = highest.apply(WHERE, 0.0, x - top)
    options = {"axes": axes, "keepdims": True, "rank": rank}
    ties = bracket(highest, x).apply(SUM, **options).apply(MAXIMUM, 1.0)
    rest = highest.apply(WHERE, 0.0, below.apply(EXP)).apply(SUM, **options)
    found = x.apply(_top.TOP, axes=axes) + (ties.apply(LOG) + (rest / ties).apply(LOG1P))
    return (
        found
        if keepdims
        else found.reshape(_shape_rule(x.shape, keepdims=False, axes=axes, rank=rank))
    )


def _softmax_parts(args: Sequence[Operand], *, axes: Axes) -> Operand:
    x = _real(args[0])
    top = _largest(x, axes)
    weights = x.apply(EQUAL, top).apply(WHERE, 0.0, x - top).apply(EXP)
    return weights / _total(weights, axes)


def _log_softmax_parts(args: Sequence[Operand], *, axes: Axes) -> Operand:
    x = _real(args[0])
    top = _largest(x, axes)
    below = x.apply(EQUAL, top).apply(WHERE, 0.0, x - top)
    total = _logsumexp_parts([below], axes=axes, keepdims=True, rank=len(x.shape))
    return below - total.broadcast_to(x.shape)


def _exponentials(x: Operand, axes: Axes) -> tuple[Operand, Operand, dict[str, Operand]]:
    """exp(x - max(x)), their total, and names."""
    x = _real(x)
    top = x.apply(_top.TOP, axes=axes)
    weights = x.apply(_top.BELOW, top.broadcast_to(x.shape)).apply(EXP)
    total = weights.apply(SUM, axes=axes, keepdims=True, rank=len(x.shape))
    return weights, total, {"top": top, "weights": weights, "total": total}


def _logsumexp_ways(x: Operand, *, axes: Axes, keepdims: bool, rank: int) -> Ways:
    weights, total, names = _exponentials(x, axes)
    dropped = () if keepdims else axes
    return [(weights.apply(_top.LOG_TOTAL, total, names["top"], axes=dropped), names)]


def _softmax_ways(x: Operand, *, axes: Axes) -> Ways:
    weights, total, names = _exponentials(x, axes)
    return [(weights / total.broadcast_to(weights.shape), names)]


def _log_softmax_ways(x: Operand, *, axes: Axes) -> Ways:
    weights, total, names = _exponentials(x, axes)
    (below,) = weights.args
    log = weights.apply(_top.LOG_TOTAL, total, axes=())
    return [(below - log.broadcast_to(below.shape), names | {"below": below})]


def _norm_jvp(
    out: Operand,
    args: Sequence[Operand],
    tangents: Sequence[Operand],
    *,
    axes: Axes,
    keepdims: bool,
    rank: int,
) -> Operand:
    (x,), (x_dot,) = args, tangents
    unit = _safe_ratio(x, spread(out, x.shape, axes))
    return (unit * x_dot).apply(SUM, axes=axes, keepdims=keepdims, rank=rank)


NORM: Op = Op(
    name="norm",
    kind=Kind.OPAQUE,
    why="chain rule: d norm(x) = x/norm(x)",
    evaluate=lambda x, axes, keepdims, rank: _norm(x, axes, keepdims),
    shape=_shape_rule,
    jvp=_norm_jvp,
    parts=_norm_parts,
    batch=_shifted(lambda: NORM),
    along=_other_axes,
    margin=lambda x, *, axes, keepdims, rank: _norm(x, axes, keepdims),
    kink="0 where all entries are 0",
    spell=_reduction_spells("norm", r"\left\|{0}\right\|_{{2OPTIONS}}"),
    samples=_SAMPLES,
)


def _logsumexp_jvp(
    _out: Operand,
    args: Sequence[Operand],
    tangents: Sequence[Operand],
    *,
    axes: Axes,
    keepdims: bool,
    rank: int,
) -> Operand:
    (x,), (x_dot,) = args, tangents
    return (x.apply(SOFTMAX, axes=axes) * x_dot).apply(SUM, axes=axes, keepdims=keepdims, rank=rank)


LOGSUMEXP: Op = Op(
    name="logsumexp",
    kind=Kind.OPAQUE,
    why="chain rule: d logsumexp = softmax",
    evaluate=lambda x, axes, keepdims, rank: _logsumexp(x, axes, keepdims),
    shape=_shape_rule,
    jvp=_logsumexp_jvp,
    parts=_logsumexp_parts,
    shared={"numpy": _logsumexp_ways},
    batch=_shifted(lambda: LOGSUMEXP),
    along=_other_axes,
    analytic=False,
    kink="1/k each at k entries that are the same infinity",
    spell=_reduction_spells("logsumexp", r"\operatorname{{logsumexp}}\left({0}OPTIONS\right)"),
    samples=_SAMPLES,
)


def _along_spells(name: str) -> dict[str, Callable[..., Spelling]]:
    def shown(_count: int, *, axes: Axes) -> Spelling:
        return Spelling(f"{name}({{0}}, axis={axes[0] if len(axes) == 1 else axes})")

    def numpy(_count: int, *, axes: Axes) -> Spelling:
        return Spelling(f"_{name}({{0}}, {axes})")

    return {"text": shown, "latex": in_latex(shown), "numpy": numpy}


def _next_axes(op_of: Callable[[], Op]) -> Callable[..., Operand]:
    def rule(
        _size: Dim, args: Sequence[Operand], _batched: Sequence[bool], *, axes: Axes
    ) -> Operand:
        return args[0].apply(op_of(), axes=tuple(a + 1 for a in axes))

    return rule


def _not_along(cut: Sequence[int], _shapes: Sequence[Shape], *, axes: Axes) -> int | None:
    return None if cut[0] in axes else cut[0]


def _total(x: Operand, axes: Axes) -> Operand:
    """The sum over the axes, back in the shape of x."""
    return x.apply(SUM, axes=axes, keepdims=True, rank=len(x.shape)).broadcast_to(x.shape)


def _softmax_jvp(
    out: Operand, _args: Sequence[Operand], tangents: Sequence[Operand], *, axes: Axes
) -> Operand:
    (x_dot,) = tangents
    return out * (x_dot - _total(out * x_dot, axes))


def _log_softmax_jvp(
    _out: Operand, args: Sequence[Operand], tangents: Sequence[Operand], *, axes: Axes
) -> Operand:
    (x,), (x_dot,) = args, tangents
    return x_dot - _total(x.apply(SOFTMAX, axes=axes) * x_dot, axes)


_WITHIN = (
    Sample(((4,),), {"axes": (0,)}),
    Sample(((2, 3),), {"axes": (1,)}),
    Sample(((2, 3, 2),), {"axes": (0, 2)}),
)

SOFTMAX: Op = Op(
    name="softmax",
    kind=Kind.OPAQUE,
    why="s = softmax(x) has ds = s*(dx - sum(s*dx))",
    why_reverse="s = softmax(x) gives x the adjoint s*(g - sum(s*g)) for g, that of s",
    evaluate=lambda x, axes: _softmax(x, axes),
    dtype=float_dtype,
    jvp=_softmax_jvp,
    parts=_softmax_parts,
    shared={"numpy": _softmax_ways},
    batch=_next_axes(lambda: SOFTMAX),
    along=_not_along,
    kink="1/k each at k entries that are the same infinity",
    spell=_along_spells("softmax"),
    samples=_WITHIN,
)
LOG_SOFTMAX: Op = Op(
    name="log_softmax",
    kind=Kind.OPAQUE,
    why="l = log_softmax(x) has dl = dx - sum(softmax(x)*dx)",
    why_reverse="l = log_softmax(x) gives x the adjoint g - softmax(x)*sum(g) for g, that of l",
    evaluate=lambda x, axes: _log_softmax(x, axes),
    dtype=float_dtype,
    jvp=_log_softmax_jvp,
    parts=_log_softmax_parts,
    shared={"numpy": _log_softmax_ways},
    batch=_next_axes(lambda: LOG_SOFTMAX),
    along=_not_along,
    analytic=False,
    spell=_along_spells("log_softmax"),
    samples=_WITHIN,
)
