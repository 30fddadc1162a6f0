"""What the page holds, as data: the rows of a derivation, and how their numbers are computed.

The texts are those of the printed trace, the instructions those of its nodes; nothing is derived here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graphcomp.ad import Wrt
from graphcomp.derivation import Derivation, Remark, Row, Seed, Sweep, derive
from graphcomp.derivation.seeds import forward_seeds, reverse_seeds
from graphcomp.derivation.sweeps import sweep
from graphcomp.errors import InputError
from graphcomp.evaluate import evaluate
from graphcomp.explorer.instructions import Instructions, array, instructions
from graphcomp.explorer.scene import scenes
from graphcomp.graph import GraphData
from graphcomp.node import Node
from graphcomp.printers.formula import UNICODE, title
from graphcomp.printers.sentences import Sentences
from graphcomp.program import Program, Role, StepTerm

#: More steps are no picture to walk through.
MOST_STEPS = 60

_KEPT = {Remark.OUTER, Remark.MASK, Remark.CONSTANT, Remark.SPREAD}


def contents(
    graph: GraphData,
    *,
    at: Mapping[str, Any],
    wrt: Wrt = None,
    steps: str = "grouped",
    letter: str | None = "w",
) -> dict[str, Any]:
    """Everything that the page shows and computes, ready for JSON.

    Args:
        graph: the graph.
        at: a value for every input.
        wrt: inputs or named steps to differentiate by; all real inputs by default.
        steps: how the graph is cut into steps.
        letter: of numbered steps; None to go by names.

    Raises:
        InputError: the graph is too large for a page.
        DerivativeError: there is nothing to differentiate.

    >>> import graphcomp as gc
    >>> x = gc.scalar("x")
    >>> found = contents(GraphData([x], {"y": gc.exp(x)}), at={"x": 0.0})
    >>> [row["definition"] for row in found["primal"]]
    ['x', 'exp(w₁)']
    """
    derivation = derive(graph, "forward", wrt=wrt, at=at, steps=steps, letter=letter)
    program = derivation.program
    if len(program.steps) > MOST_STEPS:
        raise InputError(
            f"graph {graph.name!r} has {len(program.steps)} steps, and an explorer page shows at "
            f'most {MOST_STEPS}; cut it into fewer with steps="named" (--steps named), explore a '
            "part of it, or write a trace"
        )
    sweeps = [*_sweeps(derivation, Role.TANGENT), *_sweeps(derivation, Role.ADJOINT)]
    made = instructions(_roots(program, sweeps), derivation.sizes, program.graph.inputs)
    facts = _Facts(derivation, made)
    forward = [facts.sweep(one) for one in sweeps if one.role is Role.TANGENT]
    reverse = [facts.sweep(one) for one in sweeps if one.role is Role.ADJOINT]
    primal = facts.primal()
    return {
        "name": graph.name,
        "title": title(graph),
        "inputs": facts.inputs(),
        "primal": primal,
        "sweeps": {"forward": forward, "reverse": reverse},
        "instructions": list(made.listed),
        "missing": list(made.missing),
        "fixed": facts.fixed(sweeps) if made.missing else None,
        "scenes": scenes(primal, [*reverse, *forward], facts.numbers()),
    }


def _sweeps(derivation: Derivation, role: Role) -> Iterator[Sweep]:
    """One sweep for each input that may move, or for each output, in symbols; arrays by one entry."""
    program, wrt, sizes = derivation.program, derivation.wrt, derivation.sizes
    graph = program.graph
    if role is Role.TANGENT:
        for name in wrt:
            for seeds in forward_seeds(program, wrt, {name: None}, sizes):
                yield sweep(program, role, seeds, wrt, None)
        return
    values = {row.step.node: np.asarray(row.value) for row in derivation.primal}
    for name, node in zip(graph.output_names, graph.outputs, strict=True):
        if node.is_real:
            unit = np.zeros(values[node].shape)
            unit.flat[:1] = 1.0
            for seeds in reverse_seeds(program, {name: unit}, sizes):
                yield sweep(program, role, seeds, wrt, None)


def _roots(program: Program, sweeps: Sequence[Sweep]) -> Iterator[Node]:
    """Every node whose value is shown."""
    for step in program.steps:
        yield step.node
    for one in sweeps:
        for seed in one.seeds:
            if seed.node is not None:
                yield seed.node
        for row in one.rows:
            if row.derivative is not None:
                yield row.derivative.node
                for term in row.derivative.terms:
                    yield term.value
                    if term.partial is not None:
                        yield term.partial


class _Facts:
    """Turns one derivation into data.

    Args:
        derivation: what is shown.
        made: the instructions that compute it.
    """

    def __init__(self, derivation: Derivation, made: Instructions) -> None:
        self.derivation = derivation
        self.program = derivation.program
        self.made = made
        self.notation = UNICODE
        self.says = Sentences(derivation, derivation.forward[0], UNICODE)

    def inputs(self) -> list[dict[str, Any]]:
        """The inputs with their values."""
        at = self.derivation.at or {}
        varying = {self.program.step_of(name).name for name in self.derivation.wrt}
        return [
            {
                "name": step.label,
                "step": step.name,
                "symbol": self.notation.symbol(step.label),
                "place": self.made.places[step.node],
                "dtype": step.node.dtype.name,
                "varies": step.name in varying,
                "value": array(np.asarray(at[step.label])),
            }
            for step in self.program.inputs
            if step.label is not None
        ]

    def primal(self) -> list[dict[str, Any]]:
        """The primal steps."""
        formulas = self.says.formulas
        rows = []
        for step in self.program.steps:
            symbol, definition = formulas.definition(step)
            rows.append(
                {
                    "step": step.name,
                    "symbol": symbol,
                    "definition": definition,
                    "place": self.made.places[step.node],
                    "shape": self.made.listed[self.made.places[step.node]]["shape"],
                    "operands": list(step.operands),
                    "outputs": [self.notation.symbol(name) for name in step.outputs],
                    "input": step.label is not None,
                }
            )
        return rows

    def numbers(self) -> list[str]:
        """The values of the primal steps, as texts."""
        return [self.notation.number(row.value) for row in self.derivation.primal]

    def sweep(self, found: Sweep) -> dict[str, Any]:
        """One sweep: its seed, and its rows in the order of the program."""
        says = Sentences(self.derivation, found, UNICODE)
        moving = next(seed for seed in found.seeds if seed.node is not None)
        scalar = moving.node is not None and not moving.node.shape
        return {
            "name": moving.name,
            "of": self.notation.symbol(moving.name),
            "symbol": says.symbol(moving.name),
            "step": self.program.step_of(moving.name).name,
            "place": self.made.places[moving.node] if moving.node is not None else None,
            "rows": [
                row | self._result(says, found, moving, row["step"]) if scalar else row
                for row in (self._row(says, one, moving) for one in found.rows)
            ],
        }

    def _row(self, says: Sentences, row: Row, moving: Seed) -> dict[str, Any]:
        symbol = says.symbol(row.primal.name)
        derivative = row.derivative
        seeded = derivative is not None and derivative.is_seed
        equation = says.equation(row)[1]
        if seeded and says.symbol(moving.name) == symbol:
            equation = ""  # the text would be the number, which may be another one soon
        terms = () if derivative is None else derivative.terms
        return {
            "step": row.primal.name,
            "symbol": symbol,
            "equation": equation,
            "chain": "" if seeded else says.chain(row),
            "place": None if derivative is None else self.made.places[derivative.node],
            "varies": row.varies,
            "seed": seeded,
            "terms": [self._term(says, row, term) for term in terms],
            "notes": [says.note(n) for n in row.notes if n.remark in _KEPT],
        }

    def _term(self, says: Sentences, row: Row, term: StepTerm) -> dict[str, Any]:
        derivative = row.derivative
        assert derivative is not None
        places, partial = self.made.places, term.partial
        return {
            "via": term.via,
            "text": says.formulas.contribution(derivative, term),
            "partial": says.formulas.partial(derivative, term),
            "factor": None if partial is None else places[partial],
            "constant": None if partial is None else partial.constant,
            "place": places[term.value],
        }

    def _result(
        self, says: Sentences, found: Sweep, moving: Seed, name: str
    ) -> dict[str, str | None]:
        """What a derivative is, if it is one of an output by an input; in closed form if there is one."""
        step = self.program.by_name[name]
        if found.role is Role.ADJOINT:
            by = next((n for n in self.derivation.wrt if self.program.step_of(n) is step), None)
            output: str | None = moving.name
        else:
            by, output = moving.name, next(iter(step.outputs), None)
        if by is None or output is None:
            return {}
        form = self.derivation.closed_form(output, by)
        closed = ""
        if form is not None:
            names = {node: self.notation.symbol(text) for node, text in form.names.items()}
            closed = says.formulas.expression(form.node, names)
        symbols = (self.notation.symbol(output), self.notation.symbol(by))
        shown = self.notation.ellipsis not in closed
        return {
            "result": self.notation.derivative(*symbols),
            "closed": closed if closed and shown else None,
        }

    def fixed(self, sweeps: Sequence[Sweep]) -> list[Any]:
        """The values of all instructions, where the page can't compute them."""
        arrays = {row.step.node: row.value for row in self.derivation.primal}
        known = {node: value for node, value in arrays.items() if value is not None}
        for one in sweeps:
            for seed in one.seeds:
                if seed.node is not None and seed.value is not None:
                    known[seed.node] = seed.value.astype(seed.node.dtype)
        values = evaluate(self.made.places, known, self.derivation.sizes)
        result: list[Any] = [None] * len(self.made.listed)
        for node, place in self.made.places.items():
            result[place] = array(values[node])
        return result
