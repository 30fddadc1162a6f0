"""The one program: a graph cut into named steps, and its tangent and adjoint steps."""

from __future__ import annotations

from graphcomp.program.derivatives import adjoint_steps, seed_inputs, tangent_steps
from graphcomp.program.extended import with_adjoints
from graphcomp.program.step_names import NamedSteps, name_steps
from graphcomp.program.steps import Program, Role, Step, StepTerm, build_program

__all__ = [
    "NamedSteps",
    "Program",
    "Role",
    "Step",
    "StepTerm",
    "adjoint_steps",
    "build_program",
    "name_steps",
    "seed_inputs",
    "tangent_steps",
    "with_adjoints",
]
