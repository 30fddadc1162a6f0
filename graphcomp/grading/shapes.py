"""What is probably meant by a line whose shapes do not fit, from the correct line."""

from __future__ import annotations

import re

from graphcomp.grading.lines import Line
from graphcomp.grading.mistakes import Finding, Mistake
from graphcomp.grading.quantities import Quantity
from graphcomp.grading.sweeps import Formula, unwrapped
from graphcomp.grading.wording import Words
from graphcomp.node import Node
from graphcomp.op import Form
from graphcomp.program import Role, StepTerm
from graphcomp.shape import format_shape
from graphcomp.traversal import topological


def shapes_that_do_not_fit(
    line: Line, quantity: Quantity, formula: Formula | None, words: Words
) -> Finding:
    """A matrix that must be transposed, an outer product that is needed, or just the right shape."""
    for term in formula.terms if formula is not None else ():
        assert formula is not None
        for node in _parts(formula, term):
            if node.op.form is Form.OUTER:
                left, right = (words.node(formula, term, arg) for arg in node.args)
                text = f"An outer product of {left} and {right} is needed here. {line.problem}"
                return Finding(Mistake.MATRIX_PRODUCT, text)
            if node.op.form is Form.TRANSPOSE:
                name = words.node(formula, term, node.args[0])
                if name in line.reads and not re.search(rf"\b{name}(\.m?T|ᵀ)", line.text):
                    return _transposed(name, quantity, line)
    rule = _rule(quantity, words)
    text = f"{line.problem} The result must have the shape {rule}." if rule else line.problem
    return Finding(Mistake.WRONG_SHAPE, text)


def _parts(formula: Formula, term: StepTerm) -> list[Node]:
    leaves = set(formula.leaves(0, term)) - {term.value, unwrapped(term.value)}
    return topological([term.value], stop=leaves.__contains__)


def _transposed(name: str, quantity: Quantity, line: Line) -> Finding:
    if quantity.role is not Role.ADJOINT:
        return Finding(Mistake.TRANSPOSED, f"{name} must be transposed. {line.problem}")
    text = (
        f"{name} must be transposed: forward mode multiplies by J, reverse mode by its transpose. "
        f"{line.problem}"
    )
    return Finding(Mistake.FORWARD_FOR_REVERSE, text)


def _rule(quantity: Quantity, words: Words) -> str:
    """The shape of a quantity, in words."""
    if quantity.of is not None:
        return ""
    node = words.program.by_name[quantity.step].node
    return f"{format_shape(node.shape)}, that of {words.step(quantity.step)}"
