"""The texts of a drawing: what stands in a vertex, and at an arrow."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from graphcomp.printers.facts import Facts
from graphcomp.printers.notation import width
from graphcomp.printers.palette import Ink, Look
from graphcomp.printers.picture import Line
from graphcomp.program import Step

#: A longer text is cut; the whole stands in the tooltip.
LONGEST, LONGEST_LABEL = 56, 30
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
        self.sweeps = [
            (self.notation.symbol(sweep.output or ""), sweep.by_name)
            for sweep in facts.sweeps[:MOST_TERMS]
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
        lines = [Line(cut(self.headline(step)), bold=True)]
        shape = self.shape(step)
        if shape and (step.outputs or step.name in self.shapes_inside):
            lines.append(Line(shape, Ink.VALUE, small=True))
        value = self.facts.value(step)
        if value:
            lines += _rows(value, Ink.VALUE)
        if look is Look.CONSTANT and self.facts.mode == "reverse":
            lines.append(Line("no gradient", Ink.MUTED, small=True))
        elif self.facts.mode == "forward":
            lines += self._tangent(step)
        elif self.facts.mode == "reverse":
            lines += self._adjoints(step) if self.facts.several else self._adjoint(step)
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
            return [Line(seed_text(symbol, self.facts.seed(step.name)), Ink.TANGENT)]
        text = f"{symbol} = {self.formulas.total(slope)}"
        lines = _equation(text, self.facts.slope(step.name), Ink.TANGENT)
        return [
            *lines,
            *(self._result(name, symbol) for name in step.outputs if self.single_input()),
        ]

    def _result(self, output: str, tangent: str) -> Line:
        """What forward mode finds: ``∂y/∂x = a·y·(1 − y)``, in closed form if there is a short one."""
        by = self.single_input()
        found = self.facts.derivation.closed_form(output, by) if self.facts.derivation else None
        text = ""
        if found is not None:
            names = {node: self.notation.symbol(name) for node, name in found.names.items()}
            text = self.formulas.expression(found.node, names)
        shown = text if 0 < len(text) <= LONGEST_LABEL else tangent
        symbol = self.notation.derivative(self.notation.symbol(output), self.notation.symbol(by))
        return Line(f"{symbol} = {shown}", Ink.TANGENT, bold=True)

    def single_input(self) -> str:
        """The scalar that tangents are derivatives by; empty for a general direction."""
        derivation = self.facts.derivation
        return (derivation.forward[0].input or "") if derivation and derivation.forward else ""

    def output(self) -> str:
        """The symbol of what adjoints are derivatives of; empty for a general seed."""
        names = [sweep.output for sweep in self.facts.sweeps]
        return self.notation.symbol(names[0]) if len(names) == 1 and names[0] else ""

    def _adjoints(self, step: Step) -> list[Line]:
        """The adjoints of a step, one for each output: the formula once, then every value."""
        slope = self.facts.slopes.get(step.name)
        wanted = step.name in self.facts.wrt
        lines: list[Line] = []
        if slope is not None and not slope.is_seed and (self.facts.matrix or self.fan_out):
            symbol = self.notation.symbol(step.name, "bar")
            lines.append(Line(cut(f"{symbol} = {self._sum(slope)}"), Ink.ADJOINT))
        below = self.notation.symbol(step.label or step.name)
        for output, rows in self.sweeps:
            row = rows.get(step.name)
            found = None if row is None else row.derivative
            text = self.notation.derivative(output, below)
            if found is None or row is None:
                if wanted:
                    lines.append(Line(f"{text} = 0", Ink.ADJOINT, bold=True))
                continue
            value = "1" if found.is_seed and not step.node.shape else self.facts.number(row.value)
            mark = "  (seed)" if found.is_seed else ""
            lines.append(Line(f"{_equal(text, value)}{mark}", Ink.ADJOINT, bold=wanted))
        if len(self.facts.sweeps) > MOST_TERMS:
            more = len(self.facts.sweeps) - MOST_TERMS
            lines.append(Line(f"and {more} more outputs", Ink.MUTED, small=True))
        return lines

    def _wanted(self, by: str) -> str:
        """What a wanted adjoint is called: dx, or ∂f/∂x where there are several outputs."""
        several = len(self.facts.program.graph.outputs) > 1
        of = self.output() if several else ""
        return self.notation.derivative(of, by) if of else f"d{by}"

    def _adjoint(self, step: Step) -> list[Line]:
        slope = self.facts.slopes.get(step.name)
        wanted = step.name in self.facts.wrt
        symbol = self.notation.symbol(step.name, "bar")
        result = f"{self._wanted(self.notation.symbol(step.label or step.name))} = {symbol}"
        if slope is None:
            return [Line(f"{result} = 0", Ink.ADJOINT, bold=True)] if wanted else []
        value = self.facts.slope(step.name)
        if slope.is_seed:
            return [Line(seed_text(symbol, self.facts.seed(step.name)), Ink.ADJOINT)]
        if self.facts.matrix:
            return _equation(f"{symbol} = {self._sum(slope)}", value, Ink.ADJOINT)
        if self.fan_out and all(self._is_unit(term.via) for term in slope.terms):
            partials = [self.formulas.partial(slope, term) for term in slope.terms]
            text = f"{symbol} = {_signed_sum(partials, self.notation.minus)}"
            if len(partials) > MOST_TERMS:
                text = f"{symbol} = {self._sum(slope)}"
            if len(slope.terms) == 1:
                return [Line(_equal(text, value), Ink.ADJOINT, bold=wanted)]
            return [Line(cut(text), Ink.ADJOINT), *self._numbers(slope, value, bold=wanted)]
        if len(slope.terms) > 1:
            text = f"{symbol} = {self._sum(slope)}"
            return [Line(cut(text), Ink.ADJOINT), *self._numbers(slope, value, bold=wanted)]
        if wanted:
            return [Line(_equal(result, value), Ink.ADJOINT, bold=True)]
        if value:
            return [Line(f"{symbol} = {value}", Ink.ADJOINT)]
        of = self.output()
        if not of:
            return [Line(symbol, Ink.ADJOINT)]
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
        parts = [self.facts.part(slope, i) for i in range(len(slope.terms))]
        if not all(parts):
            return [Line(f"= {value}", Ink.ADJOINT, bold=bold)]
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
                known = self.facts.seed(name) == "1"
            else:
                (term,) = slope.terms
                unit = term.partial is not None and term.partial.constant == 1
                known, name = (None, term.via) if unit else (False, name)
        for each in chain:
            self._unit[each] = bool(known)
        return bool(known)

    # ------------------------------------------------------------ arrows

    def partial(self, slope: Step, place: int) -> tuple[Line, ...]:
        """A local partial by itself; between arrays only where it says more than one."""
        term = slope.terms[place]
        number = None if term.partial is None else term.partial.constant
        text = "" if self.facts.matrix and number in {1, -1} else self.formulas.partial(slope, term)
        return (Line(cut(text, LONGEST_LABEL), Ink.MUTED),) if text else ()

    def factor(self, slope: Step, place: int) -> tuple[Line, ...]:
        """A local partial as what a tangent is multiplied by; between arrays the vertex says it."""
        text = "" if self.facts.matrix else self.formulas.partial(slope, slope.terms[place])
        return (Line(cut(f"×{_guarded(text)}", LONGEST_LABEL), Ink.TANGENT),) if text else ()

    def contribution(self, slope: Step, place: int) -> tuple[Line, ...]:
        """What a later step contributes to an adjoint; its number too, if it enters a sum."""
        term = slope.terms[place]
        text = self.formulas.contribution(slope, term)
        if term.partial is not None and term.partial.constant == 1:
            return (Line(f"{text}{self.notation.times}1", Ink.ADJOINT),)
        number = ""
        if self.fan_out:
            number = self.facts.part(slope, place)
        return (Line(_equal(cut(text, LONGEST_LABEL), number), Ink.ADJOINT),)


def seed_text(symbol: str, seed: str, mark: str = "  (seed)") -> str:
    """A seed: ``w̄₅ = 1  (seed)``, or the symbol alone."""
    return f"{symbol} = {seed}{mark}" if seed else f"{symbol}{mark}"


def _equal(text: str, value: str) -> str:
    """``text = value``, unless the text says so already."""
    return f"{text} = {value}" if value and not text.endswith(f"= {value}") else text


def _equation(text: str, value: str, ink: Ink) -> list[Line]:
    """``text = value``, on two lines if it is long."""
    whole = _equal(text, value)
    if width(whole) <= LONGEST_LABEL or whole == text:
        return [Line(cut(whole), ink)]
    return [Line(cut(text), ink), *_rows(value, ink)]


def _rows(value: str, ink: Ink) -> list[Line]:
    """``= value``; a matrix stands on several lines, if it is long."""
    rows = value.split("; ") if width(value) > LONGEST_LABEL else [value]
    texts = [f"= {rows[0]}", *rows[1:]]
    return [Line(f"{text};" if text is not texts[-1] else text, ink) for text in texts]


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


def cut(text: str, longest: int = LONGEST) -> str:
    """The text, its end left out if it is too long."""
    return text if width(text) <= longest else f"{text[: longest - 1].rstrip()}…"
