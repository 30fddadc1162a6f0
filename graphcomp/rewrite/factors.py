"""Numbers multiplied where they are shared: 2*(s*x), 2*(s*y) and 2*(s*z) as t*x, t*y, t*z with t = 2*s.

The normal form has numbers in front of each product, where they meet and are one. What is left of them
in the end stands at every product that reads a value; it is cheaper to have it in the value once. Only
powers of two are moved: products with them are exact, so it does not matter where they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, repeat
from operator import attrgetter, is_, itemgetter, not_

from graphcomp.node import Node, constant, intern
from graphcomp.ops.arithmetic import ADD, DIV, MUL, SUB
from graphcomp.ops.leaves import CONSTANT
from graphcomp.ops.shaping import BROADCAST
from graphcomp.rewrite.algebra import scaled, split
from graphcomp.rewrite.rules import Report
from graphcomp.rewrite.simplification import simplify
from graphcomp.traversal import use_counts

NAME = "factors"
#: Larger ones, or their inverses, stay where they are: what is near overflow stays as far from it.
LARGEST = 16.0
_OP, _ARGS = attrgetter("op"), attrgetter("args")
_NUMBERS = frozenset({CONSTANT, BROADCAST})
_SUMS, _PRODUCTS = frozenset({ADD, SUB}), frozenset({MUL, DIV})


@dataclass(eq=False, slots=True)
class _Factor:
    """A number in front of a product.

    Attributes:
        size: without its sign.
        top: the product.
        source: the value inside that it is moved to, if it is.
        reader: the product that reads the value: `top`, or one inside.
        place: where among the reader's arguments.
    """

    size: float
    top: Node
    source: Node | None = None
    reader: Node | None = None
    place: int = 0


def factors_at_source(
    order: Sequence[Node], results: Sequence[Node], report: Report | None = None
) -> dict[Node, Node]:
    """What nodes become, of those that change.

    Args:
        order: all nodes, arguments before users, in normal form.
        results: what is read outside.
        report: counts the numbers that went to a value.

    >>> import graphcomp as gc
    >>> x, y, z = gc.array("x", "n"), gc.array("y", "n"), gc.array("z", "n")
    >>> s = gc.sin(z)
    >>> nodes = [2.0 * (s * x) + y, y - 2.0 * (s * y)]
    >>> from graphcomp.traversal import topological
    >>> found = factors_at_source(topological(nodes), nodes)
    >>> [found[node] for node in nodes]
    [<node 2*sin(z)*x + y float64 (n,)>, <node y - 2*sin(z)*y float64 (n,)>]
    """
    products = _products_with_numbers(order)
    if len(products) < 2:
        return {}
    found = _Search(order, results, products)
    return found.rebuilt(order, report) if found.moved else {}


class _Search:
    """Which numbers are moved, and where to; users are looked at before what they read."""

    def __init__(
        self, order: Sequence[Node], results: Sequence[Node], products: Sequence[Node]
    ) -> None:
        self.uses = use_counts(order)
        for node in results:
            self.uses[node] = self.uses.get(node, 0) + 1
        free = _read_by_sums_only(order, results)
        self.products = {node for node in products if node in free or split(node)[0] > 0}
        self.users: dict[Node, tuple[Node, int]] = {}  # of products inside of others
        self.offers: dict[Node, list[tuple[_Factor, Node, int]]] = {}
        self.outer: dict[Node, _Factor] = {}  # by the products with numbers
        self.inner: dict[Node, _Factor] = {}  # by the values that get a number: where it goes on to
        self.moved: dict[Node, float] = {}
        for node in reversed(order):
            if node in self.products:
                self._start(node)
            elif node in self.offers:
                self._choose(node)

    def _start(self, node: Node) -> None:
        """Offer the number of a product to what it is multiplied with."""
        number, rest = split(node)
        self.outer[node] = factor = _Factor(abs(number), rest)
        if self._opens(rest):
            self._offer(factor)
        else:
            self.offers.setdefault(rest, []).append((factor, rest, -1))

    def _choose(self, node: Node) -> None:
        """Move a number to a value, if it is offered twice."""
        open_ = {offer[0]: offer for offer in self.offers.pop(node) if offer[0].source is None}
        sizes = [factor.size for factor in open_]
        size = max(sizes, key=sizes.count, default=1.0)
        if sizes.count(size) < 2:
            return
        self.moved[node] = size
        for factor, reader, place in open_.values():
            if factor.size == size:
                factor.source, factor.reader, factor.place = node, reader, place
        if self.uses[node] == sizes.count(size) and node.op in _PRODUCTS:
            self.inner[node] = _Factor(size, node)
            self._offer(self.inner[node])

    def _offer(self, factor: _Factor) -> None:
        """Offer a number to all values that its product is made of."""
        waiting = [factor.top]
        while waiting:
            node = waiting.pop()
            for i, arg in enumerate(node.args[: 2 if node.op is MUL else 1]):
                if self._opens(arg):
                    self.users[arg] = node, i
                    waiting.append(arg)
                elif arg.constant is None:
                    self.offers.setdefault(arg, []).append((factor, node, i))

    def _opens(self, node: Node) -> bool:
        """Whether this is a product that nothing else reads."""
        return node.op in _PRODUCTS and self.uses[node] == 1 and node not in self.products

    # ------------------------------------------------------------ the result

    def rebuilt(self, order: Sequence[Node], report: Report | None) -> dict[Node, Node]:
        """What nodes become."""
        memo: dict[Node, Node] = {}
        large: dict[Node, Node] = {}
        ends = {node: factor for node, factor in self.outer.items() if factor.source is not None}
        for node in order:
            if node in ends:
                number, _ = split(node)
                moved = self._product(ends[node], memo, large)
                memo[node] = scaled(math.copysign(1.0, number), moved)
            elif not memo.keys().isdisjoint(node.args):
                args = tuple([memo.get(arg, arg) for arg in node.args])
                built = intern(node.op, args, node.params, node.scope)
                memo[node] = simplify([built], keep=args)[0] if node.op in _SUMS else built
            if node in self.moved:
                inner = self.inner.get(node)
                if inner is not None and inner.source is not None:
                    large[node] = self._product(inner, memo, large)
                else:
                    large[node] = _times(self.moved[node], memo.get(node, node))
                if report is not None:
                    report.count(NAME, "factors_at_source")
        return memo

    def _product(
        self, factor: _Factor, memo: Mapping[Node, Node], large: Mapping[Node, Node]
    ) -> Node:
        """The product with the value that has the number, in place of the value."""
        assert factor.source is not None
        assert factor.reader is not None
        result, node, place = large[factor.source], factor.reader, factor.place
        while place >= 0:
            args = [memo.get(arg, arg) for arg in node.args]
            args[place] = result
            result = intern(node.op, tuple(args), node.params, node.scope)
            if node is factor.top:
                break
            node, place = self.users[node]
        return result


def _products_with_numbers(order: Sequence[Node]) -> list[Node]:
    """The products with numbers that can be moved; all other nodes are passed over at once."""
    products = list(compress(order, map(is_, map(_OP, order), repeat(MUL))))
    first = map(itemgetter(0), map(_ARGS, products))
    candidates = compress(products, map(_NUMBERS.__contains__, map(_OP, first)))
    return [node for node in candidates if _moves(split(node)[0])]


def _read_by_sums_only(order: Sequence[Node], results: Iterable[Node]) -> set[Node]:
    """The nodes that are read by sums and differences only, where signs cost nothing."""
    is_sum = list(map(_SUMS.__contains__, map(_OP, order)))
    free = set(chain.from_iterable(map(_ARGS, compress(order, is_sum))))
    others = compress(order, map(not_, is_sum))
    return free.difference(chain.from_iterable(map(_ARGS, others)), results)


def _moves(number: float) -> bool:
    """Whether this is a power of two, but not a sign alone."""
    size = abs(number)
    return 1 / LARGEST <= size <= LARGEST and size != 1 and math.frexp(size)[0] == 0.5


def _times(number: float, node: Node) -> Node:
    if node.op is BROADCAST:
        return scaled(number, node.args[0]).broadcast_to(node.shape)
    above = node.args[0].constant if node.op is DIV else None
    if above is not None and math.isfinite(product := number * above) and above:
        over = constant(product, node.dtype).broadcast_to(node.shape)
        return simplify([intern(DIV, (over, node.args[1]))])[0]
    return scaled(number, node)
