"""Short forms for the spellings that most ops share."""

from __future__ import annotations

from graphcomp.op import (
    ADDITIVE,
    ATOM,
    COMPARISON,
    EXPONENT,
    LOWEST,
    MULTIPLICATIVE,
    UNARY,
    Spell,
    Spelling,
)
from graphcomp.ops.wording import latex_word


def call(
    name: str,
    *,
    numpy: str | None = None,
    math: str | None = None,
    latex: str | None = None,
    arity: int = 1,
) -> dict[str, Spell]:
    r"""A function call: ``exp(x)``, ``np.exp(x)``, ``math.exp(x)``, ``\\exp(x)``.

    Where `math.exp` is called, ``_exp`` of `math_runtime` gives the limits.
    """
    places = ", ".join(f"{{{i}}}" for i in range(arity))
    latex = (
        latex
        if latex is not None
        else rf"\operatorname{{{{{latex_word(name)}}}}}\left({places}\right)"
    )
    math = math if math is not None else f"math.{name}({places})"
    return {
        "text": Spelling(f"{name}({places})"),
        "latex": Spelling(latex),
        "numpy": Spelling(numpy if numpy is not None else f"np.{name}({places})"),
        "math": Spelling(math),
        "limits": Spelling(math.replace("math.", "_")),
    }


def same(
    template: str, precedence: int = ATOM, operands: tuple[int, ...] = (), **other: str
) -> dict[str, Spell]:
    """The same in all dialects, but for those given."""
    return {
        dialect: Spelling(other.get(dialect, template), precedence, operands)
        for dialect in ("text", "latex", "numpy", "math")
    }


def comparison(symbol: str, latex: str, text: str) -> dict[str, Spell]:
    """A comparison, which does not chain."""
    return same(
        f"{{0}} {symbol} {{1}}",
        COMPARISON,
        (ADDITIVE, ADDITIVE),
        latex=f"{{0}} {latex} {{1}}",
        text=f"{{0}} {text} {{1}}",
    )


__all__ = [
    "ADDITIVE",
    "ATOM",
    "COMPARISON",
    "EXPONENT",
    "LOWEST",
    "MULTIPLICATIVE",
    "UNARY",
    "Spelling",
    "call",
    "comparison",
    "same",
]
