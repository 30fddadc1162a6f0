"""A function with its own derivative rule, applied: one op, whose nodes hold what was traced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from graphcomp.ad.batch import batched
from graphcomp.ad.build import plus
from graphcomp.codegen.digest import graph_digest
from graphcomp.errors import DerivativeError
from graphcomp.evaluate import evaluate, resolve_params
from graphcomp.graph import GraphData, input_node
from graphcomp.node import Node, current_scope, intern
from graphcomp.op import DType, Kind, Op, Spelling
from graphcomp.ops.shaping import CAST
from graphcomp.rewrite import substitute
from graphcomp.shape import Dim, Shape
from graphcomp.traversal import topological
from graphcomp.trees import Structure

#: A node for each input and each output, or None where the derivative is zero.
Blocks = tuple[tuple[Node | None, ...], ...]


@dataclass(eq=False)
class Application:
    """A function and its rule, traced for arguments of certain shapes and dtypes.

    The rule comes when the rest is there, as it may apply the function itself.

    Attributes:
        title: what the function is called.
        inputs: stand for the arrays among the arguments.
        body: the values.
        structure: of the values.
        tangents: stand for the tangents of the inputs; None for those that are not real.
        cotangents: stand for the cotangents of the values, likewise.
        dims: the named dimensions that values depend on.
        push: by input and value, the tangent of the value for that of the input alone; None where
            the rule gives no forward mode.
        pull: by input and value, the cotangent of the input for that of the value alone.
    """

    title: str
    inputs: tuple[Node, ...]
    body: tuple[Node, ...]
    structure: Structure
    tangents: tuple[Node | None, ...]
    cotangents: tuple[Node | None, ...]
    dims: tuple[Dim, ...]
    push: Blocks | None = None
    pull: Blocks = ()
    _digest: str = ""

    def __str__(self) -> str:
        if not self._digest:
            self._digest = self.title  # inside its own rule
            self._digest = self._computed_digest()
        return self._digest

    def _computed_digest(self) -> str:
        """Of the values and of the rule, the same in every process."""
        blocks = [*self.body, *(node for row in (*self.pull, *(self.push or ())) for node in row)]
        seeds = [seed for seed in (*self.tangents, *self.cotangents) if seed is not None]
        outputs = {f"r{i}": node for i, node in enumerate(blocks) if node is not None}
        text = graph_digest(GraphData([*self.inputs, *seeds], outputs, "rule"))
        return hashlib.sha256(f"{text} {self.structure}".encode()).hexdigest()

    def apply(self, op: Op, args: Sequence[Node]) -> Any:
        """The values as nodes, arranged as the function does."""
        scope = current_scope.get()
        return self.structure.build(
            intern(op, tuple(args), (("call", self), ("output", i), ("dims", self.dims)), scope)
            for i in range(len(self.body))
        )

    def at(self, node: Node, args: Sequence[Node], seed: Node, value: Node) -> Node:
        """A node of a rule, for arguments and for the value of a seed."""
        mapping = dict(zip(self.inputs, args, strict=True))
        return substitute([node], {**mapping, seed: value})[0]


def application_op(title: str) -> Op:
    """The op of a function with its own rule; its nodes have their `Application` as a parameter."""
    return Op(
        name=title,
        kind=Kind.OPAQUE,
        why=f"by the rule that was given for {title}",
        arity=-1,
        evaluate=_evaluate,
        shape=_shape,
        dtype=_dtype,
        spell={
            "text": _spelled(title),
            "latex": _spelled(rf"\operatorname{{{{{title.replace('_', chr(92) + '_')}}}}}"),
        },
        jvp=_jvp,
        vjp=_vjp,
        expand=_expand,
        batch=_batch,
        analytic=False,
    )


def _spelled(title: str) -> Callable[..., Spelling]:
    def rule(count: int, *, call: Application, output: int, **_dims: object) -> Spelling:
        places = ", ".join(f"{{{i}}}" for i in range(count))
        which = f"[{output}]" if len(call.body) > 1 else ""
        return Spelling(f"{title}({places}){which}")

    return rule


def _shape(*_shapes: Shape, call: Application, output: int, **_dims: object) -> Shape:
    return call.body[output].shape


def _dtype(*_dtypes: DType, call: Application, output: int, **_dims: object) -> DType:
    return call.body[output].dtype


def _evaluate(*arrays: Any, call: Application, output: int, dims: tuple[int, ...]) -> Any:
    sizes = {str(dim): size for dim, size in zip(call.dims, dims, strict=True)}
    values: dict[Node, Any] = dict(zip(call.inputs, arrays, strict=True))
    wanted = call.body[output]
    if all(array.dtype == node.dtype for node, array in values.items()):
        return evaluate([wanted], values, sizes)[wanted]
    # a check computes in more digits than the dtypes of the nodes have
    for node in topological([wanted], stop=values.__contains__):
        if node not in values:
            args = [values[arg] for arg in node.args]
            exact = node.op is CAST and node.is_real and node.args[0].is_real
            found = node.op.evaluate(*args, **resolve_params(node.params, sizes))
            values[node] = args[0] if exact else found
    return values[wanted]


def _expand(*args: Node, call: Application, output: int, **_dims: object) -> Node:
    return substitute([call.body[output]], dict(zip(call.inputs, args, strict=True)))[0]


def _jvp(
    _out: Node,
    args: Sequence[Node],
    tangents: Sequence[Node | None],
    *,
    call: Application,
    output: int,
    **_dims: object,
) -> Node | None:
    if call.push is None:
        msg = (
            f"{call.title} has no forward mode: its bwd is not linear in the cotangent, so it is the "
            "transpose of no forward rule; use reverse mode (grad, vjp, jacobian with mode='reverse')"
        )
        raise DerivativeError(msg)
    result: Node | None = None
    for row, seed, tangent in zip(call.push, call.tangents, tangents, strict=True):
        part = row[output]
        if part is not None and seed is not None and tangent is not None:
            result = plus(result, call.at(part, args, seed, tangent))
    return result


def _vjp(
    index: int,
    ct: Node,
    _out: Node,
    args: Sequence[Node],
    *,
    call: Application,
    output: int,
    **_dims: object,
) -> Node | None:
    part, seed = call.pull[index][output], call.cotangents[output]
    return None if part is None or seed is None else call.at(part, args, seed, ct)


def _batch(
    size: Dim,
    args: Sequence[Node],
    flags: Sequence[bool],
    *,
    call: Application,
    output: int,
    **_dims: object,
) -> Node:
    """The values row by row. Only what is linear in a seed is batched, so no rule is lost by it."""
    stacks = {
        node: input_node(node.param("name"), (size, *node.shape), node.dtype, scope="stack")
        for node, flag in zip(call.inputs, flags, strict=True)
        if flag
    }
    found = batched([call.body[output]], size, stacks)
    given = {stacks.get(node, node): arg for node, arg in zip(call.inputs, args, strict=True)}
    return substitute(found, given)[0]
