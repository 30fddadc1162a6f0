"""What is said about the derivatives of one sweep: equations, values, notes, seeds."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property

from graphcomp.derivation import Derivation, Note, Remark, Row, Seed, Sweep
from graphcomp.printers.formula import MOST_TERMS, Accent, Formulas
from graphcomp.printers.notation import Notation
from graphcomp.program import Program, Role, StepTerm

#: More seeds than this are not listed one by one.
MOST_SEEDS = 6


@dataclass(frozen=True, slots=True)
class Said:
    """A remark in words."""

    text: str
    remark: Remark

    @property
    def strong(self) -> bool:
        """Whether it is one of those that a reader looks for."""
        return self.remark in {Remark.RESULT, Remark.USES}


class Sentences:
    """The texts of one sweep.

    Equations are formulas; everything else is prose, with its formulas marked by the notation.

    Args:
        derivation: where the sweep belongs.
        sweep: forward or reverse.
        notation: how it looks.
        program: the program of the sweep, if it is not that of the derivation.
    """

    def __init__(
        self,
        derivation: Derivation,
        sweep: Sweep,
        notation: Notation,
        *,
        program: Program | None = None,
    ) -> None:
        self.derivation = derivation
        self.sweep = sweep
        self.notation = notation
        self.program = program or derivation.program
        nodes = {seed.name: seed.node for seed in sweep.seeds if seed.node is not None}
        self.formulas = Formulas(self.program, notation, seeds=nodes)
        self.accent: Accent = "dot" if sweep.role is Role.TANGENT else "bar"

    @property
    def heading(self) -> tuple[str, str]:
        """What the column is, and which way it is read."""
        return ("tangent", "down") if self.accent == "dot" else ("adjoint", "up")

    @cached_property
    def has_values(self) -> bool:
        """Whether there are numbers."""
        return any(row.value is not None for row in self.sweep.rows)

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows by the name of the step."""
        return self.sweep.by_name

    # ------------------------------------------------------------ rows

    def symbol(self, name: str) -> str:
        """The derivative of a step: w̄₃."""
        return self.formulas.named(name, self.accent)

    def equation(self, row: Row) -> tuple[str, str]:
        """The derivative of a step and what it is, symbolically; empty for what does not vary."""
        if not row.varies and row.derivative is None:
            return "", ""
        symbol, seed = self.symbol(row.primal.name), self._seed_of(row)
        if row.derivative is None:
            own = self.zero if seed is None else self.symbol(seed.name)
            return symbol, own if own != symbol else self.zero
        if seed is not None and row.derivative.is_seed:
            own = self.symbol(seed.name)
            return symbol, own if own != symbol else self.seed_value(seed)
        return symbol, self.formulas.total(row.derivative)

    @cached_property
    def zero(self) -> str:
        """Nothing, as a number."""
        return self.notation.number(0)

    def math(self, *sides: str) -> str:
        """A formula, or an equation, in the middle of a sentence."""
        return self.notation.inline(self.notation.joined(*sides))

    def _seed_of(self, row: Row) -> Seed | None:
        """The seed of a row, if it has one."""
        return self._seeded.get(row.primal.name)

    @cached_property
    def _seeded(self) -> dict[str, Seed]:
        return {self.program.step_of(seed.name).name: seed for seed in self.sweep.seeds}

    def is_zero(self, row: Row) -> bool:
        """Whether a row says "= 0" already."""
        return row.derivative is None and self._seed_of(row) is None

    def number(self, row: Row) -> str:
        """The value of the derivative, as a part of a formula."""
        return "" if row.value is None else self.notation.number(row.value)

    def value(self, row: Row) -> str:
        """The value of the derivative, by itself."""
        return "" if row.value is None else self.notation.cell(row.value)

    def substituted(self, row: Row) -> str:
        """The contributions with numbers put in: ``1·5 + 1·(−0.416147)``; empty if there is none."""
        if row.derivative is None or row.value is None or len(row.derivative.terms) > MOST_TERMS:
            return ""
        parts: list[str] = []
        for term, partial in zip(row.derivative.terms, row.partials, strict=True):
            text = self._number_of(row, term, partial)
            if text is None:
                return ""
            negative = text.startswith(self.notation.minus)
            if parts and negative:
                rest = text.removeprefix(self.notation.minus)
                parts.append(f" {self.notation.minus} {rest}")
            else:
                parts.append(f" {self.notation.plus} {text}" if parts else text)
        return "".join(parts)

    def chain(self, row: Row) -> str:
        """The derivative as a sum over the uses of a value: ``v̄₃·∂v₃/∂v₁ + v̄₄·∂v₄/∂v₁``."""
        if row.derivative is None or any(t.partial is None and t.via for t in row.derivative.terms):
            return ""
        if len(row.derivative.terms) > MOST_TERMS:
            return ""
        parts = []
        for term in row.derivative.terms:
            if term.via is None:
                parts.append(self.formulas.contribution(row.derivative, term))
                continue
            partial = self._partial_symbol(row, term.via)
            times = self.notation.hadamard if row.primal.node.shape else self.notation.times
            parts.append(f"{self.symbol(term.via)}{times}{partial}")
        return f" {self.notation.plus} ".join(parts)

    def _partial_symbol(self, row: Row, via: str) -> str:
        ends = (via, row.primal.name)
        return self.formulas.derivative(*(ends if self.accent == "bar" else ends[::-1]))

    def partials(self, row: Row, *, symbolic: bool = True) -> list[tuple[str, str]]:
        """The local partials of a row: by which step, and ``∂w₃/∂w₁ = −w₂ = −5``."""
        found = []
        for i, term in enumerate(row.derivative.terms if row.derivative else ()):
            if row.derivative is None or term.via is None or term.partial is None:
                continue
            sides = [self._partial_symbol(row, term.via)]
            if symbolic:
                sides.append(self.formulas.partial(row.derivative, term))
            value = row.partials[i] if row.partials else None
            if value is not None and not term.partial_is_number:
                sides.append(self.notation.number(value))
            later = row.primal.name if self.accent == "dot" else term.via
            found.append((later, self.notation.joined(*dict.fromkeys(sides))))
        return found

    def seed_of(self, row: Row) -> str:
        """The value of a row's seed; empty if it has none, or it stays a symbol."""
        seed = self._seed_of(row)
        return "" if seed is None else self.seed_value(seed)

    def _number_of(self, row: Row, term: StepTerm, partial: object) -> str | None:
        number = self.notation.number
        if term.via is None:
            seed = self._seed_of(row)
            return None if seed is None or seed.value is None else number(seed.value)
        above = self.rows[term.via].value
        if term.partial is None or above is None or partial is None:
            return None
        if term.partial.constant == 1:
            return number(above)
        if term.partial.constant == -1:
            return number(-above)
        factor = number(partial)
        fence = factor.startswith(self.notation.minus)
        shown = self.notation.fenced(factor) if fence else factor
        return f"{number(above)}{self.notation.number_times}{shown}"

    # ------------------------------------------------------------ seeds

    def seeds(self, *, scalar: bool) -> str:
        """The seeds, as in ``ẋ = 1, ȧ = 0``."""
        moving = [seed for seed in self.sweep.seeds if seed.node is not None]
        resting = [seed for seed in self.sweep.seeds if seed.node is None]
        if scalar and len(self.sweep.seeds) <= MOST_SEEDS:
            parts = [self._seed_text(seed) for seed in self.sweep.seeds]
            if self.accent == "bar":
                parts += [
                    self.math(self.symbol(name), self.zero)
                    for name, node in zip(
                        self.program.graph.output_names, self.program.graph.outputs, strict=True
                    )
                    if node.is_real and name not in {seed.name for seed in moving}
                ]
            if len(parts) <= MOST_SEEDS:
                return ", ".join(parts)
        parts = [self._seed_text(seed) for seed in moving[:MOST_SEEDS]]
        if len(moving) > MOST_SEEDS:
            parts.append(self.math(self.notation.ellipsis))
        if resting or (self.accent == "bar" and len(self.program.graph.outputs) > len(moving)):
            parts.append("all other seeds 0")
        return ", ".join(parts)

    def start(self) -> str:
        """The seeds that are not zero, as in ``ẋ = 1``."""
        moving = [seed for seed in self.sweep.seeds if seed.node is not None]
        parts = [self.math(self.symbol(s.name), self.seed_value(s)) for s in moving[:MOST_SEEDS]]
        if len(moving) > MOST_SEEDS:
            parts.append(self.math(self.notation.ellipsis))
        return ", ".join(parts)

    def _seed_text(self, seed: Seed) -> str:
        symbol, value = self.symbol(seed.name), self.seed_value(seed)
        entry = " (one entry)" if seed.position is not None else ""
        return f"{self.math(symbol, value)}{entry}"

    def seed_value(self, seed: Seed) -> str:
        """The value of a seed: a number, a unit entry, or nothing if it stays a symbol."""
        if seed.position is not None:
            return self.notation.unit(*seed.position)
        if seed.node is None:
            return self.zero
        return "" if seed.value is None else self.notation.number(seed.value)

    # ------------------------------------------------------------ notes

    def result(self, output: str, by: str) -> str:
        """What a derivative is called: dx if all is scalar and there is one output, else ∂f/∂x."""
        symbol = self.notation.symbol(by)
        scalar = not any(step.node.shape for step in self.program.steps)
        if scalar and len(self.program.graph.outputs) == 1 and self.notation.marks:
            return self.notation.differential(symbol)
        return self.notation.derivative(self.notation.symbol(output), symbol)

    def notes(self, row: Row, remarks: Container[Remark]) -> tuple[Said, ...]:
        """The remarks of some kinds on a row."""
        said = [Said(self.note(note), note.remark) for note in row.notes if note.remark in remarks]
        return tuple(remark for remark in said if remark.text)

    def note(self, note: Note) -> str:
        """A remark in a few words."""
        names = [self.math(self.notation.symbol(name)) for name in note.names]
        match note.remark:
            case Remark.SEED:
                return "seed"
            case Remark.RESULT:
                mark = "" if self.notation.marks else self.notation.equals.lstrip()
                return self.math(f"{mark}{self.result(*note.names)}")
            case Remark.USES:
                return f"{self.math(self.notation.total)} {note.count} uses"
            case Remark.OUTER:
                return "outer product"
            case Remark.MASK:
                if not note.names:
                    return "mask"
                function, argument = note.names[0], self.notation.symbol(note.names[1])
                shown = self.notation.primed(function, argument)
                return f"mask {self.math(f'{self.notation.equals.lstrip()}{shown}')}"
            case Remark.CONSTANT:
                verb = "is" if len(names) == 1 else "are"
                return f"{' and '.join(names)} {verb} constant"
            case Remark.ENTRY:
                adjoint = self.notation.symbol(note.names[1], "bar")
                shown = self.notation.entry(adjoint, *note.position)
                return self.math(f"{self.notation.equals.lstrip()}{shown}")
            case Remark.SUMMED:
                dims = [self.math(self.notation.worded(str(dim))) for dim in note.dims]
                unit = " entries" if all(str(dim).isdecimal() for dim in note.dims) else ""
                return f"summed over {' and '.join(dims)}{unit}: {names[0]} was broadcast"
            case Remark.SPREAD:
                return "the same in every entry"
