"""Steps, derivatives and correct lines in the notation that a line was written in."""

from __future__ import annotations

import re
from enum import Enum

from graphcomp.evaluate import Array
from graphcomp.grading.quantities import Quantity
from graphcomp.grading.sweeps import Formula, unwrapped
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.printers.ascii_notation import ASCII
from graphcomp.printers.formula import Formulas
from graphcomp.printers.notation import UNICODE, Accent, Notation
from graphcomp.program import Program, Role, Step, StepTerm

_BAR = re.compile(r"\b(\w+)_bar\b")


class Style(Enum):
    """How derivatives are written: w3_bar, w̄3, or d_loss_d_W1."""

    PLAIN = "w3_bar"
    ACCENTS = "w̄3"
    DERIVATIVES = "d_loss_d_W1"


class Words:
    """What steps and derivatives are called.

    Args:
        program: the primal program.
        style: of the line that is spoken of.
        unit: whether the seed of the output is 1.
        quiet: whether a seed of 1 is left out.
    """

    def __init__(self, program: Program, style: Style, *, unit: bool, quiet: bool) -> None:
        self.program, self.style, self.unit, self.quiet = program, style, unit, quiet
        self.of, self._output = next(iter(program.outputs.items()))
        self.notation: Notation = UNICODE if style is Style.ACCENTS else ASCII
        self.formulas = Formulas(program, self.notation)

    def _spelled(self, text: str) -> str:
        """A text with derivatives by name, if lines are written so: d_loss_d_W1 for W1_bar."""
        if self.style is not Style.DERIVATIVES:
            return text
        return _BAR.sub(self._by_name, text)

    def _by_name(self, found: re.Match[str]) -> str:
        known = found[1] in self.program.by_name
        return f"d_{self.of}_d_{found[1]}" if known else found[0]

    def step(self, name: str) -> str:
        """A primal step."""
        return self.notation.symbol(name)

    def name(self, quantity: Quantity) -> str:
        """A quantity."""
        accents: dict[Role, Accent | None] = {Role.ADJOINT: "bar", Role.TANGENT: "dot"}
        if quantity.of is not None:
            of, by = self.step(quantity.of), self.step(quantity.step)
            return f"d_{of}_d_{by}"
        return self._spelled(self.notation.symbol(quantity.step, accents.get(quantity.role)))

    def derivative(self, formula: Formula, term: StepTerm) -> str:
        """The derivative that a term reads."""
        assert term.via is not None
        if self.quiet and formula.step.role is Role.ADJOINT and term.via == self._output:
            return "the seed 1"
        return self.name(Quantity(formula.step.role, term.via))

    def node(self, formula: Formula, term: StepTerm, node: Node) -> str:
        """A part of a term."""
        names = {}
        if term.read is not None and term.via is not None:
            names[term.read] = self.derivative(formula, term)
        if node is term.value and formula.step.role is Role.PRIMAL:
            return self.formulas.definition(formula.step)[1]
        later = formula.consumer(term).node
        stands = unwrapped(later).op.form is Form.CALL
        hidden = None if stands else later
        text = self.formulas.expression(node, names, steps=True, written_out=hidden)
        return self._spelled(text)

    def partial(self, formula: Formula, term: StepTerm) -> str:
        """A local partial."""
        return self.formulas.partial(formula.step, term)

    def correct(self, formula: Formula) -> str:
        """The correct line."""
        step = formula.step
        if step.role is Role.PRIMAL:
            return " = ".join(self.formulas.definition(step))
        right = self._seed(step) if step.is_seed else self._total(step)
        return self._spelled(f"{self.formulas.symbol(step)} = {right}")

    def _seed(self, step: Step) -> str:
        if step.role is Role.ADJOINT and self.unit:
            return "1"
        label = step.label or (step.outputs[0] if step.outputs else step.name)
        accent: Accent = "bar" if step.role is Role.ADJOINT else "dot"
        return self.notation.symbol(label, accent)

    def _total(self, step: Step) -> str:
        vias = [term.via for term in step.terms]
        if not self.quiet or step.role is not Role.ADJOINT or self._output not in vias:
            return self.formulas.total(step)
        seed = self.notation.symbol(self._output, "bar")
        minus, times = self.notation.minus, self.notation.times
        text = ""
        for term in step.terms:
            part = self.formulas.contribution(step, term)
            if term.via == self._output:
                alone = self.formulas.partial(step, term)
                part = alone or part.replace(f"{seed}{times}", "").replace(seed, "1")
            sign = f" {minus} " if part.startswith(minus) else " + "
            text = f"{text}{sign}{part.removeprefix(minus)}" if text else part
        return _bare(text)

    def number(self, value: Array) -> str:
        """A value."""
        return self.notation.number(value)


def _bare(text: str) -> str:
    """The text without parentheses around all of it."""
    if not text.startswith("("):
        return text
    depth = 0
    for i, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return text[1:-1] if i == len(text) - 1 else text
    return text
