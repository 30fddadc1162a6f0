"""Run a command, and turn whatever goes wrong into one message and an exit status."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from graphcomp import codegen
from graphcomp.api import Graph
from graphcomp.check import check_module
from graphcomp.cli.parser import build_parser, with_formulas
from graphcomp.cli.targets import load_target
from graphcomp.cli.values import parse_names, parse_point, parse_shapes
from graphcomp.derivation import STYLE_CHOICES
from graphcomp.errors import GraphcompError, InputError
from graphcomp.grading import grade_graph
from graphcomp.printers.trace_files import printed

FAILURE, USAGE, INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status.

    >>> main(["trace", "y = x*x", "--mode", "reverse", "--at", "x=3", "--format", "ascii"])
    ... # doctest: +ELLIPSIS
    y = ...
    0
    """
    try:
        status = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except GraphcompError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:  # whoever read has seen enough
        _silence_stdout()
        return FAILURE
    except UnicodeEncodeError as error:
        _silence_stdout()
        shown = f"stdout takes {error.encoding} only, which has no {error.object[error.start]!a}"
        return _fail(f"{shown}; set PYTHONIOENCODING=utf-8, or write --format ascii")
    except OSError as error:
        _silence_stdout()
        return _fail(f"can't write the output: {error.strerror or error}")
    except (ArithmeticError, ValueError) as error:  # of NumPy: a singular matrix, an empty maximum
        return _fail(f"there is no value here: {error}")
    except (MemoryError, RecursionError) as error:
        return _fail(f"the graph is too large for this machine ({type(error).__name__})")
    return status


def _run(argv: Sequence[str]) -> int:
    try:
        arguments = build_parser().parse_args(with_formulas(argv))
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else USAGE
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.simplefilter("ignore", RuntimeWarning)  # inf and NaN are seen in the result
        warnings.showwarning = _show_warning
        return _COMMANDS[arguments.command](arguments)


def _fail(message: str, status: int = FAILURE) -> int:
    print(f"graphcomp: {_CONTROL.sub('?', message)}", file=sys.stderr)
    return status


def _show_warning(message: Warning | str, *_details: Any, **_more: Any) -> None:
    print(f"graphcomp: warning: {_CONTROL.sub('?', str(message))}", file=sys.stderr)


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # could command a terminal


def _silence_stdout() -> None:
    """Nobody takes what stdout still holds: keep the interpreter from trying on its way out."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


def _graph(arguments: argparse.Namespace) -> Graph:
    return load_target(
        arguments.target,
        inputs=parse_names(arguments.inputs, "--inputs"),
        shapes=parse_shapes(arguments.shape),
        name=arguments.name,
    )


def _view(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "mode": arguments.mode,
        "at": parse_point(arguments.at, "--at"),
        "wrt": parse_names(arguments.wrt, "--wrt"),
        "seed": _seed(getattr(arguments, "seed", None)),
        "steps": arguments.steps,
        "letter": arguments.letter or None,
    }


def _seed(given: str | list[str] | None) -> Any:
    """One seed, or several, or "each"."""
    texts = given if isinstance(given, list) else [given]
    if texts == ["each"]:
        return "each"
    seeds = [parse_point(text, "--seed", units=True) for text in texts]
    return seeds if len(seeds) > 1 else seeds[0]


def _draw(arguments: argparse.Namespace) -> int:
    options = _view(arguments) | {
        "rankdir": arguments.rankdir,
        "parameters": tuple(parse_names(arguments.parameters, "--parameters") or ()),
        "title": arguments.title,
        "expand": tuple(parse_names(arguments.expand, "--expand") or ()),
        "collapse": tuple(parse_names(arguments.collapse, "--collapse") or ()),
        "repeats": arguments.repeats,
    }
    if arguments.max_nodes is not None:
        options["max_nodes"] = arguments.max_nodes
    if arguments.output is not None and arguments.format is not None:
        raise InputError("--format: with -o the suffix of the file says the format; leave it out")
    drawing = _graph(arguments).picture(**options)
    if arguments.output is None:
        write = {"mermaid": drawing.mermaid, "svg": drawing.svg}.get(arguments.format, drawing.dot)
        print(write(theme=arguments.theme).rstrip("\n"))
    else:
        _report(drawing.write(arguments.output, theme=arguments.theme, force=arguments.force))
    for message in drawing.messages:
        print(f"graphcomp: {_CONTROL.sub('?', message)}", file=sys.stderr)
    return 0


def _explore(arguments: argparse.Namespace) -> int:
    view = _view(arguments)
    del view["seed"]  # it is chosen on the page
    _report(
        _graph(arguments).explore(
            arguments.output, force=arguments.force, heading=arguments.title, **view
        )
    )
    return 0


def _trace(arguments: argparse.Namespace) -> int:
    view = _view(arguments) | {
        name: value for name, value in vars(arguments).items() if name in STYLE_CHOICES
    }
    trace = _graph(arguments).derivation(view.pop("mode"), **view)
    wanted = {name: getattr(arguments, name) for name in ("width", "form", "detail", "digits")}
    if arguments.output is not None:
        _report(trace.write(arguments.output, arguments.format, force=arguments.force, **wanted))
        return 0
    print(printed(trace.data, arguments.format or "text", **wanted).removesuffix("\n"))
    return 0


def _compile(arguments: argparse.Namespace) -> int:
    graph = _graph(arguments)
    functions = parse_names(arguments.functions, "--functions") or []
    wrt = parse_names(arguments.wrt, "--wrt")
    options = {
        "target": arguments.language,
        "checks": arguments.checks,
        "threads": arguments.threads,
        "along": arguments.along,
        "workspace": arguments.workspace,
    }
    if arguments.explain:
        print(
            codegen.explain(graph, functions, wrt, target=arguments.language, along=arguments.along)
        )
        if arguments.output is None:
            return 0
    if arguments.output is None:
        made = codegen.build_module(graph, functions, wrt, **options)
        if made.data:
            large = ", ".join(f"{name} {array.shape}" for name, array in made.stored.items())
            msg = f"constants that are too large to be printed ({large}) need a file: write -o NAME.py"
            raise InputError(msg)
        print(made.source, end="")
        return 0
    for path in codegen.write_files_of(
        graph, arguments.output, functions, wrt, force=arguments.force, **options
    ):
        _report(path)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    at = parse_point(arguments.at, "--at")
    if arguments.target.endswith(".py"):
        for option in ("wrt", "inputs", "shape", "name"):
            if getattr(arguments, option) is not None:
                msg = f"--{option}: a generated module says that itself; leave it out"
                raise InputError(msg)
        report = check_module(Path(arguments.target), at, seed=arguments.random_seed)
    else:
        wrt = parse_names(arguments.wrt, "--wrt")
        report = _graph(arguments).check(at, wrt=wrt, seed=arguments.random_seed)
    print(json.dumps(report.to_json(), indent=2, allow_nan=False) if arguments.json else report)
    return 0 if report.passed else FAILURE


def _grade(arguments: argparse.Namespace) -> int:
    report = grade_graph(
        _graph(arguments),
        Path(arguments.answers),
        at=parse_point(arguments.at, "--at"),
        wrt=parse_names(arguments.wrt, "--wrt"),
        seed=arguments.seed,
        tolerance=arguments.tolerance,
        letter=arguments.letter or None,
    )
    text = arguments.format == "text"
    print(report if text else json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    return 0 if report.passed else FAILURE


def _report(path: Path) -> None:
    print(f"graphcomp: wrote {path}", file=sys.stderr)


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "draw": _draw,
    "explore": _explore,
    "trace": _trace,
    "compile": _compile,
    "check": _check,
    "grade": _grade,
}
