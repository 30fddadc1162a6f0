"""The choices for a module that do not change what it computes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graphcomp.codegen.dialects import Dialect
from graphcomp.codegen.targets import TARGETS
from graphcomp.errors import InputError


@dataclass(frozen=True, slots=True)
class Options:
    """What was chosen for a module.

    Attributes:
        target: "numpy", "numba" or "math".
        parallel: whether compiled loops may run on several threads.
        checks: whether functions check and convert their arguments.
        threads: that compute blocks of rows.
        workspace: whether functions can be given a workspace.

    Raises:
        InputError: no such target, or a choice that it does not have.
    """

    target: str = "numpy"
    parallel: bool = False
    checks: bool = True
    threads: int = 1
    workspace: bool = False

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            msg = f"target must be {' or '.join(map(repr, TARGETS))}, not {self.target!r}"
            raise InputError(msg)
        if self.parallel and not self.dialect.compiled:
            msg = (
                f"parallel=True is for target 'numba'; target {self.target!r} has no loops to "
                "share out"
            )
            raise InputError(msg)
        if type(self.threads) is not int or self.threads < 1:
            msg = f"threads must be a whole number from 1 on, not {self.threads!r}"
            raise InputError(msg)
        if self.threads > 1 and self.target != "numpy":
            instead = "say parallel=True" if self.dialect.compiled else "it has no arrays"
            msg = f"threads={self.threads} is for target 'numpy'; for target {self.target!r}, {instead}"
            raise InputError(msg)
        if self.workspace and self.target != "numpy":
            why = "compiled loops have none" if self.dialect.compiled else "it has no arrays"
            msg = f"workspace=True is for target 'numpy'; for target {self.target!r}, {why}"
            raise InputError(msg)

    @property
    def dialect(self) -> Dialect:
        """How the target is written."""
        return TARGETS[self.target]

    @property
    def chosen(self) -> dict[str, Any]:
        """What is not as it is by default, for programs: the target is not among it."""
        usual = Options()
        found = {name: getattr(self, name) for name in ("checks", "threads", "workspace")}
        return {name: value for name, value in found.items() if value != getattr(usual, name)}

    @property
    def shown(self) -> str:
        """The target and what is not as it is by default, for people."""
        parts = [f"target {self.target}"]
        parts += ["parallel"] if self.parallel else []
        parts += [] if self.checks else ["no checks"]
        parts += [f"threads {self.threads}"] if self.threads > 1 else []
        parts += ["workspace"] if self.workspace else []
        return "; ".join(parts)
