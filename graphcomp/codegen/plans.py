"""What a module is asked for, and what each of its functions will compute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphcomp.ad import Wrt, resolve_wrt, variables
from graphcomp.ad.along import common_dimension
from graphcomp.graph import Argument, GraphData
from graphcomp.node import Node
from graphcomp.rewrite import Roots
from graphcomp.trees import flatten

#: The arrangement of results: a key of `Plan.outputs`, or a structure of arrangements.
Tree: TypeAlias = "str | tuple[Tree, ...] | list[Tree] | dict[Any, Tree] | None"


@dataclass(frozen=True, slots=True)
class Request:
    """What a module is asked for.

    Attributes:
        graph: the graph in a stable form, its steps named in `hints`.
        given: the graph as it was given.
        wrt: a name, names, or None for every real input.
        name: of the generated functions.
        output: the output that gradients are of, where there are several.
        digest: of the graph as it was given.
        along: the dimension of "blocks"; None: the only one that all arrays have.
    """

    graph: GraphData
    given: GraphData
    wrt: Wrt
    name: str
    output: str | None = None
    digest: str = ""
    along: str | None = None

    @property
    def dimension(self) -> str:
        """The name of the dimension along which blocks stand."""
        outputs = dict(zip(self.graph.output_names, self.graph.outputs, strict=True))
        return str(common_dimension(self.variables() | outputs, self.along))

    def variables(self) -> dict[str, Node]:
        """The nodes to differentiate by."""
        return resolve_wrt(self.graph, self.wrt)

    def arguments(self) -> tuple[Argument, ...]:
        """The same, arranged as the arguments."""
        return variables(self.graph, self.wrt)

    def arranged(self, keys: Iterable[Any]) -> Any:
        """One thing for each of `wrt`, arranged as it: bare where `wrt` is a single name."""
        found = iter(keys)
        trees = tuple(each.structure.build(found) for each in self.arguments())
        return trees[0] if isinstance(self.wrt, str) else trees

    def returned(self, keys: Iterable[Any]) -> Any:
        """One thing for each output, arranged as the function returns them."""
        return self.graph.results.build(keys)


@dataclass(frozen=True, slots=True)
class Plan:
    """A function to be generated.

    Attributes:
        kind: of function.
        name: of the function.
        inputs: the inputs of the graph.
        tangents: further arguments that it takes behind them.
        seeds: arguments that the function which it returns takes.
        outputs: the nodes of all results, by the names of their variables.
        values: how the results are arranged; of a vjp, those that come before the function.
        inner: the arrangement that the returned function returns.
        hints: names of nodes inside.
        primal: the names of the values among the outputs.
        base: the outputs of the graph itself.
        by: the variables that derivatives are by, for people.
        about: what the function computes, one line.
        section: what comes after the value, one line.
    """

    kind: str
    name: str
    inputs: tuple[Node, ...]
    outputs: Mapping[str, Node]
    values: Tree
    about: str
    hints: Mapping[Node, str]
    section: str = ""
    tangents: tuple[Argument, ...] = ()
    seeds: tuple[Argument, ...] = ()
    inner: Tree | None = None
    primal: tuple[str, ...] = ()
    by: str = ""
    base: tuple[Node, ...] = ()
    _roots: list[Roots] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def roots(self) -> Roots:
        """Its nodes as what passes work on; made once, as the order of all nodes is found once."""
        if not self._roots:
            self._roots.append(Roots(tuple(self.outputs.values()), tuple(self.hints), self.base))
        return self._roots[0]


def leaves(tree: Tree) -> list[str]:
    """The keys in an arrangement of results, in order."""
    return flatten(tree)[0]


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]])) if items else ""
