"""Pieces of source text, and the dtypes that NumPy gives to what they are put together to."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import sympy

from graphcomp.node import Node
from graphcomp.op import ATOM, DType, Form, Op, Params
from graphcomp.shape import Shape

NOTHING: frozenset[str] = frozenset()


class Piece(NamedTuple):  # not a dataclass: there are very many of them, and these are made faster
    """The source of a value.

    Attributes:
        text: the expression.
        precedence: its binding strength.
        shape: that NumPy will find it to have: the node's own, or one that broadcasts to it.
        dtype: of the value.
        reads: the variables that it reads.
        roots: the variables whose memory it may share; none for a fresh value.
        frozen: whether it is a view that can't be written to.
        number: whether it is a Python number, not an array or NumPy scalar.
        dims: the named dimensions that it reads.
        unsigned: whether it begins with a condition, which takes no sign in front.
    """

    text: str
    precedence: int
    shape: Shape
    dtype: DType
    reads: frozenset[str] = NOTHING
    roots: frozenset[str] = NOTHING
    frozen: bool = False
    number: bool = False
    dims: frozenset[str] = NOTHING
    unsigned: bool = False

    @staticmethod
    def scalar(
        text: str, precedence: int, dtype: DType, reads: frozenset[str], roots: frozenset[str]
    ) -> Piece:
        """One without shape and dimensions, as there are most of: made even faster."""
        return _new(
            Piece, (text, precedence, (), dtype, reads, roots, False, False, NOTHING, False)
        )

    def at_least(self, precedence: int) -> str:
        """The text, in parentheses if it binds weaker than that."""
        return f"({self.text})" if self.precedence < precedence else self.text

    @property
    def is_name(self) -> bool:
        """Whether this is a variable and nothing else."""
        return len(self.reads) == 1 and self.text in self.reads


_new = tuple.__new__


def number_source(node: Node, module: str) -> str:
    """A number as source that gives it back exactly."""
    array = node.param("value").array
    return float_source(array[()], module) if array.dtype.kind == "f" else repr(array.item())


def float_source(value: Any, module: str) -> str:
    """A float with all its digits, in its own precision.

    >>> (
    ...     float_source(0.1, "np"),
    ...     float_source(float("-inf"), "np"),
    ...     float_source(np.float32(0.1), "np"),
    ... )
    ('0.1', '-np.inf', '0.1')
    """
    if np.isnan(value):
        return f"{module}.nan"
    if np.isinf(value):
        return f"{module}.inf" if value > 0 else f"-{module}.inf"
    return repr(float(value)) if isinstance(value, float) else repr(float(str(value)))


#: The dtypes that Python numbers have as arrays.
DEFAULTS = {np.dtype(float), np.dtype(np.int64), np.dtype(bool)}
_WEAK = {"f": 0.0, "i": 0, "b": False}


def strong_numbers(pieces: list[Piece]) -> list[Piece]:
    """Python numbers given a dtype where NumPy's promotion would not give them theirs."""
    dtypes = tuple(piece.dtype for piece in pieces if not piece.number)
    if not dtypes:
        return [strong(pieces[0]), *pieces[1:]]
    weak = tuple(piece.dtype for piece in pieces if piece.number)
    if _same_promotion(dtypes, weak):
        return pieces
    return [strong(piece) if piece.number else piece for piece in pieces]


def strong(piece: Piece) -> Piece:
    """A Python number as a NumPy scalar of its dtype."""
    inner = piece.text[6:-1] if piece.text.startswith("float(") else piece.text
    return piece._replace(text=f"np.{piece.dtype}({inner})", precedence=ATOM, number=False)


@lru_cache(maxsize=1024)
def _same_promotion(strong: tuple[DType, ...], weak: tuple[DType, ...]) -> bool:
    numbers = [_WEAK[dtype.kind] for dtype in weak]
    return bool(np.result_type(*strong, *numbers) == np.result_type(*strong, *weak))


def natural_dtype(node: Node) -> DType:
    """The dtype that NumPy gives the result by itself."""
    dtypes = tuple(arg.dtype for arg in node.args)
    if node.op.form is Form.BROADCAST or all(d == node.dtype and d.kind == "f" for d in dtypes):
        return node.dtype
    if any(isinstance(value, (sympy.Expr, tuple)) for _, value in node.params):
        return node.dtype
    return _evaluated_dtype(node.op, node.params, dtypes, tuple(arg.ndim for arg in node.args))


@lru_cache(maxsize=4096)
def _evaluated_dtype(
    op: Op, params: Params, dtypes: tuple[DType, ...], ranks: tuple[int, ...]
) -> DType:
    arrays = [np.ones((1,) * rank, dtype) for rank, dtype in zip(ranks, dtypes, strict=True)]
    with np.errstate(all="ignore"):
        result: DType = np.asarray(op.evaluate(*arrays, **dict(params))).dtype
    return result
