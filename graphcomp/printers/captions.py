"""The texts of a drawing: what stands in a vertex, at an arrow, and under the title."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from graphcomp.printers.facts import Facts
from graphcomp.printers.formula import Accent, title
from graphcomp.printers.palette import Ink, Look
from graphcomp.printers.picture import Line
from graphcomp.program import Step, StepTerm

#: A longer text is cut; the whole stands in the tooltip.
LONGEST, LONGEST_LABEL, LONGEST_TITLE = 56, 30, 72
#: A sum of more contributions is not written out.
MOST_TERMS = 4

_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


class Captions:
    """Writes the texts of one drawing.

    Args:
        facts: the program, its derivatives and values.
        shapes_inside: the steps whose vertex says their shape; elsewhere it stands at the arrows.
    """

    def __init__(self, facts: Facts, shapes_inside: Collection[str] = ()) -> None:
        self.facts = facts
        self.shapes_inside = frozenset(shapes_inside)
        self.formulas = facts.formulas
        self.notation = facts.formulas.notation
        self.slope_ink = Ink.TANGENT if facts.mode == "forward" else Ink.ADJOINT
        self.fan_out = [
            step
            for step in facts.slopes.values()
            if facts.mode == "reverse" and len(step.terms) > 1
        ]
        self._unit: dict[str, bool] = {}

    # ------------------------------------------------------------ vertices

    def headline(self, step: Step) -> str:
        """What a step is: ``y = w₅ = 1/w₄``."""
        symbol, right = self.formulas.definition(step)
        outputs = [self.notation.symbol(name) for name in step.outputs]
        parts = [*(name for name in outputs if name not in {symbol, right}), symbol, right]
        return " = ".join(part for part in parts if part)

    def vertex(self, step: Step, look: Look) -> tuple[Line, ...]:
        """All lines of a vertex."""
        lines = [Line(_cut(self.headline(step)), bold=True)]
        shape = self.shape(step)
        if shape and (step.outputs or step.name in self.shapes_inside):
            lines.append(Line(shape, Ink.VALUE, small=True))
        value = self.facts.value(step.node)
        if value:
            lines.append(Line(f"= {value}", Ink.VALUE))
        if look is Look.CONSTANT and self.facts.mode == "reverse":
            lines.append(Line("no gradient", Ink.MUTED, small=True))
        elif self.facts.mode == "forward":
            lines += self._tangent(step)
        elif self.facts.mode == "reverse":
            lines += self._adjoint(step)
        return tuple(lines)

    def shape(self, step: Step) -> str:
        """The shape as k×n; empty for a scalar."""
        return self.notation.shape(step.node.shape).replace(" ", "×").replace("*", "·")

    def _tangent(self, step: Step) -> list[Line]:
        slope = self.facts.slopes.get(step.name)
        if slope is None:
            if step.name not in self.facts.wrt:
                return []
            return [Line(f"{self.notation.symbol(step.name, 'dot')} = 0", Ink.TANGENT)]
        symbol = self.formulas.symbol(slope)
        if slope.is_seed:
            return [Line(_seed(symbol, self.facts.seed(slope)), Ink.TANGENT)]
        text = f"{symbol} = {self.formulas.total(slope)}"
        lines = _equation(text, self.facts.value(slope.node), Ink.TANGENT)
        by = self._only_unit_seed()
        if step.outputs and by:
            lines += [
                Line(f"{self.notation.derivative(self.notation.symbol(name), by)} = {symbol}",
                     Ink.TANGENT, bold=True)
                for name in step.outputs
            ]  # fmt: skip
        return lines

    def _only_unit_seed(self) -> str:
        """The symbol of what the tangents are derivatives by; empty for a general direction."""
        (name, *others) = self.facts.seeds
        step = self.facts.program.by_name[name]
        if others or step.node.shape or self.facts.seed(step) != "1":
            return ""
        return self.notation.symbol(step.label or step.name)

    def _adjoint(self, step: Step) -> list[Line]:
        slope = self.facts.slopes.get(step.name)
        wanted = step.name in self.facts.wrt
        symbol = self.notation.symbol(step.name, "bar")
        result = f"d{self.notation.symbol(step.label or step.name)} = {symbol}"
        if slope is None:
            return [Line(f"{result} = 0", Ink.ADJOINT, bold=True)] if wanted else []
        value = self.facts.value(slope.node)
        if slope.is_seed:
            return [Line(_seed(symbol, self.facts.seed(slope)), Ink.ADJOINT)]
        if self.facts.matrix:
            return _equation(f"{symbol} = {self._sum(slope)}", value, Ink.ADJOINT)
        if self.fan_out and all(self._is_unit(term.via) for term in slope.terms):
            partials = [self.formulas.partial(slope, term) for term in slope.terms]
            text = f"{symbol} = {_signed_sum(partials, self.notation.minus)}"
            if len(slope.terms) == 1:
                return [Line(_equal(text, value), Ink.ADJOINT, bold=wanted)]
            return [Line(_cut(text), Ink.ADJOINT), *self._numbers(slope, value, bold=wanted)]
        if len(slope.terms) > 1:
            text = f"{symbol} = {self._sum(slope)}"
            return [Line(_cut(text), Ink.ADJOINT), *self._numbers(slope, value, bold=wanted)]
        if wanted:
            return [Line(_equal(result, value), Ink.ADJOINT, bold=True)]
        if value:
            return [Line(f"{symbol} = {value}", Ink.ADJOINT)]
        outputs = list(self.facts.seeds)
        if len(outputs) > 1:
            return [Line(symbol, Ink.ADJOINT)]
        of = self._output_symbol()
        return [Line(f"{symbol} = {self.notation.derivative(of, self.notation.symbol(step.name))}",
                     Ink.ADJOINT)]  # fmt: skip

    def _sum(self, slope: Step) -> str:
        if len(slope.terms) > MOST_TERMS:
            return f"Σ of {len(slope.terms)} contributions"
        return self.formulas.total(slope)

    def _numbers(self, slope: Step, value: str, *, bold: bool) -> list[Line]:
        """The contributions of a fan-out as numbers: ``= 5 + (−0.4161) = 4.584``."""
        if not value:
            return []
        if len(slope.terms) > MOST_TERMS:
            return [Line(f"= {value}", Ink.ADJOINT, bold=bold)]
        minus = self.notation.minus
        parts = [self.facts.value(term.value) for term in slope.terms]
        shown = [
            f"({part})" if i and part.startswith(minus) else part for i, part in enumerate(parts)
        ]
        return [Line(f"= {' + '.join(shown)} = {value}", Ink.ADJOINT, bold=bold)]

    def _is_unit(self, name: str | None) -> bool:
        """Whether the adjoint of a step is one, whatever the values."""
        chain: list[str] = []
        known: bool | None = None
        while name is not None and known is None:
            known = self._unit.get(name)
            if known is not None:
                break
            chain.append(name)
            slope = self.facts.slopes[name]
            if len(slope.terms) != 1:
                known = False
            elif slope.is_seed:
                known = self.facts.seed(slope) == "1"
            else:
                (term,) = slope.terms
                unit = term.partial is not None and term.partial.constant == 1
                known, name = (None, term.via) if unit else (False, name)
        for each in chain:
            self._unit[each] = bool(known)
        return bool(known)

    # ------------------------------------------------------------ arrows

    def partial(self, slope: Step, term: StepTerm) -> tuple[Line, ...]:
        """A local partial by itself; between arrays only where it says more than one."""
        number = None if term.partial is None else term.partial.constant
        text = "" if self.facts.matrix and number in {1, -1} else self.formulas.partial(slope, term)
        return (Line(_cut(text, LONGEST_LABEL), Ink.MUTED),) if text else ()

    def factor(self, slope: Step, term: StepTerm) -> tuple[Line, ...]:
        """A local partial as what a tangent is multiplied by; between arrays the vertex says it."""
        text = "" if self.facts.matrix else self.formulas.partial(slope, term)
        return (Line(_cut(f"×{_guarded(text)}", LONGEST_LABEL), Ink.TANGENT),) if text else ()

    def contribution(self, slope: Step, term: StepTerm) -> tuple[Line, ...]:
        """What a later step contributes to an adjoint; its number too, if it enters a sum."""
        text = self.formulas.contribution(slope, term)
        if term.partial is not None and term.partial.constant == 1:
            return (Line(f"{text}{self.notation.times}1", Ink.ADJOINT),)
        number = ""
        if self.fan_out:
            number = self.facts.value(term.value if len(slope.terms) > 1 else slope.node)
        return (Line(_equal(_cut(text, LONGEST_LABEL), number), Ink.ADJOINT),)

    # ------------------------------------------------------------ above the drawing

    def title(self) -> str:
        """The formula, the mode and the point."""
        graph = self.facts.program.graph
        text = title(graph, self.notation)
        if len(text) > LONGEST_TITLE:
            arguments = ", ".join(map(self.notation.symbol, graph.input_names))
            text = _cut(f"{graph.name}({arguments})", LONGEST_TITLE)
        if self.facts.matrix:
            return text
        mode = {"forward": "Forward mode: ", "reverse": "Reverse mode: ", None: ""}
        return f"{mode[self.facts.mode]}{text}{self._point()}"

    def _point(self) -> str:
        numbers = [
            f"{self.notation.symbol(name)} = {self.notation.number(value, 4)}"
            for name, value in self.facts.point.items()
        ]
        text = ", ".join(numbers)
        return f" at {text}" if numbers and len(text) <= LONGEST else ""

    def legend(self) -> list[Line]:
        """What the colours mean."""
        facts = self.facts
        lines: list[Line] = []
        if facts.matrix:
            lines.append(Line("shapes in blue", Ink.VALUE))
        if facts.values is not None:
            sign = "→ = value" if facts.mode == "reverse" and not facts.matrix else "= value"
            lines.append(Line(sign, Ink.VALUE))
        if facts.mode is None:
            if facts.slopes:
                which = "grey" if facts.matrix else "edge"
                lines.append(Line(f"{which} label = local partial ∂child/∂parent", Ink.MUTED))
            return lines
        accent: Accent = "dot" if facts.mode == "forward" else "bar"
        seeds = ", ".join(
            _seed(self.notation.symbol(name, accent), facts.seed(facts.slopes[name]), mark="")
            for name in facts.seeds if name in facts.slopes
        )  # fmt: skip
        letter = facts.program.letter if facts.program.numbered else ""
        lines.append(Line(self._legend(letter, seeds), self.slope_ink))
        if self.fan_out and not facts.matrix:
            lines.append(Line(self._about_fan_out(), Ink.MUTED))
        return lines

    def _legend(self, letter: str, seeds: str) -> str:
        symbol, partial = self.notation.symbol, self.notation.derivative
        seed = _cut(f"seed {seeds}", LONGEST)
        if self.facts.mode == "forward":
            by = self._only_unit_seed()
            meaning = f" = {partial(letter, by)}" if letter and by else ""
            name = f"{symbol(letter, 'dot')} tangent" if letter else "tangents"
            return f"{name}{meaning}, {seed}; thick arrows carry it"
        if self.facts.matrix:
            return f"adjoints, {seed}"
        meaning = ""
        if letter and len(self.facts.seeds) == 1:
            meaning = f" = {partial(self._output_symbol(), letter)}"
        return (
            f"⇠ {symbol(letter, 'bar')} adjoint{meaning}, {seed}"
            if letter
            else f"⇠ adjoints, {seed}"
        )

    def _output_symbol(self) -> str:
        (name, *_) = self.facts.seeds
        return self.notation.symbol(self.facts.program.by_name[name].outputs[0])

    def _about_fan_out(self) -> str:
        steps = sorted(self.fan_out, key=lambda step: self.facts.program.steps.index(
            self.facts.program.by_name[step.name]))  # fmt: skip
        symbols = [self.notation.symbol(step.name) for step in steps]
        if len(steps) == 1:
            count = len(steps[0].terms)
            times = {2: "twice"}.get(count, f"{count} times")
            both = {2: "two"}.get(count, str(count))
            return (
                f"{symbols[0]} is used {times}: "
                f"its adjoint is the sum of the {both} contributions that arrive"
            )
        listed = _cut(", ".join(symbols), LONGEST_LABEL)
        return f"{listed} are used several times: their adjoints are sums of the contributions"


def _seed(symbol: str, seed: str, mark: str = "  (seed)") -> str:
    return f"{symbol} = {seed}{mark}" if seed else f"{symbol}{mark}"


def _equal(text: str, value: str) -> str:
    """``text = value``, unless the text says so already."""
    return f"{text} = {value}" if value and not text.endswith(f"= {value}") else text


def _equation(text: str, value: str, ink: Ink) -> list[Line]:
    """``text = value``, on two lines if it is long."""
    whole = _equal(text, value)
    if len(whole) <= LONGEST_LABEL or whole == text:
        return [Line(_cut(whole), ink)]
    return [Line(_cut(text), ink), Line(f"= {value}", ink)]


def _signed_sum(parts: Sequence[str], minus: str) -> str:
    first, *rest = parts
    return first + "".join(
        f" {minus} {part.removeprefix(minus)}" if part.startswith(minus) else f" + {part}"
        for part in rest
    )


def _guarded(text: str) -> str:
    """In parentheses, if it is a sum, a quotient or negative."""
    outside, previous = text, ""
    while outside != previous:
        outside, previous = _BRACKETED.sub("", outside), outside
    weak = outside.startswith("−") or any(sign in outside for sign in ("/", " + ", " − "))
    return f"({text})" if weak else text


def _cut(text: str, longest: int = LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
