"""Sums, means, extremes and products over axes."""

from __future__ import annotations

from typing import Any

from graphcomp.node import Node, Operand, constant


def sum(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The sum over all axes, or over the given ones.

    >>> import graphcomp as gc
    >>> gc.sum(gc.array("A", "m n"), axis=0)
    <node sum(A, axis=0) float64 (n,)>
    """
    return constant(x).sum(axis, keepdims)


def mean(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The mean over all axes, or over the given ones.

    >>> import graphcomp as gc
    >>> gc.mean(gc.array("v", "n"))
    <node sum(v)/n float64 ()>
    """
    return constant(x).mean(axis, keepdims)


def max(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The largest entry; k equal largest entries get 1/k of the derivative each.

    >>> import graphcomp as gc
    >>> gc.max(gc.array("v", "n"))
    <node max(v) float64 ()>
    """
    return constant(x).max(axis, keepdims)


def min(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The smallest entry; k equal smallest entries get 1/k of the derivative each.

    >>> import graphcomp as gc
    >>> gc.min(gc.array("v", "n"))
    <node min(v) float64 ()>
    """
    return constant(x).min(axis, keepdims)


def prod(x: Operand, axis: Any = None, keepdims: bool = False) -> Node:
    """The product; its derivative is exact at zeros, as nothing is divided.

    >>> import graphcomp as gc
    >>> gc.prod(gc.array("v", "n"))
    <node prod(v, axis=0) float64 ()>
    """
    return constant(x).prod(axis, keepdims)


def squared_loss(prediction: Operand, target: Operand) -> Node:
    """Half the sum of squared differences.

    >>> import graphcomp as gc
    >>> gc.squared_loss(gc.array("p", "n"), gc.array("y", "n"))
    <node 0.5*sum((p - y)**2) float64 ()>
    """
    return 0.5 * ((constant(prediction) - target) ** 2).sum()
