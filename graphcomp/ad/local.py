"""How one op, and one block of ops, passes tangents on and cotangents back.

Everything follows from the op records: local partials for elementwise ops, the op itself and its
transpose for (multi)linear ones, the jvp and its transpose for opaque ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from graphcomp.ad.build import Partial, filled, ones_like, plus, tidy, times
from graphcomp.graph import input_node
from graphcomp.node import Node, apply
from graphcomp.op import Form, Kind
from graphcomp.traversal import topological

# a look at an enumeration for each node takes long
_DISCRETE, _ELEMENTWISE, _OPAQUE = Kind.DISCRETE, Kind.ELEMENTWISE, Kind.OPAQUE
_WITH_TRANSPOSE = {Kind.LINEAR, Kind.MULTILINEAR, Kind.OPAQUE}
_NEGATION, _PRODUCT = Form.NEGATION, Form.PRODUCT


class Block(NamedTuple):
    """A node with the nodes inside it: what one step computes from its operands.

    Attributes:
        output: the node that the block computes.
        operands: the nodes that it reads, computed by other blocks.
        interior: what it computes, arguments before users; the last is the output.
    """

    output: Node
    operands: tuple[Node, ...]
    interior: tuple[Node, ...]


def primitive_blocks(nodes: Sequence[Node]) -> list[Block]:
    """One block for every node that is not a leaf."""
    return [
        Block(node, args if len(args) == 1 else _apart(args), (node,))
        for node in nodes
        if (args := node.args)
    ]


def _apart(args: tuple[Node, ...]) -> tuple[Node, ...]:
    """Each once; mostly, these are two."""
    if len(args) == 2 and args[0] is not args[1]:
        return args
    return tuple(dict.fromkeys(args))


def active_nodes(blocks: Sequence[Block], wrt: Collection[Node]) -> set[Node]:
    """The real nodes through which an output can depend on one of `wrt`."""
    active = set(wrt)
    for block in blocks:
        for node in block.interior:
            if not active.isdisjoint(node.args) and node.op.kind is not _DISCRETE and node.is_real:
                active.add(node)
    return active


def partial(node: Node, index: int) -> Partial:
    """The local partial of an elementwise op by one argument; None where it is identically zero."""
    rules = node.op.partials
    if rules is None:
        msg = f"op {node.op.name} has no partials"
        raise AssertionError(msg)
    rule = rules[index]
    if rule is None:
        return None
    result: Partial = (
        rule(node, *node.args, **dict(node.params)) if node.params else rule(node, *node.args)
    )
    return tidy(result) if isinstance(result, Node) else result


def push(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    """The tangent of a node from those of its arguments; None is an identical zero."""
    if not node.is_real or all(tangent is None for tangent in tangents):
        return None
    op, params = node.op, dict(node.params)
    result: Node | None = None
    match op.kind:
        case Kind.ELEMENTWISE:
            for index, tangent in enumerate(tangents):
                if tangent is not None:
                    result = plus(result, times(tangent, partial(node, index)))
        case Kind.LINEAR:
            moved = [
                arg
                if isinstance(op.domains[min(i, len(op.domains) - 1)], str)  # no term: a condition
                else filled(0.0, arg.shape, node)
                if tangent is None
                else tangent
                for i, (arg, tangent) in enumerate(zip(node.args, tangents, strict=True))
            ]
            result = moved[0] if op.form is Form.NAMED else tidy(apply(op, *moved, **params))
        case Kind.MULTILINEAR:
            for index, tangent in enumerate(tangents):
                if tangent is not None:
                    result = plus(result, _replaced(node, index, tangent))
        case Kind.OPAQUE:
            result = _push_opaque(node, tangents)
        case _:
            result = None
    return result


def _push_opaque(node: Node, tangents: Sequence[Node | None]) -> Node | None:
    """By its own rule, and as a multilinear op by the arguments in which it is linear."""
    op = node.op
    if op.jvp is None:
        msg = f"op {op.name} has no jvp"
        raise AssertionError(msg)
    result: Node | None = None
    curved = [None if i in op.linear else tangent for i, tangent in enumerate(tangents)]
    if any(tangent is not None for tangent in curved):
        result = op.jvp(node, node.args, curved, **dict(node.params))
    for index in op.linear:
        tangent = tangents[index]
        if tangent is not None:
            result = plus(result, _replaced(node, index, tangent))
    return result


def _replaced(node: Node, index: int, tangent: Node) -> Node | None:
    """A multilinear op with a tangent in place of one argument."""
    if node.op.form is Form.PRODUCT:
        return times(tangent, node.args[1 - index])
    args = (*node.args[:index], tangent, *node.args[index + 1 :])
    return tidy(apply(node.op, *args, **dict(node.params)))


def pull(node: Node, index: int, ct: Node) -> Node | None:
    """What a cotangent of a node contributes to that of one argument; None is an identical zero."""
    op = node.op
    if op.form is _PRODUCT:
        return times(ct, node.args[1 - index])
    if op.kind is _ELEMENTWISE:
        return times(ct, partial(node, index))
    if op.kind is _OPAQUE and index not in op.linear:
        if op.vjp is None:
            return _pull_through_jvp(node, index, ct)
        result = op.vjp(index, ct, node, node.args, **dict(node.params))
    elif op.kind in _WITH_TRANSPOSE:
        if op.transpose is None:
            msg = f"op {op.name} has no transpose"
            raise AssertionError(msg)
        result = op.transpose(index, ct, *node.args, **dict(node.params))
    else:
        return None
    return None if result is None else tidy(result)


def _pull_through_jvp(node: Node, index: int, ct: Node) -> Node | None:
    """Reverse mode of an opaque op: the transpose of the linear graph that its jvp builds."""
    arg = node.args[index]
    seed = input_node("tangent", arg.shape, arg.dtype, scope="transposed jvp")
    tangents = [seed if i == index else None for i in range(len(node.args))]
    tangent = push(node, tangents)
    if tangent is None:
        return None
    blocks = primitive_blocks(topological([tangent]))
    active = active_nodes(blocks, {seed})
    found = sweep(blocks, {tangent: ct}, active)
    return found.get(seed)


def sweep(
    blocks: Sequence[Block], seeds: Mapping[Node, Node], active: Collection[Node]
) -> dict[Node, Node]:
    """Reverse through primitive blocks; the cotangents of all active nodes."""
    parts: dict[Node, list[Node]] = {node: [ct] for node, ct in seeds.items()}
    found: dict[Node, Node] = {}
    for block in reversed(blocks):
        node = block.output
        if node not in parts or node not in active:
            continue
        found[node] = ct = _sum(parts.pop(node))
        for index, arg in enumerate(node.args):
            if arg in active and arg.is_real:
                contribution = pull(node, index, ct)
                if contribution is not None:
                    parts.setdefault(arg, []).append(contribution)
    for node, rest in parts.items():
        if node in active:
            found[node] = _sum(rest)
    return found


def _sum(parts: Sequence[Node]) -> Node:
    """Contributions arrive last consumer first; they are added first consumer first."""
    result = parts[-1]
    for part in reversed(parts[:-1]):
        result = result - part.args[0] if part.op.form is _NEGATION else result + part
    return result


def is_pointwise(block: Block, active: Collection[Node]) -> bool:
    """Whether entry i of the output depends on entry i of the active operands alone, in one dtype."""
    shape, dtype = block.output.shape, block.output.dtype
    for node in block.interior:
        if node in active and (
            not node.op.pointwise or node.op.kind is _OPAQUE or node.shape != shape
        ):
            return False
    for operand in block.operands:
        if operand in active and (operand.dtype != dtype or operand.shape != shape):
            return False
    return True


def pull_block(block: Block, ct: Node, active: Collection[Node]) -> Iterator[tuple[Node, Node]]:
    """What a cotangent of the block's output contributes to that of each active operand."""
    inside = [Block(node, (), (node,)) for node in block.interior]
    found = sweep(inside, {block.output: ct}, active)
    for operand in block.operands:
        if operand in active and operand in found:
            yield operand, found[operand]


def local_partials(block: Block, active: Collection[Node]) -> dict[Node, Node]:
    """The partials of a pointwise block by its active operands: reverse mode with a seed of ones."""
    if len(block.interior) > 1:
        return dict(pull_block(block, ones_like(block.output), active))
    node = block.output
    found: dict[Node, Node] = {}
    product = node.op.form is _PRODUCT
    for index, arg in enumerate(node.args):
        if arg in active:
            part = node.args[1 - index] if product else _partial_node(node, index)
            if part is not None:
                found[arg] = _sum([found[arg], part]) if arg in found else part
    return found


def _partial_node(node: Node, index: int) -> Node | None:
    """The local partial of a pointwise op, but for products, by one argument, as a node."""
    if node.op.kind is not _ELEMENTWISE:
        return pull(node, index, ones_like(node))
    value = partial(node, index)
    if value is None or isinstance(value, Node):
        return value
    return filled(value, node.shape, node) if value else None


def push_block(block: Block, tangents: Mapping[Node, Node]) -> Node | None:
    """The tangent of the block's output from those of its operands."""
    known: dict[Node, Node | None] = dict(tangents)
    for node in block.interior:
        known[node] = push(node, [known.get(arg) for arg in node.args])
    return known[block.output]
