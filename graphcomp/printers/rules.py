"""Why a line holds: the rules of differentiation that it follows from, in words."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.derivation import Reason
from graphcomp.printers.formula import Formulas

#: Rules that one line cites.
MOST_RULES = 4


def rules(reasons: Sequence[Reason], formulas: Formulas) -> str:
    """The rules that a line follows from: ``product rule: …``, ``because z = W₁ x: …``.

    Args:
        reasons: of the line.
        formulas: of the program, in the notation of the printer.
    """
    notation = formulas.notation
    parts: dict[str, None] = {}
    if any(reason.uses > 1 for reason in reasons):
        parts["fan-out: contributions add up"] = None
    for reason in reasons:
        text = "; ".join(notation.rule(rule) for rule in reason.rules)
        if reason.via is not None:
            equation = notation.joined(*formulas.definition(formulas.program.by_name[reason.via]))
            because = f"because {notation.inline(equation)}"
            text = f"{because}: {text}" if text else because
        if text:
            parts[text] = None
    shown = list(parts)
    if len(shown) > MOST_RULES:
        shown = [*shown[: MOST_RULES - 1], notation.inline(notation.ellipsis)]
    return "; ".join(shown)
