"""The command line: ``graphcomp draw | explore | trace | compile | check | grade``.

Data goes to stdout, messages to stderr. Exit status: 0 done, 1 failure (also: a check or a
grading that does not pass), 2 usage, 130 interrupted. Never a traceback.
"""

from __future__ import annotations

from graphcomp.cli.main import main

__all__ = ["main"]
