"""Lines judged in order: each by itself, and with what the lines before it came to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from graphcomp.evaluate import Array
from graphcomp.grading.closeness import Closeness
from graphcomp.grading.diagnosis import diagnose
from graphcomp.grading.kinks import differs_at_kink
from graphcomp.grading.lines import Line, LineError
from graphcomp.grading.mistakes import Finding, Mistake
from graphcomp.grading.quantities import Quantity, Vocabulary
from graphcomp.grading.reference import Reference
from graphcomp.grading.report import GradedLine, Verdict
from graphcomp.grading.shapes import shapes_that_do_not_fit
from graphcomp.grading.wording import Words
from graphcomp.program import Role

#: What a line gives a value to: a quantity of the program, or a name of the learner's own.
_Key: TypeAlias = Quantity | str


class Judge:
    """Judges lines, one after the other.

    Args:
        reference: what is right.
        vocabulary: what names mean.
        close: when values are equal.
        quiet: whether the learner leaves out the seed, which is 1.
    """

    def __init__(
        self, reference: Reference, vocabulary: Vocabulary, close: Closeness, *, quiet: bool
    ) -> None:
        self.reference, self.vocabulary, self.close = reference, vocabulary, close
        self.quiet = quiet
        self.rows: list[GradedLine] = []
        self.answered: set[Quantity] = set()
        self._own: dict[_Key, Sequence[Array]] = {}  # what the learner's lines came to
        self._right: dict[str, Sequence[Array]] = {}  # what steps of the learner's own should be
        self._cause: dict[_Key, str] = {}  # the line that made a value wrong
        self._rows: dict[str, tuple[Line, int]] = {}  # steps of the learner's own, and their rows

    def judge(self, line: Line) -> None:
        """Judge the next line."""
        quantity = line.quantity or self.vocabulary.find(line.name)
        if line.misfit and quantity is not None:
            formula = self.reference.formula(quantity)
            found = shapes_that_do_not_fit(line, quantity, formula, self.words(line))
            self._fail(line, quantity, found)
        elif line.problem:
            self._fail(line, quantity, Finding(Mistake.FAILED, line.problem))
        elif quantity is None and line.name in self._right:
            self._fail(line, None, _repeated(line.name))
        elif quantity is None:
            self._note(line)
        elif quantity in self.answered:
            self._fail(line, quantity, _repeated(line.name))
        else:
            self.answered.add(quantity)
            self._compare(line, quantity)

    # ------------------------------------------------------------ values

    def _key(self, name: str) -> _Key:
        if name in self._right:
            return name
        found = self.vocabulary.find(name)
        if found is None:
            msg = f"it needs {name!r}, which no earlier line gives"
            raise LineError(msg)
        return found

    def _run(self, line: Line, *, own: bool) -> list[Array]:
        """The values at all samples, given correct earlier values or the learner's own."""
        keys = {name: self._key(name) for name in line.reads}
        return [
            np.asarray(
                line.run(
                    {name: self._value(key, k, own=own) for name, key in keys.items()}, s.sizes
                )
            )
            for k, s in enumerate(self.reference.samples)
        ]

    def _value(self, key: _Key, k: int, *, own: bool) -> Array:
        if own and key in self._own:
            return self._own[key][k]
        return self._right[key][k] if isinstance(key, str) else self.reference.value(key, k)

    def _blamed(self, line: Line) -> str:
        """The earlier line that a wrong value comes from."""
        keys = (self._key(name) for name in line.reads)
        return next((self._cause[key] for key in keys if key in self._cause), "")

    # ------------------------------------------------------------ verdicts

    def _fail(self, line: Line, quantity: Quantity | None, finding: Finding) -> None:
        """A line without a value; those after it are judged as if it were right."""
        if quantity is not None:
            self.answered.add(quantity)
        row = GradedLine(
            line.name, line.number, line.text, Verdict.WRONG, finding.mistake, finding.text
        )
        self.rows.append(self._with_correct(row, line, quantity))

    def _note(self, line: Line) -> None:
        """A step of the learner's own."""
        try:
            values = self._run(line, own=False)
        except LineError as error:
            self._fail(line, None, Finding(Mistake.FAILED, _sentence(error)))
            return
        self._right[line.name] = values
        try:
            self._own[line.name] = self._run(line, own=True)
        except LineError:
            self._own[line.name] = values
        if self._is_unknown(line.name):
            hint = self.vocabulary.suggest(line.name) or "."
            text = f"The model has no step or derivative of this name{hint}"
            if "?" in text:
                text += " A step of your own needs a line that defines it before."
            self._fail(line, None, Finding(Mistake.UNKNOWN, text))
            return
        if blamed := self._blamed(line):
            self._cause[line.name] = blamed
        self._rows[line.name] = line, len(self.rows)
        same = self._recognised(values)
        message = f"equal to {same}" if same else "a step of your own: not compared"
        self.rows.append(GradedLine(line.name, line.number, line.text, Verdict.OWN, None, message))

    def _is_unknown(self, name: str) -> bool:
        """Whether a name is that of a derivative, but of nothing in the model or the answers."""
        steps = re.split(r"_d_", name.removeprefix("d_")) + [name.rpartition("_")[0]]
        return self.vocabulary.is_derivative_name(name) and not any(s in self._rows for s in steps)

    def _recognised(self, values: Sequence[Array]) -> str:
        """The derivative of the program that a step of the learner's own is."""
        for step in self.reference.program.steps:
            quantity = Quantity(Role.ADJOINT, step.name)
            if step.node.is_real and self.close.everywhere(
                values,
                lambda k, quantity=quantity: self.reference.value(quantity, k),  # type: ignore[misc]
            ):
                return f"{step.name}_bar"
        return ""

    def _compare(self, line: Line, quantity: Quantity) -> None:
        try:
            values = self._run(line, own=False)
        except LineError as error:
            self._fail(line, quantity, Finding(Mistake.FAILED, _sentence(error)))
            return
        right = [self.close(v, self.reference.value(quantity, k)) for k, v in enumerate(values)]
        try:
            own = self._run(line, own=True)
        except LineError:  # what an earlier line came to does not fit in here
            own = []
        agrees = bool(own) and self.close.everywhere(
            own, lambda k: self.reference.value(quantity, k)
        )
        blamed = self._blamed(line)
        if own:
            self._own[quantity] = own
        row = GradedLine(
            line.name,
            line.number,
            line.text,
            Verdict.RIGHT,
            found=(own or values)[0],
            expected=np.asarray(self.reference.value(quantity, 0), np.float64),
        )
        if not agrees:
            row = self._where_wrong(row, quantity, own or values)
        if all(right):
            finding = self._stated(line, values[0]) or self._at_kink(line, quantity)
            finding = finding if agrees else None
            if finding is not None:
                row = _wrong(row, finding)
            elif not agrees:
                row = replace(row, verdict=Verdict.FOLLOWS, because=blamed)
                self._cause[quantity] = blamed
        elif agrees and blamed:
            row = replace(row, verdict=Verdict.CANCELS, because=blamed)
        else:
            finding = self._finding(line, quantity, values, right)
            if finding is None:  # the mistake is in an earlier step of the learner's own
                self.answered.discard(quantity)
                self.judge(line)
                return
            row = _wrong(row, finding)
            self._cause[quantity] = line.name
        self.rows.append(self._with_correct(row, line, quantity))

    def _where_wrong(
        self, row: GradedLine, quantity: Quantity, values: Sequence[Array]
    ) -> GradedLine:
        """The row with the values at the first point where they differ from the right ones."""
        for k, value in enumerate(values):
            expected = np.asarray(self.reference.value(quantity, k), np.float64)
            if not self.close(value, expected):
                return replace(row, found=value, expected=expected, sample=k)
        return row

    def _finding(
        self, line: Line, quantity: Quantity, values: Sequence[Array], right: Sequence[bool]
    ) -> Finding | None:
        """What is wrong with a line; None if that is a step of the learner's own before it."""
        kinks = self.reference.kinks
        if kinks and all(right[1:]):
            text = f"It differs at the given point only, which is on a kink: {'; '.join(kinks)}. "
            return Finding(Mistake.MASK_AT_KINK, f"{text}There the derivative is 0 by convention.")
        if self._blame_own(line, quantity):
            return None
        return self._diagnosis(line, quantity, values)

    def _diagnosis(self, line: Line, quantity: Quantity, values: Sequence[Array]) -> Finding:
        reads = [key for name in line.reads if isinstance(key := self._key(name), Quantity)]
        if line.quantity is not None:  # of a vjp, which takes the seed and no other derivative
            reads = []
        words = self.words(line)
        return diagnose(values, quantity, self.reference, words, self.close, reads)

    # ------------------------------------------------------------ steps of the learner's own

    def _blame_own(self, line: Line, quantity: Quantity) -> bool:
        """Whether a step of the learner's own is to blame for a wrong line.

        That is so if the line is right with a derivative of the program in place of that step.
        """
        for name in line.reads:
            if name not in self._rows or name in self._cause:
                continue
            meant = self._meant(line, quantity, name)
            if meant is None:
                continue
            before, index = self._rows[name]
            if not self._blame_own(before, meant):
                self._condemn(before, index, meant)
            return True
        return False

    def _meant(self, line: Line, quantity: Quantity, name: str) -> Quantity | None:
        """The derivative that would make a line right if it stood for a step of the learner's own."""
        for step in self.reference.program.steps:
            if not step.node.is_real:
                continue
            meant = Quantity(Role.ADJOINT, step.name)
            instead = [self.reference.value(meant, k) for k in range(len(self.reference.samples))]
            kept, self._right[name] = self._right[name], instead
            try:
                found = self._run(line, own=False)
            except LineError:
                continue
            finally:
                self._right[name] = kept
            if self.close.everywhere(found, lambda k: self.reference.value(quantity, k)):
                return meant
        return None

    def _condemn(self, line: Line, index: int, meant: Quantity) -> None:
        """A step of the learner's own is wrong; all others are taken anew from the right one."""
        wrong = self._right[line.name]
        found = self._diagnosis(line, meant, wrong)
        self._cause[line.name] = line.name
        samples = range(len(self.reference.samples))
        self._right[line.name] = [self.reference.value(meant, k) for k in samples]
        text = f"This should be {self.words(line).name(meant)}. {found.text}"
        row = _wrong(self.rows[index], Finding(found.mistake, text))
        row = self._where_wrong(row, meant, self._own[line.name])
        self.rows[index] = self._with_correct(row, line, meant)
        for later, place in self._rows.values():
            if place > index and later.name not in self._cause:
                self._right[later.name] = self._run(later, own=False)
                if blamed := self._blamed(later):
                    self._cause[later.name] = blamed

    def _stated(self, line: Line, value: Array) -> Finding | None:
        """Whether the value that is given besides a formula is not that of the formula."""
        if line.stated is None or not self.reference.given or value.size != 1:
            return None
        if abs(float(value.item()) - line.stated.value) <= line.stated.unit:
            return None
        number = self.words(line).number
        text = f"The formula is right, but its value is {number(value.reshape(()))}"
        return Finding(Mistake.ARITHMETIC, f"{text}, not {number(np.asarray(line.stated.value))}.")

    def _at_kink(self, line: Line, quantity: Quantity) -> Finding | None:
        formula = self.reference.formula(quantity)
        if formula is None:
            return None
        names = {name: self._key(name) for name in line.reads}
        primal = {
            name: key.step
            for name, key in names.items()
            if isinstance(key, Quantity) and key.role is Role.PRIMAL
        }

        def given(k: int) -> dict[str, Array]:
            return {name: self._value(key, k, own=False) for name, key in names.items()}

        return differs_at_kink(line, formula, primal, given, self.close, self.words(line))

    # ------------------------------------------------------------ words

    def words(self, line: Line) -> Words:
        """The notation of a line."""
        unit = self.reference.unit
        return Words(self.reference.program, line.style, unit=unit, quiet=self.quiet)

    def _with_correct(self, row: GradedLine, line: Line, quantity: Quantity | None) -> GradedLine:
        if quantity is None or row.verdict is not Verdict.WRONG:
            return row
        formula = self.reference.formula(quantity)
        if formula is None:
            return row
        return replace(row, correct=self.words(line).correct(formula))


def _wrong(row: GradedLine, finding: Finding) -> GradedLine:
    return replace(row, verdict=Verdict.WRONG, mistake=finding.mistake, message=finding.text)


def _repeated(name: str) -> Finding:
    return Finding(Mistake.REPEATED, f"{name} was given before; a derivation gives each once.")


def _sentence(error: Exception) -> str:
    text = str(error).rstrip(".")
    return (
        f"It can't be computed: it {text}."
        if text.startswith("raises")
        else f"It can't be computed: {text}."
    )
