"""Parts of a graph that can be computed block by block along one dimension, and their removal.

A long run of elementwise steps on large arrays waits for memory: each step reads and writes all of
it. Cut into blocks of rows that fit in the cache, the run reads its arguments once and writes its
results once, and what is in between, however large (n x k x d distances that are summed at once),
is never there as a whole. What may be cut along which axis follows from the records: `Op.along`.

A region is such a part: nodes that depend on blocks of rows alone, and sums over the rows that end
it. It leaves the graph as one call node, and a part node for each result. Sums over rows are not
known before all blocks are done; so nodes that need one belong to a later region: its level.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy

from graphcomp.codegen.dimensions import degree
from graphcomp.codegen.scattered import scattered_sums
from graphcomp.graph import input_node
from graphcomp.names import fresh_name
from graphcomp.node import Node, intern
from graphcomp.op import SUMMED, Form, Kind, Op, Params
from graphcomp.rewrite.rows_last import rows_last
from graphcomp.shape import Dim, Shape, dimension_names, dimension_symbol, size_of
from graphcomp.traversal import topological

#: A run of fewer elementwise steps than this gains nothing.
FEWEST = 4
#: Nor do arrays that are known to have fewer entries than this.
SMALLEST = 1 << 15
#: A dimension that is known to be smaller than this is not cut.
SMALLEST_DIMENSION = 256
#: More arguments or results than this have no call that anybody can read, and leave little to spare.
MOST_NAMES = 100
#: Rounds of cutting, each along another dimension.
ROUNDS = 3

#: Whether some nodes, of which some are sums over the rows, are cut along a dimension.
Wanted = Callable[[Sequence[Node], Collection[Node], Dim], bool]

_MOVING = {Form.BROADCAST, Form.TRANSPOSE, Form.BRACKET}


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A part of a graph, as a small graph of its own.

    Attributes:
        dim: the dimension that is cut.
        rows: its symbol inside, the length of a block.
        cuts: along which axis each argument of the call is cut; None: it is read whole.
        parameters: the inputs of the small graph.
        outputs: its outputs.
        joins: along which axis the blocks of each output are joined, or `SUMMED`.
        places: for each output, the number of the result of the call that it belongs to, and the
            node that scatters it there, or None where it is that result.
        names: of nodes of the small graph, wanted.
        turned: whether inside, the axis that is cut is the last one.
        plain: whether rows stay where they are, and results are only joined or added.
    """

    dim: Dim
    rows: sympy.Symbol
    cuts: tuple[int | None, ...]
    parameters: tuple[Node, ...]
    outputs: tuple[Node, ...]
    joins: tuple[int, ...]
    places: tuple[tuple[int, Node | None], ...]
    names: Mapping[Node, str]
    turned: bool = False
    plain: bool = False


#: The call of a region: its arguments are the inputs of the region.
CALL = Op(
    name="rows",
    kind=Kind.DISCRETE,
    evaluate=lambda *_args, **_params: None,
    arity=-1,
    shape=lambda *_shapes, **_params: (),
    dtype=lambda *_dtypes, **_params: np.dtype(float),
)
#: One result of a call.
PART = Op(
    name="part",
    kind=Kind.DISCRETE,
    evaluate=lambda *_args, **_params: None,
    shape=lambda _call, *, shape, **_params: shape,
    dtype=lambda _call, *, dtype, **_params: np.dtype(dtype),
)


def parts_of(order: Iterable[Node]) -> dict[Node, list[Node]]:
    """The part nodes of each call, in the order of the outputs of the region."""
    found: dict[Node, list[Node]] = {}
    for node in order:
        if node.op is PART:
            found.setdefault(node.args[0], []).append(node)
    return {
        call: sorted(parts, key=lambda p: int(p.param("index"))) for call, parts in found.items()
    }


def cut_into_rows(
    outputs: Sequence[Node],
    names: Mapping[Node, str],
    late: Collection[Node] = (),
    wanted: Wanted = lambda _nodes, _summed, _dim: True,
    *,
    plain: bool = False,
) -> tuple[list[Node], dict[Node, str], dict[Node, Node]]:
    """The outputs with calls in place of the regions that are worth it.

    Args:
        outputs: the nodes.
        names: of nodes, wanted.
        late: inputs that are known later than all others (the seeds of a pullback).
        wanted: whether these nodes, some of them sums over the rows, are cut along a dimension.
        plain: whether rows stay where they are, and blocks give only arrays that are joined or added.

    Returns:
        The outputs, the names of what is left of the graph, and what has become of each node that
        is left.
    """
    named = dict(names)
    left: dict[Node, Node] | None = None
    for _ in range(ROUNDS):
        order = topological(outputs)
        found = _best(order, set(outputs), late, wanted)
        if not found:
            break
        memo = _replace(order, set(outputs), found, named, plain=plain)
        outputs = [memo[node] for node in outputs]
        named = {memo[node]: name for node, name in named.items() if node in memo}
        left = (
            memo if left is None else {old: memo[new] for old, new in left.items() if new in memo}
        )
    return list(outputs), named, left or {}


def _best(
    order: Sequence[Node],
    results: set[Node],
    late: Collection[Node],
    wanted: Wanted,
) -> list[_Candidate]:
    """The regions along the dimension by which most is gained."""
    best: list[_Candidate] = []
    gain: tuple[float, float] = (0, 0)
    for dim in _dimensions(order):
        along = _Along(dim, late)
        for node in order:
            along.visit(node)
        found = [
            c
            for c in along.candidates(order)
            if c.worth_it(dim, order, results) and wanted(c.nodes, along.summed, dim)
        ]
        work = sum(c.saved(order, results) for c in found)
        leading = -sum(along.axis[node] for c in found for node in c.work)
        if (work, leading) > gain:
            best, gain = found, (work, leading)
    return best


def _dimensions(order: Iterable[Node]) -> list[Dim]:
    """Dimensions that many elementwise steps have, and that are not known to be small."""
    counts: dict[Dim, int] = {}
    for node in order:
        if node.shape and node.op.broadcasts:
            for dim in set(node.shape):
                counts[dim] = counts.get(dim, 0) + 1
    large = [d for d in counts if not isinstance(d, int) or d >= SMALLEST_DIMENSION]
    return sorted(large, key=lambda d: (-counts[d], str(d)))[:4]


class _Along:
    """What is cut along which axis, when one dimension is cut."""

    def __init__(self, dim: Dim, late: Collection[Node]) -> None:
        self.dim = dim
        self.late = late
        self.axis: dict[Node, int] = {}
        self.summed: set[Node] = set()
        self.level: dict[Node, int] = {}

    def visit(self, node: Node) -> None:
        """Place a node whose arguments have their place."""
        if not node.args:
            self.level[node] = 10**9 if node in self.late else 0
            return
        joined = self._joined(node)
        ready = [self.level[arg] + (arg in self.summed) for arg in node.args]
        if joined is None:
            self.level[node] = max(
                level + (arg in self.axis) for level, arg in zip(ready, node.args, strict=True)
            ) + (node.op is CALL)
            return
        self.level[node] = max(ready)
        if joined == SUMMED:
            self.summed.add(node)
        else:
            self.axis[node] = joined

    def cut(self, node: Node) -> int | None:
        """The axis along which a node can be cut."""
        if node in self.axis:
            return self.axis[node]
        places = [i for i, dim in enumerate(node.shape) if dim == self.dim]
        return places[0] if len(places) == 1 else None

    def _joined(self, node: Node) -> int | None:
        op = node.op
        cuts = [self.cut(arg) for arg in node.args]
        if all(axis is None for axis in cuts):
            places = [i for i, dim in enumerate(node.shape) if dim == self.dim]
            return places[0] if op.form is Form.BROADCAST and len(places) == 1 else None
        if any(
            axis is None and self.dim in arg.shape
            for axis, arg in zip(cuts, node.args, strict=True)
        ):
            return None  # it has the dimension twice
        if op.broadcasts:
            return cuts[0] if len(set(cuts)) == 1 else None
        if op.along is None or (
            op.form is Form.CONTRACTION and all(arg.ndim == 2 for arg in node.args)
        ):
            return None  # a product of matrices is faster in one piece
        result: int | None = op.along(cuts, [a.shape for a in node.args], **dict(node.params))
        return result

    def candidates(self, order: Sequence[Node]) -> list[_Candidate]:
        """Connected nodes of one level, and the sums that end them."""
        root: dict[object, object] = {}

        def find(key: object) -> object:
            path = []
            while (above := root.setdefault(key, key)) is not key:
                path.append(key)
                key = above
            for below in path:
                root[below] = key
            return key

        inside = [node for node in order if node in self.axis or node in self.summed]
        for node in inside:
            level = self.level[node]
            for arg in node.args:
                same = arg in self.axis and self.level[arg] == level
                if same or self.cut(arg) is not None:
                    key: object = arg if same else (arg, level)
                    root[find(node)] = find(key)
        groups: dict[object, list[Node]] = {}
        for node in inside:
            groups.setdefault(find(node), []).append(node)
        return [_Candidate(self, nodes) for nodes in groups.values()]


class _Candidate:
    """Nodes that may become a region, arguments before users."""

    def __init__(self, along: _Along, nodes: list[Node]) -> None:
        self.along = along
        self.nodes = nodes
        self.inside = set(nodes)
        self.work = [n for n in nodes if n in along.axis and not moves(n)]

    def reads(self) -> dict[Node, int | None]:
        """What it reads of the graph, and along which axis that is cut.

        Of what is spread along the dimension, it reads what is spread.
        """
        found: dict[Node, int | None] = {}
        for node in self.nodes:
            for arg in node.args:
                if arg not in self.inside:
                    source = self.source(arg)
                    found[source] = self.along.cut(source)
        return found

    def source(self, arg: Node) -> Node:
        """The node itself, or what it spreads over the block, or shows with its axes in another order."""
        while arg.op.form in {Form.BROADCAST, Form.TRANSPOSE}:
            if arg.op.form is Form.TRANSPOSE and self.along.cut(arg) is not None:
                break
            if self.along.cut(arg.args[0]) is not None:
                break
            if arg not in self.along.axis and self.along.cut(arg) is not None:
                break
            arg = arg.args[0]
        return arg

    def worth_it(self, dim: Dim, order: Sequence[Node], results: set[Node]) -> bool:
        """Whether computing it block by block saves anything."""
        if all(cut is None for cut in self.reads().values()):
            return False
        simple = [node for node in self.work if node.op.broadcasts]
        if isinstance(dim, int):
            entries = [size_of(node.shape) for node in self.work]
            if all(isinstance(size, int) and size < SMALLEST for size in entries):
                return False
        names = max(len(self.reads()), len(needed(self, order, results)))
        if not simple or names > MOST_NAMES:
            return False
        return len(simple) >= FEWEST or self._expands(order, results)

    def saved(self, order: Sequence[Node], results: set[Node]) -> float:
        """The entries that need not be stored, less those that must; a dimension counts as 64."""
        inner = sum(_entries(node) for node in self.work)
        return inner - 2.0 * sum(_entries(node) for node in needed(self, order, results))

    def _expands(self, order: Sequence[Node], results: set[Node]) -> bool:
        """Whether something inside is larger than all that goes in and comes out."""
        inner = max((degree(size_of(node.shape)) for node in self.work), default=(0, 0))
        edge = [arg for node in self.nodes for arg in node.args if arg not in self.inside]
        exported = needed(self, order, results)
        outer = [degree(size_of(node.shape)) for node in [*edge, *exported]]
        return bool(outer) and inner[0] > max(outer)[0]


def _entries(node: Node) -> float:
    power, number = degree(size_of(node.shape))
    return float(number * 64**power)


def moves(node: Node) -> bool:
    """Whether a node computes nothing: a view, or a condition as a number."""
    return node.op.view or node.op.form in _MOVING


def needed(
    candidate: _Candidate, order: Sequence[Node], results: Collection[Node]
) -> dict[Node, None]:
    """The nodes that are read outside; of views, what they show."""
    wanted: dict[Node, None] = {}
    queue = [node for node in candidate.nodes if node in results]
    for node in order:
        if node not in candidate.inside:
            queue += [arg for arg in node.args if arg in candidate.inside]
    while queue:
        node = queue.pop()
        if moves(node) and node in candidate.along.axis:
            queue += [arg for arg in node.args if arg in candidate.inside]
        else:
            wanted[node] = None
    return {node: None for node in candidate.nodes if node in wanted}


def _replace(
    order: Sequence[Node],
    results: set[Node],
    found: Sequence[_Candidate],
    names: Mapping[Node, str],
    *,
    plain: bool,
) -> dict[Node, Node]:
    """What becomes of each node of the graph that is left."""
    exported = {id(c): _exports(c, order, results, plain=plain) for c in found}
    leaving = {node: c for c in found for node in exported[id(c)]}
    reads = {id(c): list(c.reads()) for c in found}
    inner = {node for c in found for node in c.nodes if node not in leaving}
    memo: dict[Node, Node] = {}
    for start in order:
        if start in inner and start not in results:
            continue
        stack = [start]
        while stack:
            node = stack[-1]
            candidate = leaving.get(node)
            before = node.args if candidate is None else reads[id(candidate)]
            missing = [arg for arg in before if arg not in memo]
            if missing:
                stack += missing
                continue
            stack.pop()
            if node in memo:
                continue
            if candidate is not None:
                _leave(candidate, exported[id(candidate)], memo, names, plain=plain)
            else:
                args = tuple([memo[arg] for arg in node.args])
                memo[node] = node if args == node.args else node.rebuild(args)
    return memo


def _exports(
    candidate: _Candidate, order: Sequence[Node], results: Collection[Node], *, plain: bool
) -> dict[Node, list[Node]]:
    """The results of the call that stands for a region: its own, or sums of what it scatters.

    Each with the nodes that scatter, none for those of its own.
    """
    own = needed(candidate, order, results)
    blocks = [node for node in own if node in candidate.along.axis]
    sums = {} if plain else scattered_sums(order, blocks, candidate.inside, results)
    scattered = {term.args[0] for terms in sums.values() for term in terms}
    return {node: [] for node in own if node not in scattered} | sums


def _leave(
    candidate: _Candidate,
    exported: Mapping[Node, Sequence[Node]],
    memo: dict[Node, Node],
    names: Mapping[Node, str],
    *,
    plain: bool,
) -> None:
    """Put a call in place of a region."""
    along = candidate.along
    taken = dimension_names(node.shape for node in candidate.nodes)
    rows = dimension_symbol(fresh_name("rows", taken))
    inputs: dict[Node, int | None] = {}
    twins: dict[Node, Node] = {}
    for node, cut in candidate.reads().items():
        if node.is_constant and cut is None:
            twins[node] = node
            continue
        inputs[node] = cut
        shape = node.shape if cut is None else _with(node.shape, cut, rows)
        twins[node] = input_node(f"in_{len(inputs)}", shape, node.dtype, scope="/rows")
    for node in candidate.nodes:
        for arg in node.args:
            spread = [arg]
            while spread[-1] not in twins:
                spread.append(spread[-1].args[0])
            for outer in reversed(spread[:-1]):
                params = _params(outer, along.axis.get(outer), rows)
                twins[outer] = intern(outer.op, (twins[outer.args[0]],), params)
        args = tuple([twins[arg] for arg in node.args])
        params = _params(node, along.axis.get(node), rows)
        twins[node] = intern(node.op, args, params, node.scope)
    outputs: list[Node] = []
    places: list[tuple[int, Node | None]] = []
    for i, (node, terms) in enumerate(exported.items()):
        outputs += [term.args[0] for term in terms] or [node]
        places += [(i, term) for term in terms] or [(i, None)]
    region = Region(
        along.dim,
        rows,
        tuple(inputs.values()),
        tuple(twins[node] for node in inputs),
        tuple(twins[node] for node in outputs),
        tuple(along.axis.get(node, SUMMED) for node in outputs),
        tuple(places),
        {twins[node]: names[node] for node in candidate.nodes if node in names},
        plain=plain,
    )
    region = region if plain else _with_rows_last(region)
    call = intern(CALL, tuple(memo[node] for node in inputs), (("region", region),))
    for i, node in enumerate(exported):
        params = (("index", i), ("shape", node.shape), ("dtype", node.dtype.name))
        memo[node] = intern(PART, (call,), params)


def _with_rows_last(region: Region) -> Region:
    """The region with its rows last inside, where that pays and all of its ops allow it."""
    turned = rows_last(region.outputs, region.rows) if _lines_are_short(region) else None
    if turned is None:
        return region
    outputs = tuple(turned[node] for node in region.outputs)
    names = {turned[node]: name for node, name in region.names.items() if node in turned}
    return replace(region, outputs=outputs, names=names, turned=True)


def _lines_are_short(region: Region) -> bool:
    """Whether the largest arrays have other axes behind the rows, and stay inside.

    To move the axes of arrays as large that go in or come out would cost as much as it saves.
    """
    rows = region.rows
    inner = [node for node in topological(region.outputs) if node.args and rows in node.shape]
    largest = max((degree(size_of(node.shape)) for node in inner), default=(0, 0))
    edge = [node for node in (*region.parameters, *region.outputs) if rows in node.shape]
    return all(degree(size_of(node.shape)) < largest for node in edge) and any(
        node.shape[-1] != rows and degree(size_of(node.shape)) == largest for node in inner
    )


def _with(shape: Shape, axis: int, dim: Dim) -> Shape:
    return (*shape[:axis], dim, *shape[axis + 1 :])


def _params(node: Node, axis: int | None, rows: Dim) -> Params:
    """The parameters, with the length of a block where they give a shape."""
    if axis is None:
        return node.params
    return tuple(
        (name, _with(value, axis, rows) if name == "shape" and len(value) == node.ndim else value)
        for name, value in node.params
    )
