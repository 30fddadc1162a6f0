"""Where a graph is cut into steps: a Wengert list is a choice of cut points on the DAG."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from graphcomp.ad import Block
from graphcomp.errors import InputError
from graphcomp.graph import GraphData
from graphcomp.node import Node, is_input
from graphcomp.op import Form, Joins, Kind
from graphcomp.traversal import topological, use_counts

#: Nodes that an inlined expression may have before it is split over two steps (policy "shared").
LINE_WEIGHT = 6

_FREE = {Form.BROADCAST, Form.TRANSPOSE}
# a look at an enumeration for each node takes long
_BROADCAST, _NAMED, _QUOTIENT = Form.BROADCAST, Form.NAMED, Form.QUOTIENT
_LEAF, _PRODUCER, _IF_CONSTANT = Kind.LEAF, Joins.PRODUCER, Joins.PRODUCER_IF_CONSTANT
_LATE = {Joins.CONSUMER, Joins.REDUCTION}


def cut_nodes(graph: GraphData, policy: str = "grouped") -> list[Node]:
    """The nodes that are steps, inputs first, then arguments before users.

    Policies:
        grouped: one essential operation a step; negation, added constants and constant factors
            join the step whose value they modify, if nothing else uses it.
        named: the steps that the user named, and the outputs.
        primitive: every operation.
        shared: named steps, outputs and everything used more than once; the rest is inlined up to
            one readable line.

    Raises:
        InputError: there is no such policy.
    """
    if policy not in POLICIES:
        msg = f"steps must be one of {', '.join(POLICIES)}, not {policy!r}"
        raise InputError(msg)
    nodes = graph.nodes
    fixed = set(graph.inputs) | set(graph.outputs) | {n for n in nodes if n.op.form is _NAMED}
    chosen = fixed | POLICIES[policy](nodes, fixed)
    return [*graph.inputs, *(node for node in nodes if node in chosen and not is_input(node))]


def blocks_of(cut: Sequence[Node]) -> list[Block]:
    """The block of every step that computes something."""
    chosen = set(cut)
    return [_block(node, chosen) for node in cut if not is_input(node)]


def _block(root: Node, cut: set[Node]) -> Block:
    if cut.issuperset(root.args):  # as mostly, and then there is nothing to walk over
        return Block(root, tuple(dict.fromkeys(root.args)), (root,))
    inside = topological([root], stop=lambda node: node in cut and node is not root)
    operands = tuple(node for node in inside if node in cut and node is not root)
    read = set(operands)
    return Block(root, operands, tuple(node for node in inside if node not in read))


def _grouped(nodes: Sequence[Node], fixed: set[Node]) -> set[Node]:
    uses = use_counts(nodes)
    late = {op for op in {node.op for node in nodes} if op.joins in _LATE}
    consumers = {arg: node for node in nodes for arg in node.args if arg.op in late} if late else {}
    cut: set[Node] = set()
    essential: set[Node] = set()  # nodes whose group, so far, has an operation of its own
    for node in nodes:
        op = node.op
        if op.kind is _LEAF or (op.form is _NAMED and node in fixed):
            _release(node, cut, fixed, uses)
            continue
        base = _modified(node)
        if base is not None:
            if base in essential and base not in fixed and uses[base] == 1:
                cut.discard(base)
                cut.add(node)
                essential.add(node)
            elif uses.get(node, 0) != 1:
                cut.add(node)
        elif op.form in _FREE:
            continue
        elif not (op in late and uses.get(node, 0) == 1 and _joins_consumer(node, consumers[node])):
            cut.add(node)
            essential.add(node)
    return cut


def _release(node: Node, cut: set[Node], fixed: set[Node], uses: dict[Node, int]) -> None:
    """A name takes over the step of the node that it names."""
    for arg in node.args:
        if uses[arg] == 1 and arg not in fixed:
            cut.discard(arg)


def _modified(node: Node) -> Node | None:
    """The value that a negation, an added constant or a constant factor modifies."""
    joins, args = node.op.joins, node.args
    if joins is _PRODUCER:
        return args[0]
    if joins is _IF_CONSTANT:
        varying = [arg for arg in args if not _is_constant(arg)]
        divided = node.op.form is _QUOTIENT and _is_constant(args[0])
        if len(varying) == 1 and not divided:
            return varying[0]
    return None


def _is_constant(node: Node) -> bool:
    leaf = node.args[0] if node.op.form is _BROADCAST else node
    return leaf.op.kind is _LEAF and not is_input(leaf)


def _joins_consumer(node: Node, consumer: Node) -> bool:
    if node.op.joins is Joins.REDUCTION:
        return consumer.op.form is Form.TOTAL and consumer.shape == ()
    return node.op.joins is Joins.CONSUMER


def _primitive(nodes: Sequence[Node], fixed: set[Node]) -> set[Node]:
    uses = use_counts(nodes)
    cut: set[Node] = set()
    for node in nodes:
        if node.op.form is Form.NAMED:
            _release(node, cut, fixed, uses)
        elif node.op.kind is not Kind.LEAF and node.op.form is not Form.BROADCAST:
            cut.add(node)
    return cut


def _named(_nodes: Sequence[Node], _fixed: set[Node]) -> set[Node]:
    return set()


def _shared(nodes: Sequence[Node], fixed: set[Node]) -> set[Node]:
    uses = use_counts(nodes)
    cut: set[Node] = set()
    weight: dict[Node, int] = {}
    for node in nodes:
        if node.op.kind is Kind.LEAF:
            weight[node] = 0
            continue
        if node.op.form is Form.NAMED:
            _release(node, cut, fixed, uses)
        own = 0 if node.op.form in {Form.NAMED, Form.BROADCAST} else 1
        total = own + sum(weight[arg] for arg in node.args)
        if total > LINE_WEIGHT:
            for arg in node.args:
                if weight[arg] > 1:
                    cut.add(arg)
                    weight[arg] = 0
            total = own + sum(weight[arg] for arg in node.args)
        if node in fixed or (uses.get(node, 0) > 1 and node.op.form not in _FREE):
            cut.add(node)
            total = 0
        weight[node] = total
    return cut


POLICIES: dict[str, Callable[[Sequence[Node], set[Node]], set[Node]]] = {
    "grouped": _grouped,
    "named": _named,
    "primitive": _primitive,
    "shared": _shared,
}
