"""What a derivation consists of: data, without layout.

Expressions are nodes, and the terms on the steps of the program; numbers are arrays. The printers
decide what it looks like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeAlias

import numpy as np

from graphcomp.node import Node
from graphcomp.program import Program, Role, Step
from graphcomp.shape import Dim

Array: TypeAlias = np.ndarray[Any, Any]


class Remark(Enum):
    """What there is to say about one derivative."""

    SEED = "seed"
    RESULT = "what was asked for"
    USES = "a sum over several uses"
    OUTER = "an outer product"
    MASK = "a mask: the derivative of a function that is 0 or 1"
    CONSTANT = "an input that is held constant"
    ENTRY = "an entry of an adjoint, found by forward mode"
    SPREAD = "the same in every entry"
    SUMMED = "a sum over axes along which something was broadcast"


@dataclass(frozen=True, slots=True)
class Note:
    """A remark, with what it is about.

    Attributes:
        remark: which one.
        names: inputs, steps or functions that it names; for `Remark.SUMMED` the broadcast step.
        count: how many, for `Remark.USES`.
        position: counted from one, for `Remark.ENTRY`.
        dims: the sizes of the axes, for `Remark.SUMMED`.
    """

    remark: Remark
    names: tuple[str, ...] = ()
    count: int = 0
    position: tuple[int, ...] = ()
    dims: tuple[Dim, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line holds.

    Attributes:
        rules: the rules of differentiation that were applied, as the records of the ops say them.
        via: the step whose definition they were applied to, where that is not plain from the line
            itself ("because z = W x"), else None.
        uses: how many contributions are added up, if there are several.
    """

    rules: tuple[str, ...]
    via: str | None = None
    uses: int = 1


@dataclass(frozen=True, slots=True)
class Seed:
    """The tangent of an input, or the cotangent of an output, that a sweep starts from.

    Attributes:
        name: the input, step or output.
        node: the input node that stands for it; None where it is identically zero.
        value: None if it stays a symbol.
        position: where it is one, counted from one, if it is zero elsewhere; else None.
    """

    name: str
    node: Node | None
    value: Array | None = None
    position: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class PrimalRow:
    """A primal step and its value, None without a point."""

    step: Step
    value: Array | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """The tangent or adjoint that belongs to one primal step.

    Attributes:
        primal: the primal step.
        derivative: the derivative step; None where the derivative is identically zero.
        varies: whether there is a derivative to speak of: false for what is held constant.
        value: of the derivative, None without a point.
        partials: the value of each term's local partial, None where a step is not pointwise.
        notes: remarks.
        reasons: the rules that the line follows from, one reason for each step that was differentiated.
        contributions: the value of each term, None without a point.
    """

    primal: Step
    derivative: Step | None
    varies: bool
    value: Array | None = None
    partials: tuple[Array | None, ...] = ()
    notes: tuple[Note, ...] = ()
    reasons: tuple[Reason, ...] = ()
    contributions: tuple[Array | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """One ``+=`` of reverse mode as it runs.

    Attributes:
        row: the adjoint that grows.
        index: the term of it that is added.
        before, after: the adjoint's value, None without a point.
        first, last: whether it is the first, the last contribution to that adjoint.
    """

    row: Row
    index: int
    before: Array | None
    after: Array | None
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """One pass, forward or reverse.

    Attributes:
        role: tangents or adjoints.
        seeds: where it starts.
        rows: one for every primal step, in the order of the program.
    """

    role: Role
    seeds: tuple[Seed, ...]
    rows: tuple[Row, ...]

    @property
    def by_name(self) -> dict[str, Row]:
        """The rows by the name of the step."""
        return {row.primal.name: row for row in self.rows}

    @property
    def output(self) -> str | None:
        """The one output with seed 1, so that adjoints are derivatives of it."""
        return self._single()

    @property
    def input(self) -> str | None:
        """The one scalar input with seed 1, so that tangents are derivatives by it."""
        return self._single()

    def symbolic(self) -> Sweep:
        """The same without numbers, but for the seeds."""
        rows = tuple(replace(row, value=None, partials=(), contributions=()) for row in self.rows)
        return replace(self, rows=rows)

    @property
    def updates(self) -> tuple[Update, ...]:
        """The adjoints as a program computes them: from the last step back, each adds to its operands."""
        grown: dict[str, Array] = {}
        left = {row.primal.name: len(row.derivative.terms) for row in self.rows if row.derivative}
        arriving: dict[str | None, list[tuple[Row, int]]] = {}
        for row in self.rows:
            for i, term in enumerate(row.derivative.terms if row.derivative else ()):
                arriving.setdefault(term.via, []).append((row, i))
        made: list[Update] = []
        for source in (None, *(row.primal.name for row in reversed(self.rows))):
            for row, i in arriving.get(source, ()):
                name, added = row.primal.name, row.contributions[i] if row.contributions else None
                before = None if added is None else grown.get(name, np.zeros_like(added))
                after = None if added is None or before is None else before + added
                if after is not None:
                    grown[name] = after
                first = left[name] == len(row.derivative.terms if row.derivative else ())
                left[name] -= 1
                made.append(Update(row, i, before, after, first, left[name] == 0))
        return tuple(made)

    def _single(self) -> str | None:
        moving = [seed for seed in self.seeds if seed.node is not None]
        if len(moving) != 1 or moving[0].value is None or moving[0].value.shape:
            return None
        return moving[0].name if moving[0].value == 1 else None


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """Forward over reverse mode: the tangents of all steps, and of all adjoints.

    Attributes:
        program: the primal steps, then their adjoints as steps.
        sweep: the tangents, a row for each of these steps.
        adjoint: the reverse sweep whose adjoints they are.
        names: by primal step, its adjoint as a step of `program`.
    """

    program: Program
    sweep: Sweep
    adjoint: Sweep
    names: Mapping[str, str] = field(repr=False)

    def symbolic(self) -> SecondOrder:
        """The same without numbers, but for the seeds."""
        return replace(self, sweep=self.sweep.symbolic(), adjoint=self.adjoint.symbolic())


@dataclass(frozen=True, slots=True)
class Closed:
    """A derivative in closed form.

    Attributes:
        output: what is differentiated.
        by: by what.
        node: the derivative; its leaves are the nodes in `names`.
        names: inputs, outputs and steps that stand in it by name.
        points: at how many points it was compared with what the sweep found; 0 if it is proved
            equal by algebra.
    """

    output: str
    by: str
    node: Node
    names: Mapping[Node, str] = field(repr=False)
    points: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A quantity inside the program, expressed by the output: w₄ = 1/y, exp(w₃) = w₄ - 1 = (1 - y)/y.

    Attributes:
        quantity: the node.
        forms: what it equals, one after the other; the last is in terms of outputs.
    """

    quantity: Node
    forms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Insight:
    """Why a closed form is as short as it is: an adjoint in terms of the output.

    Attributes:
        known: the quantities that the output determines.
        step: the primal step whose adjoint it is.
        path: the steps from the output to it, each with its local partial by the next: their product
            is the adjoint.
        closed: the same in terms of the output.
        names: of outputs and inputs that stand by name.
    """

    known: tuple[Known, ...]
    step: str
    path: tuple[tuple[str, Node], ...]
    closed: Node
    names: Mapping[Node, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Passes:
    """How many passes the full Jacobian takes: forward one an input entry, reverse one an output entry.

    Numbers, or texts of named dimensions such as "k*n + n".
    """

    forward: int | str
    reverse: int | str

    @property
    def cheaper(self) -> Role | None:
        """The mode with fewer passes, if that can be said."""
        if isinstance(self.forward, str) or isinstance(self.reverse, str):
            return None
        if self.forward == self.reverse:
            return None
        return Role.TANGENT if self.forward < self.reverse else Role.ADJOINT


@dataclass(frozen=True, slots=True)
class Check:
    """A derivative by central differences.

    Attributes:
        output: what is differentiated.
        by: by what.
        value: the difference quotient.
        derivative: what the sweep found.
    """

    output: str
    by: str
    value: Array
    derivative: Array

    @property
    def deviation(self) -> float:
        """The largest difference between the two."""
        if not self.value.size:
            return 0.0
        return float(np.max(np.abs(self.value - self.derivative)))

    @property
    def agrees(self) -> bool:
        """Whether they agree to the accuracy of a central difference."""
        return bool(np.allclose(self.value, self.derivative, rtol=1e-5, atol=1e-7, equal_nan=True))
