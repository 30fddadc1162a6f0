"""What follows from the traces: fan-out, results, closed forms, a numeric check, the cost."""

from __future__ import annotations

from graphcomp.derivation import Check, Derivation, Row, SecondOrder, Sweep
from graphcomp.printers.formula import MOST_TERMS
from graphcomp.printers.gaps import gapped
from graphcomp.printers.notation import Notation
from graphcomp.printers.sentences import Sentences
from graphcomp.program import Role

READ_OFF = "read off without further computation"
MOST_FANS, MOST_RESULTS = 6, 12


def fan_outs(says: Sentences) -> list[str]:
    """One line for each value that is used several times."""
    rows = [row for row in says.sweep.rows if row.derivative and len(row.derivative.terms) > 1]
    lines = [_fan_out(says, row) for row in rows[:MOST_FANS]]
    if len(rows) > MOST_FANS:
        lines.append(
            f"{says.math(says.notation.ellipsis)} {len(rows) - MOST_FANS} more values are used several times"
        )
    return lines


def _fan_out(says: Sentences, row: Row) -> str:
    symbol = says.notation.symbol
    terms = row.derivative.terms if row.derivative else ()
    vias = [term.via for term in terms if term.via is not None]
    shown, left_out = gapped(range(len(vias)), MOST_TERMS)
    uses = [says.math(says.notation.ellipsis if i is None else symbol(vias[i])) for i in shown]
    name = says.math(symbol(row.primal.name))
    feeds = f"{name} feeds {_listed(uses)}"
    if left_out:
        feeds += f" ({len(vias)} steps)"
    if len(vias) < len(terms):
        feeds += " and is an output"
    left, total = says.equation(row)
    value = "" if row.primal.node.shape else says.number(row)
    derived = says.math(left, says.chain(row) or total, says.substituted(row), value)
    return f"fan-out: {feeds}, so {derived}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def forward_results(says: Sentences, *, full: bool, symbolic: bool = True) -> list[str]:
    """What a forward sweep found: the derivative of every scalar output."""
    lines = []
    graph, notation = says.program.graph, says.notation
    by = says.sweep.input
    for name, output in zip(graph.output_names, graph.outputs, strict=True):
        row = says.rows[says.program.outputs[name]]
        scalar_seed = by is not None and not says.program.step_of(by).node.shape
        if output.shape or not output.is_real or not (scalar_seed or says.program.numbered):
            continue
        left = notation.symbol(name, "dot")
        if by is not None:
            left = notation.derivative(notation.symbol(name), notation.symbol(by))
        closed = closed_text(says, name, by or "") if symbolic else ""
        parts = [left, says.symbol(row.primal.name), closed, says.number(row)]
        if row.derivative is None:
            parts = [left, says.zero]
        proof = _proof(says, name, by or "") if closed else ""
        lines.append(says.math(*parts) + (f"{notation.aside}{proof}" if proof else ""))
    if full and not says.derivation.reverse and lines:
        checks = [c for c in says.derivation.checks if c.by == by]
        lines += _check_line(says, checks)
    return lines


def results(says: Sentences, *, symbolic: bool = True) -> list[str]:
    """The derivatives of the output, as far as they can be said in a few words."""
    parts: list[str] = []
    output = says.sweep.output
    if output is None:
        return []
    shared = says.derivation.shared(says.sweep)
    for name in says.derivation.wrt[:MOST_RESULTS]:
        row = says.rows[says.program.step_of(name).name]
        left = says.notation.derivative(says.notation.symbol(output), says.notation.symbol(name))
        closed = closed_text(says, output, name) if symbolic else ""
        proof = _proof(says, output, name) if closed else ""
        if row.derivative is None:
            right = says.zero
        elif closed:
            right = closed
        elif not row.primal.node.shape:
            right = says.notation.joined(says.symbol(row.primal.name), says.number(row))
        else:
            continue
        line = says.math(left, right) + (f" ({proof})" if proof else "")
        parts.append(line + (f", {READ_OFF}" if symbolic and name in shared else ""))
    return parts


def conclusions(derivation: Derivation, notation: Notation, *, symbolic: bool = True) -> list[str]:
    """Closed forms of the derivatives of every output, how they come about, a check."""
    lines = []
    for sweep in derivation.reverse:
        if sweep.output is not None:
            says = Sentences(derivation, sweep, notation)
            lines += _insight(says) if symbolic else []
            lines += _results(says, sweep, symbolic=symbolic)
            mine = [check for check in derivation.checks if check.output == sweep.output]
            lines += _check_line(says, mine)
    return ["Closed form" if derivation.closed and symbolic else "Result", *lines] if lines else []


def _results(says: Sentences, sweep: Sweep, *, symbolic: bool) -> list[str]:
    lines = []
    output = sweep.output or ""
    shared = says.derivation.shared(sweep)
    for name in says.derivation.wrt[:MOST_RESULTS]:
        row = says.rows[says.program.step_of(name).name]
        left = says.result(output, name)
        if row.derivative is None:
            of, by = (says.math(says.notation.symbol(each)) for each in (output, name))
            lines.append(
                f"{says.math(left, says.zero)}{says.notation.aside}{of} does not depend on {by}"
            )
            continue
        symbol, total = says.equation(row)
        closed = closed_text(says, output, name)
        sides = (symbol, total, closed) if symbolic else (symbol,)
        line = says.math(left, *sides, says.number(row))
        if symbolic and closed and (proof := _proof(says, output, name)):
            line += f"{says.notation.aside}closed form {proof}"
        if symbolic and name in shared:
            adjoints = [says.math(says.symbol(via)) for via in dict.fromkeys(shared[name])]
            verb = "is" if len(adjoints) == 1 else "are"
            line += f"{says.notation.aside}{READ_OFF} ({_listed(adjoints)} {verb} shared)"
        lines.append(line)
    more = len(says.derivation.wrt) - MOST_RESULTS
    return [*lines, f"{says.math(says.notation.ellipsis)} {more} more"] if more > 0 else lines


def second_results(second: SecondOrder, says: Sentences, *, symbolic: bool) -> list[str]:
    """What the tangents of the adjoints are: second derivatives, or the Hessian times the direction."""
    wrt, rows, notation = says.derivation.wrt[:MOST_RESULTS], says.rows, says.notation
    output, by = second.adjoint.output, second.sweep.input
    single = output is not None and by is not None
    head = f"the Hessian times the direction of the seed, {says.math('H v')}:"
    lines = [] if single else [head]
    for name in wrt:
        adjoint = second.names.get(says.program.step_of(name).name)
        sides = [says.zero]
        if adjoint is not None and rows[adjoint].derivative is not None:
            row = rows[adjoint]
            symbol, total = says.equation(row)
            sides = [symbol, total if symbolic else "", says.number(row)]
        if output is not None and by is not None:
            of, first, then = (notation.symbol(each) for each in (output, by, name))
            lines.append(says.math(notation.second_derivative(of, first, then), *sides))
        else:
            lines.append(f"by {says.math(notation.symbol(name))}: {says.math(*sides)}")
    return lines


def _proof(says: Sentences, output: str, by: str) -> str:
    """How it is known that a closed form is right, if it is not by algebra."""
    form = says.derivation.closed_form(output, by)
    return "" if form is None or not form.points else f"checked at {form.points} points"


def closed_text(says: Sentences, output: str, by: str) -> str:
    """The closed form of a derivative; empty if there is none that is short."""
    form = says.derivation.closed_form(output, by)
    if form is None:
        return ""
    names = {node: says.notation.symbol(name) for node, name in form.names.items()}
    text = says.formulas.expression(form.node, names)
    return "" if says.notation.ellipsis in text else text


def _insight(says: Sentences) -> list[str]:
    """Why the closed forms are short: ``w₄ = 1/y and exp(w₃) = w₄ − 1 = (1 − y)/y, so w̄₃ = …``."""
    insight = says.derivation.insight
    if insight is None:
        return []
    names = {node: says.notation.symbol(name) for node, name in insight.names.items()}
    parts = []
    for known in insight.known:
        texts = [says.formulas.expression(known.quantity)]
        texts += [says.formulas.expression(form, names, steps=True) for form in known.forms]
        parts.append(says.math(*texts))
    adjoint = says.math(
        says.symbol(insight.step),
        says.formulas.product(insight.path),
        says.formulas.expression(insight.closed, names),
    )
    return [f"{' and '.join(parts)},  so  {adjoint}"]


def _check_line(says: Sentences, checks: list[Check]) -> list[str]:
    if not checks:
        return []
    parts = []
    for check in checks[:MOST_RESULTS]:
        name = says.math(says.result(check.output, check.by))
        if not check.value.shape:
            text = f"{name} {says.math(says.notation.number(check.value))}"
            wrong = says.math(says.notation.number(check.derivative))
        else:
            text = f"{name} within {says.math(says.notation.number(check.deviation, 1))}"
            wrong = "the trace"
        parts.append(text if check.agrees else f"{text}, not {wrong} (at a kink?)")
    if len(checks) > MOST_RESULTS:
        parts.append(says.math(says.notation.ellipsis))
    return [f"check: central difference {', '.join(parts)}"]


def cost(derivation: Derivation, notation: Notation) -> list[str]:
    """How many passes the full Jacobian takes in each mode."""
    passes = derivation.passes
    if derivation.second:
        count = notation.inline(notation.worded(str(passes.forward)))
        return [
            "Cost",
            "one pass forward over reverse mode gives the Hessian times one direction",
            f"the full Hessian: {count} of them, one per input",
        ]
    both = (passes.forward, passes.reverse)
    shown = [notation.inline(notation.worded(str(n))) for n in both]
    counted = [f"{text} pass{'' if n == 1 else 'es'}" for n, text in zip(both, shown, strict=True)]
    arrays = any(row.step.node.shape for row in derivation.primal)
    unit = "entry" if arrays else ""
    one = [f"one per {kind} {unit}".strip() for kind in ("input", "output")]
    cheaper = {role: ", cheaper here" if passes.cheaper is role else "" for role in Role}
    return [
        "Cost",
        f"forward mode: {counted[0]} for the full Jacobian ({one[0]}){cheaper[Role.TANGENT]}",
        f"reverse mode: {counted[1]} ({one[1]}){cheaper[Role.ADJOINT]}",
        notation.cost_rule,
    ]
