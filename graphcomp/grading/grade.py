"""From a model and somebody's derivation to a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from graphcomp.errors import InputError
from graphcomp.evaluate import Array
from graphcomp.grading.closeness import Closeness
from graphcomp.grading.functions import functions_of, read_functions
from graphcomp.grading.judging import Judge
from graphcomp.grading.lines import Line, LineError
from graphcomp.grading.mistakes import Mistake
from graphcomp.grading.quantities import Quantity, Vocabulary
from graphcomp.grading.reference import Reference
from graphcomp.grading.report import GradedLine, GradeReport, Verdict
from graphcomp.grading.texts import read_mapping, read_text
from graphcomp.grading.wording import Style, Words
from graphcomp.graph import GraphData
from graphcomp.program import Program, Role, build_program
from graphcomp.user_code import import_file

#: Mistakes that do not show in the values.
_SAME_VALUES = {Mistake.MASK_AT_KINK, Mistake.ARITHMETIC}

MAX_FILE_BYTES = 1_000_000

#: Relative; what the order of operations does to rounding is far below.
TOLERANCE = 1e-7


def grade_graph(
    graph: GraphData,
    answers: Any,
    *,
    at: Mapping[str, Any] | None = None,
    wrt: Iterable[str] | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    letter: str | None = "w",
) -> GradeReport:
    """Compare a derivation with the derivatives of a graph, line by line.

    Args:
        graph: the model.
        answers: see `graphcomp.grade`.
        at: values of inputs; others are drawn.
        wrt: inputs or steps whose derivatives must be there.
        seed: of the points.
        tolerance: relative; by default what rounding asks for.
        letter: of numbered steps.

    Raises:
        InputError: there is nothing to grade, or no point to grade at.
    """
    if not any(node.is_real for node in graph.outputs):
        msg = f"graph {graph.name!r} has no real output: there is nothing to differentiate"
        raise InputError(msg)
    read = _reader(answers)
    program, lines = _in_steps(graph, read, letter)
    unit = _is_unit(program, lines)
    vocabulary = Vocabulary(program, unit=unit)
    rng = np.random.default_rng(seed)
    given = graph.flat_values(at or {})
    reference = Reference(program, given, rng, unit=unit)
    close = Closeness(_tolerance(program) if tolerance is None else _checked(tolerance))
    _take_seeds(lines, vocabulary, reference)
    judge = Judge(reference, vocabulary, close, quiet=unit and not _has_seed(program, lines))
    for line in lines:
        judge.judge(line)
    rows = tuple(judge.rows)
    missing, unanswered = _not_there(vocabulary, judge.answered, wrt)
    points = _points(len(reference.samples), seed, given=reference.given and bool(graph.inputs))
    notes = [f"the given point is on a kink: {kink}" for kink in reference.kinks]
    if any(line.stated is not None for line in lines) and not reference.given:
        notes.append("values behind formulas are not compared: give all inputs by at (--at)")
    return GradeReport(
        graph.name,
        points,
        rows,
        missing,
        unanswered,
        tuple(sample.inputs for sample in reference.samples),
        tuple(notes),
        _shown(rows, reference),
    )


def _checked(tolerance: float) -> float:
    if not 0 < tolerance < 1:
        msg = f"the tolerance must be between 0 and 1, not {tolerance}"
        raise InputError(msg)
    return float(tolerance)


def _tolerance(program: Program) -> float:
    precision = max(float(np.finfo(s.node.dtype).eps) for s in program.steps if s.node.is_real)
    return max(TOLERANCE, float(precision**0.625))


# ---------------------------------------------------------------- answers


def _reader(answers: Any) -> Callable[[Vocabulary], list[Line]]:
    """How the answers are read, once the names of the model are known."""
    if isinstance(answers, ModuleType):
        return _of_functions(functions_of(answers), answers.__name__)
    if isinstance(answers, Path) or _is_file_name(answers):
        return _of_file(Path(answers))
    if isinstance(answers, str):
        return lambda vocabulary: _some(read_text(answers, vocabulary), "the text")
    if isinstance(answers, Mapping):
        return _of_mapping(answers)
    if callable(answers):
        return _of_functions([answers], "the function")
    if isinstance(answers, Sequence) and all(callable(each) for each in answers):
        return _of_functions(answers, "the list")
    msg = (
        f"answers are text, a file, a dict of formulas, a module or functions, not "
        f"{type(answers).__name__}"
    )
    raise InputError(msg)


def _is_file_name(answers: Any) -> bool:
    return isinstance(answers, str) and "=" not in answers and "\n" not in answers


def _of_file(path: Path) -> Callable[[Vocabulary], list[Line]]:
    if path.suffix == ".py":
        return _of_functions(functions_of(import_file(path)), str(path))
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            msg = f"{path} is larger than {MAX_FILE_BYTES} bytes"
            raise InputError(msg)
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        msg = (
            f"{path}: no such file; answers are a .py file, or a file of lines such as w3_bar = ..."
        )
        raise InputError(msg) from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        msg = f"{path}: can't be read as text: {error}"
        raise InputError(msg) from None
    return lambda vocabulary: _some(read_text(text, vocabulary), str(path))


def _of_functions(
    functions: Sequence[Callable[..., Any]], what: str
) -> Callable[[Vocabulary], list[Line]]:
    if not functions:
        msg = f"{what} defines no function"
        raise InputError(msg)
    return lambda vocabulary: read_functions(functions, vocabulary)


def _of_mapping(answers: Mapping[Any, Any]) -> Callable[[Vocabulary], list[Line]]:
    if not all(isinstance(v, str) and isinstance(k, str) for k, v in answers.items()):
        msg = "a dict of answers goes from names to formulas as text: {'d_y_d_x': '2*x'}"
        raise InputError(msg)
    return lambda vocabulary: _some(read_mapping(answers, vocabulary), "the dict")


def _some(lines: list[Line], what: str) -> list[Line]:
    if not lines:
        msg = f"{what} holds no line to grade; write lines such as w3_bar = w4_bar*exp(w3)"
        raise InputError(msg)
    return lines


def _in_steps(
    graph: GraphData, read: Callable[[Vocabulary], list[Line]], letter: str | None
) -> tuple[Program, list[Line]]:
    """The steps in which the answers are written: those that the user named, if that will do."""
    grouped = build_program(graph, "grouped", letter)
    lines = read(Vocabulary(grouped, unit=True))
    if grouped.numbered or not graph.step_names:
        return grouped, lines
    named = build_program(graph, "named", letter)
    words = Vocabulary(named, unit=True)
    finer = Vocabulary(grouped, unit=True)
    used = {name for line in lines for name in (line.name, *line.reads)}
    if any(words.find(name) is None and finer.find(name) is not None for name in used):
        return grouped, lines
    return named, read(words)


def _is_unit(program: Program, lines: Sequence[Line]) -> bool:
    """Whether the seed is 1: one scalar output, whose cotangent is no name in the answers."""
    outputs = program.outputs
    real = [s for s in program.steps if s.outputs and s.node.is_real]
    if len(outputs) != 1 or real[0].node.shape:
        return False
    seeds = {f"{output}_bar" for output in outputs} - {line.name for line in lines}
    by_name = any(line.style is Style.DERIVATIVES for line in lines)
    return by_name or not any(seeds & {*line.reads} for line in lines)


def _has_seed(program: Program, lines: Sequence[Line]) -> bool:
    """Whether the answers have the seed of reverse mode under a name: w5_bar, y_bar."""
    outputs = {f"{name}_bar" for pair in program.outputs.items() for name in pair}
    return any(outputs & {line.name, *line.reads} for line in lines)


def _take_seeds(lines: Sequence[Line], vocabulary: Vocabulary, reference: Reference) -> None:
    """Take lines such as ``w1_dot = 1`` as the seeds of forward mode."""
    given: dict[str, list[Array]] = {}
    for line in lines:
        quantity = vocabulary.find(line.name)
        if quantity is None or quantity.role is not Role.TANGENT or line.reads or line.problem:
            continue
        step = reference.program.by_name[quantity.step]
        if step.label is None or quantity.step in given:
            continue
        try:
            values = [line.run({}, sample.sizes) for sample in reference.samples]
            shapes = [sample.primal[step.node].shape for sample in reference.samples]
            given[step.name] = [
                np.broadcast_to(value, shape) for value, shape in zip(values, shapes, strict=True)
            ]
        except (LineError, ValueError):
            continue
    if given:
        reference.set_tangents(given)


# ---------------------------------------------------------------- the report


def _points(count: int, seed: int, *, given: bool) -> str:
    """Where lines were compared, in words."""
    if given:
        more = f" and {count - 1} random ones (seed {seed})" if count > 1 else ""
        return f"at the given point{more}"
    return f"at {count} random points (seed {seed})"


def _not_there(
    vocabulary: Vocabulary, answered: set[Quantity], wrt: Iterable[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Derivatives that were asked for and are missing, and those of other inputs."""
    program = vocabulary.program
    steps = {quantity.step for quantity in answered if quantity.role is Role.ADJOINT}
    if wrt is None:
        if not steps:
            return (), ()
        inputs = [s for s in program.inputs if s.node.is_real and s.name not in steps]
        return (), tuple(s.label for s in inputs if s.label is not None)
    for name in wrt:
        if name not in vocabulary.steps:
            msg = (
                f"there is no input or step {name!r} to have a derivative{vocabulary.suggest(name)}"
            )
            raise InputError(msg)
    return tuple(name for name in wrt if vocabulary.steps[name] not in steps), ()


def _shown(rows: Sequence[GradedLine], reference: Reference) -> dict[str, str]:
    """The values of wrong lines, and where."""
    words = Words(reference.program, Style.PLAIN, unit=reference.unit, quiet=True)
    shown = {}
    for row in rows:
        wrong = row.verdict is Verdict.WRONG and row.mistake not in _SAME_VALUES
        if wrong and row.found is not None and row.expected is not None:
            inputs = reference.samples[row.sample].inputs.items()
            scalars = [f"{name} = {words.number(v)}" for name, v in inputs if not v.shape]
            where = f"at {', '.join(scalars)}" if scalars else ""
            if row.sample and reference.given:
                where = "they agree at the given point by chance; this is another one"
            shown[f"{row.name}:{row.number}"] = (
                f"yours:  {words.number(row.found)}   right: {words.number(row.expected)}"
                f"{f'  ({where})' if where else ''}"
            )
    return shown
