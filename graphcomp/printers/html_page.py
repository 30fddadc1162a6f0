"""Derivations as HTML: a table of all traces with formulas in MathML, without any script.

Every row has the name of its step as its id, as the vertices of a drawing have.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from graphcomp.derivation import Derivation
from graphcomp.errors import InputError
from graphcomp.printers.columns import Column, Shows, columns
from graphcomp.printers.formula import UNICODE, title
from graphcomp.printers.gaps import gapped
from graphcomp.printers.growth import Added
from graphcomp.printers.mathml_notation import MATHML
from graphcomp.printers.notation import Notation
from graphcomp.printers.render import MARKER
from graphcomp.printers.sentences import Said
from graphcomp.printers.sheet import Move, Sheet, Trace
from graphcomp.printers.writing import sheet

_STYLE = """\
.gc-trace { line-height: 1.5; }
.gc-trace math { font-size: 1.15em; }
.gc-trace mover > mo { padding-bottom: 0.1em; }
.gc-trace .gc-wide { overflow-x: auto; }
.gc-trace table { border-collapse: collapse; white-space: nowrap; }
.gc-trace caption { text-align: left; font-weight: 600; padding-bottom: 0.5rem; }
.gc-trace th, .gc-trace td { padding: 0.3rem 0.7rem; text-align: left; border-bottom: 1px solid #8884; }
.gc-trace thead th { border-bottom: 2px solid #8888; font-weight: 600; }
.gc-trace .gc-start { border-left: 1px solid #8886; }
.gc-trace td.gc-value { font-variant-numeric: tabular-nums; color: #005a9c; }
.gc-trace .gc-scalar .gc-value { text-align: right; }
.gc-trace tr:target { background: #fc03; }
.gc-trace h2 { font-size: 1rem; margin: 1.2rem 0 0.4rem; }
.gc-trace ul, .gc-trace ol { margin: 0.4rem 0; padding-left: 1.8rem; }
.gc-trace li { margin: 0.2rem 0; }
@media (prefers-color-scheme: dark) { .gc-trace td.gc-value { color: #79c0ff; } }
"""
_PAGE_STYLE = ":root { color-scheme: light dark; }\nbody { font: 16px/1.5 system-ui, sans-serif; margin: 1rem; }\n"
_PREFIX = re.compile(r"[A-Za-z_][\w.-]*\Z|\Z", re.ASCII)


def render(
    derivation: Derivation,
    *,
    fragment: bool = False,
    prefix: str | None = "",
    detail: str = "full",
    digits: int | None = None,
    **choices: Any,
) -> str:
    """The derivation as an HTML page.

    Args:
        derivation: from `graphcomp.derivation.derive`.
        fragment: only what stands in the body, with its style, to be put into a page of your own.
        prefix: what stands before the name of a step in the id of its row, for pages with several
            traces; None for rows without ids.
        detail: "full", or "brief" for the table and the results.
        digits: significant digits of numbers.
        **choices: in place of those of the derivation's style, see `graphcomp.derivation.Style`.
            All traces stand in one table, however they are arranged.

    Raises:
        InputError: there is no such detail or choice, there are no such digits, or the prefix is no beginning
            of an id.

    >>> import graphcomp as gc
    >>> from graphcomp.derivation import derive
    >>> from graphcomp.graph import GraphData
    >>> page = render(derive(GraphData([gc.scalar("x")], {"y": gc.sin(gc.scalar("x"))}), "reverse"))
    >>> '<tr id="w1"><th scope="row"><math><msub><mi>w</mi><mn>1</mn></msub></math></th>' in page
    True
    """
    if prefix is not None and not _PREFIX.match(prefix):
        msg = f"prefix must begin with a letter and hold letters, digits, '.', '_' and '-' only, not {prefix!r}"
        raise InputError(msg)
    notation = MATHML.with_digits(digits)
    made = sheet(derivation, notation, detail=detail, choices=choices)
    body = "\n".join(_body(made, notation, prefix))
    if fragment:
        return f"<style>\n{_STYLE}</style>\n{body}\n"
    name = html.escape(title(derivation.graph, UNICODE))
    return (
        f'<!DOCTYPE html>\n<!-- {MARKER} -->\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Derivation: {name}</title>\n<style>\n{_PAGE_STYLE}{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>Derivation</h1>\n{body}\n</body>\n</html>\n"
    )


def _body(made: Sheet, notation: Notation, prefix: str | None) -> Iterable[str]:
    yield '<div class="gc-trace">'
    yield from _table(made, notation, prefix)
    yield from _list(line for t in made.traces for line in (*t.notes, *t.results))
    for trace in made.listed:
        yield f"<h2>{_listing(made, trace)}</h2>"
        yield from _steps(trace, notation, made.style.rows)
    for trace in made.grown:
        yield f"<h2>{_listing(made, trace)}</h2>"
        yield from _running(trace, notation, made.style.rows)
    for section in made.sections:
        yield f"<h2>{section.heading}</h2>"
        yield from _list(section.lines)
    yield "</div>"


# ---------------------------------------------------------------- the table


def _table(made: Sheet, notation: Notation, prefix: str | None) -> Iterable[str]:
    shown = list(columns(made))
    yield '<div class="gc-wide">'
    yield f'<table class="{"gc-scalar" if made.scalar else "gc-arrays"}">'
    equations = ", ".join(map(notation.inline, made.equations))
    yield f"<caption>{', '.join((equations, *made.point)).replace(', at ', ' at ', 1)}</caption>"
    heads = "".join(f'<th scope="col"{_class(c)}>{_head(c, notation)}</th>' for c in shown)
    yield f'<thead>\n<tr><th scope="col">step</th>{heads}</tr>\n</thead>\n<tbody>'
    rows, left_out = made.rows(made.traces)
    for i in rows:
        if i is None:
            yield f'<tr><td colspan="{len(shown) + 1}">… {left_out} more steps</td></tr>'
            continue
        label = "" if prefix is None else f' id="{html.escape(prefix + made.names[i])}"'
        cells = "".join(f"<td{_class(c)}>{_cell(made, c, i, notation)}</td>" for c in shown)
        left = notation.inline(made.primal[i].left)
        yield f'<tr{label}><th scope="row">{left}</th>{cells}</tr>'
    yield "</tbody>\n</table>\n</div>"


def _class(column: Column) -> str:
    if column.shows is Shows.VALUE:
        return ' class="gc-value"'
    starts = column.shows is Shows.EQUATION and column.trace is not None
    return ' class="gc-start"' if starts else ""


def _head(column: Column, notation: Notation) -> str:
    match column.shows:
        case Shows.EQUATION:
            return column.head(notation)
        case Shows.NOTES:
            return "remarks"
        case Shows.PARTIALS:
            return Shows.PARTIALS.value
        case other:
            return other.name.lower()


def _cell(made: Sheet, column: Column, i: int, notation: Notation) -> str:
    line = column.lines[i]
    match column.shows:
        case Shows.EQUATION if column.trace is None:  # the left side heads the row
            return (
                notation.inline(f"{notation.equals}{notation.joined(line.right)}")
                if line.right
                else ""
            )
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
            return _remarks(column.notes(i))


# ---------------------------------------------------------------- what follows


def _listing(made: Sheet, trace: Trace) -> str:
    seed = f", seed {trace.seeds}" if len(made.equations) > 1 else ""
    how = "step by step" if trace.growth is None else "as it runs"
    return f"{trace.mode.capitalize()}, {how}{seed}"


def _steps(trace: Trace, notation: Notation, most: int | None) -> Iterable[str]:
    shown, left_out = gapped(range(len(trace.moves)), most)
    yield "<ol>"
    number = ""
    for i in shown:
        if i is None:
            yield f"<li>… {left_out} more steps</li>"
            number = f' value="{len(trace.moves) - len(shown) // 2 + 1}"'
        else:
            yield f"<li{number}>{_step(trace.moves[i], notation)}</li>"
            number = ""
    yield "</ol>"


def _step(move: Move, notation: Notation) -> str:
    equation = notation.joined(move.left, move.chain, move.total, move.numbers, move.value)
    notes = _remarks(move.notes)
    return f"{notation.inline(equation)}{f' ({notes})' if notes else ''}"


def _running(trace: Trace, notation: Notation, most: int | None) -> Iterable[str]:
    if trace.growth is None:
        return
    added = trace.growth.added
    shown, left_out = gapped(range(len(added)), most)
    yield f"<ol>\n<li>{notation.inline(trace.growth.zeros)}</li>"
    number = ""
    for i in shown:
        if i is None:
            yield f"<li>… {left_out} more steps</li>"
            number = f' value="{len(added) - len(shown) // 2 + 2}"'
        else:
            yield f"<li{number}>{_addition(added[i], notation)}</li>"
            number = ""
    yield "</ol>"


def _addition(added: Added, notation: Notation) -> str:
    first = f"{added.left}<mo>+=</mo>{added.right}"
    notes = _remarks(added.notes)
    equation = notation.inline(notation.joined(first, added.sum, added.value))
    return f"{equation}{f' ({notes})' if notes else ''}"


def _remarks(notes: Iterable[Said]) -> str:
    return ", ".join(f"<strong>{n.text}</strong>" if n.strong else n.text for n in notes)


def _list(lines: Iterable[str]) -> Iterable[str]:
    items = [f"<li>{line}</li>" for line in lines]
    if items:
        yield from ("<ul>", *items, "</ul>")
