"""Methods of arrays that change them in place, or ask for numbers: each says what to write instead."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

from graphcomp.not_numbers import NotNumbers

_VALUES = "a symbolic node has no numbers yet; evaluate the graph first"
_ENTRIES = "nodes are immutable: write y = x.at[i].set(v)"
_FLOATS = "complex numbers are not supported"


class _Method(Protocol):
    def __call__(self, node: Any, *args: object, **settings: object) -> NoReturn: ...


def _refused(name: str, remedy: str) -> _Method:
    def method(node: NotNumbers, *_args: object, **_settings: object) -> NoReturn:
        raise node._no_number(f"an array with .{name}()", remedy)  # noqa: SLF001

    method.__name__ = name
    method.__doc__ = f"Refused: {remedy}."
    return method


class RefusedMethods:
    """The methods of arrays that nodes can't have.

    >>> import graphcomp as gc
    >>> try:
    ...     gc.array("x", "n").sort()
    ... except gc.TracingError as error:
    ...     print(str(error).splitlines()[0])
    the symbolic node x can't be used as an array with .sort(): it would change x; use gc.sort(x)
    """

    __slots__ = ()

    sort = _refused("sort", "it would change x; use gc.sort(x)")
    partition = _refused("partition", "it would change x; use gc.sort(x)")
    argpartition = _refused("argpartition", "use x.argsort()")
    fill = _refused("fill", "it would change x; use gc.full_like(x, v)")
    put = _refused("put", _ENTRIES)
    itemset = _refused("itemset", _ENTRIES)
    setfield = _refused("setfield", _ENTRIES)
    resize = _refused("resize", "it would change x; use x.reshape(shape)")
    item = _refused("item", _VALUES)
    tolist = _refused("tolist", _VALUES)
    tobytes = _refused("tobytes", _VALUES)
    tofile = _refused("tofile", _VALUES)
    dump = _refused("dump", _VALUES)
    dumps = _refused("dumps", _VALUES)
    view = _refused("view", "a node has no memory; use x.astype(dtype) or x[...]")
    byteswap = _refused("byteswap", "a node has no memory")
    nonzero = _refused(
        "nonzero", "the size of the result depends on values; use gc.where(condition, x, y)"
    )
    compress = _refused(
        "compress", "the size of the result depends on values; use x[mask] with a mask of numbers"
    )
    choose = _refused("choose", "use gc.where or np.select")
    searchsorted = _refused("searchsorted", "count the smaller ones: np.sum(x < v[..., None], -1)")
    conj = _refused("conj", _FLOATS)
    conjugate = _refused("conjugate", _FLOATS)
