"""The passes that code generation runs on values and derivatives together, in order, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from graphcomp.node import Node
from graphcomp.ops.einsum import EINSUM
from graphcomp.ops.piecewise import MAXIMUM, MINIMUM, RELU
from graphcomp.rewrite import (
    algebra,
    arithmetic,
    bands,
    bands_of_arrays,
    contractions,
    masks,
    products,
    rows,
    shapes,
    slopes,
    stability,
)
from graphcomp.rewrite.fences import to_fence, with_fences
from graphcomp.rewrite.passes import Pass, Roots
from graphcomp.rewrite.rules import Report, Rule, by_op
from graphcomp.rewrite.simplification import simplify
from graphcomp.rewrite.walks import Settled, possible, rewrite
from graphcomp.traversal import topological

#: As often as this the passes may wake each other; two rounds are what happens.
ROUNDS = 20


def rule_pass(
    name: str,
    purpose: str,
    rules: Sequence[Rule],
    *,
    derivatives_only: bool = False,
    arrays: bool = False,
) -> Pass:
    """A pass that applies rules until none applies; `derivatives_only` leaves the values alone."""
    table = by_op(rules)

    def run(roots: Roots, report: Report, settled: Settled) -> list[Node]:
        keep: Sequence[Node] = ()
        if derivatives_only and possible(table, roots.ops):
            keep = topological(roots.values)
        return rewrite(roots.all, table, report, name, keep, roots.order, settled, roots.ops)

    ops = frozenset(op for each in rules for op in (each.needs or each.ops))
    return Pass(name, purpose, run, rules, ops, arrays=arrays)


def _contracted(roots: Roots, report: Report, settled: Settled) -> list[Node]:
    table = by_op(contractions.RULES)
    nodes = rewrite(roots.all, table, report, "contractions", (), roots.order, settled, roots.ops)
    whole = topological(nodes)
    table = by_op([contractions.sum_on_diagonal(whole)])
    return rewrite(nodes, table, report, "contractions", (), whole)


def _marked(roots: Roots) -> Roots:
    """With the nodes that are to get a fence."""
    below = {op for each in _ALL if each.may_apply(roots.ops) for op in each.below}
    return roots.with_fences(to_fence(roots.order, roots.steps, roots.results, below))


def _fenced(roots: Roots, report: Report, _settled: Settled) -> list[Node]:
    fenced = with_fences(roots.order, roots.fences or _marked(roots).fences)
    report.follow(fenced)
    return [fenced.get(node, node) for node in roots.all]


def _masked(roots: Roots, report: Report, _settled: Settled) -> list[Node]:
    masked = masks.masks(roots.order, set(topological(roots.values)), set(roots.results), report)
    report.follow(masked)
    return [masked[node] for node in roots.all]


_ALL: tuple[Rule, ...] = (
    *stability.RULES,
    *slopes.RULES,
    *arithmetic.RULES,
    *bands.RULES,
    *bands_of_arrays.RULES,
    *rows.RULES,
    *shapes.RULES,
    *contractions.RULES,
    *products.RULES,
)

SLOPES = rule_pass(
    "slopes",
    "derivatives of named steps that saturate, without 0*inf and without cancellation",
    slopes.RULES,
    derivatives_only=True,
)
STABILITY = rule_pass(
    stability.NAME,
    "expressions that overflow or cancel on the way to a finite value",
    stability.RULES,
)
FENCE = Pass(
    "fence", "steps that several others read are marked, and stay", _fenced, once=True, fences=True
)
ALGEBRA = Pass(
    algebra.NAME,
    "normal form: constants folded and in front, signs together, ones and zeros gone",
    lambda roots, report, settled: simplify(
        roots.all, report=report, order=roots.order, settled=settled, fences=roots.fences
    ),
    algebra.RULES,
    fences=True,
)
ARITHMETIC = rule_pass(
    "arithmetic", "powers as products, numbers out of sums, masks", arithmetic.RULES
)
BANDS = rule_pass(
    "bands",
    "matrices with few diagonals as these, until the end",
    (*bands.RULES, *bands_of_arrays.RULES),
    arrays=True,
)
ROWS = rule_pass(
    "rows", "arrays that are put together of rows, filled once", rows.RULES, arrays=True
)
SHAPES = rule_pass(
    "shapes", "fewer passes over arrays, transposes where they are free", shapes.RULES, arrays=True
)
CONTRACTIONS = Pass(
    "contractions",
    "sums of products over named axes: fewer, and over fewer entries",
    _contracted,
    (*contractions.RULES, contractions.sum_on_diagonal(())),
    frozenset({EINSUM}),
    arrays=True,
)
PRODUCTS = rule_pass("products", "sums of products as matrix products", products.RULES, arrays=True)
MASKS = Pass(
    masks.NAME,
    "derivatives read what is kept anyway, so that the rest can be written over",
    _masked,
    masks.RULES,
    frozenset({MAXIMUM, MINIMUM, RELU}),
    arrays=True,
)

#: What runs for every function, in this order, again and again until nothing changes.
PASSES: tuple[Pass, ...] = (
    STABILITY,
    FENCE,
    SLOPES,
    ALGEBRA,
    ARITHMETIC,
    BANDS,
    ROWS,
    SHAPES,
    CONTRACTIONS,
    PRODUCTS,
    MASKS,
)


@dataclass(slots=True)
class _State:
    roots: Roots
    report: Report
    arrays: bool = False
    settled: dict[str, Settled] = field(default_factory=dict)

    def run(self, each: Pass) -> bool:
        """Run a pass; whether it changed anything."""
        if each.ops is not None and each.ops.isdisjoint(self.roots.ops):
            return False
        if each.arrays and not self.arrays:
            return False
        if each is FENCE:
            self.roots = _marked(self.roots)
            return bool(self.roots.fences)
        if not each.fences:
            self.put_fences()
        settled = self.settled.setdefault(each.name, Settled())
        found = self.roots.replaced(each.run(self.roots, self.report, settled))
        if found is self.roots:
            return False
        self.roots = found
        self.look()
        return True

    def put_fences(self) -> None:
        """Put the fences that are still to be put: in a walk of their own."""
        if self.roots.fences:
            self.roots = self.roots.replaced(FENCE.run(self.roots, self.report, Settled()))
            self.look()

    def look(self) -> None:
        """Find what is there."""
        self.arrays = any(map(attrgetter("shape"), self.roots.order))


def run_passes(
    roots: Roots, passes: Sequence[Pass] = PASSES, report: Report | None = None
) -> tuple[Roots, Report]:
    """The nodes after all passes, and what each of them did.

    They go on until none of them changes anything, so that running them again would not either; a
    pass runs again only after another one has changed something.

    >>> import graphcomp as gc
    >>> r = gc.array("r", "n")
    >>> roots, report = run_passes(Roots((0.5 * gc.sum(r**2),)))
    >>> roots.results
    (<node 0.5*(r @ r) float64 ()>,)
    >>> report.lines()
    ['products: sum_of_products 1']
    """
    state = _State(roots, report if report is not None else Report())
    state.look()
    repeated = [each for each in passes if not each.once]
    quiet = 0
    for each in passes:
        quiet = 0 if state.run(each) else quiet + 1
    for turn in range(ROUNDS * len(repeated)):
        if quiet >= len(repeated):
            break
        quiet = 0 if state.run(repeated[turn % len(repeated)]) else quiet + 1
    assert quiet >= len(repeated), "the passes go on waking each other"
    state.put_fences()
    return state.roots, state.report
