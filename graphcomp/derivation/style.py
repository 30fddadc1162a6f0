"""What of a derivation is shown: choices that every printer takes into account."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from graphcomp.errors import InputError

#: Longer traces are cut in the middle.
USUAL_ROWS = 40

_CHOICES = {
    "show": ("both", "symbolic", "numeric"),
    "partials": ("folded", "shown"),
    "arrange": ("apart", "together"),
}
_FLAGS = ("why", "accumulate", "shapes")


@dataclass(frozen=True, slots=True)
class Style:
    """What of a derivation is shown.

    Attributes:
        show: "symbolic", "numeric" or "both".
        partials: "folded" into the formulas (w̄₃·cos(w₁)), or "shown" as symbols (w̄₃·∂w₃/∂w₁) with a
            column that says what they are.
        arrange: the traces "apart", one table each, or "together" in one table: modes, seeds and
            outputs as columns.
        why: whether every line cites its rule.
        accumulate: whether reverse mode is listed as it runs, with ``+=`` for each contribution.
        shapes: whether derivatives have a column for their shapes too.
        rows: longer tables and lists are cut in the middle; None: never.
    """

    show: str = "both"
    partials: str = "folded"
    arrange: str = "apart"
    why: bool = False
    accumulate: bool = False
    shapes: bool = False
    rows: int | None = USUAL_ROWS

    def changed(self, **choices: Any) -> Style:
        """This style with other choices.

        Raises:
            InputError: there is no such choice.

        >>> Style().changed(show="numeric", rows="all").rows is None
        True
        """
        names = STYLE_CHOICES
        for name, value in choices.items():
            if name not in names:
                msg = f"a trace has no option {name!r}; its options are {', '.join(names)}"
                raise InputError(msg)
            if name in _CHOICES and value not in _CHOICES[name]:
                msg = f"{name} must be one of {', '.join(_CHOICES[name])}, not {value!r}"
                raise InputError(msg)
            if name in _FLAGS and not isinstance(value, bool):
                msg = f"{name} must be True or False, not {value!r}"
                raise InputError(msg)
        if "rows" in choices:
            choices["rows"] = _rows(choices["rows"])
        return replace(self, **choices)


def _rows(value: object) -> int | None:
    if value is None or value == "all":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 2:
        msg = f"rows must be a number from 2 on, or 'all', not {value!r}"
        raise InputError(msg)
    return value


USUAL = Style()

#: The names of the choices.
STYLE_CHOICES = tuple(field.name for field in fields(Style))
