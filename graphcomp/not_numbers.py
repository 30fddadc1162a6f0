"""What a symbolic node is not: a number, an array in memory, something to write to.

Python and NumPy ask for such things without being seen to; each gets one error that names the node,
the user's own line, and what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from sympy.core.sympify import SympifyError

from graphcomp.errors import TracingError, assigns_an_entry, library_call, with_user_line
from graphcomp.refusals import is_known, remedy
from graphcomp.shape import Shape
from graphcomp.spelling import spell


class NotNumbers:
    """The protocols that a node refuses.

    >>> import math
    >>> import graphcomp as gc
    >>> try:
    ...     math.exp(gc.scalar("x"))
    ... except gc.TracingError as error:
    ...     print(str(error).splitlines()[0][:52])
    the symbolic node x can't be used as float(): use th
    """

    __slots__ = ()

    shape: Shape

    def __bool__(self) -> bool:
        raise self._no_number(
            "bool()",
            "use graphcomp.where(condition, a, b) instead of if, and, or, not, max(), min()",
        )

    def __float__(self) -> float:
        if assigns_an_entry():
            raise self._no_entry()
        raise self._no_number(
            "float()", "use the graphcomp or NumPy function (gc.exp, np.exp) instead of math.exp"
        )

    def __int__(self) -> int:
        if assigns_an_entry():
            raise self._no_entry()
        raise self._no_number(
            "int()", "a symbolic node has no number yet; evaluate the graph first"
        )

    def __eq__(self, other: object) -> bool:
        """Whether both are the same node; a node is never equal to a number."""
        if isinstance(other, (int, float, np.generic, np.ndarray)):
            raise self._no_number(
                f"an operand of == or != with {type(other).__name__}",
                "== between nodes is identity: write np.equal(x, y), np.not_equal(x, y)",
            )
        return self is other

    __hash__ = object.__hash__

    def __index__(self) -> int:
        raise self._no_number("an index", "indices must be Python ints here")

    def __complex__(self) -> complex:
        raise self._no_number("complex()", "complex numbers are not supported")

    def _sympy_(self) -> NoReturn:
        """No SymPy expression: so SymPy leaves ``dimension * node`` to the node."""
        msg = f"{self!r} is no SymPy expression: use graphcomp's or NumPy's functions on it"
        raise SympifyError(msg)

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray[Any, Any]:
        if assigns_an_entry():
            raise self._no_entry()
        if is_known(called := library_call()):
            raise self._no_argument_of(called)
        raise self._no_number(
            "a NumPy array",
            "build an array out of nodes with gc.stack([...]) or gc.numpy.array(...)",
        )

    def __setitem__(self, key: object, value: object) -> None:
        raise self._no_number(
            "an array to be written to",
            "nodes are immutable: write y = x.at[i].set(v), or .add(v), or use gc.where",
        )

    def __len__(self) -> int:
        if not self.shape:
            msg = "len() of a node without dimensions"
            raise TypeError(msg)
        length = self.shape[0]
        if not isinstance(length, int):
            raise self._no_number("len()", f"dimension {length} has no number yet")
        return length

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            msg = "iteration over a node without dimensions"
            raise TypeError(msg)
        length = self.shape[0]
        if not isinstance(length, int):
            raise self._no_number(
                "a sequence",
                f"dimension {length} has no number yet: use array operations, or an int in the shape",
            )
        return (self[i] for i in range(length))  # type: ignore[index]

    def __contains__(self, item: object) -> bool:
        raise self._no_number("a container", "'in' needs numbers")

    def _no_entry(self) -> TracingError:
        return self._no_number(
            "an entry of a NumPy array",
            "build the array with gc.stack([...]), or begin with x = gc.numpy.zeros(shape) "
            "and write x = x.at[i].set(v)",
        )

    def _no_argument_of(self, name: str) -> TracingError:
        """What the user's line called counts, if that is known: a library may have called on."""
        called = library_call()
        name = called if is_known(called) else name
        return self._no_number(f"an argument of {name}", remedy(name))

    def _no_number(self, what: str, remedy: str) -> TracingError:
        text, _ = spell(self, "text", lambda _node: None, limit=12)
        msg = f"the symbolic node {text} can't be used as {what}: {remedy}"
        return TracingError(with_user_line(msg))
