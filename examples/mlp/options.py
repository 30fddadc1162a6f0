"""The options of `examples.train_mlp`."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from pathlib import Path

from examples.mlp.optimisers import OPTIMISERS

#: Rates that suit standardised features and He's initial weights.
RATES = {"sgd": 0.02, "adam": 0.001}
LARGEST = 1_000_000

EXAMPLES = """examples:
  python -m examples.train_mlp
  python -m examples.train_mlp --csv winequality-red.csv --target quality
  python -m examples.train_mlp --depth 2,4 --width 8,32 --optimizer adam --compare torch
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.train_mlp",
        description="Train networks of several depths and widths on a table of numbers, "
        "with gradients that graphcomp generates, and compare their losses.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    text = "a table of numbers (default: 1000 rows of the data set Friedman #1, made here)"
    parser.add_argument("--csv", type=Path, metavar="FILE", help=text)
    parser.add_argument(
        "--target", metavar="COLUMN", help="what to predict (default: the last column)"
    )
    parser.add_argument(
        "--depth",
        type=_several,
        default="1,2,3",
        metavar="N,N,...",
        help="numbers of layers (default: %(default)s)",
    )
    parser.add_argument(
        "--width",
        type=_several,
        default="4,16,64",
        metavar="N,N,...",
        help="numbers of units in each hidden layer (default: %(default)s)",
    )
    for name, default, text in (
        ("--epochs", 100, "passes over the training rows"),
        ("--batch", 32, "rows for each step"),
    ):
        parser.add_argument(
            name,
            type=_at_least(1),
            default=default,
            metavar="N",
            help=f"{text} (default: {default})",
        )
    parser.add_argument("--optimizer", choices=sorted(OPTIMISERS), default="sgd")
    rates = ", ".join(f"{rate} for {name}" for name, rate in RATES.items())
    parser.add_argument(
        "--lr", type=_rate, metavar="RATE", help=f"learning rate (default: {rates})"
    )
    parser.add_argument(
        "--seed",
        type=_at_least(0),
        default=0,
        metavar="N",
        help="of split, initial weights and batches (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("mlp_output"),
        metavar="DIR",
        help="folder for generated modules and plots (default: %(default)s)",
    )
    parser.add_argument(
        "--compare", choices=("torch",), help="train the same networks in PyTorch as well"
    )
    return parser


def _at_least(smallest: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not smallest <= value <= LARGEST:
            raise argparse.ArgumentTypeError(f"{text} is not between {smallest} and {LARGEST}")
        return value

    return number


def _several(text: str) -> tuple[int, ...]:
    """Numbers in order, each once."""
    return tuple(sorted({_at_least(1)(part) for part in text.split(",")}))


def _rate(text: str) -> float:
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


_several.__name__ = "numbers"  # argparse: "invalid numbers value: 'many'"
_rate.__name__ = "number"
