"""Graphs from text: ``1/(1 + exp(-a*x))``, or one named step a line.

The text is cut into statements and checked (`statements`), each is parsed by Python's own parser,
and its syntax tree is walked on an allow-list (`expressions`). Nothing is ever executed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sympy

from graphcomp import functions
from graphcomp.errors import GraphcompError, InputError, NamingError, ParseError
from graphcomp.frontends.excerpts import Source
from graphcomp.frontends.expressions import evaluate
from graphcomp.frontends.folding import Named, Value, is_number, node, plain
from graphcomp.frontends.outputs import output_name
from graphcomp.frontends.statements import Limits, Statement, statements
from graphcomp.frontends.vocabulary import CONSTANTS, FUNCTIONS, suggestion
from graphcomp.graph import G, GraphData
from graphcomp.names import check_name, check_names
from graphcomp.node import Node, is_input
from graphcomp.shape import check_dtype, dimension_symbol, parse_shape
from graphcomp.traversal import topological

DEFAULT_LIMITS = Limits()


def from_string(
    text: str,
    *,
    name: str | None = None,
    inputs: str | Sequence[str] | Mapping[str, Any] | None = None,
    shapes: Mapping[str, Any] | None = None,
    outputs: str | Sequence[str] | None = None,
    dtype: Any = "float64",
    limits: Limits = DEFAULT_LIMITS,
    graph_class: type[G] = GraphData,  # type: ignore[assignment]
) -> G:
    """The graph of a formula, or of several statements separated by ``;`` or ends of lines.

    Every assignment is a named step, and the last statement is the output. Inputs come in the order
    of their first appearance, unless a header ``y(x, a) = ...`` or `inputs` gives another.

    Args:
        text: an expression, or statements ``name = expression``.
        name: of the graph; the output's by default.
        inputs: all inputs, in order; or a mapping from names to shapes, in order, which others may
            follow that are scalars.
        shapes: of inputs that are no scalars, without a say in their order.
        outputs: the names of the statements that are the outputs, instead of the last.
        dtype: of the inputs.
        limits: what the text may cost at most.
        graph_class: the class of the result.

    Raises:
        ParseError: the text is not in the language; the message shows where, and what to write.
        NamingError: a name can't be used.
        ShapeError: shapes do not fit together; the message shows where.
        InputError: the arguments beside the text do not fit it.

    >>> graph = from_string("w3 = -x*a; w4 = 1 + exp(w3); y = 1/w4", name="sigmoid")
    >>> graph.name, graph.input_names, graph.step_names
    ('sigmoid', ('x', 'a'), ('w3', 'w4', 'y'))
    >>> from_string("W2 @ relu(W1 @ x)", shapes={"W1": "m n", "W2": "k m", "x": "n"}).outputs
    (<node W2 @ relu(W1 @ x) float64 (k,)>,)
    """
    source = Source(_checked(text))
    parsed = list(statements(source, limits))
    if not parsed:
        raise source.error("the text holds no expression", 0)
    declared = _declared(parsed, inputs, shapes)
    names = _Names(parsed, declared, shapes or {}, check_dtype(dtype).name)
    names.closed = declared is not None and not isinstance(inputs, Mapping)
    for statement in parsed:
        names.run(statement)
    names.check_shapes()
    found = names.outputs(parsed, _as_names(outputs, "output"), name)
    return graph_class(names.inputs_of(found.values()), found, name)


def _checked(text: object) -> str:
    if not isinstance(text, str):
        msg = f"an expression is text, not {type(text).__name__}"
        raise InputError(msg)
    return text


class _Names:
    """What the names in a text stand for, statement by statement."""

    def __init__(
        self,
        parsed: Sequence[Statement],
        declared: Mapping[str, Any] | None,
        shapes: Mapping[str, Any],
        dtype: str,
    ) -> None:
        self.dtype = dtype
        self.shapes = {**shapes, **(declared or {})}
        self.declared = declared or {}
        self.closed = False
        self.inputs: dict[str, Node] = {}
        self.values: dict[str, Value] = {}
        self.assigned = _assigned(parsed, declared)
        self.taken = {*self.assigned, *(declared or ())}
        self.current: str | None = None
        self.result: Value = None
        self.dimensions = {
            symbol.name
            for shape in self.shapes.values()
            for dim in parse_shape(shape)
            if isinstance(dim, sympy.Expr)
            for symbol in dim.free_symbols
        }
        for given in declared or ():
            self._input(given)

    def run(self, statement: Statement) -> None:
        """Evaluate a statement, and give its value the name."""
        self.current = statement.name
        value = evaluate(statement, self, self.dtype)
        self.result = value
        try:
            formula = node(value, self.dtype)
        except GraphcompError as error:
            raise statement.error(
                str(error), statement.body, statement.stop, kind=type(error)
            ) from None
        if statement.name is not None:
            step = functions.let(statement.name, formula)
            self.values[statement.name] = Named(plain(value), step) if is_number(value) else step
            self.result = step

    def lookup(self, name: str) -> Value:
        """The value of a name that stands in an expression."""
        if name in self.values:
            return self.values[name]
        if name in self.inputs:
            return self.inputs[name]
        if name in self.assigned:
            if name == self.current:
                msg = f"{name!r} is used in its own definition; give the new value another name"
            else:
                msg = f"{name!r} is used before it is assigned; move its statement up"
            raise ParseError(msg)
        if name in self.dimensions:
            return dimension_symbol(name)
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in FUNCTIONS:
            usage = FUNCTIONS[name].usage
            msg = (
                f"{name!r} is a function, {usage}; to use the name for an input, list it in inputs"
            )
            raise NamingError(msg)
        if self.closed:
            listed = ", ".join(self.declared) or "none"
            hint = suggestion(name, [*self.declared, *self.values])
            msg = f"{name!r} is not among the inputs ({listed}){hint}"
            raise ParseError(msg)
        return self._input(name)

    def check_shapes(self) -> None:
        """Refuse shapes of what is no input."""
        for name in self.shapes:
            if name not in self.inputs:
                hint = suggestion(name, self.inputs)
                msg = f"a shape is given for {name!r}, which is no input of the text{hint}"
                raise InputError(msg)

    def outputs(
        self, parsed: Sequence[Statement], wanted: Sequence[str] | None, name: str | None
    ) -> dict[str, Node]:
        """The output nodes by name."""
        if wanted is not None:
            return {output: self._step(output) for output in wanted}
        last = parsed[-1].name
        label = last if last is not None else output_name(name, {*self.inputs, *self.values})
        return {label: node(self.result, self.dtype)}

    def inputs_of(self, found: Any) -> list[Node]:
        """The inputs in order: the declared ones, or those that the outputs depend on."""
        used = {entry for entry in topological(found) if is_input(entry)}
        return [made for name, made in self.inputs.items() if made in used or name in self.declared]

    def _input(self, name: str) -> Node:
        made = functions.array(name, self.shapes.get(name, ()), self.dtype)
        self.inputs[name] = made
        return made

    def _step(self, name: str) -> Node:
        value = self.values.get(name, self.inputs.get(name))
        if value is None:
            hint = suggestion(name, [*self.values, *self.inputs])
            msg = f"there is no step {name!r} to be an output{hint}"
            raise InputError(msg)
        return node(value, self.dtype)


def _assigned(parsed: Sequence[Statement], declared: Mapping[str, Any] | None) -> set[str]:
    """The names that statements assign to, each once."""
    seen: set[str] = set()
    for statement, last in _with_last(parsed):
        name = statement.name
        if name is None:
            if not last:
                message = "only the last statement may be without a name; write name = ..."
                raise statement.error(message, statement.start, statement.stop)
            continue
        if name in seen:
            message = f"{name!r} is assigned twice; give the second value another name"
            raise statement.error(message, statement.start, statement.start + len(name))
        if declared is not None and name in declared:
            message = f"{name!r} is an input, so it can't be assigned to"
            raise statement.error(message, statement.start, statement.start + len(name))
        if statement.header is not None and not last:
            message = "only the last statement, the output, may have a header"
            raise statement.error(message, statement.start, statement.body)
        seen.add(name)
    return seen


def _with_last(parsed: Sequence[Statement]) -> Iterator[tuple[Statement, bool]]:
    for i, statement in enumerate(parsed):
        yield statement, i == len(parsed) - 1


def _declared(
    parsed: Sequence[Statement], inputs: Any, shapes: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """The inputs that a header or the caller lists, with their shapes; None: neither does."""
    header = parsed[-1].header
    if header is not None and inputs is not None:
        msg = (
            "the inputs are given twice, by the header and by inputs=; use shapes= beside a header"
        )
        raise InputError(msg)
    if header is not None:
        try:
            listed: Sequence[str] = check_names([token.text for token in header], "input")
        except NamingError as error:
            first, last = header[0].start, header[-1].stop
            raise parsed[-1].error(str(error), first, last, kind=NamingError) from None
        return {name: (shapes or {}).get(name, ()) for name in listed}
    if inputs is None:
        return None
    if isinstance(inputs, Mapping):
        check_names(inputs, "input")
        return {**inputs, **{n: s for n, s in (shapes or {}).items() if n in inputs}}
    names = _as_names(inputs, "input") or ()
    return {name: (shapes or {}).get(name, ()) for name in names}


def _as_names(names: str | Sequence[str] | None, what: str) -> Sequence[str] | None:
    if names is None:
        return None
    listed = names.replace(",", " ").split() if isinstance(names, str) else names
    return check_names([check_name(name, what) for name in listed], what)
