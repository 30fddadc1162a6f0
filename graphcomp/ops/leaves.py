"""Inputs, constants, and nodes that name or measure."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphcomp.op import ATOM, UNARY, DType, Form, Kind, Op, Sample, Spelling, first_dtype
from graphcomp.ops.spell import call
from graphcomp.ops.wording import in_latex
from graphcomp.shape import Dim, Shape


class Value:
    """An immutable constant array; equality and hash are those of its dtype, shape and bits.

    Attributes:
        array: the entries, not writable.
        number: the entry as a Python number, if the array has no dimensions; else None.
    """

    __slots__ = ("_hash", "_key", "array", "number")

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = np.array(array, order="C")
        self.array.setflags(write=False)
        self.number: float | None = self.array.item() if self.array.ndim == 0 else None
        self._key = (self.array.dtype.str, self.array.shape, self.array.tobytes())
        self._hash = hash(self._key)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Value) and self._key == other._key)

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Value({self.array.dtype}, {self.array.shape})"


def _no_value(**_params: object) -> None:
    msg = "an input has no value of its own"
    raise AssertionError(msg)


def _given_shape(*, shape: Shape, **_params: object) -> Shape:
    return shape


def _given_dtype(*, dtype: str, **_params: object) -> DType:
    return np.dtype(dtype)


def _input_text(_count: int, *, name: str, **_params: object) -> Spelling:
    return Spelling(name)


INPUT = Op(
    name="input",
    kind=Kind.LEAF,
    form=Form.LEAF,
    arity=0,
    evaluate=_no_value,
    shape=_given_shape,
    dtype=_given_dtype,
    spell=dict.fromkeys(("text", "numpy", "math"), _input_text) | {"latex": in_latex(_input_text)},
)


def _constant_text(_count: int, *, value: Value) -> Spelling:
    array = value.array
    if array.ndim:
        return Spelling(f"constant{list(array.shape)}")
    item = array.item()
    if isinstance(item, float) and item.is_integer() and abs(item) < 1e15:
        item = int(item)
    return Spelling(repr(item), UNARY if repr(item).startswith("-") else ATOM)


CONSTANT = Op(
    name="constant",
    kind=Kind.LEAF,
    form=Form.LEAF,
    arity=0,
    evaluate=lambda value: value.array,
    shape=lambda *, value: value.array.shape,
    dtype=lambda *, value: value.array.dtype,
    spell={"text": _constant_text, "latex": in_latex(_constant_text)},
)

LET = Op(
    name="let",
    kind=Kind.LINEAR,
    why="a name changes nothing",
    form=Form.NAMED,
    evaluate=lambda x, name: x,
    dtype=first_dtype,
    view=True,
    transpose=lambda _index, ct, _x, **_params: ct,
    batch=lambda _size, args, _batched, **_params: args[0],
    samples=(Sample(((3, 2),), {"name": "h"}),),
)

STOP_GRADIENT = Op(
    name="stop_gradient",
    kind=Kind.DISCRETE,
    form=Form.CALL,
    evaluate=np.copy,
    dtype=first_dtype,
    broadcasts=True,
    view=True,
    spell=call("stop_gradient", numpy="{0}", math="{0}"),
    kink="derivative 0 everywhere, on purpose",
)


def _dimension_text(_count: int, *, size: Dim, **_params: object) -> Spelling:
    return Spelling(str(size), ATOM if size.is_Symbol else 0)  # type: ignore[union-attr]


def _dimension_python(_count: int, *, size: Dim, **_params: object) -> Spelling:
    return Spelling(f"float({size})")


DIMENSION = Op(
    name="dimension",
    kind=Kind.LEAF,
    form=Form.LEAF,
    arity=0,
    evaluate=lambda size, dtype: np.asarray(size, dtype=dtype),
    shape=lambda **_params: (),
    dtype=_given_dtype,
    spell={"text": _dimension_text, "latex": in_latex(_dimension_text)}
    | dict.fromkeys(("numpy", "math"), _dimension_python),
)


def _identity_numpy(_count: int, *, size: Dim, dtype: str) -> Spelling:
    return Spelling(
        f"np.eye({size}, dtype=np.{dtype})" if dtype != "float64" else f"np.eye({size})"
    )


IDENTITY = Op(
    name="identity",
    kind=Kind.LEAF,
    form=Form.LEAF,
    arity=0,
    evaluate=lambda size, dtype: np.eye(size, dtype=dtype),
    shape=lambda *, size, **_params: (size, size),
    dtype=_given_dtype,
    spell={
        "text": Spelling("I"),
        "latex": Spelling("I"),
        "numpy": _identity_numpy,
    },
)
