"""What stands above a drawing: the title, and a legend of what its colours and arrows mean."""

from __future__ import annotations

from collections.abc import Sequence

from graphcomp.graph import GraphData
from graphcomp.printers.captions import LONGEST, LONGEST_LABEL, Captions, cut, seed_text
from graphcomp.printers.collapse import View
from graphcomp.printers.facts import Facts
from graphcomp.printers.formula import UNICODE, Accent, title
from graphcomp.printers.palette import Ink
from graphcomp.printers.picture import Arrow, Line

LONGEST_TITLE, MOST_ARGUMENTS = 72, 8

_MODES = {None: "", "forward": "Forward mode: ", "reverse": "Reverse mode: "}


def heading(facts: Facts) -> str:
    """The formula, the mode and the point."""
    text = title(facts.program.graph, UNICODE)
    if len(text) > LONGEST_TITLE:
        text = _call(facts.program.graph)
    return text if facts.matrix else f"{_MODES[facts.mode]}{text}{_point(facts)}"


def _call(graph: GraphData) -> str:
    """A graph by its name and arguments: ``loss(x, y, …, W₉)``."""
    names = [UNICODE.symbol(name) for name in graph.input_names]
    if len(names) > MOST_ARGUMENTS:
        names = [*names[: MOST_ARGUMENTS - 2], UNICODE.ellipsis, names[-1]]
    return cut(f"{graph.name}({', '.join(names)})", LONGEST_TITLE)


def _point(facts: Facts) -> str:
    found = {name: facts.number(array) for name, array in facts.at.items()}
    numbers = [f"{UNICODE.symbol(name)} = {number}" for name, number in found.items()]
    text = ", ".join(numbers)
    return f" at {text}" if numbers and len(text) <= LONGEST else ""


def about_view(shown: View, max_nodes: int) -> list[str]:
    """What was left out or put together, and how to see it."""
    if len(shown.places) == shown.total:
        return []
    parts = []
    counts = sorted((len(block.copies) for block in shown.blocks), reverse=True)
    if len(counts) == 1:
        parts.append(f"a block that comes {counts[0]:,} times is drawn once")
    elif counts:
        ends = dict.fromkeys((f"{counts[-1]:,}", f"{counts[0]:,}"))
        times = " to ".join(ends)
        parts.append(f"{len(counts)} blocks that come {times} times are drawn once")
    folded = shown.folded
    if folded:
        which = "scope is" if len(folded) == 1 else "scopes are"
        parts.append(f'{len(folded)} {which} folded, expand=["{folded[-1]}"] (--expand) opens one')
    omitted = sum(len(place.steps) for place in shown.places if place.omitted)
    if omitted:
        parts.append(f"{omitted:,} nodes are left out (max_nodes={max_nodes})")
    total = f"{shown.total:,} nodes drawn as {len(shown.places)}"
    return [f"{total}: {'; '.join(parts)}" if parts else total]


def legend(captions: Captions, arrows: Sequence[Arrow]) -> list[Line]:
    """What the colours mean, as far as they occur."""
    facts = captions.facts
    lines: list[Line] = []
    if facts.matrix:
        lines.append(Line("shapes in blue", Ink.VALUE))
    if facts.values:
        sign = "→ = value" if facts.mode == "reverse" and not facts.matrix else "= value"
        lines.append(Line(sign, Ink.VALUE))
    if facts.mode is None:
        if any(line.ink is Ink.MUTED for arrow in arrows for line in arrow.lines):
            which = "grey" if facts.matrix else "edge"
            lines.append(Line(f"{which} label = local partial ∂child/∂parent", Ink.MUTED))
        return lines
    lines.append(Line(_slopes(captions), captions.slope_ink))
    if captions.fan_out and not facts.matrix:
        lines.append(Line(_fan_out(captions), Ink.MUTED))
    return lines


def _slopes(captions: Captions) -> str:
    """What tangents or adjoints are, and where they start."""
    facts = captions.facts
    accent: Accent = "dot" if facts.mode == "forward" else "bar"
    seeds = [
        seed_text(UNICODE.symbol(name, accent), facts.seed(name), mark="") for name in facts.seeds
    ]
    seed = cut(f"seed {', '.join(seeds)}")
    letter = facts.program.letter if facts.program.numbered else ""
    symbol = UNICODE.symbol(letter, accent) if letter else ""
    if facts.mode == "forward":
        by = captions.single_input()
        meaning = f" = {UNICODE.derivative(letter, UNICODE.symbol(by))}" if letter and by else ""
        name = f"{symbol} tangent" if letter else "tangents"
        return f"{name}{meaning}, {seed}; thick arrows carry it"
    if facts.several:
        outputs = cut(", ".join(UNICODE.symbol(sweep.output or "") for sweep in facts.sweeps))
        return f"{'' if facts.matrix else '⇠ '}adjoints of each of {outputs}"
    if facts.matrix:
        return f"adjoints, {seed}"
    of = captions.output()
    meaning = f" = {UNICODE.derivative(of, letter)}" if letter and of else ""
    return f"⇠ {symbol} adjoint{meaning}, {seed}" if letter else f"⇠ adjoints, {seed}"


def _fan_out(captions: Captions) -> str:
    """Whose adjoint is a sum."""
    names = {step.name for step in captions.fan_out}
    steps = [step for step in captions.facts.program.steps if step.name in names]
    symbols = [UNICODE.symbol(step.name) for step in steps]
    if len(steps) == 1:
        count = len(captions.fan_out[0].terms)
        times, both = ("twice", "two") if count == 2 else (f"{count} times", str(count))
        return (
            f"{symbols[0]} is used {times}: "
            f"its adjoint is the sum of the {both} contributions that arrive"
        )
    listed = cut(", ".join(symbols), LONGEST_LABEL)
    return f"{listed} are used several times: their adjoints are sums of the contributions"
