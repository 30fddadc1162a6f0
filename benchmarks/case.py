"""What is measured: one model at one size, and what an expert writes for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Call = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """A model at one size.

    Attributes:
        name: the row of the table.
        model: given a namespace such as NumPy, the function of `arguments` in their order.
        arguments: arrays and Python floats, by name.
        shapes: of the arrays, in names of dimensions.
        wrt: the arguments by which derivatives are wanted.
        expert: the derivatives by hand, a function of `arguments` (and of `direction`).
        task: "gradient": value and gradients. "blocks": the value, of shape (m, n), and for each
            of its m rows the gradients of the row's sum. "hvp" and "hessian": by one argument.
        direction: the vector in "hvp".
        scalar: the arguments are Python floats.
        checks: whether generated functions check their arguments, as they do unless told otherwise.
        by_hand: of libraries that compile loops, a function like `expert`, by the peer's name.
        left_out: reasons why a peer takes no part, by the peer's name.
    """

    name: str
    model: Callable[[Any], Callable[..., Any]]
    arguments: Mapping[str, Any]
    shapes: Mapping[str, str]
    wrt: tuple[str, ...]
    expert: Callable[..., Any]
    task: Literal["gradient", "blocks", "hvp", "hessian"] = "gradient"
    direction: Any = None
    scalar: bool = False
    checks: bool = True
    by_hand: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> tuple[Any, ...]:
        """The arguments in order."""
        return tuple(self.arguments.values())

    @property
    def operands(self) -> tuple[Any, ...]:
        """The arguments, and the direction if there is one."""
        return self.values if self.direction is None else (*self.values, self.direction)

    @property
    def argnums(self) -> tuple[int, ...]:
        """The places of `wrt` among the arguments."""
        names = list(self.arguments)
        return tuple(names.index(name) for name in self.wrt)

    def by_expert(self) -> Call:
        """The call to which all others are compared."""
        expert, operands = self.expert, self.operands
        return lambda: expert(*operands)


class LeftOut(Exception):  # noqa: N818  (no error: a peer says that it takes no part)
    """A peer takes no part in a case, and why."""
