"""Functions of Python as lines: one for each derivative, or one that returns ``(value, vjp)``.

These are the learner's own code, and they are run.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from graphcomp.errors import InputError
from graphcomp.evaluate import Array
from graphcomp.grading.lines import Environment, Line, LineError, as_number_array, never, style_of
from graphcomp.grading.quantities import Quantity, Vocabulary
from graphcomp.program import Role

Function = Callable[..., Any]
_FIXED = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


def functions_of(module: ModuleType) -> list[Function]:
    """The functions that a module defines itself, in the order of its text."""
    own = [
        value
        for value in vars(module).values()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    return sorted(dict.fromkeys(own), key=lambda each: each.__code__.co_firstlineno)


def read_functions(functions: Sequence[Function], vocabulary: Vocabulary) -> list[Line]:
    """A line for each function that is named like a derivative or a step.

    Other functions are helpers, unless another takes their name as an argument. If no function
    is named so, the last whose arguments are the model's inputs is taken to return `(value, vjp)`.
    """
    named = {_name(each): each for each in functions}
    parameters = {p for each in functions for p in inspect.signature(each).parameters}
    answers = [
        _line(each, name, vocabulary, named)
        for name, each in named.items()
        if vocabulary.find(name) is not None
        or vocabulary.is_derivative_name(name)
        or name in parameters
    ]
    claims = [line for line in answers if vocabulary.find(line.name) not in _primal(vocabulary)]
    if any(line.quantity is None and vocabulary.find(line.name) for line in claims) or any(
        vocabulary.is_derivative_name(line.name) for line in answers
    ):
        return answers
    for each in reversed(functions):
        order = _input_order(each, vocabulary)
        if order is not None:
            return _pair_lines(each, order, vocabulary)
    inputs = ", ".join(vocabulary.program.graph.input_names)
    output = next(iter(vocabulary.program.outputs))
    example = f"d_{output}_d_{vocabulary.program.graph.input_names[0]}" if inputs else "y"
    msg = (
        f"no function is named like a derivative ({example}), and none takes the inputs "
        f"({inputs}) to return (value, vjp)"
    )
    raise InputError(msg)


def _primal(vocabulary: Vocabulary) -> set[Quantity]:
    return {Quantity(Role.PRIMAL, step) for step in vocabulary.steps.values()}


def _name(function: Function) -> str:
    return str(getattr(function, "__name__", "the function"))


def _line(
    function: Function, name: str, vocabulary: Vocabulary, named: Mapping[str, Function]
) -> Line:
    """The line of a function whose arguments go by name."""
    number = _first_line(function)
    parameters = inspect.signature(function).parameters
    text = f"def {name}({', '.join(parameters)})"
    reads: list[str] = []
    for parameter in parameters.values():
        if parameter.name in named or vocabulary.find(parameter.name) is not None:
            reads.append(parameter.name)
        elif parameter.kind in _FIXED or parameter.default is inspect.Parameter.empty:
            hint = vocabulary.suggest(parameter.name)
            problem = (
                f"its argument {parameter.name!r} is no step, input or derivative of the model, "
                f"nor another function here{hint}"
            )
            return Line(name, text, number, (), never, style_of(name), problem=problem)
    return Line(name, text, number, tuple(reads), _Call(function, name, reads), style_of(name))


def _first_line(function: Function) -> int:
    code = getattr(function, "__code__", None)
    return int(code.co_firstlineno) if code is not None else 0


class _Call:
    """Calls a function with values by name."""

    def __init__(self, function: Function, name: str, reads: Iterable[str]) -> None:
        self.function, self.name, self.reads = function, name, tuple(reads)

    def __call__(self, values: Environment, _sizes: Mapping[str, int]) -> Array:
        """What it returns."""
        given = {name: _given(values[name]) for name in self.reads}
        return as_number_array(_run(self.function, lambda: self.function(**given)), self.name)


def _given(value: Array) -> Any:
    """A copy: the learner's code may write into it."""
    return float(value) if value.ndim == 0 and value.dtype.kind == "f" else value.copy()


def _run(function: Function, call: Callable[[], Any]) -> Any:
    """Run the learner's code, which may raise anything, and print."""
    try:
        with (
            contextlib.redirect_stdout(sys.stderr),
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
        ):
            warnings.simplefilter("ignore")
            return call()
    except (Exception, SystemExit) as error:  # noqa: BLE001
        raise LineError(_blame(function, error)) from None


def _blame(function: Function, error: BaseException) -> str:
    """What went wrong, and in which line of the file of the function."""
    code = getattr(function, "__code__", None)
    file = code.co_filename if code is not None else ""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    place = f" in {Path(file).name}:{lines[-1]}" if lines else ""
    message = " ".join(str(error).split())
    return f"raises {type(error).__name__}{place}{': ' if message else ''}{message:.200}"


# ---------------------------------------------------------------- value and vjp


def _input_order(function: Function, vocabulary: Vocabulary) -> list[str] | None:
    """The inputs in the order of a function's arguments; None if these are no inputs."""
    inputs = vocabulary.program.graph.input_names
    names = list(inspect.signature(function).parameters)
    if set(names) == set(inputs):
        return names
    return list(inputs) if len(names) == len(inputs) and names else None


def _pair_lines(function: Function, order: Sequence[str], vocabulary: Vocabulary) -> list[Line]:
    """A line for the value, and one for each cotangent."""
    program = vocabulary.program
    name, number = _name(function), _first_line(function)
    if len(program.outputs) != 1:
        msg = f"{name}: a function that returns (value, vjp) is compared with a model of one output"
        raise InputError(msg)
    ((label, step),) = program.outputs.items()
    seed = f"{label}_bar"
    value = Line(
        label,
        f"{name}: the value",
        number,
        tuple(order),
        _Pair(function, order, None, seed),
        quantity=Quantity(Role.PRIMAL, step),
    )
    real = [n for n in order if program.step_of(n).node.is_real]
    return [value] + [
        Line(
            f"{n}_bar",
            f"{name}: what vjp returns for {n}",
            number,
            (*order, seed),
            _Pair(function, order, i, seed),
            quantity=Quantity(Role.ADJOINT, program.step_of(n).name),
        )
        for i, n in enumerate(order)
        if n in real
    ]


class _Pair:
    """Calls a function that returns ``(value, vjp)``, and its vjp."""

    def __init__(
        self, function: Function, order: Sequence[str], index: int | None, seed: str
    ) -> None:
        self.function, self.order, self.index, self.seed = function, order, index, seed

    def __call__(self, values: Environment, _sizes: Mapping[str, int]) -> Array:
        """The value, or one cotangent."""
        given = [_given(values[name]) for name in self.order]
        name = _name(self.function)
        pair = _run(self.function, lambda: self.function(*given))
        if not isinstance(pair, tuple) or len(pair) != 2 or not callable(pair[1]):
            msg = f"{name} does not return (value, vjp), a value and a function of its cotangent"
            raise LineError(msg)
        value, vjp = pair
        if self.index is None:
            return as_number_array(value, name)
        found = _run(self.function, lambda: vjp(_given(values[self.seed])))
        parts = found if isinstance(found, (tuple, list)) else (found,)
        if len(parts) != len(self.order):
            msg = f"vjp returns {len(parts)} cotangents, one for each of {', '.join(self.order)} is needed"
            raise LineError(msg)
        return as_number_array(parts[self.index], "vjp")
