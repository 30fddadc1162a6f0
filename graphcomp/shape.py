"""Shapes: tuples of integers and symbolic dimensions.

A dimension is an `int` or a SymPy expression over positive integer symbols ("n", "2*n", "n + 1").
Dimensions are never guessed: where equality can't be decided, that is an error that names both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TypeAlias

import numpy as np
import sympy

from graphcomp.errors import DTypeError, ShapeError
from graphcomp.names import check_name

Dim: TypeAlias = int | sympy.Expr
Shape: TypeAlias = tuple[Dim, ...]

MAX_RANK = 32
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//"}
_KINDS = "bif"

BOOL, INT, FLOAT = np.dtype(bool), np.dtype(np.int64), np.dtype(np.float64)


@cache
def dimension_symbol(name: str) -> sympy.Symbol:
    """The positive integer symbol that stands for the dimension `name`."""
    return sympy.Symbol(check_name(name, "dimension"), integer=True, positive=True)


def parse_shape(shape: object) -> Shape:
    """A shape from text ("m n", "2*n n+1", ""), an int, or a sequence of dimensions.

    Raises:
        ShapeError: the text is no list of dimensions, or a dimension is negative.

    >>> parse_shape("m 2*n 3")
    (m, 2*n, 3)
    >>> parse_shape(())
    ()
    """
    if isinstance(shape, str):
        tokens: Sequence[object] = shape.replace(",", " ").strip("() ").split()
    elif isinstance(shape, (int, np.integer, sympy.Expr)) and not isinstance(shape, bool):
        tokens = (shape,)
    elif isinstance(shape, Iterable):
        tokens = tuple(shape)
    else:
        msg = f"a shape is text such as 'm n', or a tuple of dimensions, not {shape!r}"
        raise ShapeError(msg)
    if len(tokens) > MAX_RANK:
        msg = f"a shape has at most {MAX_RANK} dimensions, this one has {len(tokens)}"
        raise ShapeError(msg)
    return tuple(parse_dimension(token) for token in tokens)


def parse_dimension(token: object) -> Dim:
    """One dimension, from an int, a name, arithmetic text or a SymPy expression of dimensions."""
    if isinstance(token, str):
        return _parse_text(token)
    if isinstance(token, (int, np.integer)) and not isinstance(token, bool):
        if token < 0:
            msg = f"a dimension can't be negative: {token}"
            raise ShapeError(msg)
        return int(token)
    if isinstance(token, sympy.Expr):
        return _as_dim(token)
    msg = f"a dimension is an int or a name, not {token!r}"
    raise ShapeError(msg)


@lru_cache(maxsize=4096)
def _parse_text(text: str) -> Dim:
    problem = f"dimension {text[:60]!r} is neither a number, a name, nor +, -, *, // of such"
    if len(text) > 200:
        raise ShapeError(problem)
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ShapeError(problem) from None

    def convert(node: ast.expr) -> Dim:
        match node:
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return number
            case ast.Name(id=name):
                return dimension_symbol(name)
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                return combine(_OPERATORS[type(operator)], convert(left), convert(right))
        raise ShapeError(problem)

    return parse_dimension(convert(tree))


def combine(operator: str, a: Dim, b: Dim) -> Dim:
    """a + b, a - b, a * b or a // b on dimensions."""
    if isinstance(a, int) and isinstance(b, int):
        return {"+": a + b, "-": a - b, "*": a * b}[operator] if operator != "//" else a // b
    left, right = sympy.sympify(a), sympy.sympify(b)  # numbers and expressions, never text
    results = {"+": left + right, "-": left - right, "*": left * right}
    return _as_dim(results[operator] if operator in results else sympy.floor(left / right))


def _as_dim(expression: sympy.Expr) -> Dim:
    expression = sympy.expand(expression)
    return int(expression) if expression.is_Integer else expression


def known_equal(a: Dim, b: Dim) -> bool | None:
    """True or False where it can be decided for all values of the symbols, None where it can't.

    >>> n = dimension_symbol("n")
    >>> known_equal(2 * n, n + n), known_equal(n, n + 1), known_equal(n, 3)
    (True, False, None)
    """
    if a is b:
        return True
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return _decide_equal(a, b)


@lru_cache(maxsize=4096)
def _decide_equal(a: Dim, b: Dim) -> bool | None:
    difference = sympy.expand(sympy.sympify(a) - sympy.sympify(b))
    if difference.is_zero:
        return True
    return False if difference.is_number or difference.is_nonzero else None


def same_shape(a: Shape, b: Shape) -> bool:
    """Whether both shapes are known to be equal."""
    return a is b or (
        len(a) == len(b) and all(known_equal(p, q) for p, q in zip(a, b, strict=True))
    )


def require_same(what: str, a: Dim, b: Dim, detail: str) -> None:
    """Raise unless dimensions `a` and `b` are known to be equal.

    Raises:
        ShapeError: naming the op, both dimensions, and the detail (usually both shapes).
    """
    verdict = known_equal(a, b)
    if verdict is True:
        return
    if verdict is False or (isinstance(a, int) and isinstance(b, int)):
        msg = f"{what} {a} and {b} differ: {detail}"
    else:
        msg = f"{what} {a} and {b} differ, or can't be shown to be equal: {detail}"
    raise ShapeError(msg)


def broadcast_shape(op: str, *shapes: Shape) -> Shape:
    """The shape that the arguments of an elementwise op broadcast to, by NumPy's rules.

    Raises:
        ShapeError: naming the op, the two dimensions and all shapes.

    >>> broadcast_shape("add", parse_shape("m 1"), parse_shape("n"))
    (m, n)
    """
    first = shapes[0]
    if shapes.count(first) == len(shapes):
        return first
    rank = max(map(len, shapes))
    result: list[Dim] = []
    for axis in range(-rank, 0):
        dim: Dim = 1
        for shape in shapes:
            if -axis > len(shape) or shape[axis] == 1:
                continue
            if dim == 1:
                dim = shape[axis]
            else:
                listed = " and ".join(format_shape(s) for s in shapes)
                require_same(f"{op}: dimensions", dim, shape[axis], f"{listed} do not broadcast")
        result.append(dim)
    return tuple(result)


def normal_axis(axis: object, rank: int, op: str) -> int:
    """`axis` counted from the front.

    Raises:
        ShapeError: not an int, or out of range.
    """
    if not isinstance(axis, (int, np.integer)) or isinstance(axis, bool):
        msg = f"{op}: axis must be an int, not {axis!r}"
        raise ShapeError(msg)
    if not -rank <= axis < rank:
        msg = f"{op}: axis {axis} is out of range for an array with {rank} dimensions"
        raise ShapeError(msg)
    return int(axis) % rank


def normal_axes(axis: object, rank: int, op: str) -> tuple[int, ...]:
    """All axes (None), one, or several, sorted and counted from the front."""
    if axis is None:
        return tuple(range(rank))
    if not isinstance(axis, (tuple, list)):
        return (normal_axis(axis, rank, op),)
    axes = tuple(sorted(normal_axis(a, rank, op) for a in axis))
    if len(set(axes)) != len(axes):
        msg = f"{op}: axis {axis!r} names an axis twice"
        raise ShapeError(msg)
    return axes


def size_of(shape: Iterable[Dim]) -> Dim:
    """The number of elements: the product of the dimensions."""
    total: Dim = 1
    for dim in shape:
        total = combine("*", total, dim)
    return total


def format_shape(shape: Shape) -> str:
    """As Python prints a tuple: (), (n,), (m, n)."""
    listed = ", ".join(str(dim) for dim in shape)
    return f"({listed},)" if len(shape) == 1 else f"({listed})"


def dimension_names(shapes: Iterable[Shape]) -> tuple[str, ...]:
    """The names of the symbols in the shapes, in order of first appearance."""
    names: dict[str, None] = {}
    for shape in shapes:
        for dim in shape:
            if not isinstance(dim, int):
                names.update(dict.fromkeys(sorted(symbol.name for symbol in dim.free_symbols)))
    return tuple(names)


def resolve_dimension(dim: Dim, sizes: Mapping[str, int]) -> int:
    """The number that a dimension has when its symbols have these sizes."""
    if isinstance(dim, int):
        return dim
    return int(dim.subs({symbol: sizes[symbol.name] for symbol in dim.free_symbols}))


def check_dtype(dtype: object) -> np.dtype[np.generic]:
    """The NumPy dtype for `dtype`, one of bool, integer or float.

    Raises:
        DTypeError: complex and everything else is refused.
    """
    try:
        result = np.dtype(dtype)  # type: ignore[call-overload]
    except TypeError:
        msg = f"{dtype!r} is not a dtype; use 'float64', 'float32', 'int64', 'bool', ..."
        raise DTypeError(msg) from None
    if result.kind not in _KINDS:
        kind = "complex numbers are" if result.kind == "c" else f"dtype {result} is"
        msg = f"{kind} not supported; use real floats, integers or booleans"
        raise DTypeError(msg)
    native: np.dtype[np.generic] = result.newbyteorder("=")
    return native
