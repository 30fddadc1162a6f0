"""What is said about the derivatives of one sweep: equations, values, notes, seeds."""

from __future__ import annotations

from functools import cached_property

from graphcomp.derivation import Derivation, Note, Remark, Row, Seed, Sweep
from graphcomp.printers.formula import Accent, Formulas
from graphcomp.printers.notation import Notation
from graphcomp.program import Role, StepTerm

#: More seeds than this are not listed one by one.
MOST_SEEDS = 6


class Sentences:
    """The texts of one sweep.

    Args:
        derivation: where the sweep belongs.
        sweep: forward or reverse.
        notation: how it looks.
    """

    def __init__(self, derivation: Derivation, sweep: Sweep, notation: Notation) -> None:
        self.derivation = derivation
        self.sweep = sweep
        self.notation = notation
        self.program = derivation.program
        nodes = {seed.name: seed.node for seed in sweep.seeds if seed.node is not None}
        self.formulas = Formulas(derivation.program, notation, seeds=nodes)
        self.accent: Accent = "dot" if sweep.role is Role.TANGENT else "bar"

    @property
    def heading(self) -> tuple[str, str]:
        """What the column is, and which way it is read."""
        return ("tangent trace", "down") if self.accent == "dot" else ("adjoint trace", "up")

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
        return self.notation.symbol(name, self.accent)

    def equation(self, row: Row) -> str:
        """The derivative of a step and what it is, symbolically; empty for what does not vary."""
        if not row.varies and row.derivative is None:
            return ""
        symbol, seed = self.symbol(row.primal.name), self._seed_of(row)
        if row.derivative is None:
            return f"{symbol} = {self.symbol(seed.name) if seed is not None else '0'}"
        if seed is not None and row.derivative.is_seed:
            own = self.symbol(seed.name)
            shown = own if own != symbol else self.seed_value(seed)
            return f"{symbol} = {shown}" if shown else symbol
        return f"{symbol} = {self.formulas.total(row.derivative)}"

    def _seed_of(self, row: Row) -> Seed | None:
        """The seed of a row, if it has one."""
        return self._seeded.get(row.primal.name)

    @cached_property
    def _seeded(self) -> dict[str, Seed]:
        return {self.program.step_of(seed.name).name: seed for seed in self.sweep.seeds}

    def is_zero(self, row: Row) -> bool:
        """Whether a row says "= 0" already."""
        return row.derivative is None and self._seed_of(row) is None

    def value(self, row: Row) -> str:
        """The value of the derivative."""
        return "" if row.value is None else self.notation.number(row.value)

    def substituted(self, row: Row) -> str:
        """The contributions with numbers put in: ``1·5 + 1·(−0.416147)``; empty if there is none."""
        if row.derivative is None or row.value is None:
            return ""
        parts: list[str] = []
        for term, partial in zip(row.derivative.terms, row.partials, strict=True):
            text = self._number_of(row, term, partial)
            if text is None:
                return ""
            negative = text.startswith(self.notation.minus)
            if parts and negative:
                parts.append(f" {self.notation.minus} {text[1:]}")
            else:
                parts.append(f" + {text}" if parts else text)
        return "".join(parts)

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
        return f"{number(above)}{self.notation.times}{self._grouped(factor)}"

    def _grouped(self, number: str) -> str:
        return f"({number})" if number.startswith(self.notation.minus) else number

    # ------------------------------------------------------------ seeds

    def seeds(self, *, scalar: bool) -> str:
        """The seeds, as in ``ẋ = 1, ȧ = 0``."""
        moving = [seed for seed in self.sweep.seeds if seed.node is not None]
        resting = [seed for seed in self.sweep.seeds if seed.node is None]
        if scalar and len(self.sweep.seeds) <= MOST_SEEDS:
            parts = [self._seed_text(seed) for seed in self.sweep.seeds]
            if self.accent == "bar":
                parts += [
                    f"{self.symbol(name)} = 0"
                    for name, node in zip(
                        self.program.graph.output_names, self.program.graph.outputs, strict=True
                    )
                    if node.is_real and name not in {seed.name for seed in moving}
                ]
            if len(parts) <= MOST_SEEDS:
                return ", ".join(parts)
        parts = [self._seed_text(seed) for seed in moving[:MOST_SEEDS]]
        if len(moving) > MOST_SEEDS:
            parts.append(self.notation.ellipsis)
        if resting or (self.accent == "bar" and len(self.program.graph.outputs) > len(moving)):
            parts.append("all other seeds 0")
        return ", ".join(parts)

    def _seed_text(self, seed: Seed) -> str:
        symbol, value = self.symbol(seed.name), self.seed_value(seed)
        if not value:
            return symbol
        entry = " (one entry)" if seed.position is not None else ""
        return f"{symbol} = {value}{entry}"

    def seed_value(self, seed: Seed) -> str:
        """The value of a seed: a number, a unit entry, or nothing if it stays a symbol."""
        if seed.position is not None:
            return self.notation.unit(*seed.position)
        if seed.node is None:
            return "0"
        return "" if seed.value is None else self.notation.number(seed.value)

    # ------------------------------------------------------------ notes

    def result(self, output: str, by: str) -> str:
        """What a derivative is called: dx if all is scalar and there is one output, else ∂f/∂x."""
        symbol = self.notation.symbol(by)
        scalar = not any(step.node.shape for step in self.program.steps)
        if scalar and len(self.program.graph.outputs) == 1:
            return f"d{symbol}"
        return self.notation.derivative(self.notation.symbol(output), symbol)

    def note(self, note: Note, *, full: bool) -> str:
        """A remark in a few words; results are marked where the text refers to them later."""
        names = [self.notation.symbol(name) for name in note.names]
        match note.remark:
            case Remark.SEED:
                return "seed"
            case Remark.RESULT:
                return self.result(*note.names) if full else ""
            case Remark.USES:
                return f"{self.notation.total} {note.count} uses"
            case Remark.OUTER:
                return "outer product"
            case Remark.MASK:
                function = note.names[0] if note.names else ""
                prime = f" = {function}{self.notation.prime}({names[1]})" if function else ""
                return f"mask{prime}"
            case Remark.CONSTANT:
                verb = "is" if len(names) == 1 else "are"
                return f"{' and '.join(names)} {verb} constant"
            case Remark.ENTRY:
                adjoint = self.notation.symbol(note.names[1], "bar")
                return f"= {self.notation.entry(adjoint, *note.position)}"
            case Remark.SPREAD:
                return "the same in every entry"
