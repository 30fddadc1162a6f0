"""NumPy's reductions with its options `where`, the entries that count, and `initial`, to begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphcomp.errors import InputError, with_user_line
from graphcomp.functions import reductions
from graphcomp.functions.elementwise import maximum, minimum
from graphcomp.node import Node, Operand, apply, constant
from graphcomp.ops.comparison import WHERE


def _counting(x: Operand, where: Any, neutral: Any) -> Node:
    """x with the neutral number for entries that do not count."""
    node = constant(x)
    return node if where is True else apply(WHERE, where, node, constant(neutral, node.dtype))


def masked_sum(
    x: Operand, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Node:
    """The sum of the entries that count, and of the initial value.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> masked_sum(x, where=x > 0)
    <node sum(where(x > 0, x, 0)) float64 ()>
    """
    found = reductions.sum(_counting(x, where, 0), axis, keepdims)
    return found if initial is None else found + initial


def masked_prod(
    x: Operand, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Node:
    """The product of the entries that count, and of the initial value.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> masked_prod(x, where=x > 0)
    <node prod(where(x > 0, x, 1), axis=0) float64 ()>
    """
    found = reductions.prod(_counting(x, where, 1), axis, keepdims)
    return found if initial is None else found * initial


def masked_mean(x: Operand, axis: Any = None, keepdims: bool = False, where: Any = True) -> Node:
    """The mean of the entries that count; NaN if there are none.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> masked_mean(x, where=x > 0).shape
    ()
    """
    node = constant(x)
    if where is True:
        return reductions.mean(node, axis, keepdims)
    dtype = node.dtype if node.is_real else "float64"
    count = constant(where).broadcast_to(node.shape).astype(dtype)
    return masked_sum(node, axis, keepdims, where=where) / reductions.sum(count, axis, keepdims)


def masked_max(
    x: Operand, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Node:
    """The largest of the entries that count and of the initial value, which `where` needs.

    Raises:
        InputError: where without initial.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> masked_max(x, initial=0.0)
    <node max(max(x), 0) float64 ()>
    """
    return _extreme("max", reductions.max, maximum)(x, axis, keepdims, initial, where)


def masked_min(
    x: Operand, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Node:
    """The smallest of the entries that count and of the initial value, which `where` needs.

    Raises:
        InputError: where without initial.

    >>> import graphcomp as gc
    >>> x = gc.array("x", "n")
    >>> masked_min(x, initial=0.0)
    <node min(min(x), 0) float64 ()>
    """
    return _extreme("min", reductions.min, minimum)(x, axis, keepdims, initial, where)


def _extreme(
    name: str, over: Callable[..., Node], pair: Callable[[Operand, Operand], Node]
) -> Callable[..., Node]:
    def reduce(x: Operand, axis: Any, keepdims: bool, initial: Any, where: Any) -> Node:
        if initial is None and where is not True:
            msg = f"np.{name}: where= needs initial=, the value if no entry counts"
            raise InputError(with_user_line(msg))
        if initial is None:
            return over(x, axis, keepdims)
        return pair(over(_counting(x, where, initial), axis, keepdims), initial)

    return reduce
