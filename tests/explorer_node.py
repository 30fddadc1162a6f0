"""The page's interpreter outside a browser: many lists of instructions in one run of Node."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from graphcomp.explorer.instructions import array, instructions
from graphcomp.explorer.page import asset
from graphcomp.node import Node

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None, reason="Node, which runs the page's scripts, is not here"
)

#: The scripts that need no page.
PARTS = ("arrays.js", "ops.js", "interpreter.js", "numbers.js")


def javascript(expression: str, value: Any) -> Any:
    """What an expression in the scope of the page's scripts makes of `value`."""
    code = "\n".join(
        (
            '"use strict";',
            *map(asset, PARTS),
            'const value = JSON.parse(require("fs").readFileSync(0, "utf8"));',
            f"process.stdout.write(JSON.stringify({expression}));",
        )
    )
    assert NODE is not None
    done = subprocess.run(
        [NODE, "-e", code],
        input=json.dumps(value),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


RUN = """
value.map(({ listed, given }) => {
  const inputs = new Map(given.map(([place, array]) => [place, decoded(array)]));
  return run(listed, inputs).map(({ shape, data }) => ({ shape, data: data.map(String) }));
})
"""


class Task:
    """Nodes to compute in Node, and their inputs."""

    def __init__(
        self, roots: Sequence[Node], values: Mapping[Node, Any], sizes: Mapping[str, int]
    ) -> None:
        self.roots = roots
        self.made = instructions(roots, sizes, list(values))
        self.given = [
            [self.made.places[node], array(np.asarray(value))] for node, value in values.items()
        ]

    def data(self) -> Any:
        return {"listed": self.made.listed, "given": self.given}


def run_all(tasks: Sequence[Task]) -> list[list[np.ndarray[Any, Any]]]:
    """For each task the values of its roots."""
    results = []
    for task, found in zip(tasks, javascript(RUN, [task.data() for task in tasks]), strict=True):
        values = []
        for root in task.roots:
            one = found[task.made.places[root]]
            flat = np.array([float(text.replace("Infinity", "inf")) for text in one["data"]])
            values.append(flat.reshape(one["shape"]))
        results.append(values)
    return results
