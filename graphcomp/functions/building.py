"""Where graphs begin: inputs, names for steps, scopes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graphcomp.errors import NamingError, with_user_line
from graphcomp.graph import input_node
from graphcomp.names import check_name, check_names
from graphcomp.node import Node, Operand, constant, current_scope, intern
from graphcomp.ops.leaves import LET, STOP_GRADIENT


def scalar(name: str, dtype: Any = "float64") -> Node:
    """A scalar input.

    >>> scalar("x")
    <node x float64 ()>
    """
    return array(name, (), dtype)


def scalars(names: str, dtype: Any = "float64") -> tuple[Node, ...]:
    """Scalar inputs, from names separated by spaces or commas.

    >>> x, a = scalars("x a")
    >>> x * a
    <node x*a float64 ()>
    """
    return tuple(
        scalar(name, dtype) for name in check_names(names.replace(",", " ").split(), "input")
    )


def array(name: str, shape: Any, dtype: Any = "float64") -> Node:
    """An array input, with a shape such as "m n", "2*n", (3, "n") or ().

    Names in the shape are dimensions: equal names are equal sizes, checked when the graph is built
    and again when it is called.

    Raises:
        NamingError: the name is not an identifier.
        ShapeError: the shape is not understood.

    >>> W, x = array("W", "m n"), array("x", "n")
    >>> W @ x
    <node W @ x float64 (m,)>
    """
    return input_node(name, shape, dtype, current_scope.get())


def let(name: str, node: Operand) -> Node:
    """`node`, as a step with a name: in traces, drawings and generated code it is called that.

    The identity for values and derivatives; derivatives can be asked for by the name.

    >>> x = scalar("x")
    >>> let("h", x * x) + 1
    <node x*x + 1 float64 ()>
    """
    try:
        check_name(name, "step")
    except NamingError as error:
        raise NamingError(with_user_line(str(error))) from None
    return intern(LET, (constant(node),), (("name", name),), current_scope.get())


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Nodes made inside belong to the scope, which drawings show as a cluster; scopes nest.

    >>> with scope("layer1"):
    ...     h = let("h", scalar("x") * 2)
    >>> h.scope
    'layer1'
    """
    outer = current_scope.get()
    token = current_scope.set(
        f"{outer}/{check_name(name, 'scope')}" if outer else check_name(name, "scope")
    )
    try:
        yield
    finally:
        current_scope.reset(token)


def stop_gradient(x: Operand) -> Node:
    """`x`, as a constant to derivatives: no tangent and no cotangent passes.

    >>> stop_gradient(scalar("x"))
    <node stop_gradient(x) float64 ()>
    """
    return constant(x).apply(STOP_GRADIENT)
