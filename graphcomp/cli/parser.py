"""The options of every command, with examples in the help."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from graphcomp.version import __version__

_TARGET = "an expression, a file of statements, or model.py:NAME (a graph or a NumPy function)"
_SHAPE = "shapes of the inputs, dimensions by colons, nothing for a scalar: x=n,W1=m:n,s="

_EXAMPLES = """examples:
  graphcomp draw "1/(1+exp(-a*x))" -o sigmoid.svg --mode reverse --at x=1,a=2
  graphcomp explore "1/(1+exp(-a*x))" -o sigmoid.html --at x=1,a=2
  graphcomp trace "y(x1, x2) = x1*x2 + sin(x1)" --mode both --at x1=2,x2=5
  graphcomp compile model.py:loss --shape x=n,y=k,W1=m:n,W2=k:m -o loss_grad.py --wrt W1,W2
  graphcomp check loss_grad.py
  graphcomp grade "y(x, a) = 1/(1+exp(-a*x))" answers.txt
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="graphcomp",
        description="See, understand and use derivatives: computation graphs drawn, traced and compiled.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"graphcomp {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_draw(commands)
    _add_explore(commands)
    _add_trace(commands)
    _add_compile(commands)
    _add_check(commands)
    _add_grade(commands)
    return parser


def with_formulas(argv: Sequence[str]) -> list[str]:
    """The arguments, with a blank before formulas such as ``-x*a``, which argparse takes for options.

    >>> with_formulas(["trace", "-x*a", "-o", "y.svg", "--mode=both", "--", "-x"])
    ['trace', ' -x*a', '-o', 'y.svg', '--mode=both', '--', '-x']
    """
    end = list(argv).index("--") if "--" in argv else len(argv)
    return [_formula(text) if i < end else text for i, text in enumerate(argv)]


def _formula(text: str) -> str:
    return text if not text.startswith("-") or _OPTION.match(text) else f" {text}"


_OPTION = re.compile(r"-h|-o|--[a-z]|--?$|-[\d.]+$")  # what begins so is an option or a part of one

Commands = argparse._SubParsersAction  # noqa: SLF001  (argparse has no public name for it)


def _command(
    commands: Commands[argparse.ArgumentParser], name: str, text: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"example:\n  {example}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _count(text: str) -> int:
    """A whole number that is not negative."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return number


def _positive(text: str) -> int:
    """A whole number that is not zero either."""
    number = _count(text)
    if number == 0:
        raise argparse.ArgumentTypeError("0 is too small")
    return number


_count.__name__ = _positive.__name__ = "number"  # argparse: "invalid number value: 'many'"


def _rows(text: str) -> int | str:
    """A number of rows, or all."""
    return text if text == "all" else _positive(text)


_rows.__name__ = "number"


def _add_target(parser: argparse.ArgumentParser, *, text: str = _TARGET) -> None:
    parser.add_argument("target", metavar="TARGET", help=text)
    parser.add_argument(
        "--inputs", metavar="NAMES", help="the inputs in order: x,a (default: first appearance)"
    )
    parser.add_argument("--shape", metavar="SHAPES", help=_SHAPE)
    parser.add_argument("--name", metavar="NAME", help="of the graph and its functions")


def _add_view(
    parser: argparse.ArgumentParser, modes: Sequence[str], default: str | None, *, seed: bool = True
) -> None:
    shown = default if default is not None else "none: local partials only"
    parser.add_argument(
        "--mode", choices=modes, default=default, help=f"which derivatives (default: {shown})"
    )
    parser.add_argument("--at", metavar="POINT", help="values of the inputs: x=1,v=[1,2]")
    parser.add_argument(
        "--wrt", metavar="NAMES", help="inputs or steps to differentiate by: x,a (default: all)"
    )
    if seed:
        parser.add_argument(
            "--seed", metavar="SEEDS", help="tangents or cotangents to start from: x=1,v=E2"
        )
    parser.add_argument(
        "--steps",
        choices=("grouped", "named", "primitive"),
        default="grouped",
        help="how the graph is cut into steps",
    )
    parser.add_argument(
        "--letter", default="w", help='of numbered steps (default: w; "": names alone)'
    )


def _add_output(parser: argparse.ArgumentParser, text: str, *, required: bool = False) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", required=required, help=text)
    parser.add_argument(
        "--force", action="store_true", help="overwrite a file that graphcomp did not make"
    )


def _add_draw(commands: Commands[argparse.ArgumentParser]) -> None:
    example = 'graphcomp draw "1/(1+exp(-a*x))" -o sigmoid.svg --mode reverse --at x=1,a=2'
    parser = _command(commands, "draw", "draw the computation graph", example)
    _add_target(parser)
    _add_view(parser, ("forward", "reverse"), None)
    _add_output(parser, "an .svg, .png, .pdf, .dot or .mmd file (default: text to stdout)")
    parser.add_argument(
        "--format",
        choices=("dot", "mermaid", "svg"),
        help="of the text that goes to stdout (default: dot); with -o, the suffix says it",
    )
    parser.add_argument(
        "--theme",
        choices=("auto", "light", "dark"),
        default="auto",
        help="auto (default): an SVG follows the reader's colour scheme, the rest is light",
    )
    parser.add_argument(
        "--rankdir",
        choices=("LR", "TB", "RL", "BT"),
        help="direction of the layout (default: LR, long graphs TB)",
    )
    parser.add_argument("--parameters", metavar="NAMES", help="inputs to show as parameters: W1,W2")
    parser.add_argument("--title", metavar="TEXT")
    parser.add_argument(
        "--max-nodes", type=_positive, metavar="N", help="collapse larger graphs to this many nodes"
    )
    parser.add_argument("--expand", metavar="SCOPES", help="scopes to keep open: encoder,decoder")
    parser.add_argument("--collapse", metavar="SCOPES", help="scopes to fold in any case")
    parser.add_argument(
        "--repeats",
        action=argparse.BooleanOptionalAction,
        help="draw equal blocks in a row once (default: if the graph is large)",
    )


def _add_explore(commands: Commands[argparse.ArgumentParser]) -> None:
    example = 'graphcomp explore "y(x, a) = 1/(1+exp(-a*x))" --at x=1,a=2 -o sigmoid.html'
    text = "write a page to walk through graph and derivation, with inputs to edit"
    parser = _command(commands, "explore", text, example)
    _add_target(parser)
    _add_view(parser, ("forward", "reverse"), "reverse", seed=False)
    _add_output(parser, "the page, an .html file", required=True)
    parser.add_argument("--title", metavar="TEXT", help="heading of the page")


def _add_trace(commands: Commands[argparse.ArgumentParser]) -> None:
    example = 'graphcomp trace "y(x, a) = 1/(1+exp(-a*x))" --mode both --at x=1,a=2'
    parser = _command(commands, "trace", "print the derivation, step by step", example)
    _add_target(parser)
    _add_view(parser, ("forward", "reverse", "both", "second"), "both", seed=False)
    parser.add_argument(
        "--seed",
        metavar="SEEDS",
        action="append",
        help="tangents or cotangents to start from: x=1,v=E2; once for every trace, or: each",
    )
    _add_choices(parser)
    parser.add_argument(
        "--format",
        choices=("text", "ascii", "markdown", "latex", "html", "json"),
        help="default: by the suffix of FILE (.md, .tex, .html, .json), else text",
    )
    parser.add_argument(
        "--form",
        choices=("table", "steps", "matrix"),
        help="of LaTeX (default: a matrix form where there are arrays, else a table)",
    )
    parser.add_argument(
        "--detail", choices=("full", "brief"), help="brief: tables and results alone"
    )
    parser.add_argument(
        "--digits", type=_positive, metavar="N", help="significant digits (default: 6)"
    )
    _add_output(parser, "a file (default: to stdout); a .tex file is a whole document")
    parser.add_argument(
        "--width",
        type=_positive,
        metavar="N",
        help="columns of text (default: those of the terminal)",
    )


def _add_choices(parser: argparse.ArgumentParser) -> None:
    """What of a trace is shown; what is not given stays as the trace has it."""
    unset = argparse.SUPPRESS
    choices = parser.add_argument_group("what is shown (not in JSON, which holds everything)")
    choices.add_argument("--show", choices=("both", "symbolic", "numeric"), default=unset)
    choices.add_argument(
        "--partials",
        choices=("folded", "shown"),
        default=unset,
        help="local partials in the formulas, or by themselves",
    )
    choices.add_argument(
        "--arrange",
        choices=("apart", "together"),
        default=unset,
        help="traces in a table each, or as columns of one",
    )
    choices.add_argument(
        "--why", action="store_true", default=unset, help="cite the rule of every line"
    )
    choices.add_argument(
        "--accumulate", action="store_true", default=unset, help="list reverse mode as it runs: +="
    )
    choices.add_argument(
        "--shapes", action="store_true", default=unset, help="the shapes of derivatives too"
    )
    choices.add_argument(
        "--rows",
        type=_rows,
        default=unset,
        metavar="N",
        help="cut longer tables in the middle (default: 40; all: never)",
    )


def _add_compile(commands: Commands[argparse.ArgumentParser]) -> None:
    example = "graphcomp compile model.py:loss --shape x=n,W=m:n -o loss_grad.py --functions value_and_grad,vjp"
    parser = _command(
        commands, "compile", "generate a module with derivatives that needs NumPy only", example
    )
    _add_target(parser)
    _add_output(parser, "the module (default: source to stdout)")
    parser.add_argument(
        "--wrt", metavar="NAMES", help="inputs or steps to differentiate by: W1,W2 (default: all)"
    )
    kinds = "value, grad, value_and_grad, vjp, jvp, jacobian, blocks, hessian, hvp, derivatives"
    default = "value,value_and_grad"
    parser.add_argument(
        "--functions", metavar="KINDS", default=default, help=f"{kinds} (default: {default})"
    )
    parser.add_argument(
        "--along", metavar="NAME", help="the dimension of blocks, if arrays share several"
    )
    parser.add_argument(
        "--target",
        choices=("numpy", "numba", "math"),
        default="numpy",
        dest="language",
        help="numba: loops that numba compiles; math: Python floats only, for graphs of scalars",
    )
    parser.add_argument(
        "--no-checks",
        action="store_false",
        dest="checks",
        help="functions that take their arguments as they are (default: they are checked)",
    )
    parser.add_argument(
        "--threads",
        type=_positive,
        default=1,
        metavar="NUMBER",
        help="of threads that compute blocks of large arrays (default: 1)",
    )
    parser.add_argument(
        "--workspace",
        action="store_true",
        help="functions that can be given a dict, to keep the memory of their temporaries in",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="print what was rewritten and what it saves (instead of source to stdout)",
    )


def _add_check(commands: Commands[argparse.ArgumentParser]) -> None:
    example = "graphcomp check loss_grad.py"
    text = "compare every derivative with finite differences (a module that is checked is also run)"
    parser = _command(commands, "check", text, example)
    _add_target(parser, text=f"a generated module (loss_grad.py), {_TARGET}")
    parser.add_argument(
        "--at", metavar="POINT", help="values of the inputs (default: drawn at random)"
    )
    parser.add_argument("--wrt", metavar="NAMES", help="inputs or steps (default: all)")
    parser.add_argument(
        "--random-seed",
        type=_count,
        default=0,
        metavar="N",
        help="of random points and directions (default: 0)",
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")


def _tolerance(text: str) -> float:
    """A number between 0 and 1."""
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return number


_tolerance.__name__ = "number"


def _add_grade(commands: Commands[argparse.ArgumentParser]) -> None:
    example = "graphcomp grade model.py:loss answers.py --shape x=n,y=k,W1=m:n,W2=k:m"
    text = "compare a derivation by hand, line by line (a Python file of answers is run)"
    parser = _command(commands, "grade", text, example)
    _add_target(parser)
    parser.add_argument(
        "answers",
        metavar="ANSWERS",
        help="a .py file of functions such as d_loss_d_W1, or a text file of lines w3_bar = ...",
    )
    parser.add_argument(
        "--at", metavar="POINT", help="values of the inputs: x=1,v=[1,2] (default: drawn at random)"
    )
    parser.add_argument(
        "--wrt", metavar="NAMES", help="inputs or steps whose derivatives must be there: W1,W2"
    )
    parser.add_argument(
        "--letter", default="w", help='of numbered steps (default: w; "": names alone)'
    )
    parser.add_argument(
        "--tolerance",
        type=_tolerance,
        metavar="T",
        help="relative; larger for answers with rounded numbers (default: 1e-7)",
    )
    parser.add_argument(
        "--seed", type=_count, default=0, metavar="N", help="of random points (default: 0)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
