"""One line of a hand derivation: what it claims, what it reads, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from graphcomp.errors import GraphcompError
from graphcomp.evaluate import Array
from graphcomp.grading.quantities import Quantity
from graphcomp.grading.wording import Style
from graphcomp.grading.written import Stated

Environment: TypeAlias = Mapping[str, Array]


class LineError(GraphcompError, ValueError):
    """A line can't be computed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One claim.

    Attributes:
        name: what it assigns to, or what its function is called.
        text: as it was written, on one line.
        number: of the line in its file, from one; 0 where there is none.
        reads: the names that it needs.
        run: the value from those of the names; raises `LineError`.
        style: how it writes derivatives.
        quantity: what it claims, where the name does not say that.
        problem: why it can't be run at all.
        stated: the value that is given besides the formula.
        misfit: whether that is because of shapes.
    """

    name: str
    text: str
    number: int
    reads: tuple[str, ...]
    run: Callable[[Environment, Mapping[str, int]], Array]
    style: Style = Style.PLAIN
    quantity: Quantity | None = None
    problem: str = ""
    stated: Stated | None = None
    misfit: bool = False


def never(_values: Environment, _sizes: Mapping[str, int]) -> Array:
    """For a line that can't be run."""
    msg = "this line can't be computed"
    raise LineError(msg)


def as_number_array(value: Any, what: str) -> Array:
    """What a line came to, as an array of floats.

    Raises:
        LineError: it is none.
    """
    if value is None:
        msg = f"{what} returns nothing; is a return missing?"
        raise LineError(msg)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        msg = f"{what} returns {type(value).__name__}, which is no array"
        raise LineError(msg) from None
    if array.dtype.kind not in "biuf":
        msg = f"{what} returns {type(value).__name__}, which is no array of real numbers"
        raise LineError(msg)
    return array.astype(np.float64)


def style_of(name: str) -> Style:
    """How a name writes a derivative."""
    return Style.DERIVATIVES if name.startswith("d_") and "_d_" in name else Style.PLAIN
