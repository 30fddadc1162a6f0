"""The one node type: an immutable, interned application of an op to nodes.

Structurally equal nodes are the same object, so equality is identity, common subexpressions are
shared by construction, and comparing graphs needs no walk. Nothing here recurses over a graph.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import cache, lru_cache, reduce
from typing import Any, NoReturn, TypeAlias, cast

import numpy as np
import sympy

from graphcomp.array_methods import ArrayMethods
from graphcomp.errors import (
    DTypeError,
    GraphcompError,
    InputError,
    TracingError,
    user_line,
    with_user_line,
)
from graphcomp.numpy_protocol import NumpyProtocol
from graphcomp.op import DType, Form, Op, Params
from graphcomp.ops.arithmetic import ADD, DIV, FLOOR_DIVIDE, MOD, MUL, NEG, RECIPROCAL, SUB
from graphcomp.ops.comparison import GREATER, GREATER_EQUAL, LESS, LESS_EQUAL
from graphcomp.ops.contraction import MATMUL
from graphcomp.ops.leaves import CONSTANT, DIMENSION, INPUT, Value
from graphcomp.ops.piecewise import ABS
from graphcomp.ops.powers import POWER, SQUARE, VARYING_POWER
from graphcomp.ops.reductions import MAX, MIN, PROD, SUM
from graphcomp.ops.selecting import Updates, is_advanced, select
from graphcomp.ops.shaping import BROADCAST, CAST, GETITEM, RESHAPE, TRANSPOSE, normal_index
from graphcomp.refused_methods import RefusedMethods
from graphcomp.shape import (
    FLOAT,
    Dim,
    Shape,
    broadcast_shape,
    check_dtype,
    combine,
    format_shape,
    normal_axes,
    parse_shape,
    size_of,
)
from graphcomp.spelling import spell

Operand: TypeAlias = "Node | float | int | bool | np.ndarray[Any, Any] | np.generic"

#: The scope that nodes are created in, a path such as "encoder/layer1".
current_scope: ContextVar[str] = ContextVar("graphcomp_scope", default="")


class _Reference(weakref.ref["Node"]):
    __slots__ = ("key", "table")
    key: tuple[Any, ...]
    table: dict[tuple[Any, ...], _Reference]


#: By op, the nodes without parameters and scopes, by their arguments; under None all others, by
#: everything. A tuple of arguments is the node's own, so that a key costs no memory.
_interned: dict[Op | None, dict[tuple[Any, ...], _Reference]] = {None: {}}
_others = _interned[None]
_lock = threading.RLock()  # a node may die, and call `_forget`, inside of `_forget`


def _forget(reference: _Reference, lock: threading.RLock = _lock) -> None:
    # the lock as a default: when Python shuts down, the name may be gone before the last node
    with lock:  # between the look and the removal another node may take the place
        if reference.table.get(reference.key) is reference:
            del reference.table[reference.key]


class _Draft:
    """A node while it is being made: the one time when its attributes can be set."""

    __slots__ = ("__weakref__", "args", "dtype", "op", "params", "scope", "shape")

    op: Op
    args: tuple[Node, ...]
    params: Params
    shape: Shape
    dtype: DType
    scope: str


class Node(_Draft, NumpyProtocol, ArrayMethods, RefusedMethods):
    """One application of an op, immutable and interned; arithmetic on it builds a graph.

    Nodes behave like NumPy arrays in expressions (``+ - * / // % ** @``, comparisons, indexing,
    ``.T``, ``.sum()``...). ``==`` between nodes is identity: `graphcomp.equal` compares entries.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> 1 / (1 + gc.exp(-a * x))
    <node 1/(1 + exp(-a*x)) float64 ()>
    """

    __slots__ = ()
    __array_priority__ = 1000

    # ------------------------------------------------------------ what it is

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = f"nodes are immutable: can't set {name!r}"
        raise AttributeError(msg)

    def __repr__(self) -> str:
        text, _ = spell(self, "text", lambda _node: None, limit=40)
        return f"<node {text} {self.dtype} {format_shape(self.shape)}>"

    def __copy__(self) -> Node:
        return self

    def __deepcopy__(self, _memo: object) -> Node:
        return self

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> Dim:
        """The number of entries."""
        return size_of(self.shape)

    @property
    def is_real(self) -> bool:
        """Whether the dtype is floating: only such nodes have derivatives."""
        return self.dtype.kind == "f"

    @property
    def is_constant(self) -> bool:
        """Whether this is a literal constant, possibly broadcast."""
        return (self.args[0] if self.op is BROADCAST else self).op is CONSTANT

    @property
    def constant(self) -> float | None:
        """The number, if this is one number, possibly broadcast; else None."""
        if self.op is not CONSTANT and self.op is not BROADCAST:  # mostly
            return None
        node = self.args[0] if self.args else self
        value: Value | None = node.params[0][1] if node.op is CONSTANT else None
        return None if value is None else value.number

    def param(self, name: str) -> Any:
        """The parameter `name` of the op."""
        return dict(self.params)[name]

    # ------------------------------------------------------------ building

    def apply(self, op: Op, *others: Operand, **params: Any) -> Node:
        """`op` applied to this node and others."""
        return apply(op, self, *others, **params)

    def leaf(self, op: Op, *operands: Operand, **params: Any) -> Node:
        """A node that this one is no argument of, for rules that see nothing but nodes."""
        return apply(op, *operands, **params)

    def rebuild(self, args: Sequence[Node]) -> Node:
        """The same op with the same parameters on other arguments."""
        return intern(self.op, tuple(args), self.params, scope=self.scope)

    def __add__(self, other: Operand) -> Node:
        return apply(ADD, self, other)

    def __radd__(self, other: Operand) -> Node:
        return apply(ADD, other, self)

    def __sub__(self, other: Operand) -> Node:
        return apply(SUB, self, other)

    def __rsub__(self, other: Operand) -> Node:
        return apply(SUB, other, self)

    def __mul__(self, other: Operand) -> Node:
        return apply(MUL, self, other)

    def __rmul__(self, other: Operand) -> Node:
        return apply(MUL, other, self)

    def __truediv__(self, other: Operand) -> Node:
        return apply(DIV, self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        if isinstance(other, (int, float)) and other == 1:
            return apply(RECIPROCAL, self)
        return apply(DIV, other, self)

    def __floordiv__(self, other: Operand) -> Node:
        return apply(FLOOR_DIVIDE, self, other)

    def __rfloordiv__(self, other: Operand) -> Node:
        return apply(FLOOR_DIVIDE, other, self)

    def __mod__(self, other: Operand) -> Node:
        return apply(MOD, self, other)

    def __rmod__(self, other: Operand) -> Node:
        return apply(MOD, other, self)

    def __pow__(self, other: Operand) -> Node:
        return power(self, other)

    def __rpow__(self, other: Operand) -> Node:
        return power(other, self)

    def __matmul__(self, other: Operand) -> Node:
        return matmul(self, other)

    def __rmatmul__(self, other: Operand) -> Node:
        return matmul(other, self)

    def __neg__(self) -> Node:
        return apply(NEG, self)

    def __pos__(self) -> Node:
        return self

    def __abs__(self) -> Node:
        return apply(ABS, self)

    def __lt__(self, other: Operand) -> Node:
        return apply(LESS, self, other)

    def __le__(self, other: Operand) -> Node:
        return apply(LESS_EQUAL, self, other)

    def __gt__(self, other: Operand) -> Node:
        return apply(GREATER, self, other)

    def __ge__(self, other: Operand) -> Node:
        return apply(GREATER_EQUAL, self, other)

    def __getitem__(self, key: object) -> Node:
        if is_advanced(key):
            found: Node = _located(lambda: select(key, self.shape).of(self))
            return found
        return apply(GETITEM, self, index=_located(lambda: normal_index(key, self.shape)))

    @property
    def at(self) -> Updates:
        """``x.at[i].set(v)``, ``.add(v)``, ``.multiply(v)``: x with other entries there."""
        return Updates(self)

    def lift(self, value: Operand) -> Node:
        """A number or an array as a constant, for rules that see nothing but nodes."""
        return constant(value)

    @property
    def T(self) -> Node:
        """The transpose: all axes in reverse order."""
        return self.transpose()

    @property
    def mT(self) -> Node:
        """The matrix transpose: the last two axes swapped."""
        return self.transpose((*range(self.ndim - 2), self.ndim - 1, self.ndim - 2))

    def transpose(self, axes: Sequence[int] | None = None) -> Node:
        """The axes in the given order, in reverse by default."""
        order = tuple(range(self.ndim))[::-1] if axes is None else tuple(axes)
        if sorted(a % self.ndim if self.ndim else a for a in order) != list(range(self.ndim)):
            msg = f"transpose: {order} is no order of the axes of {format_shape(self.shape)}"
            raise _located_error(InputError(msg))
        order = tuple(int(a) % self.ndim for a in order)
        return self if order == tuple(range(self.ndim)) else apply(TRANSPOSE, self, axes=order)

    def reshape(self, *shape: Any) -> Node:
        """The same entries in another shape; one dimension may be -1."""
        wanted = shape[0] if len(shape) == 1 else shape
        new = _located(lambda: _fill_in(wanted, self.shape))
        return self if new == self.shape else apply(RESHAPE, self, shape=new)

    def broadcast_to(self, shape: Any) -> Node:
        """Broadcast to a shape, as NumPy does."""
        if isinstance(shape, tuple) and shape == self.shape:
            return self
        new = _located(lambda: parse_shape(shape))
        if new == self.shape:
            return self
        if _located(lambda: broadcast_shape("broadcast_to", self.shape, new)) != new:
            msg = f"broadcast_to: {format_shape(self.shape)} does not broadcast to {format_shape(new)}"
            raise _located_error(InputError(msg))
        return apply(BROADCAST, self, shape=new)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Node:
        """The sum over all axes, or over the given ones."""
        return self._reduce(SUM, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Node:
        """The largest entry over all axes, or over the given ones."""
        return self._reduce(MAX, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Node:
        """The smallest entry over all axes, or over the given ones."""
        return self._reduce(MIN, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Node:
        """The mean over all axes, or over the given ones."""
        axes = _located(lambda: normal_axes(axis, self.ndim, "mean"))
        total = self._reduce(SUM, axis, keepdims)
        count = size_of(self.shape[a] for a in axes)
        return total / count

    def prod(self, axis: Any = None, keepdims: bool = False) -> Node:
        """The product over all axes, or over the given ones."""
        axes = _located(lambda: normal_axes(axis, self.ndim, "prod"))
        if axes == tuple(range(self.ndim)):
            result = apply(PROD, self.reshape((self.size,)), axis=0)
        else:
            result = self
            for a in reversed(axes):
                result = apply(PROD, result, axis=a)
        kept = tuple(1 if i in axes else dim for i, dim in enumerate(self.shape))
        return result.reshape(kept) if keepdims else result

    def astype(self, dtype: Any) -> Node:
        """The same values in another dtype; derivatives pass between float dtypes."""
        name = _located(lambda: check_dtype(dtype)).name
        return self if name == self.dtype.name else apply(CAST, self, dtype=name)

    def dot(self, other: Operand) -> Node:
        """The matrix product, as ``@``."""
        return matmul(self, other)

    def _reduce(self, op: Op, axis: Any, keepdims: bool) -> Node:
        axes = _located(lambda: normal_axes(axis, self.ndim, op.name.removeprefix("reduce_")))
        if not axes:
            return self
        return apply(op, self, axes=axes, keepdims=bool(keepdims), rank=self.ndim)


# ---------------------------------------------------------------- creation


def intern(op: Op, args: tuple[Node, ...], params: Params = (), scope: str = "") -> Node:
    """The node for this application: the existing one, if there is one."""
    key: tuple[Any, ...]
    if params or scope:
        table, key = _others, (op, params, scope, args)
    else:
        table, key = _interned.get(op) or _interned.setdefault(op, {}), args
    reference = table.get(key)  # one operation, so safe without the lock
    if reference is not None:
        node = reference()
        if node is not None:
            return node
    draft = _Draft()
    draft.op, draft.args, draft.params, draft.scope = op, args, params, scope
    if params:
        keywords = dict(params)
        shapes, dtypes = [arg.shape for arg in args], [arg.dtype for arg in args]
        draft.shape, draft.dtype = op.shape(*shapes, **keywords), op.dtype(*dtypes, **keywords)
    else:
        shape = args[0].shape if args else ()
        if not op.broadcasts or (len(args) > 1 and (shape or args[1].shape or len(args) > 2)):
            shape = op.shape(*[arg.shape for arg in args])  # else one array, or two numbers
        draft.shape = shape
        for arg in args:
            if arg.dtype is not FLOAT:
                draft.dtype = _plain_dtype(op, *[arg.dtype for arg in args])
                break
        else:  # mostly, and dtypes are slow keys
            draft.dtype = _float_dtype(op, len(args))
    draft.__class__ = Node
    made = cast("Node", draft)
    own = _Reference(made, _forget)
    own.key, own.table = key, table
    while True:
        reference = table.setdefault(key, own)  # one operation too: one thread is the first
        node = made if reference is own else reference()
        if node is not None:
            return node
        _forget(reference)  # it is dead, but was not told so yet


@cache
def _float_dtype(op: Op, count: int) -> DType:
    return _plain_dtype(op, *[FLOAT] * count)


@cache
def _plain_dtype(op: Op, *dtypes: DType) -> DType:
    result: DType = op.dtype(*dtypes)
    return result


def apply(op: Op, *operands: Operand, **params: Any) -> Node:
    """`op` applied to nodes, numbers and arrays: lifted, broadcast, checked and interned.

    Raises:
        GraphcompError: the arguments do not fit the op; the message names the op, the shapes and
            the user's file and line.
    """
    try:
        if _alike(operands):
            args = cast("tuple[Node, ...]", operands)
        else:
            args = _lift_all(op, operands)
            if len(args) > 1 and not _alike(args):
                args = _cast_all(_broadcast_all(op, args) if op.broadcasts else args)
        return intern(op, args, tuple(params.items()) if params else (), current_scope.get())
    except GraphcompError as error:
        raise _located_error(error) from None


def constant(value: object, dtype: object = None) -> Node:
    """A constant node, from a number or an array, whose entries are copied.

    Raises:
        DTypeError: not real, integer or boolean numbers.

    >>> constant(2.5)
    <node 2.5 float64 ()>
    """
    if isinstance(value, Node):
        return value
    if type(value) is float and (dtype is None or dtype is FLOAT):
        return number(value, FLOAT)
    array = np.asarray(value, None if dtype is None else check_dtype(dtype))
    check_dtype(array.dtype)
    return intern(CONSTANT, (), (("value", Value(array)),))


def number(value: float, dtype: DType) -> Node:
    """A number as a constant of a dtype that is known to be supported.

    Raises:
        DTypeError: the number does not fit the dtype.

    >>> number(2, np.dtype("float32"))
    <node 2 float32 ()>
    """
    try:
        # 0.0 and -0.0 are equal, but not the same
        stored = _value(value, dtype) if value else Value(np.asarray(value, dtype))
    except OverflowError:
        msg = f"the constant {value} does not fit {dtype}"
        raise DTypeError(msg) from None
    return intern(CONSTANT, (), (("value", stored),))


@lru_cache(maxsize=1024)
def _value(value: float, dtype: DType) -> Value:
    return Value(np.asarray(value, dtype))


def _lift_all(op: Op, operands: tuple[Operand, ...]) -> tuple[Node, ...]:
    """Python numbers take the dtype of the others (as in NumPy), arrays keep theirs."""
    for operand in operands:
        if not isinstance(operand, Node):
            break
    else:
        return operands  # type: ignore[return-value]
    strong = [
        operand.dtype
        for operand in operands
        if isinstance(operand, (Node, np.ndarray, np.generic)) and operand.dtype.kind != "b"
    ]
    return tuple(
        [
            operand
            if isinstance(operand, Node)
            else number(operand, _dtype_beside(isinstance(operand, float), *strong))
            if strong and isinstance(operand, (int, float)) and not isinstance(operand, bool)
            else dimension(operand, _dtype_beside(True, *strong) if strong else FLOAT)
            if isinstance(operand, sympy.Expr)
            else _lift(op, operand, place)
            for place, operand in enumerate(operands)
        ]
    )


@cache
def _dtype_beside(real: bool, *dtypes: DType) -> DType:
    """What a Python number becomes: NumPy widens float32 by the type `float`, never by 0.0."""
    return np.result_type(np.result_type(*dtypes), 0.0 if real else 0)


def _alike(operands: tuple[Operand, ...]) -> bool:
    """Whether all operands are nodes of one shape and one dtype, as they mostly are."""
    first = operands[0] if operands else None
    if not isinstance(first, Node):
        return False
    if len(operands) == 1:
        return True
    shape, dtype = first.shape, first.dtype
    for other in operands:
        if not isinstance(other, Node) or other.dtype is not dtype:
            return False
        if other.shape is not shape and other.shape != shape:
            return False
    return True


def _broadcast_all(op: Op, args: tuple[Node, ...]) -> tuple[Node, ...]:
    shape = broadcast_shape(op.name, *(arg.shape for arg in args))
    return tuple(
        arg if arg.shape == shape else intern(BROADCAST, (arg,), (("shape", shape),))
        for arg in args
    )


def _cast_all(args: tuple[Node, ...]) -> tuple[Node, ...]:
    """Real arguments of different precision meet in the wider one, explicitly.

    So each derivative comes back in the precision of its own argument.
    """
    dtypes = {arg.dtype for arg in args if arg.dtype.kind == "f"}
    if len(dtypes) < 2:
        return args
    wide = np.result_type(*dtypes)
    return tuple(
        intern(CAST, (arg,), (("dtype", wide.name),)) if arg.is_real and arg.dtype != wide else arg
        for arg in args
    )


def dimension(size: sympy.Expr, dtype: DType) -> Node:
    """What arithmetic on named dimensions comes to, as a node: ``x.shape[0]``, ``1 / n``.

    >>> n = parse_shape("n")[0]
    >>> dimension(1 / n, FLOAT)
    <node 1/n float64 ()>
    """
    if not size.free_symbols:
        return number(float(size), dtype)
    whole, divisor = sympy.fraction(sympy.together(size))
    if divisor != 1:
        below = dimension(divisor, dtype)
        return 1 / below if whole == 1 else dimension(whole, dtype) / below
    if isinstance(size, sympy.floor) or all(
        isinstance(part, (sympy.Integer, sympy.Symbol)) or part.func in _POLYNOMIAL
        for part in sympy.preorder_traversal(size)
    ):
        return apply(DIMENSION, size=size, dtype=dtype.name)
    parts = [dimension(part, dtype) for part in size.args]
    if size.is_Pow:
        return power(*parts)
    if size.is_Add or size.is_Mul:
        return reduce(lambda a, b: a + b if size.is_Add else a * b, parts)
    msg = f"{size} can't be used as a number: dimensions take +, -, *, / and powers"
    raise DTypeError(msg)


_POLYNOMIAL = (sympy.Add, sympy.Mul, sympy.Pow)


#: Where a bool of Python's stands in for a number or a condition, it mostly comes from ==.
_NO_BOOLS = {Form.SUM, Form.DIFFERENCE, Form.PRODUCT, Form.QUOTIENT}


def _lift(op: Op, operand: Operand, place: int) -> Node:
    if isinstance(operand, bool) and (
        op.form in _NO_BOOLS or (op.form is Form.CHOICE and place == 0)
    ):
        msg = (
            f"{op.name}: {operand} is no symbolic condition: == between nodes is identity; write "
            "np.equal(x, y), np.not_equal(x, y), or np.bool_(...) for a constant"
        )
        raise TracingError(msg)
    try:
        return constant(operand)
    except (TypeError, ValueError, OverflowError):
        msg = f"{op.name}: can't use {type(operand).__name__} {operand!r:.60} as an operand"
        raise DTypeError(msg) from None


def power(base: Operand, exponent: Operand) -> Node:
    """base ** exponent; a constant exponent gives the op whose derivative is exact at 0."""
    number = exponent.constant if isinstance(exponent, Node) else exponent
    if (
        isinstance(base, Node)
        and isinstance(number, (int, float, np.number))
        and not isinstance(number, bool)
    ):
        value = number.item() if isinstance(number, np.generic) else number
        if isinstance(value, float) and value.is_integer():
            value = int(value)
            base = base if base.is_real else base.astype("float64")
        return apply(SQUARE, base) if value == 2 else apply(POWER, base, exponent=value)
    return apply(VARYING_POWER, base, exponent)


def matmul(a: Operand, b: Operand) -> Node:
    """The matrix product, with NumPy's rules for vectors and for stacks of matrices."""
    left, right = (
        operand if isinstance(operand, Node) else constant(operand) for operand in (a, b)
    )
    ranks = (left.ndim, right.ndim)
    if max(ranks) <= 2 or min(ranks) == 0 or left.shape[-1:] != right.shape[-2:][:1]:
        return apply(MATMUL, left, right)
    if ranks[1] <= 2:
        flat = left.reshape((size_of(left.shape[:-1]), left.shape[-1]))
        return apply(MATMUL, flat, right).reshape((*left.shape[:-1], *right.shape[1:]))
    if ranks[0] == 1:
        row = left.reshape((1, left.shape[0]))
        return matmul(row, right).reshape((*right.shape[:-2], right.shape[-1]))
    stack = broadcast_shape("matmul", left.shape[:-2], right.shape[:-2])
    return apply(
        MATMUL,
        left.broadcast_to((*stack, *left.shape[-2:])),
        right.broadcast_to((*stack, *right.shape[-2:])),
    )


def _fill_in(shape: object, old: Shape) -> Shape:
    """The new shape of a reshape, with -1 replaced by what is left."""
    if isinstance(shape, (list, tuple)) and any(dim == -1 for dim in shape):
        others = parse_shape([dim for dim in shape if dim != -1])
        if len(others) + 1 != len(shape):
            msg = f"reshape: only one dimension may be -1: {shape}"
            raise InputError(msg)
        total, known = size_of(old), size_of(others)
        rest = total if known == 1 else combine("//", total, known)
        return parse_shape([rest if dim == -1 else dim for dim in shape])
    return _fill_in((shape,), old) if shape == -1 else parse_shape(shape)


def _located(build: Callable[[], Any]) -> Any:
    try:
        return build()
    except GraphcompError as error:
        raise _located_error(error) from None


def _located_error(error: GraphcompError) -> GraphcompError:
    """The error with the user's line in its message, once."""
    message = str(error)
    if "\n  at " in message or not user_line():
        return error
    return type(error)(with_user_line(message))


def is_input(node: Node) -> bool:
    """Whether the node is an input."""
    return node.op is INPUT
