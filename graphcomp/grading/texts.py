"""Lines of text: parsed as expressions, each by itself, never executed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from graphcomp.errors import GraphcompError, ParseError, ShapeError
from graphcomp.evaluate import evaluate
from graphcomp.frontends.excerpts import Source
from graphcomp.frontends.expressions import evaluate as parse
from graphcomp.frontends.folding import Value, node
from graphcomp.frontends.statements import Limits, Statement, statements
from graphcomp.frontends.vocabulary import CONSTANTS, suggestion
from graphcomp.grading.lines import Environment, Line, LineError, as_number_array, never, style_of
from graphcomp.grading.quantities import Vocabulary
from graphcomp.grading.wording import Style
from graphcomp.grading.written import accented, plain, split_value
from graphcomp.graph import input_node
from graphcomp.node import Node
from graphcomp.shape import dimension_symbol

_LIMITS = Limits()


def read_text(text: str, vocabulary: Vocabulary) -> list[Line]:
    """The lines of a text, in order; one that can't be understood says so.

    >>> import graphcomp as gc
    >>> words = Vocabulary(gc.from_string("y = x*a").program(), unit=True)
    >>> [(line.number, line.name, line.reads) for line in read_text("w1_bar = w3_bar*a", words)]
    [(1, 'w1_bar', ('w3_bar', 'a'))]
    """
    reader = _Reader(vocabulary)
    return [line for first, chunk in _chunks(text) for line in reader.lines(chunk, first)]


def read_mapping(formulas: Mapping[str, str], vocabulary: Vocabulary) -> list[Line]:
    """The lines of a dict from names to formulas."""
    reader = _Reader(vocabulary)
    return [
        line
        for i, (name, formula) in enumerate(formulas.items())
        for line in reader.lines(f"{name} = {formula}", i + 1)
    ]


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    """Physical lines, joined as long as a bracket is open, with the number of the first."""
    kept: list[str] = []
    first = depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("#")[0]
        if not kept:
            first = number
        kept.append(line)
        depth += sum(code.count(c) for c in "([") - sum(code.count(c) for c in ")]")
        if depth <= 0:
            yield first, "\n".join(kept)
            kept, depth = [], 0
    if kept:
        yield first, "\n".join(kept)


class _Reader:
    """Reads lines one after the other: a line may use names of earlier ones."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.own: dict[str, Node] = {}

    def lines(self, chunk: str, first: int) -> Iterator[Line]:
        """The lines of one chunk; there are several only where ``;`` separates them."""
        code, stated = split_value(plain(chunk))
        source = Source("\n" * (first - 1) + code)
        shown = " ".join(chunk.partition("#")[0].split())
        try:
            parsed = list(statements(source, _LIMITS))
        except GraphcompError as error:
            yield self._broken(shown, first, str(error), plain(shown).partition("=")[0].strip())
            return
        for statement in parsed:
            text = shown if len(parsed) == 1 else source.text[statement.start : statement.stop]
            yield replace(self._line(statement, text, first, accented(chunk)), stated=stated)

    def _broken(self, shown: str, number: int, message: str, name: str) -> Line:
        return Line(name[:40], shown, number, (), never, problem=message)

    def _line(self, statement: Statement, shown: str, number: int, accents: bool) -> Line:
        if statement.name is None or statement.header is not None:
            message = "a line is NAME = FORMULA, such as w3_bar = w4_bar*exp(w3)"
            return self._broken(shown, number, message, shown)
        name = statement.name
        names = _Names(self.vocabulary, self.own)
        style = Style.ACCENTS if accents else style_of(name)
        try:
            root = node(parse(statement, names, "float64"), "float64")
        except ShapeError as error:
            message = f"The shapes do not fit. {str(error).partition(chr(10))[0]}."
            used = tuple(names.used)
            return Line(name, shown, number, used, never, style, problem=message, misfit=True)
        except GraphcompError as error:
            return self._broken(shown, number, str(error), name)
        if self.vocabulary.find(name) is None:
            self.own[name] = input_node(name, root.shape)
        return Line(name, shown, number, tuple(names.used), _Run(root, names.used, name), style)


class _Names:
    """What names stand for in one line."""

    def __init__(self, vocabulary: Vocabulary, own: Mapping[str, Node]) -> None:
        self.vocabulary, self.own = vocabulary, own
        self.used: dict[str, Node] = {}

    @property
    def taken(self) -> set[str]:
        """Names that are no functions here."""
        return {*self.vocabulary.steps, *self.own}

    def lookup(self, name: str) -> Value:
        """The value of a name."""
        found = self.own.get(name)
        if found is None and (quantity := self.vocabulary.find(name)) is not None:
            step = self.vocabulary.program.by_name
            shape = step[quantity.step].node.shape
            if quantity.of is not None:
                shape = (*step[quantity.of].node.shape, *shape)
            found = input_node(name, shape, step[quantity.step].node.dtype)
        if found is not None:
            self.used[name] = found
            return found
        if name in self.vocabulary.program.graph.dims:
            return dimension_symbol(name)
        if name in CONSTANTS:
            return CONSTANTS[name]
        hint = self.vocabulary.suggest(name) or suggestion(name, self.own)
        msg = f"{name!r} is no step, input or derivative of the model, nor an earlier line{hint}"
        raise ParseError(msg)


class _Run:
    """Computes a line."""

    def __init__(self, root: Node, used: Mapping[str, Node], name: str) -> None:
        self.root, self.used, self.name = root, dict(used), name

    def __call__(self, values: Environment, sizes: Mapping[str, int]) -> Any:
        """The value of the formula."""
        known = {leaf: values[name] for name, leaf in self.used.items()}
        try:
            found = evaluate([self.root], known, sizes)[self.root]
        except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError) as error:
            raise LineError(str(error)) from None
        return as_number_array(found, self.name)
