"""The methods of arrays that are functions of NumPy: each calls the function, which a node answers.

So `node.trace()` is `np.trace(node)`, as it is for arrays, and what it means is said in one place.
"""

from __future__ import annotations

from typing import Any

import numpy as np


class ArrayMethods:
    """Methods that an ordinary function may call on its arguments.

    >>> import graphcomp as gc
    >>> gc.array("A", "n n").trace()
    <node sum(diagonal(A)) float64 ()>
    """

    __slots__ = ()

    def ravel(self) -> Any:
        """All entries in one row."""
        return np.ravel(self)  # type: ignore[call-overload]

    def flatten(self) -> Any:
        """All entries in one row."""
        return np.ravel(self)  # type: ignore[call-overload]

    def copy(self) -> Any:
        """The node itself, as nodes never change."""
        return self

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged."""
        return np.swapaxes(self, axis1, axis2)  # type: ignore[call-overload]

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of size 1."""
        return np.squeeze(self, axis)  # type: ignore[call-overload]

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """A diagonal of the matrices that two axes span, as a new last axis."""
        return np.diagonal(self, offset, axis1, axis2)  # type: ignore[call-overload]

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The sum over a diagonal."""
        return np.trace(self, offset, axis1, axis2)  # type: ignore[call-overload]

    def repeat(self, repeats: Any, axis: int | None = None) -> Any:
        """Every entry so many times in a row."""
        return np.repeat(self, repeats, axis)  # type: ignore[call-overload]

    def take(self, indices: Any, axis: int | None = None) -> Any:
        """The entries at integer indices."""
        return np.take(self, indices, axis)  # type: ignore[call-overload]

    def argsort(self, axis: int | None = -1) -> Any:
        """The places of the entries in ascending order."""
        return np.argsort(self, axis)  # type: ignore[arg-type]
