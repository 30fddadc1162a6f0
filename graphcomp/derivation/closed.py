"""Derivatives of scalar programs in closed form, in terms of inputs and outputs: a·y·(1 - y).

The adjoint of an input is a rational function of inputs and atoms such as exp(-a·x). Where the
program ends in steps that can be undone (1/w, 1 + w, 2·w), the output determines what they are made
of: y = 1/w₄ gives w₄ = 1/y, and w₄ = 1 + exp(w₃) gives exp(w₃) = w₄ - 1. Put in, that often leaves
something much shorter. The shortest form wins. Before anybody sees it, it is proved equal to the
adjoint by algebra, or else compared with it at many points, and says so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import sympy

from graphcomp.ad import Block
from graphcomp.derivation.deadline import TooLate, within
from graphcomp.derivation.generic import generic
from graphcomp.derivation.matrix import matrix_forms
from graphcomp.derivation.rational import Field
from graphcomp.derivation.records import Closed, Insight, Known
from graphcomp.derivation.written import TooLarge
from graphcomp.evaluate import evaluate
from graphcomp.graph import input_node
from graphcomp.node import Node, constant, is_input
from graphcomp.op import Form
from graphcomp.program import Program, Step, StepTerm, adjoint_steps

#: Programs with more steps get no closed form: it would be no shorter than the trace.
MOST_STEPS = 60

#: How much may be named in a closed form; beyond that, nobody reads it.
LONGEST = 30

#: Points at which a form that is proved is checked besides, one that is not; tries; least successes.
FEW, MANY, MOST_TRIES, ENOUGH = 5, 50, 150, 4

#: What the search may take; a backstop, as what SymPy is given is small.
SECONDS = 5.0


def closed_forms(program: Program, wrt: Sequence[str]) -> tuple[tuple[Closed, ...], Insight | None]:
    """The closed forms of all derivatives that have a short one, and why it is short."""
    if any(step.node.shape for step in program.steps):
        return matrix_forms(program, wrt), None
    return scalar_forms(program, wrt)


def scalar_forms(program: Program, wrt: Sequence[str]) -> tuple[tuple[Closed, ...], Insight | None]:
    """The closed forms of a program of scalars."""
    graph = program.graph
    if len(program.steps) > MOST_STEPS:
        return (), None
    outputs = {
        name: node
        for name, node in zip(graph.output_names, graph.outputs, strict=True)
        if node.is_real
    }
    leaves = {
        name: input_node("value_of_" + name[:80]) for name, node in outputs.items() if node.args
    }
    found: list[Closed] = []
    insight = None
    try:
        with within(SECONDS):
            search = _Search(program, outputs, leaves)
            for name in outputs:
                found += search.forms(name, wrt)
            if len(outputs) == 1 and found:
                insight = search.insight(next(iter(outputs)), wrt)
    except TooLate:  # what was found until then is as good as ever
        pass
    return tuple(found), insight


class _Search:
    """The search for closed forms of one program.

    Args:
        program: the program.
        outputs: its real outputs by name.
        leaves: for each that is computed, the input node that stands for its value.
    """

    def __init__(
        self, program: Program, outputs: Mapping[str, Node], leaves: Mapping[str, Node]
    ) -> None:
        graph = program.graph
        self.program = program
        self.leaves = leaves
        self.names = dict(zip(graph.inputs, graph.input_names, strict=True))
        self.names |= {leaf: name for name, leaf in leaves.items()}
        self.field = Field([*graph.inputs, *leaves.values()])
        self.values: dict[Node, sympy.Expr] = {}
        self.known: list[Known] = []
        self.outputs = {leaf: outputs[name] for name, leaf in leaves.items()}
        self.expressions: dict[Node, sympy.Expr] = {}
        for leaf, output in self.outputs.items():
            with contextlib.suppress(TooLarge):
                self.expressions[leaf] = self.field.of(generic(output), {})
                self.field.is_output(leaf, self.expressions[leaf])
            self.known += _undo(program, self.field, output, leaf, self.values)

    def forms(self, name: str, wrt: Sequence[str]) -> list[Closed]:
        """The closed forms of the derivatives of one output."""
        steps = _adjoints(self.program, name, wrt)
        found = []
        for by in wrt:
            step = steps.get(self.program.step_of(by).name)
            for form in [] if step is None else self._candidates(step.node):
                points = None if step is None else self._proof(form, step.node)
                if points is not None:
                    found.append(Closed(name, by, form, self.names, points))
                    break
        return found

    def _candidates(self, adjoint: Node) -> list[Node]:
        """The shortest forms in terms of inputs, and of outputs too; the shortest first."""
        field, node = self.field, generic(adjoint)
        found = []
        for known in ({}, self.values):
            try:
                expression = field.of(node, known)
                found.append(field.simplest(expression))
                for leaf, value in self.expressions.items():
                    found.append(field.by_output(expression, field.atoms[leaf], value))
            except TooLarge:
                continue
        found.sort(key=field.cost)
        return [field.node(form) for form in dict.fromkeys(found) if field.cost(form)[0] <= LONGEST]

    def _proof(self, form: Node, adjoint: Node) -> int | None:
        """0 if a form is equal to an adjoint by algebra, else at how many points it was checked.

        None if it is not equal. What algebra says is checked at a few points too.
        """
        try:
            difference = self.field.of(form, self.expressions) - self.field.of(adjoint, {})
            proved = self.field.is_zero(difference)
        except TooLarge:
            proved = False
        points = FEW if proved else MANY
        agreeing = _agree(self.program, form, adjoint, self.leaves, points)
        if agreeing is None:
            return None
        return 0 if proved else agreeing

    def insight(self, name: str, wrt: Sequence[str]) -> Insight | None:
        """Why the forms are short, if that is so."""
        steps = _adjoints(self.program, name, wrt)
        found = _insight(self.program, self.field, steps, wrt, self.values, self.known, self.names)
        if found is None:
            return None
        proof = self._proof(found.closed, steps[found.step].node)
        return found if proof is not None else None


def _adjoints(program: Program, output: str, wrt: Sequence[str]) -> dict[str, Step]:
    """The adjoint steps for the seed one."""
    one = constant(1.0, program.graph.find(output).dtype)
    return {step.name: step for step in adjoint_steps(program, {output: one}, wrt)}


def _agree(
    program: Program, form: Node, adjoint: Node, leaves: Mapping[str, Node], points: int
) -> int | None:
    """At how many random points a form and an adjoint have the same value; None if not at all."""
    rng = np.random.default_rng(7)
    graph = program.graph
    agreeing = 0
    for i in range(MOST_TRIES):
        low = 0.2 if i % 2 else -1.5
        arrays = {
            node: np.asarray(rng.uniform(low, 1.5)).astype(node.dtype)
            if node.is_real
            else np.asarray(rng.integers(1, 4)).astype(node.dtype)
            for node in graph.inputs
        }
        values = evaluate([*graph.outputs, adjoint], arrays, {})
        arrays |= {leaf: values[graph.find(name)] for name, leaf in leaves.items()}
        expected, found = float(values[adjoint]), float(evaluate([form], arrays, {})[form])
        if not np.isfinite(expected):
            continue
        if not np.isclose(expected, found, rtol=1e-6, atol=1e-9):
            return None
        agreeing += 1
        if agreeing == points:
            break
    return agreeing if agreeing >= ENOUGH else None


# ---------------------------------------------------------------- undoing the last steps


def _undo(
    program: Program, field: Field, output: Node, leaf: Node, values: dict[Node, sympy.Expr]
) -> list[Known]:
    """What the output determines, from the last step backwards, as long as steps can be undone."""
    blocks = {block.output: block for block in program.blocks}
    known: list[Known] = []
    here, shown = output, leaf
    values[output] = field.atoms[leaf]
    while here in blocks:
        quantity, inverse = _inverse(blocks[here], shown)
        values[_unnamed(here)] = values[here]
        if quantity is here or quantity is _unnamed(here) or is_input(quantity):
            break
        try:
            value = field.simplest(field.of(inverse, values))
            final = field.node(value)
        except TooLarge:
            break
        values[quantity] = value
        known.append(Known(quantity, (inverse,) if shown is leaf else (inverse, final)))
        here = shown = quantity
    return known


def _unnamed(node: Node) -> Node:
    while node.op.form is Form.NAMED:
        node = node.args[0]
    return node


def _inverse(block: Block, target: Node) -> tuple[Node, Node]:
    """The quantity that a step modifies by numbers, and how it follows from the step's value."""
    node = block.output
    operands = set(block.operands)
    while node not in operands:
        if node.op.form is Form.NAMED:
            node = node.args[0]
            continue
        rule = _UNDO.get(node.op.form)
        numbers = [arg.constant for arg in node.args]
        if rule is None or numbers.count(None) != 1:
            break
        place = numbers.index(None)
        other = constant(next((n for n in numbers if n is not None), 0.0))
        if other.constant == 0 and node.op.form in {Form.PRODUCT, Form.QUOTIENT}:
            break
        target, node = rule(target, other, place), node.args[place]
    return node, target


_UNDO: Mapping[Form, Callable[[Node, Node, int], Node]] = {
    Form.SUM: lambda t, c, _place: t - c,
    Form.DIFFERENCE: lambda t, c, place: c - t if place else t + c,
    Form.NEGATION: lambda t, _c, _place: -t,
    Form.PRODUCT: lambda t, c, _place: t / c,
    Form.QUOTIENT: lambda t, c, place: c / t if place else c * t,
    Form.RECIPROCAL: lambda t, _c, _place: 1 / t,
    Form.BROADCAST: lambda t, _c, _place: t,
}


# ---------------------------------------------------------------- why it is short


def _insight(
    program: Program,
    field: Field,
    steps: Mapping[str, Step],
    wrt: Sequence[str],
    values: Mapping[Node, sympy.Expr],
    known: Sequence[Known],
    names: Mapping[Node, str],
) -> Insight | None:
    """The adjoint that all results share, as a product of partials and in terms of the output."""
    ends = {t.via for name in wrt if (s := steps.get(program.step_of(name).name)) for t in s.terms}
    if len(ends) != 1 or not known:
        return None
    pivot = ends.pop()
    path: list[tuple[str, Node]] = []
    here = pivot
    while here is not None and not steps[here].is_seed:
        term: StepTerm = steps[here].terms[0]
        if len(steps[here].terms) > 1 or term.partial is None or term.via is None:
            return None
        path.append((term.via, term.partial))
        here = term.via
    if pivot is None or not path:
        return None
    used = _used(field, steps[pivot].node, known)
    try:
        closed = field.node(field.simplest(field.of(steps[pivot].node, values)))
    except TooLarge:
        return None
    return Insight(used, pivot, tuple(reversed(path)), closed, names) if used else None


def _used(field: Field, adjoint: Node, known: Sequence[Known]) -> tuple[Known, ...]:
    """The known quantities that the adjoint is made of."""
    try:
        atoms = field.of(
            adjoint, {k.quantity: sympy.Symbol(f"known{i}") for i, k in enumerate(known)}
        )
    except TooLarge:
        return ()
    last = max((i for i in range(len(known)) if atoms.has(sympy.Symbol(f"known{i}"))), default=-1)
    return tuple(known[: last + 1])
