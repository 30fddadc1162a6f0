"""Derivatives of graphs, as graphs: they nest to any order."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from graphcomp.ad.batch import batched
from graphcomp.ad.build import filled, ones_like, unscoped, zeros_like
from graphcomp.ad.local import primitive_blocks
from graphcomp.ad.modes import Derivative, forward, reverse
from graphcomp.ad.variables import Wrt, resolve_wrt
from graphcomp.ad.variables import variables as arranged_variables
from graphcomp.errors import DerivativeError, DerivativeWarning
from graphcomp.graph import G, GraphData, input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node, apply
from graphcomp.ops.leaves import IDENTITY, LET
from graphcomp.shape import Dim, Shape, combine, format_shape
from graphcomp.trees import Structure


def pushforward(graph: G, wrt: Wrt = None) -> G:
    """The tangents of all outputs for given tangents of `wrt`: forward mode, any seeds.

    Inputs are those of the graph, then ``x_dot`` for each ``x`` of `wrt`, of the same shape;
    outputs are ``y_dot`` for each output ``y``.
    """
    variables = resolve_wrt(graph, wrt)
    names, seeds = _seed_inputs(graph, variables, "dot")
    found = forward(
        primitive_blocks(graph.nodes), dict(zip(variables.values(), seeds, strict=True))
    )
    outputs = {
        f"{name}_dot": found[node].value if node in found else zeros_like(node)
        for name, node in zip(graph.output_names, graph.outputs, strict=True)
    }
    inputs = (*graph.inputs, *seeds)
    return graph.derive(
        inputs,
        outputs,
        f"{graph.name}_pushforward",
        hints=_hints(graph, found, "dot", names),
        arguments=_with_seeds(graph, wrt, seeds, "{}_dot"),
    )


def pullback(graph: G, wrt: Wrt = None) -> G:
    """The cotangents of `wrt` for given cotangents of all outputs: reverse mode, any seeds.

    Inputs are those of the graph, then ``y_bar`` for each output ``y``, of the same shape;
    outputs are ``x_bar`` for each ``x`` of `wrt`.
    """
    variables = resolve_wrt(graph, wrt)
    outputs = dict(zip(graph.output_names, graph.outputs, strict=True))
    names, seeds = _seed_inputs(graph, {n: o for n, o in outputs.items() if o.is_real}, "bar")
    cotangents: dict[Node, Node] = {}
    for output, seed in zip((o for o in outputs.values() if o.is_real), seeds, strict=True):
        cotangents[output] = cotangents[output] + seed if output in cotangents else seed
    found = reverse(primitive_blocks(graph.nodes), cotangents, set(variables.values()))
    results = {f"{name}_bar": adjoint(graph, name, node, found) for name, node in variables.items()}
    inputs = (*graph.inputs, *seeds)
    return graph.derive(
        inputs, results, f"{graph.name}_pullback", hints=_hints(graph, found, "bar", names)
    )


def gradient(graph: G, wrt: Wrt = None, output: str | None = None) -> G:
    """The gradient of one scalar output, by one sweep of reverse mode.

    Outputs are named ``d_loss_d_W1``.

    Raises:
        DerivativeError: the output is not a scalar; use `jacobian` or `pullback`.
    """
    variables = resolve_wrt(graph, wrt)
    name, node = scalar_output(graph, output)
    found = reverse(primitive_blocks(graph.nodes), {node: ones_like(node)}, set(variables.values()))
    results = {f"d_{name}_d_{n}": adjoint(graph, n, v, found) for n, v in variables.items()}
    return graph.derive(
        graph.inputs, results, f"{graph.name}_gradient", hints=_hints(graph, found, "bar", ())
    )


def jacobian(graph: G, wrt: Wrt = None, mode: str = "auto") -> G:
    """The Jacobians of all outputs, named ``d_y_d_x``, of shape ``y.shape + x.shape``.

    Forward mode does one pass an input entry, reverse mode one an output entry, all passes at once
    over a leading axis; "auto" takes the smaller number, reverse where sizes can't be compared.
    """
    variables = resolve_wrt(graph, wrt)
    results = {
        f"d_{out}_d_{name}": _jacobian_block(graph, out, node, name, variable, mode)
        for out, node in zip(graph.output_names, graph.outputs, strict=True)
        for name, variable in variables.items()
    }
    return graph.derive(graph.inputs, results, f"{graph.name}_jacobian")


def hessian(graph: G, wrt: Wrt = None, output: str | None = None) -> G:
    """The blocks of the Hessian of one scalar output, forward over reverse mode.

    Outputs are ``d2_y_d_x_d_a`` of shape ``x.shape + a.shape``, for every pair from `wrt`.
    """
    variables = resolve_wrt(graph, wrt)
    name, _ = scalar_output(graph, output)
    slopes = gradient(graph, tuple(variables), name)
    blocks: dict[tuple[str, str], Node] = {}
    order = list(variables)
    for i, first in enumerate(order):
        for second in order[i:]:
            node = slopes.outputs[i]
            block = _jacobian_block(
                slopes,
                slopes.output_names[i],
                node,
                second,
                variables[second],
                "forward",
                quiet=True,
            )
            blocks[first, second] = block
            if first != second:
                ranks = (variables[first].ndim, variables[second].ndim)
                swapped = (*range(ranks[0], sum(ranks)), *range(ranks[0]))
                blocks[second, first] = block.transpose(swapped)
    results = {f"d2_{name}_d_{a}_d_{b}": blocks[a, b] for a in order for b in order}
    return graph.derive(graph.inputs, results, f"{graph.name}_hessian")


def hvp(graph: G, wrt: Wrt = None, output: str | None = None) -> G:
    """The Hessian of one scalar output times a vector, forward over reverse mode.

    Inputs are those of the graph, then ``v_x`` for each ``x`` of `wrt`; outputs are ``hvp_x``.
    The cost is a small multiple of that of the graph (Pearlmutter 1994).
    """
    variables = resolve_wrt(graph, wrt)
    slopes = gradient(graph, tuple(variables), output)
    taken = {*graph.input_names}
    vectors = []
    for name, node in variables.items():
        vectors.append(input_node(fresh_name(f"v_{name}", taken), node.shape, node.dtype))
        taken.add(vectors[-1].param("name"))
    seeds = dict(zip(variables.values(), vectors, strict=True))
    found = forward(primitive_blocks(slopes.nodes), seeds)
    results = {
        f"hvp_{name}": found[slope].value if slope in found else zeros_like(slope)
        for name, slope in zip(variables, slopes.outputs, strict=True)
    }
    return graph.derive(
        (*graph.inputs, *vectors),
        results,
        f"{graph.name}_hvp",
        hints=slopes.hints,
        arguments=_with_seeds(graph, wrt, vectors, "v_{}"),
    )


def scalar_output(graph: GraphData, output: str | None = None) -> tuple[str, Node]:
    """The name and node of the one scalar output.

    Raises:
        DerivativeError: there are several outputs and none is named, or it is not a real scalar.
    """
    names = dict(zip(graph.output_names, graph.outputs, strict=True))
    if output is None and len(names) > 1:
        msg = f"graph {graph.name!r} has outputs {', '.join(names)}: name one of them, or use jacobian"
        raise DerivativeError(msg)
    name = output if output is not None else next(iter(names))
    if name not in names:
        msg = f"graph {graph.name!r} has no output {name!r}; it has {', '.join(names)}"
        raise DerivativeError(msg)
    node = names[name]
    if node.shape != () or not node.is_real:
        kind = f"shape {format_shape(node.shape)}" if node.is_real else f"dtype {node.dtype}"
        msg = f"output {name!r} has {kind}: a gradient needs a real scalar; use jacobian, or pullback with a seed"
        raise DerivativeError(msg)
    return name, node


def adjoint(
    graph: GraphData,
    name: str,
    node: Node,
    found: Mapping[Node, Derivative],
    *,
    quiet: bool = False,
) -> Node:
    """The adjoint of a node; zeros, with a warning that names it, if no output depends on it."""
    if node in found:
        return found[node].value
    if not quiet:
        outputs = ", ".join(graph.output_names)
        msg = (
            f"{outputs} of graph {graph.name!r} does not depend on {name!r}: its derivative is zero"
        )
        warnings.warn(msg, DerivativeWarning, stacklevel=4)
    return zeros_like(node)


def _seed_inputs(
    graph: GraphData, nodes: Mapping[str, Node], suffix: str
) -> tuple[tuple[str, ...], list[Node]]:
    """An input for the seed of each node, of its shape, with a name that is not taken."""
    taken = {*graph.input_names}
    names, seeds = [], []
    for name, node in nodes.items():
        names.append(fresh_name(f"{name}_{suffix}", taken))
        taken.add(names[-1])
        seeds.append(input_node(names[-1], node.shape, node.dtype))
    return tuple(names), seeds


def _with_seeds(
    graph: GraphData, wrt: Wrt, seeds: Sequence[Node], form: str
) -> dict[str, Structure]:
    """The arguments of a graph, then those for the seeds of `wrt`, arranged as `wrt` is."""
    found = {argument.name: argument.structure for argument in graph.arguments}
    names = [seed.param("name") for seed in seeds]
    start = 0
    for variable in arranged_variables(graph, wrt):
        taken = {*found, *graph.input_names, *names}
        name = names[start] if variable.plain else fresh_name(form.format(variable.name), taken)
        found[name] = variable.structure
        start += len(variable.nodes)
    return found


def _hints(
    graph: GraphData, found: Mapping[Node, Derivative], suffix: str, taken: Sequence[str]
) -> dict[Node, str]:
    """Names for the derivatives of named nodes, for printers and the code generator."""
    named: dict[Node, str] = dict(graph.hints)
    names = named | dict(zip(graph.inputs, graph.input_names, strict=True))
    for node, derivative in found.items():
        name = node.param("name") if node.op is LET else names.get(node)
        if name is not None and f"{name}_{suffix}" not in taken and derivative.value.args:
            named.setdefault(derivative.value, f"{name}_{suffix}")
    return named


def _jacobian_block(
    graph: GraphData,
    out: str,
    node: Node,
    name: str,
    variable: Node,
    mode: str,
    *,
    quiet: bool = False,
) -> Node:
    shape: Shape = (*node.shape, *variable.shape)
    if not node.is_real:
        msg = f"output {out!r} is {node.dtype}: it has no derivative"
        raise DerivativeError(msg)
    use_forward = (
        _prefers_forward(node.size, variable.size) if mode == "auto" else mode == "forward"
    )
    if mode not in {"auto", "forward", "reverse"}:
        msg = f"mode must be 'auto', 'forward' or 'reverse', not {mode!r}"
        raise DerivativeError(msg)
    blocks = primitive_blocks(graph.nodes)
    seeded, wanted = (variable, node) if use_forward else (node, variable)
    single = seeded.shape == ()
    seed = (
        ones_like(seeded)
        if single
        else input_node("seed", seeded.shape, seeded.dtype, scope="jacobian")
    )
    found = (
        forward(blocks, {seeded: seed})
        if use_forward
        else reverse(blocks, {seeded: seed}, {wanted})
    )
    if wanted not in found:
        if not quiet:
            msg = (
                f"{out} of graph {graph.name!r} does not depend on {name!r}: its derivative is zero"
            )
            warnings.warn(msg, DerivativeWarning, stacklevel=4)
        return filled(0.0, shape, node)
    with unscoped():
        value = found[wanted].value
        if single:
            return value.reshape(shape)
        size = seeded.size
        basis = apply(IDENTITY, size=size, dtype=seeded.dtype.name).reshape((size, *seeded.shape))
        (stack,) = batched([value], size, {seed: basis})
        if use_forward:
            stack = stack.transpose((*range(1, stack.ndim), 0))
        return stack.reshape(shape)


def _prefers_forward(outputs: Dim, inputs: Dim) -> bool:
    difference = combine("-", outputs, inputs)
    return difference > 0 if isinstance(difference, int) else bool(difference.is_positive)
