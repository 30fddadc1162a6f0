"""Elementwise ops of users: a formula, and what follows from it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import sympy

from graphcomp import functions, ops
from graphcomp.custom.carried import carried_source
from graphcomp.custom.definition import (
    described,
    domains_of,
    expression_of,
    latex_of,
    partials_given,
    rule_of,
)
from graphcomp.custom.formula import Array, Formula
from graphcomp.custom.proving import Reference, check_numpy, reference
from graphcomp.errors import GraphcompError, InputError, NamingError, with_user_line
from graphcomp.evaluate import evaluate
from graphcomp.graph import input_node
from graphcomp.names import check_name
from graphcomp.node import Node, apply, constant
from graphcomp.op import Kind, Op, Rule, broadcast_result
from graphcomp.ops.spell import call

Partial: TypeAlias = Any

_registered: dict[str, ElementwiseOp] = {}
_lock = threading.Lock()


class ElementwiseOp:
    """A function of scalars, applied entry by entry: to nodes, numbers and arrays.

    Attributes:
        op: the record, as those of the package's own ops.
        symbols: the arguments of the formula, in order.
        formula: the SymPy expression.
    """

    def __init__(self, op: Op, symbols: Sequence[Any], formula: Any) -> None:
        self.op, self.symbols, self.formula = op, tuple(symbols), formula
        self.__name__ = op.name
        self.__doc__ = (
            f"{op.name}({', '.join(map(str, self.symbols))}) = {formula}, entry by entry."
        )

    def __repr__(self) -> str:
        return f"<elementwise op {self.op.name}>"

    def __call__(self, *args: Any) -> Any:
        """A node for nodes; for arrays an array, and for numbers a number.

        Raises:
            InputError: another number of arguments.
        """
        if len(args) != self.op.arity:
            names = ", ".join(map(str, self.symbols))
            msg = f"{self.op.name} takes {self.op.arity} arguments ({names}), not {len(args)}"
            raise InputError(with_user_line(msg))
        node = apply(self.op, *args)
        if any(isinstance(arg, Node) for arg in args):
            return node
        value = evaluate([node], {}, {})[node]
        return value if value.ndim else value[()]


def elementwise_op(
    name: str,
    formula: Any,
    *,
    args: Any = None,
    partials: Sequence[Partial] | Mapping[Any, Partial] | None = None,
    out: Any = "out",
    numpy: Callable[..., Any] | None = None,
    domain: Any = (-2.0, 2.0),
    kink: str = "",
    latex: str | None = None,
    replace: bool = False,
) -> ElementwiseOp:
    r"""An op of your own, from a formula of scalars; it can be used wherever those of the package can.

    Traces and drawings show it as one step by its name. Generated modules hold the formula itself, or
    the function `numpy`, and need NumPy only. Both modes of differentiation, to any order, follow.

    Partials are compared with the derivative of the formula, in 40 digits at 48 points of the
    domain; so is `numpy` with the formula.

    Args:
        name: an identifier that no other op has.
        formula: a SymPy expression, or a Python function of SymPy symbols that gives one.
        args: the symbols, or their names ("x a"), in order; by default those of the formula in
            alphabetical order, or the parameters of the Python function.
        partials: one for each argument, in order or by name: a SymPy expression, possibly in terms
            of the symbol `out`; or a rule ``rule(out, *args)`` on nodes; or None for one that is
            derived. By default all are derived from the ops that the formula consists of, with their
            accuracy and their conventions at kinks.
        out: the symbol, or its name, that stands for the op's own value in partials.
        numpy: a more accurate or faster implementation: a plain ``def`` of arrays that uses nothing
            but `np` and its own arguments. Its source is carried into generated modules.
        domain: the interval of the points at which is checked, or one for each argument.
        kink: the convention at a kink, one line for people.
        latex: how it is written in LaTeX, with {0}, {1} for the arguments.
        replace: the name may be that of an op that was made here before.

    Raises:
        NamingError: the name is no identifier, or another op has it.
        InputError: the formula is none of scalars here, or has something that has no counterpart;
            `numpy` is another function than the formula, or can't be carried.
        DerivativeError: a partial is not the derivative of the formula; says by which argument, at
            which point, and both numbers.

    >>> import numpy as np
    >>> import sympy
    >>> import graphcomp as gc
    >>> x = sympy.Symbol("x")
    >>> bell = gc.elementwise_op(
    ...     "bell", sympy.exp(-(x**2)), partials=[-2 * x * sympy.Symbol("out")]
    ... )
    >>> bell(np.array([0.0, 1.0]))
    array([1.        , 0.36787944])
    >>> gc.grad(lambda v: np.sum(bell(v)))(np.array([0.0, 1.0]))
    array([-0.        , -0.73575888])
    """
    try:
        made, digest = _record(name, formula, args, partials, out, numpy, domain, kink, latex)
    except GraphcompError as error:
        message = str(error).partition("\n  at ")[0]
        raise type(error)(with_user_line(message)) from None
    with _lock:
        known = _registered.get(made.op.name)
        if known is not None and digest and known.op.digest == digest:
            return known  # the same again, as when a notebook's cell is run twice
        if known is not None and not replace:
            msg = f"there is an op {name!r} already; choose another name, or say replace=True"
            raise NamingError(with_user_line(msg))
        _registered[made.op.name] = made
    return made


def _record(
    name: str,
    formula: Any,
    args: Any,
    partials: Any,
    out: Any,
    numpy: Callable[..., Any] | None,
    domain: Any,
    kink: str,
    latex: str | None,
) -> tuple[ElementwiseOp, str]:
    check_name(name, "op")
    title = f"elementwise_op {name!r}"
    if name in ops.BY_NAME or name in functions.__all__:
        msg = f"op name {name!r} is that of an op of graphcomp; choose another"
        raise NamingError(msg)
    symbols, expression = expression_of(title, formula, args)
    names = tuple(symbol.name for symbol in symbols)
    count = len(symbols)
    own = Formula(expression, symbols)
    try:
        slopes = own.template((), np.dtype(float)).slopes
    except GraphcompError as error:
        msg = f"{title}: the formula can't be used: {error}"
        raise InputError(msg) from None
    domains = domains_of(title, domain, count)
    proof = reference(title, names, expression, symbols, domains)
    given = partials_given(title, partials, names)
    rules = tuple(
        (None if slopes[i] is None else _derived(own, i))
        if slope is None
        else rule_of(title, slope, symbols, out, names[i])
        for i, slope in enumerate(given)
    )
    helper = f"_{name}"
    source = carried_source(numpy, helper, title, count) if numpy is not None else ""
    texts = [
        sympy.srepr(expression),
        *names,
        *map(described, given),
        str(domains),
        source,
        kink,
    ]
    digest = hashlib.sha256("\n".join([*texts, str(latex)]).encode()).hexdigest()
    places = ", ".join(f"{{{i}}}" for i in range(count))
    spell = call(name, latex=latex_of(title, latex, name, places, count), arity=count)
    spellings = {dialect: spell[dialect] for dialect in ("text", "latex")}
    if numpy is not None:
        spellings |= {"numpy": call(name, numpy=f"{helper}({places})")["numpy"]}
    op = Op(
        name=name,
        kind=Kind.ELEMENTWISE,
        why=f"chain rule: {name} has partials of its own",
        arity=count,
        evaluate=own.evaluate if numpy is None else numpy,
        shape=broadcast_result(name),
        spell=spellings,
        formula=lambda *values: expression.xreplace(dict(zip(symbols, values, strict=True))),
        partials=rules,
        expand=lambda *nodes: own.value(nodes, op.dtype(*(node.dtype for node in nodes))),
        helpers={helper: source} if source else {},
        digest=digest,
        margin=own.margin if own.has_kinks else None,
        analytic=False,
        kink=kink or ("as the ops of its formula" if own.has_kinks else ""),
        broadcasts=True,
        domains=domains,
    )
    _prove(op, proof, own, numpy)
    return ElementwiseOp(op, symbols, expression), "" if any(map(callable, given)) else digest


def _derived(own: Formula, index: int) -> Rule:
    return lambda value, *nodes: own.slope(index, value, nodes)


def _prove(op: Op, proof: Reference, own: Formula, numpy: Callable[..., Any] | None) -> None:
    """Compare what was given with the formula."""
    if numpy is not None:
        check_numpy(proof, numpy)
    proof.check_values(own.evaluate(*proof.points), "the formula in float64")
    shape = proof.values.shape
    inputs = [input_node(f"x{i}", shape) for i in range(op.arity)]
    arrays = dict(zip(inputs, proof.points, strict=True))
    value = apply(op, *inputs)
    assert op.partials is not None
    for index, rule in enumerate(op.partials):
        found = 0.0 if rule is None else rule(value, *inputs)
        node = found if isinstance(found, Node) else constant(0.0 if found is None else found)
        result: Array = evaluate([node], arrays, {})[node]
        if result.shape not in {shape, ()}:
            msg = f"{proof.title}: the partial by {proof.names[index]!r} must have the shape of its arguments"
            raise InputError(msg)
        proof.check_partial(index, np.broadcast_to(result, shape))
