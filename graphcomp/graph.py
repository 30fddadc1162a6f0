"""A graph is a function: ordered named inputs, ordered named outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

from graphcomp.errors import InputError, NamingError
from graphcomp.names import check_name, check_names
from graphcomp.node import Node, constant, intern, is_input
from graphcomp.ops.leaves import INPUT, LET
from graphcomp.shape import check_dtype, dimension_names, parse_shape
from graphcomp.traversal import topological

G = TypeVar("G", bound="GraphData")


class GraphData:
    """Inputs and outputs by name; what the passes work on (`graphcomp.Graph` adds the methods).

    Args:
        inputs: input nodes, in the order of the arguments.
        outputs: one node, a sequence of nodes, or a mapping from names to nodes.
        name: an identifier, the name of the generated functions.
        names: of nodes inside, for people: what passes that build graphs know about them.

    Raises:
        InputError: an input is no input node, or the outputs depend on an input that is not listed.
        NamingError: a name is not an identifier, or comes twice.
    """

    __slots__ = ("_named", "hints", "inputs", "name", "output_names", "outputs")

    def __init__(
        self,
        inputs: Sequence[Node],
        outputs: Node | Sequence[Node] | Mapping[str, Node],
        name: str | None = None,
        *,
        hints: Mapping[Node, str] | None = None,
    ) -> None:
        self.inputs: tuple[Node, ...] = tuple(inputs)
        for node in self.inputs:
            if not isinstance(node, Node) or not is_input(node):
                msg = f"inputs must be input nodes (gc.scalar, gc.array), not {node!r}"
                raise InputError(msg)
        check_names((node.param("name") for node in self.inputs), "input")
        named = _named_outputs(outputs, name)
        self.output_names: tuple[str, ...] = check_names(named, "output")
        self.outputs: tuple[Node, ...] = tuple(named.values())
        self.name: str = check_name(
            name if name is not None else self.output_names[0], "graph name"
        )
        self.hints: Mapping[Node, str] = dict(hints or {})
        self._named: dict[str, list[Node]] | None = None
        listed = set(self.inputs)
        for node in topological(self.outputs):
            if node.op is INPUT and node not in listed:
                name = node.param("name")
                msg = f"graph {self.name!r} uses the input {name!r}, which is not among its inputs"
                if name in self.input_names:
                    msg += (
                        ": the one that is has another shape, dtype or scope; use one node for both"
                    )
                raise InputError(msg)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(node.param("name") for node in self.inputs)

    @property
    def dims(self) -> tuple[str, ...]:
        """The names of the dimensions that appear in the shapes of the inputs."""
        return dimension_names(node.shape for node in self.inputs)

    @property
    def nodes(self) -> list[Node]:
        """Every node that the outputs depend on, arguments before users."""
        return topological(self.outputs)

    def derive(
        self, inputs: Sequence[Node], outputs: Mapping[str, Node], name: str, **options: Any
    ) -> Self:
        """Another graph of the same class."""
        return type(self)(inputs, outputs, name, **options)

    def find(self, name: str) -> Node:
        """The input, named step or output called `name`.

        Raises:
            NamingError: there is none, or several steps have the name; lists what there is.
        """
        if name in self.input_names:
            return self.inputs[self.input_names.index(name)]
        steps = self._steps_by_name().get(name, [])
        if len(steps) == 1:
            return steps[0]
        if len(steps) > 1:
            msg = f"graph {self.name!r} has {len(steps)} steps named {name!r}; name them apart"
            raise NamingError(msg)
        if name in self.output_names:
            return self.outputs[self.output_names.index(name)]
        known = [*self.input_names, *self.step_names, *self.output_names]
        msg = f"graph {self.name!r} has no input, step or output {name!r}; it has {', '.join(dict.fromkeys(known))}"
        raise NamingError(msg)

    @property
    def step_names(self) -> tuple[str, ...]:
        """The names that the user gave to steps, in order."""
        return tuple(name for name, nodes in self._steps_by_name().items() for _ in nodes)

    def _steps_by_name(self) -> dict[str, list[Node]]:
        """The named steps, found once."""
        if self._named is None:
            named: dict[str, list[Node]] = {}
            for node in self.nodes:
                if node.op is LET:
                    named.setdefault(node.param("name"), []).append(node)
            self._named = named
        return self._named


def _named_outputs(outputs: Any, name: str | None) -> dict[str, Node]:
    if isinstance(outputs, Mapping):
        named = {key: constant(value) for key, value in outputs.items()}
    elif isinstance(outputs, (list, tuple)):
        named = {}
        for i, value in enumerate(outputs):
            node = constant(value)
            label = node.param("name") if node.op is LET else f"{name or 'y'}_{i + 1}"
            if label in named:
                msg = f"output {label!r} comes twice; pass a dict to name the outputs"
                raise NamingError(msg)
            named[label] = node
    else:
        node = constant(outputs)
        named = {node.param("name") if node.op is LET else name or "y": node}
    if not named:
        msg = "a graph needs at least one output"
        raise InputError(msg)
    return named


def input_node(name: str, shape: Any = (), dtype: Any = "float64", scope: str = "") -> Node:
    """An input node; equal arguments give the same node."""
    params = (
        ("name", check_name(name, "input")),
        ("shape", parse_shape(shape)),
        ("dtype", check_dtype(dtype).name),
    )
    return intern(INPUT, (), params, scope)
