"""Special functions, named as in scipy.special; generated code does not need SciPy for them."""

from __future__ import annotations

from graphcomp.node import Node, Operand, apply
from graphcomp.ops.special import ERF, ERFC, GAMMALN, POLYGAMMA
from graphcomp.ops.transcendental import SIGMOID


def expit(x: Operand) -> Node:
    """1/(1 + exp(-x)), the sigmoid.

    >>> import graphcomp as gc
    >>> gc.expit(gc.scalar("x"))
    <node sigmoid(x) float64 ()>
    """
    return apply(SIGMOID, x)


def erf(x: Operand) -> Node:
    """The error function.

    >>> import graphcomp as gc
    >>> gc.erf(gc.scalar("x"))
    <node erf(x) float64 ()>
    """
    return apply(ERF, x)


def erfc(x: Operand) -> Node:
    """1 - erf(x), with all its digits for large x.

    >>> import graphcomp as gc
    >>> gc.erfc(gc.scalar("x"))
    <node erfc(x) float64 ()>
    """
    return apply(ERFC, x)


def gammaln(x: Operand) -> Node:
    """The logarithm of the absolute value of the gamma function.

    >>> import graphcomp as gc
    >>> gc.gammaln(gc.scalar("x"))
    <node gammaln(x) float64 ()>
    """
    return apply(GAMMALN, x)


def digamma(x: Operand) -> Node:
    """The derivative of `gammaln`.

    >>> import graphcomp as gc
    >>> gc.digamma(gc.scalar("x"))
    <node digamma(x) float64 ()>
    """
    return apply(POLYGAMMA, x, order=0)
