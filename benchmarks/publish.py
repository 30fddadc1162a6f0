"""Put the results of a run into the documentation: ``python -m benchmarks.publish bench_output``.

Tables go between the marks ``<!-- benchmarks: overview -->`` and ``<!-- end -->`` (or another part in
place of "overview"); the picture is drawn anew. So no figure is ever copied by hand.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import graph_size, memory, plot, report, scaling
from benchmarks.measure import Row
from benchmarks.timing import Timing

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/benchmarks.md")
PICTURE = "docs/images/benchmarks"
NEEDED = ("cases", "graph_size", "memory", "scaling")
_PART = re.compile(r"(<!-- benchmarks: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read a run, write the pages and the picture."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.publish", description="Put the results of a run into the pages."
    )
    parser.add_argument("run", type=Path, metavar="DIR", help="where the run wrote its results")
    parser.add_argument("--root", type=Path, default=ROOT, metavar="DIR", help="of the pages")
    parser.add_argument("--even-quick", action="store_true", help="tiny sizes too: to try it out")
    options = parser.parse_args(arguments)
    result = read(options.run, even_quick=options.even_quick)
    parts = parts_of(result)
    for name in PAGES:
        page: Path = options.root / name
        page.write_text(filled(page.read_text(encoding="utf-8"), parts), encoding="utf-8")
        print(page)
    picture: Path = options.root / PICTURE
    picture.parent.mkdir(parents=True, exist_ok=True)
    plot.draw(rows_of(result), picture, report.subtitle(result["machine"]))
    print(f"{picture}.png", f"{picture}.svg", sep="\n")


def read(folder: Path, *, even_quick: bool = False) -> dict[str, Any]:
    """The results of a run.

    Raises:
        SystemExit: there are none, or not all that is published.
    """
    file = folder / "results.json"
    if not file.is_file():
        msg = f"{file} is not there: run `make bench` first"
        raise SystemExit(msg)
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    missing = [name for name in NEEDED if name not in result]
    if missing:
        msg = f"{file} has no {', '.join(missing)}: run `make bench` without --only"
        raise SystemExit(msg)
    if result["quick"] and not even_quick:
        msg = f"{file} is of a run with --quick, whose sizes say nothing: run `make bench`"
        raise SystemExit(msg)
    return result


def rows_of(result: Mapping[str, Any]) -> list[Row]:
    """The rows of a run, as they were measured."""
    rows = []
    for case in result["cases"]:
        times = {label: Timing(**timing) for label, timing in case["times"].items()}
        rows.append(Row(case["case"], times, case["setup"], case["notes"]))
    return rows


def parts_of(result: Mapping[str, Any]) -> dict[str, str]:
    """What can stand between marks, by its name."""
    rows = rows_of(result)
    return {
        "machine": report.machine({**result["machine"], **result["libraries"]}),
        "overview": report.overview(rows),
        "timings": report.timings(rows),
        "best": report.best_times(rows),
        "notes": report.notes(rows),
        "memory": memory.report(result["memory"]),
        "sizes": graph_size.report(result["graph_size"]),
        "scaling": scaling.report({int(n): stages for n, stages in result["scaling"].items()}),
    }


def filled(page: str, parts: Mapping[str, str]) -> str:
    r"""A page with new parts between its marks.

    >>> print(filled("<!-- benchmarks: memory -->\nold\n<!-- end -->", {"memory": "new"}))
    <!-- benchmarks: memory -->
    <BLANKLINE>
    new
    <BLANKLINE>
    <!-- end -->

    Raises:
        SystemExit: a mark names no part.
    """

    def put(match: re.Match[str]) -> str:
        opening, name, _, closing = match.groups()
        if name not in parts:
            msg = f"a mark names {name!r}, which is none of {', '.join(parts)}"
            raise SystemExit(msg)
        return f"{opening}\n{parts[name]}\n\n{closing}"

    return _PART.sub(put, page)


if __name__ == "__main__":
    main()
