"""An expression as a value: Python's syntax tree, walked with a stack, on an allow-list.

Only what `_RULES` lists is accepted; nothing is ever executed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Sequence
from functools import partial, reduce
from typing import Any, Protocol, TypeAlias

from graphcomp.errors import GraphcompError, ParseError
from graphcomp.frontends.calls import apply_function
from graphcomp.frontends.chains import Flattened
from graphcomp.frontends.folding import (
    Value,
    choice,
    combine,
    logical,
    negation,
    negative,
    node,
    setting,
    unchanged,
)
from graphcomp.frontends.statements import Statement
from graphcomp.frontends.tokens import Token
from graphcomp.frontends.vocabulary import (
    ATTRIBUTES,
    FUNCTIONS,
    METHOD_LIST,
    METHODS,
    Function,
    suggestion,
)

_Plan: TypeAlias = tuple[Sequence[ast.AST], Callable[..., Value]]

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.And: "and",
    ast.Or: "or",
}
_EXPECTED = (ArithmeticError, LookupError, TypeError, ValueError)


class Names(Protocol):
    """What names stand for."""

    @property
    def taken(self) -> Container[str]:
        """The names that the text or the caller defines; a function can't be called by them."""

    def lookup(self, name: str) -> Value:
        """The value of a name; raises a `GraphcompError` if it has none."""


def evaluate(statement: Statement, names: Names, dtype: Any) -> Value:
    """The value of the statement's expression.

    Raises:
        GraphcompError: with the place in the text.
    """
    flat = Flattened(statement.expression(), statement.body, statement.chains)
    try:
        tree = ast.parse(flat.text, mode="eval").body
    except SyntaxError as error:
        place = flat.original((error.offset or 1) - 1)
        place = max(statement.body, min(place, statement.stop - 1))
        message = f"this is no formula ({error.msg})"
        raise statement.error(message, place) from None
    except (ValueError, RecursionError, MemoryError):
        message = "the expression nests too deeply; name parts of it"
        raise statement.error(message, statement.body, statement.stop) from None
    return _Evaluator(statement, flat, names, dtype).value(tree)


class _Evaluator:
    def __init__(self, statement: Statement, flat: Flattened, names: Names, dtype: Any) -> None:
        self.statement, self.flat, self.names, self.dtype = statement, flat, names, dtype

    def value(self, root: ast.AST) -> Value:
        """Operands before operators, left to right, without recursion."""
        values: list[Value] = []
        stack: list[tuple[ast.AST, Callable[..., Value] | None, int]] = [(root, None, 0)]
        while stack:
            tree, build, count = stack.pop()
            try:
                if build is None:
                    children, build = self._plan(tree)
                    if children:
                        stack.append((tree, build, len(children)))
                        stack.extend((child, None, 0) for child in reversed(children))
                        continue
                operands = values[len(values) - count :]
                del values[len(values) - count :]
                values.append(build(*operands))
            except GraphcompError as error:
                raise self._located(tree, error) from None
            except _EXPECTED as error:
                message = f"this can't be computed: {error}"
                raise self._located(tree, ParseError(message)) from None
        return values[0]

    def _located(self, tree: ast.AST, error: GraphcompError) -> GraphcompError:
        message = str(error).partition("\n  at ")[0]
        start, stop = getattr(tree, "col_offset", 0), getattr(tree, "end_col_offset", 1)
        first, last = self.flat.original(start), self.flat.original(stop)
        return self.statement.error(message, first, last, kind=type(error))

    def _plan(self, tree: ast.AST) -> _Plan:
        """What a piece of syntax consists of, and what to make of its parts."""
        rule = _RULES.get(type(tree))
        if rule is None:
            msg = f"this has no meaning here ({type(tree).__name__} in Python)"
            raise ParseError(msg)
        return rule(self, tree)

    def literal(self, tree: ast.Constant) -> _Plan:
        return (), partial(_literal, tree.value)

    def name(self, tree: ast.Name) -> _Plan:
        return (), partial(self.names.lookup, tree.id)

    def binary(self, tree: ast.BinOp) -> _Plan:
        return (tree.left, tree.right), partial(self._combine, _symbol(tree.op))

    def unary(self, tree: ast.UnaryOp) -> _Plan:
        if isinstance(tree.op, ast.Not):
            return (tree.operand,), negation
        sign = negative if isinstance(tree.op, ast.USub) else unchanged
        return (tree.operand,), partial(sign, dtype=self.dtype)

    def logical(self, tree: ast.BoolOp) -> _Plan:
        symbol = _symbol(tree.op)
        return tree.values, lambda *values: reduce(partial(logical, symbol), values)

    def comparison(self, tree: ast.Compare) -> _Plan:
        symbols = [_symbol(op) for op in tree.ops]
        return (tree.left, *tree.comparators), partial(self._compare, symbols)

    def conditional(self, tree: ast.IfExp) -> _Plan:
        return (tree.body, tree.test, tree.orelse), partial(choice, dtype=self.dtype)

    def listing(self, tree: ast.List) -> _Plan:
        chain = self.flat.operators.get(tree.col_offset)
        if chain is not None:
            return tree.elts, partial(self._chain, chain)
        return tree.elts, lambda *values: list(values)

    def several(self, tree: ast.Tuple) -> _Plan:
        return tree.elts, lambda *values: values

    def slice(self, tree: ast.Slice) -> _Plan:
        bounds = (tree.lower, tree.upper, tree.step)
        given = [bound is not None for bound in bounds]

        def build(*values: Value) -> slice:
            rest = iter(values)
            return slice(*(setting(next(rest)) if there else None for there in given))

        return [bound for bound in bounds if bound is not None], build

    def subscript(self, tree: ast.Subscript) -> _Plan:
        return (tree.value, tree.slice), self._index

    def attribute(self, tree: ast.Attribute) -> _Plan:
        if tree.attr not in ATTRIBUTES:
            known = ", ".join(f".{name}" for name in sorted(ATTRIBUTES))
            msg = (
                f"there is no .{tree.attr} here; there are {known}, and the methods .{METHOD_LIST}"
            )
            raise ParseError(msg)
        return (tree.value,), lambda whole: getattr(node(whole, self.dtype), tree.attr)

    def call(self, tree: ast.Call) -> _Plan:
        function, arguments = self._called(tree)
        names = [keyword.arg or "**" for keyword in tree.keywords]
        for i, given in enumerate(names):
            if given not in function.settings or given in names[:i]:
                hint = suggestion(given, set(function.settings) - set(names))
                msg = (
                    f"{function.name} can't take {given!r}{hint}; it is called as {function.usage}"
                )
                raise ParseError(msg)
        children = [*arguments, *(keyword.value for keyword in tree.keywords)]
        return children, partial(apply_function, function, names, dtype=self.dtype)

    def _called(self, tree: ast.Call) -> tuple[Function, list[ast.expr]]:
        """The function of a call, and its arguments; a method's object is the first."""
        match tree.func:
            case ast.Name(id=name) if name in self.names.taken:
                msg = f"{name!r} is a name in this text, so it can't be called; between factors write *"
                raise ParseError(msg)
            case ast.Name(id=name) if name in FUNCTIONS:
                return FUNCTIONS[name], tree.args
            case ast.Name(id=name):
                msg = f"unknown function {name!r}{suggestion(name, FUNCTIONS)}"
                raise ParseError(msg)
            case ast.Attribute(value=whole, attr=name) if name in METHODS:
                return FUNCTIONS[name], [whole, *tree.args]
            case ast.Attribute(attr=name):
                msg = f"there is no .{name}() here; there are the methods .{METHOD_LIST}"
                raise ParseError(msg)
        msg = "only functions can be called; between factors write *"
        raise ParseError(msg)

    # ------------------------------------------------------------ building

    def _combine(self, symbol: str, left: Value, right: Value) -> Value:
        return combine(symbol, left, right, self.dtype)

    def _chain(self, operators: Sequence[Token], *values: Value) -> Value:
        result = values[0]
        for token, value in zip(operators, values[1:], strict=True):
            try:
                result = combine(token.text, result, value, self.dtype)
            except GraphcompError as error:
                message = str(error).partition("\n  at ")[0]
                raise self.statement.error(
                    message, token.start, token.stop, kind=type(error)
                ) from None
        return result

    def _compare(self, symbols: Sequence[str], *values: Value) -> Value:
        """Chained as in Python: a < b < c is a < b and b < c."""
        pairs = [
            self._combine(symbol, left, right)
            for symbol, left, right in zip(symbols, values[:-1], values[1:], strict=True)
        ]
        return reduce(partial(logical, "and"), pairs)

    def _index(self, whole: Value, index: Value) -> Value:
        return node(whole, self.dtype)[setting(index)]


def _symbol(op: ast.AST) -> str:
    if type(op) not in _OPERATORS:
        msg = f"this operator has no meaning here ({type(op).__name__} in Python)"
        raise ParseError(msg)
    return _OPERATORS[type(op)]


def _literal(value: object) -> Value:
    if value is None or value is Ellipsis or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return float(value)
    msg = f"{type(value).__name__} values have no meaning here"
    raise ParseError(msg)


_RULES: dict[type[ast.AST], Callable[[_Evaluator, Any], _Plan]] = {
    ast.Constant: _Evaluator.literal,
    ast.Name: _Evaluator.name,
    ast.BinOp: _Evaluator.binary,
    ast.UnaryOp: _Evaluator.unary,
    ast.BoolOp: _Evaluator.logical,
    ast.Compare: _Evaluator.comparison,
    ast.IfExp: _Evaluator.conditional,
    ast.List: _Evaluator.listing,
    ast.Tuple: _Evaluator.several,
    ast.Slice: _Evaluator.slice,
    ast.Subscript: _Evaluator.subscript,
    ast.Attribute: _Evaluator.attribute,
    ast.Call: _Evaluator.call,
}
