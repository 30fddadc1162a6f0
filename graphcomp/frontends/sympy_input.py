"""Graphs from SymPy expressions: scalars, matrix expressions, explicit matrices.

SymPy stores ``x/3 - y`` as ``Add(Mul(Rational(1, 3), x), Mul(-1, y))``; the graph is what a person
would have written, in the order in which SymPy prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from graphcomp import functions
from graphcomp.errors import GraphcompError, InputError, NamingError
from graphcomp.frontends.folding import Value, node
from graphcomp.frontends.outputs import output_name
from graphcomp.frontends.sympy_matrices import MATRIX_RULES
from graphcomp.frontends.sympy_rules import SCALAR_RULES, Plan
from graphcomp.graph import G, GraphData
from graphcomp.names import check_name
from graphcomp.node import Node
from graphcomp.shape import Shape, check_dtype, parse_shape

_RULES = {**SCALAR_RULES, **MATRIX_RULES}


def from_sympy(
    expression: Any,
    *,
    name: str | None = None,
    inputs: Sequence[Any] | None = None,
    dtype: Any = "float64",
    graph_class: type[G] = GraphData,  # type: ignore[assignment]
) -> G:
    """The graph of a SymPy expression or matrix, or of a list or mapping of several.

    Symbols are scalar inputs, a `MatrixSymbol` is an input of its shape (a vector is a column, as
    everywhere in SymPy). Inputs come in the order in which they appear when it is printed.

    Args:
        expression: one, or a list, or a mapping from the names of outputs.
        name: of the graph.
        inputs: all inputs in order, as symbols or names.
        dtype: of the inputs.
        graph_class: the class of the result.

    Raises:
        InputError: there is something in it that has no counterpart here; lists what has.
        NamingError: the name of a symbol can't be used.
        ShapeError: shapes do not fit together.

    >>> import sympy
    >>> a, x = sympy.symbols("a x")
    >>> from_sympy(1 / (1 + sympy.exp(-a * x))).outputs
    (<node 1/(1 + exp(-a*x)) float64 ()>,)
    """
    reader = _Reader(check_dtype(dtype).name)
    several = isinstance(expression, (list, tuple, sympy.Tuple, Mapping))
    values = expression.values() if isinstance(expression, Mapping) else expression
    parts = [_checked(value) for value in (values if several else [expression])]
    for part in parts:
        reader.find_dimensions(part)
    reader.declare(inputs)
    nodes = [node(reader.value(part), reader.dtype) for part in parts]
    if isinstance(expression, Mapping):
        labels = [_name(key) for key in expression]
    else:
        label = output_name(name, reader.inputs)
        labels = [f"{label}_{i + 1}" for i in range(len(nodes))] if several else [label]
        name = label
    return graph_class(list(reader.inputs.values()), dict(zip(labels, nodes, strict=True)), name)


def lower(expression: Any, values: Mapping[Any, Node], dtype: str) -> Node:
    """A scalar SymPy expression on nodes in place of its symbols.

    Raises:
        InputError: there is something in it that has no counterpart here, or a symbol without value.

    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> lower(sympy.exp(-x), {x: functions.array("v", "n")}, "float64")
    <node exp(-v) float64 (n,)>
    """
    reader = _Reader(dtype)
    reader.declare(())
    reader.bound = dict(values)
    return node(reader.value(_checked(expression)), dtype)


def _checked(expression: Any) -> Any:
    """A SymPy expression, from itself or from a Python number."""
    if isinstance(expression, str):
        msg = "this is text; use from_string"
        raise InputError(msg)
    if isinstance(expression, (bool, int, float)):
        return sympy.sympify(expression)
    if not isinstance(expression, (sympy.Basic, sympy.MatrixBase)):
        msg = f"a SymPy expression is needed, not {type(expression).__name__} {expression!r:.60}"
        raise InputError(msg)
    return expression


def _name(symbol: Any) -> str:
    return check_name(symbol.name if hasattr(symbol, "name") else symbol)


class _Reader:
    """Reads expressions that share their inputs, without recursion, each shared part once."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.inputs: dict[str, Node] = {}
        self.symbols: dict[str, Any] = {}
        self.bound: dict[Any, Value] = {}
        self.dimensions: set[Any] = set()
        self.declared: tuple[str, ...] | None = None
        # by identity, which costs nothing on deep expressions; kept alive beside the value
        self.values: dict[int, tuple[Any, Value]] = {}

    def declare(self, inputs: Sequence[Any] | None) -> None:
        """Fix the order of the inputs."""
        if inputs is None:
            return
        if isinstance(inputs, str):
            inputs = inputs.replace(",", " ").split()
        self.declared = tuple(_name(symbol) for symbol in inputs)
        for symbol in inputs:
            self.inputs[_name(symbol)] = (
                self._made(symbol)
                if isinstance(symbol, sympy.Basic)
                else functions.scalar(_name(symbol), self.dtype)
            )

    def value(self, expression: Any) -> Value:
        """The value of an expression: a node or a number."""
        stack: list[tuple[Any, Plan | None]] = [(expression, None)]
        while stack:
            part, planned = stack.pop()
            if id(part) in self.values:
                continue
            try:
                if planned is None:
                    planned = self._plan(part)
                    stack.append((part, planned))
                    stack.extend((child, None) for child in reversed(planned.children))
                    continue
                parts = [self.values[id(child)][1] for child in planned.children]
                self.values[id(part)] = (part, planned.build(self.dtype, *parts))
            except GraphcompError as error:
                raise _located(error, part) from None
            except RecursionError:
                msg = "the expression nests too deeply for SymPy"
                raise InputError(msg) from None
        return self.values[id(expression)][1]

    def _plan(self, part: Any) -> Plan:
        if isinstance(part, sympy.Symbol):
            return Plan((), lambda _dtype: self._symbol(part))
        if isinstance(part, sympy.MatrixSymbol):
            return Plan((), lambda _dtype: self._input(part))
        if isinstance(part, ElementwiseApplyFunction):
            return Plan((part.expr,), lambda _dtype, whole: self._each(part, whole))
        return _plan(part)

    def _each(self, part: Any, whole: Value) -> Value:
        """A function of one variable on every entry of a matrix."""
        (variable,) = part.function.variables
        inner = _Reader(self.dtype)
        inner.inputs, inner.symbols = self.inputs, self.symbols
        inner.dimensions, inner.declared = self.dimensions, self.declared
        inner.bound = {**self.bound, variable: whole}
        return inner.value(part.function.expr)

    def _symbol(self, symbol: Any) -> Value:
        if symbol in self.bound:
            return self.bound[symbol]
        if symbol in self.dimensions:
            return _dimension(symbol)
        return self._input(symbol)

    def _input(self, symbol: Any) -> Node:
        name = _name(symbol)
        if name not in self.inputs:
            if self.declared is not None:
                msg = f"{name!r} is not among the inputs ({', '.join(self.declared)})"
                raise InputError(msg)
            self.inputs[name] = self._made(symbol)
        known = self.symbols.setdefault(name, symbol)
        if known != symbol:
            msg = f"two different symbols are called {name!r}; give them one set of assumptions, or two names"
            raise NamingError(msg)
        made = self.inputs[name]
        if made.shape != _shape(symbol):
            self.inputs[name] = made = self._made(symbol)
        return made

    def _made(self, symbol: Any) -> Node:
        self.symbols[_name(symbol)] = symbol
        return functions.array(_name(symbol), _shape(symbol), self.dtype)

    def find_dimensions(self, expression: Any) -> None:
        """Note the symbols that the shapes of matrices are made of."""
        for part in _parts(expression):
            if isinstance(part, sympy.MatrixSymbol):
                for dim in part.shape:
                    self.dimensions |= dim.free_symbols


def _plan(part: Any) -> Plan:
    """The plan for an expression that is no symbol."""
    for kind in type(part).__mro__:
        rule = _RULES.get(kind)
        if rule is not None:
            return rule(part)
    known = sorted(kind.__name__ for kind in _RULES if kind.__module__.startswith("sympy"))
    msg = f"{type(part).__name__} has no counterpart here; there are {', '.join(known)}"
    raise InputError(msg)


def _parts(expression: Any) -> Iterable[Any]:
    """Every part of an expression, shared ones once."""
    seen: set[int] = set()
    stack = [expression]
    while stack:
        part = stack.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            stack.extend(part.flat() if isinstance(part, sympy.MatrixBase) else part.args)


def _shape(symbol: Any) -> Shape:
    if not isinstance(symbol, sympy.MatrixSymbol):
        return ()
    return parse_shape(tuple(_dimension(dim) for dim in symbol.shape))


def _dimension(dim: Any) -> Any:
    """A dimension with the symbols that stand for dimensions here."""
    if dim.is_Integer:
        return int(dim)
    own = {s: parse_shape(_name(s))[0] for s in dim.free_symbols}
    return dim.xreplace(own)


def _located(error: GraphcompError, part: Any) -> GraphcompError:
    """The error, once with the part of the expression that it is about."""
    message = str(error).partition("\n  at ")[0]
    if "\n  in " in message:
        return error
    try:
        shown = str(part)
    except RecursionError:
        return error
    return type(error)(f"{message}\n  in {shown if len(shown) <= 200 else shown[:200] + '...'}")
