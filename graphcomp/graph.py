"""A graph is a function: ordered named inputs, ordered named outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from graphcomp.errors import InputError, NamingError
from graphcomp.names import check_name, check_names
from graphcomp.node import Node, constant, intern, is_input
from graphcomp.ops.leaves import INPUT, LET
from graphcomp.shape import check_dtype, dimension_names, parse_shape
from graphcomp.traversal import topological
from graphcomp.trees import LEAF, Structure

G = TypeVar("G", bound="GraphData")


@dataclass(frozen=True, slots=True)
class Argument:
    """What a function takes as one argument: an array, or arrays in lists, tuples and dicts.

    Attributes:
        name: of the argument.
        structure: how its arrays are arranged.
        leaves: the names of the arrays: ``Ws_0``, ``params_W``; the argument's own for one array.
        nodes: the arrays, in order.
    """

    name: str
    structure: Structure
    leaves: tuple[str, ...]
    nodes: tuple[Node, ...]

    @property
    def plain(self) -> bool:
        """Whether it is one array."""
        return self.structure == LEAF

    @property
    def titles(self) -> tuple[str, ...]:
        """What the arrays are called for people: ``Ws[0]``, ``params['W']``."""
        return tuple(self.structure.titles(self.name))

    def only(self, wanted: Sequence[bool]) -> Argument:
        """The argument with None in place of the arrays that are not wanted."""
        chosen = [i for i, yes in enumerate(wanted) if yes]
        return Argument(
            self.name,
            self.structure.only(wanted),
            tuple(self.leaves[i] for i in chosen),
            tuple(self.nodes[i] for i in chosen),
        )


class GraphData:
    """Inputs and outputs by name; what the passes work on (`graphcomp.Graph` adds the methods).

    Args:
        inputs: input nodes, in the order of the arguments.
        outputs: one node, a sequence of nodes, or a mapping from names to nodes.
        name: an identifier, the name of the generated functions.
        hints: names of nodes inside, for people: what passes that build graphs know about them.
        arguments: how the inputs are arranged, by name of the argument; each is one by default.
        results: how the outputs are arranged; one alone, or a tuple, by default.

    Raises:
        InputError: an input is no input node, or the outputs depend on an input that is not listed;
            or an arrangement is of other inputs or outputs.
        NamingError: a name is not an identifier, or comes twice.
    """

    __slots__ = (
        "_named",
        "_order",
        "_structured",
        "arguments",
        "hints",
        "inputs",
        "name",
        "output_names",
        "outputs",
        "results",
    )

    def __init__(
        self,
        inputs: Sequence[Node],
        outputs: Node | Sequence[Node] | Mapping[str, Node],
        name: str | None = None,
        *,
        hints: Mapping[Node, str] | None = None,
        arguments: Mapping[str, Structure] | None = None,
        results: Structure | None = None,
    ) -> None:
        self._set(inputs, outputs, name, hints, arguments, results)
        self._check_inputs()

    def _set(
        self,
        inputs: Sequence[Node],
        outputs: Node | Sequence[Node] | Mapping[str, Node],
        name: str | None,
        hints: Mapping[Node, str] | None,
        arguments: Mapping[str, Structure] | None,
        results: Structure | None,
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
        self.arguments = _arguments(self.inputs, arguments)
        self._structured = {each.name: each for each in self.arguments if not each.plain}
        several = Structure(tuple, (), (LEAF,) * len(self.outputs))
        self.results: Structure = results or (several if len(self.outputs) > 1 else LEAF)
        if self.results.count != len(self.outputs):
            msg = f"{len(self.outputs)} outputs can't be arranged as {self.results}"
            raise InputError(msg)
        self._named: dict[str, list[Node]] | None = None
        self._order: tuple[Node, ...] | None = None

    def _check_inputs(self) -> None:
        listed = set(self.inputs)
        for node in self._nodes():
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
        return list(self._nodes())

    def _nodes(self) -> tuple[Node, ...]:
        if self._order is None:
            self._order = tuple(topological(self.outputs))
        return self._order

    def derive(
        self,
        inputs: Sequence[Node],
        outputs: Mapping[str, Node],
        name: str,
        *,
        hints: Mapping[Node, str] | None = None,
        arguments: Mapping[str, Structure] | None = None,
        results: Structure | None = None,
    ) -> Self:
        """Another graph of the same class, by a pass: its outputs depend on its inputs alone.

        Inputs and outputs are arranged as here where they are the same.
        """
        count = len(self.inputs)
        if arguments is None and tuple(inputs[:count]) == self.inputs:
            more = {node.param("name"): LEAF for node in inputs[count:]}
            arguments = {a.name: a.structure for a in self.arguments} | more
        if results is None and tuple(outputs) == self.output_names:
            results = self.results
        made = type(self).__new__(type(self))
        made._set(inputs, outputs, name, hints, arguments, results)  # noqa: SLF001  (our own)
        if made.outputs == self.outputs:
            made._order = self._order  # noqa: SLF001
        return made

    def argument(self, name: str) -> Argument | None:
        """The structured argument called `name`, if there is one."""
        return self._structured.get(name)

    def flat_values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by the names of inputs, from values by the names of inputs or arguments.

        Raises:
            InputError: a value is not arranged as the argument, or an array is given twice.

        >>> from graphcomp.trees import flatten
        >>> W, b = input_node("p_W", (2,)), input_node("p_b")
        >>> _, pair = flatten({"W": 0.0, "b": 0.0})
        >>> graph = GraphData([W, b], W * b, arguments={"p": pair})
        >>> graph.flat_values({"p": {"W": [1, 2], "b": 3}})
        {'p_W': [1, 2], 'p_b': 3}
        """
        found: dict[str, Any] = {}
        for name, value in values.items():
            argument = self.argument(name)
            if argument is None:
                pairs = [(name, value)]
            else:
                taken = argument.structure.take(value, name)
                pairs = list(zip(argument.leaves, (leaf for _, leaf in taken), strict=True))
            for leaf, part in pairs:
                if leaf in found:
                    msg = f"{leaf!r} is given twice, alone and as a part of its argument"
                    raise InputError(msg)
                found[leaf] = part
        return found

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
        argument = self.argument(name)
        if argument is not None:
            msg = f"{name!r} is an argument of several arrays: name one of {', '.join(argument.leaves)}"
            raise NamingError(msg)
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
            for node in self._nodes():
                if node.op is LET:
                    named.setdefault(node.param("name"), []).append(node)
            self._named = named
        return self._named


def _arguments(
    inputs: Sequence[Node], structures: Mapping[str, Structure] | None
) -> tuple[Argument, ...]:
    """The arguments that the inputs are parts of, in order."""
    names = [node.param("name") for node in inputs]
    if structures is None:
        return tuple(
            Argument(n, LEAF, (n,), (node,)) for n, node in zip(names, inputs, strict=True)
        )
    check_names(structures, "argument")
    found, start = [], 0
    for name, structure in structures.items():
        stop = start + structure.count
        found.append(Argument(name, structure, tuple(names[start:stop]), tuple(inputs[start:stop])))
        wrong = structure == LEAF and names[start:stop] != [name]
        if wrong or (structure != LEAF and name in names):
            msg = f"argument {name!r} has the name of another input, or not that of its own"
            raise NamingError(msg)
        start = stop
    if start != len(inputs):
        msg = f"the arguments hold {start} arrays, but there are {len(inputs)} inputs"
        raise InputError(msg)
    return tuple(found)


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
