"""Programs: a graph cut into named steps, in order. What every printer and the generator read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from graphcomp.ad import Block
from graphcomp.errors import GraphcompError
from graphcomp.graph import GraphData
from graphcomp.node import Node, is_input
from graphcomp.program.cuts import blocks_of
from graphcomp.program.step_names import name_steps
from graphcomp.shape import same_shape
from graphcomp.traversal import topological


class Role(Enum):
    """What a step computes."""

    PRIMAL = "primal"
    TANGENT = "tangent"
    ADJOINT = "adjoint"


@dataclass(frozen=True, slots=True)
class StepTerm:
    """One contribution to an adjoint or tangent step.

    Attributes:
        via: the primal step that it comes by (the consumer in reverse mode, the operand in forward
            mode); None for the seed.
        partial: the local partial of the later primal step by the earlier one; None where the step
            is not pointwise (matrix products, sums): then `value` says it all.
        value: the contribution as a node; it reads the derivative step of `via` as `read`.
        read: the node of that derivative step.
    """

    via: str | None
    partial: Node | None
    value: Node
    read: Node | None

    @property
    def partial_is_number(self) -> bool:
        """Whether the local partial is one number, everywhere."""
        return self.partial is not None and self.partial.constant is not None


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a program.

    Attributes:
        name: unique in the program: "w4", "h"; a derivative step has the name of its primal step.
        role: primal, tangent or adjoint.
        node: the node that is computed.
        operands: names of the primal steps that it reads.
        label: for an input step the name of the input.
        outputs: the names of the graph's outputs that this step is.
        terms: for tangents and adjoints, where each contribution came from.
        of: for an adjoint that is a step of a program itself, the primal step that it belongs to.
    """

    name: str
    role: Role
    node: Node
    operands: tuple[str, ...] = ()
    label: str | None = None
    outputs: tuple[str, ...] = ()
    terms: tuple[StepTerm, ...] = ()
    of: str | None = None

    @property
    def is_seed(self) -> bool:
        """Whether a derivative step is a seed and nothing else."""
        return len(self.terms) == 1 and self.terms[0].via is None


@dataclass(frozen=True, slots=True)
class Program:
    """A graph cut into steps.

    Attributes:
        graph: the graph.
        steps: primal steps, inputs first, in order of execution.
        blocks: what each computing step does with its operands, in the same order.
        numbered: whether inputs are steps under a number (w1 = x), or go by their own names.
        letter: of the numbered steps.
    """

    graph: GraphData
    steps: tuple[Step, ...]
    blocks: tuple[Block, ...]
    numbered: bool
    letter: str
    by_name: Mapping[str, Step] = field(repr=False)
    names: Mapping[Node, str] = field(repr=False)

    @property
    def inputs(self) -> tuple[Step, ...]:
        """The input steps."""
        return tuple(step for step in self.steps if step.label is not None)

    @property
    def outputs(self) -> dict[str, str]:
        """The step of each output of the graph."""
        return {
            name: self.names[node]
            for name, node in zip(self.graph.output_names, self.graph.outputs, strict=True)
        }

    def step_of(self, name: str) -> Step:
        """The step of an input, a named step or an output of the graph, or of a step's own name."""
        if name in self.by_name and name not in self.graph.input_names:
            return self.by_name[name]
        return self.by_name[self.names[self.graph.find(name)]]

    def check(self) -> None:
        """Verify single assignment, definition before use, and shapes.

        Raises:
            AssertionError: naming the step that is wrong.
        """
        seen: set[str] = set()
        blocks = {block.output: block for block in self.blocks}
        for step in self.steps:
            _require(step.name not in seen, f"step {step.name} is assigned twice")
            _require(
                all(name in seen for name in step.operands), f"step {step.name} reads a later step"
            )
            block = blocks.get(step.node)
            _require(step.label is not None or block is not None, f"step {step.name} has no block")
            if block is not None:
                reads = topological([step.node], stop=set(block.operands).__contains__)
                free = [node for node in reads if is_input(node) and node not in block.operands]
                _require(not free, f"step {step.name} reads an input that is no operand")
            seen.add(step.name)
        for name, node in zip(self.graph.output_names, self.graph.outputs, strict=True):
            step = self.by_name[self.names[node]]
            _require(
                same_shape(step.node.shape, node.shape),
                f"output {name} has another shape than its step",
            )


class ProgramError(GraphcompError, AssertionError):
    """A program breaks its own rules: a mistake in graphcomp."""


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ProgramError(message)


def build_program(graph: GraphData, steps: str = "grouped", letter: str | None = "w") -> Program:
    """Cut a graph into steps.

    Steps are numbered w1, w2, ... with the inputs first, unless the user named steps otherwise or
    an input is an array: then all go by their names, and only nameless steps are numbered.

    Args:
        graph: the graph.
        steps: the cut policy: "grouped", "named", "primitive" or "shared".
        letter: of numbered steps; None to go by names.

    >>> import graphcomp as gc
    >>> x, a = gc.scalars("x a")
    >>> program = build_program(GraphData([x, a], {"y": 1 / (1 + gc.exp(-a * x))}))
    >>> [(step.name, step.operands) for step in program.steps]
    [('w1', ()), ('w2', ()), ('w3', ('w2', 'w1')), ('w4', ('w3',)), ('w5', ('w4',))]
    """
    named = name_steps(graph, steps, letter)
    cut, names = named.nodes, named.names
    blocks = blocks_of(cut)
    reads = {block.output: block.operands for block in blocks}
    outputs: dict[Node, list[str]] = {}
    for name, node in zip(graph.output_names, graph.outputs, strict=True):
        outputs.setdefault(node, []).append(name)
    made = tuple(
        [
            Step(
                names[node],
                Role.PRIMAL,
                node,
                tuple([names[operand] for operand in reads.get(node, ())]),
                node.param("name") if is_input(node) else None,
                tuple(outputs[node]) if node in outputs else (),
            )
            for node in cut
        ]
    )
    return Program(
        graph,
        made,
        tuple(blocks),
        named.numbered,
        named.letter,
        {step.name: step for step in made},
        names,
    )
