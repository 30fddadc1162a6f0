"""The methods of arrays that are functions of NumPy: each calls the function, which a node answers.

So `node.trace()` is `np.trace(node)`, as it is for arrays, and what it means is said in one place.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: As the protocols have it: any argument that answers; NumPy's annotations know arrays alone.
_NUMPY: Any = np


class ArrayMethods:
    """Methods that an ordinary function may call on its arguments.

    >>> import graphcomp as gc
    >>> gc.array("A", "n n").trace()
    <node sum(diagonal(A)) float64 ()>
    """

    __slots__ = ()

    def ravel(self) -> Any:
        """All entries in one row."""
        return _NUMPY.ravel(self)

    def flatten(self) -> Any:
        """All entries in one row."""
        return _NUMPY.ravel(self)

    def copy(self) -> Any:
        """The node itself, as nodes never change."""
        return self

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return _NUMPY.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of size 1."""
        return _NUMPY.squeeze(self, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """A diagonal of the matrices that two axes span, as a new last axis."""
        return _NUMPY.diagonal(self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The sum over a diagonal."""
        return _NUMPY.trace(self, offset, axis1, axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Every entry so many times in a row."""
        return _NUMPY.repeat(self, repeats, axis)

    def take(self, indices: Any, axis: int | None = None) -> Any:
        """The entries at integer indices."""
        return _NUMPY.take(self, indices, axis)

    def argsort(self, axis: int | None = -1) -> Any:
        """The places of the entries in ascending order."""
        return _NUMPY.argsort(self, axis)

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """The index of the largest entry, the first of equal ones."""
        return _NUMPY.argmax(self, axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Any:
        """The index of the smallest entry, the first of equal ones."""
        return _NUMPY.argmin(self, axis, keepdims=keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether all entries hold."""
        return _NUMPY.all(self, axis, keepdims=keepdims)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether at least one entry holds."""
        return _NUMPY.any(self, axis, keepdims=keepdims)

    def var(self, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
        """The variance: the mean square of the deviations, divided by n - ddof."""
        return _NUMPY.var(self, axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
        """The standard deviation."""
        return _NUMPY.std(self, axis, ddof=ddof, keepdims=keepdims)

    def cumsum(self, axis: int | None = None) -> Any:
        """The running sum along an axis, or over all entries."""
        return _NUMPY.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Any:
        """The running product along an axis, or over all entries."""
        return _NUMPY.cumprod(self, axis)

    def clip(self, min: Any = None, max: Any = None) -> Any:  # noqa: A002  (NumPy's names)
        """Every entry, but at least `min` and at most `max`."""
        return _NUMPY.clip(self, min, max)

    def round(self, decimals: int = 0) -> Any:
        """Every entry rounded to so many decimals, halves to even."""
        return _NUMPY.round(self, decimals)

    @property
    def real(self) -> Any:
        """The node itself: there are no complex numbers here."""
        return self

    @property
    def flat(self) -> Any:
        """All entries in one row; read only."""
        return _NUMPY.ravel(self)

    # ------------------------------------------------------------ what Python's functions call

    def __round__(self, decimals: int = 0) -> Any:
        return self.round(decimals)

    def __floor__(self) -> Any:
        return _NUMPY.floor(self)

    def __ceil__(self) -> Any:
        return _NUMPY.ceil(self)

    def __trunc__(self) -> Any:
        return _NUMPY.trunc(self)

    def __divmod__(self, other: Any) -> Any:
        return _NUMPY.floor_divide(self, other), _NUMPY.remainder(self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return _NUMPY.floor_divide(other, self), _NUMPY.remainder(other, self)

    # conditions: & is "and", as for arrays; numbers have no bits here

    def __and__(self, other: Any) -> Any:
        return _NUMPY.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Any:
        return _NUMPY.bitwise_and(other, self)

    def __or__(self, other: Any) -> Any:
        return _NUMPY.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Any:
        return _NUMPY.bitwise_or(other, self)

    def __xor__(self, other: Any) -> Any:
        return _NUMPY.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Any:
        return _NUMPY.bitwise_xor(other, self)

    def __invert__(self) -> Any:
        return _NUMPY.invert(self)
