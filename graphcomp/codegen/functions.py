"""What each kind of function computes, and how its results are arranged.

Value and derivatives are one graph, so that they share their work.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from graphcomp import ad
from graphcomp.ad.transforms import scalar_output
from graphcomp.codegen.parameters import packed
from graphcomp.codegen.plans import Plan, Request, listed
from graphcomp.errors import DerivativeError, DerivativeWarning, InputError
from graphcomp.graph import Argument, GraphData
from graphcomp.names import fresh_name
from graphcomp.node import Node, is_input
from graphcomp.op import Form
from graphcomp.program import NamedSteps
from graphcomp.shape import format_shape


def with_steps(steps: NamedSteps) -> GraphData:
    """The graph with its steps, as traces and drawings name them, as hints."""
    graph = steps.graph
    hints = dict(graph.hints)
    outputs = dict(zip(graph.output_names, graph.outputs, strict=True))
    names = dict(steps.names) | {node: name for name, node in reversed(outputs.items())}
    for node in steps.nodes:
        if not is_input(node) and node.op.form is not _NAMED:
            hints.setdefault(node, names[node])
    return graph.derive(graph.inputs, outputs, graph.name, hints=hints)


_NAMED = Form.NAMED  # a look at the enumeration for each node takes long


def plan(kind: str, request: Request) -> Plan:
    """The plan of one function.

    Raises:
        InputError: there is no such kind.
        DerivativeError: the kind needs a scalar output.
    """
    if kind not in KINDS:
        msg = f"there is no function kind {kind!r}; the kinds are {', '.join(KINDS)} and value_and_grad_flat"
        raise InputError(msg)
    with warnings.catch_warnings():
        # said once for the module, by `generate`
        warnings.simplefilter("ignore", DerivativeWarning)
        return replace(KINDS[kind](request), base=request.graph.outputs)


def _value_outputs(request: Request) -> dict[str, Node]:
    return dict(zip(request.graph.output_names, request.graph.outputs, strict=True))


def _join(
    values: Mapping[str, Node], derived: GraphData
) -> tuple[dict[str, Node], tuple[str, ...]]:
    """Values and derivatives under distinct names, and the names of the derivatives."""
    outputs = dict(values)
    keys = []
    for name, node in zip(derived.output_names, derived.outputs, strict=True):
        keys.append(fresh_name(name, outputs))
        outputs[keys[-1]] = node
    return outputs, tuple(keys)


def _by(request: Request) -> str:
    return listed([_described(argument) for argument in request.arguments()])


def _described(argument: Argument) -> str:
    """An argument with its shape: ``x (n,)``, ``Ws [(m, n), (k, m)]``."""
    shapes = packed(argument.structure, (format_shape(node.shape) for node in argument.nodes))
    return argument.name if shapes == "()" and argument.plain else f"{argument.name} {shapes}"


def _like_wrt(request: Request, nodes: Sequence[Node], form: str) -> tuple[Argument, ...]:
    """Inputs for tangents or directions, arranged as the arguments that they belong to."""
    found = iter(nodes)
    result = []
    for each in request.arguments():
        own = tuple(next(found) for _ in each.nodes)
        leaves = tuple(node.param("name") for node in own)
        name = form.format(each.name)
        result.append(Argument(name, each.structure, leaves, own))
    return tuple(result)


def _like_results(graph: GraphData, nodes: Sequence[Node]) -> tuple[Argument, ...]:
    """Inputs for cotangents: one argument, or one for each part of a tuple of results."""
    found = iter(nodes)
    seeds = [next(found) if output.is_real else None for output in graph.outputs]
    structure = graph.results
    parts = structure.parts if structure.kind is tuple else (structure,)
    result, start = [], 0
    for i, part in enumerate(parts):
        stop = start + part.count
        some = [seed for seed in seeds[start:stop] if seed is not None]
        shown = part.only([seed is not None for seed in seeds[start:stop]])
        labels = [f"u_{node.param('name').removesuffix('_bar')}" for node in some]
        if some:
            result.append(Argument(f"u_{i + 1}", shown, tuple(labels), tuple(some)))
        start = stop
    if len(result) == 1:
        (only,) = result
        return (replace(only, name="u", leaves=("u",) if only.plain else only.leaves),)
    return tuple(result)


def _value(request: Request) -> Plan:
    outputs = _value_outputs(request)
    return Plan(
        "value",
        request.name,
        request.graph.inputs,
        outputs,
        request.returned(outputs),
        f"Value of {listed(list(outputs))}.",
        request.graph.hints,
        primal=tuple(outputs),
    )


def _gradient(request: Request) -> tuple[str, Node, GraphData]:
    derived = ad.gradient(request.graph, request.wrt, request.output)
    name, node = scalar_output(request.graph, request.output)
    return name, node, derived


def _grad(request: Request) -> Plan:
    name, _, derived = _gradient(request)
    outputs, keys = _join({}, derived)
    return Plan(
        "grad",
        f"{request.name}_grad",
        request.graph.inputs,
        outputs,
        request.arranged(keys),
        f"Gradient of {name} with respect to {_by(request)}.",
        derived.hints,
        section=f"adjoints, seed {name}_bar = 1",
    )


def _value_and_grad(request: Request) -> Plan:
    name, node, derived = _gradient(request)
    outputs, keys = _join({name: node}, derived)
    return Plan(
        "value_and_grad",
        f"{request.name}_value_and_grad",
        request.graph.inputs,
        outputs,
        (name, request.arranged(keys)),
        f"Value and gradient of {name} with respect to {_by(request)}.",
        derived.hints,
        section=f"adjoints, seed {name}_bar = 1",
        primal=(name,),
    )


def _vjp(request: Request) -> Plan:
    derived = ad.pullback(request.graph, request.wrt)
    values = _value_outputs(request)
    outputs, keys = _join(values, derived)
    return Plan(
        "vjp",
        f"{request.name}_vjp",
        request.graph.inputs,
        outputs,
        request.returned(values),
        f"Value, and the map from a cotangent of {listed(list(values))} to cotangents of "
        f"{_by(request)}.",
        derived.hints,
        section="for the way back",
        seeds=_like_results(request.graph, derived.inputs[len(request.graph.inputs) :]),
        inner=request.arranged(keys),
        by=_by(request),
        primal=tuple(values),
    )


def _jvp(request: Request) -> Plan:
    derived = ad.pushforward(request.graph, request.wrt)
    values = _value_outputs(request)
    outputs, keys = _join(values, derived)
    tangents = derived.inputs[len(request.graph.inputs) :]
    return Plan(
        "jvp",
        f"{request.name}_jvp",
        request.graph.inputs,
        outputs,
        (request.returned(values), request.returned(keys)),
        f"Value and tangent of {listed(list(values))} for tangents of {_by(request)}.",
        derived.hints,
        section="tangents",
        tangents=_like_wrt(request, tangents, "{}_dot"),
        primal=tuple(values),
    )


def _jacobian(request: Request) -> Plan:
    derived = ad.jacobian(request.graph, request.wrt)
    outputs, keys = _join({}, derived)
    count = len(request.variables())
    rows = [request.arranged(keys[i : i + count]) for i in range(0, len(keys), count)]
    return Plan(
        "jacobian",
        f"{request.name}_jacobian",
        request.graph.inputs,
        outputs,
        request.returned(rows),
        f"Jacobian of {listed(request.graph.output_names)} with respect to {_by(request)}.",
        derived.hints,
        section="derivatives",
    )


def _blocks(request: Request) -> Plan:
    derived = ad.blocks(request.graph, request.wrt, request.along)
    values = _value_outputs(request)
    outputs, keys = _join(values, derived)
    count = len(request.variables())
    rows = [request.arranged(keys[i : i + count]) for i in range(0, len(keys), count)]
    return Plan(
        "blocks",
        f"{request.name}_blocks",
        request.graph.inputs,
        outputs,
        (request.returned(values), request.returned(rows)),
        f"Value of {listed(list(values))}, and its derivatives with respect to {_by(request)}, "
        "for each place along the common dimension.",
        derived.hints,
        section="derivatives",
        primal=tuple(values),
    )


def _hessian(request: Request) -> Plan:
    derived = ad.hessian(request.graph, request.wrt, request.output)
    name, _ = scalar_output(request.graph, request.output)
    outputs, keys = _join({}, derived)
    count = len(request.variables())
    rows = tuple(request.arranged(keys[i : i + count]) for i in range(0, len(keys), count))
    return Plan(
        "hessian",
        f"{request.name}_hessian",
        request.graph.inputs,
        outputs,
        request.arranged(rows),
        f"Hessian of {name} with respect to {_by(request)}, block by block.",
        derived.hints,
        section="derivatives",
    )


def _hvp(request: Request) -> Plan:
    derived = ad.hvp(request.graph, request.wrt, request.output)
    name, _ = scalar_output(request.graph, request.output)
    outputs, keys = _join({}, derived)
    return Plan(
        "hvp",
        f"{request.name}_hvp",
        request.graph.inputs,
        outputs,
        request.arranged(keys),
        f"Hessian of {name} with respect to {_by(request)}, times a vector.",
        derived.hints,
        section="derivatives",
        tangents=_like_wrt(request, derived.inputs[len(request.graph.inputs) :], "v_{}"),
    )


def _derivatives(request: Request) -> Plan:
    graph = request.graph
    wrt = list(request.variables())
    if request.wrt is None:
        steps = [name for name in graph.step_names if graph.find(name).is_real]
        wrt = list(dict.fromkeys([*wrt, *steps]))
    scalars = [
        name
        for name, node in zip(graph.output_names, graph.outputs, strict=True)
        if node.shape == () and node.is_real and request.output in {None, name}
    ]
    if not scalars:
        scalar_output(graph, request.output)
        msg = f"graph {graph.name!r} has no real scalar output"
        raise DerivativeError(msg)
    outputs: dict[str, Node] = {}
    hints: dict[Node, str] = {}
    for name in scalars:
        names = [step for step in wrt if step != name]
        derived = ad.gradient(graph, names, name)
        outputs, _ = _join(outputs, derived)
        hints |= derived.hints
    return Plan(
        "derivatives",
        f"{request.name}_derivatives",
        graph.inputs,
        outputs,
        {name: name for name in outputs},
        f"Derivatives of {listed(scalars)} by name.",
        hints,
        section=f"adjoints, seed {scalars[0]}_bar = 1" if len(scalars) == 1 else "adjoints",
    )


#: Every kind of function but those that call another one.
KINDS: Mapping[str, Callable[[Request], Plan]] = {
    "value": _value,
    "grad": _grad,
    "value_and_grad": _value_and_grad,
    "vjp": _vjp,
    "jvp": _jvp,
    "jacobian": _jacobian,
    "blocks": _blocks,
    "hessian": _hessian,
    "hvp": _hvp,
    "derivatives": _derivatives,
}

#: Those that differentiate by steps inside too, unless they are told by what.
BY_STEPS = frozenset({"derivatives"})
