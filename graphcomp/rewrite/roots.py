"""Rules for roots of sums of squares, whose squares overflow and whose derivative at 0 is undefined."""

from __future__ import annotations

from graphcomp.node import Node, apply
from graphcomp.ops.arithmetic import ADD
from graphcomp.ops.contraction import MATMUL, VDOT
from graphcomp.ops.normalising import NORM
from graphcomp.ops.piecewise import ABS
from graphcomp.ops.powers import POWER, SQRT, SQUARE
from graphcomp.ops.reductions import SUM
from graphcomp.ops.transcendental import HYPOT
from graphcomp.rewrite.patterns import squared
from graphcomp.rewrite.rules import rule

#: Where none of these is, no root comes about.
ROOTS = (SQRT, POWER)


@rule(
    SQRT,
    before="sqrt(x**2)",
    after="|x|",
    why="without overflow",
    needs=ROOTS,
    below=(SQUARE,),
    lost=True,
)
def root_of_square(node: Node) -> Node | None:
    """By definition; the derivative at 0 is 0, that of least norm."""
    x = squared(node.args[0])
    return None if x is None else apply(ABS, x)


@rule(
    SQRT,
    before="sqrt(sum(x**2))",
    after="norm(x)",
    why="without overflow",
    needs=ROOTS,
    below=(SQUARE,),
    lost=True,
)
def norm(node: Node) -> Node | None:
    """By definition; the op scales where squares overflow or vanish, and has derivative 0 at 0."""
    (total,) = node.args
    if total.op is SUM and total.is_real:
        x = squared(total.args[0])
        return None if x is None else apply(NORM, x, **dict(total.params))
    same = total.op in {MATMUL, VDOT} and total.args[0] is total.args[1]
    if same and total.shape == () and total.is_real:
        (x, _) = total.args
        return apply(NORM, x, axes=tuple(range(x.ndim)), keepdims=False, rank=x.ndim)
    return None


def _is_number(node: Node) -> bool:
    """On arrays, hypot takes several times as long as squares; in named steps, these are meant."""
    return node.shape == ()


@rule(
    SQRT,
    before="sqrt(x**2 + y**2)",
    after="hypot(x, y)",
    why="without overflow",
    needs=ROOTS,
    below=(ADD, SQUARE),
    lost=_is_number,
)
def hypot(node: Node) -> Node | None:
    """By definition; further squares one by one, and 1 is a square."""
    (total,) = node.args
    if total.op is not ADD or not total.is_real:
        return None
    for first, second in (total.args, total.args[::-1]):
        y = squared(second)
        if y is None or y.dtype != node.dtype:
            continue
        x = first if first.constant == 1 else squared(first)
        if x is None and first.op is ADD and squared(first.args[1]) is not None:
            rest = _squares(first)
            x = apply(SQRT, first) if rest else None
        if x is not None and x.dtype == node.dtype:
            return apply(HYPOT, x, y)
    return None


def _squares(node: Node) -> bool:
    """Whether this is a sum of squares: the first terms are looked at."""
    for _ in range(8):
        if node.op is not ADD:
            break
        if squared(node.args[1]) is None:
            return False
        node = node.args[0]
    return squared(node) is not None or node.constant == 1


RULES = (root_of_square, norm, hypot)
