"""What the names in a hand derivation stand for: steps, adjoints, tangents, derivatives by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from graphcomp.program import Program, Role

_PREFIXES = ("delta_", "delta", "grad_", "d_", "d")
_DERIVATIVE = re.compile(r"d_\w+_d_\w+|d2_\w+|\w+_bar|\w+_dot")


class Quantity(NamedTuple):
    """One thing that a line can claim.

    Attributes:
        role: a primal step, its adjoint, or its tangent.
        step: the step's name in the program.
        of: for a derivative of one step by another, the step that is differentiated; None for an
            adjoint or tangent, which begins with the seeds.
    """

    role: Role
    step: str
    of: str | None = None


class Vocabulary:
    """The names that a program gives to its quantities.

    Args:
        program: the primal program.
        unit: whether an adjoint is the derivative of the only output, as its seed is 1.

    >>> import graphcomp as gc
    >>> words = Vocabulary(gc.from_string("y = x*a").program(), unit=True)
    >>> words.find("x_bar") == words.find("d_y_d_x") == words.find("w1_bar") == words.find("dx")
    True
    >>> words.suggest("d_y_d_xx")
    "; did you mean 'd_y_d_x'?"
    """

    def __init__(self, program: Program, *, unit: bool) -> None:
        self.program = program
        self.unit = unit
        self.steps: dict[str, str] = {}
        for step in program.steps:
            for name in (step.name, step.label, *step.outputs):
                if name is not None:
                    self.steps.setdefault(name, step.name)
        outputs = [s for s in program.steps if s.outputs and s.node.is_real]
        self._output = outputs[0].name if len(outputs) == 1 else None

    def find(self, name: str) -> Quantity | None:
        """What a name stands for; None if it is none of the program's."""
        if name in self.steps:
            return Quantity(Role.PRIMAL, self.steps[name])
        return self._accented(name) or self._derivative(name) or self._gradient(name)

    def _accented(self, name: str) -> Quantity | None:
        base, _, accent = name.rpartition("_")
        roles = {"bar": Role.ADJOINT, "dot": Role.TANGENT}
        return self._real(roles[accent], base) if accent in roles else None

    def _derivative(self, name: str) -> Quantity | None:
        if not name.startswith("d_"):
            return None
        parts = name.removeprefix("d_").split("_d_")
        for i in range(1, len(parts)):
            of, by = "_d_".join(parts[:i]), "_d_".join(parts[i:])
            found, whole = self._real(Role.ADJOINT, by), self._real(Role.ADJOINT, of)
            if found is not None and whole is not None:
                alone = self.unit and whole.step == self._output
                return found if alone else found._replace(of=whole.step)
        return None

    def _gradient(self, name: str) -> Quantity | None:
        if self._output is None:
            return None
        bases = [name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)]
        for base in (*bases, *([name.removesuffix("_grad")] if name.endswith("_grad") else [])):
            if (found := self._real(Role.ADJOINT, base)) is not None:
                return found
        return None

    def _real(self, role: Role, name: str) -> Quantity | None:
        step = self.steps.get(name)
        if step is None or not self.program.by_name[step].node.is_real:
            return None
        return Quantity(role, step)

    def is_derivative_name(self, name: str) -> bool:
        """Whether a name is spelled as one of a derivative, known or not."""
        return _DERIVATIVE.fullmatch(name) is not None

    def suggest(self, name: str) -> str:
        """A hint at the name that was probably meant, to be appended to a message."""
        close = difflib.get_close_matches(name, sorted(self._candidates(name)), 1)
        return f"; did you mean {close[0]!r}?" if close else ""

    def _candidates(self, name: str) -> Iterator[str]:
        for step in self.steps:
            yield step
            if not name.startswith("d_"):
                yield from (f"{step}_bar", f"{step}_dot")
                continue
            for output in self.program.outputs:
                yield f"d_{output}_d_{step}"
