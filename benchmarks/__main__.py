"""All benchmarks: ``python -m benchmarks --help`` lists the options."""

from __future__ import annotations

import argparse
import importlib
import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import environment, graph_size, memory, report, scaling
from benchmarks.measure import Row, measure, say
from benchmarks.peers import PEERS
from benchmarks.timing import QUICK, Budget
from benchmarks.workloads import CASES, TINY

OTHERS = ("graph_size", "memory", "scaling")
SETUP_LIMIT = 300.0
GRAPH_LIMIT = 180.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what is asked for, write the results, print the tables."""
    options = _options(arguments)
    warnings.simplefilter("ignore")  # of other libraries, about this machine
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    description = environment.machine()
    versions = environment.libraries(PEERS[peer][0] for peer in options.peers)
    result: dict[str, Any] = {
        "machine": description,
        "libraries": versions,
        "quick": options.quick,
    }
    parts = ["# Benchmarks", report.machine(description), report.machine(versions)]

    rows = _rows(options)
    if rows:
        result["cases"] = [asdict(row) for row in rows]
        parts += ["## Value and all gradients", report.timings(rows)]
        parts += ["Best rounds", report.best_times(rows)]
        if empty := report.notes(rows):
            parts += ["Empty cells", empty]
        _picture(rows, out / "ratios", report.subtitle(description))
    if "graph_size" in options.only:
        sizes = graph_size.QUICK if options.quick else graph_size.STEPS
        ours = () if options.quick else graph_size.OURS_ALONE
        found = graph_size.measure(options.peers, sizes, ours, GRAPH_LIMIT)
        result["graph_size"] = found
        parts += ["## Large scalar graphs", graph_size.report(found)]
    if "memory" in options.only:
        makes = memory.QUICK if options.quick else memory.CASES
        peaks = {case.name: memory.measure(case) for case in (make() for make in makes)}
        result["memory"] = peaks
        parts += ["## Memory of a gradient", memory.report(peaks)]
    if "scaling" in options.only:
        lengths = scaling.QUICK if options.quick else scaling.LENGTHS
        stages = {}
        for length in lengths:
            say(f"scaling: {length:,} steps")
            stages[length] = scaling.measure(length)
        result["scaling"] = stages
        parts += ["## Stages of a chain of scalar steps, seconds", scaling.report(stages)]

    text = "\n\n".join(parts) + "\n"
    (out / "results.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (out / "results.md").write_text(text, encoding="utf-8")
    print(text)
    say(f"written to {out}/")


def _rows(options: argparse.Namespace) -> list[Row]:
    cases = TINY if options.quick else CASES
    budget = QUICK if options.quick else Budget()
    makes = [make for name in options.only if name in cases for make in cases[name]]
    return [measure(make(), options.peers, budget, SETUP_LIMIT) for make in makes]


def _picture(rows: Sequence[Row], path: Path, subtitle: str) -> None:
    try:
        plot = importlib.import_module("benchmarks.plot")
    except ImportError as missing:  # Matplotlib; a picture is no reason to fail
        say(f"no picture: {missing}")
        return
    plot.draw(rows, path, subtitle)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = (*CASES, *OTHERS)
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure graphcomp and others, on one core."
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names, default=names)
    parser.add_argument("--peers", nargs="+", metavar="PEER", choices=PEERS, default=list(PEERS))
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does everything run?")
    parser.add_argument("--out", type=Path, default=Path("bench_output"), metavar="DIR")
    parser.epilog = f"NAMEs: {', '.join(names)}. PEERs: {', '.join(PEERS)}."
    return parser.parse_args(arguments)


if __name__ == "__main__":
    environment.restart_on_one_core()
    main()
