"""The derivation of a graph: forward and reverse traces, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphcomp.derivation.plain import (
    plain_check,
    plain_closed,
    plain_primal,
    plain_sweep,
    plain_value,
)
from graphcomp.derivation.records import Array, Check, Closed, Insight, Passes, PrimalRow, Sweep
from graphcomp.graph import GraphData
from graphcomp.program import Program


@dataclass(frozen=True, slots=True)
class Derivation:
    """Forward and reverse traces of a graph.

    Attributes:
        graph: the graph.
        program: its steps.
        wrt: the inputs or steps that vary.
        at: the values of the inputs, or None.
        sizes: of the named dimensions, where there is a point.
        primal: the primal rows.
        forward, reverse: the sweeps of each mode.
        closed: derivatives in closed form, as far as they were found.
        insight: why they are so short.
        passes: what the full Jacobian costs.
        checks: central differences, where there is a point.
    """

    graph: GraphData
    program: Program
    wrt: tuple[str, ...]
    at: Mapping[str, Array] | None
    sizes: Mapping[str, int]
    primal: tuple[PrimalRow, ...]
    forward: tuple[Sweep, ...]
    reverse: tuple[Sweep, ...]
    closed: tuple[Closed, ...]
    insight: Insight | None
    passes: Passes
    checks: tuple[Check, ...]

    def closed_form(self, output: str, by: str) -> Closed | None:
        """The closed form of one derivative, if there is one."""
        return next((c for c in self.closed if (c.output, c.by) == (output, by)), None)

    def shared(self, sweep: Sweep) -> dict[str, tuple[str, ...]]:
        """What is read off without further computation.

        For each of `wrt` whose adjoint uses only cotangents that those before it used already:
        the steps whose cotangents they are.
        """
        rows, seen, found = sweep.by_name, set[str](), dict[str, tuple[str, ...]]()
        steps = {name: self.program.step_of(name).name for name in self.wrt}
        for name, step in steps.items():
            row = rows[step]
            if row.derivative is None:
                continue
            via = tuple(term.via for term in row.derivative.terms if term.via is not None)
            if via and seen.issuperset(via):
                found[name] = via
            seen.update(via)
        return found

    def to_json(self) -> dict[str, Any]:
        """The derivation as lists, dictionaries, numbers and text, ready for JSON.

        Names are those of the program (w3, w3_bar, x_dot); expressions are in the language that
        graphcomp reads. Numbers that JSON lacks are the texts "NaN", "Infinity", "-Infinity".

        >>> import graphcomp as gc
        >>> from graphcomp.derivation import derive
        >>> x = gc.scalar("x")
        >>> data = derive(GraphData([x], {"y": gc.tanh(x)}), "reverse", at={"x": 0.0}).to_json()
        >>> data["reverse"][0]["rows"][0]["terms"]
        [{'via': 'w2', 'partial': '1 - w2**2', 'contribution': 'w2_bar*(1 - w2**2)', 'value': 1.0}]
        """
        program = self.program
        return {
            "graph": self.graph.name,
            "inputs": list(self.graph.input_names),
            "outputs": program.outputs,
            "wrt": list(self.wrt),
            "at": None
            if self.at is None
            else {name: plain_value(value) for name, value in self.at.items()},
            "sizes": dict(self.sizes),
            "primal": [plain_primal(program, row) for row in self.primal],
            "forward": [plain_sweep(program, sweep) for sweep in self.forward],
            "reverse": [plain_sweep(program, sweep) for sweep in self.reverse],
            "closed": [plain_closed(form) for form in self.closed],
            "passes": {"forward": self.passes.forward, "reverse": self.passes.reverse},
            "checks": [plain_check(check) for check in self.checks],
        }
