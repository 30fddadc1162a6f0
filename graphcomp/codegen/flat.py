"""Value and gradient over one vector that holds all variables, as optimisers want them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import sympy

from graphcomp.codegen.arguments import Arguments, described
from graphcomp.codegen.block import Names
from graphcomp.codegen.dimensions import dimension_source
from graphcomp.codegen.layout import definition, docstring, layout, quoted, unpacked
from graphcomp.codegen.parameters import Parameter, packed
from graphcomp.codegen.plans import Plan, Request, listed
from graphcomp.codegen.workspace import NAME as WORKSPACE
from graphcomp.codegen.workspace import TYPE
from graphcomp.errors import InputError, ShapeError
from graphcomp.evaluate import SIZE, Binding, bindings
from graphcomp.graph import Argument
from graphcomp.node import Node, is_input
from graphcomp.shape import dimension_names, size_of
from graphcomp.trees import LEAF

FLAT = "value_and_grad_flat"
#: The longest sum of sizes that is written out.
LONGEST = 60


def flat_function(
    request: Request, inner: Plan, arguments: Arguments, *, workspace: bool
) -> list[str]:
    """The function over a vector, which calls the one of the plan `inner`.

    A dimension that only the variables have is found from the length of the vector; where that is
    not enough, the dimensions are keyword arguments.

    Raises:
        InputError: a variable is no input.
    """
    variables = request.variables()
    for name, node in variables.items():
        if not is_input(node):
            msg = f"{FLAT}: {name!r} is a step; the vector can hold inputs only"
            raise InputError(msg)
    parameters = [parameter.name for parameter in arguments.parameters]
    names = Names([*arguments.names.values(), *arguments.dims.values(), *parameters, WORKSPACE])
    theta = names.give("theta")
    others = [node for node in request.graph.inputs if node not in set(variables.values())]
    known = _known(others)
    total = sum((sympy.sympify(size_of(node.shape)) for node in variables.values()), sympy.S.Zero)
    shapes = [node.shape for node in variables.values()]
    missing = [dim for dim in dimension_names(shapes) if dim not in known]
    solved = _solved(total, missing)
    kept = _kept(arguments, set(others))
    kind = "ArrayLike" if arguments.checked else "Array"
    params = [f"{theta}: {kind}", *(parameter.annotated() for parameter in kept)]
    unknown = missing if solved is None else []
    params += ["*"] if unknown or workspace else []
    params += [f"{arguments.dims[dim]}: int" for dim in unknown]
    params += [f"{WORKSPACE}: {TYPE} = None"] if workspace else []
    lines = definition(f"{request.name}_{FLAT}", params, "tuple[float, Array]")
    titles = [title for each in request.arguments() for title in each.titles]
    nodes = variables.values()
    held = listed([described(n, title) for n, title in zip(nodes, titles, strict=True)])
    about = (
        f"Value and gradient of {inner.primal[0]} for one vector {theta} that holds {held}, "
        "row by row. The gradient is such a vector too."
    )
    about += "" if arguments.checked else " Arguments are not checked."
    lines += docstring(about, indent=1)
    if arguments.checked:
        lines += layout(f'{theta} = _as_array({quoted(theta)}, {theta}, ("{shown(total)}",))', 1)
    for parameter in kept:
        lines += parameter.unpack(names.give, 1)
        for node, name, title in zip(
            parameter.nodes, parameter.variables, parameter.titles, strict=True
        ):
            lines += arguments.convert(node, name, title, 1)
    used = {dim for dim in known if any(dim in dimension_names([shape]) for shape in shapes)}
    lines += replace(arguments, bindings=known).bind(used, 1)
    if solved is not None:
        size = dimension_source(solved, {**arguments.dims, SIZE.name: f"{theta}.size"})
        lines += layout(f"{arguments.dims[missing[0]]} = {size}", 1)
    lines += _unpacked(list(variables.values()), total, arguments, theta, names.give)
    passed = [f"{WORKSPACE}={WORKSPACE}"] if workspace else []
    return [*lines, *_called(request, inner, arguments, names, passed)]


def _kept(arguments: Arguments, others: Collection[Node]) -> list[Parameter]:
    """The parameters that the vector does not hold; what it leaves of a structure, one by one."""
    kept = []
    for parameter in arguments.parameters:
        if all(node in others for node in parameter.nodes):
            kept.append(parameter)
            continue
        for node, name in zip(parameter.nodes, parameter.variables, strict=True):
            if node in others:
                argument = Argument(name, LEAF, (name,), (node,))
                kept.append(Parameter(argument, name, (name,), parameter.checked))
    return kept


def _known(others: Sequence[Node]) -> dict[str, Binding]:
    """Where the dimensions are found that the other arguments determine."""
    try:
        return {binding.dim: binding for binding in bindings(others)}
    except ShapeError:
        plain = [n for n in others if all(isinstance(d, int) or d.is_Symbol for d in n.shape)]
        return {binding.dim: binding for binding in bindings(plain)}


def _solved(total: sympy.Expr, missing: Sequence[str]) -> sympy.Expr | None:
    """The one missing dimension from the size of the vector, where that is linear in it."""
    symbols = {symbol.name: symbol for symbol in total.free_symbols}
    if len(missing) != 1 or not total.is_polynomial(symbols[missing[0]]):
        return None
    if sympy.degree(total, symbols[missing[0]]) != 1:
        return None
    (solution,) = sympy.solve(sympy.Eq(total, SIZE), symbols[missing[0]])
    return solution


def _unpacked(
    variables: Sequence[Node],
    total: sympy.Expr,
    arguments: Arguments,
    theta: str,
    give: Callable[[str], str],
) -> list[str]:
    """The lines that check the size of the vector and take it apart."""
    found = [arguments.names[node] for node in variables]
    origin = ", ".join(arguments.titles.get(name, name) for name in found)
    origin = origin if len(origin) < 40 else "its parts"
    lines: list[str] = []
    if len(str(total)) > LONGEST:
        stops = give("stops")
        sizes = [dimension_source(size_of(node.shape), arguments.dims) for node in variables]
        lines += layout(f"{stops} = np.cumsum([{', '.join(sizes)}])", 1)
        size, cuts = f"{stops}[-1]", f"{stops}[:-1]"
    else:
        size = dimension_source(total, arguments.dims)
        end, ends = sympy.S.Zero, []
        for node in variables[:-1]:
            end += sympy.sympify(size_of(node.shape))
            ends.append(dimension_source(sympy.expand(end), arguments.dims))
        cuts = f"[{', '.join(ends)}]"
    error = (
        f'_misfit({quoted(theta)}, {theta}.shape, ({size},), ("{shown(total)}",), ("{origin}",))'
    )
    if arguments.checked:
        lines += layout(f"if {theta}.size != {size}:", 1)
        lines += layout(f"raise {error}", 2)
    names = [arguments.names[node] for node in variables]
    if len(variables) == 1:
        return [*lines, *layout(f"{names[0]} = {theta}", 1)]
    return [*lines, *unpacked(names, f"np.split({theta}, {cuts})", 1)]


def shown(total: sympy.Expr) -> str:
    """The length of the vector, in messages."""
    return str(total) if len(str(total)) <= LONGEST else "size"


def _called(
    request: Request, inner: Plan, arguments: Arguments, names: Names, passed: Sequence[str]
) -> list[str]:
    """The call of the function of arrays, and its results as one vector."""
    shapes: Mapping[str, Node] = request.variables()
    lines: list[str] = []
    for node in shapes.values():
        name = arguments.names[node]
        shape = ", ".join(dimension_source(dim, arguments.dims) for dim in node.shape)
        if node.ndim > 1:
            lines += layout(f"{name} = {name}.reshape({shape})", 1)
    scalars = {node for node in shapes.values() if node.ndim == 0}
    names_of = arguments.names
    texts = (f"float({names_of[n]}[0])" if n in scalars else names_of[n] for n in inner.inputs)
    items = [packed(each.argument.structure, texts) for each in arguments.parameters]
    given = ", ".join([*items, *passed])
    value, gradient = names.give(inner.primal[0]), names.give("gradient")
    lines += layout(f"{value}, {gradient} = {inner.name}({given})", 1)
    if not all(argument.plain for argument in request.arguments()):
        part = names.give("part")
        flat = f"np.concatenate([np.ravel({part}) for {part} in _leaves({gradient})])"
        return [*lines, *layout(f"return {value}, {flat}", 1)]
    if isinstance(request.wrt, str):
        return [*lines, *layout(f"return {value}, np.ravel({gradient})", 1)]
    part = names.give("part")
    flat = f"np.concatenate([np.ravel({part}) for {part} in {gradient}])"
    return [*lines, *layout(f"return {value}, {flat}", 1)]
