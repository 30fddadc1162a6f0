"""Networks of several depths and widths, trained on a CSV file with generated gradients.

Run it with ``python -m examples.train_mlp``; ``--help`` lists the options. Read the pieces in
`examples.mlp` in this order: `model`, `data`, `optimisers`, `training`, `study`.

The table goes to stdout, messages to stderr. Exit status: 0 done, 1 failure (also: a network
diverged, or PyTorch disagrees), 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from examples.mlp.comparison import TOLERANCE, Comparison
from examples.mlp.data import Dataset, prepare
from examples.mlp.extras import load_extra
from examples.mlp.friedman import friedman
from examples.mlp.model import initial_weights
from examples.mlp.options import RATES, build_parser
from examples.mlp.progress import progress
from examples.mlp.study import Result, Settings, shapes, study, table
from examples.mlp.tables import read_table
from examples.mlp.training import train
from graphcomp.errors import GraphcompError, InputError

FAILURE, USAGE, INTERRUPTED = 1, 2, 130
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")  # in a name, could command a terminal


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
        if arguments.target is not None and arguments.csv is None:
            parser.error("--target is a column of a file: give --csv too")
    except SystemExit as stop:  # argparse has said why
        return stop.code if isinstance(stop.code, int) else USAGE
    try:
        status = run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:  # whoever read has seen enough; Python's last flush must not fail too
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except GraphcompError as error:
        say(str(error))
        return FAILURE
    except OSError as error:
        say(f"can't write {error.filename or 'the output'}: {error.strerror or error}")
        return FAILURE
    except MemoryError:
        say("there is not enough memory for such networks; try smaller ones")
        return FAILURE
    return status


def say(message: str) -> None:
    """A message beside the output."""
    print(f"train_mlp: {CONTROL.sub('?', message)}", file=sys.stderr)


def run(arguments: argparse.Namespace) -> int:
    """The whole study; returns the exit status."""
    torch_network = None
    if arguments.compare:
        torch_network = load_extra("examples.mlp.torch_network")
        if torch_network is None:
            raise InputError("--compare torch needs PyTorch: pip install torch")
    source = friedman(1000, arguments.seed) if arguments.csv is None else read_table(arguments.csv)
    data = prepare(source, arguments.target, arguments.seed)
    describe(data, source.source)

    rate = arguments.lr if arguments.lr is not None else RATES[arguments.optimizer]
    settings = Settings(
        arguments.epochs, arguments.batch, rate, arguments.optimizer, arguments.seed
    )
    networks = shapes(arguments.depth, arguments.width)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with progress(len(networks) * settings.epochs, "graphcomp") as after_epoch:
        results = study(data, settings, networks, arguments.out, after_epoch)
    print(table(results, data))

    plots = load_extra("examples.mlp.plots")
    if plots is None:
        say("plots are left out: they need matplotlib (pip install matplotlib)")
    else:
        plots.loss_curves(results, data, arguments.out / "loss_curves.png")
        plots.loss_grid(results, arguments.out / "loss_grid.png")
    say(f"the generated modules{' and plots' if plots else ''} are in {arguments.out}")

    diverged = [str(result.shape) for result in results if result.history.diverged]
    if diverged:
        say(f"diverged: {'; '.join(diverged)}; try a learning rate below {rate:g} (--lr)")
    agrees = True
    if torch_network is not None:
        threads = torch_network.use_threads(max(arguments.width))
        say(f"PyTorch uses {threads} thread{'s' if threads > 1 else ''}")
        trained = [result for result in results if not result.history.diverged]
        with progress(len(trained) * settings.epochs, "torch") as after_epoch:
            pairs = compare(torch_network, trained, data, settings, after_epoch)
        agrees = report(pairs)
    return 0 if agrees and not diverged else FAILURE


def describe(data: Dataset, source: str) -> None:
    """Say what is learned from what."""
    rows = f"{len(data.x_train)} rows to train, {len(data.x_test)} to test"
    say(f"{source}: {rows}; {data.target!r} from {len(data.features)} features")
    if data.left_out:
        left_out = ", ".join(map(repr, data.left_out))
        say(f"constant in the training rows, and so left out: {left_out}")


def compare(
    torch_network: ModuleType,
    results: Sequence[Result],
    data: Dataset,
    settings: Settings,
    after_epoch: Callable[[], object] = lambda: None,
) -> list[tuple[Result, Comparison]]:
    """Train each network again in PyTorch: same start, same batches, same optimiser."""
    pairs = []
    for result in results:
        Ws = initial_weights(len(data.features), *result.shape, settings.seed)
        twin = torch_network.TorchNetwork(Ws, settings.optimiser, settings.rate)
        history = train(
            twin,
            data,
            epochs=settings.epochs,
            batch=settings.batch,
            seed=settings.seed,
            after_epoch=after_epoch,
        )
        pairs.append((result, Comparison("torch", result.history, history)))
    return pairs


def report(pairs: Sequence[tuple[Result, Comparison]]) -> bool:
    """Print every comparison, and say which do not agree; returns whether all do."""
    for result, comparison in pairs:
        print(f"\n{result.shape}\n{comparison}")
    differing = [str(result.shape) for result, comparison in pairs if not comparison.agrees]
    if differing:
        say(f"graphcomp and torch differ by more than {TOLERANCE:g}: {'; '.join(differing)}")
    return not differing


if __name__ == "__main__":
    sys.exit(main())
