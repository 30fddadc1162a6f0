"""Derivations as Markdown: one table of all traces, then lists of what follows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from graphcomp.derivation import Derivation
from graphcomp.printers.columns import Column, Shows, columns
from graphcomp.printers.gaps import gapped
from graphcomp.printers.growth import Added
from graphcomp.printers.notation import Notation
from graphcomp.printers.sheet import Move, Sheet, Trace
from graphcomp.printers.writing import sheet

_ALIGNED = dict.fromkeys(Shows, "---") | {Shows.VALUE: "---:"}
#: What Markdown would read as markup: a bar that ends a cell, emphasis, code, tags, links.
_MARKUP = re.compile(r"[\\|*`<]|(?<!\w)_|_(?!\w)|(?<=\])\(")


class _Markdown(Notation):
    name = "markdown"
    aside = ", "
    folded = False

    def inline(self, formula: str) -> str:
        return _MARKUP.sub(r"\\\g<0>", formula)

    def rule(self, text: str) -> str:
        return self.inline(super().rule(text))


MARKDOWN: Notation = _Markdown()


def render(
    derivation: Derivation, *, detail: str = "full", digits: int | None = None, **choices: Any
) -> str:
    """The derivation as Markdown, with tables as GitHub, Jupyter and Pandoc read them.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        detail: "full", or "brief" for the table and the results.
        digits: significant digits of numbers.
        **choices: in place of those of the derivation's style, see `graphcomp.derivation.Style`.
            All traces stand in one table, however they are arranged.

    Raises:
        InputError: there is no such detail or choice, or there are no such digits.

    >>> import graphcomp as gc
    >>> from graphcomp.derivation import derive
    >>> from graphcomp.graph import GraphData
    >>> x = gc.scalar("x")
    >>> found = derive(GraphData([x], {"y": gc.sin(x)}), "reverse", at={"x": 0.5})
    >>> print(render(found, detail="brief"))
    **y = sin(x)** at x = 0.5
    <BLANKLINE>
    | step | primal ↓ | value | adjoint ↑ (seed ȳ = 1) | value |  |
    |---:|---|---:|---|---:|---|
    | 1 | w₁ = x | 0.5 | w̄₁ = w̄₂·cos(w₁) | 0.877583 |  |
    | 2 | w₂ = sin(w₁) | 0.479426 | w̄₂ = ȳ | 1 | seed |
    <BLANKLINE>
    - ∂y/∂x = cos(x)
    """
    notation = MARKDOWN.with_digits(digits)
    made = sheet(derivation, notation, detail=detail, choices=choices)
    blocks = ["\n".join(_title(made, notation)), "\n".join(_table(made, notation))]
    blocks.append(_items(line for t in made.traces for line in (*t.notes, *t.results)))
    for trace in made.listed:
        blocks += [
            _bold(_listing(made, trace)),
            "\n".join(_steps(trace, notation, made.style.rows)),
        ]
    for trace in made.grown:
        blocks += [
            _bold(_listing(made, trace)),
            "\n".join(_running(trace, notation, made.style.rows)),
        ]
    for section in made.sections:
        blocks += [_bold(section.heading), _items(section.lines)]
    return "\n\n".join(filter(None, blocks))


def _title(made: Sheet, notation: Notation) -> Iterable[str]:
    """The equations, and the point behind the last of them."""
    *first, last = (_bold(notation.inline(equation)) for equation in made.equations)
    yield from (f"{equation}\\" for equation in first)
    yield f"{last} {', '.join(made.point)}".rstrip()


def _table(made: Sheet, notation: Notation) -> Iterable[str]:
    shown = list(columns(made))
    yield _row("step", *(_head(column, notation) for column in shown))
    yield f"|{'|'.join(['---:', *(_ALIGNED[column.shows] for column in shown)])}|"
    rows, left_out = made.rows(made.traces)
    number = 0
    for i in rows:
        number += left_out if i is None else 1
        if i is None:
            more = f"{notation.ellipsis} {left_out} more steps"
            yield _row(notation.ellipsis, more, *("" for _ in shown[1:]))
        else:
            yield _row(str(number), *(_cell(made, column, i, notation) for column in shown))


def _head(column: Column, notation: Notation) -> str:
    match column.shows:
        case Shows.EQUATION:
            return column.head(notation)
        case Shows.NOTES:
            return ""
        case Shows.PARTIALS:
            return Shows.PARTIALS.value
        case other:
            return other.name.lower()


def _cell(made: Sheet, column: Column, i: int, notation: Notation) -> str:
    line = column.lines[i]
    match column.shows:
        case Shows.EQUATION:
            return notation.inline(notation.joined(line.left, line.right))
        case Shows.SHAPE:
            return notation.inline(made.shapes[i]) if line.left else ""
        case Shows.PARTIALS:
            return ", ".join(map(notation.inline, made.partials(made.traces)[i]))
        case Shows.WHY:
            return line.why
        case Shows.VALUE:
            return line.value
        case Shows.NOTES:
            return ", ".join(_bold(n.text) if n.strong else n.text for n in column.notes(i))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _listing(made: Sheet, trace: Trace) -> str:
    seed = f", seed {trace.seeds}" if len(made.equations) > 1 else ""
    how = "step by step" if trace.growth is None else "as it runs"
    return f"{trace.mode.capitalize()}, {how}{seed}"


def _steps(trace: Trace, notation: Notation, most: int | None) -> Iterable[str]:
    shown, left_out = gapped(range(len(trace.moves)), most)
    for i in shown:
        if i is None:
            yield f"\n{notation.ellipsis} {left_out} more steps\n"
        else:
            yield f"{i + 1}. {_step(trace.moves[i], notation)}"


def _step(move: Move, notation: Notation) -> str:
    equation = notation.joined(move.left, move.chain, move.total, move.numbers, move.value)
    notes = ", ".join(_bold(n.text) if n.strong else n.text for n in move.notes)
    return f"{notation.inline(equation)}{f' ({notes})' if notes else ''}"


def _running(trace: Trace, notation: Notation, most: int | None) -> Iterable[str]:
    if trace.growth is None:
        return
    added = trace.growth.added
    shown, left_out = gapped(range(len(added)), most)
    yield f"1. {notation.inline(trace.growth.zeros)}"
    for i in shown:
        if i is None:
            yield f"\n{notation.ellipsis} {left_out} more steps\n"
        else:
            yield f"{i + 2}. {_addition(added[i], notation)}"


def _addition(added: Added, notation: Notation) -> str:
    equation = notation.joined(f"{added.left} += {added.right}", added.sum, added.value)
    notes = ", ".join(_bold(n.text) if n.strong else n.text for n in added.notes)
    return f"{notation.inline(equation)}{f' ({notes})' if notes else ''}"


def _items(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _bold(text: str) -> str:
    return f"**{text}**"
